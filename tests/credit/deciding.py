"""Decisions of other services, as credit is told of them; and the measures that rest on them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from libs.contracts import enforcement as of_enforcement
from libs.contracts import exchange as of_exchange
from libs.contracts.enforcement import Authority, CreditClass, Ground, RevokedScope, ServiceMode
from libs.contracts.vocabulary import (
    AgencyCode,
    CaseId,
    DecisionNo,
    MeasureCode,
    MeasureId,
    SubjectRef,
)
from libs.events.core.kernel import Hidden
from services.credit.measure.commands import OrderMeasure
from services.credit.record.reactions import record_of
from tests.credit import past as p

enforcement: Any = of_enforcement
exchange: Any = of_exchange


def number(one: int) -> DecisionNo:
    return DecisionNo(f"津滨城罚〔2026〕{one}号")


def record(one: int, firm: SubjectRef = p.FIRM) -> UUID:
    return record_of(number(one), firm.subject_id)


def served(
    one: int,
    on: date,
    *,
    firm: SubjectRef = p.FIRM,
    agency: str = "CGW",
    credit_class: CreditClass = CreditClass.GENERAL,
    acted: date | None = None,
) -> Any:
    return enforcement.DecisionServed(
        case_id=CaseId(p.uid(1_000 + one)), decision_no=number(one), agency_code=agency,
        mode=ServiceMode.DIRECT, served_on=on, receipt_hash="", subjects=(firm,),
        power_item_code="P-1", act_date=acted or on, act_end_date=None, decided_on=on,
        penalties=(), credit_class=credit_class, legal_basis=p.BASIS, payment_due_on=None,
        remedy_until=(), rule_codes=(), rule_pack_version="",
    )  # fmt: skip


def published(one: int, firm: SubjectRef = p.FIRM) -> Any:
    return enforcement.DecisionPublished(
        case_id=CaseId(p.uid(1_000 + one)), decision_no=number(one), subjects=(firm,), url="",
        masked_hash="", document=Hidden.ERASED, display_until=date(2029, 1, 1), rule_code="",
        rule_pack_version="",
    )  # fmt: skip


def paid(one: int, on: date) -> Any:
    return enforcement.FinePaid(
        case_id=CaseId(p.uid(1_000 + one)), decision_no=number(one), amount_fen=100_000,
        voucher_no=f"BANK-{one}", on=on, settled=True,
    )  # fmt: skip


def revoked(one: int) -> Any:
    return enforcement.DecisionRevoked(
        case_id=CaseId(p.uid(1_000 + one)), decision_no=number(one), source_ref="x",
        authority=Authority.RECON, basis_ref="R", ground=Ground.PROCEDURE,
        scope=RevokedScope.FULL, left=(),
    )  # fmt: skip


def ordering(
    one: int, supports: Sequence[UUID], at: datetime, *, agency: str = "SCJ",
    subject_id: UUID = p.FIRM.subject_id,
) -> OrderMeasure:  # fmt: skip
    return OrderMeasure(
        measure_id=MeasureId(p.uid(5_000 + one)),
        measure_code=MeasureCode("M-P05"),
        subject_id=subject_id,
        agency_code=AgencyCode(agency),
        supported_by=tuple(supports),
        until=date(2026, 12, 31),
        legal_basis=p.BASIS,
        approver=p.SECOND,
        ordered_by=p.FGW,
        at=at,
    )


def returned(order: OrderMeasure, handoff_id: UUID) -> Any:
    return exchange.HandoffReturned(
        handoff_id=handoff_id, kind="MEASURE", source_ref=f"credit/measure/{order.measure_id}",
        agency_code=order.agency_code, lead=True, group_id=None, reason="NOT_APPLICABLE",
        text="no licence at stake", proposed_agency=None, basis=None, returns_count=1,
        last_allowed=False,
    )  # fmt: skip


def accepted(order: OrderMeasure, handoff_id: UUID) -> Any:
    return exchange.HandoffAccepted(
        handoff_id=handoff_id, kind="MEASURE", source_ref=f"credit/measure/{order.measure_id}",
        agency_code=order.agency_code, lead=True, group_id=None, handler_id="handler",
        on=order.at, result_due_at=None, rule_code=None, rule_pack_version=None,
    )  # fmt: skip


def applied(order: OrderMeasure, handoff_id: UUID) -> Any:
    return exchange.HandoffProgressed(
        handoff_id=handoff_id, kind="MEASURE", source_ref=f"credit/measure/{order.measure_id}",
        agency_code=order.agency_code, lead=True, group_id=None, progress_code="APPLIED",
        text="done", media=(), location=None,
    )  # fmt: skip


def lifted(order: OrderMeasure, handoff_id: UUID) -> Any:
    return exchange.HandoffFedBack(
        handoff_id=handoff_id, kind="LIFT", source_ref=f"credit/measure/{order.measure_id}",
        agency_code=order.agency_code, lead=True, outcome_code="DONE", text="lifted",
        proposed_agency=None, power_item_code=None, files=(), media=(), handler_id="handler",
        at=order.at, confirm_due_at=None, rule_code=None, rule_pack_version=None,
    )  # fmt: skip
