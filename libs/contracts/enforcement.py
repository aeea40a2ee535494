"""What enforcement tells the others: from a suspected violation to the closed case, and its end.

An event carries what its reader could not do without: the facts a
decision rests on and the parties as a document must name them (行政处罚法 59), encrypted.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final, TypeAlias
from uuid import UUID

from libs.contracts.vocabulary import (
    AgencyCode,
    CaseId,
    CaseNo,
    CoercionId,
    CorrectionId,
    DecisionNo,
    EvidenceId,
    FileRef,
    HandoffId,
    InspectionId,
    JurisdictionId,
    LeadId,
    LeadNo,
    LegalBasis,
    Location,
    Media,
    Officer,
    PersonalText,
    PersonId,
    PowerItemCode,
    ReasonCode,
    SourceRef,
    SubjectRef,
)
from libs.events.core.fields import Code, Digest, Fen, Limits, Short, at_most
from libs.events.core.kernel import Event, Hidden, Number, Person, Personal, Record

PersonalSubjects = Annotated[tuple[SubjectRef, ...] | Hidden, Personal(level="P3")]
PersonalSubject = Annotated[SubjectRef | Hidden, Personal(level="P3")]
PersonalPlace = Annotated[Location | Hidden, Personal(level="P2")]
PersonalMedia = Annotated[tuple[Media, ...] | Hidden, Personal(level="P3")]
PersonalFiles = Annotated[tuple[FileRef, ...] | Hidden, Personal(level="P3")]


class Procedure(StrEnum):
    SUMMARY = "SUMMARY"
    ORDINARY = "ORDINARY"


class PenaltyKind(StrEnum):
    """行政处罚法 9."""

    WARNING = "WARNING"
    CRITICISM = "CRITICISM"
    FINE = "FINE"
    CONFISCATE_GAIN = "CONFISCATE_GAIN"
    CONFISCATE_GOODS = "CONFISCATE_GOODS"
    SUSPEND_LICENCE = "SUSPEND_LICENCE"
    DOWNGRADE = "DOWNGRADE"
    REVOKE_LICENCE = "REVOKE_LICENCE"
    RESTRICT_BUSINESS = "RESTRICT_BUSINESS"
    ORDER_STOP_BUSINESS = "ORDER_STOP_BUSINESS"
    ORDER_CLOSE = "ORDER_CLOSE"
    RESTRICT_OCCUPATION = "RESTRICT_OCCUPATION"
    DETENTION = "DETENTION"
    OTHER = "OTHER"


class EvidenceKind(StrEnum):
    """行政处罚法 46; E_MONITOR is electronic data of a device, which 41 wants verified."""

    DOCUMENT = "DOCUMENT"
    MATERIAL = "MATERIAL"
    AUDIO_VIDEO = "AUDIO_VIDEO"
    ELECTRONIC = "ELECTRONIC"
    WITNESS = "WITNESS"
    PARTY_STATEMENT = "PARTY_STATEMENT"
    EXPERT_OPINION = "EXPERT_OPINION"
    SITE_RECORD = "SITE_RECORD"
    E_MONITOR = "E_MONITOR"


class ServiceMode(StrEnum):
    """民事诉讼法(2023) 87-95."""

    DIRECT = "DIRECT"
    RETAINED = "RETAINED"
    ELECTRONIC = "ELECTRONIC"
    ENTRUSTED = "ENTRUSTED"
    POST = "POST"
    FORWARDED = "FORWARDED"
    ANNOUNCEMENT = "ANNOUNCEMENT"


class Waiver(StrEnum):
    STATEMENT = "STATEMENT"
    HEARING = "HEARING"
    BOTH = "BOTH"


class CreditClass(StrEnum):
    MINOR = "MINOR"
    GENERAL = "GENERAL"
    SEVERE = "SEVERE"


class Scope(StrEnum):
    """What a court is asked to enforce: the money, or what was ordered beside it."""

    FINE = "FINE"
    ORDERS = "ORDERS"


class Path(StrEnum):
    RECONSIDERATION = "RECONSIDERATION"
    LITIGATION = "LITIGATION"


class Authority(StrEnum):
    RECON = "RECON"
    COURT = "COURT"
    SELF = "SELF"


class Ground(StrEnum):
    """Why a decision fell, or changed: 行政复议法(2023) 63-67."""

    FACT = "FACT"
    LAW = "LAW"
    PROCEDURE = "PROCEDURE"
    COMPETENCE = "COMPETENCE"
    ABUSE = "ABUSE"
    DISCRETION = "DISCRETION"
    NO_BASIS = "NO_BASIS"


class RevokedScope(StrEnum):
    FULL = "FULL"
    PART = "PART"


class ReconProcedure(StrEnum):
    ORDINARY = "ORDINARY"
    SIMPLE = "SIMPLE"


class ReconOutcome(StrEnum):
    UPHELD = "UPHELD"
    MODIFIED = "MODIFIED"
    REVOKED = "REVOKED"
    PARTLY_REVOKED = "PARTLY_REVOKED"
    CONFIRMED_ILLEGAL = "CONFIRMED_ILLEGAL"
    INVALID = "INVALID"
    ORDERED_TO_ACT = "ORDERED_TO_ACT"
    REJECTED = "REJECTED"
    TERMINATED = "TERMINATED"
    MEDIATED = "MEDIATED"


class AssistanceResult(StrEnum):
    DONE = "DONE"
    PARTLY = "PARTLY"
    NOT_POSSIBLE = "NOT_POSSIBLE"
    RETURNED = "RETURNED"


class Ruling(StrEnum):
    GRANTED = "GRANTED"
    REFUSED = "REFUSED"


class ExecutedHow(StrEnum):
    PAID = "PAID"
    PERFORMED = "PERFORMED"
    FORCED = "FORCED"
    TERMINATED = "TERMINATED"


class CaseOutcome(StrEnum):
    EXECUTED = "EXECUTED"
    TERMINATED = "TERMINATED"
    NO_PENALTY = "NO_PENALTY"
    OVERTURNED = "OVERTURNED"


class ExtendedBecause(StrEnum):
    EXTENSION = "EXTENSION"
    TEST_EXCLUDED = "TEST_EXCLUDED"


class InspectionPurpose(StrEnum):
    POST_CHECK = "POST_CHECK"
    PLAN = "PLAN"


class InspectionResult(StrEnum):
    NORMAL = "NORMAL"
    CORRECTED_ON_SITE = "CORRECTED_ON_SITE"
    LEAD_RAISED = "LEAD_RAISED"
    NOT_FOUND = "NOT_FOUND"


class Penalty(Record):
    """One penalty. `amount_fen` in fen, where it is money; `value_fen` what goods are worth, which
    nobody owes; `days` of detention; `detail` says the rest in words."""

    kind: PenaltyKind
    amount_fen: Fen | None = None
    detail: Annotated[str, Limits(max_length=1000, pattern=r"^[^\x00]*$")] = ""
    value_fen: Fen | None = None
    days: Annotated[int, Limits(strict=True, ge=1, le=365)] | None = None


Penalties: TypeAlias = Annotated[tuple[Penalty, ...], at_most(20)]


class Proposal(Record):
    """What is proposed, and what its range is measured by.

    `case` is the row of the item's ranges (`HOUSEHOLD_WASTE`); `base` the amount a range counts in:
    fen, or hundredths of a square metre.
    """

    penalties: Penalties
    case: Code | None = None
    base: Fen | None = None


Digests: TypeAlias = Annotated[tuple[Digest, ...], at_most(50)]


class Manifest(Record):
    """What a step has on file, each by its digest: 行政处罚法 47."""

    text: Digests = ()
    photo: Digests = ()
    audio_video: Digests = ()


class Party(Record):
    """A party as a document must name it (行政处罚法 59(1)). A person's number stands nowhere."""

    subject_id: Annotated[UUID, Person()]
    name: str
    address: str = ""
    credit_code: str | None = None


