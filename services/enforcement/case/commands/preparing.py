"""What may be asked of a case.

What is `Completed` is filled in under the lock. Its default is the answer of someone who knows
nothing: with it, the rule says no.
"""

from datetime import date, datetime
from typing import Annotated, TypeAlias
from uuid import UUID

from libs.contracts.asking import CallingPerson
from libs.contracts.enforcement import (
    AssistanceResult,
    CreditClass,
    Document,
    EvidenceKind,
    Manifest,
    Party,
    Penalties,
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
    Location,
    PersonId,
    Pictures,
    PowerItemCode,
    ReasonCode,
    SourceRef,
    SubjectRef,
)
from libs.events.core.fields import (
    Code,
    Completed,
    Default,
    Digest,
    Fen,
    Internal,
    Now,
    Said,
    Short,
    Text,
    at_most,
)
from libs.events.core.kernel import Command, Hidden
from services.enforcement.case.commands.executing import (
    CriminalCommand,
    ExecutionCommand,
    RemedyCommand,
    ServiceCommand,
)
from services.enforcement.case.commands.known import (
    ActingParty,
    Approver,
    Bases,
    Count,
    Factors,
    OtherFine,
    Power,
    Signed,
    SignedBy,
    Texts,
)


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
    family: Completed[str] = ""


class AssignOfficers(Command):
    case_id: CaseId
    signed: Signed
    at: datetime


class RecordStep(Command):
    case_id: CaseId
    step_kind: Code
    place: Short
    started_at: datetime
    ended_at: datetime
    signed: SignedBy
    manifest: Manifest
    at: Now


class CollectEvidence(Command):
    """The bytes are stored before: `PUT /cases/{case}/files/{sha256}`."""

    case_id: CaseId
    evidence_id: EvidenceId
    kind: EvidenceKind
    sha256: Digest
    signed: SignedBy
    place: Short
    verified_by_step: bool = False
    at: Now
    # The store has bytes of that digest, and of that kind.
    stored: Internal[bool] = False


class ExcludeEvidence(Command):
    case_id: CaseId
    evidence_id: EvidenceId
    reason: Text


class PauseClock(Command):
    """With the head's signature as well."""

    case_id: CaseId
    reason: ReasonCode
    signed: SignedBy
    approver: Approver
    at: Now


class ResumeClock(Command):
    case_id: CaseId
    reason: ReasonCode
    signed: SignedBy
    at: Now


class RequestAssistance(Command):
    case_id: CaseId
    handoff_id: HandoffId
    to_agency: AgencyCode
    text: Annotated[Text, Said(name="matter")]
    signed: SignedBy
    at: Now


class RecordAssistance(Command):
    case_id: CaseId
    handoff_id: HandoffId
    result: AssistanceResult
    files: tuple[FileRef, ...] | Hidden


class OrderCorrection(Command):
    case_id: CaseId
    correction_id: CorrectionId
    items: Texts
    workers: Count | None
    months: Count | None
    amount_fen: Fen | None
    due_on: date
    legal_basis: Bases
    signed: SignedBy
    at: Now


class VerifyCorrection(Command):
    case_id: CaseId
    correction_id: CorrectionId
    done: bool
    media: Annotated[Pictures, Default(value=())]
    signed: SignedBy
    at: Now


class ConcludeInvestigation(Command):
    case_id: CaseId
    facts: Text
    evidence: Annotated[tuple[EvidenceId, ...], at_most(200)]
    proposal: Proposal
    tier: Code
    factors: Factors
    review_grounds: Annotated[tuple[Code, ...], at_most(20), Default(value=())]
    signed: SignedBy
    at: Now
    family: Completed[str] = ""


class ServePenaltyNotice(Command):
    """`announced_on` and what the attempts before were, where it was announced."""

    case_id: CaseId
    hearing_right: bool
    mode: ServiceMode
    manifest: Annotated[Manifest, Default(value=Manifest())]
    legal_basis: Bases
    signed: SignedBy
    at: Now
    consent_hash: Digest | None = None
    ground: Code | None = None
    attempts: Texts = ()
    announced_on: date | None = None
    power: Completed[Power] = Power()
    family: Completed[str] = ""


class RecordWaiver(Command):
    """By the party itself, or by two officers from its signed form."""

    case_id: CaseId
    scope: Waiver
    signature: Digest
    party: ActingParty
    signed: SignedBy
    at: Now
    subject_id: UUID | None = None


class RequestHearing(Command):
    """By the party itself, or by two officers from its signed form."""

    case_id: CaseId
    party: ActingParty
    signed: SignedBy
    at: Now


class ScheduleHearing(Command):
    case_id: CaseId
    heard_at: Annotated[datetime, Said(name="at")]
    place: Short
    host: CallingPerson
    public: Annotated[bool, Default(value=True)]
    at: Now


class HoldHearing(Command):
    case_id: CaseId
    minutes_hash: Digest
    host: CallingPerson
    manifest: Manifest
    at: Now


class RequestLegalReview(Command):
    case_id: CaseId
    signed: SignedBy
    at: Now
    family: Completed[str] = ""


class PassLegalReview(Command):
    case_id: CaseId
    reviewer: CallingPerson
    qualification_no: Short
    opinion: Text


class HoldCollectiveDiscussion(Command):
    case_id: CaseId
    participants: Annotated[tuple[PersonId, ...], at_most(50)]
    conclusion: Text
    dissent: Annotated[Texts, Default(value=())]
    at: Now


class DecidePenalty(Command):
    case_id: CaseId
    penalties: Penalties
    legal_basis: Bases
    tier: Code
    factors: Factors
    document: Document
    secret: Annotated[bool, Default(value=False)]
    credit_class: CreditClass
    approver: CallingPerson
    at: Now
    power: Completed[Power] = Power()
    family: Completed[str] = ""
    other_fine: Completed[OtherFine | None] = None


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
