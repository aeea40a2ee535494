"""What may be asked of a case.

What is `Completed` is filled in under the lock. Its default is the answer of someone who knows
nothing: with it, the rule says no.
"""

from datetime import date, datetime
from typing import Annotated, TypeAlias
from uuid import UUID

from libs.contracts import vocabulary as v
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
from libs.events.core import fields as f
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
    case_id: v.CaseId
    lead_id: v.LeadId
    lead_no: v.LeadNo
    source_channel: str
    source_ref: v.SourceRef
    handoff_id: v.HandoffId | None
    agency_code: v.AgencyCode
    subjects: tuple[v.SubjectRef, ...] | Hidden
    parties: tuple[Party, ...] | Hidden
    power_item_code: v.PowerItemCode
    act_date: date
    act_end_date: date | None
    location: v.Location | Hidden
    discovered_on: date
    safety_harm: bool
    filed_on: date
    approver: v.PersonId
    at: datetime
    family: f.Completed[str] = ""


class AssignOfficers(Command):
    case_id: v.CaseId
    signed: Signed
    at: datetime


class RecordStep(Command):
    case_id: v.CaseId
    step_kind: f.Code
    place: f.Short
    started_at: datetime
    ended_at: datetime
    signed: SignedBy
    manifest: Manifest
    at: f.Now


class CollectEvidence(Command):
    """The bytes are stored before: `PUT /cases/{case}/files/{sha256}`."""

    case_id: v.CaseId
    evidence_id: v.EvidenceId
    kind: EvidenceKind
    sha256: f.Digest
    signed: SignedBy
    place: f.Short
    verified_by_step: bool = False
    at: f.Now
    # The store has bytes of that digest, and of that kind.
    stored: f.Internal[bool] = False


class ExcludeEvidence(Command):
    case_id: v.CaseId
    evidence_id: v.EvidenceId
    reason: f.Text


class PauseClock(Command):
    """With the head's signature as well."""

    case_id: v.CaseId
    reason: v.ReasonCode
    signed: SignedBy
    approver: Approver
    at: f.Now


class ResumeClock(Command):
    case_id: v.CaseId
    reason: v.ReasonCode
    signed: SignedBy
    at: f.Now


class RequestAssistance(Command):
    case_id: v.CaseId
    handoff_id: v.HandoffId
    to_agency: v.AgencyCode
    text: Annotated[f.Text, f.Said(name="matter")]
    signed: SignedBy
    at: f.Now


class RecordAssistance(Command):
    case_id: v.CaseId
    handoff_id: v.HandoffId
    result: AssistanceResult
    files: tuple[v.FileRef, ...] | Hidden


class OrderCorrection(Command):
    case_id: v.CaseId
    correction_id: v.CorrectionId
    items: Texts
    workers: Count | None
    months: Count | None
    amount_fen: f.Fen | None
    due_on: date
    legal_basis: Bases
    signed: SignedBy
    at: f.Now


class VerifyCorrection(Command):
    case_id: v.CaseId
    correction_id: v.CorrectionId
    done: bool
    media: Annotated[v.Pictures, f.Default(value=())]
    signed: SignedBy
    at: f.Now


class ConcludeInvestigation(Command):
    case_id: v.CaseId
    facts: f.Text
    evidence: Annotated[tuple[v.EvidenceId, ...], f.at_most(200)]
    proposal: Proposal
    tier: f.Code
    factors: Factors
    review_grounds: Annotated[tuple[f.Code, ...], f.at_most(20), f.Default(value=())]
    signed: SignedBy
    at: f.Now
    family: f.Completed[str] = ""


class ServePenaltyNotice(Command):
    """`announced_on` and what the attempts before were, where it was announced."""

    case_id: v.CaseId
    hearing_right: bool
    mode: ServiceMode
    manifest: Annotated[Manifest, f.Default(value=Manifest())]
    legal_basis: Bases
    signed: SignedBy
    at: f.Now
    consent_hash: f.Digest | None = None
    ground: f.Code | None = None
    attempts: Texts = ()
    announced_on: date | None = None
    power: f.Completed[Power] = Power()
    family: f.Completed[str] = ""


class RecordWaiver(Command):
    """By the party itself, or by two officers from its signed form."""

    case_id: v.CaseId
    scope: Waiver
    signature: f.Digest
    party: ActingParty
    signed: SignedBy
    at: f.Now
    subject_id: UUID | None = None


class RequestHearing(Command):
    """By the party itself, or by two officers from its signed form."""

    case_id: v.CaseId
    party: ActingParty
    signed: SignedBy
    at: f.Now


class ScheduleHearing(Command):
    case_id: v.CaseId
    heard_at: Annotated[datetime, f.Said(name="at")]
    place: f.Short
    host: CallingPerson
    public: Annotated[bool, f.Default(value=True)]
    at: f.Now


class HoldHearing(Command):
    case_id: v.CaseId
    minutes_hash: f.Digest
    host: CallingPerson
    manifest: Manifest
    at: f.Now


class RequestLegalReview(Command):
    case_id: v.CaseId
    signed: SignedBy
    at: f.Now
    family: f.Completed[str] = ""


class PassLegalReview(Command):
    case_id: v.CaseId
    reviewer: CallingPerson
    qualification_no: f.Short
    opinion: f.Text


class HoldCollectiveDiscussion(Command):
    case_id: v.CaseId
    participants: Annotated[tuple[v.PersonId, ...], f.at_most(50)]
    conclusion: f.Text
    dissent: Annotated[Texts, f.Default(value=())]
    at: f.Now


class DecidePenalty(Command):
    case_id: v.CaseId
    penalties: Penalties
    legal_basis: Bases
    tier: f.Code
    factors: Factors
    document: Document
    secret: Annotated[bool, f.Default(value=False)]
    credit_class: CreditClass
    approver: CallingPerson
    at: f.Now
    power: f.Completed[Power] = Power()
    family: f.Completed[str] = ""
    other_fine: f.Completed[OtherFine | None] = None


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
