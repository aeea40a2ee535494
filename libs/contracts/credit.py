"""What credit tells the others: what is remembered of a subject, what it costs, and how it ends.

A record is a fact that a catalogue allows (国办发〔2020〕49号); a score is of organisations
only and explains itself; a measure is on a list and signed by two persons. Whom it is about is
encrypted, under the key of the matter; in a stream that outlives every matter, under the subject's.
`subject_id` is a pseudonym, and stays: what was counted can be counted when the name is forgotten.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, TypeAlias
from uuid import UUID

from libs.contracts.enforcement import CreditClass, PersonalFiles, PersonalSubject
from libs.contracts.vocabulary import (
    AgencyCode,
    ApprovalId,
    ApprovalItemCode,
    CatalogueItemCode,
    CommitmentId,
    HandoffId,
    IncentiveId,
    LegalBasis,
    ListCode,
    ListingId,
    MeasureCode,
    MeasureId,
    ObjectionId,
    PersonalText,
    PersonalTexts,
    PersonId,
    PowerItemCode,
    ReasonCode,
    RecordId,
    RecordNo,
    RepairId,
    Resolver,
    SourceRef,
    SubjectKind,
)
from libs.events.core.fields import Limits, Short, at_most
from libs.events.core.kernel import Event, Hidden, Number, Person, Personal, Record

PersonalName = Annotated[str | Hidden, Personal(level="P3")]


class Polarity(StrEnum):
    POSITIVE = "POSITIVE"
    NEGATIVE = "NEGATIVE"
    NEUTRAL = "NEUTRAL"


class DisplayPolicy(StrEnum):
    """Who may see a record: all, the masked ones of organisations, those of a list, nobody."""

    PUBLIC = "PUBLIC"
    ORG = "ORG"
    ORG_BY_CLASS = "ORG_BY_CLASS"
    LIST = "LIST"
    COURT_RULE = "COURT_RULE"
    SHARED = "SHARED"
    BY_CONSENT = "BY_CONSENT"
    NONE = "NONE"


class MeasureKind(StrEnum):
    PENALTY = "penalty"
    MANAGEMENT = "management"
    INCENTIVE = "incentive"


class Grade(StrEnum):
    A = "A"
    B = "B"
    C = "C"
    D = "D"


class Tier(StrEnum):
    """承诺即办, 容缺受理, 普通, 从严."""

    T1 = "T1"
    T2 = "T2"
    T3 = "T3"
    T4 = "T4"


class BasisType(StrEnum):
    """The documents on which a record may rest: 国办发〔2020〕49号."""

    PENALTY_DECISION = "PENALTY_DECISION"
    LISTING_DECISION = "LISTING_DECISION"
    BREACH_DECISION = "BREACH_DECISION"
    JUDGMENT = "JUDGMENT"
    ADMIN_DECISION = "ADMIN_DECISION"
    PROVIDER_DOCUMENT = "PROVIDER_DOCUMENT"
    AWARD = "AWARD"


class BasisDocument(Record):
    """A document, the agency that issued it and the day it bears."""

    type: BasisType
    no: Annotated[str, Limits(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
    agency_code: AgencyCode
    decided_on: date


class AnnotationKind(StrEnum):
    DUTIES_PERFORMED = "DUTIES_PERFORMED"
    UNDER_REMEDY = "UNDER_REMEDY"
    REMEDY_ENDED = "REMEDY_ENDED"


class PublicityEnd(StrEnum):
    EXPIRED = "EXPIRED"
    REPAIRED = "REPAIRED"
    WITHDRAWN = "WITHDRAWN"


class WithdrawnBecause(StrEnum):
    DECISION_FELL = "DECISION_FELL"
    WRONG_SUBJECT = "WRONG_SUBJECT"
    NOT_IN_CATALOGUE = "NOT_IN_CATALOGUE"


class DelistedBecause(StrEnum):
    EXPIRED = "EXPIRED"
    REPAIRED = "REPAIRED"
    REVOKED = "REVOKED"


class SupportLostBecause(StrEnum):
    WITHDRAWN = "WITHDRAWN"
    PUBLICITY_ENDED = "PUBLICITY_ENDED"
    CLASS_DROPPED = "CLASS_DROPPED"
    DELISTED = "DELISTED"


class LiftedBecause(StrEnum):
    SUPPORT_LOST = "SUPPORT_LOST"
    OFFICER = "OFFICER"
    ITEM_RETIRED = "ITEM_RETIRED"
    EXPIRED = "EXPIRED"


class ObjectionResult(StrEnum):
    SUSTAINED = "SUSTAINED"
    PARTLY = "PARTLY"
    REJECTED = "REJECTED"


class Contribution(Record):
    """What counts for or against a score: `since` it began, `until` when it counts, if that is
    known. `record_id` is the record or the stream that it comes from."""

    record_id: UUID | None
    rule_code: str
    points: int
    since: datetime
    until: datetime | None
    text_zh: str


class Support(Record):
    """What a measure rests on: a record, or a listing."""

    record_id: RecordId | None = None
    listing_id: ListingId | None = None


class SubjectRegistered(Event, name="credit.subject_registered.v1", keyed_by="subject"):
    """A subject may have records from here: 主体登记. `rescore_at` is when its score changes by
    itself next."""

    subject_id: Annotated[UUID, Person()]
    subject_kind: SubjectKind
    subject_ref: PersonalSubject
    registered_name: PersonalName
    history_from: date
    rescore_at: datetime | None


class SubjectHistoryLengthened(
    Event, name="credit.subject_history_lengthened.v1", keyed_by="subject"
):
    """It was known here from an earlier day on: what told of it came late. 信用历史起点更正."""

    subject_id: Annotated[UUID, Person()]
    history_from: date
    rescore_at: datetime | None


class ScoreRecalculated(Event, name="credit.score_recalculated.v1", keyed_by="subject"):
    """The score of an organisation as of a moment, and the contributions that sum to it:
    信用分重算. `rescore_at` is when it changes by itself next, if nothing else happens."""

    subject_id: Annotated[UUID, Person()]
    as_of: datetime
    score: int
    grade: Grade
    explanation: tuple[Contribution, ...]
    model_version: str
    rescore_at: datetime | None


class GradeChanged(Event, name="credit.grade_changed.v1", keyed_by="subject"):
    """The score crossed a boundary, or a listing began or ended: 等级变化."""

    subject_id: Annotated[UUID, Person()]
    from_grade: Grade
    to_grade: Grade
    cause: str


class ReportQueried(Event, name="credit.report_queried.v2", keyed_by="subject"):
    """Somebody read what is remembered of a subject, and for what: 信用报告查询."""

    subject_id: Annotated[UUID, Person()]
    by: PersonId
    agency_code: AgencyCode
    purpose: PersonalText
    authorisation_ref: Annotated[str | Hidden | None, Personal(level="P2")]


SubjectEvent: TypeAlias = (
    SubjectRegistered | SubjectHistoryLengthened | ScoreRecalculated | GradeChanged | ReportQueried
)


class CatalogueItemPublished(Event, name="credit.catalogue_item_published.v1"):
    """Information that may become a record: 目录项发布."""

    code: CatalogueItemCode
    name_zh: str
    polarity: Polarity
    classes: tuple[CreditClass, ...]
    providers: tuple[Resolver, ...]
    documents: tuple[BasisType, ...]
    display_policy: DisplayPolicy
    basis: str
    effective_from: date | None
    effective_to: date | None


class MeasureCatalogueItemPublished(Event, name="credit.measure_catalogue_item_published.v1"):
    """A consequence that law allows, for whom and by whom: 措施清单项发布."""

    code: MeasureCode
    name_zh: str
    kind: MeasureKind
    targets: tuple[Resolver, ...]
    allowed_for: tuple[str, ...]
    basis: str
    effective_from: date | None
    effective_to: date | None


class RecordCaptured(Event, name="credit.record_captured.v1"):
    """A fact that a catalogue allows is remembered: 归集."""

    record_id: RecordId
    record_no: Annotated[RecordNo, Number(kind="record")]
    item_code: CatalogueItemCode
    subject_id: Annotated[UUID, Person()]
    subject_kind: SubjectKind
    subject_ref: PersonalSubject
    listing_id: ListingId | None
    handoff_id: HandoffId | None
    polarity: Polarity
    credit_class: CreditClass | None
    basis_document: BasisDocument
    behaviour_date: date
    display_policy: DisplayPolicy
    display_until: date | None
    legal_basis: tuple[LegalBasis, ...]
    late: bool
    rule_codes: tuple[str, ...]
    rule_pack_version: str


class RecordPublished(Event, name="credit.record_published.v1"):
    """Everybody may see it, until its term is over: 公示(信用)."""

    record_id: RecordId
    subject_id: Annotated[UUID, Person()]
    subject_ref: PersonalSubject
    item_code: CatalogueItemCode
    display_from: date
    display_until: date
    rule_code: str
    rule_pack_version: str


class RecordPublicityEnded(Event, name="credit.record_publicity_ended.v1"):
    """It is shown and used no more: 终止公示."""

    record_id: RecordId
    subject_id: Annotated[UUID, Person()]
    subject_kind: SubjectKind
    subject_ref: PersonalSubject
    item_code: CatalogueItemCode
    listing_id: ListingId | None
    cause: PublicityEnd


class RecordAnnotated(Event, name="credit.record_annotated.v1"):
    """What the party has done since, or that it asks for a remedy: 标注."""

    record_id: RecordId
    kind: AnnotationKind
    corrected_on: date | None
    source_event_id: UUID


class RecordDutiesConfirmed(Event, name="credit.record_duties_confirmed.v1"):
    """Who recognised it says that all that was due is done: 履行义务."""

    record_id: RecordId
    performed_on: date
    document_no: PersonalText
    approver: PersonId


class RecordFlagged(Event, name="credit.record_flagged.v1"):
    """The party says that it is wrong: no new measure rests on it meanwhile: 异议标注."""

    record_id: RecordId
    objection_id: ObjectionId


class RecordUnflagged(Event, name="credit.record_unflagged.v1"):
    """The objection is resolved: 取消异议标注."""

    record_id: RecordId
    objection_id: ObjectionId


class Corrected(Record):
    """What of a record may be corrected."""

    credit_class: CreditClass | None
    basis_document: BasisDocument
    behaviour_date: date
    display_until: date | None


class RecordCorrected(Event, name="credit.record_corrected.v1"):
    """What it rests on was changed, or was wrong: 记录更正."""

    record_id: RecordId
    subject_id: Annotated[UUID, Person()]
    subject_kind: SubjectKind
    subject_ref: PersonalSubject
    item_code: CatalogueItemCode
    before: Corrected
    after: Corrected
    source_event_id: UUID | None
    class_dropped: bool


class RecordWithdrawn(Event, name="credit.record_withdrawn.v1"):
    """It must not be there: what it rests on fell, or it is another's: 记录撤销."""

    record_id: RecordId
    subject_id: Annotated[UUID, Person()]
    subject_kind: SubjectKind
    subject_ref: PersonalSubject
    item_code: CatalogueItemCode
    listing_id: ListingId | None
    cause: WithdrawnBecause
    basis_event_id: UUID | None
    document_no: str | None