PersonalParties = Annotated[tuple[Party, ...] | Hidden, Personal(level="P3")]


class SeizedItem(Record):
    """Something that was seized, by the id that its list gives it."""

    item_id: UUID
    name: Short
    kind: Code
    quantity: Short


PersonalItems = Annotated[tuple[SeizedItem, ...] | Hidden, Personal(level="P2")]


class Remedy(Record):
    """Until when a path is open, for the whole or for one scope of a decision."""

    path: Path
    until: date
    rule_code: str
    penalty: Scope | None = None


class Instalment(Record):
    due_on: date
    amount_fen: Fen


class Document(Record):
    """What a decision says beside what its event names: facts, performance, remedies, the seal."""

    facts: Annotated[str, Limits(max_length=20_000, pattern=r"^[^\x00]*$")]
    performance: Annotated[str, Limits(max_length=5_000, pattern=r"^[^\x00]*$")]
    remedies: Annotated[str, Limits(max_length=5_000, pattern=r"^[^\x00]*$")]
    seal_hash: Annotated[str, Limits(max_length=64, pattern=r"^([0-9a-f]{64})?$")]


PersonalDocument = Annotated[Document | Hidden | None, Personal(level="P2")]
PersonalManifest = Annotated[Manifest | Hidden, Personal(level="P2")]


