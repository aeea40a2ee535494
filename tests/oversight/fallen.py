"""A decision that fell, and what was built on it: the events that a rollback is shown from."""

from dataclasses import replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from libs.contracts import credit as of_credit
from libs.contracts import enforcement as of_enforcement
from libs.contracts import grid as of_grid
from libs.contracts import oversight as of_oversight
from libs.contracts.credit import BasisDocument, BasisType, Contribution, Grade, Support
from libs.contracts.enforcement import Authority, CreditClass, Ground, RevokedScope, ServiceMode
from libs.contracts.vocabulary import (
    ApprovalId,
    CaseId,
    CoercionId,
    DecisionNo,
    HandoffId,
    InquiryId,
    MeasureCode,
    MeasureId,
    PersonId,
    RecordId,
    ReportId,
    SourceRef,
    SubjectKind,
)
from libs.events.core.kernel import Hidden
from tests.conftest import engine as engine
from tests.credit import past as p

# What stands in an event beside what is asked here is of no matter.
credit: Any = of_credit
enforcement: Any = of_enforcement
grid: Any = of_grid
oversight: Any = of_oversight

NO: Final = DecisionNo("津滨城罚〔2026〕1号")
CASE: Final = CaseId(p.uid(1))
FELL_AT: Final = p.on("06-17")
MEASURE: Final = MeasureId(p.uid(51))
APPROVAL: Final = ApprovalId(p.uid(61))
SEIZURE: Final = CoercionId(p.uid(71))
FALLEN: Final[dict[str, Any]] = {
    "case_id": CASE, "decision_no": NO, "source_ref": SourceRef("x"),
    "authority": Authority.RECON, "basis_ref": "R-1", "ground": Ground.PROCEDURE,
}  # fmt: skip
REVOKED = enforcement.DecisionRevoked(**FALLEN, scope=RevokedScope.FULL, left=())
ILLEGAL = enforcement.DecisionConfirmedIllegal(**FALLEN)
MODIFIED = enforcement.DecisionModified(
    **(FALLEN | {"ground": Ground.FACT}), new_penalties=(), credit_class=CreditClass.GENERAL
)
PARTLY = replace(REVOKED, scope=RevokedScope.PART)


def served(credit_class: CreditClass | None = CreditClass.GENERAL) -> Any:
    return enforcement.DecisionServed(
        case_id=CASE, decision_no=NO, agency_code=p.CGW, mode=ServiceMode.DIRECT,
        served_on=date(2026, 3, 24), receipt_hash="", subjects=Hidden.ERASED,
        power_item_code="P", act_date=date(2026, 1, 18), act_end_date=None,
        decided_on=date(2026, 3, 20), penalties=(), credit_class=credit_class, legal_basis=(),
        payment_due_on=None, remedy_until=(), rule_codes=(), rule_pack_version="",
    )  # fmt: skip


PUBLISHED = enforcement.DecisionPublished(
    case_id=CASE, decision_no=NO, subjects=Hidden.ERASED, url="", masked_hash="",
    document=Hidden.ERASED, display_until=date(2029, 1, 1), rule_code="", rule_pack_version="",
)  # fmt: skip
HIDDEN_AGAIN = enforcement.DecisionPublicityWithdrawn(
    case_id=CASE, decision_no=NO, subjects=Hidden.ERASED, url="", masked_hash="",
    reason_text="", cause="",
)  # fmt: skip
PAID = enforcement.FinePaid(
    case_id=CASE, decision_no=NO, amount_fen=1, voucher_no="B", on=date(2026, 5, 6), settled=True
)
REFUNDED = enforcement.FineRefunded(
    case_id=CASE, decision_no=NO, amount_fen=1, cancelled_fen=0, cause=""
)
CAPTURED = credit.RecordCaptured(
    record_id=p.RECORD, record_no="", item_code=p.PENALTIES.code, subject_id=p.FIRM.subject_id,
    subject_kind=SubjectKind.ENTERPRISE, subject_ref=p.FIRM, listing_id=None, handoff_id=None,
    polarity=credit.Polarity.NEGATIVE, credit_class=CreditClass.GENERAL,
    basis_document=BasisDocument(type=BasisType.PENALTY_DECISION, no=NO, agency_code=p.CGW,
                                 decided_on=date(2026, 3, 20)),
    behaviour_date=date(2026, 1, 18), display_policy=credit.DisplayPolicy.ORG,
    display_until=date(2029, 3, 20), legal_basis=(), late=False, rule_codes=(),
    rule_pack_version="",
)  # fmt: skip
PERSONS = replace(CAPTURED, subject_kind=SubjectKind.PERSON)
WITHDRAWN = credit.RecordWithdrawn(
    record_id=p.RECORD, subject_id=p.FIRM.subject_id, subject_kind=SubjectKind.ENTERPRISE,
    subject_ref=p.FIRM, item_code=p.PENALTIES.code, listing_id=None,
    cause=credit.WithdrawnBecause.DECISION_FELL, basis_event_id=None, document_no=None,
)  # fmt: skip
SAYS = credit.Corrected(
    credit_class=CreditClass.GENERAL, basis_document=CAPTURED.basis_document,
    behaviour_date=date(2026, 1, 18), display_until=None,
)  # fmt: skip
CORRECTED = credit.RecordCorrected(
    record_id=p.RECORD, subject_id=p.FIRM.subject_id, subject_kind=SubjectKind.ENTERPRISE,
    subject_ref=p.FIRM, item_code=p.PENALTIES.code, before=SAYS, after=SAYS,
    source_event_id=None, class_dropped=False,
)  # fmt: skip


