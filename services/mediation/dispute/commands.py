"""What may be asked of a dispute.

What is `Completed` is filled in under the lock, what is `stored` before it. The default of both is
the answer of someone who knows nothing: with it, the rule says no.
"""

from datetime import date, datetime
from typing import Annotated, TypeAlias
from uuid import UUID

from libs.contracts import mediation as m
from libs.contracts import vocabulary as v
from libs.contracts.asking import CallingPerson
from libs.events.core import fields as f
from libs.events.core.kernel import Command, Hidden, Record

Note: TypeAlias = f.Text
People: TypeAlias = Annotated[tuple[v.PersonId, ...], f.Limits(min_length=1, max_length=20)]
Shown: TypeAlias = Annotated[str, f.Limits(pattern=r"^[0-9a-f]{64}$")]
# The digests of those named files that lie in the store, and are what they are named for.
Stored: TypeAlias = f.Internal[frozenset[str]]


class ReceiveDispute(Command):
    """At a desk, or from a handoff. `matter` continues one that is open to the caller's agency."""

    dispute_id: v.DisputeId
    agency_code: v.AgencyCode
    channel: m.DisputeChannel
    source_ref: v.SourceRef | None
    handoff_id: v.HandoffId | None
    parties: tuple[m.DisputeParty, ...] | Hidden
    category: v.DisputeCategory
    facts: str | Hidden
    amount_fen: int | None
    location: v.Location | Hidden | None
    applied_at: datetime
    first_receiver: v.PersonId | None
    mediation_only: bool
    at: datetime
    matter: v.Matter | None = None
    person: bool = False
    matter_open: f.Completed[bool] = False


class TriageDispute(Command):
    dispute_id: v.DisputeId
    type: m.MediationType
    court_stage: m.CourtStage | None
    risk_level: m.RiskLevel
    level: m.Level
    first_receiver: v.PersonId
    joined: tuple[m.DisputeParty, ...]
    at: datetime


class DivertDispute(Command):
    dispute_id: v.DisputeId
    reason: v.ReasonCode
    text: Note
    to_agency: v.AgencyCode | None
    power_item_code: v.PowerItemCode | None
    paths: Annotated[tuple[m.Exit, ...], f.at_most(9)] = ()
    basis: f.Short | None
    at: f.Now
    receiver_known: f.Completed[bool] = False


class RecordConsent(Command):
    """A party for itself; a manager for one that has said so, and how."""

    dispute_id: v.DisputeId
    party_id: UUID
    consent: bool
    method: m.ConsentMethod
    role: Annotated[str, f.ROLE]
    by: CallingPerson
    at: f.Now


class AcceptMediation(Command):
    dispute_id: v.DisputeId
    at: f.Now


class DeclineMediation(Command):
    dispute_id: v.DisputeId
    reason: m.DeclinedBecause
    text: Note
    basis: f.Short
    at: f.Now


class AssignMediator(Command):
    """Every relation that a mediator has declared stands in `relations`."""

    dispute_id: v.DisputeId
    mediator_ids: People
    lead_mediator: v.PersonId
    relations: Annotated[tuple[m.Relation, ...], f.at_most(50)] = ()
    at: f.Now


class RecuseMediator(Command):
    dispute_id: v.DisputeId
    mediator_id: v.PersonId
    ground: m.RelationKind
    decided_by: CallingPerson
    at: f.Now


class ConveneJointMediation(Command):
    """`active` are those of the units that take part in the exchange now."""

    dispute_id: v.DisputeId
    group_id: v.GroupId
    units: Annotated[tuple[v.AgencyCode, ...], f.at_most(20)]
    lead_unit: v.AgencyCode
    topic: f.Short
    place: f.Short
    held_at: datetime
    at: f.Now
    active: f.Completed[frozenset[v.AgencyCode]] = frozenset()


class JoinJointMediation(Command):
    dispute_id: v.DisputeId
    unit: v.AgencyCode
    group_id: v.GroupId | None


class AssignLeadOfficial(Command):
    dispute_id: v.DisputeId
    official_id: v.PersonId
    agency_code: v.AgencyCode
    target_on: date
    at: f.Now


class ListForSupervision(Command):
    dispute_id: v.DisputeId
    due_on: date
    reason: f.Short
    at: f.Now
    petitions: f.Completed[int] = 0


class DelistDispute(Command):
    dispute_id: v.DisputeId
    result: Note


class EscalateLevel(Command):
    """By time itself, or by a manager where the danger has grown."""

    dispute_id: v.DisputeId
    at: f.Now
    by_time: f.Internal[bool] = False


class ScheduleSession(Command):
    dispute_id: v.DisputeId
    held_at: datetime
    place: f.Short
    mediator: CallingPerson
    at: f.Now


class HoldSession(Command):
    """`summary_hash` is the digest of the record that all have signed, stored beforehand."""

    dispute_id: v.DisputeId
    on: date
    attendance: Annotated[tuple[v.PersonId, ...], f.at_most(50)]
    rights_read: bool
    summary_hash: Shown
    proposals: Annotated[tuple[f.Text, ...], f.at_most(50)] = ()
    mediator: CallingPerson
    at: f.Now
    stored: Stored = frozenset()


class PauseMediation(Command):
    dispute_id: v.DisputeId
    reason: m.PauseReason
    at: f.Now


class ResumeMediation(Command):
    dispute_id: v.DisputeId
    at: f.Now


class ExtendMediation(Command):
    dispute_id: v.DisputeId
    agreed_by: Annotated[tuple[UUID, ...], f.at_most(50)]
    at: f.Now


class RaiseRiskAlert(Command):
    dispute_id: v.DisputeId
    level: m.RiskLevel
    facts: Note
    police_ref: f.Short | None
    at: f.Now