class LeadReceived(Event, name="enforcement.lead_received.v1"):
    """A violation is suspected: 案源登记."""

    lead_id: LeadId
    lead_no: Annotated[LeadNo, Number(kind="lead")]
    source_channel: str
    source_ref: SourceRef
    handoff_id: HandoffId | None
    agency_code: AgencyCode
    subject: Annotated[SubjectRef | Hidden | None, Personal(level="P3")]
    power_item_code: PowerItemCode | None
    facts: PersonalText
    location: Annotated[Location | Hidden | None, Personal(level="P2")]
    discovered_at: datetime
    check_due_on: date
    rule_code: str
    rule_pack_version: str


class LeadFiled(Event, name="enforcement.lead_filed.v1"):
    """The head has approved a case on it: 批准立案."""

    lead_id: LeadId
    case_id: CaseId
    lead_no: LeadNo
    agency_code: AgencyCode
    source_channel: str
    source_ref: SourceRef
    handoff_id: HandoffId | None
    subjects: PersonalSubjects
    parties: PersonalParties
    power_item_code: PowerItemCode
    act_date: date
    act_end_date: date | None
    location: PersonalPlace
    discovered_on: date
    safety_harm: bool
    proposed_by: tuple[PersonId, ...]
    approver: PersonId
    filed_on: date


LeadEvent: TypeAlias = LeadReceived | LeadFiled


class CaseFiled(Event, name="enforcement.case_filed.v1"):
    """A case is open, and its clock runs: 立案(执法)."""

    case_id: CaseId
    case_no: Annotated[CaseNo, Number(kind="case")]
    lead_id: LeadId
    lead_no: LeadNo
    source_channel: str
    source_ref: SourceRef
    handoff_id: HandoffId | None
    agency_code: AgencyCode
    procedure: Procedure
    subjects: PersonalSubjects
    parties: PersonalParties
    power_item_code: PowerItemCode
    act_date: date
    act_end_date: date | None
    location: PersonalPlace
    discovered_on: date
    safety_harm: bool
    filed_on: date
    decision_due_on: date
    approver: PersonId
    rule_code: str
    rule_pack_version: str


class CaseOfficersAssigned(Event, name="enforcement.case_officers_assigned.v1"):
    """Who investigates it: 指派执法人员."""

    case_id: CaseId
    officers: tuple[Officer, ...]


class InvestigationStepRecorded(Event, name="enforcement.investigation_step_recorded.v1"):
    """What was done to find out, by whom, and what is on file of it: 调查步骤."""

    case_id: CaseId
    step_kind: str
    place: PersonalText
    started_at: datetime
    ended_at: datetime
    officers: tuple[Officer, ...]
    manifest: PersonalManifest


