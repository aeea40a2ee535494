"""Carries the log to those who listen: everything, in order, whole batches or none.

One leader a log. What Kafka holds last must lie in the log, or nothing is published: a database
that was restored from a backup, or a fresh one before an old topic, is noticed before it can fork
the record.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, TypeAlias
from uuid import uuid4

from sqlalchemy import Connection, bindparam, insert, select, update

from libs.events.core.kernel import Record
from libs.events.kafka.clients import Fenced, Placed, Producer
from libs.events.kafka.ends import Ends, ForeignTail
from libs.events.kafka.partitions import NONE, PLACED_BY, Placing, Spread, partition_of
from libs.events.kafka.tails import Tails, ToldOn
from libs.events.store import leases
from libs.events.store.log import Log
from libs.events.store.outages import is_outage, said
from libs.events.store.tables import checkpoints
from libs.events.system import telemetry
from libs.events.wire import codec
from libs.events.wire.bounds import LOG, PREVIOUS
from libs.events.wire.codec import Message, Recorded

logger = logging.getLogger(__name__)

# Where a recorded event goes: one message for each topic that is to have it.
Route: TypeAlias = Callable[[Connection, Sequence[Recorded]], Sequence[Message]]
Sent: TypeAlias = Callable[[Sequence[Message]], Awaitable[None]]

SHORTEST, LONGEST = 0.02, 1.0
# Small batches begin so far apart, in seconds: what is recorded meanwhile goes together, for a
# transaction on Kafka and its checkpoint cost the same for one event and for fifty, and each of
# those who listen takes one more turn for it.
LINGER: Final = 0.04
# Nothing new for so long, in seconds: then what had nothing for anybody is noted as read.
QUIET: Final = 0.1
MOVE: Final = (
    update(checkpoints)
    .where(checkpoints.c.reader == bindparam("name"), checkpoints.c.position == bindparam("was"))
    .values(
        position=bindparam("is"), partitions=bindparam("told", type_=checkpoints.c.partitions.type)
    )
)
# Whoever publishes the log on the topic of its service.
RELAY: Final = "relay"


class TopicLost(ForeignTail):
    """Kafka lacks what was published to it. `lianban republish` publishes it again."""


class LeaseLost(Exception):
    """Another process leads by now."""


class Place(Record):
    """How far it was published, and the last position on each partition. The checkpoint may lie
    behind it by events that had nothing for anybody: to read those again does no harm.

    `there` is what each partition held when this began: who led before may have died between a
    commit and its checkpoint, and nothing is published twice."""

    position: int
    partitions: Mapping[str, int]
    checkpoint: int
    there: Mapping[str, int]


# What was recorded, what is to be published of it, and by how many partitions those streams are
# placed that began when the topic had been given more.
Page: TypeAlias = tuple[list[Recorded], Sequence[Message], Mapping[str, int]]


class Relay:
    def __init__(
        self,
        log: Log,
        producers: Callable[[], Producer],
        tails: Tails,
        *,
        topic: str,
        name: str = RELAY,
        route: Route | None = None,
        sent: Sent | None = None,
        batch: int = 500,
        linger: float = LINGER,
        told: ToldOn | None = None,
    ) -> None:
        self._log = log
        self._producers = producers
        self.topic = topic
        self._name = name
        self._route = route or self._own_topic
        self._proves = route is None
        self._ends = Ends(log, tails, told, topic=topic, name=name, proves=self._proves)
        self._sent = sent
        self._batch = batch
        self._linger = linger
        self._owner = str(uuid4())
        self._wake = asyncio.Event()
        self._placing = Placing(Spread.of(topic, 1))
        # The page behind that position, which is read while the one before is published.
        self._ahead: tuple[int, asyncio.Task[Page]] | None = None
        self.leads = False
        # Why nothing is published just now, until somebody has it republished.
        self.lost = ""

    async def run(self) -> None:
        """Safe to run in every process: the others stand by."""
        loop = asyncio.get_running_loop()
        self._log.when_committed(lambda: wake(loop, self._wake))
        pause = SHORTEST
        while True:
            try:
                token = await asyncio.to_thread(self._take)
                if token is None:
                    self.lost = ""
                    await asyncio.sleep(LONGEST)
                    continue
                await self._lead(token)
            except (Fenced, LeaseLost) as lost:
                logger.warning("%s of %s: another leads: %s", self._name, self._log.name, lost)
                await asyncio.sleep(LONGEST)
            except TopicLost as lost:
                if str(lost) != self.lost:
                    logger.critical("%s of %s waits: %s", self._name, self._log.name, lost)
                self.lost = str(lost)
                await asyncio.sleep(LONGEST)
            except ForeignTail:
                logger.critical("%s of %s stopped", self._name, self._log.name, exc_info=True)
                raise
            except Exception as fault:
                told = logger.warning if is_outage(fault) else logger.exception
                told("%s of %s could not go on: %s", self._name, self._log.name, said(fault))
                await asyncio.sleep(pause)
                pause = min(2 * pause, 5.0)
            else:
                pause = SHORTEST

    async def check_tail(self) -> dict[str, int]:
        """Where each partition ends. Raises `ForeignTail`."""
        return await self._ends.check()

    async def _lead(self, token: int) -> None:
        producer = self._producers()
        leading = asyncio.ensure_future(self._carry(producer, token))
        renewing = asyncio.ensure_future(self._renew(token))
        try:
            await asyncio.wait({leading, renewing}, return_when=asyncio.FIRST_COMPLETED)
            for task in (leading, renewing):
                if task.done():
                    await task
        finally:
            self.leads = False
            over = [leading, renewing]
            for task in over:
                task.cancel()
            # Who is ended here may be ended meanwhile itself: that word is not taken for theirs.
            try:
                await asyncio.gather(*over, return_exceptions=True)
                if self._ahead is not None:  # behind a batch that was not published
                    (_, ahead), self._ahead = self._ahead, None
                    ahead.cancel()
                    await asyncio.gather(ahead, return_exceptions=True)
            finally:
                await producer.close()
            with suppress(Exception):
                await asyncio.to_thread(self._release, token)

    async def _carry(self, producer: Producer, token: int) -> None:
        await self._require_lead(token)
        place, log_id = await self.begin(producer)
        self.leads, self.lost = True, ""
        pause, loop = SHORTEST, asyncio.get_running_loop()
        while True:
            self._wake.clear()
            began = loop.time()
            moved = await self.step(producer, place, log_id, token)
            if moved is None:
                if pause > QUIET and place.checkpoint < place.position:
                    place = await self._noted(place, place, token)
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._wake.wait()
                pause = min(2 * pause, LONGEST)
                continue
            pause = SHORTEST
            if moved.position - place.position < self._batch // 2:
                await self._apart(began + self._linger - loop.time())
            place = moved

    async def _apart(self, seconds: float) -> None:
        """What is left of the time between two small batches, which may be none."""
        await asyncio.sleep(seconds)

    async def begin(self, producer: Producer) -> tuple[Place, str]:
        """Whoever led before is fenced, what Kafka holds is ours, and this is where to go on."""
        await producer.start()
        ends = await self.check_tail()
        place = await asyncio.to_thread(self._place, ends)
        for partition, end in ends.items() if self._proves else ():
            if end < (last := place.partitions.get(partition, 0)):
                raise TopicLost(
                    f"{partition} ends at {end}, and was published up to {last}: records are gone,"
                    f" and `lianban republish {self._log.name}` publishes them again"
                )
        return place, await asyncio.to_thread(self._identity)

    async def step(self, producer: Producer, place: Place, log_id: str, token: int) -> Place | None:
        """The next batch published, and the checkpoint behind it, unless none of it was for
        anybody; nothing where all is published."""
        page, messages, later = await self._next(place.position)
        if not page:
            return None
        assert page[0].position == place.position + 1, "a position is missing in the log"
        if len(page) == self._batch:
            self._look_ahead(page[-1].position)
        last = dict(place.partitions)
        batch = list(self._placed(messages, last, log_id, place.there, later))
        if batch:
            await self._require_lead(token)
            with telemetry.sending(self.topic, [one.traceparent for one in page]):
                await producer.send(batch)
        moved = replace(place, position=page[-1].position, partitions=last)
        if self._sent is not None:
            # Before the checkpoint moves: after a crash it is said again, and changes nothing.
            await self._sent(messages)
        if batch or moved.position - moved.checkpoint >= self._batch:
            return await self._noted(place, moved, token)
        return moved

    async def _noted(self, before: Place, after: Place, token: int) -> Place:
        """With the checkpoint where it stands."""
        await asyncio.to_thread(self._move, before.checkpoint, after, token)
        return replace(after, checkpoint=after.position)

    def _look_ahead(self, after: int) -> None:
        self._ahead = after, asyncio.create_task(asyncio.to_thread(self._page, after))

    async def _next(self, after: int) -> Page:
        """The page behind a position; it may have been read already."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None and ahead[0] == after:
            return await ahead[1]
        return await asyncio.to_thread(self._page, after)

    def _placed(
        self,
        messages: Sequence[Message],
        last: dict[str, int],
        log_id: str,
        there: Mapping[str, int] = NONE,
        later: Mapping[str, int] = NONE,
    ) -> Iterator[Placed]:
        """Each on its partition, and with it the one before: so that nothing is missed there. What
        lies there already is left out."""
        first = self._placing.spread.counts[0][1] if self._proves else 1
        for message in messages:
            grown = later.get(message.key.decode()) if later else None
            partition = partition_of(message.key, grown or first)
            where = f"{message.topic}/{partition}"
            position = next(int(text) for name, text in message.headers if name == "ce_sequence")
            if position <= there.get(where, 0):
                continue
            chain = [(PREVIOUS, b"%d" % last.get(where, 0)), (LOG, log_id.encode())]
            if grown:
                chain.append((PLACED_BY, b"%d" % grown))
            last[where] = position
            yield Placed(
                topic=message.topic,
                partition=partition,
                key=message.key,
                headers=(*message.headers, *chain),
                value=message.value,
            )

    async def _require_lead(self, token: int) -> None:
        """Before whoever else led is fenced, and before anything is published: who has slept since
        it took the lead may have lost it. By the database's clock. Raises `LeaseLost`."""
        if not await asyncio.to_thread(self._held, token):
            raise LeaseLost(f"the lease of {self._name} is over")

    async def _renew(self, token: int) -> None:
        while True:
            await asyncio.sleep(leases.TERM / 3)
            if not await asyncio.to_thread(self._renewed, token):
                raise LeaseLost(f"the lease of {self._name} was taken")

    def _own_topic(self, tx: Connection, page: Sequence[Recorded]) -> Sequence[Message]:
        prefix = self.topic.removesuffix(codec.topic_of(self._log.name))
        return [codec.to_message(one, namespace=prefix) for one in page]

    def _page(self, after: int) -> Page:
        with self._log.engine.connect() as tx:
            page = self._log.read(tx, after=after, limit=self._batch)
            later = self._placing.later(tx, page) if self._proves else NONE
            return page, self._route(tx, page) if page else (), later

    def _identity(self) -> str:
        with self._log.engine.connect() as tx:
            return str(self._log.identity(tx))

    def _place(self, ends: Mapping[str, int]) -> Place:
        """The checkpoint; made at the beginning. Of partitions that the topic was given behind our
        back nothing is known here: `lianban topics grow` adopts them."""
        found = select(checkpoints).where(checkpoints.c.reader == self._name)
        spread = Spread.of(self.topic, len(ends))
        with self._log.transaction() as tx:
            row = tx.execute(found).mappings().first()
            there = {one: end for one, end in ends.items() if end}
            if row is None:
                counted: dict[str, Any] = spread.written() if self._proves else {}
                tx.execute(
                    insert(checkpoints).values(reader=self._name, position=0, partitions=counted)
                )
                self._placing = Placing(spread)
                return Place(position=0, partitions=counted | there, checkpoint=0, there=there)
        stored = dict(row["partitions"])
        if self._proves:
            spread = Spread.read(self.topic, stored) or spread
            if len(ends) < spread.count:
                raise TopicLost(
                    f"{self.topic} has {len(ends)} partitions, and its log counts {spread.count}:"
                    f" records are gone, and `lianban republish {self._log.name}` publishes them"
                )
        self._placing = Placing(spread)
        position = row["position"]
        return Place(
            position=position,
            partitions=stored | {one: max(end, stored.get(one, 0)) for one, end in there.items()},
            checkpoint=position,
            there=there,
        )

    def _move(self, before: int, after: Place, token: int) -> None:
        """Only forward, and only by whoever leads."""
        moved = {"was": before, "is": after.position, "told": dict(after.partitions)}
        with self._log.aside() as tx:
            if (
                not leases.holds(tx, self._name, token)
                or tx.execute(MOVE, {"name": self._name, **moved}).rowcount != 1
            ):
                raise LeaseLost(f"{self._name} was led by another")

    def _take(self) -> int | None:
        with self._log.aside() as tx:
            return leases.take(tx, self._name, self._owner)

    def _held(self, token: int) -> bool:
        with self._log.engine.connect() as tx:
            return leases.held(tx, self._name, token)

    def _renewed(self, token: int) -> bool:
        with self._log.aside() as tx:
            return leases.renew(tx, self._name, token)

    def _release(self, token: int) -> None:
        with self._log.aside() as tx:
            leases.release(tx, self._name, token)


def wake(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    with suppress(RuntimeError):  # the loop is closed: nobody carries anything any more
        loop.call_soon_threadsafe(event.set)
