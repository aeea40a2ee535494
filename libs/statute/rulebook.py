"""The rulebook of a jurisdiction: dated rules, and the lists and kinds that rules are read from.

Which day counts, that of the act or that of the step, is for the decider to say. Sources: the
column `basis` of each row of the pack; arithmetic as in 民法典 200-203.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final

from libs.statute.calendar import Calendar, Pause, Term
from libs.statute.credit import ApprovalItem, SevereList
from libs.statute.mediation import DisputeKind
from libs.statute.penalties import PenaltyRange, RequiredRecord, ReviewGround
from libs.statute.scoring import ScoreModel

BY_THE_CLOCK: Final = {
    "SEC": timedelta(seconds=1),
    "MIN": timedelta(minutes=1),
    "H": timedelta(hours=1),
}
IN_OFFICE_HOURS: Final = ("WD", "WH")
WHOLE: Final = 10_000


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One value of the law or of ours, with the days on which it is in force (both included)."""

    code: str
    value: int
    unit: str
    effective_from: date = date.min
    effective_to: date = date.max
    basis: str = ""


@dataclass(frozen=True, kw_only=True)
class Channel:
    """How reports come in: rules read the kind, never the code."""

    code: str
    kind: str
    needs_photo: bool
    source_channel: str


@dataclass(frozen=True, kw_only=True)
class HandoffKind:
    """A row of `handoff_kinds.csv`: all that the software knows of a kind."""

    kind: str
    name_zh: str
    receipt: str = ""
    accept: str = ""
    result: str = ""
    result_from: str = ""
    confirm: str = ""
    closes_on: str = "FEEDBACK"
    answer_if: str = ""
    returnable: bool = False
    body: str = ""
    result_needs: tuple[str, ...] = ()
    progress_codes: tuple[str, ...] = ()
    outcome_codes: tuple[str, ...] = ()

    @property
    def known_acceptance(self) -> bool:
        return bool(self.accept)


@dataclass(frozen=True, kw_only=True)
class BodyField:
    """A field of the body of a handoff, its type and the class of what it holds."""

    name: str
    type: str
    level: str
    required: bool