RecordEvent: TypeAlias = (
    RecordCaptured
    | RecordPublished
    | RecordPublicityEnded
    | RecordAnnotated
    | RecordDutiesConfirmed
    | RecordFlagged
    | RecordUnflagged
    | RecordCorrected
    | RecordWithdrawn
)


class SevereListNoticeServed(Event, name="credit.severe_list_notice_served.v1"):
    """The party is told that it may be listed, why, and until when it may answer: 列入前告知."""

    listing_id: ListingId
    list_code: ListCode
    agency_code: AgencyCode
    subject_id: Annotated[UUID, Person()]
    subject_kind: SubjectKind
    subject_ref: PersonalSubject
    registered_name: PersonalName
    conditions: tuple[str, ...]
    incident: str | None
    grounds: PersonalText
    rights_until: date
    legal_basis: tuple[LegalBasis, ...]
    rule_code: str
    rule_pack_version: str


class SevereListed(Event, name="credit.severe_listed.v1"):
    """It is on the list, with its measures, exit and remedies: 列入严重失信名单."""

    listing_id: ListingId
    list_code: ListCode
    subject_id: Annotated[UUID, Person()]
    subject_kind: SubjectKind
    subject_ref: PersonalSubject
    decision_no: str
    agency_code: AgencyCode
    item_code: CatalogueItemCode
    behaviour_date: date
    decided_on: date
    listed_until: date
    measures_warned: tuple[MeasureCode, ...]
    approver: PersonId
    legal_basis: tuple[LegalBasis, ...]
    rule_code: str
    rule_pack_version: str


