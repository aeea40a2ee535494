"""Hears what others say and asks for what follows from it: each event once in effect."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from libs.events.core.kernel import (
    Command,
    Context,
    Envelope,
    Event,
    ForEachStream,
    MessageSkipped,
    NotFound,
    Record,
    Refused,
)
from libs.events.deciding.settling import Request, Settler
from libs.events.deciding.turn import Fault, Project
from libs.events.listening.parking import BEHIND, OVERTAKEN, PATIENCE, Parked, Parking, Waiting
from libs.events.listening.records import FAILED, UNREADABLE, Received, Stranger, opened
from libs.events.listening.watermarks import Place, Watermarks
from libs.events.store.outages import in_halves, is_outage, said
from libs.events.store.tables import heard as heard_table
from libs.events.system.clocks import machine_clock
from libs.events.wire.bounds import LOG, PREVIOUS
from libs.events.wire.codec import topic_of

__all__ = ["LOG", "PREVIOUS", "Listener", "Reaction"]

logger = logging.getLogger(__name__)

React: TypeAlias = Callable[[Envelope[Event]], Sequence[Command | ForEachStream]]
At: TypeAlias = tuple[Place, int]

# So many that would be parked one after another are no accident: something of ours is broken.
TOO_MANY: Final = 50
# So many of a stream are tried in one transaction.
DRAIN: Final = 500


class Overtaken(Exception):
    """What it needs is not here yet."""


class Broken(Exception):
    """Too many in a row cannot be taken in."""


def nothing(*heard: Any) -> Any:
    """Leads to nothing, remembers nothing."""
    return ()


class Reaction(Record):
    """What one part of a service makes of others: commands, a read model, or both.

    Its name is for ever: under a new one everything is consumed again from the beginning.
    """

    to: Sequence[str]
    react: React = nothing
    project: Project = nothing


@dataclass
class Listener:
    """Takes in batches of records. The chain of each partition says whether one is missing."""

    settler: Settler
    reactions: Mapping[str, Reaction]
    namespace: str = ""
    clock: Callable[[], datetime] = machine_clock
    parking: Parking = field(default_factory=Parking)
    # Where something lies that has no place there: the partition, and the offset.
    foreign: set[tuple[Place, int]] = field(default_factory=set)
    # How many commands followed from what is taken in just now; the consumer rests by it, no more.
    _followed: int = field(default=0, init=False)

    @property
    def topics(self) -> list[str]:
        services = {service for one in self.reactions.values() for service in one.to}
        return sorted(topic_of(service, self.namespace) for service in services)

    def take_in(self, records: Sequence[Any]) -> int:
        """Decoded before the lock; under it what is new is projected and settled, and the
        watermark moves. How many commands followed. Raises `Gap`, `Broken`, or what an outage
        raises; then nothing has moved.
        """
        self._followed = 0
        read = [self._read(record) for record in records]
        strangers = [one for one in read if isinstance(one, Stranger)]
        heard = opened(self.settler.log, [one for one in read if isinstance(one, Received)])
        with self.settler.log.transaction() as tx:
            self.settler.log.lock(tx)
            marks = Watermarks(tx)
            for stranger in strangers:
                logger.error("a stranger on %s: %s", stranger.topic, stranger.error)
                self.parking.park_stranger(tx, stranger, self.clock())
            self._take(tx, heard, marks)
            marks.write(tx)
            self._shown(tx)
        return self._followed

    def _read(self, record: Any) -> Received | Stranger:
        read = Received.of(record, self.namespace)
        if isinstance(read, Received) and (read.place, read.offset) in self.foreign:
            return read.stranger("what follows there is another record")
        return read

    def _shown(self, tx: Connection) -> None:
        """At the end, when no savepoint can take anything back."""
        if any(one.project is not nothing for one in self.reactions.values()):
            self.settler.log.heard(tx)

    def _take(self, tx: Connection, heard: Sequence[Received], marks: Watermarks) -> None:
        follows = {
            name: [one for one in heard if one.source in reaction.to and marks.takes(name, one)]
            for name, reaction in self.reactions.items()
        }
        failed = self._all(tx, follows)
        if failed >= TOO_MANY:
            raise Broken(f"{failed} messages in a row could not be taken in")

    def _all(self, tx: Connection, follows: Mapping[str, Sequence[Received]]) -> int:
        """How many had to be parked for a reason of ours."""
        order = sorted({at(one) for some in follows.values() for one in some})
        failed = 0
        for some, fault in in_halves(order, lambda part: self._together(tx, follows, part)):
            if isinstance(fault, Exception):
                alone = {name: of_these(following, some) for name, following in follows.items()}
                failed += sum(self._alone(tx, name, one) for name, one in alone.items() if one)
        return failed

    def _together(
        self, tx: Connection, follows: Mapping[str, Sequence[Received]], part: Sequence[At]
    ) -> None:
        """What is parked before is known to what comes after."""
        with tx.begin_nested():
            these = {name: of_these(some, part) for name, some in follows.items()}
            self._settled(tx, self._standing(tx, these))

    def _standing(
        self, tx: Connection, follows: Mapping[str, Sequence[Received]]
    ) -> dict[str, list[Received]]:
        """Those that can be taken in; the others are parked, and with them what is behind them."""
        subjects = {one.subject for some in follows.values() for one in some}
        blocked = self.parking.blocked(tx, follows, subjects)
        stands: dict[str, list[Received]] = {name: [] for name in follows}
        for name, some in follows.items():
            waits = blocked.get(name, set())
            for one in some:
                if one.subject in waits:
                    self.parking.park(tx, name, one, BEHIND, "", self.clock())
                elif one.fact is None:
                    waits.add(one.subject)
                    self.parking.park(tx, name, one, one.why, one.error, self.clock())
                else:
                    stands[name].append(one)
        return stands

    def _alone(self, tx: Connection, name: str, one: Sequence[Received]) -> int:
        """One reaction to one message: taken in, or parked."""
        try:
            with tx.begin_nested():
                self._settled(tx, self._standing(tx, {name: one}))
        except Exception as fault:
            if is_outage(fault):
                raise
            why = OVERTAKEN if isinstance(fault, Overtaken) else FAILED
            if why == FAILED:
                logger.exception("%s could not take in %s", name, one[0].recorded.id)
            self.parking.park(tx, name, one[0], why, said(fault), self.clock())
            return int(why == FAILED)
        return 0

    def _settled(
        self, tx: Connection, new: Mapping[str, Sequence[Received]], *, patient: bool = True
    ) -> None:
        """What is remembered first, then what follows. Raises on the first that cannot be."""
        requests: list[Request] = []
        for name, some in new.items():
            reaction = self.reactions[name]
            facts = [one.fact for one in some if one.fact is not None]
            if reaction.project is not nothing:
                keep(tx, some)
                reaction.project(tx, facts)
            for fact in facts:
                for command in reaction.react(fact):
                    context = fact.led_to(actor=name, at=self.settler.clock())
                    requests.append(
                        Request(command=command, context=context, awaited=False, patient=patient)
                    )
        self._followed += len(requests)
        for answer in self.settler.settle(tx, requests) if requests else ():
            if isinstance(answer, Fault):
                raise answer
            if patient and isinstance(answer, NotFound):
                raise Overtaken(str(answer))
            if isinstance(answer, Refused):
                logger.info("refused while nobody waited: %s", answer.rule)

    # What was parked

    def retry_due(self, most: int = DRAIN) -> int:
        """Tries again what is due: of each stream in order, until one fails. How many went well."""
        with self.settler.log.engine.connect() as tx:
            due = self.parking.due(tx, self.clock())
        return sum(self._drain(one, most) for one in due)

    def _drain(self, first: Parked, most: int) -> int:
        taken = 0
        with self.settler.log.transaction() as tx:
            self.settler.log.lock(tx)
            for waits in self.parking.stream(tx, first.reaction, first.subject, most):
                read = Received.of(waits, self.namespace)
                if isinstance(read, Stranger):  # nobody's, however often it is read
                    self.parking.failed(tx, waits.parked, UNREADABLE, read.error, self.clock())
                    break
                (one,) = opened(self.settler.log, [read])
                if (failure := self._again(tx, waits.parked, one)) is not None:
                    self.parking.failed(tx, waits.parked, *failure, self.clock())
                    break
                self.parking.taken(tx, waits.parked)
                taken += 1
            self._shown(tx)
        return taken

    def _again(self, tx: Connection, waits: Parked, one: Received) -> tuple[str, str] | None:
        """Why it failed once more. What waited long enough for what it needs is refused."""
        if one.fact is None:
            return one.why, one.error
        patient = self.clock() < waits.since + PATIENCE
        try:
            with tx.begin_nested():
                self._settled(tx, {waits.reaction: [one]}, patient=patient)
        except Exception as fault:
            if is_outage(fault):
                raise
            return (OVERTAKEN if isinstance(fault, Overtaken) else FAILED), said(fault)
        return None

    # What an operator asks for

    def parked(self, parked_id: int) -> Waiting:
        """Raises `NotFound`."""
        with self.settler.log.engine.connect() as tx:
            return self._found(tx, parked_id)

    def retry(self, parked_id: int) -> int:
        """Tries its stream at once, from the first that waits. How many went well."""
        now = self.clock()
        with self.settler.log.transaction() as tx:
            self.settler.log.lock(tx)
            first = self.parking.first(tx, self._found(tx, parked_id).parked)
            self.parking.revive(tx, first, now)
        return self._drain(first, DRAIN)

    def skip(self, parked_id: int, reason: str, context: Context) -> None:
        """It is passed over, and that is on record: in its matter, if it has one."""
        with self.settler.log.transaction() as tx:
            self.settler.log.lock(tx)
            one = self._found(tx, parked_id).parked
            skipped = MessageSkipped(
                reaction=one.reaction,
                topic=one.topic,
                partition=one.partition,
                position=one.position,
                subject=one.subject,
                reason=reason,
            )
            self.settler.note(tx, skipped, "skip", replace(context, correlation_id=one.matter))
            self.parking.taken(tx, one)

    def _found(self, tx: Connection, parked_id: int) -> Waiting:
        if (found := self.parking.find(tx, parked_id)) is None:
            raise NotFound("No message is parked under the number {parked_id}", parked_id=parked_id)
        return found

    def forget_unknown(self) -> None:
        """At start: what had no contract is tried again if it has one by now."""
        with self.settler.log.transaction() as tx:
            self.parking.known_now(tx, Event.known, self.clock())


def at(one: Received) -> At:
    return one.place, one.position


def of_these(some: Sequence[Received], part: Sequence[At]) -> list[Received]:
    chosen = set(part)
    return [one for one in some if at(one) in chosen]


def keep(tx: Connection, heard: Sequence[Received]) -> None:
    """What is remembered is kept as it came, so that the read model can be made again."""
    columns = [column.name for column in heard_table.c if column.name != "ordinal"]
    rows = [{name: getattr(one.recorded, name) for name in columns} for one in heard]
    if rows:
        dialect: Any = {"postgresql": postgresql, "sqlite": sqlite}[tx.dialect.name]
        tx.execute(dialect.insert(heard_table).on_conflict_do_nothing(), rows)
