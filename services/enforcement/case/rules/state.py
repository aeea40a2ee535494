"""What is remembered of a case: where it stands, and each chapter of it."""

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import date
from enum import StrEnum
from typing import Final, TypeAlias

from libs.contracts.enforcement import (
    AssistanceRequested,
    CaseClosed,
    CaseFiled,
    CollectiveDiscussionHeld,
    CorrectionOrdered,
    CorrectionVerified,
    CourtEnforcementApplied,
    CourtEnforcementRuled,
    CriminalFilingDecided,
    CriminalMaterialsHandedOver,
    CriminalTransferApproved,
    CriminalTransferred,
    DecisionModified,
    DecisionPublished,
    DecisionServed,
    DemandNoticeServed,
    EvidenceCollected,
    ExecutionCompleted,
    ForcedExecutionCompleted,
    HearingHeld,
    HearingRequested,
    HearingScheduled,
    InvestigationConcluded,
    InvestigationStepRecorded,
    LegalReviewPassed,
    LegalReviewRequested,
    PartyRightsWaived,
    Penalty,
    PenaltyDecided,
    PenaltyNoticeServed,
    ReconsiderationAccepted,
    ReconsiderationDecided,
    ReconsiderationFiled,
    RedecisionOrdered,
)
from libs.contracts.vocabulary import CorrectionId, DecisionNo, EvidenceId, HandoffId, PersonId
from libs.events.core.deciders import Nothing
from libs.events.core.kernel import Hidden, State
from libs.statute.calendar import Pause
from services.enforcement.case.rules.ledger import Ledger


class Stage(StrEnum):
    FILED = "FILED"
    INVESTIGATING = "INVESTIGATING"
    CONCLUDED = "CONCLUDED"
    NOTICED = "NOTICED"
    HEARING_PENDING = "HEARING_PENDING"
    HEARD = "HEARD"
    REVIEWING = "REVIEWING"
    REVIEWED = "REVIEWED"
    DISCUSSED = "DISCUSSED"
    TRANSFERRED = "TRANSFERRED"
    DECIDED = "DECIDED"
    SERVED = "SERVED"
    EXECUTING = "EXECUTING"
    EXECUTED = "EXECUTED"
    OVERTURNED = "OVERTURNED"
    CLOSED = "CLOSED"


BEFORE_DECISION: Final = (
    Stage.FILED, Stage.INVESTIGATING, Stage.CONCLUDED, Stage.NOTICED, Stage.HEARING_PENDING,
    Stage.HEARD, Stage.REVIEWING, Stage.REVIEWED, Stage.DISCUSSED,
)  # fmt: skip
AFTER_DECISION: Final = (
    Stage.DECIDED, Stage.SERVED, Stage.EXECUTING, Stage.EXECUTED, Stage.CLOSED,
)  # fmt: skip


class Standing(StrEnum):
    """What a decision is worth by now."""

    IN_FORCE = "IN_FORCE"
    MODIFIED = "MODIFIED"
    PARTLY_REVOKED = "PARTLY_REVOKED"
    CONFIRMED_ILLEGAL = "CONFIRMED_ILLEGAL"
    REVOKED = "REVOKED"
    INVALID = "INVALID"


FALLEN: Final = (Standing.REVOKED, Standing.INVALID)


class Round(State):
    """From a conclusion to a decision: what a redecision does all over again."""

    conclusion: InvestigationConcluded | None = None
    notice: PenaltyNoticeServed | None = None
    waivers: tuple[PartyRightsWaived, ...] = ()
    hearing_requested: HearingRequested | None = None
    hearing: HearingScheduled | None = None
    heard: HearingHeld | None = None
    review: LegalReviewRequested | None = None
    reviewed: LegalReviewPassed | None = None
    discussed: CollectiveDiscussionHeld | None = None


class Concluded(Round):
    """The investigation has come to its end."""

    conclusion: InvestigationConcluded


class Noticed(Concluded):
    """The party was told what is proposed."""

    notice: PenaltyNoticeServed


class Transfer(State):
    """A matter of the police by now, until it comes back."""

    approved: CriminalTransferApproved
    handed_over: CriminalTransferred | None = None
    filing: CriminalFilingDecided | None = None
    materials: CriminalMaterialsHandedOver | None = None


class Decided(State):
    """A decision, what of it stands, and who has asked for a remedy."""

    decision: PenaltyDecided
    penalties: tuple[Penalty, ...]
    standing: Standing = Standing.IN_FORCE
    changed: DecisionModified | None = None
    served: DecisionServed | None = None
    published: DecisionPublished | None = None
    ledger: Ledger = field(default_factory=Ledger)
    demand: DemandNoticeServed | None = None
    applications: tuple[CourtEnforcementApplied, ...] = ()
    rulings: tuple[CourtEnforcementRuled, ...] = ()
    forced: ForcedExecutionCompleted | None = None
    executed: ExecutionCompleted | None = None
    recon_filed: ReconsiderationFiled | None = None
    recon_accepted: ReconsiderationAccepted | None = None
    recon_decided: ReconsiderationDecided | None = None
    undone_by: str | None = None

    @property
    def no(self) -> DecisionNo:
        return self.decision.decision_no

    @property
    def as_it_stands(self) -> PenaltyDecided:
        """The decision with the penalties that are left of it."""
        said = self.changed.credit_class if self.changed else self.decision.credit_class
        return replace(self.decision, penalties=self.penalties, credit_class=said)

    @property
    def remedy_open(self) -> bool:
        """Asked for, and not answered yet."""
        return self.recon_filed is not None and self.recon_decided is None


class Served(Decided):
    """The party has it: terms run from here."""

    served: DecisionServed


class Redo(State):
    """It is to be decided anew: by when, and whether the same result is barred."""

    ordered: RedecisionOrdered
    fallen: Decided


class Case(State):
    stage: Stage
    filed: CaseFiled
    officers: tuple[PersonId, ...] = ()
    investigators: frozenset[PersonId] = frozenset()
    steps: tuple[InvestigationStepRecorded, ...] = ()
    evidence: Mapping[EvidenceId, EvidenceCollected] = field(default_factory=dict)
    excluded: frozenset[EvidenceId] = frozenset()
    running: Mapping[str, date] = field(default_factory=dict)
    pauses: tuple[Pause, ...] = ()
    reasons: tuple[str, ...] = ()
    requests: Mapping[HandoffId, AssistanceRequested] = field(default_factory=dict)
    answered: frozenset[HandoffId] = frozenset()
    corrections: Mapping[CorrectionId, CorrectionOrdered] = field(default_factory=dict)
    verified: tuple[CorrectionVerified, ...] = ()
    round: Round = Round()
    transfer: Transfer | None = None
    decided: Decided | None = None
    earlier: tuple[Decided, ...] = ()
    redo: Redo | None = None
    closed: CaseClosed | None = None

    def is_of(self, person: str) -> bool:
        """Whether that is one of its parties. Where they are forgotten, nobody is any more."""
        parties = self.filed.subjects
        return not isinstance(parties, Hidden) and any(
            str(one.subject_id) == person for one in parties
        )

    def named(self, decision_no: DecisionNo) -> Decided | None:
        """The decision of this number: the one there is now, or one that it superseded."""
        known = (*self.earlier, *((self.decided,) if self.decided else ()))
        return next((one for one in reversed(known) if one.no == decision_no), None)


AnyCase: TypeAlias = Nothing | Case