class SevereDelisted(Event, name="credit.severe_delisted.v1"):
    """It is off the list: 移出名单."""

    listing_id: ListingId
    list_code: ListCode
    subject_id: Annotated[UUID, Person()]
    subject_kind: SubjectKind
    subject_ref: PersonalSubject
    cause: DelistedBecause
    on: date


ListingEvent: TypeAlias = SevereListNoticeServed | SevereListed | SevereDelisted


class MeasureOrdered(Event, name="credit.measure_ordered.v1"):
    """One agency is asked to apply one measure to one subject: 惩戒指令."""

    measure_id: MeasureId
    measure_code: MeasureCode
    subject_id: Annotated[UUID, Person()]
    subject_ref: PersonalSubject
    ordered_by: AgencyCode
    agency_code: AgencyCode
    handoff_id: HandoffId
    supported_by: tuple[Support, ...]
    until: date
    acknowledge_by: date
    approver: PersonId
    legal_basis: tuple[LegalBasis, ...]
    rule_code: str
    rule_pack_version: str


class MeasureAcknowledged(Event, name="credit.measure_acknowledged.v1"):
    """The agency took the order on: 指令签收."""

    measure_id: MeasureId
    handler_id: PersonId
    on: datetime


class MeasureRefused(Event, name="credit.measure_refused.v1"):
    """The agency does not apply it, and says why: 指令拒绝."""

    measure_id: MeasureId
    handoff_id: HandoffId
    reason: ReasonCode
    text: PersonalText