class EvidenceCollected(Event, name="enforcement.evidence_collected.v1"):
    """A piece of evidence is on file, known by its digest: 证据收集."""

    case_id: CaseId
    evidence_id: EvidenceId
    kind: EvidenceKind
    sha256: str
    collected_by: tuple[PersonId, ...]
    place: PersonalText
    verified_by_step: bool


class EvidenceExcluded(Event, name="enforcement.evidence_excluded.v1"):
    """Nothing may rest on it any more: 证据排除."""

    case_id: CaseId
    evidence_id: EvidenceId
    reason: PersonalText


# What somebody has to look at first counts in no seizure: 行政强制法 25(3).
TESTS: Final = frozenset({"TEST", "INSPECTION", "QUARANTINE", "EXPERT_APPRAISAL"})


class CaseClockPaused(Event, name="enforcement.case_clock_paused.v1"):
    """From this day its time does not count: 办案期限中止."""

    case_id: CaseId
    reason: ReasonCode
    on: date


class CaseClockResumed(Event, name="enforcement.case_clock_resumed.v1"):
    """From this day it counts again, and the decision is due later: 办案期限恢复."""

    case_id: CaseId
    reason: ReasonCode
    lead_id: LeadId
    paused_from: date
    on: date
    new_due_on: date
    rule_code: str
    rule_pack_version: str


class AssistanceRequested(Event, name="enforcement.assistance_requested.v1"):
    """Another agency is asked for help: 协助请求."""

    case_id: CaseId
    case_no: CaseNo
    handoff_id: HandoffId
    to_agency: AgencyCode
    matter: PersonalText
    due_on: date
    rule_code: str
    rule_pack_version: str


class AssistanceProvided(Event, name="enforcement.assistance_provided.v1"):
    """What came of asking for help: 协助答复."""

    case_id: CaseId
    handoff_id: HandoffId
    result: AssistanceResult
    files: PersonalFiles


class CorrectionOrdered(Event, name="enforcement.correction_ordered.v1"):
    """The party is to put it right by a day: 责令改正."""

    case_id: CaseId
    correction_id: CorrectionId
    agency_code: AgencyCode
    subjects: PersonalSubjects
    items: tuple[str, ...]
    workers: int | None
    months: int | None
    amount_fen: int | None
    due_on: date
    legal_basis: tuple[LegalBasis, ...]


class CorrectionVerified(Event, name="enforcement.correction_verified.v1"):
    """Somebody looked whether it was put right: 改正复查."""

    case_id: CaseId
    correction_id: CorrectionId
    done: bool
    on: date
    media: PersonalMedia


class InvestigationConcluded(Event, name="enforcement.investigation_concluded.v1"):
    """What was found, and what is proposed: 调查终结."""

    case_id: CaseId
    facts_hash: str
    facts: PersonalText
    evidence: tuple[EvidenceId, ...]
    proposal: Proposal
    tier: str
    factors: tuple[ReasonCode, ...]
    review_grounds: tuple[str, ...]
    officers: tuple[Officer, ...]


class PenaltyNoticeServed(Event, name="enforcement.penalty_notice_served.v1"):
    """The party knows what is proposed, and its rights: 处罚告知."""

    case_id: CaseId
    proposal: Proposal
    hearing_right: bool
    served_on: date
    mode: ServiceMode
    statement_due_on: date
    hearing_request_due_on: date | None
    legal_basis: tuple[LegalBasis, ...]
    officers: tuple[Officer, ...]
    rule_codes: tuple[str, ...]
    rule_pack_version: str


class PartyRightsWaived(Event, name="enforcement.party_rights_waived.v1"):
    """The party will not be heard, and has signed that: 放弃陈述听证."""

    case_id: CaseId
    scope: Waiver
    signature: str
    party: PersonalText


class HearingRequested(Event, name="enforcement.hearing_requested.v1"):
    """The party wants a hearing: 听证申请."""

    case_id: CaseId
    on: date


class HearingScheduled(Event, name="enforcement.hearing_scheduled.v1"):
    """When and where it will be heard, and by whom: 听证通知."""

    case_id: CaseId
    at: datetime
    place: str
    host: PersonId
    public: bool


