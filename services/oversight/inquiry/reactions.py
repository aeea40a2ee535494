"""A decision that did not stand is asked about, once, whoever undid it."""

from typing import Final
from uuid import UUID, uuid5

from libs.contracts import enforcement
from libs.contracts.enforcement import Ground
from libs.contracts.vocabulary import DecisionNo, InquiryId
from libs.events.core.kernel import Envelope, Event
from services.oversight.inquiry.commands import OpenInquiry

INQUIRIES: Final = UUID("2d5c4b0e-9d0a-5d37-9a54-0c9b6c1e7d21")


def inquiry_of(decision_no: DecisionNo) -> InquiryId:
    """One for each decision, however often it is undone."""
    return InquiryId(uuid5(INQUIRIES, decision_no))


def react(fact: Envelope[Event]) -> list[OpenInquiry]:
    match fact.data:
        case enforcement.DecisionModified(ground=ground) if ground not in (Ground.LAW, Ground.FACT):
            return []
        case (
            enforcement.DecisionModified()
            | enforcement.DecisionRevoked()
            | enforcement.DecisionConfirmedIllegal()
            | enforcement.DecisionDeclaredInvalid()
        ) as undone:
            return [
                OpenInquiry(
                    inquiry_id=inquiry_of(undone.decision_no),
                    decision_no=undone.decision_no,
                    at=fact.happened,
                )
            ]
        case _:
            return []
