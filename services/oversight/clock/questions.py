"""What is open in a matter on a day, who has it, until when, and why that is the date: in words,
and as data for programs.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from pydantic import BaseModel
from sqlalchemy import Connection

from libs.events.core.fields import Code
from libs.events.core.kernel import Refused
from libs.statute import explaining
from libs.statute.calendar import Pause
from libs.statute.rulebook import Rulebook
from services.oversight.clock.projection.rows import ClockRow, clocks_of
from services.oversight.clock.projection.steps import OWNERS_OWN, Step
from services.oversight.clock.projection.terms import Standing, stands

UNITS: Final = {
    "WD": "working days",
    "CD": "days",
    "MONTH": "months",
    "YEAR": "years",
    "H": "hours",
    "MIN": "minutes",
    "WH": "working hours",
}
DAY: Final = timedelta(days=1)
# Whether some event has this trace code.
Known = Callable[[Connection, str], bool]


class PauseView(BaseModel):
    reason: str
    paused_on: date
    resumed_on: date | None


class SkippedView(BaseModel):
    day: date
    why: str


class OpenClock(BaseModel):
    """A clock that runs. `due_on` is its last day, computed from events; `said_on` what its owner
    says, where that is another; neither while it stands still. `words` says all of it."""

    clock: str
    thing: str
    service: str
    holder: str
    holder_name: str
    since: datetime
    due_at: datetime | None
    due_on: date | None
    said_on: date | None
    late: bool
    rule_code: str | None
    basis: str
    pauses: Sequence[PauseView]
    skipped: Sequence[SkippedView]
    provisional: bool
    words: str


class Explanation(BaseModel):
    """What was open in a matter at an instant, what is due first standing first."""

    matter: str
    as_of: datetime
    open: Sequence[OpenClock]
    over: int
    words: Sequence[str]


class Explainer:
    def __init__(self, rules: Rulebook, now: Callable[[], datetime], known: Known) -> None:
        self.rules = rules
        self.now = now
        self.known = known

    def explain_matter(self, tx: Connection, matter: Code, on: date | None = None) -> Explanation:
        """As it stands; or as it stood at the end of a day, from what had happened by then."""
        now = self.now()
        at = now if on is None else min(now, self.rules.calendar.end_of(on))
        clocks = clocks_of(tx, matter)
        if not clocks and not self.known(tx, matter):
            raise Refused("trace-not-found", "No event has the trace code {matter}", matter=matter)
        open_clocks, over = [], 0
        for row, steps in clocks:
            told = [one for one in steps if one.at <= at]
            standing = stands(self.rules, told)
            if standing is None:
                continue
            if standing.ended_at is not None:
                over += 1
                continue
            open_clocks.append(self.of(row, told, standing, at))
        open_clocks.sort(key=lambda one: (one.due_at is None, one.due_at or one.since, one.clock))
        return Explanation(
            matter=matter,
            as_of=at,
            open=open_clocks,
            over=over,
            words=[one.words for one in open_clocks]
            or [f"Nothing is open; {over} clocks are over"],
        )

    def of(self, row: ClockRow, told: Sequence[Step], now: Standing, at: datetime) -> OpenClock:
        day_before = self.rules.calendar.day_before
        holder = next((one.holder for one in reversed(told) if one.holder), row.agency)
        due_on = None if now.due_at is None else day_before(now.due_at)
        said = now.said_at
        why = self.why(row.clock, now)
        pauses = [
            PauseView(
                reason=reason,
                paused_on=one.paused_on,
                resumed_on=None if one.resumed_on == date.max else one.resumed_on,
            )
            for reason, one in now.pauses
        ]
        found = OpenClock(
            clock=row.clock,
            thing=row.thing,
            service=row.service,
            holder=holder,
            holder_name=self.rules.names.get(holder, holder),
            since=now.started_at,
            due_at=now.due_at,
            due_on=due_on,
            said_on=day_before(said) if now.differs and said is not None else None,
            late=now.due_at is not None and at >= now.due_at,
            rule_code=now.rule or None,
            basis="" if why is None else why.basis,
            pauses=pauses,
            skipped=[SkippedView(day=one.day, why=one.why) for one in (why.skipped if why else ())],
            provisional=now.provisional,
            words="",
        )
        return found.model_copy(update={"words": self.words(found, now, why)})

    def why(self, clock: str, now: Standing) -> explaining.Explained | None:
        """Of a term in days: its rule, and each day that did not count."""
        if now.counted_from is None or not self.rules.known(now.rule, now.counted_from):
            return None
        if self.rules.in_force(now.rule, now.counted_from).unit not in explaining.IN_DAYS:
            return None
        done = [(why, one) for why, one in now.pauses if one.resumed_on != date.max]
        return explaining.explain(self.rules, clock, now.rule, now.counted_from, done)

    def words(self, one: OpenClock, now: Standing, why: explaining.Explained | None) -> str:
        parts = [f"{one.clock} of {one.thing}: with {one.holder_name or 'nobody yet'}"]
        if one.due_on is not None and one.due_at is not None:
            local = one.due_at.astimezone(self.rules.calendar.zone)
            whole = local.time().isoformat() == "00:00:00"
            until = str(one.due_on) if whole else f"{local:%Y-%m-%d %H:%M}"
            parts.append(f"{'it was due by' if one.late else 'until'} {until}")
        elif any(pause.resumed_on is None for pause in one.pauses):
            parts.append("it stands still")
        else:
            parts.append("no limit is set")
        parts.append(self.because(one, now, why))
        if one.said_on is not None:
            parts.append(f"ITS OWNER SAYS {one.said_on}")
        if one.provisional:
            parts.append("provisional: it rests on days that are not published yet")
        return ", ".join(part for part in parts if part)

    def because(self, one: OpenClock, now: Standing, why: explaining.Explained | None) -> str:
        """Which rule, from which day, and what did not count."""
        if one.clock in OWNERS_OWN or not now.rule or now.counted_from is None:
            return f"as its owner says ({one.service})" if one.due_at is not None else ""
        if not self.rules.known(now.rule, now.counted_from):
            return f"no rule {now.rule} was in force on {now.counted_from}"
        rule = self.rules.in_force(now.rule, now.counted_from)
        said = [f"{rule.value} {UNITS.get(rule.unit, rule.unit)} from {now.counted_from}"]
        said += [f"extended by {code}" for code in now.extensions]
        for reason, pause in now.pauses:
            said.append(f"stood still {spell(pause)}" + (f" ({reason})" if reason else ""))
        if why is not None and why.skipped:
            said.append(f"without {spans(why.skipped)}")
        basis = f"{now.rule}, {rule.basis}" if rule.basis else now.rule
        return f"{'; '.join(said)} [{basis}]"


def spell(pause: Pause) -> str:
    if pause.resumed_on == date.max:
        return f"since {pause.paused_on}"
    return f"{pause.paused_on} to {pause.resumed_on - DAY}"


def spans(days: Sequence[explaining.Skipped]) -> str:
    """`2026-10-01 to 2026-10-07 国庆节`: days that follow one another for the same reason."""
    runs: list[tuple[date, date, str]] = []
    for one in days:
        if runs and runs[-1][2] == one.why and one.day - runs[-1][1] == DAY:
            runs[-1] = (runs[-1][0], one.day, one.why)
        else:
            runs.append((one.day, one.day, one.why))
    return ", ".join(
        f"{first} {why}" if first == last else f"{first} to {last} {why}"
        for first, last, why in runs
    )