class MeasureApplied(Event, name="credit.measure_applied.v1"):
    """It is in force: 措施落实."""

    measure_id: MeasureId
    applied_on: date


class MeasureSupportLost(Event, name="credit.measure_support_lost.v1"):
    """One of the things it rests on is gone: 措施依据失效."""

    measure_id: MeasureId
    record_id: UUID
    cause: SupportLostBecause


class MeasureLiftOrdered(Event, name="credit.measure_lift_ordered.v1"):
    """The agency is asked to lift it, and by when: 解除指令."""

    measure_id: MeasureId
    measure_code: MeasureCode
    subject_id: Annotated[UUID, Person()]
    subject_ref: PersonalSubject
    ordered_by: AgencyCode
    agency_code: AgencyCode
    handoff_id: HandoffId
    cause: LiftedBecause
    due_on: date
    rule_code: str
    rule_pack_version: str


class MeasureLifted(Event, name="credit.measure_lifted.v1"):
    """It is in force no more: 措施已解除."""

    measure_id: MeasureId
    handoff_id: HandoffId | None
    order_handoff_id: HandoffId
    lifted_on: date


MeasureEvent: TypeAlias = (
    MeasureOrdered
    | MeasureAcknowledged
    | MeasureRefused
    | MeasureApplied
    | MeasureSupportLost
    | MeasureLiftOrdered
    | MeasureLifted
)


class IncentiveGranted(Event, name="credit.incentive_granted.v1"):
    """An advantage for who keeps faith: 守信激励."""

    incentive_id: IncentiveId
    measure_code: MeasureCode
    subject_id: Annotated[UUID, Person()]
    subject_ref: PersonalSubject
    agency_code: AgencyCode
    until: date
    approver: PersonId
    granted_by: AgencyCode | None = None


class IncentiveRevoked(Event, name="credit.incentive_revoked.v1"):
    """The advantage ends: 撤销激励."""

    incentive_id: IncentiveId
    measure_code: MeasureCode
    subject_id: Annotated[UUID, Person()]
    subject_ref: PersonalSubject
    agency_code: AgencyCode
    cause: str
    granted_by: AgencyCode | None = None
    due_on: date | None = None
    rule_code: str | None = None
    rule_pack_version: str | None = None


