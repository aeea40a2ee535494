"""A score is what its table says of the facts, on any day; a plain second one agrees."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from libs.contracts.credit import Grade
from libs.contracts.enforcement import CreditClass
from services.credit.subject.commands import Fact, FactKind, Scored
from services.credit.subject.rules.scoring import CLEAN, scored
from tests.conftest import RULES, environment
from tests.credit.plain import Mark, Sheet, end_of, here, over_after

EXAMPLES: Final = int(environment("LIANBAN_EXAMPLES") or "150")
BEGINS: Final = date(2022, 1, 3)
FIRST: Final = datetime(2022, 1, 10, tzinfo=UTC)
TICK: Final = timedelta(microseconds=1)


def uid(number: int) -> UUID:
    return UUID(int=number)


@st.composite
def thing(draw: st.DrawFn, number: int) -> list[Fact]:
    """One record, listing or licence, and what becomes of it."""
    at = FIRST + timedelta(hours=draw(st.integers(0, 24 * 365 * 4)))
    kind = draw(st.sampled_from(["MINOR", "GENERAL", "GENERAL", "SEVERE", "BREACH", "LISTED",
                                 "KEPT"]))  # fmt: skip
    source = uid(number)
    if kind == "KEPT":
        return [Fact(kind=FactKind.FULFILLED, source_id=source, at=at)]
    until = here(at) + timedelta(days=draw(st.integers(0, 1100)))
    ended = at + timedelta(hours=draw(st.integers(1, 24 * 700)))
    if kind == "LISTED":
        facts = [Fact(kind=FactKind.LISTED, source_id=source, at=at, until=until)]
        if draw(st.booleans()):
            revoked = draw(st.booleans())
            facts.append(Fact(kind=FactKind.DELISTED, source_id=source, at=ended, revoked=revoked))
        return facts
    made = Fact(
        kind=FactKind.CAPTURED, source_id=source, at=at,
        item_code=draw(st.sampled_from(["R-PEN", "R-ABN"])),
        credit_class=CreditClass.GENERAL if kind == "BREACH" else CreditClass(kind),
        of_breach=kind == "BREACH",
        behaviour_date=here(at) - timedelta(days=draw(st.integers(0, 700))),
        until=until,
    )  # fmt: skip
    facts = [made]
    if kind != "BREACH" and draw(st.integers(0, 4)) == 0:
        facts.append(
            made._replace(kind=FactKind.CORRECTED, at=at + timedelta(hours=5),
                    credit_class=draw(st.sampled_from(CreditClass)))
        )  # fmt: skip
    end = draw(st.sampled_from([None, None, FactKind.ENDED, FactKind.WITHDRAWN]))
    if end is not None:
        facts.append(Fact(kind=end, source_id=source, at=ended))
    return facts


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    """As the log has them: each thing in its order, all of them in any."""
    things = [draw(thing(number)) for number in range(1, draw(st.integers(0, 9)) + 1)]
    facts: list[Fact] = []
    while things := [one for one in things if one]:
        facts.append(draw(st.sampled_from(things)).pop(0))
    return facts


def on_paper(facts: Sequence[Fact]) -> Sheet:
    """The same facts on a clerk's sheet."""
    sheet, by_key = Sheet(BEGINS), dict[str, Mark]()
    for one in facts:
        key = str(one.source_id)
        match one.kind:
            case FactKind.WITHDRAWN:
                by_key.pop(key, None)
            case FactKind.DELISTED if one.revoked:
                by_key.pop(key, None)
            case FactKind.ENDED | FactKind.DELISTED:
                mark = by_key[key]
                mark.until = min(mark.until or one.at, one.at - TICK)
            case _:
                before = by_key.get(key)
                since = one.at if before is None else before.since
                by_key[key] = Mark(
                    kind=word(one),
                    item=one.item_code,
                    since=since,
                    until=until(one, since),
                    acted=one.behaviour_date or date.min,
                    key=key,
                )
    sheet.marks = list(by_key.values())
    return sheet


def word(fact: Fact) -> str:
    if fact.kind is FactKind.FULFILLED:
        return "KEPT"
    if fact.kind is FactKind.LISTED:
        return "LISTED"
    return "BREACH" if fact.of_breach else str(fact.credit_class)


def until(fact: Fact, since: datetime) -> datetime | None:
    months = {"MINOR": 3, "BREACH": 12, "KEPT": 24}.get(word(fact))
    if months is not None:
        return over_after(here(since), months)
    return None if fact.until is None else end_of(fact.until)