class HearingHeld(Event, name="enforcement.hearing_held.v1"):
    """It was heard, and the minutes are signed: 听证举行."""

    case_id: CaseId
    minutes_hash: str


class LegalReviewRequested(Event, name="enforcement.legal_review_requested.v1"):
    """Somebody who did not investigate is to look at it: 法制审核送审."""

    case_id: CaseId
    review_grounds: tuple[str, ...]


class LegalReviewPassed(Event, name="enforcement.legal_review_passed.v1"):
    """It may be decided as proposed: 法制审核通过."""

    case_id: CaseId
    reviewer: PersonId
    qualification_no: str
    opinion: PersonalText


class CollectiveDiscussionHeld(Event, name="enforcement.collective_discussion_held.v1"):
    """The heads have discussed it together: 集体讨论."""

    case_id: CaseId
    participants: tuple[PersonId, ...]
    conclusion: PersonalText
    dissent: Annotated[tuple[str, ...] | Hidden, Personal(level="P2")]


class PenaltyDecided(Event, name="enforcement.penalty_decided.v1"):
    """The agency has decided: 处罚决定."""

    case_id: CaseId
    decision_no: Annotated[DecisionNo, Number(kind="decision")]
    agency_code: AgencyCode
    subjects: PersonalSubjects
    parties: PersonalParties
    power_item_code: PowerItemCode
    act_date: date
    act_end_date: date | None
    location: PersonalPlace
    penalties: tuple[Penalty, ...]
    legal_basis: tuple[LegalBasis, ...]
    tier: str
    factors: tuple[ReasonCode, ...]
    decided_on: date
    approver: PersonId
    publishable: bool
    credit_class: CreditClass
    supersedes: DecisionNo | None
    on_time: bool
    facts_hash: str
    document: PersonalDocument
    rule_pack_version: str


class DecisionServed(Event, name="enforcement.decision_served.v1"):
    """The party has the decision, and the remedies are open: 送达."""

    case_id: CaseId
    decision_no: DecisionNo
    agency_code: AgencyCode
    mode: ServiceMode
    served_on: date
    receipt_hash: str
    subjects: PersonalSubjects
    power_item_code: PowerItemCode
    act_date: date
    act_end_date: date | None
    decided_on: date
    penalties: tuple[Penalty, ...]
    credit_class: CreditClass | None
    legal_basis: tuple[LegalBasis, ...]
    payment_due_on: date | None
    remedy_until: tuple[Remedy, ...]
    rule_codes: tuple[str, ...]
    rule_pack_version: str


class DecisionPublished(Event, name="enforcement.decision_published.v1"):
    """Everybody may read it, with the party masked: 公示."""

    case_id: CaseId
    decision_no: DecisionNo
    subjects: PersonalSubjects
    url: str
    masked_hash: str
    document: PersonalText
    display_until: date
    rule_code: str
    rule_pack_version: str


class DecisionPublicityWithdrawn(Event, name="enforcement.decision_publicity_withdrawn.v1"):
    """It is shown no more, and it is said why: 撤回公示."""

    case_id: CaseId
    decision_no: DecisionNo
    subjects: PersonalSubjects
    url: str
    masked_hash: str
    reason_text: str
    cause: str


class FinePaid(Event, name="enforcement.fine_paid.v1"):
    """Money has come in against an official voucher: 缴款."""

    case_id: CaseId
    decision_no: DecisionNo
    amount_fen: int
    voucher_no: str
    on: date
    settled: bool


class FineInstalmentApproved(Event, name="enforcement.fine_instalment_approved.v1"):
    """It may be paid in parts: 分期缴纳."""

    case_id: CaseId
    schedule: tuple[Instalment, ...]
    approver: PersonId


class FineSurchargeAccrued(Event, name="enforcement.fine_surcharge_accrued.v1"):
    """What a fine that was not paid has grown by, up to a day: 加处罚款."""

    case_id: CaseId
    decision_no: DecisionNo
    as_of: date
    total_fen: int
    rule_code: str
    rule_pack_version: str


