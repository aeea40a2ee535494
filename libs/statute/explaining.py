"""Why this date: the rule, its source, each day that was skipped and why, the pauses, the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from libs.statute.calendar import SATURDAY, Pause
from libs.statute.rulebook import Rulebook

DAY: Final = timedelta(days=1)
IN_DAYS: Final = frozenset({"WD", "CD", "MONTH", "YEAR"})


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """A day that did not count, and why: a weekend, a holiday by its name, a pause by its reason,
    a day that nobody has published."""

    day: date
    why: str


@dataclass(frozen=True, kw_only=True)
class Explained:
    """A term in days, from its start to the end of its last day."""

    clock: str
    start: date
    rule_code: str
    value: int
    unit: str
    basis: str
    pauses: tuple[tuple[str, Pause], ...]
    skipped: tuple[Skipped, ...]
    due_on: date
    provisional: bool


def explain(
    rules: Rulebook,
    clock: str,
    rule_code: str,
    start: date,
    pauses: Sequence[tuple[str, Pause]] = (),
) -> Explained:
    """Raises `LookupError` where no such rule was in force on the day it starts."""
    rule = rules.in_force(rule_code, start)
    if rule.unit not in IN_DAYS:
        raise LookupError(f"{rule_code} is no term in days")
    due, provisional = rules.span(rule_code, start, [one for _, one in pauses])
    return Explained(
        clock=clock,
        start=start,
        rule_code=rule_code,
        value=rule.value,
        unit=rule.unit,
        basis=rule.basis,
        pauses=tuple(pauses),
        skipped=tuple(skipped(rules, rule.unit, rule.value, start, due, pauses)),
        due_on=due,
        provisional=provisional,
    )


def skipped(
    rules: Rulebook,
    unit: str,
    value: int,
    start: date,
    due: date,
    pauses: Sequence[tuple[str, Pause]],
) -> list[Skipped]:
    """Of working days every rest day; of calendar days only those it rolled over at its end."""
    paused = paused_days(pauses, start, due)
    days = [start + n * DAY for n in range((due - start).days + 1)]
    if unit == "WD":
        rests = [day for day in days[1:] if not rules.calendar.works(day)]
    else:
        months = {"MONTH": value, "YEAR": 12 * value}.get(unit)
        counted = start + value * DAY if months is None else rules.calendar.same_day(start, months)
        raw = counted + len(paused) * DAY
        rests = [day for day in days if raw <= day < due]
    why = {day: why_rest(rules, day) for day in rests} | paused
    return [Skipped(day=day, why=why[day]) for day in sorted(why)]


def why_rest(rules: Rulebook, day: date) -> str:
    if not rules.calendar.published(day):
        return "未公布"
    if named := rules.day_names.get(day):
        return named
    return "周末" if day.weekday() >= SATURDAY else "休息日"


def paused_days(pauses: Sequence[tuple[str, Pause]], start: date, due: date) -> dict[date, str]:
    """Each day once, by the reasons that it was paused for."""
    found: dict[date, list[str]] = {}
    for reason, one in pauses:
        day = max(one.paused_on, start)
        while day < one.resumed_on and day <= due:
            found.setdefault(day, []).append(reason)
            day += DAY
    return {day: "+".join(sorted(set(why))) for day, why in found.items()}
