"""A seizure is lifted by itself once its last day is over, and not before."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine

from libs.events.store.read_models import Rows, Which
from libs.events.store.tables import metadata
from libs.statute.pack import read_pack
from services.enforcement.coercion.commands import LiftCoerciveMeasure
from services.enforcement.coercion.deadlines import deadlines
from services.enforcement.coercion.projection import IN_FORCE, CaseTestRow, CoercionRow
from tests.conftest import ROOT

CALENDAR = read_pack(ROOT / "jurisdictions" / "binhai").rules.calendar
DEADLINE = deadlines(CALENDAR.end_of)["enforcement.seizure-over"]
SEIZED, CASE = UUID(int=7), UUID(int=8)


def seized(engine: Engine, last_day: date) -> None:
    metadata.create_all(engine)
    with engine.begin() as tx:
        rows = Rows(CoercionRow.table)
        rows.set(
            coercion_id=SEIZED,
            correlation_id=str(SEIZED),
            case_id=CASE,
            agency_code="SCJ",
            kind="SEIZURE",
            status=IN_FORCE,
            urgent=False,
            approved=True,
            expires_on=last_day,
            imposed_at=CALENDAR.end_of(date(2026, 5, 10)),
        )
        rows.write(tx)


def test_it_falls_due_right_after_its_last_day(engine: Engine) -> None:
    seized(engine, date(2026, 6, 10))
    over = CALENDAR.end_of(date(2026, 6, 10))
    with engine.connect() as tx:
        assert DEADLINE.next_due(tx) == over
        assert DEADLINE.due(tx, Which(moment=over, limit=9)) == []
        (due,) = DEADLINE.due(tx, Which(moment=over + timedelta(seconds=1), limit=9))
    assert isinstance(due.command, LiftCoerciveMeasure)
    assert due.command.coercion_id == SEIZED
    assert over < due.at <= over + timedelta(seconds=1)


@pytest.mark.parametrize("city", ["binhai", "boston"])
def test_before_anything_was_heard_nothing_is_due(engine: Engine, city: str) -> None:
    """East and west of Greenwich: the first moment there is has no day in the west."""
    end_of = read_pack(ROOT / "jurisdictions" / city).rules.calendar.end_of
    seized(engine, date(2026, 6, 10))
    with engine.connect() as tx:
        due = deadlines(end_of)["enforcement.seizure-over"].due
        assert due(tx, Which(moment=datetime.min.replace(tzinfo=UTC), limit=9)) == []


def test_it_does_not_run_out_while_a_test_goes_on(engine: Engine) -> None:
    """However long that takes: the days are added once the test is over. 行政强制法 25(3)."""
    seized(engine, date(2026, 6, 10))
    later = CALENDAR.end_of(date(2026, 7, 10))
    for running, due in ((True, 0), (False, 1)):
        with engine.begin() as tx:
            rows = Rows(CaseTestRow.table)
            rows.set(case_id=CASE, reason="TEST", running=running)
            rows.write(tx)
        with engine.connect() as tx:
            assert len(DEADLINE.due(tx, Which(moment=later, limit=9))) == due
            assert (DEADLINE.next_due(tx) is None) is running