class FineRefunded(Event, name="enforcement.fine_refunded.v1"):
    """What was paid and is not owed goes back, and what was claimed is dropped: 退款."""

    case_id: CaseId
    decision_no: DecisionNo
    amount_fen: int
    cancelled_fen: int
    cause: str


class DemandNoticeServed(Event, name="enforcement.demand_notice_served.v1"):
    """The party is told once more to do what was decided: 催告."""

    case_id: CaseId
    decision_no: DecisionNo
    served_on: date
    due_on: date
    rule_code: str
    rule_pack_version: str


class CourtEnforcementApplied(Event, name="enforcement.court_enforcement_applied.v1"):
    """The court is asked to enforce it: 申请强制执行."""

    case_id: CaseId
    case_no: CaseNo
    decision_no: DecisionNo
    handoff_id: HandoffId
    court: AgencyCode
    subjects: PersonalSubjects
    scope: Scope
    amount_fen: int | None
    apply_by: date
    rule_code: str
    rule_pack_version: str


class CourtEnforcementRuled(Event, name="enforcement.court_enforcement_ruled.v1"):
    """The court has said whether it will: 非诉执行裁定."""

    case_id: CaseId
    handoff_id: HandoffId
    ruling: Ruling
    ruling_no: str | None


class ForcedExecutionCompleted(Event, name="enforcement.forced_execution_completed.v1"):
    """What was ordered has been done against the party's will: 强制执行."""

    case_id: CaseId
    result: PersonalText
    media: PersonalMedia


class ExecutionCompleted(Event, name="enforcement.execution_completed.v1"):
    """There is nothing left to enforce: 执行完毕."""

    case_id: CaseId
    decision_no: DecisionNo
    how: ExecutedHow


class CaseClosed(Event, name="enforcement.case_closed.v1"):
    """The case is over, and its source is told: 结案(执法)."""

    case_id: CaseId
    decision_no: DecisionNo | None
    lead_id: LeadId
    source_ref: SourceRef
    handoff_id: HandoffId | None
    outcome: CaseOutcome
    on_time: bool


class CriminalTransferApproved(Event, name="enforcement.criminal_transfer_approved.v1"):
    """The head has approved that the police get it: 批准移送."""

    case_id: CaseId
    crime: Annotated[str | Hidden, Personal(level="P3")]
    approver: PersonId
    report_on: date


class CriminalTransferred(Event, name="enforcement.criminal_transferred.v1"):
    """The police have it, with its documents: 移送公安."""

    case_id: CaseId
    case_no: CaseNo
    handoff_id: HandoffId
    police_unit: AgencyCode
    crime: Annotated[str | Hidden, Personal(level="P3")]
    docs: Annotated[Mapping[str, str] | Hidden, Personal(level="P3")]
    subjects: PersonalSubjects


class CriminalFilingDecided(Event, name="enforcement.criminal_filing_decided.v1"):
    """The police have said whether they file it: 公安立案与否."""

    case_id: CaseId
    handoff_id: HandoffId
    filed: bool
    reason: Annotated[str | Hidden | None, Personal(level="P3")]
    on: date


class CriminalMaterialsHandedOver(Event, name="enforcement.criminal_materials_handed_over.v1"):
    """Goods and files are with the police: 材料移交."""

    case_id: CaseId
    items: Annotated[tuple[str, ...] | Hidden, Personal(level="P3")]
    on: date


class CriminalCaseReturned(Event, name="enforcement.criminal_case_returned.v1"):
    """It is no crime, and the agency has it again: 刑事案件退回."""

    case_id: CaseId
    from_stage: str
    reason: str
    on: date


class ReconsiderationFiled(Event, name="enforcement.reconsideration_filed.v1"):
    """The party has asked for reconsideration: 复议申请."""

    case_id: CaseId
    decision_no: DecisionNo
    applicant: Annotated[SubjectRef | Hidden | None, Personal(level="P3")]
    on: date


