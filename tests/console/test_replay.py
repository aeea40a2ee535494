"""What a replay does in which round, and how far the clock may move between two of them."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import uuid4

import pytest

from libs.console.client import INSTANT, NotQuiet
from libs.console.mapping import Case
from libs.console.replay import (
    CLOSE,
    OPEN,
    Moment,
    clock_of,
    first_due,
    groups_of,
    moments_of,
    taken_now,
)

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = NOON + 24 * HOUR


def row(key: str, opened: float, closed: float | None, duplicate_of: str = "") -> Case:
    given: dict[str, Any] = {
        "key": key,
        "opened": NOON + opened * HOUR,
        "closed": None if closed is None else NOON + closed * HOUR,
        "duplicate_of": duplicate_of,
        "report_id": uuid4(),
        "handoff_id": uuid4(),
    }
    made = object.__new__(Case)
    for name, value in given.items():
        object.__setattr__(made, name, value)
    return made


def waiting(*cases: Case) -> dict[str, list[Moment]]:
    groups = groups_of(cases)
    found: dict[str, list[Moment]] = {}
    for one in moments_of(cases):
        found.setdefault(groups[one[2].key], []).append(one)
    return found


def shown(taken: list[Moment]) -> list[tuple[str, str]]:
    return [(case.key, what) for _, what, case in taken]


def test_rows_that_were_merged_are_one_group() -> None:
    cases = [row("a", 0, 9), row("b", 1, 5, "a"), row("c", 2, 6, "b"), row("d", 3, 4, "elsewhere")]
    groups = groups_of(cases)
    assert groups["a"] == groups["b"] == groups["c"] != groups["d"]


def test_every_group_does_what_comes_next_in_it_and_no_more() -> None:
    left = waiting(row("a", 0, 2), row("b", 1, 30), row("c", 25, 26))
    assert shown(taken_now(left, {}, DAY)) == [("a", OPEN), ("b", OPEN)]
    assert shown(taken_now(left, {}, DAY)) == [("a", CLOSE)]
    assert shown(taken_now(left, {}, DAY)) == []
    assert shown(taken_now(left, {}, DAY + 24 * HOUR)) == [("b", CLOSE), ("c", OPEN)]


def test_in_a_group_the_moments_keep_their_order() -> None:
    left = waiting(row("a", 0, 9), row("b", 1, 5, "a"), row("c", 6, 7, "a"))
    assert shown(taken_now(left, {}, DAY)) == [("a", OPEN), ("b", OPEN)]
    assert shown(taken_now(left, {}, DAY)) == [("b", CLOSE)]
    assert shown(taken_now(left, {}, DAY)) == [("c", OPEN)]
    assert shown(taken_now(left, {}, DAY)) == [("c", CLOSE)]
    assert shown(taken_now(left, {}, DAY)) == [("a", CLOSE)]
    assert left == {}


def test_nothing_is_done_behind_what_falls_due_before_it() -> None:
    late, other = row("a", 0, 8), row("b", 0, 9)
    left = waiting(late, other)
    taken_now(left, {}, DAY)
    streams = {f"handoff/{late.handoff_id}": "a", f"report/{other.report_id}": "b"}
    dues = first_due([(f"handoff/{late.handoff_id}", NOON + 7 * HOUR)], streams)
    assert shown(taken_now(left, dues, DAY)) == [("b", CLOSE)]
    assert clock_of(left, dues, DAY) == NOON + 8 * HOUR  # past what is due, to the late answer


def test_what_belongs_to_no_row_is_named() -> None:
    with pytest.raises(NotQuiet, match="inquiry/1 falls due"):
        first_due([("inquiry/1", NOON)], {})


def test_the_clock_passes_nothing_that_an_answer_still_to_come_is_in_time_for() -> None:
    left = waiting(row("a", 0, 8))
    taken_now(left, {}, DAY)
    dues = {"a": [NOON + 7 * HOUR, NOON + 10 * HOUR]}
    assert clock_of(left, dues, DAY) == NOON + 8 * HOUR
    assert clock_of(left, {"a": [NOON + 10 * HOUR]}, DAY) == NOON + 10 * HOUR - INSTANT
    assert clock_of(left, {}, DAY) == DAY
    assert clock_of(cast("dict[str, list[Moment]]", {}), {"b": [NOON]}, DAY) == DAY
