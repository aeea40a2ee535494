"""When time itself is the caller: what has fallen due is asked for, each at its own moment."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from datetime import date, datetime, timedelta
from time import monotonic
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, Connection, func, select

from libs.events.core.kernel import SYSTEM, Command, Context, Record, Refused
from libs.events.deciding.settling import Request, Settler
from libs.events.deciding.turn import Answer, Fault
from libs.events.listening.parking import Parking
from libs.events.process.unsettled import FailedDeadline, Unsettled, matters_of
from libs.events.store.outages import in_halves, is_outage, said
from libs.events.store.read_models import Which
from libs.events.system.clocks import BusinessClock
from libs.events.system.ids import uuid7

logger = logging.getLogger(__name__)

TURN: Final = 500
MINUTE: Final = 60.0
INSTANT: Final = timedelta(microseconds=1)
DAY: Final = timedelta(days=1)

# The time up to which every partition has been consumed; nothing where that is all there is.
HeardUntil: TypeAlias = Callable[[], Awaitable[datetime | None]]


class Due(Record):
    """What fell due: its id, the command, the moment, the agency it concerns."""

    key: Any
    command: Command
    at: datetime
    agency: str


class Deadline(Record):
    """`due` says what has run out, the earliest first; `next_due` when the next one will."""

    due: Callable[[Connection, Which], Sequence[Due]]
    next_due: Callable[[Connection], datetime | None]


class LastDay(Record):
    """Where a read model says what ends with which day: the columns of its id, of that day and of
    whose it is, and which rows still run."""

    key: ColumnElement[Any]
    day: ColumnElement[Any]
    agency: ColumnElement[Any]
    runs: ColumnElement[bool]


def day_over(
    end_of: Callable[[date], datetime], last: LastDay, ask: Callable[[Any, date, datetime], Command]
) -> Deadline:
    """What ends by itself with its last day, right after: `end_of` says when a day is over here,
    `ask` what to ask for after that day, and at which moment."""

    def due(tx: Connection, which: Which) -> Sequence[Due]:
        # No day of the place: where nothing was consumed yet, the moment is the first there is.
        over = select(last.key, last.day, last.agency).where(
            last.runs, last.day < which.moment.date() + DAY
        )
        ordered = which.of(over.order_by(last.day, last.key), last.key)
        return [
            Due(key=key, command=ask(key, on, at := end_of(on) + INSTANT), at=at, agency=agency)
            for key, on, agency in tx.execute(ordered)
            if end_of(on) < which.moment
        ]

    def next_due(tx: Connection) -> datetime | None:
        on: date | None = tx.execute(select(func.min(last.day)).where(last.runs)).scalar()
        return None if on is None else end_of(on)

    return Deadline(due=due, next_due=next_due)


async def heard_everything() -> datetime | None:
    return None


class Deadlines:
    def __init__(
        self,
        settler: Settler,
        deadlines: Mapping[str, Deadline],
        *,
        clock: BusinessClock,
        heard_until: HeardUntil = heard_everything,
    ) -> None:
        self._settler = settler
        self._deadlines = deadlines
        self._clock = clock
        self._heard_until = heard_until
        self._parking = Parking()
        self.unsettled = Unsettled()
        # When all of them were asked last, in seconds of the machine's own count.
        self.asked = monotonic()
        self._next: tuple[Hashable, datetime | None] | None = None

    async def run(self) -> None:
        """Once a minute. Several replicas may: under the lock each finds what is still due."""
        while True:
            try:
                await self.ask()
            except Exception as fault:
                told = logger.warning if is_outage(fault) else logger.exception
                told("the deadlines could not be asked: %s", said(fault))
            await asyncio.sleep(MINUTE)

    async def ask(self) -> int:
        """Settles all that has fallen due. How many commands that were.

        After an outage nothing is called late that was answered in time: what has not been consumed
        yet is not judged yet. Raises what an outage raises: what is due stays due.
        """
        moment = self._clock()
        if self._deadlines:
            heard = await self._heard_until()
            moment = moment if heard is None else min(moment, heard)
        settled, whole = 0, True
        for name in self._deadlines:
            try:
                while asked := await asyncio.to_thread(self.turn, name, moment):
                    settled += asked
            except Exception as fault:
                if is_outage(fault):
                    raise
                logger.exception("the deadline %s could not be asked", name)
                whole = False
        if whole:
            self.asked = monotonic()
        return settled

    def turn(self, name: str, moment: datetime) -> int:
        """What is found to be due by that moment, each settled at its own. So many in one
        transaction; the log is held only for what was found before, and is due still."""
        with self._settler.log.engine.connect() as tx:
            found = self._due(tx, name, moment)
        parts = (found[start : start + TURN] for start in range(0, len(found), TURN))
        return sum(self._part(name, moment, part) for part in parts)

    def _part(self, name: str, moment: datetime, found: Sequence[Due]) -> int:
        settler = self._settler
        with settler.log.transaction() as tx:
            settler.log.lock(tx)
            only = [one.key for one in found]
            due = self._deadlines[name].due(
                tx, Which(moment=moment, limit=len(only) + TURN, only=only)
            )
            due = self._standing(tx, name, due)
            for some, answers in in_halves(due, lambda part: self._settled(tx, name, part)):
                self._remember(tx, name, some, answers)
        return len(due)

    def _due(self, tx: Connection, name: str, moment: datetime, least: int = 1) -> Sequence[Due]:
        """The first of what is due and may be asked for now: so many, if there are."""
        limit = TURN
        while True:
            found = self._deadlines[name].due(tx, Which(moment=moment, limit=limit))
            due = self._standing(tx, name, found)
            if len(due) >= least or len(found) < limit:
                return due
            limit *= 4

    def _settled(self, tx: Connection, name: str, due: Sequence[Due]) -> Sequence[Answer]:
        requests = [
            Request(command=one.command, context=self._context(name, one), awaited=False)
            for one in due
        ]
        with tx.begin_nested():
            answers = self._settler.settle(tx, requests)
            for answer in answers:
                if isinstance(answer, Fault):
                    raise answer
        return answers

    def next_due(self, since: Hashable = None) -> datetime | None:
        """When something will fall due next, if nothing else happens. `since` says how much has
        happened: the same again has the same answer."""
        if since is not None and self._next is not None and self._next[0] == since:
            return self._next[1]
        with self._settler.log.engine.connect() as tx:
            found = [one.next_due(tx) for one in self._deadlines.values()]
        due = min((one for one in found if one is not None), default=None)
        self._next = (since, due)
        return due

    def due_by(self, moment: datetime, limit: int) -> list[tuple[str, datetime]]:
        """What will fall due by a moment if nothing else happens: its stream, and when."""
        found: list[tuple[str, datetime]] = []
        with self._settler.log.engine.connect() as tx:
            for name in self._deadlines:
                for one in self._due(tx, name, moment, limit)[:limit]:
                    found.append((self._settler.subject(one.command), one.at))
        return sorted(found, key=lambda one: one[1])[:limit]

    def failing(self) -> Sequence[FailedDeadline]:
        with self._settler.log.engine.connect() as tx:
            return self.unsettled.failing(tx)

    def _standing(self, tx: Connection, name: str, due: Sequence[Due]) -> list[Due]:
        """Without what was refused before, what failed and is not tried again yet, and those of a
        matter of which something is parked: it may be the answer."""
        subjects = {id(one): self._settler.subject(one.command) for one in due}
        stands = self.unsettled.standing(tx, name, set(subjects.values()))
        matters = matters_of(tx, stands)
        waiting = self._parking.matters(tx, set(matters.values()))
        return [
            one
            for one in due
            if (subject := subjects[id(one)]) in stands and matters.get(subject) not in waiting
        ]

    def _remember(
        self, tx: Connection, name: str, some: Sequence[Due], answers: Sequence[Answer] | Exception
    ) -> None:
        subjects = [self._settler.subject(one.command) for one in some]
        if isinstance(answers, Exception):
            logger.error("%s could not be settled", name, exc_info=answers)
            self.unsettled.failed(tx, name, subjects[0], answers)
            return
        self.unsettled.answered(tx, name, subjects)
        pairs = zip(subjects, answers, strict=True)
        self.unsettled.refused(tx, name, [s for s, one in pairs if isinstance(one, Refused)])

    def _context(self, name: str, one: Due) -> Context:
        return Context(
            actor=name,
            role=SYSTEM,
            agency=one.agency,
            at=one.at,
            occurred=one.at,
            causation_id=uuid7(),
        )