class ReconsiderationAccepted(Event, name="enforcement.reconsideration_accepted.v1"):
    """It will be reconsidered, and the agency is to reply: 复议受理."""

    case_id: CaseId
    decision_no: DecisionNo
    recon_no: str
    procedure: ReconProcedure
    on: date
    reply_due_on: date
    due_on: date
    rule_codes: tuple[str, ...]
    rule_pack_version: str


class ReconsiderationDecided(Event, name="enforcement.reconsideration_decided.v1"):
    """What came of it: 复议决定."""

    case_id: CaseId
    decision_no: DecisionNo
    recon_no: str
    outcome: ReconOutcome
    ground: Ground | None
    outcome_detail: Annotated[str | Hidden | None, Personal(level="P2")]
    amount_fen: int | None
    served_on: date
    redecide_by: date | None


class DecisionModified(Event, name="enforcement.decision_modified.v1"):
    """It says something else now: 变更."""

    case_id: CaseId
    decision_no: DecisionNo
    source_ref: SourceRef
    authority: Authority
    basis_ref: str
    ground: Ground
    new_penalties: tuple[Penalty, ...]
    credit_class: CreditClass


class DecisionRevoked(Event, name="enforcement.decision_revoked.v1"):
    """It holds no more, in whole or in part: 撤销. `left` is what of it still stands."""

    case_id: CaseId
    decision_no: DecisionNo
    source_ref: SourceRef
    authority: Authority
    basis_ref: str
    scope: RevokedScope
    ground: Ground
    left: tuple[Penalty, ...]


class DecisionConfirmedIllegal(Event, name="enforcement.decision_confirmed_illegal.v1"):
    """It stands, and was wrong: 确认违法."""

    case_id: CaseId
    decision_no: DecisionNo
    source_ref: SourceRef
    authority: Authority
    basis_ref: str
    ground: Ground


class DecisionDeclaredInvalid(Event, name="enforcement.decision_declared_invalid.v1"):
    """It never held: 确认无效."""

    case_id: CaseId
    decision_no: DecisionNo
    source_ref: SourceRef
    authority: Authority
    basis_ref: str
    ground: Ground


class RedecisionOrdered(Event, name="enforcement.redecision_ordered.v1"):
    """It is to be decided anew by a day: 责令重作."""

    case_id: CaseId
    decision_no: DecisionNo
    ground: Ground
    deadline: date
    same_result_barred: bool


FilingEvent: TypeAlias = (
    CaseFiled | CaseOfficersAssigned | InvestigationStepRecorded | EvidenceCollected
    | EvidenceExcluded | CaseClockPaused | CaseClockResumed | AssistanceRequested
    | AssistanceProvided | CorrectionOrdered | CorrectionVerified | InvestigationConcluded
)  # fmt: skip
DecidingEvent: TypeAlias = (
    PenaltyNoticeServed | PartyRightsWaived | HearingRequested | HearingScheduled | HearingHeld
    | LegalReviewRequested | LegalReviewPassed | CollectiveDiscussionHeld | PenaltyDecided
)  # fmt: skip
ServiceEvent: TypeAlias = DecisionServed | DecisionPublished | DecisionPublicityWithdrawn
ExecutionEvent: TypeAlias = (
    FinePaid | FineInstalmentApproved | FineSurchargeAccrued | FineRefunded | DemandNoticeServed
    | CourtEnforcementApplied | CourtEnforcementRuled | ForcedExecutionCompleted
    | ExecutionCompleted | CaseClosed
)  # fmt: skip
CriminalEvent: TypeAlias = (
    CriminalTransferApproved | CriminalTransferred | CriminalFilingDecided
    | CriminalMaterialsHandedOver | CriminalCaseReturned
)  # fmt: skip
RemedyEvent: TypeAlias = (
    ReconsiderationFiled | ReconsiderationAccepted | ReconsiderationDecided | DecisionModified
    | DecisionRevoked | DecisionConfirmedIllegal | DecisionDeclaredInvalid | RedecisionOrdered
)  # fmt: skip
CaseEvent: TypeAlias = (
    FilingEvent | DecidingEvent | ServiceEvent | ExecutionEvent | CriminalEvent | RemedyEvent
)


