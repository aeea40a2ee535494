"""When a log and its topic part ways: the topic is published anew, or the log is mended from it.

`republish` is for a topic that was deleted or damaged. `recover` is for a database that was
restored from a backup: what Kafka holds beyond it is taken back, byte for byte.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from heapq import heappop, heappush
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import select, update

from libs.events.deciding.settling import Settler
from libs.events.kafka.clients import Producer
from libs.events.kafka.partitions import (
    PLACED_BY,
    Spread,
    partition_of,
    stored_spread,
)
from libs.events.kafka.relay import RELAY, Relay
from libs.events.kafka.tails import Tails, ToldOn
from libs.events.store import leases
from libs.events.store.log import Log
from libs.events.store.read_models import Rows
from libs.events.store.tables import checkpoints, log_head
from libs.events.wire import codec
from libs.events.wire.bounds import Unreadable, chained, number
from libs.events.wire.codec import Recorded

TURN: Final = 500
REPUBLISHING: Final = "republish"

Told = Callable[[int], None]
# Deletes a topic and makes it again with so many partitions; what is not there is only made.
Renew = Callable[[str, int], None]


class Refusal(Exception):
    """It cannot be done, or need not be: in one line."""


async def republish(log: Log, relay: Relay, renew: Renew, producer: Producer, told: Told) -> int:
    """The topic made anew, and everything published. How many events. Raises `Refusal`.

    Whoever led is fenced before the topic goes, so nothing of an old turn comes onto the new one.
    """
    spread = await asyncio.to_thread(published_on, log, relay.topic)
    token = await asyncio.to_thread(seized, log)
    try:
        await producer.start()
        await producer.close()
        await asyncio.to_thread(renew, relay.topic, spread.count)
        head = await asyncio.to_thread(begun_again, log, spread, token)
    finally:
        await asyncio.to_thread(given_back, log, token)
    running = asyncio.create_task(relay.run())
    try:
        reached = 0
        while reached < head:
            position = await asyncio.to_thread(position_of, log)
            told(position - reached)
            reached = position
            if running.done():
                await running
            await asyncio.sleep(0.05)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    return head


def seized(log: Log) -> int:
    """The lead, from whoever has it; but not from another who republishes."""
    with log.engine.execution_options(writes=True).begin() as tx:
        if leases.owner(tx, RELAY) == REPUBLISHING:
            raise Refusal(f"{log.name} is being republished by somebody else")
        return leases.seize(tx, RELAY, REPUBLISHING)


def published_on(log: Log, topic: str) -> Spread:
    """How many partitions its topic has had, and since when. Raises `Refusal`."""
    with log.engine.connect() as tx:
        spread = stored_spread(tx, RELAY, topic)
    if spread is None:
        raise Refusal(f"{log.name} has never published anything")
    return spread


def begun_again(log: Log, spread: Spread, token: int) -> int:
    """The checkpoint stands at the beginning. Where the log ends."""
    with log.engine.execution_options(writes=True).begin() as tx:
        if not leases.holds(tx, RELAY, token):
            raise Refusal(f"{log.name} was led by another meanwhile: begin again")
        start = update(checkpoints).where(checkpoints.c.reader == RELAY)
        tx.execute(start.values(position=0, partitions=spread.written()))
        return log.head(tx)


def given_back(log: Log, token: int) -> None:
    """Whoever stands by leads at once, also where this could not be done."""
    with log.engine.execution_options(writes=True).begin() as tx:
        leases.release(tx, RELAY, token)


def position_of(log: Log) -> int:
    with log.engine.connect() as tx:
        found = select(checkpoints.c.position).where(checkpoints.c.reader == RELAY)
        return tx.execute(found).scalar() or 0


async def recover(settler: Settler, topic: str, tails: Tails, told_on: ToldOn, told: Told) -> int:
    """What Kafka holds beyond the log, appended. How many events. Raises `Refusal`, before anything
    is. The topic is read twice, and of it no more than a turn is held at a time."""
    places = list(await tails([topic]))
    found = await beyond(settler.log, topic, places, told_on)
    spread = await asyncio.to_thread(spread_of, settler.log, topic, found)
    last, some = found.head, list[Recorded]()
    async with aclosing(merged(told_on, places)) as every:
        async for said in every:
            if said.recorded.source != settler.log.name or said.recorded.position <= last:
                continue
            if said.recorded.position != last + 1:
                break
            some.append(said.recorded)
            last = said.recorded.position
            if len(some) == TURN or last == found.last:
                await asyncio.to_thread(appended, settler, some, found.log_id)
                told(len(some))
                some = []
            if last == found.last:
                break
    if last != found.last:
        raise Refusal(f"{topic} went on to {found.last}, and has lost what follows {last}")
    await asyncio.to_thread(caught_up, settler.log, last, spread, found)
    return found.last - found.head


class Said(NamedTuple):
    """A record that follows the one before it on its partition, and what it says of its log."""

    recorded: Recorded
    log_id: str
    partition: int
    # By how many partitions it was placed, where it says so.
    placed_by: int | None


async def merged(told_on: ToldOn, places: Sequence[tuple[str, int]]) -> AsyncGenerator[Said, None]:
    """All that lies on some partitions, in the order of their log: of each, one is held."""
    streams = [following(told_on(place, 0), place[1]) for place in places]
    heap: list[tuple[int, int, Said]] = []
    try:
        for which, stream in enumerate(streams):
            if (said := await anext(stream, None)) is not None:
                heappush(heap, (said.recorded.position, which, said))
        while heap:
            _, which, said = heappop(heap)
            yield said
            if (after := await anext(streams[which], None)) is not None:
                heappush(heap, (after.recorded.position, which, after))
    finally:
        for stream in streams:
            await stream.aclose()


async def following(records: AsyncIterator[Any], partition: int) -> AsyncGenerator[Said, None]:
    """Each that names the one before it; what does not is a copy, or nobody's."""
    last: tuple[str, int] | None = None
    async for record in records:
        try:
            recorded = codec.from_message(record.headers, record.value)
            headers = dict(record.headers)
            log_id, previous = chained(headers)
            placed_by = number(headers[PLACED_BY].decode()) if PLACED_BY in headers else None
        except (Unreadable, ValueError):
            continue  # nobody of ours wrote it
        if last is None or last == (log_id, previous):
            last = log_id, recorded.position
            yield Said(recorded, log_id, partition, placed_by)


