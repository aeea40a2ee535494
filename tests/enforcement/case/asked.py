"""What is asked of the cases of these tests, from filing to redecision."""
# ruff: noqa: F403, F405

from datetime import date
from typing import Any
from uuid import UUID

from libs.contracts.enforcement import (
    AssistanceResult,
    Authority,
    CreditClass,
    Document,
    EvidenceKind,
    ExecutedHow,
    Ground,
    Instalment,
    Manifest,
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
    EvidenceId,
    LeadNo,
    Location,
    PersonId,
    PowerItemCode,
    ReasonCode,
    SourceRef,
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
)
from services.enforcement.case.commands.known import Power, Signed
from services.enforcement.case.commands.preparing import (
    AssignOfficers,
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
from tests.enforcement.case.known import *

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
