"""The past of a case, as far as each moment the tests start from: the dates are S1's."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from libs.contracts.enforcement import (
    AssistanceResult,
    Authority,
    CaseEvent,
    CreditClass,
    Document,
    EvidenceKind,
    ExecutedHow,
    Ground,
    Instalment,
    Manifest,
    Party,
    Penalty,
    PenaltyKind,
    Proposal,
    ReconOutcome,
    ReconProcedure,
    RevokedScope,
    Ruling,
    Scope,
    ServiceMode,
    Waiver,
)
from libs.contracts.vocabulary import (
    AgencyCode,
    CaseId,
    CertificateNo,
    CorrectionId,
    DecisionNo,
    EvidenceId,
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
    SubjectKind,
    SubjectRef,
)
from services.enforcement.case.commands.executing import (
    AccrueSurcharge,
    ApplyCourtEnforcement,
    ApproveCriminalTransfer,
    ApproveInstalment,
    CloseCase,
    CompleteExecution,
    CompleteForcedExecution,
    ConfirmIllegality,
    DeclareInvalid,
    HandOverCriminalCase,
    HandOverMaterials,
    ModifyDecision,
    OrderRedecision,
    PublishDecision,
    RecordCourtRuling,
    RecordCriminalFiling,
    RecordCriminalReturn,
    RecordPayment,
    RecordReconsiderationAccepted,
    RecordReconsiderationDecision,
    RecordReconsiderationFiled,
    RefundFine,
    RevokeDecision,
    ServeDecision,
    ServeDemand,
    WithdrawPublicity,
)
from services.enforcement.case.commands.known import Certificate, Power, Signed
from services.enforcement.case.commands.preparing import (
    AssignOfficers,
    CaseCommand,
    CollectEvidence,
    ConcludeInvestigation,
    DecidePenalty,
    ExcludeEvidence,
    HoldCollectiveDiscussion,
    HoldHearing,
    OpenCase,
    OrderCorrection,
    PassLegalReview,
    PauseClock,
    RecordAssistance,
    RecordStep,
    RecordWaiver,
    RequestAssistance,
    RequestHearing,
    RequestLegalReview,
    ResumeClock,
    ScheduleHearing,
    ServePenaltyNotice,
    VerifyCorrection,
)
from services.enforcement.case.rules import document
from services.enforcement.case.rules.decider import decider
from tests import scenario
from tests.conftest import RULES

CASE = decider(RULES)
GZJ = AgencyCode("GZJ")
ID = CaseId(UUID("55555555-5555-7555-8555-555555555555"))
LEAD = LeadId(UUID("55555555-5555-7555-8555-000000000001"))
EVIDENCE = EvidenceId(UUID("55555555-5555-7555-8555-000000000002"))
MONITOR = EvidenceId(UUID("55555555-5555-7555-8555-000000000003"))
CORRECTION = CorrectionId(UUID("55555555-5555-7555-8555-000000000004"))
ASSIST = HandoffId(UUID("66666666-6666-7666-8666-000000000001"))
POLICE = HandoffId(UUID("66666666-6666-7666-8666-000000000002"))
COURT = HandoffId(UUID("66666666-6666-7666-8666-000000000003"))
HEAD = PersonId("GZJ/head")
ONE, TWO, THREE = (PersonId(f"GZJ/officer-{number}") for number in (1, 2, 3))
REVIEWER, HOST = PersonId("GZJ/reviewer"), PersonId("GZJ/host")
NUMBER = DecisionNo("NO-000001")
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
SUBJECT = SubjectRef(
    subject_id=UUID("77777777-7777-5777-8777-777777777777"),
    kind=SubjectKind.ENTERPRISE,
    id_type="USCC",
    id_token="token",
    display_name="滨海虚构农业有限公司",
)
CHILD = SubjectRef(
    subject_id=UUID("77777777-7777-5777-8777-777777777778"),
    kind=SubjectKind.PERSON,
    id_type="ID_CARD",
    id_token="another",
    display_name="赵某",
    adult_on=date(2030, 12, 31),
)
PARTY = Party(
    subject_id=SUBJECT.subject_id,
    name="滨海虚构农业有限公司",
    address="小王庄镇一号",
    credit_code="91120116XX00000190",
)
PHOTO = Media(sha256=HASH, kind="PHOTO")
WHOLE = Manifest(text=(HASH,), photo=(HASH,), audio_video=(HASH,))


def on(day: str, hour: int = 10) -> datetime:
    """An hour of a day of 2026, by the clocks of Binhai."""
    month, of_month = map(int, day.split("-"))
    return datetime(2026, month, of_month, tzinfo=UTC) + timedelta(hours=hour - 8)


def certificate(officer: PersonId, **fields: Any) -> Certificate:
    return Certificate(
        **{
            "officer_id": officer,
            "certificate_no": CertificateNo(f"NO-{officer}"),
            "agency_code": GZJ,
            "in_force": True,
            **fields,
        }
    )


def signed(*officers: PersonId) -> Signed:
    return Signed(officers=officers, certificates=tuple(map(certificate, officers)))


BOTH = signed(ONE, TWO)
FINE = Penalty(kind=PenaltyKind.FINE, amount_fen=21_333_440)
ORDERS = Penalty(kind=PenaltyKind.OTHER, detail="退还土地，拆除，恢复种植条件")
PROPOSAL = Proposal(penalties=(FINE, ORDERS), base=213_334)
BASIS = (
    LegalBasis(law="土地管理法", article="77"),
    LegalBasis(law="土地管理法", article="83"),
)

OPEN = OpenCase(
    case_id=ID,
    lead_id=LEAD,
    lead_no=LeadNo("BHXS-20260413-000001"),
    source_channel="GRID",
    source_ref=SourceRef("grid/report/1"),
    handoff_id=ASSIST,
    agency_code=GZJ,
    subjects=(SUBJECT,),
    parties=(PARTY,),
    power_item_code=PowerItemCode("P-LAND-01"),
    act_date=date(2026, 3, 1),
    act_end_date=date(2026, 4, 8),
    location=Location(cell_code="120116157202001"),  # type: ignore[arg-type]  # a code
    discovered_on=date(2026, 4, 8),
    safety_harm=False,
    filed_on=date(2026, 4, 15),
    approver=HEAD,
    at=on("04-15"),
    family="OTHER",
)
ASSIGN = AssignOfficers(case_id=ID, signed=BOTH, at=on("04-16"))
STEP = RecordStep(
    case_id=ID,
    step_kind="ONSITE_INSPECTION",
    place="小王庄镇",
    started_at=on("04-17", 9),
    ended_at=on("04-17"),
    signed=BOTH,
    manifest=WHOLE,
    at=on("04-17"),
)
COLLECT = CollectEvidence(
    case_id=ID,
    evidence_id=EVIDENCE,
    kind=EvidenceKind.SITE_RECORD,
    sha256=HASH,
    signed=BOTH,
    place="小王庄镇",
    verified_by_step=False,
    at=on("04-17"),
    stored=True,
)
AGAIN = EvidenceId(UUID("55555555-5555-7555-8555-000000000005"))
COLLECT_AGAIN = CollectEvidence(**{**vars(COLLECT), "evidence_id": AGAIN, "at": on("08-24")})
MEASURED = CollectEvidence(
    **{**vars(COLLECT), "evidence_id": MONITOR, "kind": EvidenceKind.E_MONITOR}
)
EXCLUDE = ExcludeEvidence(case_id=ID, evidence_id=EVIDENCE, reason="not signed")
PAUSE = PauseClock(
    case_id=ID, reason=ReasonCode("TEST"), signed=BOTH, approver=HEAD, at=on("04-20")
)
RESUME = ResumeClock(case_id=ID, reason=ReasonCode("TEST"), signed=BOTH, at=on("04-30"))
ASK = RequestAssistance(
    case_id=ID,
    handoff_id=ASSIST,
    to_agency=AgencyCode("NNW"),
    text="was it cultivated?",
    signed=BOTH,
    at=on("04-20"),
)
ANSWER = RecordAssistance(case_id=ID, handoff_id=ASSIST, result=AssistanceResult.DONE, files=())
CORRECT = OrderCorrection(
    case_id=ID,
    correction_id=CORRECTION,
    items=("停止施工",),
    workers=None,
    months=None,
    amount_fen=None,
    due_on=date(2026, 4, 30),
    legal_basis=BASIS,
    signed=BOTH,
    at=on("04-20"),
)
VERIFY = VerifyCorrection(
    case_id=ID, correction_id=CORRECTION, done=True, media=(PHOTO,), signed=BOTH, at=on("04-30")
)
CONCLUDE = ConcludeInvestigation(
    case_id=ID,
    facts="在耕地上建房 3.2 亩",
    evidence=(EVIDENCE,),
    proposal=PROPOSAL,
    tier="LIGHT",
    factors=(),
    review_grounds=("COMPLEX",),
    signed=BOTH,
    at=on("05-18"),
    family="OTHER",
)
NOTICE = ServePenaltyNotice(
    case_id=ID,
    hearing_right=True,
    mode=ServiceMode.DIRECT,
    manifest=Manifest(),
    legal_basis=BASIS,
    signed=BOTH,
    at=on("05-20"),
    power=Power(owned=True, hearing_hint=("ALWAYS",)),
    family="OTHER",
)
WAIVE = RecordWaiver(
    case_id=ID, scope=Waiver.BOTH, signature=HASH, party=None, signed=BOTH, at=on("05-21")
)
HEAR = RequestHearing(
    case_id=ID,
    party=str(SUBJECT.subject_id),
    signed=Signed(officers=()),
    at=on("05-26"),
)
SCHEDULE = ScheduleHearing(
    case_id=ID,
    heard_at=on("06-09", 9),
    place="规划资源局",
    host=HOST,
    public=True,
    at=on("05-27"),
)
HOLD = HoldHearing(case_id=ID, minutes_hash=HASH, host=HOST, manifest=WHOLE, at=on("06-09", 9))
ASK_REVIEW = RequestLegalReview(case_id=ID, signed=BOTH, at=on("06-15"), family="OTHER")
PASS = PassLegalReview(
    case_id=ID, reviewer=REVIEWER, qualification_no="A-1", opinion="clear and lawful"
)
DISCUSS = HoldCollectiveDiscussion(
    case_id=ID,
    participants=(HEAD, PersonId("GZJ/deputy-1"), PersonId("GZJ/deputy-2")),
    conclusion="as proposed",
    dissent=(),
    at=on("06-18"),
)
DOCUMENT = Document(
    facts="在耕地上建房 3.2 亩",
    performance="自收到之日起十五日内缴纳",
    remedies="六十日内申请复议，或六个月内起诉",
    seal_hash=HASH,
)
DECIDE = DecidePenalty(
    case_id=ID,
    penalties=(FINE, ORDERS),
    legal_basis=BASIS,
    tier="LIGHT",
    factors=(),
    document=DOCUMENT,
    secret=False,
    credit_class=CreditClass.GENERAL,
    approver=HEAD,
    at=on("06-24"),
    power=Power(owned=True),
    family="OTHER",
)
SERVE = ServeDecision(
    case_id=ID,
    mode=ServiceMode.DIRECT,
    receipt_hash=HASH,
    manifest=Manifest(),
    signed=BOTH,
    at=on("06-29"),
)
PAY = RecordPayment(
    case_id=ID,
    amount_fen=21_333_440,
    voucher_no="V-1",
    paid_on=date(2026, 7, 10),
    signed=BOTH,
    at=on("07-10"),
)
PARTS = ApproveInstalment(
    case_id=ID,
    schedule=(
        Instalment(due_on=date(2026, 7, 14), amount_fen=11_333_440),
        Instalment(due_on=date(2026, 8, 14), amount_fen=10_000_000),
    ),
    approver=HEAD,
)
ACCRUE = AccrueSurcharge(case_id=ID, decision_no=NUMBER, as_of=date(2026, 7, 20), at=on("07-20"))
REFUND = RefundFine(
    case_id=ID, decision_no=NUMBER, cause="enforcement.decision_revoked.v1", at=on("08-20")
)
DEMAND = ServeDemand(case_id=ID, signed=BOTH, at=on("08-31"))
APPLY = ApplyCourtEnforcement(
    case_id=ID, handoff_id=COURT, court=AgencyCode("FY"), scope=Scope.ORDERS, at=on("09-15")
)
RULED = RecordCourtRuling(case_id=ID, handoff_id=COURT, ruling=Ruling.GRANTED, ruling_no="(2026) 1")
FORCE = CompleteForcedExecution(
    case_id=ID,
    result="demolished",
    media=(PHOTO,),
    step_kind="DEMOLITION",
    manifest=WHOLE,
    executed_at=on("10-20"),
    signed=BOTH,
    at=on("10-20"),
)
PAY_ALL = RecordPayment(
    **{
        **vars(PAY),
        "amount_fen": 42_666_880,
        "voucher_no": "V-2",
        "paid_on": date(2026, 10, 20),
        "at": on("10-20", 15),
    }
)
COMPLETE = CompleteExecution(case_id=ID, how=ExecutedHow.FORCED, signed=BOTH, at=on("10-20", 16))
COMPLETED_OTHERWISE = CompleteExecution(
    case_id=ID, how=ExecutedHow.TERMINATED, signed=BOTH, at=on("08-01")
)
CLOSE = CloseCase(case_id=ID)
REPORT = RecordStep(**{**vars(STEP), "step_kind": "REPORT_CRIME", "at": on("05-27")})
TRANSFER = ApproveCriminalTransfer(case_id=ID, crime="342", approver=HEAD, at=on("05-28"))
HAND_OVER = HandOverCriminalCase(
    case_id=ID,
    handoff_id=POLICE,
    police_unit=AgencyCode("GAJ"),
    docs=dict.fromkeys(
        ("TRANSFER_LETTER", "INVESTIGATION_REPORT", "GOODS_LIST", "APPRAISAL", "OTHER"), HASH
    ),
    signed=BOTH,
    at=on("05-29"),
)
FILED = RecordCriminalFiling(case_id=ID, handoff_id=POLICE, at=on("06-01"))
MATERIALS = HandOverMaterials(case_id=ID, items=("drawings",), signed=BOTH, at=on("06-04"))
RETURN = RecordCriminalReturn(
    case_id=ID, from_stage="PROSECUTION", reason="SLIGHT", returned_on=date(2026, 8, 10)
)
RECON = RecordReconsiderationFiled(
    case_id=ID, decision_no=NUMBER, applicant=SUBJECT, filed_on=date(2026, 7, 20)
)
RECON_ACCEPTED = RecordReconsiderationAccepted(
    case_id=ID,
    decision_no=NUMBER,
    recon_no="R-1",
    procedure=ReconProcedure.ORDINARY,
    accepted_on=date(2026, 7, 22),
    at=on("07-22"),
)
RECON_DECIDED = RecordReconsiderationDecision(
    case_id=ID,
    decision_no=NUMBER,
    recon_no="R-1",
    outcome=ReconOutcome.REVOKED,
    ground=Ground.FACT,
    outcome_detail="the area was measured wrongly",
    amount_fen=None,
    served_on=date(2026, 8, 20),
    redecide_by=date(2026, 10, 19),
)
UNDONE: dict[str, Any] = {
    "case_id": ID, "decision_no": NUMBER, "authority": Authority.RECON, "basis_ref": "R-1",
    "ground": Ground.FACT,
}  # fmt: skip
MODIFY = ModifyDecision(**UNDONE, amount_fen=15_000_000)
REVOKE = RevokeDecision(**UNDONE, scope=RevokedScope.FULL)
REVOKE_PART = RevokeDecision(**UNDONE, scope=RevokedScope.PART)
ILLEGAL = ConfirmIllegality(**UNDONE)
INVALID = DeclareInvalid(**{**UNDONE, "ground": Ground.NO_BASIS})
REDO = OrderRedecision(
    case_id=ID, decision_no=NUMBER, ground=Ground.FACT, deadline=date(2026, 10, 19)
)
REDO_PROCEDURE = OrderRedecision(**{**vars(REDO), "ground": Ground.PROCEDURE})


def after(past: list[CaseEvent], *commands: CaseCommand) -> list[CaseEvent]:
    return scenario.after(CASE, past, *commands)


OPENED = after([], OPEN)
ASSIGNED = after(OPENED, ASSIGN)
INVESTIGATED = after(ASSIGNED, STEP, COLLECT, MEASURED)
PAUSED = after(INVESTIGATED, PAUSE)
RESUMED = after(PAUSED, RESUME)
ASKED = after(INVESTIGATED, ASK)
ANSWERED = after(ASKED, ANSWER)
CORRECTING = after(INVESTIGATED, CORRECT)
CORRECTED = after(CORRECTING, VERIFY)
CONCLUDED = after(INVESTIGATED, CONCLUDE)
NOTICED = after(CONCLUDED, NOTICE)
WAIVED = after(NOTICED, WAIVE)
HEARING = after(NOTICED, HEAR)
SCHEDULED = after(HEARING, SCHEDULE)
HEARD = after(SCHEDULED, HOLD)
REVIEWING = after(HEARD, ASK_REVIEW)
REVIEWED = after(REVIEWING, PASS)
DISCUSSED = after(REVIEWED, DISCUSS)
DECIDED = after(DISCUSSED, DECIDE)
PUBLISH = PublishDecision(
    case_id=ID,
    masked_hash=document.written(
        DECIDED[-1],  # type: ignore[arg-type]  # the decision
        RULES.names,
        masked=True,
    ).digest,
    approver=HEAD,
    at=on("06-29", 15),
    family="OTHER",
)
WITHDRAW = WithdrawPublicity(
    case_id=ID, decision_no=NUMBER, reason_text="revoked", cause="enforcement.decision_revoked.v1"
)
SERVED = after(DECIDED, SERVE)
PUBLISHED = after(SERVED, PUBLISH)
PAID = after(PUBLISHED, PAY)
IN_PARTS = after(SERVED, PARTS)
ACCRUED = after(SERVED, ACCRUE)
DEMANDED = after(PUBLISHED, DEMAND)
APPLIED = after(DEMANDED, APPLY)
GRANTED = after(APPLIED, RULED)
FORCED = after(GRANTED, FORCE)
SETTLED = after(FORCED, PAY_ALL)
EXECUTED = after(SETTLED, COMPLETE)
CLOSED = after(EXECUTED, CLOSE)
REPORTED = after(INVESTIGATED, REPORT)
TRANSFERRED = after(REPORTED, TRANSFER)
HANDED_OVER = after(TRANSFERRED, HAND_OVER)
CRIMINAL = after(HANDED_OVER, FILED)
WITH_POLICE = after(CRIMINAL, MATERIALS)
RETURNED = after(WITH_POLICE, RETURN)
UNDER_REMEDY = after(PUBLISHED, PAY, RECON)
RECONSIDERED = after(UNDER_REMEDY, RECON_ACCEPTED)
RECON_ENDED = after(RECONSIDERED, RECON_DECIDED)
REVOKED = after(RECON_ENDED, REVOKE)
REVOKED_IN_PART = after(RECON_ENDED, REVOKE_PART)
MODIFIED = after(RECON_ENDED, MODIFY)
REOPENED = after(REVOKED, REDO)
REOPENED_AT_NOTICE = after(REVOKED, REDO_PROCEDURE)

PASTS: tuple[list[CaseEvent], ...] = (
    [], OPENED, ASSIGNED, INVESTIGATED, PAUSED, RESUMED, ASKED, ANSWERED, CORRECTING, CORRECTED,
    CONCLUDED, NOTICED, WAIVED, HEARING, SCHEDULED, HEARD, REVIEWING, REVIEWED, DISCUSSED, DECIDED,
    SERVED, PUBLISHED, PAID, IN_PARTS, ACCRUED, DEMANDED, APPLIED, GRANTED, FORCED, SETTLED,
    EXECUTED, CLOSED, REPORTED, TRANSFERRED, HANDED_OVER, CRIMINAL, WITH_POLICE, RETURNED,
    UNDER_REMEDY, RECONSIDERED, RECON_ENDED, REVOKED, REVOKED_IN_PART, MODIFIED, REOPENED,
    REOPENED_AT_NOTICE,
)  # fmt: skip
COMMANDS: tuple[CaseCommand, ...] = (
    OPEN, ASSIGN, STEP, COLLECT, MEASURED, EXCLUDE, PAUSE, RESUME, ASK, ANSWER, CORRECT, VERIFY,
    CONCLUDE, NOTICE, WAIVE, HEAR, SCHEDULE, HOLD, ASK_REVIEW, PASS, DISCUSS, DECIDE, SERVE,
    PUBLISH, WITHDRAW, PAY, PAY_ALL, PARTS, ACCRUE, REFUND, DEMAND, APPLY, RULED, FORCE, COMPLETE,
    CLOSE, REPORT, TRANSFER, HAND_OVER, FILED, MATERIALS, RETURN, RECON, RECON_ACCEPTED,
    RECON_DECIDED, MODIFY, REVOKE, REVOKE_PART, ILLEGAL, INVALID, REDO, REDO_PROCEDURE,
)  # fmt: skip