IncentiveEvent: TypeAlias = IncentiveGranted | IncentiveRevoked


class ObjectionFiled(Event, name="credit.objection_filed.v1"):
    """The party says that a record of its own is wrong: 异议申请."""

    objection_id: ObjectionId
    record_id: RecordId
    subject_id: Annotated[UUID, Person()]
    grounds: PersonalText
    evidence: PersonalFiles
    due_on: date
    rule_code: str
    rule_pack_version: str


class ObjectionResolved(Event, name="credit.objection_resolved.v2"):
    """It was checked with who provided the record: 异议处理."""

    objection_id: ObjectionId
    record_id: RecordId
    result: ObjectionResult
    checked_with: PersonalText
    due_on: date
    resolved_on: date


ObjectionEvent: TypeAlias = ObjectionFiled | ObjectionResolved


class RepairApplied(Event, name="credit.repair_applied.v1"):
    """The party has corrected itself and asks to be forgiven: 修复申请."""

    repair_id: RepairId
    record_id: RecordId
    listing_id: ListingId | None
    subject_id: Annotated[UUID, Person()]
    subject_ref: PersonalSubject
    corrected_on: date
    proofs: PersonalFiles
    commitment: PersonalText


class RepairAccepted(Event, name="credit.repair_accepted.v1"):
    """It is complete, and is decided by then: 修复受理."""

    repair_id: RepairId
    on: date
    due_on: date
    rule_code: str
    rule_pack_version: str


class RepairReturned(Event, name="credit.repair_returned.v2"):
    """Something is missing: 修复退回补正."""

    repair_id: RepairId
    on: date
    missing: PersonalTexts


class RepairDecided(Event, name="credit.repair_decided.v1"):
    """Who recognised it has decided on its repair: 修复决定."""

    repair_id: RepairId
    record_id: RecordId
    listing_id: ListingId | None
    subject_id: Annotated[UUID, Person()]
    subject_ref: PersonalSubject
    granted: bool
    reason: PersonalText
    approver: PersonId


RepairEvent: TypeAlias = RepairApplied | RepairAccepted | RepairReturned | RepairDecided


class ApprovalApplied(Event, name="credit.approval_applied.v1"):
    """Somebody asks for a licence: 审批申请."""

    approval_id: ApprovalId
    item_code: ApprovalItemCode
    subject_id: Annotated[UUID, Person()]
    subject_kind: SubjectKind
    applicant: PersonalSubject
    agency_code: AgencyCode
    wants: Tier | None


class ApprovalTierAssigned(Event, name="credit.approval_tier_assigned.v1"):
    """By which route it is decided, why, and by when: 审批分级."""

    approval_id: ApprovalId
    tier: Tier
    explanation: tuple[str, ...]
    due_on: date
    rule_code: str
    rule_pack_version: str


class CommitmentSigned(Event, name="credit.commitment_signed.v2"):
    """The applicant promises to meet the conditions: 信用承诺."""

    approval_id: ApprovalId
    commitment_id: CommitmentId
    items: PersonalTexts
    check_due_on: date
    rule_code: str
    rule_pack_version: str


class ApprovalGranted(Event, name="credit.approval_granted.v1"):
    """The licence is given: 准予."""

    approval_id: ApprovalId
    item_code: ApprovalItemCode
    subject_id: Annotated[UUID, Person()]
    subject_kind: SubjectKind
    applicant: PersonalSubject
    agency_code: AgencyCode
    check_agency: AgencyCode
    power_item_code: PowerItemCode
    licence_no: str
    tier: Tier
    approver: PersonId


class ApprovalDenied(Event, name="credit.approval_denied.v2"):
    """It is not given, for these reasons and with these remedies: 不予."""

    approval_id: ApprovalId
    subject_id: Annotated[UUID, Person()]
    subject_kind: SubjectKind
    applicant: PersonalSubject
    denied_for: tuple[RecordId, ...]
    reasons: PersonalText
    remedies: PersonalText
    legal_basis: tuple[LegalBasis, ...]
    approver: PersonId


