"""What mediation tells the others: disputes between people and firms, petitions, and screenings.

What was said in a session, what was proposed and what was conceded is walled: sealed, and read by
nobody but this service (人民调解法 23(3); 法释〔2016〕14号 2(5), 22).
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, TypeAlias
from uuid import UUID

from libs.contracts.vocabulary import (
    AgencyCode,
    AgreementId,
    CellCode,
    DisputeCategory,
    DisputeId,
    DisputeNo,
    GroupId,
    HandoffId,
    ItemId,
    Location,
    PersonalText,
    PersonId,
    PetitionId,
    PetitionNo,
    PowerItemCode,
    ReasonCode,
    ScreeningId,
    SourceRef,
    SubjectRef,
)
from libs.events.core.fields import Digest, Limits, Text, at_most
from libs.events.core.kernel import Event, Hidden, Number, Person, Personal, Record


class PartyRole(StrEnum):
    APPLICANT = "APPLICANT"
    RESPONDENT = "RESPONDENT"


class DisputeParty(Record):
    """A party, by the name that an agreement must bear; a minor has a guardian."""

    subject_ref: SubjectRef
    role: PartyRole
    name: str = ""
    guardian: SubjectRef | None = None


PersonalParties = Annotated[tuple[DisputeParty, ...] | Hidden, Personal(level="P3")]
PersonalSubject = Annotated[SubjectRef | Hidden, Personal(level="P3")]
PersonalPlace = Annotated[Location | Hidden | None, Personal(level="P2")]
PartyId = Annotated[UUID, Person()]
# Read by whoever recorded it, and by no other service.
WalledTexts = Annotated[tuple[str, ...] | Hidden, Personal(level="P3", walled=True)]
WalledText = Annotated[str | Hidden, Personal(level="P3", walled=True)]


class DisputeChannel(StrEnum):
    """How it came: 受理渠道."""

    GRID = "GRID"
    HOTLINE = "HOTLINE"
    WALK_IN = "WALK_IN"
    COURT = "COURT"
    PETITION = "PETITION"
    POLICE = "POLICE"
    LAWYER = "LAWYER"
    AGENCY = "AGENCY"
    RECON = "RECON"
    UNION = "UNION"
    SCREENING = "SCREENING"


class MediationType(StrEnum):
    """Who mediates, and by which law: 调解类型."""

    PEOPLE = "PEOPLE"
    ADMINISTRATIVE = "ADMINISTRATIVE"
    INDUSTRY = "INDUSTRY"
    LABOUR = "LABOUR"
    POLICE = "POLICE"
    COURT_INVITED = "COURT_INVITED"
    LAWYER = "LAWYER"
    CONSUMER = "CONSUMER"


class CourtStage(StrEnum):
    """Of what a court has invited to: before it was filed (委派), or after (委托)."""

    PRE_FILING = "PRE_FILING"
    POST_ORDINARY = "POST_ORDINARY"
    POST_SUMMARY = "POST_SUMMARY"


class RiskLevel(StrEnum):
    """R4: violence, or many people, at any moment: 激化风险."""

    R1 = "R1"
    R2 = "R2"
    R3 = "R3"
    R4 = "R4"


class Level(StrEnum):
    COMMUNITY = "COMMUNITY"
    STREET = "STREET"
    DISTRICT = "DISTRICT"


class ConsentMethod(StrEnum):
    WRITTEN = "WRITTEN"
    ORAL = "ORAL"
    PHONE = "PHONE"
    ONLINE = "ONLINE"


class RelationKind(StrEnum):
    """Why somebody may not mediate: 法释〔2016〕14号 15."""

    NEAR_RELATIVE = "NEAR_RELATIVE"
    INTEREST = "INTEREST"
    OTHER = "OTHER"


class Relation(Record):
    """Of a mediator to a party, as declared; and by which parties it was waived."""

    mediator_id: PersonId
    party_id: PartyId
    kind: RelationKind
    waived_by: Annotated[tuple[UUID, ...], at_most(50)] = ()


class Mark(StrEnum):
    """What an agreement touches, as its mediator marks it. All but the last cannot be mediated; the
    last cannot be confirmed by a court (法释〔2011〕5号 4, 7)."""

    CRIMINAL_LIABILITY = "CRIMINAL_LIABILITY"
    PENALTY_VALIDITY = "PENALTY_VALIDITY"
    IN_COURT = "IN_COURT"
    PETITION_CLOSED = "PETITION_CLOSED"
    THIRD_PARTY = "THIRD_PARTY"
    PUBLIC_INTEREST = "PUBLIC_INTEREST"
    IDENTITY_RELATION = "IDENTITY_RELATION"


class AgreementForm(StrEnum):
    WRITTEN = "WRITTEN"
    ORAL = "ORAL"


class AgreementItem(Record):
    """Who owes what to whom until when; what exactly stands with the other terms."""

    item_id: ItemId
    obligor: PartyId
    obligee: PartyId
    due_on: date


class ItemTerms(Record):
    """What is owed; the amount in fen, where it is money."""

    content: Annotated[Text, Limits(min_length=1)]
    amount_fen: Annotated[int, Limits(ge=1, le=10**15)] | None = None


WalledTerms = Annotated[tuple[ItemTerms, ...] | Hidden, Personal(level="P3", walled=True)]


class ConfirmationResult(StrEnum):
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


class FailedBecause(StrEnum):
    NO_AGREEMENT = "NO_AGREEMENT"
    TERM_OVER = "TERM_OVER"


class TerminatedBecause(StrEnum):
    """人民调解法 26; a sham is reported too (法释〔2016〕14号 18)."""

    WITHDRAWN = "WITHDRAWN"
    REFUSED = "REFUSED"
    SETTLED_ALONE = "SETTLED_ALONE"
    SHAM = "SHAM"
    DIED = "DIED"


class DeclinedBecause(StrEnum):
    NOT_MEDIABLE = "NOT_MEDIABLE"
    REFUSED = "REFUSED"


class Exit(StrEnum):
    """A way on that is told when mediation ends without success: 人民调解法 26."""

    CIVIL_SUIT = "CIVIL_SUIT"
    COURT_ENFORCEMENT = "COURT_ENFORCEMENT"
    ARBITRATION = "ARBITRATION"
    PAYMENT_ORDER = "PAYMENT_ORDER"
    LABOUR_COMPLAINT = "LABOUR_COMPLAINT"
    RECONSIDERATION = "RECONSIDERATION"
    ADMINISTRATIVE_SUIT = "ADMINISTRATIVE_SUIT"
    ENFORCEMENT_REPORT = "ENFORCEMENT_REPORT"
    POLICE = "POLICE"


class ExitPath(Record):
    """A way, and until when it is open, where the law says so."""

    path: Exit
    until: date | None = None
    rule_code: str | None = None


class Satisfaction(StrEnum):
    SATISFIED = "SATISFIED"
    BASIC = "BASIC"
    UNSATISFIED = "UNSATISFIED"


class DisputeOutcome(StrEnum):
    PERFORMED = "PERFORMED"
    SIGNED = "SIGNED"
    GUIDED = "GUIDED"
    DIVERTED = "DIVERTED"


class ReopenedBecause(StrEnum):
    BREACH = "BREACH"
    NEW_FACTS = "NEW_FACTS"


class PaidBy(StrEnum):
    EMPLOYER = "EMPLOYER"
    GENERAL_CONTRACTOR = "GENERAL_CONTRACTOR"
    EMERGENCY_FUND = "EMERGENCY_FUND"


class PauseReason(StrEnum):
    APPRAISAL = "APPRAISAL"
    PARTY_ABSENT = "PARTY_ABSENT"
    RECUSAL = "RECUSAL"


class DisputeReceived(Event, name="mediation.dispute_received.v1"):
    """A conflict between identified parties is taken in: 受理登记."""

    dispute_id: DisputeId
    dispute_no: Annotated[DisputeNo, Number(kind="dispute")]
    agency_code: AgencyCode
    channel: DisputeChannel
    source_ref: SourceRef | None
    handoff_id: HandoffId | None
    parties: PersonalParties
    category: DisputeCategory
    facts: PersonalText
    amount_fen: int | None
    location: PersonalPlace
    applied_on: date
    received_on: date
    first_receiver: PersonId | None
    mediation_only: bool
    to_agency: AgencyCode | None
    power_item_code: PowerItemCode | None
    triage_due_on: date
    rule_code: str
    rule_pack_version: str


class DisputeTriaged(Event, name="mediation.dispute_triaged.v1"):
    """Who mediates, how dangerous it is, on which level; and who else is a party: 研判."""

    dispute_id: DisputeId
    type: MediationType
    court_stage: CourtStage | None
    risk_level: RiskLevel
    level: Level
    first_receiver: PersonId
    joined: PersonalParties
    level_due_on: date | None
    rule_code: str | None
    rule_pack_version: str


class DisputeDiverted(Event, name="mediation.dispute_diverted.v1"):
    """It belongs elsewhere: 分流."""

    dispute_id: DisputeId
    handoff_id: HandoffId | None
    agency_code: AgencyCode
    reason: ReasonCode
    text: PersonalText
    to_service: str | None
    to_agency: AgencyCode | None
    power_item_code: PowerItemCode | None
    facts: PersonalText
    location: PersonalPlace
    paths: tuple[ExitPath, ...]
    basis: str | None


class ConsentRecorded(Event, name="mediation.consent_recorded.v1"):
    """A party says whether it wants this: 同意情况."""

    dispute_id: DisputeId
    party_id: PartyId
    party: PersonalSubject
    consent: bool
    method: ConsentMethod


class MediationAccepted(Event, name="mediation.mediation_accepted.v1"):
    """All want it, and its term runs: 受理调解."""

    dispute_id: DisputeId
    handoff_id: HandoffId | None
    agency_code: AgencyCode
    due_on: date
    rule_code: str
    rule_pack_version: str
    on: date


class MediationDeclined(Event, name="mediation.mediation_declined.v1"):
    """It cannot be mediated, or somebody does not want it: 不予调解."""

    dispute_id: DisputeId
    handoff_id: HandoffId | None
    agency_code: AgencyCode
    reason: DeclinedBecause
    text: PersonalText
    basis: str
    on: date


class MediatorAssigned(Event, name="mediation.mediator_assigned.v1"):
    """These mediate, one of them leads: 指派调解员."""

    dispute_id: DisputeId
    mediator_ids: tuple[PersonId, ...]
    lead_mediator: PersonId
    relations: tuple[Relation, ...]


class MediatorRecused(Event, name="mediation.mediator_recused.v1"):
    """Somebody may not mediate this: 调解员回避."""

    dispute_id: DisputeId
    mediator_id: PersonId
    ground: RelationKind
    decided_by: PersonId


class JointMediationConvened(Event, name="mediation.joint_mediation_convened.v1"):
    """Several units are called to it, one of them leads: 联合调处."""

    dispute_id: DisputeId
    agency_code: AgencyCode
    group_id: GroupId
    units: tuple[AgencyCode, ...]
    lead_unit: AgencyCode
    topic: str
    place: PersonalText
    at: datetime


class JointMediationJoined(Event, name="mediation.joint_mediation_joined.v1"):
    """One of them takes part: 参与联合调处."""

    dispute_id: DisputeId
    unit: AgencyCode


class LeadOfficialAssigned(Event, name="mediation.lead_official_assigned.v1"):
    """A named official answers for it until it is resolved: 包案."""

    dispute_id: DisputeId
    official_id: PersonId
    agency_code: AgencyCode
    target_on: date
    first_action_due_on: date
    rule_code: str
    rule_pack_version: str


class DisputeListedForSupervision(Event, name="mediation.dispute_listed_for_supervision.v1"):
    """It is on the list that the district watches: 挂牌督办."""

    dispute_id: DisputeId
    level: Level
    due_on: date
    reason: PersonalText
    rule_code: str
    rule_pack_version: str


class DisputeDelisted(Event, name="mediation.dispute_delisted.v1"):
    """It is off that list: 摘牌."""

    dispute_id: DisputeId
    result: PersonalText


class DisputeEscalated(Event, name="mediation.dispute_escalated.v1"):
    """It was not solved where it was; whose it is from here: 层级升级."""

    dispute_id: DisputeId
    from_level: Level
    to_level: Level
    agency_code: AgencyCode
    on: date
    level_due_on: date | None
    rule_code: str | None
    rule_pack_version: str


class SessionScheduled(Event, name="mediation.session_scheduled.v1"):
    """The parties are told when and where: 调解通知."""

    dispute_id: DisputeId
    at: datetime
    place: PersonalText


class SessionHeld(Event, name="mediation.session_held.v1"):
    """They met. What was said lies in a signed record, known by its digest: 调解记录."""

    dispute_id: DisputeId
    session_no: int
    on: date
    attendance: tuple[PersonId, ...]
    summary_hash: Digest
    proposals: WalledTexts


class ClockPaused(Event, name="mediation.clock_paused.v1"):
    """The term stands still: 调解期限中止."""

    dispute_id: DisputeId
    reason: PauseReason
    on: date


class ClockResumed(Event, name="mediation.clock_resumed.v1"):
    """It runs on: 调解期限恢复."""

    dispute_id: DisputeId
    on: date
    new_due_on: date
    rule_code: str
    rule_pack_version: str


class MediationExtended(Event, name="mediation.mediation_extended.v1"):
    """All agree to go on: 调解延期."""

    dispute_id: DisputeId
    new_due_on: date
    rule_code: str
    rule_pack_version: str


class RiskAlertRaised(Event, name="mediation.risk_alert_raised.v1"):
    """It may come to blows: 激化预警."""

    dispute_id: DisputeId
    agency_code: AgencyCode
    level: RiskLevel
    facts: PersonalText
    location: PersonalPlace
    police_ref: str | None


class AgreementReached(Event, name="mediation.agreement_reached.v1"):
    """They agree on what each owes: 达成协议."""

    dispute_id: DisputeId
    on: date
    items: tuple[AgreementItem, ...]
    terms: WalledTerms
    marks: tuple[Mark, ...]


class AgreementSigned(Event, name="mediation.agreement_signed.v1"):
    """It binds: 协议签署."""

    dispute_id: DisputeId
    agency_code: AgencyCode
    agreement_id: AgreementId
    form: AgreementForm
    effective_on: date
    confirm_until: date
    seal_hash: str | None
    source_ref: SourceRef | None
    handoff_id: HandoffId | None
    rule_code: str
    rule_pack_version: str


class JudicialConfirmationApplied(Event, name="mediation.judicial_confirmation_applied.v1"):
    """The parties together ask the court: 申请司法确认."""

    dispute_id: DisputeId
    dispute_no: DisputeNo
    agency_code: AgencyCode
    agreement_id: AgreementId
    effective_on: date
    parties: PersonalParties
    handoff_id: HandoffId
    court: AgencyCode
    on: date


class JudicialConfirmationDecided(Event, name="mediation.judicial_confirmation_decided.v1"):
    """The court says whether it can be enforced: 司法确认结果."""

    dispute_id: DisputeId
    handoff_id: HandoffId
    result: ConfirmationResult
    ruling_no: str | None


class AgreementPerformed(Event, name="mediation.agreement_performed.v1"):
    """One item is done; `done` with the last: 协议履行."""

    dispute_id: DisputeId
    item_id: ItemId
    on: date
    proof: Digest
    done: bool


class AgreementBreached(Event, name="mediation.agreement_breached.v1"):
    """An item is overdue, and its days of grace are over: 协议违约."""

    dispute_id: DisputeId
    agency_code: AgencyCode
    type: MediationType
    category: DisputeCategory
    item_id: ItemId
    overdue_days: int
    confirmed: bool
    facts: PersonalText
    location: PersonalPlace
    parties: PersonalParties
    to_agency: AgencyCode | None
    power_item_code: PowerItemCode | None
    on: date


class MediationFailed(Event, name="mediation.mediation_failed.v1"):
    """No agreement, or no time any more: 调解不成."""

    dispute_id: DisputeId
    agency_code: AgencyCode
    handoff_id: HandoffId | None
    reason: FailedBecause
    text: PersonalText
    on: date


class MediationTerminated(Event, name="mediation.mediation_terminated.v1"):
    """It ends before its end: 调解终止."""

    dispute_id: DisputeId
    agency_code: AgencyCode
    handoff_id: HandoffId | None
    reason: TerminatedBecause
    text: PersonalText
    on: date


class GuidanceIssued(Event, name="mediation.guidance_issued.v1"):
    """The parties were told which ways are open to them: 告知其他途径."""

    dispute_id: DisputeId
    paths: tuple[ExitPath, ...]
    served_on: date


class FollowUpRecorded(Event, name="mediation.follow_up_recorded.v1"):
    """Somebody asked how it went on: 回访."""

    dispute_id: DisputeId
    result: PersonalText
    rating: Satisfaction
    late: bool
    on: date


class DisputeClosed(Event, name="mediation.dispute_closed.v1"):
    """Nothing more is to be done: 结案(纠纷)."""

    dispute_id: DisputeId
    agency_code: AgencyCode
    source_ref: SourceRef | None
    handoff_id: HandoffId | None
    outcome: DisputeOutcome
    on: date


class DisputeReopened(Event, name="mediation.dispute_reopened.v1"):
    """It was not over after all: 重启."""

    dispute_id: DisputeId
    reason: ReopenedBecause
    text: PersonalText
    on: date


class LegalAidReferred(Event, name="mediation.legal_aid_referred.v1"):
    """A party needs a lawyer whom it cannot pay: 法律援助转介."""

    dispute_id: DisputeId
    dispute_no: DisputeNo
    agency_code: AgencyCode
    handoff_id: HandoffId
    aid_centre: AgencyCode
    applicant: PersonalSubject
    matter: PersonalText
    on: date


class LegalAidDecided(Event, name="mediation.legal_aid_decided.v1"):
    """The legal-aid centre has decided: 法律援助决定."""

    dispute_id: DisputeId
    handoff_id: HandoffId
    granted: bool
    lawyer: PersonalText | None


class WageClaimVerified(Event, name="mediation.wage_claim_verified.v1"):
    """Who is owed how much for how long, by whom: 欠薪核实."""

    dispute_id: DisputeId
    workers: int
    months: int
    amount_fen: int
    employer: PersonalSubject
    general_contractor: Annotated[SubjectRef | Hidden | None, Personal(level="P3")]


class WagePaid(Event, name="mediation.wage_paid.v1"):
    """Wages were paid, or advanced: 工资支付."""

    dispute_id: DisputeId
    employer: PersonalSubject
    amount_fen: int
    via: PaidBy
    settled: bool
    on: date
    proof: Digest


DisputeEvent: TypeAlias = (
    DisputeReceived
    | DisputeTriaged
    | DisputeDiverted
    | ConsentRecorded
    | MediationAccepted
    | MediationDeclined
    | MediatorAssigned
    | MediatorRecused
    | JointMediationConvened
    | JointMediationJoined
    | LeadOfficialAssigned
    | DisputeListedForSupervision
    | DisputeDelisted
    | DisputeEscalated
    | SessionScheduled
    | SessionHeld
    | ClockPaused
    | ClockResumed
    | MediationExtended
    | RiskAlertRaised
    | AgreementReached
    | AgreementSigned
    | JudicialConfirmationApplied
    | JudicialConfirmationDecided
    | AgreementPerformed
    | AgreementBreached
    | MediationFailed
    | MediationTerminated
    | GuidanceIssued
    | FollowUpRecorded
    | DisputeClosed
    | DisputeReopened
    | LegalAidReferred
    | LegalAidDecided
    | WageClaimVerified
    | WagePaid
)


class PetitionKind(StrEnum):
    """How it came: 信访工作条例 17."""

    LETTER = "LETTER"
    VISIT = "VISIT"
    ONLINE = "ONLINE"
    PHONE = "PHONE"


class PetitionRoute(StrEnum):
    """Where it belongs: 诉访分离, 信访工作条例 31."""

    LITIGATION = "LITIGATION"
    ARBITRATION = "ARBITRATION"
    ADMIN_PROCEDURE = "ADMIN_PROCEDURE"
    DUTY = "DUTY"
    PETITION_OPINION = "PETITION_OPINION"
    OUTSIDE = "OUTSIDE"


class ReviewStage(StrEnum):
    REVIEW = "REVIEW"
    RECHECK = "RECHECK"


class ReviewResult(StrEnum):
    UPHELD = "UPHELD"
    CHANGED = "CHANGED"


class FinalBecause(StrEnum):
    RECHECKED = "RECHECKED"
    TERM_OVER = "TERM_OVER"
    OUTSIDE_PETITION = "OUTSIDE_PETITION"


PersonalSubjects = Annotated[tuple[SubjectRef, ...] | Hidden, Personal(level="P3")]


class PetitionRegistered(Event, name="mediation.petition_registered.v1"):
    """Somebody asks, complains or suggests: 信访登记. `matter_token` is the same for the same
    person and the same text, and tells neither."""

    petition_id: PetitionId
    petition_no: Annotated[PetitionNo, Number(kind="petition")]
    agency_code: AgencyCode
    kind: PetitionKind
    persons: int
    petitioners: PersonalSubjects
    matter: PersonalText
    matter_token: str
    about_agency: AgencyCode | None
    accusation: bool
    repeats: PetitionId | None
    registered_on: date
    notify_due_on: date
    reply_due_on: date
    rule_codes: tuple[str, ...]
    rule_pack_version: str


class PetitionSeparated(Event, name="mediation.petition_separated.v1"):
    """It goes where it belongs: 诉访分离."""

    petition_id: PetitionId
    petition_no: PetitionNo
    agency_code: AgencyCode
    route: PetitionRoute
    basis: str
    matter: PersonalText
    petitioners: PersonalSubjects
    to_agency: AgencyCode | None
    power_item_code: PowerItemCode | None
    on: date


class PetitionReplied(Event, name="mediation.petition_replied.v1"):
    """The responsible body has answered: 信访答复."""

    petition_id: PetitionId
    opinion: PersonalText
    by_agency: AgencyCode
    on: date
    on_time: bool
    review_until: date
    rule_code: str
    rule_pack_version: str


class PetitionReviewRequested(Event, name="mediation.petition_review_requested.v1"):
    """The petitioner is not content: 复查(复核)申请."""

    petition_id: PetitionId
    stage: ReviewStage
    on: date
    due_on: date
    rule_code: str
    rule_pack_version: str


class PetitionReviewDecided(Event, name="mediation.petition_review_decided.v1"):
    """Another body has looked at the answer: 复查(复核)意见."""

    petition_id: PetitionId
    stage: ReviewStage
    result: ReviewResult
    opinion: PersonalText
    by_agency: AgencyCode
    on: date
    on_time: bool
    review_until: date | None
    rule_code: str | None
    rule_pack_version: str


class PetitionFinalized(Event, name="mediation.petition_finalized.v1"):
    """The same facts and reasons are not taken in again: 信访终结."""

    petition_id: PetitionId
    reason: FinalBecause
    on: date


class PetitionSatisfactionRecorded(Event, name="mediation.petition_satisfaction_recorded.v1"):
    """The petitioner says what they think of the answer: 信访评价."""

    petition_id: PetitionId
    rating: Satisfaction


PetitionEvent: TypeAlias = (
    PetitionRegistered
    | PetitionSeparated
    | PetitionReplied
    | PetitionReviewRequested
    | PetitionReviewDecided
    | PetitionFinalized
    | PetitionSatisfactionRecorded
)


class ScreeningPeriod(StrEnum):
    MONTHLY = "MONTHLY"
    WEEKLY = "WEEKLY"
    DAILY = "DAILY"


class ScreeningCampaignOpened(Event, name="mediation.screening_campaign_opened.v1"):
    """Somebody goes and looks for disputes: 排查."""

    screening_id: ScreeningId
    agency_code: AgencyCode
    scope: str
    period: ScreeningPeriod
    begins_on: date
    ends_on: date


class ScreeningFindingRecorded(Event, name="mediation.screening_finding_recorded.v1"):
    """What somebody found there, or that there was nothing: 排查结果."""

    screening_id: ScreeningId
    cell_code: CellCode
    by: PersonId
    found: bool
    dispute_no: DisputeNo | None
    on: date


ScreeningEvent: TypeAlias = ScreeningCampaignOpened | ScreeningFindingRecorded
