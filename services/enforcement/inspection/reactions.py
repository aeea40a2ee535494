"""A licence that was given on a commitment is checked afterwards, always: 事中事后监管."""

from typing import Final
from uuid import uuid5

from libs.contracts import credit
from libs.contracts import vocabulary as v
from libs.contracts.credit import Tier
from libs.contracts.enforcement import InspectionPurpose
from libs.events.core.kernel import Envelope, Hidden
from libs.events.core.reactions import Reactions
from services.enforcement.inspection.commands import DrawInspection

CHECK: Final = "POST_CHECK"

on = Reactions[DrawInspection]()
react = on.react


def at_once(fact: Envelope[credit.ApprovalGranted]) -> bool:
    """T1"""
    return fact.data.tier is Tier.T1


@on(when=at_once)
def granted(fact: Envelope[credit.ApprovalGranted]) -> DrawInspection | None:
    """The one there is to draw; its officers are drawn, by what nobody has chosen."""
    event = fact.data
    if isinstance(event.applicant, Hidden):
        return None
    return DrawInspection(
        inspection_id=v.InspectionId(uuid5(event.approval_id, CHECK)),
        plan_no=event.licence_no,
        agency_code=event.check_agency,
        subject=event.applicant,
        candidates=(str(event.subject_id),),
        count=1,
        nonce=str(fact.id),
        witness="",
        purpose=InspectionPurpose.POST_CHECK,
        source_ref=v.SourceRef(f"{fact.source}/{fact.subject}"),
        at=fact.happened,
    )