class ReapplicationInvited(Event, name="credit.reapplication_invited.v1"):
    """The record it was denied for is gone: the applicant may ask again: 告知可重新申请."""

    approval_id: ApprovalId
    subject_id: Annotated[UUID, Person()]
    subject_kind: SubjectKind
    applicant: PersonalSubject
    record_id: RecordId
    due_on: date
    rule_code: str
    rule_pack_version: str


class CommitmentFulfilled(Event, name="credit.commitment_fulfilled.v1"):
    """The check afterwards found what was promised: 履约."""

    approval_id: ApprovalId
    subject_id: Annotated[UUID, Person()]
    subject_kind: SubjectKind
    applicant: PersonalSubject
    checked_by: PersonId


class CommitmentBreached(Event, name="credit.commitment_breached.v1"):
    """It was not as promised, and not corrected in time: 违诺."""

    approval_id: ApprovalId
    subject_id: Annotated[UUID, Person()]
    subject_kind: SubjectKind
    applicant: PersonalSubject
    licensed_by: AgencyCode
    agency_code: AgencyCode
    power_item_code: PowerItemCode
    source_ref: SourceRef
    facts: PersonalText
    correction_given: date
    doc_no: str
    decided_on: date
    behaviour_date: date
    credit_class: CreditClass
    legal_basis: tuple[LegalBasis, ...]
    approver: PersonId


class ApprovalRevoked(Event, name="credit.approval_revoked.v1"):
    """The licence is taken back: 撤销许可, 许可法 69."""

    approval_id: ApprovalId
    basis: str
    legal_basis: tuple[LegalBasis, ...]
    approver: PersonId


ApprovalEvent: TypeAlias = (
    ApprovalApplied
    | ApprovalTierAssigned
    | CommitmentSigned
    | ApprovalGranted
    | ApprovalDenied
    | ReapplicationInvited
    | CommitmentFulfilled
    | CommitmentBreached
    | ApprovalRevoked
)


# Versions that were followed: what they said in clear is sealed in the next.


class ReportQueriedV1(Event, name="credit.report_queried.v1", keyed_by="subject"):
    """As it was told while purpose and authorisation_ref were not sealed."""

    subject_id: Annotated[UUID, Person()]
    by: PersonId
    agency_code: AgencyCode
    purpose: str
    authorisation_ref: str | None

    def upcast(self) -> ReportQueried:
        return ReportQueried(**vars(self))


class ObjectionResolvedV1(Event, name="credit.objection_resolved.v1"):
    """As it was told while checked_with was not sealed."""

    objection_id: ObjectionId
    record_id: RecordId
    result: ObjectionResult
    checked_with: str
    due_on: date
    resolved_on: date

    def upcast(self) -> ObjectionResolved:
        return ObjectionResolved(**vars(self))


class RepairReturnedV1(Event, name="credit.repair_returned.v1"):
    """As it was told while missing was not sealed."""

    repair_id: RepairId
    on: date
    missing: Annotated[tuple[Short, ...], at_most(20)]

    def upcast(self) -> RepairReturned:
        return RepairReturned(**vars(self))


class CommitmentSignedV1(Event, name="credit.commitment_signed.v1"):
    """As it was told while items was not sealed."""

    approval_id: ApprovalId
    commitment_id: CommitmentId
    items: tuple[str, ...]
    check_due_on: date
    rule_code: str
    rule_pack_version: str

    def upcast(self) -> CommitmentSigned:
        return CommitmentSigned(**vars(self))


class ApprovalDeniedV1(Event, name="credit.approval_denied.v1"):
    """As it was told while remedies was not sealed."""

    approval_id: ApprovalId
    subject_id: Annotated[UUID, Person()]
    subject_kind: SubjectKind
    applicant: PersonalSubject
    denied_for: tuple[RecordId, ...]
    reasons: PersonalText
    remedies: str
    legal_basis: tuple[LegalBasis, ...]
    approver: PersonId

    def upcast(self) -> ApprovalDenied:
        return ApprovalDenied(**vars(self))