class CoerciveMeasureImposed(Event, name="enforcement.coercive_measure_imposed.v1"):
    """Something is seized or sealed: 查封扣押."""

    coercion_id: CoercionId
    lead_id: LeadId | None
    case_id: CaseId | None
    agency_code: AgencyCode
    subjects: PersonalSubjects
    kind: str
    items: PersonalItems
    legal_basis: tuple[LegalBasis, ...]
    urgent: bool
    approver: PersonId | None
    due_at: datetime | None
    imposed_on: date
    expires_on: date
    rule_codes: tuple[str, ...]
    rule_pack_version: str


class CoerciveMeasureApproved(Event, name="enforcement.coercive_measure_approved.v1"):
    """The head has approved afterwards what was urgent: 查封扣押批准."""

    coercion_id: CoercionId
    approver: PersonId
    at: datetime
    on_time: bool


class CoerciveMeasureExtended(Event, name="enforcement.coercive_measure_extended.v1"):
    """It lasts longer: 查封扣押延长."""

    coercion_id: CoercionId
    because: ExtendedBecause
    agency_code: AgencyCode
    subjects: PersonalSubjects
    new_expires_on: date
    approver: PersonId | None
    paused_from: date | None
    paused_until: date | None
    rule_code: str
    rule_pack_version: str


class CoerciveMeasureLifted(Event, name="enforcement.coercive_measure_lifted.v1"):
    """What was seized is free again, or with the police: 查封扣押解除."""

    coercion_id: CoercionId
    ground: ReasonCode
    returned: Annotated[tuple[str, ...] | Hidden, Personal(level="P2")]


CoercionEvent: TypeAlias = (
    CoerciveMeasureImposed
    | CoerciveMeasureApproved
    | CoerciveMeasureExtended
    | CoerciveMeasureLifted
)


class JurisdictionDisputeRaised(Event, name="enforcement.jurisdiction_dispute_raised.v1"):
    """Two agencies both want it, or neither does: 管辖争议."""

    jurisdiction_id: JurisdictionId
    agencies: tuple[AgencyCode, ...]
    handoff_id: HandoffId | None
    case_id: CaseId | None
    power_item_code: PowerItemCode
    grounds: PersonalText
    due_on: date
    rule_code: str
    rule_pack_version: str


class JurisdictionConsented(Event, name="enforcement.jurisdiction_consented.v1"):
    """One of them has said whose it is: 管辖协商意见."""

    jurisdiction_id: JurisdictionId
    agency_code: AgencyCode
    designated: AgencyCode


class JurisdictionAgreed(Event, name="enforcement.jurisdiction_agreed.v1"):
    """All of them say the same: 管辖协商确定."""

    jurisdiction_id: JurisdictionId
    designated: AgencyCode
    handoff_id: HandoffId | None
    case_id: CaseId | None
    on: date


JurisdictionEvent: TypeAlias = (
    JurisdictionDisputeRaised | JurisdictionConsented | JurisdictionAgreed
)


class InspectionTaskDrawn(Event, name="enforcement.inspection_task_drawn.v1"):
    """Whom to inspect was drawn, and by whom; anybody may draw it again: 双随机抽取."""

    inspection_id: InspectionId
    plan_no: str
    agency_code: AgencyCode
    subject: PersonalSubject
    officers: tuple[Officer, ...]
    nonce: str
    witness: str
    seed: str
    algo: str
    list_hash: str
    officers_hash: str
    count: int
    purpose: InspectionPurpose
    source_ref: SourceRef | None
    due_on: date
    rule_code: str
    rule_pack_version: str


class InspectionCompleted(Event, name="enforcement.inspection_completed.v1"):
    """What was found there: 检查结果."""

    inspection_id: InspectionId
    agency_code: AgencyCode
    subject: PersonalSubject
    result: InspectionResult
    power_item_code: PowerItemCode | None
    source_ref: SourceRef | None
    text: PersonalText
    on: date
    public_at: datetime


InspectionEvent: TypeAlias = InspectionTaskDrawn | InspectionCompleted
