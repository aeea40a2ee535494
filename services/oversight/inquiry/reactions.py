"""A decision that did not stand is asked about, once, whoever undid it."""

from typing import Final
from uuid import UUID, uuid5

from libs.contracts import enforcement
from libs.contracts.enforcement import Ground
from libs.contracts.vocabulary import DecisionNo, InquiryId
from libs.events.core.kernel import Envelope
from libs.events.core.reactions import Reactions
from services.oversight.inquiry.commands import OpenInquiry

INQUIRIES: Final = UUID("2d5c4b0e-9d0a-5d37-9a54-0c9b6c1e7d21")

on = Reactions[OpenInquiry]()
react = on.react


def inquiry_of(decision_no: DecisionNo) -> InquiryId:
    """One for each decision, however often it is undone."""
    return InquiryId(uuid5(INQUIRIES, decision_no))


def wrong(fact: Envelope[enforcement.DecisionModified]) -> bool:
    """it was wrong in law or in fact"""
    return fact.data.ground in (Ground.LAW, Ground.FACT)


@on(when=wrong)
def modified(fact: Envelope[enforcement.DecisionModified]) -> OpenInquiry:
    return opened(fact, fact.data.decision_no)


@on
def fell(
    fact: Envelope[
        enforcement.DecisionRevoked
        | enforcement.DecisionConfirmedIllegal
        | enforcement.DecisionDeclaredInvalid
    ],
) -> OpenInquiry:
    return opened(fact, fact.data.decision_no)


def opened(fact: Envelope[enforcement.CaseEvent], decision_no: DecisionNo) -> OpenInquiry:
    return OpenInquiry(
        inquiry_id=inquiry_of(decision_no), decision_no=decision_no, at=fact.happened
    )