@dataclass(frozen=True, kw_only=True)
class Rulebook:
    """The rules; by which of them each clock of a class runs; how numbers are written."""

    version: str
    calendar: Calendar
    rules: Sequence[Rule] = ()
    clocks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    through_rest_days: frozenset[str] = frozenset()
    numbers: Mapping[str, str] = field(default_factory=dict)
    short_names: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    reasons: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    kinds: Mapping[str, HandoffKind] = field(default_factory=dict)
    bodies: Mapping[str, Sequence[BodyField]] = field(default_factory=dict)
    ranges: Sequence[PenaltyRange] = ()
    records: Mapping[str, RequiredRecord] = field(default_factory=dict)
    review: Sequence[ReviewGround] = ()
    scoring: ScoreModel = field(default_factory=ScoreModel)
    lists: Mapping[str, SevereList] = field(default_factory=dict)
    approvals: Mapping[str, ApprovalItem] = field(default_factory=dict)
    disputes: Mapping[str, DisputeKind] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    day_names: Mapping[date, str] = field(default_factory=dict)
    parents: Mapping[str, str] = field(default_factory=dict)
    supervisor_agency: str = ""
    receiver_agency: str = ""
    mediation_agency: str = ""
    _by_code: dict[str, list[Rule]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        for rule in self.rules:
            self._by_code.setdefault(rule.code, []).append(rule)

    def in_force(self, code: str, on: date) -> Rule:
        """Raises `LookupError` where no row of this code holds on that day."""
        for rule in self._by_code.get(code, ()):
            if rule.effective_from <= on <= rule.effective_to:
                return rule
        raise LookupError(f"no rule {code} was in force on {on}")

    def reaches(self, on: date) -> bool:
        """Whether the calendars of the pack know anything of that day."""
        return self.calendar.reaches(on)

    def known(self, code: str, on: date) -> bool:
        """Whether some row of this code holds on that day."""
        return any(
            rule.effective_from <= on <= rule.effective_to for rule in self._by_code.get(code, ())
        )

    def limit(self, code: str, at: datetime) -> int:
        """How many, how far or which share, at that moment."""
        return self.in_force(code, self.day(at)).value

    def says(self, code: str, at: datetime) -> bool:
        """What a rule of unit BOOL says at that moment."""
        return bool(self.limit(code, at))

    def due(self, code: str, start: datetime) -> datetime:
        """By when something that starts now has to be done, in UTC."""
        return self.term(code, start).due

    def term(self, code: str, start: datetime, pauses: Sequence[Pause] = ()) -> Term:
        rule = self.in_force(code, self.day(start))
        return self.run(rule.value, rule.unit, start, pauses)

    def run(self, value: int, unit: str, start: datetime, pauses: Sequence[Pause] = ()) -> Term:
        """A term of so many units from an instant. Terms in days end at 24:00 of their last."""
        calendar, day = self.calendar, self.calendar.day(start)
        if unit in BY_THE_CLOCK:
            return Term((start + value * BY_THE_CLOCK[unit]).astimezone(UTC))
        if unit == "WH":
            due = calendar.after_office_time(start.astimezone(UTC), timedelta(hours=value))
            return Term(due, calendar.provisional(day, calendar.day(due)))
        ends = {
            "WD": lambda: calendar.working_days(day, value, pauses),
            "CD": lambda: calendar.calendar_days(day, value, pauses),
            "MONTH": lambda: calendar.months(day, value, pauses),
            "YEAR": lambda: calendar.months(day, 12 * value, pauses),
        }
        if unit not in ends:
            raise LookupError(f"{unit} is no unit of time")
        last = ends[unit]()
        return Term(calendar.end_of(last), calendar.provisional(day, last))

    def clock(self, sla_class: str, name: str) -> str:
        """The rule by which this clock runs for this class (`GRID.ACCEPT.S2`), "" if none does."""
        return self.clocks[sla_class][name]

    def in_office_hours(self, code: str, at: datetime, sla_class: str = "") -> bool:
        """Whether shares of this term go by working time.

        A due instant that was given and not computed does, unless its class runs through rest days.
        """
        unit = self.in_force(code, self.day(at)).unit
        given = unit == "BOOL" and sla_class not in self.through_rest_days
        return unit in IN_OFFICE_HOURS or given

    def shares_at(
        self, start: datetime, due: datetime, shares: Sequence[int], *, in_office_hours: bool
    ) -> list[datetime]:
        """When these shares (in basis points) of a clock have run; the whole is its due instant."""
        if not in_office_hours:
            run = due - start
            return [due if one == WHOLE else start + run * one / WHOLE for one in shares]
        whole, after = self.calendar.office_time(start, due), self.calendar.after_office_time
        return [due if one == WHOLE else after(start, whole * one / WHOLE) for one in shares]

    def shortened(
        self, start: datetime, due: datetime, at: datetime, *, in_office_hours: bool
    ) -> datetime:
        """The term after a failed check: `GRID.RECHECK.SHARE` of the original, from now."""
        share = self.limit("GRID.RECHECK.SHARE", at)
        if not in_office_hours:
            return at + (due - start) * share / WHOLE
        least = timedelta(hours=self.limit("GRID.RECHECK.MIN", at))
        span = max(self.calendar.office_time(start, due) * share / WHOLE, least)
        return self.calendar.after_office_time(at, span)

    def last_day(self, code: str, start: date, pauses: Sequence[Pause] = ()) -> date:
        """The last day of a term in days, months or years that starts on a day."""
        return self.span(code, start, pauses)[0]

    def span(self, code: str, start: date, pauses: Sequence[Pause] = ()) -> tuple[date, bool]:
        """The same, and whether it rests on a day that is not published yet."""
        term = self.term(code, self.calendar.midnight(start), pauses)
        return self.calendar.day_before(term.due), term.provisional

    def within(self, place: str, territory: str) -> bool:
        """Whether a place of the territory's table, or a cell in it, lies in another.

        A cell's code begins with its community's: CJ/T 213-2005 (单元网格编码).
        """
        here: str | None = place
        if here not in self.parents:
            here = next(
                (
                    one
                    for one in sorted(self.parents, key=len, reverse=True)
                    if place.startswith(one)
                ),
                None,
            )
        while here is not None and here != territory:
            here = self.parents.get(here)
        return here is not None

    def day(self, at: datetime) -> date:
        return self.calendar.day(at)

    def needs(self, listed: str, reason: str) -> tuple[str, ...] | None:
        """What a reason of a list must come with; nothing at all if it is not on the list."""
        return self.reasons.get(listed, {}).get(reason)
