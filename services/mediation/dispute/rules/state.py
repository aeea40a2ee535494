"""What the next decision on a dispute must remember."""

from collections.abc import Mapping
from dataclasses import field
from datetime import date
from enum import StrEnum
from typing import Final, TypeAlias
from uuid import UUID

from libs.contracts import mediation as m
from libs.contracts.vocabulary import AgencyCode, GroupId, HandoffId, ItemId, PersonId
from libs.events.core.deciders import Nothing
from libs.events.core.kernel import Command, Hidden, Refused, State
from libs.statute.calendar import Pause


class Stage(StrEnum):
    RECEIVED = "RECEIVED"
    TRIAGED = "TRIAGED"
    ACCEPTED = "ACCEPTED"
    ASSIGNED = "ASSIGNED"
    MEDIATING = "MEDIATING"
    AGREED = "AGREED"
    SIGNED = "SIGNED"
    CONFIRMING = "CONFIRMING"
    CONFIRMED = "CONFIRMED"
    PERFORMING = "PERFORMING"
    PERFORMED = "PERFORMED"
    BREACHED = "BREACHED"
    FAILED = "FAILED"
    TERMINATED = "TERMINATED"
    DECLINED = "DECLINED"
    DIVERTED = "DIVERTED"
    GUIDED = "GUIDED"
    FOLLOWED_UP = "FOLLOWED_UP"
    CLOSED = "CLOSED"


OVER: Final = frozenset({Stage.CLOSED, Stage.DIVERTED})
# Before anything is agreed on: here it can be escalated, and ended by whoever wants no more.
UNSOLVED: Final = frozenset(
    {Stage.RECEIVED, Stage.TRIAGED, Stage.ACCEPTED, Stage.ASSIGNED, Stage.MEDIATING}
)
# Ended without an agreement that holds: the parties are told which ways are open (M7).
WITHOUT_AGREEMENT: Final = frozenset(
    {Stage.FAILED, Stage.TERMINATED, Stage.DECLINED, Stage.BREACHED}
)
UNDER_WAY: Final = frozenset({Stage.ASSIGNED, Stage.MEDIATING})
BINDING: Final = frozenset({Stage.SIGNED, Stage.CONFIRMED, Stage.PERFORMING})


class Dispute(State):
    """`agency_code` is the centre that has it now; a handoff is answered by who received it."""

    received: m.DisputeReceived
    stage: Stage
    agency_code: AgencyCode
    # The one it came with, until it is opened again: that was answered.
    handoff_id: HandoffId | None
    parties: tuple[m.DisputeParty, ...] | Hidden
    level_due_on: date | None = None
    level: m.Level | None = None
    risk: m.RiskLevel = m.RiskLevel.R1
    grown: bool = False
    triaged: m.DisputeTriaged | None = None
    consents: Mapping[UUID, bool] = field(default_factory=dict)
    accepted: m.MediationAccepted | None = None
    due_on: date | None = None
    extensions: int = 0
    paused_on: date | None = None
    pauses: tuple[Pause, ...] = ()
    mediators: tuple[PersonId, ...] = ()
    recused: frozenset[PersonId] = frozenset()
    convened: m.JointMediationConvened | None = None
    joined: frozenset[AgencyCode] = frozenset()
    scheduled: m.SessionScheduled | None = None
    held: tuple[m.SessionHeld, ...] = ()
    reached: m.AgreementReached | None = None
    signed: m.AgreementSigned | None = None
    performed: Mapping[ItemId, m.AgreementPerformed] = field(default_factory=dict)
    application: m.JudicialConfirmationApplied | None = None
    confirmation: m.ConfirmationResult | None = None
    breached: m.AgreementBreached | None = None
    ended: m.MediationFailed | m.MediationTerminated | m.MediationDeclined | None = None
    diverted: m.DisputeDiverted | None = None
    guidance: m.GuidanceIssued | None = None
    official: m.LeadOfficialAssigned | None = None
    listed: m.DisputeListedForSupervision | None = None
    claim: m.WageClaimVerified | None = None
    payments: tuple[m.WagePaid, ...] = ()
    aid: Mapping[HandoffId, bool | None] = field(default_factory=dict)
    followed_up: m.FollowUpRecorded | None = None
    closed: m.DisputeClosed | None = None
    closed_on: date | None = None

    @property
    def party_ids(self) -> frozenset[UUID]:
        """Nobody's, where who they were is forgotten."""
        if isinstance(self.parties, Hidden):
            return frozenset()
        return frozenset(one.subject_ref.subject_id for one in self.parties)

    @property
    def willing(self) -> bool:
        """Both sides are there, and every party has said that it wants this (M1)."""
        ids = self.party_ids
        return len(ids) > 1 and all(self.consents.get(one, False) for one in ids)

    @property
    def settled(self) -> bool:
        return any(one.settled for one in self.payments)

    @property
    def persons(self) -> int:
        """How many people it is about: parties, or the workers of a claim."""
        workers = self.claim.workers if self.claim is not None else 0
        return max(len(self.party_ids), workers)


AnyDispute: TypeAlias = Nothing | Dispute


def out_of_turn(command: Command, dispute: Dispute) -> Refused:
    return Refused(
        "out-of-turn",
        "{asked} does not apply to a dispute in the state {stage}",
        asked=type(command).__name__,
        stage=dispute.stage,
    )


def group_of(dispute: Dispute) -> GroupId | None:
    return None if dispute.convened is None else dispute.convened.group_id
