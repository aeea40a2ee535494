"""Numbers as people say them: a pattern of the pack, and the next one of its kind and day."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from typing import Any, Final, TypeAlias, get_type_hints

from sqlalchemy import Connection, select

from libs.events.core.kernel import NEXT, Envelope, Event, Number, Record
from libs.events.store.read_models import Rows
from libs.events.store.tables import numbers
from libs.events.system.ids import serial_and_check

TRACE: Final = "trace"

# What is counted by itself: a kind, the agency whose numbers these are, and the day.
Counted: TypeAlias = tuple[str, str, date]


class Numbers(Record):
    """How the numbers of each kind are written, and where the day ends."""

    patterns: Mapping[str, str]
    zone: tzinfo
    short_names: Mapping[str, str] = field(default_factory=dict)

    def day(self, kind: str, at: datetime) -> date:
        """The day on which counting begins anew: each day, or the first of the year."""
        day = at.astimezone(self.zone).date()
        return day if "<yyyymmdd>" in self.patterns[kind] else day.replace(month=1, day=1)

    def counted_for(self, kind: str, agency: str) -> str:
        """The agency whose numbers these are, or nobody's in particular."""
        return agency if "<short>" in self.patterns[kind] else ""

    def written(self, kind: str, day: date, number: int, agency: str = "") -> str:
        return (
            self.patterns[kind]
            .replace("<short>", self.short_names.get(agency, ""))
            .replace("<yyyymmdd>", f"{day:%Y%m%d}")
            .replace("<yyyy>", f"{day:%Y}")
            .replace("<6 digits>", f"{number:06}")
            .replace("<n>", str(number))
        )

    def number_in(self, kind: str, written: str) -> int:
        """The number again, of one that was written by the same pattern."""
        pattern = re.escape(self.patterns[kind])
        for name, digits in (("<6 digits>", r"(\d{6,})"), ("<n>", r"(\d+)")):
            pattern = pattern.replace(re.escape(name), digits)
        for name, text in (("<short>", ".*"), ("<yyyymmdd>", r"\d{8}"), ("<yyyy>", r"\d{4}")):
            pattern = pattern.replace(re.escape(name), text)
        found = re.fullmatch(pattern, written)
        if found is None:
            raise ValueError(f"{written} is no number of the kind {kind}")
        return int(found[1])

    def given(self, facts: Iterable[Envelope[Event]]) -> "Counters":
        """How far these events have counted."""
        counters = Counters(self)
        for fact in facts:
            for name, kind in numbered_fields(type(fact.data)).items():
                day = self.day(kind, fact.happened)
                place = (kind, self.counted_for(kind, fact.agency), day)
                number = self.number_in(kind, getattr(fact.data, name))
                counters.last[place] = max(number, counters.last.get(place, 0))
        return counters

    def trace_code(self, at: datetime) -> str:
        serial, check = serial_and_check()
        return (
            self.patterns[TRACE]
            .replace("<yyyymmdd>", f"{at.astimezone(self.zone):%Y%m%d}")
            .replace("<8 Crockford base32>", serial)
            .replace("<check>", check)
        )


@dataclass
class Counters:
    """The numbers that one turn gives out. They are on record with the events that carry them.

    `known` are those that were given out before, as far as this process remembers.
    """

    numbers: Numbers
    last: dict[Counted, int] = field(default_factory=dict)
    known: Mapping[Counted, int] = field(default_factory=dict)

    def numbered(self, tx: Connection, event: Event, at: datetime, agency: str) -> Event:
        """The event with a number wherever it says NEXT."""
        for name, kind in numbered_fields(type(event)).items():
            if getattr(event, name) == NEXT:
                day = self.numbers.day(kind, at)
                whose = self.numbers.counted_for(kind, agency)
                place = (kind, whose, day)
                before = self.last.get(place) or self.known.get(place)
                number = found(tx, *place) if before is None else before
                self.last[place] = number + 1
                written = self.numbers.written(kind, day, number + 1, agency)
                event = replace(event, **{name: written})
        return event

    def write(self, tx: Connection) -> None:
        rows = Rows(numbers)
        for (kind, agency, day), last in self.last.items():
            rows.set(kind=kind, agency=agency, day=day, last=last)
        rows.write(tx)


def found(tx: Connection, kind: str, agency: str, day: date) -> int:
    counted = select(numbers.c.last).where(
        numbers.c.kind == kind, numbers.c.agency == agency, numbers.c.day == day
    )
    return tx.execute(counted).scalar() or 0


NUMBERED: dict[type[Event], dict[str, str]] = {}


def numbered_fields(event_class: type[Event]) -> dict[str, str]:
    if event_class not in NUMBERED:
        hints: dict[str, Any] = get_type_hints(event_class, include_extras=True)
        NUMBERED[event_class] = {
            name: mark.kind
            for name, hint in hints.items()
            for mark in getattr(hint, "__metadata__", ())
            if isinstance(mark, Number)
        }
    return NUMBERED[event_class]
