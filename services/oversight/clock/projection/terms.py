"""From the steps of one clock to where it stands: when it is due, what its owner says, whether it
is over. Steps may be known in any order: what has come last is read last.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from libs.events.core.kernel import Record
from libs.statute.calendar import Pause, paused_days
from libs.statute.rulebook import Rulebook
from services.oversight.clock.projection.steps import OWNERS_OWN, SEIZURE, TO_ACCEPT, Kind, Step

WARN: Final = "EXC.OVERDUE.WARN"
DAY: Final = timedelta(days=1)


class Standing(Record):
    """`due_at` as computed here, `said_at` as the owner last said it, and `differs` whether that
    was another instant than was computed from what was known then. While it stands still there is
    no due instant. With `rule` "" the owner's word is all there is."""

    rule: str
    counted_from: date | None
    started_at: datetime
    due_at: datetime | None
    warn_at: datetime | None
    said_at: datetime | None
    differs: bool
    provisional: bool
    ended_at: datetime | None
    pauses: tuple[tuple[str, Pause], ...]
    extensions: tuple[str, ...]


class Run:
    """One run of a clock, step by step."""

    def __init__(self, rules: Rulebook, start: Step, rule: str, on: date | None) -> None:
        self.rules = rules
        self.start = start
        self.rule = rule
        self.on = on
        self.running: dict[str, date] = {}
        self.pauses: list[tuple[str, Pause]] = []
        self.extensions: list[str] = []
        self.said_at = start.said
        self.computed = self.due()
        self.ended_at: datetime | None = None

    @property
    def owners_own(self) -> bool:
        return self.start.clock in OWNERS_OWN

    def due(self) -> datetime | None:
        """Its last instant, of which no day counts on which it stood still; a deadline that was
        given moves by as many days. Nothing where no rule was in force."""
        if self.owners_own:
            return self.said_at
        calendar, pauses = self.rules.calendar, [one for _, one in self.pauses]
        if self.start.until is not None and self.on is not None:
            held = len(paused_days(self.on, pauses))
            return calendar.end_of(self.start.until + held * DAY)
        if self.on is None or not self.rules.known(self.rule, self.on):
            return None
        rule = self.rules.in_force(self.rule, self.on)
        if rule.unit not in ("WD", "CD", "MONTH", "YEAR"):
            return self.rules.due(self.rule, self.start.at)
        if self.start.clock == SEIZURE:
            more = [self.rules.in_force(one, self.on).value for one in self.extensions]
            midnight = calendar.midnight(self.on)
            return self.rules.run(rule.value + sum(more), rule.unit, midnight, pauses).due
        last = self.rules.last_day(self.rule, self.on, pauses)
        for one in self.extensions:
            after = [pause for pause in pauses if pause.paused_on > last]
            last = self.rules.last_day(one, last, after)
        return calendar.end_of(last)

    def take(self, step: Step) -> None:
        match step.kind:
            case Kind.PAUSED if step.on is not None and step.until is not None:
                self.pauses.append((step.reason, Pause(step.on, step.until)))
            case Kind.PAUSED if step.on is not None:
                self.running[step.reason] = step.on
            case Kind.RESUMED if step.reason in self.running and step.until is not None:
                since = self.running.pop(step.reason)
                self.pauses.append((step.reason, Pause(since, step.until)))
            case Kind.EXTENDED:
                self.extensions.append(step.rule)
            case Kind.END:
                self.ended_at = self.ended_at or step.at
        if step.said is not None:
            self.said_at, self.computed = step.said, self.due()

    def warn_at(self, due_at: datetime) -> datetime:
        """When that share of the whole has run that the pack warns at."""
        start = self.start.at if self.on is None else self.rules.calendar.midnight(self.on)
        share = self.rules.limit(WARN, self.start.at)
        given = self.owners_own or not self.rule
        works = not given and self.rules.in_office_hours(self.rule, start)
        if due_at <= start:
            return due_at
        return self.rules.shares_at(start, due_at, [share], in_office_hours=works)[0]

    def standing(self) -> Standing:
        due_at = None if self.running else self.due()
        paused_now = [
            (reason, Pause(since, date.max)) for reason, since in sorted(self.running.items())
        ]
        calendar = self.rules.calendar
        days = [calendar.day_before(due_at)] if due_at is not None else []
        return Standing(
            rule=self.rule,
            counted_from=self.on,
            started_at=self.start.at,
            due_at=due_at,
            warn_at=None if due_at is None else self.warn_at(due_at),
            said_at=self.said_at,
            differs=None not in (self.said_at, self.computed) and self.said_at != self.computed,
            provisional=not self.owners_own and calendar.provisional(*days),
            ended_at=self.ended_at,
            pauses=(*self.pauses, *paused_now),
            extensions=tuple(self.extensions),
        )


def stands(rules: Rulebook, steps: Sequence[Step]) -> Standing | None:
    """Where a clock stands; nothing where it has not begun, or never runs.

    What ends it counts from its last start on: a topic may tell of the end before the beginning.
    """
    run: Run | None = None
    noted: dict[str, date] = {}
    rule, counted = "", ""
    to_accept: datetime | None = None
    ordered = sorted(steps, key=lambda one: (one.at, one.kind is Kind.END))
    if any(one.kind is Kind.VOID for one in ordered):
        return None
    for step in ordered:
        match step.kind:
            case Kind.NOTED if step.on is not None:
                noted[step.reason] = step.on
            case Kind.NOTED if step.clock in OWNERS_OWN:
                to_accept = step.said
            case Kind.NOTED:
                rule, counted = step.rule, step.reason
            case Kind.START:
                if step.reason == TO_ACCEPT and step.said is None:
                    step = replace(step, said=to_accept)
                run = Run(rules, step, step.rule or rule, noted.get(counted, step.on))
            case _ if run is not None and (run.ended_at is None or step.kind is Kind.END):
                run.take(step)
    return None if run is None else run.standing()
