"""Nothing is a consequence of anything but events: from any order in which they arrive comes the
same score, grade, records, lists and measures; and a plain sheet agrees."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import select

from libs.contracts import enforcement as of_enforcement
from libs.contracts.credit import Grade
from libs.contracts.enforcement import (
    Authority,
    CreditClass,
    Ground,
    ReconOutcome,
    RevokedScope,
    ServiceMode,
)
from libs.contracts.vocabulary import CaseId, DecisionNo, MeasureCode, MeasureId, SubjectRef
from libs.events.core.kernel import Hidden
from services.credit.listing.projection import ListingRow
from services.credit.measure.commands import OrderMeasure
from services.credit.measure.projection import MeasureRow
from services.credit.record.projection import RecordRow
from services.credit.record.reactions import record_of
from services.credit.subject.projection import SubjectRow
from tests.conftest import environment
from tests.credit import past as p
from tests.credit.mill import Mill, mill
from tests.credit.plain import Mark, Sheet, end_of, here, over_after, same_day, works

enforcement: Any = of_enforcement
RUNS: Final = int(environment("LIANBAN_ORDERS") or "6")
ORDERS: Final = 2
FIRMS: Final = (p.FIRM, p.OTHER)
AGENCIES: Final = (p.CGW, p.SCJ)
ENDS: Final = p.on("12-01")
ORDERED_AT: Final = p.on("06-15")


@dataclass
class Decision:
    """A decision, and what becomes of it after all measures were ordered."""

    number: int
    firm: SubjectRef
    agency: Any
    credit_class: CreditClass
    acted: date
    served_at: datetime
    published: bool
    fate: str
    fell_at: datetime

    @property
    def no(self) -> DecisionNo:
        return DecisionNo(f"津滨城罚〔2026〕{self.number}号")

    @property
    def record(self) -> UUID:
        return record_of(self.no, self.firm.subject_id)

    @property
    def falls(self) -> bool:
        return self.fate in ("REVOKED", "INVALID", "ILLEGAL")


def made(chance: Random) -> list[Decision]:
    found = []
    for number in range(1, chance.randint(3, 8)):
        served = p.on("02-02") + timedelta(hours=chance.randint(0, 24 * 110))
        found.append(
            Decision(
                number=number,
                firm=chance.choice(FIRMS),
                agency=chance.choice(AGENCIES),
                credit_class=chance.choice(list(CreditClass)),
                acted=here(served) - timedelta(days=chance.randint(5, 300)),
                served_at=served,
                published=chance.random() < 0.5,
                fate=chance.choice(["", "REVOKED", "INVALID", "ILLEGAL", "PART", "MODIFIED"]),
                fell_at=p.on("07-01") + timedelta(hours=chance.randint(0, 24 * 60)),
            )
        )
    return found


def first_events(one: Decision) -> list[Any]:
    case_id = CaseId(p.uid(1_000 + one.number))
    served = enforcement.DecisionServed(
        case_id=case_id, decision_no=one.no, agency_code=one.agency, mode=ServiceMode.DIRECT,
        served_on=here(one.served_at), receipt_hash="", subjects=(one.firm,),
        power_item_code="P-1", act_date=one.acted, act_end_date=None,
        decided_on=here(one.served_at), penalties=(), credit_class=one.credit_class,
        legal_basis=p.BASIS, payment_due_on=None, remedy_until=(), rule_codes=(),
        rule_pack_version="",
    )  # fmt: skip
    published = enforcement.DecisionPublished(
        case_id=case_id, decision_no=one.no, subjects=(one.firm,), url="", masked_hash="",
        document=Hidden.ERASED, display_until=date(2029, 1, 1), rule_code="",
        rule_pack_version="",
    )  # fmt: skip
    return [served, published] if one.published else [served]


def later_events(one: Decision) -> list[Any]:
    told: dict[str, Any] = {
        "case_id": CaseId(p.uid(1_000 + one.number)), "decision_no": one.no, "source_ref": "x",
        "authority": Authority.RECON, "basis_ref": "R", "ground": Ground.FACT,
    }  # fmt: skip
    filed = enforcement.ReconsiderationFiled(
        case_id=told["case_id"], decision_no=one.no, applicant=None, on=here(one.fell_at)
    )
    stays = enforcement.ReconsiderationDecided(
        case_id=told["case_id"], decision_no=one.no, recon_no="", outcome=ReconOutcome.UPHELD,
        ground=None, outcome_detail=None, amount_fen=None, served_on=here(one.fell_at),
        redecide_by=None,
    )  # fmt: skip
    ends = {
        "": [stays],
        "REVOKED": [enforcement.DecisionRevoked(**told, scope=RevokedScope.FULL, left=())],
        "PART": [enforcement.DecisionRevoked(**told, scope=RevokedScope.PART, left=())],
        "INVALID": [enforcement.DecisionDeclaredInvalid(**told)],
        "ILLEGAL": [enforcement.DecisionConfirmedIllegal(**told)],
        "MODIFIED": [
            enforcement.DecisionModified(**told, new_penalties=(), credit_class=CreditClass.MINOR)
        ],
    }
    return [filed, *ends[one.fate]]


def order(one: Decision) -> OrderMeasure:
    return OrderMeasure(
        measure_id=MeasureId(p.uid(5_000 + one.number)),
        measure_code=MeasureCode("M-P05"),
        subject_id=one.firm.subject_id,
        agency_code=p.SCJ,
        supported_by=(one.record,),
        until=date(2026, 12, 31),
        legal_basis=p.BASIS,
        approver=p.SECOND,
        ordered_by=p.FGW,
        at=ORDERED_AT,
    )


def told(folder: Path, decisions: list[Decision], chance: Random | None) -> Any:
    """How all of it ended."""
    with mill(folder) as here_:
        for one in decisions:
            here_.tell(f"case/{one.number}", one.served_at, *first_events(one))
        here_.drain(chance)
        here_.pass_time(ORDERED_AT, chance)
        for one in decisions:
            refusal = here_.ask(order(one), ORDERED_AT)
            assert (refusal is None) is orderable(one), (one, refusal)
        for one in decisions:
            here_.tell(f"case/{one.number}", one.fell_at, *later_events(one))
        here_.drain(chance)
        here_.pass_time(ENDS, chance)
        return ended(here_)


def orderable(one: Decision) -> bool:
    standing = display(one) >= here(ORDERED_AT)
    return one.credit_class is not CreditClass.MINOR and standing


def ended(here_: Mill) -> Any:
    with here_.settler.log.engine.connect() as tx:
        subjects = {
            row.subject_id: (row.score, row.grade, row.rescore_at, row.history_from)
            for row in SubjectRow.all(tx)
        }
        records = {
            row.record_id: (row.standing, row.credit_class, row.display_until, row.under_remedy)
            for row in RecordRow.all(tx)
        }
        measures = {row.measure_id: (row.stage, row.lift_by) for row in MeasureRow.all(tx)}
        listings = list(tx.execute(select(ListingRow.table)))
    refused = sorted(one.rule for one in here_.refused)
    return subjects, records, measures, listings, refused


def display(one: Decision, credit_class: CreditClass | None = None) -> date:
    """The last day of its display, by the rules of the day of the document."""
    decided, kind = here(one.served_at), credit_class or one.credit_class
    if decided < date(2026, 4, 1):
        months = 3 if kind is CreditClass.MINOR else 36
    else:
        months = {CreditClass.MINOR: 3, CreditClass.GENERAL: 12, CreditClass.SEVERE: 36}[kind]
    last = same_day(decided, months)
    while not works(last):
        last += timedelta(days=1)
    return last


def on_paper(decisions: list[Decision], firm: SubjectRef) -> Sheet | None:
    own = [one for one in decisions if one.firm is firm]
    if not own:
        return None
    sheet = Sheet(begins=min(here(one.served_at) for one in own))
    for one in own:
        if one.falls:
            continue
        kind = CreditClass.MINOR if one.fate == "MODIFIED" else one.credit_class
        until = end_of(display(one, kind))
        if kind is CreditClass.MINOR:
            until = over_after(here(one.served_at), 3)
            # Its use ends with its display, if that is earlier; or right away, if it was over.
            shown = max(end_of(display(one, kind)), one.served_at)
            until = min(until, shown)
        sheet.marks.append(
            Mark(kind=str(kind), item="R-PEN", since=one.served_at, until=until,
                 acted=one.acted, key=str(one.record))
        )  # fmt: skip
    return sheet


@pytest.mark.parametrize("seed", range(RUNS))
def test_any_order_ends_the_same_and_as_a_plain_sheet_says(tmp_path: Path, seed: int) -> None:
    decisions = made(Random(seed))
    calm = told(tmp_path / "calm", decisions, None)
    for number in range(ORDERS):
        other = told(tmp_path / str(number), decisions, Random(f"{seed}/{number}"))
        assert other == calm
    subjects, records, measures, listings, refused = calm
    assert listings == []
    for firm in FIRMS:
        sheet = on_paper(decisions, firm)
        if sheet is None:
            assert firm.subject_id not in subjects
            continue
        total, grade, _ = sheet.score(ENDS)
        score, known, _, begins = subjects[firm.subject_id]
        assert (score, known, begins) == (total, Grade(grade), sheet.begins)
    for one in decisions:
        standing = records[one.record][0]
        assert (standing == "WITHDRAWN") is one.falls
        if orderable(one):
            over = one.falls or standing in ("ENDED", "REPAIRED")
            assert measures[order(one).measure_id][0] == ("LIFT_ORDERED" if over else "ORDERED")
    minor = [one for one in decisions if one.published and one.credit_class is CreditClass.MINOR]
    assert refused.count("publicity-forbidden") == len(minor)