class Owed(Record):
    """What one party owes another; a day or a debtor that is missing is told by the rule."""

    item_id: v.ItemId
    obligor: UUID | None = None
    obligee: UUID | None = None
    content: f.Text
    due_on: date | None = None
    amount_fen: f.Fen | None = None


class RecordAgreement(Command):
    """`marks` are the grounds that the mediator sees in it."""

    dispute_id: v.DisputeId
    items: Annotated[tuple[Owed, ...], f.Limits(min_length=1, max_length=50)]
    marks: Annotated[tuple[m.Mark, ...], f.at_most(7)] = ()
    mediator: CallingPerson
    at: f.Now


class SignAgreement(Command):
    """`seal_hash` is the digest of the signed and sealed paper, stored beforehand."""

    dispute_id: v.DisputeId
    agreement_id: v.AgreementId
    form: m.AgreementForm
    effective_on: date
    signed_by: Annotated[tuple[UUID, ...], f.at_most(50)]
    seal_hash: Shown | None
    mediator: CallingPerson
    at: f.Now
    stored: Stored = frozenset()


class ApplyJudicialConfirmation(Command):
    """By a party with the signatures of the others; or by the mediator with their joint application
    (`application_hash`), which `applicants` have signed. `competent` says whether a court of ours
    is asked."""

    dispute_id: v.DisputeId
    handoff_id: v.HandoffId
    court: v.AgencyCode
    applicants: tuple[str, ...]
    application_hash: str | None
    at: datetime
    stored: frozenset[str] = frozenset()
    competent: f.Completed[bool] = False


class RecordConfirmation(Command):
    dispute_id: v.DisputeId
    handoff_id: v.HandoffId
    result: str


class RecordPerformance(Command):
    """`proof` is the digest of a file, stored beforehand."""

    dispute_id: v.DisputeId
    item_id: v.ItemId
    on: date
    proof: Shown
    role: Annotated[str, f.ROLE]
    by: CallingPerson
    at: f.Now
    stored: Stored = frozenset()


class RecordBreach(Command):
    """`heard` are the parties who were asked about it."""

    dispute_id: v.DisputeId
    item_id: v.ItemId
    facts: Note
    heard: Annotated[tuple[UUID, ...], f.at_most(50)]
    at: f.Now


class FailMediation(Command):
    """By the mediator; by time itself when the term is over."""

    dispute_id: v.DisputeId
    text: Note
    at: f.Now
    by_time: f.Internal[bool] = False


class TerminateMediation(Command):
    dispute_id: v.DisputeId
    reason: m.TerminatedBecause
    text: Note
    at: f.Now


class IssueGuidance(Command):
    """The ways that follow from the kind of dispute are told in any case; `paths` adds to them."""

    dispute_id: v.DisputeId
    paths: Annotated[tuple[m.Exit, ...], f.at_most(9)] = ()
    served_on: date
    at: f.Now


class RecordFollowUp(Command):
    dispute_id: v.DisputeId
    result: Note
    rating: m.Satisfaction
    at: f.Now


class CloseDispute(Command):
    dispute_id: v.DisputeId
    at: f.Now


class ReopenDispute(Command):
    dispute_id: v.DisputeId
    reason: m.ReopenedBecause
    text: Note
    at: f.Now


class ReferLegalAid(Command):
    """`centre` says whether that agency gives legal aid here."""

    dispute_id: v.DisputeId
    handoff_id: v.HandoffId
    aid_centre: v.AgencyCode
    party_id: UUID
    request: Note
    at: f.Now
    centre: f.Completed[bool] = False


class RecordLegalAid(Command):
    dispute_id: v.DisputeId
    handoff_id: v.HandoffId
    granted: bool
    lawyer: str | Hidden | None


class VerifyWageClaim(Command):
    dispute_id: v.DisputeId
    workers: int
    months: int
    amount_fen: int
    employer: v.SubjectRef | None
    general_contractor: v.SubjectRef | None
    at: datetime


class RecordWagePayment(Command):
    """`proof` is the digest of a file, stored beforehand."""

    dispute_id: v.DisputeId
    amount_fen: f.Fen
    via: m.PaidBy
    on: date
    proof: Shown
    at: f.Now
    stored: Stored = frozenset()


# Those that name a file.
Showing: TypeAlias = (
    HoldSession | SignAgreement | ApplyJudicialConfirmation | RecordPerformance | RecordWagePayment
)
IntakeCommand: TypeAlias = (
    ReceiveDispute | TriageDispute | DivertDispute | RecordConsent | AcceptMediation
    | DeclineMediation | ReopenDispute
)  # fmt: skip
MediatingCommand: TypeAlias = (
    AssignMediator | RecuseMediator | ConveneJointMediation | JoinJointMediation | ScheduleSession
    | HoldSession | PauseMediation | ResumeMediation | ExtendMediation | FailMediation
    | TerminateMediation
)  # fmt: skip
AgreeingCommand: TypeAlias = (
    RecordAgreement | SignAgreement | ApplyJudicialConfirmation | RecordConfirmation
    | RecordPerformance | RecordBreach
)  # fmt: skip
WatchingCommand: TypeAlias = (
    AssignLeadOfficial | ListForSupervision | DelistDispute | EscalateLevel | RaiseRiskAlert
)
EndingCommand: TypeAlias = IssueGuidance | RecordFollowUp | CloseDispute
HelpingCommand: TypeAlias = ReferLegalAid | RecordLegalAid | VerifyWageClaim | RecordWagePayment
DisputeCommand: TypeAlias = (
    IntakeCommand | MediatingCommand | AgreeingCommand | WatchingCommand | EndingCommand
    | HelpingCommand
)  # fmt: skip