def scored(*records: UUID) -> Any:
    counted = tuple(
        Contribution(record_id=one, rule_code="GENERAL", points=-60, since=FELL_AT, until=None,
                     text_zh="")
        for one in records
    )  # fmt: skip
    return credit.ScoreRecalculated(
        subject_id=p.FIRM.subject_id, as_of=FELL_AT, score=740, grade=Grade.B,
        explanation=counted, model_version="", rescore_at=None,
    )  # fmt: skip


ORDERED = credit.MeasureOrdered(
    measure_id=MEASURE, measure_code=MeasureCode("M-P05"), subject_id=p.FIRM.subject_id,
    subject_ref=p.FIRM, ordered_by=p.FGW, agency_code=p.SCJ, handoff_id=HandoffId(p.uid(52)),
    supported_by=(Support(record_id=p.RECORD),), until=date(2027, 1, 1),
    acknowledge_by=date(2026, 4, 2), approver=PersonId("a"), legal_basis=(), rule_code="",
    rule_pack_version="",
)  # fmt: skip
BOTH = replace(ORDERED, supported_by=(Support(record_id=p.RECORD),
                                      Support(record_id=RecordId(p.uid(99)))))  # fmt: skip
LOST = credit.MeasureSupportLost(
    measure_id=MEASURE, record_id=p.RECORD, cause=credit.SupportLostBecause.WITHDRAWN
)
LIFTING = credit.MeasureLiftOrdered(
    measure_id=MEASURE, measure_code=MeasureCode("M-P05"), subject_id=p.FIRM.subject_id,
    subject_ref=p.FIRM, ordered_by=p.FGW, agency_code=p.SCJ, handoff_id=HandoffId(p.uid(53)),
    cause=credit.LiftedBecause.SUPPORT_LOST, due_on=date(2026, 6, 23), rule_code="",
    rule_pack_version="",
)  # fmt: skip
LIFTED = credit.MeasureLifted(
    measure_id=MEASURE, handoff_id=None, order_handoff_id=HandoffId(p.uid(52)),
    lifted_on=date(2026, 6, 22),
)  # fmt: skip
NO_THANKS = credit.MeasureRefused(
    measure_id=MEASURE, handoff_id=HandoffId(p.uid(52)), reason="NOT_APPLICABLE", text="no"
)
DENIED = credit.ApprovalDenied(
    approval_id=APPROVAL, subject_id=p.FIRM.subject_id, subject_kind=SubjectKind.ENTERPRISE,
    applicant=p.FIRM, denied_for=(p.RECORD,), reasons="r", remedies="r", legal_basis=(),
    approver=PersonId("a"),
)  # fmt: skip
INVITED = credit.ReapplicationInvited(
    approval_id=APPROVAL, subject_id=p.FIRM.subject_id, subject_kind=SubjectKind.ENTERPRISE,
    applicant=p.FIRM, record_id=p.RECORD, due_on=date(2026, 6, 25), rule_code="",
    rule_pack_version="",
)  # fmt: skip
SEIZED = enforcement.CoerciveMeasureImposed(
    coercion_id=SEIZURE, lead_id=None, case_id=CASE, agency_code=p.CGW, subjects=Hidden.ERASED,
    kind="SEIZURE", items=Hidden.ERASED, legal_basis=(), urgent=False, approver=None,
    due_at=None, imposed_on=date(2026, 2, 24), expires_on=date(2026, 3, 26), rule_codes=(),
    rule_pack_version="",
)  # fmt: skip
GIVEN_BACK = enforcement.CoerciveMeasureLifted(
    coercion_id=SEIZURE, ground="DECISION_FELL", returned=()
)
INQUIRY = oversight.WrongCaseInquiryOpened(
    inquiry_id=InquiryId(p.uid(81)), inquiry_no="", source_event_id=p.uid(1), decision_no=NO,
    case_no=None, involved=(), due_on=date(2026, 7, 17), rule_code="", rule_pack_version="",
)  # fmt: skip
AGAIN = enforcement.RedecisionOrdered(
    case_id=CASE, decision_no=NO, ground=Ground.PROCEDURE, deadline=date(2026, 8, 17),
    same_result_barred=False,
)  # fmt: skip
TO_REDECIDE = enforcement.ReconsiderationDecided(
    case_id=CASE, decision_no=NO, recon_no="", outcome=enforcement.ReconOutcome.REVOKED,
    ground=None, outcome_detail=None, amount_fen=None, served_on=date(2026, 6, 17),
    redecide_by=date(2026, 8, 17),
)  # fmt: skip


def reported(worker: str | None = None) -> Any:
    return grid.ReportSubmitted(
        report_id=ReportId(p.uid(91)), report_no="", client_report_id=ReportId(p.uid(91)),
        channel="APP", reporter_ref=None, worker_id=PersonId(worker) if worker else None,
        category_code="0103", catalogue_version="1", sla_class="S4", description=Hidden.ERASED,
        location=Hidden.ERASED, media=Hidden.ERASED, captured_at=FELL_AT, received_at=FELL_AT,
        offline=False, clock_skew_sec=0, severity=None, register_due_at=FELL_AT, rule_code="",
        rule_pack_version="",
    )  # fmt: skip


def informed(event_id: UUID) -> Any:
    return grid.ReporterInformed(
        report_id=ReportId(p.uid(91)), source_event_id=event_id, source_event_type="",
        channel="APP", reply_text="t",
    )  # fmt: skip