def points_of(found: Scored) -> dict[str, int]:
    return {str(o.record_id): o.points for o in found.explanation if o.record_id is not None}


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories(), st.integers(0, 24 * 365 * 7))
@example([], 0)
def test_a_plain_second_score_agrees_on_any_day(facts: list[Fact], hours: int) -> None:
    at = FIRST + timedelta(hours=hours)
    found = scored(RULES, BEGINS, facts, at)
    total, grade, points = on_paper(facts).score(at)
    assert (found.score, found.grade, points_of(found)) == (total, grade, points)
    assert sum(one.points for one in found.explanation) == found.score


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories(), st.integers(0, 24 * 365 * 5))
def test_between_two_changes_that_it_foretells_a_score_stands_still(
    facts: list[Fact], hours: int
) -> None:
    """`rescore_at` is neither too late, nor without a reason."""
    at = FIRST + timedelta(hours=hours)
    facts = [one for one in facts if one.at <= at]
    found = scored(RULES, BEGINS, facts, at)
    following = found.rescore_at
    just_before = (following or at + timedelta(days=4_000)) - TICK
    same = scored(RULES, BEGINS, facts, max(just_before, at))
    assert (same.score, same.grade, same.explanation) == (
        found.score, found.grade, found.explanation,
    )  # fmt: skip
    if following is not None:
        then = scored(RULES, BEGINS, facts, following)
        changed = (then.score, then.grade, then.explanation)
        assert changed != (found.score, found.grade, found.explanation)


def captured(number: int, **more: Any) -> Fact:
    known: dict[str, Any] = {
        "kind": FactKind.CAPTURED, "source_id": uid(number), "at": FIRST, "item_code": "R-PEN",
        "credit_class": CreditClass.GENERAL, "behaviour_date": date(2021, 12, 1),
        "until": date(2023, 1, 10),
    }  # fmt: skip
    return Fact(**(known | more))


def codes(found: Scored) -> list[str]:
    return [one.rule_code for one in found.explanation]


def test_a_score_never_falls_below_nothing_and_says_what_keeps_it() -> None:
    severe = [captured(n, credit_class=CreditClass.SEVERE) for n in range(1, 6)]
    found = scored(RULES, BEGINS, severe, FIRST)
    assert (found.score, found.grade) == (0, Grade.D)
    assert found.explanation[-1].rule_code == "LEAST"
    assert found.explanation[-1].points == 200


def test_the_fourth_minor_matter_costs_nothing_and_is_still_said() -> None:
    minor = [captured(n, credit_class=CreditClass.MINOR) for n in range(1, 6)]
    found = scored(RULES, BEGINS, minor, FIRST)
    assert [o.points for o in found.explanation] == [800, -10, -10, -10, 0, 0]


def test_a_further_one_of_its_kind_costs_more_only_within_a_year() -> None:
    first = captured(1)
    year_later = captured(2, behaviour_date=date(2022, 12, 1))
    day_more = captured(2, behaviour_date=date(2022, 12, 2))
    other = captured(2, behaviour_date=date(2022, 1, 1), item_code="R-ABN")
    assert "GENERAL_AGAIN" in codes(scored(RULES, BEGINS, [first, year_later], FIRST))
    assert "GENERAL_AGAIN" not in codes(scored(RULES, BEGINS, [first, day_more], FIRST))
    assert "GENERAL_AGAIN" not in codes(scored(RULES, BEGINS, [first, other], FIRST))


def test_when_the_first_falls_the_second_is_the_first() -> None:
    both = [captured(1), captured(2, behaviour_date=date(2022, 1, 1))]
    fallen = Fact(kind=FactKind.WITHDRAWN, source_id=uid(1), at=FIRST)
    assert scored(RULES, BEGINS, both, FIRST).score == 650
    assert scored(RULES, BEGINS, [*both, fallen], FIRST).score == 740


def test_a_listing_forces_the_last_grade_and_costs_no_point() -> None:
    listed = Fact(kind=FactKind.LISTED, source_id=uid(1), at=FIRST, until=date(2025, 1, 10))
    found = scored(RULES, BEGINS, [listed], FIRST)
    assert (found.score, found.grade) == (800, Grade.D)


def test_a_clean_history_begins_at_the_first_instant_after() -> None:
    due = over_after(BEGINS, 24)
    assert CLEAN not in codes(scored(RULES, BEGINS, [], due))
    after = scored(RULES, BEGINS, [], due + TICK)
    assert (after.score, after.grade, after.rescore_at) == (850, Grade.A, None)
    assert scored(RULES, BEGINS, [], due).rescore_at == due + TICK


@pytest.mark.parametrize("count", [4, 5, 6])
def test_no_more_than_fifty_points_for_keeping_ones_word(count: int) -> None:
    kept = [Fact(kind=FactKind.FULFILLED, source_id=uid(n), at=FIRST) for n in range(count)]
    assert scored(RULES, BEGINS, kept, FIRST).score == 800 + min(50, 10 * count)
