"""The score once more, as a clerk with the table and a calendar on paper would make it.

No code of the service is used here, nor its table: what is written down is what the domain says.
"""

import csv
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from functools import cache
from typing import Final

from tests.conftest import ROOT

HERE: Final = timezone(timedelta(hours=8))
A_DAY: Final = timedelta(days=1)
TICK: Final = timedelta(microseconds=1)


@cache
def rest_days() -> tuple[frozenset[date], frozenset[date]]:
    """Weekdays on which nobody works, weekends on which everybody does."""
    off, on = set(), set()
    with (ROOT / "jurisdictions" / "binhai" / "calendar.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            day, works = date.fromisoformat(row["date"]), row["workday"] == "1"
            if works and day.weekday() > 4:
                on.add(day)
            if not works and day.weekday() < 5:
                off.add(day)
    return frozenset(off), frozenset(on)


def works(day: date) -> bool:
    off, on = rest_days()
    return day in on or (day.weekday() < 5 and day not in off)


def same_day(day: date, months: int) -> date:
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def over_after(day: date, months: int) -> datetime:
    """24:00 of the last day, which rolls on from a rest day."""
    last = same_day(day, months)
    while not works(last):
        last += A_DAY
    return end_of(last)


def end_of(day: date) -> datetime:
    return datetime.combine(day + A_DAY, time(), HERE)


def here(at: datetime) -> date:
    return at.astimezone(HERE).date()


@dataclass
class Mark:
    """One thing that is held against somebody, or for them: since when, until when."""

    kind: str
    item: str
    since: datetime
    until: datetime | None
    acted: date
    key: str

    def live(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at <= self.until)


@dataclass
class Sheet:
    """What is on a clerk's sheet of a subject: the day its history begins, and its marks."""

    begins: date
    marks: list[Mark] = field(default_factory=list)

    def score(self, at: datetime) -> tuple[int, str, dict[str, int]]:
        """The score, the grade, and the points of each mark by its key."""
        live = sorted((m for m in self.marks if m.live(at)), key=lambda m: (m.since, m.key))
        points: dict[str, int] = {}
        minor = kept = 0
        for mark in live:
            if mark.kind == "GENERAL":
                points[mark.key] = -90 if self.again(mark, live) else -60
            elif mark.kind == "SEVERE":
                points[mark.key] = -200
            elif mark.kind == "BREACH":
                points[mark.key] = -80
            elif mark.kind == "LISTED":
                points[mark.key] = 0
            elif mark.kind == "MINOR":
                points[mark.key] = -10 if minor < 3 else 0
                minor += 1
            elif mark.kind == "KEPT":
                points[mark.key] = 10 if kept < 5 else 0
                kept += 1
        clean = 50 if self.is_clean(at, live) else 0
        total = max(0, min(1000, 800 + sum(points.values()) + clean))
        return total, self.grade(total, at, live), points

    def again(self, mark: Mark, live: list[Mark]) -> bool:
        """Whether the one just before it, of the same item, lies within twelve months."""
        alike = sorted(
            (m for m in live if m.kind == "GENERAL" and m.item == mark.item),
            key=lambda m: (m.acted, m.key),
        )
        place = alike.index(mark)
        return place > 0 and mark.acted <= same_day(alike[place - 1].acted, 12)

    def is_clean(self, at: datetime, live: list[Mark]) -> bool:
        if any(m.kind != "KEPT" for m in live):
            return False
        bad = [m for m in self.marks if m.kind != "KEPT" and m.since <= at and m.until is not None]
        start = max([self.begins, *(here(m.until - TICK) for m in bad if m.until is not None)])
        return at > over_after(start, 24)

    def grade(self, total: int, at: datetime, live: list[Mark]) -> str:
        if any(m.kind == "LISTED" for m in live) or total < 550:
            return "D"
        if total >= 850 and at > over_after(self.begins, 24):
            return "A"
        return "B" if total >= 700 else "C"
