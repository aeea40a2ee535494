"""What may be asked of a case.

A field with a default is left open by whoever asks, and completed before it is decided. Its default
is the answer of someone who knows nothing: with it, the rule says no.
"""

from datetime import date, datetime
from typing import TypeAlias

from libs.contracts.enforcement import (
    AssistanceResult,
    CreditClass,
    Document,
    EvidenceKind,
    Manifest,
    Party,
    Penalty,
    Proposal,
    ServiceMode,
    Waiver,
)
from libs.contracts.vocabulary import (
    AgencyCode,
    CaseId,
    CorrectionId,
    EvidenceId,
    FileRef,
    HandoffId,
    LeadId,
    LeadNo,
    LegalBasis,
    Location,
    Media,
    PersonId,
    PowerItemCode,
    ReasonCode,
    SourceRef,
    SubjectRef,
)
from libs.events.core.kernel import Command, Hidden
from services.enforcement.case.commands.executing import (
    CriminalCommand,
    ExecutionCommand,
    RemedyCommand,
    ServiceCommand,
)
from services.enforcement.case.commands.known import OtherFine, Power, Signed


class OpenCase(Command):
    case_id: CaseId
    lead_id: LeadId
    lead_no: LeadNo
    source_channel: str
    source_ref: SourceRef
    handoff_id: HandoffId | None
    agency_code: AgencyCode
    subjects: tuple[SubjectRef, ...] | Hidden
    parties: tuple[Party, ...] | Hidden
    power_item_code: PowerItemCode
    act_date: date
    act_end_date: date | None
    location: Location | Hidden
    discovered_on: date
    safety_harm: bool
    filed_on: date
    approver: PersonId
    at: datetime
    family: str = ""


class AssignOfficers(Command):
    case_id: CaseId
    signed: Signed
    at: datetime


class RecordStep(Command):
    case_id: CaseId
    step_kind: str
    place: str
    started_at: datetime
    ended_at: datetime
    signed: Signed
    manifest: Manifest
    at: datetime


class CollectEvidence(Command):
    """`stored` says that the store has bytes of that digest and of that kind."""

    case_id: CaseId
    evidence_id: EvidenceId
    kind: EvidenceKind
    sha256: str
    signed: Signed
    place: str
    verified_by_step: bool
    at: datetime
    stored: bool = False


class ExcludeEvidence(Command):
    case_id: CaseId
    evidence_id: EvidenceId
    reason: str


class PauseClock(Command):
    """`approver` is the head who has signed too."""

    case_id: CaseId
    reason: ReasonCode
    signed: Signed
    approver: PersonId | None
    at: datetime


class ResumeClock(Command):
    case_id: CaseId
    reason: ReasonCode
    signed: Signed
    at: datetime


class RequestAssistance(Command):
    case_id: CaseId
    handoff_id: HandoffId
    to_agency: AgencyCode
    text: str
    signed: Signed
    at: datetime


class RecordAssistance(Command):
    case_id: CaseId
    handoff_id: HandoffId
    result: AssistanceResult
    files: tuple[FileRef, ...] | Hidden


class OrderCorrection(Command):
    case_id: CaseId
    correction_id: CorrectionId
    items: tuple[str, ...]
    workers: int | None
    months: int | None
    amount_fen: int | None
    due_on: date
    legal_basis: tuple[LegalBasis, ...]
    signed: Signed
    at: datetime


class VerifyCorrection(Command):
    case_id: CaseId
    correction_id: CorrectionId
    done: bool
    media: tuple[Media, ...]
    signed: Signed
    at: datetime


class ConcludeInvestigation(Command):
    case_id: CaseId
    facts: str
    evidence: tuple[EvidenceId, ...]
    proposal: Proposal
    tier: str
    factors: tuple[ReasonCode, ...]
    review_grounds: tuple[str, ...]
    signed: Signed
    at: datetime
    family: str = ""


class ServePenaltyNotice(Command):
    case_id: CaseId
    hearing_right: bool
    mode: ServiceMode
    manifest: Manifest
    legal_basis: tuple[LegalBasis, ...]
    signed: Signed
    at: datetime
    consent_hash: str | None = None
    ground: str | None = None
    attempts: tuple[str, ...] = ()
    announced_on: date | None = None
    power: Power = Power()
    family: str = ""


class RecordWaiver(Command):
    """By the party itself, or by two officers from its signed form."""

    case_id: CaseId
    scope: Waiver
    signature: str
    party: str | None
    signed: Signed
    at: datetime
    subject_id: str | None = None


class RequestHearing(Command):
    """By the party itself, or by two officers from its signed form."""

    case_id: CaseId
    party: str | None
    signed: Signed
    at: datetime


class ScheduleHearing(Command):
    case_id: CaseId
    heard_at: datetime
    place: str
    host: PersonId
    public: bool
    at: datetime


class HoldHearing(Command):
    case_id: CaseId
    minutes_hash: str
    host: PersonId
    manifest: Manifest
    at: datetime


class RequestLegalReview(Command):
    case_id: CaseId
    signed: Signed
    at: datetime
    family: str = ""


class PassLegalReview(Command):
    case_id: CaseId
    reviewer: PersonId
    qualification_no: str
    opinion: str


class HoldCollectiveDiscussion(Command):
    case_id: CaseId
    participants: tuple[PersonId, ...]
    conclusion: str
    dissent: tuple[str, ...]
    at: datetime


class DecidePenalty(Command):
    case_id: CaseId
    penalties: tuple[Penalty, ...]
    legal_basis: tuple[LegalBasis, ...]
    tier: str
    factors: tuple[ReasonCode, ...]
    document: Document
    secret: bool
    credit_class: CreditClass
    approver: PersonId
    at: datetime
    power: Power = Power()
    family: str = ""
    other_fine: OtherFine | None = None


InvestigatingCommand: TypeAlias = (
    AssignOfficers | RecordStep | CollectEvidence | ExcludeEvidence | PauseClock | ResumeClock
    | RequestAssistance | RecordAssistance | OrderCorrection | VerifyCorrection
    | ConcludeInvestigation
)  # fmt: skip
HearingCommand: TypeAlias = (
    ServePenaltyNotice | RecordWaiver | RequestHearing | ScheduleHearing | HoldHearing
)
DecidingCommand: TypeAlias = (
    RequestLegalReview | PassLegalReview | HoldCollectiveDiscussion | DecidePenalty
)
CaseCommand: TypeAlias = (
    OpenCase | InvestigatingCommand | HearingCommand | DecidingCommand | ServiceCommand
    | ExecutionCommand | CriminalCommand | RemedyCommand
)  # fmt: skip
