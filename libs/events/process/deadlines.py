"""When time itself is the caller: what has fallen due is asked for, each at its own moment."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, Connection, func, select

from libs.events.core.kernel import SYSTEM, Command, Context, Record, Refused
from libs.events.deciding.requests import lost, outage, passing
from libs.events.deciding.settling import Request, Settler
from libs.events.deciding.turn import Fault
from libs.events.listening.parking import Parking
from libs.events.store.read_models import Rows
from libs.events.store.tables import events, refused_deadlines
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
    """What fell due: the command, the moment, the agency and the matter it concerns."""

    command: Command
    at: datetime
    agency: str


class Deadline(Record):
    """`due` says what has run out by a moment, the earliest first; `next_due` when next."""

    due: Callable[[Connection, datetime, int], Sequence[Due]]
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

    def due(tx: Connection, moment: datetime, limit: int) -> Sequence[Due]:
        # No day of the place: where nothing was consumed yet, the moment is the first there is.
        over = select(last.key, last.day, last.agency).where(
            last.runs, last.day < moment.date() + DAY
        )
        return [
            Due(command=ask(key, on, end_of(on) + INSTANT), at=end_of(on) + INSTANT, agency=agency)
            for key, on, agency in tx.execute(over.order_by(last.day, last.key).limit(limit))
            if end_of(on) < moment
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
        self._next: tuple[Hashable, datetime | None] | None = None

    async def run(self) -> None:
        """Once a minute. Several replicas may: under the lock each finds what is still due."""
        while True:
            try:
                await self.ask()
            except Exception:
                logger.exception("the deadlines could not be asked")
            await asyncio.sleep(MINUTE)

    async def ask(self) -> int:
        """Settles all that has fallen due. How many commands that were.

        After an outage nothing is called late that was answered in time: what has not been consumed
        yet is not judged yet.
        """
        if not self._deadlines:
            return 0
        moment = self._clock()
        heard = await self._heard_until()
        if heard is not None:
            moment = min(moment, heard)
        settled = 0
        for name in self._deadlines:
            try:
                while asked := await asyncio.to_thread(self.turn, name, moment):
                    settled += asked
            except Exception:
                logger.exception("the deadline %s could not be asked", name)
        return settled

    def turn(self, name: str, moment: datetime) -> int:
        """One transaction: what is due by that moment, each settled at its own."""
        settler = self._settler
        with settler.log.transaction() as tx:
            settler.log.lock(tx)
            due = self._due(tx, name, moment)
            no = self._settled(tx, name, due)
            self._remember(tx, name, no)
        return len(due)

    def _due(self, tx: Connection, name: str, moment: datetime) -> Sequence[Due]:
        """What is due, without what was refused before and what waits behind something parked."""
        refused = self._refused(tx, name)
        limit = TURN + len(refused)
        while True:
            found = self._deadlines[name].due(tx, moment, limit)
            due = self._heard(tx, self._standing(tx, refused, found))[:TURN]
            if due or len(found) < limit:
                return due
            limit *= 2

    def _heard(self, tx: Connection, due: Sequence[Due]) -> list[Due]:
        """Without those of a matter of which something is parked: it may be the answer."""
        subjects = [self._settler.subject(one.command) for one in due]
        matters = matters_of(tx, subjects)
        waiting = self._parking.matters(tx, set(matters.values()))
        pairs = zip(due, subjects, strict=True)
        return [one for one, subject in pairs if matters.get(subject) not in waiting]

    def _settled(self, tx: Connection, name: str, due: Sequence[Due]) -> list[Due]:
        """In one go; if that fails, halved until the culprits are alone. Those that were refused,
        or could not be settled: neither is asked again until its stream moves."""
        if not due:
            return []
        requests = [
            Request(command=one.command, context=self._context(name, one), awaited=False)
            for one in due
        ]
        try:
            with tx.begin_nested():
                answers = self._settler.settle(tx, requests)
                for answer in answers:
                    if isinstance(answer, Fault):
                        raise answer
        except Exception as fault:
            if outage(fault) or passing(fault) or lost(fault):
                raise
            if len(due) == 1:
                logger.exception("%s could not be settled", name)
                return list(due)
            half = len(due) // 2
            return self._settled(tx, name, due[:half]) + self._settled(tx, name, due[half:])
        pairs = zip(due, answers, strict=True)
        return [one for one, answer in pairs if isinstance(answer, Refused)]

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
            for name, deadline in self._deadlines.items():
                refused = self._refused(tx, name)
                due = deadline.due(tx, moment, limit + len(refused))
                for one in self._standing(tx, refused, due):
                    found.append((self._settler.subject(one.command), one.at))
        return sorted(found, key=lambda one: one[1])[:limit]

    def _refused(self, tx: Connection, name: str) -> dict[str, int]:
        found = select(refused_deadlines).where(refused_deadlines.c.name == name)
        return {row.subject: row.sequence for row in tx.execute(found)}

    def _standing(
        self, tx: Connection, refused: Mapping[str, int], due: Sequence[Due]
    ) -> list[Due]:
        """Without those that were refused and whose stream has not moved since."""
        return [
            one
            for one in due
            if (subject := self._settler.subject(one.command)) not in refused
            or refused[subject] < sequence_of(tx, subject)
        ]

    def _remember(self, tx: Connection, name: str, refused: Sequence[Due]) -> None:
        rows = Rows(refused_deadlines)
        for one in refused:
            subject = self._settler.subject(one.command)
            rows.set(name=name, subject=subject, sequence=sequence_of(tx, subject))
        rows.write(tx)

    def _context(self, name: str, one: Due) -> Context:
        return Context(
            actor=name,
            role=SYSTEM,
            agency=one.agency,
            at=one.at,
            occurred=one.at,
            causation_id=uuid7(),
        )


def matters_of(tx: Connection, subjects: Collection[str]) -> dict[str, str]:
    """The trace code of each stream."""
    found = select(events.c.subject, events.c.correlation_id)
    rows = tx.execute(found.where(events.c.subject.in_(subjects), events.c.sequence == 1))
    return {row.subject: row.correlation_id for row in rows}


def sequence_of(tx: Connection, subject: str) -> int:
    found = select(events.c.sequence).where(events.c.subject == subject)
    return tx.execute(found.order_by(events.c.sequence.desc()).limit(1)).scalar() or 0
