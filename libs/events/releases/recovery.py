"""When a log and its topic part ways: the topic is published anew, or the log is mended from it.

`republish` is for a topic that was deleted or damaged. `recover` is for a database that was
restored from a backup: what Kafka holds beyond it is taken back, byte for byte.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final
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
from libs.events.kafka.tails import Tails
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


async def recover(
    settler: Settler, topic: str, tails: Tails, records: AsyncIterator[Any], told: Told
) -> int:
    """What Kafka holds beyond the log, appended. How many events. Raises `Refusal`."""
    found = await beyond(settler.log, topic, records)
    # Also those on which nothing lies yet: by their number a stream finds its partition.
    partitions = len(await tails([topic]))
    spread = await asyncio.to_thread(spread_of, settler.log, topic, partitions, found)
    last = max(found.missing)
    for start in range(found.head, last, TURN):
        some = [found.missing[n] for n in range(start + 1, min(start + TURN, last) + 1)]
        await asyncio.to_thread(appended, settler, some, found.log_id)
        told(len(some))
    await asyncio.to_thread(caught_up, settler.log, last, spread, found)
    return len(found.missing)


class Beyond:
    """What lies on a topic: what the log lacks of it, and where each partition ends."""

    def __init__(self, head: int) -> None:
        self.head = head
        self.missing: dict[int, Recorded] = {}
        self.partitions: dict[str, int] = {}
        self.log_id: UUID | None = None
        # Where each stream that begins there lies; of those that were placed by more partitions
        # than the topic had at first, by how many, by the position at which they begin.
        self.placed: dict[str, int] = {}
        self.placed_by: dict[int, int] = {}

    def begins(self, recorded: Recorded, partition: int, placed_by: int | None) -> None:
        """A stream does, there."""
        if placed_by is None:
            self.placed[recorded.subject] = partition
        else:
            self.placed_by[recorded.position] = placed_by


async def beyond(log: Log, topic: str, records: AsyncIterator[Any]) -> Beyond:
    """Raises `Refusal` where it is another log's, where there is a hole, or nothing is missing."""
    with log.engine.connect() as tx:
        found = Beyond(log.head(tx))
        ours = str(log.identity(tx))
    ids: set[str] = set()
    known: dict[str, Recorded] = {}
    async for record in records:
        try:
            recorded = codec.from_message(record.headers, record.value)
            headers = dict(record.headers)
            log_id, _ = chained(headers)
            placed_by = number(headers[PLACED_BY].decode()) if PLACED_BY in headers else None
        except (Unreadable, ValueError):
            continue  # nobody of ours wrote it
        if recorded.source != log.name:
            continue
        ids.add(log_id)
        where = f"{topic}/{record.partition}"
        found.partitions[where] = max(found.partitions.get(where, 0), recorded.position)
        if recorded.position > found.head:
            found.missing[recorded.position] = recorded
            if recorded.sequence == 1:
                found.begins(recorded, record.partition, placed_by)
        else:
            known[where] = recorded
    for recorded in known.values():
        require_same(log, topic, recorded)
    if not found.missing:
        raise Refusal(f"{log.name} lacks nothing of what {topic} holds")
    if len(ids) > 1 or (found.head and ids != {ours}):
        raise Refusal(f"{topic} holds what another log of {log.name} has published")
    found.log_id = UUID(ids.pop())
    expected = range(found.head, max(found.missing) + 1)
    for before, position in pairwise(expected):
        if position not in found.missing:
            raise Refusal(f"{topic} has nothing of position {position}, after {before}")
    return found


def spread_of(log: Log, topic: str, count: int, found: Beyond) -> Spread:
    """How many partitions its topic has had, and since when: as the log remembers it, and further
    as its records say it. Raises `Refusal`."""
    with log.engine.connect() as tx:
        spread = stored_spread(tx, RELAY, topic)
    if spread is None:
        spread = Spread.of(topic, first_count(topic, count, found.placed))
    for began, by in sorted(found.placed_by.items()):
        if by != spread.count:
            spread = spread.grown(began - 1, by)
    return spread


def first_count(topic: str, most: int, placed: Mapping[str, int]) -> int:
    """The number of partitions by which these streams lie where they lie. Raises `Refusal`."""
    for count in range(most, 0, -1):
        if all(partition_of(one.encode(), count) == at for one, at in placed.items()):
            return count
    raise Refusal(f"no number of partitions explains where the streams of {topic} lie")


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
