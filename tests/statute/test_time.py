"""All vectors of the domain's statute.md, with the calendar of the Binhai pack."""

import re
from datetime import date, datetime, timedelta
from itertools import pairwise

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.statute.calendar import Calendar, Pause, paused_days
from tests.conftest import PACK, RULES, SHARED, needs_shared

CALENDAR: Calendar = RULES.calendar
ZONE = CALENDAR.zone
STATUTE = SHARED / "domain" / "statute.md"


def table(header: str) -> list[list[str]]:
    """The rows under a header of statute.md; none where the folder is not here."""
    if not STATUTE.exists():
        return []
    text = STATUTE.read_text("utf-8")
    lines = text[text.index(header) :].splitlines()[2:]
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def local(text: str) -> datetime:
    day, _, clock = text.partition(" ")
    if clock == "24:00":
        return datetime.combine(date.fromisoformat(day) + timedelta(1), datetime.min.time(), ZONE)
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def unit_of(text: str) -> tuple[int, str]:
    unit, number = text.split()
    return int(number), {"M": "MONTH"}.get(unit, unit)


DAYS = table("| start | period | pauses | result |")
INSTANTS = table("| from | term | due |")
SHARES = table("| from | term | share | at |")
RECHECKS = table("| from | original term | failed | new due |")


@needs_shared
def test_every_table_of_vectors_was_found() -> None:
    assert (len(DAYS), len(INSTANTS), len(SHARES), len(RECHECKS)) == (15, 12, 10, 3)


@pytest.mark.parametrize("row", DAYS, ids=lambda row: f"{row[0]} {row[1]} {row[2]}")
def test_terms_in_days(row: list[str]) -> None:
    start, period, pauses, result, *_ = row
    held = [
        Pause(*map(date.fromisoformat, one.strip().split("..")))
        for one in pauses.split(";")
        if one.strip()
    ]
    term = RULES.run(*unit_of(period), local(start), held)
    last = date.fromisoformat(result.split()[0])
    assert term.due == CALENDAR.end_of(last)
    assert term.provisional is ("provisional" in result)


@pytest.mark.parametrize("row", INSTANTS, ids=lambda row: f"{row[0]} {row[1]}")
def test_instants(row: list[str]) -> None:
    start, term, due, *_ = row
    assert RULES.run(*unit_of(term), local(start)).due == local(due)


def working(unit: str) -> bool:
    return unit in ("WD", "WH")


@pytest.mark.parametrize("row", SHARES, ids=lambda row: " ".join(row[:3]))
def test_shares_of_a_clock(row: list[str]) -> None:
    start, term, share, at = row
    number, unit = unit_of(term)
    due = RULES.run(number, unit, local(start)).due
    (found,) = RULES.shares_at(local(start), due, [int(share)], in_office_hours=working(unit))
    assert found == local(at)


@pytest.mark.parametrize("row", RECHECKS, ids=lambda row: " ".join(row[:3]))
def test_the_term_after_a_failed_check(row: list[str]) -> None:
    start, term, failed, new, *_ = row
    number, unit = unit_of(term)
    due = RULES.run(number, unit, local(start)).due
    found = RULES.shortened(local(start), due, local(failed), in_office_hours=working(unit))
    assert found == local(new)


def test_binhais_calendar_is_that_of_an_independent_package() -> None:
    day = date(2020, 1, 1)
    while day <= date(2026, 12, 31):
        assert CALENDAR.works(day) == chinese_calendar.is_workday(day), day
        day += timedelta(days=1)


moments = st.integers(0, 1_700 * 24 * 60).map(
    lambda m: local("2021-01-01 00:00") + timedelta(minutes=m)
)


@given(moments, st.integers(1, 200))
@settings(max_examples=100, deadline=None)
def test_office_time_forward_and_back_agree(start: datetime, hours: int) -> None:
    span = timedelta(hours=hours)
    end = CALENDAR.after_office_time(start, span)
    assert CALENDAR.office_time(start, end) == span
    assert CALENDAR.works(CALENDAR.day(end))


@given(
    st.dates(date(2021, 1, 1), date(2025, 1, 1)),
    st.lists(st.tuples(st.integers(-20, 60), st.integers(0, 40)), max_size=5),
    st.randoms(),
)
@settings(max_examples=100, deadline=None)
def test_pauses_are_merged_in_whatever_order_they_are_recorded(
    start: date, spans: list[tuple[int, int]], chance: object
) -> None:
    pauses = [Pause(start + timedelta(a), start + timedelta(a + length)) for a, length in spans]
    due = CALENDAR.calendar_days(start, 30, pauses)
    assert due == CALENDAR.calendar_days(start, 30, list(reversed(pauses)))
    assert len(paused_days(start, pauses)) <= sum(length for _, length in spans)
    longer = [CALENDAR.calendar_days(start, n, pauses) for n in range(1, 10)]
    assert all(a <= b for a, b in pairwise(longer))


def test_rules_are_dated() -> None:
    first = RULES.in_force("ENF.HEARING.REQUEST", date(2021, 7, 14))
    then = RULES.in_force("ENF.HEARING.REQUEST", date(2021, 7, 15))
    assert ((first.value, first.unit), (then.value, then.unit)) == ((3, "CD"), (5, "WD"))
    with pytest.raises(LookupError):
        RULES.in_force("ENF.DECISION.MAX", date(2021, 7, 14))


def test_no_code_names_a_place() -> None:
    """What is the place's own is data: no agency, no street, no prefix of it stands in code."""
    codes = {row["code"] for row in PACK.tables["agencies"] if len(row["code"]) > 3}
    codes -= {one for one in codes if one.startswith("@")}
    words = codes | {PACK.facts["trace_prefix"], PACK.code, "Binhai", "Tianjin", "Boston"}
    found = [
        f"{file}: {word}"
        for folder in ("libs", "services")
        for file in sorted((PACK.folder.parents[1] / folder).rglob("*.py"))
        for word in words
        if re.search(rf"[\"']{re.escape(word)}", file.read_text("utf-8"))
    ]
    assert found == []
