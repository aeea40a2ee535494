"""Where an approval stands."""

from dataclasses import replace
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from libs.contracts.credit import (
    ApprovalApplied,
    ApprovalDenied,
    ApprovalEvent,
    ApprovalGranted,
    ApprovalRevoked,
    ApprovalTierAssigned,
    CommitmentBreached,
    CommitmentFulfilled,
    CommitmentSigned,
    ReapplicationInvited,
)
from libs.events.core.deciders import Nothing
from libs.events.core.kernel import State


class Stage(StrEnum):
    APPLIED = "APPLIED"
    TIERED = "TIERED"
    COMMITTED = "COMMITTED"
    GRANTED = "GRANTED"
    DENIED = "DENIED"
    FULFILLED = "FULFILLED"
    BREACHED = "BREACHED"
    REVOKED = "REVOKED"


class Approval(State):
    applied: ApprovalApplied
    stage: Stage = Stage.APPLIED
    tiered: ApprovalTierAssigned | None = None
    committed: CommitmentSigned | None = None
    granted: ApprovalGranted | None = None
    denied: ApprovalDenied | None = None
    breached: CommitmentBreached | None = None
    revoked: ApprovalRevoked | None = None
    invited: frozenset[UUID] = frozenset()


AnyApproval: TypeAlias = Nothing | Approval


def evolve(approval: AnyApproval, event: ApprovalEvent) -> Approval:
    if isinstance(approval, Nothing):
        if not isinstance(event, ApprovalApplied):
            raise AssertionError(f"{event.event_type} cannot be the first")
        return Approval(applied=event)
    match event:
        case ApprovalTierAssigned():
            return replace(approval, stage=Stage.TIERED, tiered=event)
        case CommitmentSigned():
            return replace(approval, stage=Stage.COMMITTED, committed=event)
        case ApprovalGranted():
            return replace(approval, stage=Stage.GRANTED, granted=event)
        case ApprovalDenied():
            return replace(approval, stage=Stage.DENIED, denied=event)
        case ReapplicationInvited():
            return replace(approval, invited=approval.invited | {event.record_id})
        case CommitmentFulfilled():
            return replace(approval, stage=Stage.FULFILLED)
        case CommitmentBreached():
            return replace(approval, stage=Stage.BREACHED, breached=event)
        case ApprovalRevoked():
            return replace(approval, stage=Stage.REVOKED, revoked=event)
        case _:
            raise AssertionError(f"{event.event_type} is always the first")
