"""Poison: how long the good messages of a batch wait while the bad ones are found; how what waits
behind one is drained; and whether much that waits makes a process grow.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import psutil
from sqlalchemy import select, update

from libs.console import suite as suites
from libs.events.core.kernel import Envelope, Event
from libs.events.kafka.clients import KafkaProducer, open_broker
from libs.events.kafka.relay import Relay
from libs.events.kafka.tails import KafkaTails
from libs.events.kafka.topics import make_topics
from libs.events.listening.consumer import BatchConsumer
from libs.events.listening.listener import Listener, Reaction
from libs.events.store.tables import parked, watermarks
from services.oversight.main import assemble as assemble_oversight
from tests.bench.carrying import BATCH, EFFECT, spoken
from tests.bench.ground import NOW, exchange_on, grid_on, service_on
from tests.bench.history import grow
from tests.bench.measuring import shares

EVERY: Final = 100
BATCHES: Final = 20
BEHIND: Final = 10_000
WAITING: Final = 100_000


class Poison(Exception):
    """What cannot be taken in, however often it is tried."""


def poisoned(listener: Listener, bad: set[str], name: str = "exchange.handoff") -> Listener:
    """The same, to which some messages are poison."""
    reaction = listener.reactions[name]

    def react(fact: Envelope[Event]) -> Any:
        if fact.subject in bad:
            raise Poison(fact.subject)
        return reaction.react(fact)

    reactions = {**listener.reactions, name: replace(reaction, react=react)}
    return Listener(listener.settler, reactions, listener.namespace, listener.clock)


def among_poison(folder: Path, database: str) -> dict[str, Any]:
    """One of a hundred cannot be taken in, five hundred a batch: how long the others took."""
    with exchange_on(database, folder) as exchange:
        records = spoken(EFFECT, exchange.world.keys, BATCH * BATCHES)
        bad = {record.key.decode() for record in records[EVERY // 2 :: EVERY]}
        listener = poisoned(exchange.listener, bad)
        took: list[float] = []
        for start in range(0, len(records), BATCH):
            began = perf_counter()
            listener.take_in(records[start : start + BATCH])
            took += [perf_counter() - began] * (BATCH - BATCH // EVERY)
        with listener.settler.log.engine.connect() as tx:
            waits = len(tx.execute(select(parked.c.id)).all())
    assert waits == len(bad), (waits, len(bad))
    p50, p99 = shares(took, 50, 99)
    return {
        f"{database}: poison, of {len(records)}": waits,
        f"{database}: the others' p50 ms": round(1_000 * p50),
        f"{database}: the others' p99 ms": round(1_000 * p99),
    }


def behind_one(folder: Path, database: str) -> dict[str, Any]:
    """Ten thousand of one stream wait behind its first, which is mended: how long they took."""
    order: list[int] = []

    def remember(tx: Any, facts: Sequence[Envelope[Event]]) -> None:
        order.extend(fact.position for fact in facts)

    with exchange_on(database, folder) as exchange:
        keys = exchange.world.keys
        records = spoken(EFFECT, keys, BEHIND + 1, alone=False)
        seen = Reaction(to=["grid"], project=remember)
        listener = Listener(exchange.settler, {"bench.seen": seen}, clock=lambda: NOW)
        broken = Listener(
            exchange.settler, {"bench.seen": replace(seen, react=refuse)}, clock=lambda: NOW
        )
        for start in range(0, len(records), BATCH):
            broken.take_in(records[start : start + BATCH])
        order.clear()
        with listener.settler.log.transaction() as tx:
            listener.settler.log.lock(tx)
            waits = len(tx.execute(select(parked.c.id)).all())
            tx.execute(update(parked).where(parked.c.due.is_not(None)).values(due=NOW))
        began = perf_counter()
        taken = 0
        while done := listener.retry_due():
            taken += done
        took = perf_counter() - began
    assert waits == taken == BEHIND + 1
    assert order == list(range(1, BEHIND + 2)), "out of order"
    return {
        f"{database}: waited behind one": BEHIND,
        f"{database}: drained in order, seconds": round(took, 1),
    }


def refuse(fact: Envelope[Event]) -> Any:
    raise Poison(fact.subject)


def waiting(folder: Path, url: str, database: str) -> dict[str, Any]:
    """A hundred thousand events are told, and then heard, by a process that has just come back."""
    name = "bench-waiting"
    make_topics(url, suites.topics(name), partitions=3)
    with grid_on(database, folder) as grid:
        grow(grid, WAITING)
        told = asyncio.run(all_told(grid.settler.log, url, f"{name}.grid.events", name))
    with service_on(assemble_oversight, "sqlite", folder) as oversight:
        heard = asyncio.run(all_heard(oversight.listener, url, f"{name}."))
    return {
        f"{database}: waiting": WAITING,
        f"{database}: told a second": round(told[0]),
        f"{database}: MiB grown while it was told": round(told[1], 1),
        "sqlite: heard a second": round(heard[0]),
        "sqlite: MiB grown while it was heard": round(heard[1], 1),
    }


class Grown:
    """How much more memory this process held at most than after its first steps."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._first: int | None = None
        self.most = 0.0

    def look(self) -> None:
        now = self._process.memory_info().rss
        self._first = self._first or now
        self.most = max(self.most, (now - self._first) / 2**20)


async def all_told(log: Any, url: str, topic: str, name: str) -> tuple[float, float]:
    tails, producer = KafkaTails(url), KafkaProducer(url, transactional_id=name)
    relay = Relay(log, lambda: producer, tails, topic=topic)
    token = relay._take()
    assert token is not None
    place, log_id = await relay.begin(producer)
    grown, steps, began = Grown(), 0, perf_counter()
    while moved := await relay.step(producer, place, log_id, token):
        place, steps = moved, steps + 1
        if steps > 5:
            grown.look()
    took = perf_counter() - began
    await producer.close()
    await tails.close()
    return place.position / took, grown.most


async def all_heard(listener: Listener, url: str, namespace: str) -> tuple[float, float]:
    broker = open_broker(url)
    ours = Listener(listener.settler, listener.reactions, namespace)
    BatchConsumer(broker, ours)
    await broker.start()
    grown, began = Grown(), perf_counter()
    try:
        async with asyncio.timeout(300):
            while (taken := taken_by(ours)) < WAITING:
                if taken > BATCH * 5:
                    grown.look()
                await asyncio.sleep(0.1)
    finally:
        await broker.stop()
    return WAITING / (perf_counter() - began), grown.most


def taken_by(listener: Listener) -> int:
    with listener.settler.log.engine.connect() as tx:
        return sum(tx.execute(select(watermarks.c.taken)).scalars())
