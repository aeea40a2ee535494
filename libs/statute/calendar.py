"""Days, working days and office hours: what a term makes of an instant.

The only calendar is the pack's. A day it does not publish is judged by its weekday, and the date
that rests on it is provisional. Basis: 民法典 200-203, 行政处罚法 85, 行政强制法 69.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Final

DAY: Final = timedelta(days=1)
SATURDAY: Final = 5

# How far beyond the published days a term may reach: back to old cases, on to the longest terms.
BEFORE: Final = 3 * 366
BEYOND: Final = 30 * 366

Hours = tuple[time, time]


@dataclass(frozen=True)
class Pause:
    """An interval `[paused_on, resumed_on)` in which a clock does not run: 期间扣除."""

    paused_on: date
    resumed_on: date


@dataclass(frozen=True)
class Term:
    """When a term is over, and whether that rests on a day nobody has published yet."""

    due: datetime
    provisional: bool = False


class Calendar:
    """Working days and office hours of one place. Instants go in and come out in UTC."""

    def __init__(self, days: Mapping[date, bool], zone: tzinfo, hours: Sequence[Hours]) -> None:
        if not days:
            raise ValueError("a calendar has at least one day")
        self.zone = zone
        self.hours = tuple(hours)
        self.first, self.last = min(days), max(days)
        self._reach = range(self.first.toordinal() - BEFORE, self.last.toordinal() + BEYOND)
        self._working = [
            number
            for number in self._reach
            if days.get(date.fromordinal(number), date.fromordinal(number).weekday() < SATURDAY)
        ]
        # The same few days are asked about again and again.
        self._spans = lru_cache(maxsize=1_000)(self._spans_of)

    def reaches(self, day: date) -> bool:
        """Whether terms can be counted from that day at all."""
        return day.toordinal() in self._reach

    def works(self, day: date) -> bool:
        place = bisect_left(self._working, self._number(day))
        return place < len(self._working) and self._working[place] == day.toordinal()

    def published(self, day: date) -> bool:
        return self.first <= day <= self.last

    def day(self, at: datetime) -> date:
        """The day on which an instant falls here."""
        return at.astimezone(self.zone).date()

    def end_of(self, day: date) -> datetime:
        """24:00 of that day: an act at this instant is in time."""
        return self._at(day + DAY, time())

    def midnight(self, day: date) -> datetime:
        """The instant at which a day begins here."""
        return self._at(day, time())

    def day_before(self, due: datetime) -> date:
        """The last day of a term that is over at an instant: 24:00 belongs to it."""
        return self.day(due - timedelta(microseconds=1))

    # Terms in days

    def working_days(self, start: date, count: int, pauses: Iterable[Pause] = ()) -> date:
        """WD(n): the start day is not counted; a paused working day is not either."""
        held = sum(self.works(day) for day in paused_days(start, pauses))
        return self._nth_working_day(start, count + held)

    def calendar_days(self, start: date, count: int, pauses: Iterable[Pause] = ()) -> date:
        """CD(n): paused days are added, and a last day that is a rest day rolls on."""
        return self._rolled(start + (count + len(paused_days(start, pauses))) * DAY)

    def months(self, start: date, count: int, pauses: Iterable[Pause] = ()) -> date:
        """M(n): the same day of the month or its last one; then as calendar days."""
        return self._rolled(self.same_day(start, count) + len(paused_days(start, pauses)) * DAY)

    def same_day(self, start: date, count: int) -> date:
        """The same day so many months later, or the last one of that month."""
        year, month = divmod(start.year * 12 + start.month - 1 + count, 12)
        following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
        return date(year, month + 1, min(start.day, (following - DAY).day))

    # Office hours

    def office_time(self, start: datetime, end: datetime) -> timedelta:
        """How much of the office hours lies between two instants."""
        if end <= start:
            return timedelta()
        first, last = self.day(start), self.day(end)
        before = self._number(first) + 1
        between = bisect_left(self._working, self._number(last))
        between -= bisect_left(self._working, before)
        whole = max(between, 0) * self._whole_day()
        if first == last:
            return self._of_day(first, start, end)
        return self._of_day(first, start, None) + whole + self._of_day(last, None, end)

    def after_office_time(self, start: datetime, span: timedelta) -> datetime:
        """The first instant at which so much office time has passed.

        A term that ends with the office hours ends there, not on the next morning.
        """
        day = self.day(start)
        here = self._of_day(day, start, None)
        if span <= here:
            return self._into(day, start, span) if span else start
        rest = span - here
        days, left = divmod(rest, self._whole_day())
        if not left:
            days, left = days - 1, self._whole_day()
        return self._into(self._nth_working_day(day, days + 1), None, left)

    def provisional(self, *days: date) -> bool:
        return not all(map(self.published, days))

    def _whole_day(self) -> timedelta:
        return sum((length(one) for one in self.hours), timedelta())

    def _of_day(self, day: date, start: datetime | None, end: datetime | None) -> timedelta:
        if not self.works(day):
            return timedelta()
        cut = ((max(a, start or a), min(b, end or b)) for a, b in self._spans(day))
        return sum((b - a for a, b in cut if b > a), timedelta())

    def _into(self, day: date, start: datetime | None, span: timedelta) -> datetime:
        for opens, closes in self._spans(day):
            begins = max(opens, start or opens)
            here = max(closes - begins, timedelta())
            if here and span <= here:
                return begins + span
            span -= here
        raise AssertionError(f"{day} has no such office time")

    def _spans_of(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        return tuple((self._at(day, opens), self._at(day, closes)) for opens, closes in self.hours)

    def _at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone).astimezone(UTC)

    def _nth_working_day(self, start: date, count: int) -> date:
        if count == 0:
            return start
        place = bisect_right(self._working, self._number(start)) + count - 1
        if place >= len(self._working):
            raise LookupError(f"{count} working days after {start} lie beyond every calendar")
        return date.fromordinal(self._working[place])

    def _rolled(self, day: date) -> date:
        place = bisect_left(self._working, self._number(day))
        return date.fromordinal(self._working[place])

    def _number(self, day: date) -> int:
        if not self.reaches(day):
            raise LookupError(f"{day} lies beyond every calendar")
        return day.toordinal()


def length(hours: Hours) -> timedelta:
    today = date.min
    return datetime.combine(today, hours[1]) - datetime.combine(today, hours[0])


def paused_days(start: date, pauses: Iterable[Pause]) -> set[date]:
    """The union of the pauses, from the day on which the clock starts."""
    return {
        date.fromordinal(number)
        for pause in pauses
        for number in range(
            max(pause.paused_on, start).toordinal(), max(pause.resumed_on, start).toordinal()
        )
    }