class Beyond:
    """What lies on a topic beyond a log, and where each partition ends."""

    def __init__(self, head: int, partitions: int) -> None:
        self.head = self.last = head
        self.partitions: dict[str, int] = {}
        self.log_id: UUID | None = None
        # By which numbers of partitions all streams lie where they lie that do not say it; and of
        # the others, where the first begins that was placed by each number.
        self.counts = list(range(partitions, 0, -1))
        self.placed_by: dict[int, int] = {}

    def begins(self, said: Said) -> None:
        """A stream does."""
        if said.placed_by is not None:
            self.placed_by.setdefault(said.placed_by, said.recorded.position)
            return
        key = said.recorded.subject.encode()
        self.counts = [one for one in self.counts if partition_of(key, one) == said.partition]


async def beyond(
    log: Log, topic: str, places: Sequence[tuple[str, int]], told_on: ToldOn
) -> Beyond:
    """Raises `Refusal` where it is another log's, where there is a hole, or nothing is missing."""
    with log.engine.connect() as tx:
        found = Beyond(log.head(tx), len(places))
        ours = str(log.identity(tx))
    ids: set[str] = set()
    known: dict[int, Recorded] = {}
    hole = 0
    async for said in merged(told_on, places):
        recorded = said.recorded
        if recorded.source != log.name:
            continue
        ids.add(said.log_id)
        found.partitions[f"{topic}/{said.partition}"] = recorded.position
        if recorded.sequence == 1:
            found.begins(said)
        if recorded.position <= found.head:
            known[said.partition] = recorded
        elif recorded.position == found.last + 1:
            found.last = recorded.position
        elif recorded.position > found.last:
            hole = hole or found.last + 1
    for recorded in known.values():
        require_same(log, topic, recorded)
    if found.last == found.head and not hole:
        raise Refusal(f"{log.name} lacks nothing of what {topic} holds")
    if len(ids) > 1 or (found.head and ids != {ours}):
        raise Refusal(f"{topic} holds what another log of {log.name} has published")
    if hole:
        raise Refusal(f"{topic} has nothing of position {hole}, after {hole - 1}")
    found.log_id = UUID(ids.pop())
    return found


def spread_of(log: Log, topic: str, found: Beyond) -> Spread:
    """How many partitions its topic has had, and since when: as the log remembers it, and further
    as its records say it. Raises `Refusal`."""
    with log.engine.connect() as tx:
        spread = stored_spread(tx, RELAY, topic)
    if spread is None:
        if not found.counts:
            raise Refusal(f"no number of partitions explains where the streams of {topic} lie")
        spread = Spread.of(topic, found.counts[0])
    for by, began in sorted(found.placed_by.items(), key=lambda one: one[1]):
        if began > spread.counts[-1][0] and by != spread.count:
            spread = spread.grown(began - 1, by)
    return spread


def require_same(log: Log, topic: str, recorded: Recorded) -> None:
    with log.engine.connect() as tx:
        ours = log.at(tx, recorded.position)
    if ours is None or codec.leaf(ours) != codec.leaf(recorded):
        raise Refusal(f"position {recorded.position} of {log.name} is not what {topic} holds")


def appended(settler: Settler, some: Sequence[Recorded], log_id: UUID | None) -> None:
    """One turn of what was said before: no byte is written anew, and every board shows it."""
    with settler.log.transaction() as tx:
        if settler.log.lock(tx) == 0:
            tx.execute(update(log_head).values(log_id=log_id))
        settler.log.restore(tx, some)
        facts = settler.log.opened(some)
        for project in settler.projections:
            project(tx, facts)
        # What was given out is given out no second time.
        settler.numbers.given(facts).write(tx)


def caught_up(log: Log, last: int, spread: Spread, found: Beyond) -> None:
    """All of it has been published already, so the relay goes on behind it."""
    rows = Rows(checkpoints)
    with log.transaction() as tx:
        rows.set(reader=RELAY, position=last, partitions=found.partitions | spread.written())
        rows.write(tx)
