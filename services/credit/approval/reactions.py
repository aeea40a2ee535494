"""What an approval does when it is applied for, checked, or when what it was denied for is gone."""

from typing import Final
from uuid import UUID

from libs.contracts import credit, enforcement
from libs.contracts import vocabulary as v
from libs.contracts.enforcement import InspectionResult
from libs.contracts.sources import key_of
from libs.events.core.kernel import ANY, Envelope, ForEachStream, Hidden
from libs.events.core.reactions import Reactions
from services.credit.approval.commands import AssignTier, FulfilCommitment, InviteReapplication

OURS: Final = "credit/approval"
DENIED_BY: Final = "approvals_denied_by"

on = Reactions[AssignTier | FulfilCommitment | ForEachStream[InviteReapplication]]()
react = on.react


def post_check(fact: Envelope[enforcement.InspectionCompleted]) -> bool:
    """post-check, NORMAL"""
    event = fact.data
    ours = key_of(event.source_ref, OURS) is not None
    return ours and event.result is InspectionResult.NORMAL


def subject_of(event: enforcement.InspectionCompleted) -> UUID | None:
    return None if isinstance(event.subject, Hidden) else event.subject.subject_id


@on
def applied(fact: Envelope[credit.ApprovalApplied]) -> AssignTier:
    return AssignTier(approval_id=fact.data.approval_id, at=fact.happened)


@on(when=post_check)
def checked(fact: Envelope[enforcement.InspectionCompleted]) -> FulfilCommitment:
    key = key_of(fact.data.source_ref, OURS)
    assert key is not None, "asked about a licence of ours only"
    return FulfilCommitment(
        approval_id=v.ApprovalId(key),
        checked_by=v.PersonId(fact.actor),
        agency_code=fact.data.agency_code,
        subject_id=subject_of(fact.data),
    )


@on
def withdrawn(fact: Envelope[credit.RecordWithdrawn]) -> ForEachStream[InviteReapplication]:
    record_id = fact.data.record_id
    command = InviteReapplication(
        approval_id=v.ApprovalId(ANY), record_id=record_id, at=fact.happened
    )
    return ForEachStream(index=DENIED_BY, key=str(record_id), command=command)
