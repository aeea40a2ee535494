"""What telling and hearing cost: our relay beside a bare producer, and what a listener takes in."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any, Final
from uuid import uuid4

from aiokafka import AIOKafkaProducer
from aiokafka.structs import ConsumerRecord
from sqlalchemy import insert

from libs.events.core.kernel import Event
from libs.events.kafka.clients import KafkaProducer, Placed
from libs.events.kafka.partitions import Spread
from libs.events.kafka.relay import Relay
from libs.events.kafka.tails import KafkaTails
from libs.events.kafka.topics import make_topics, more_partitions
from libs.events.process.service import Service
from libs.events.store.tables import checkpoints
from libs.events.store.vault import Vault
from libs.events.system.gc_tuning import collect_seldom
from libs.events.system.ids import uuid7
from libs.events.wire import codec
from libs.events.wire.bounds import LOG, PREVIOUS
from tests.bench.ground import exchange_on, grid_on
from tests.bench.history import grow
from tests.conftest import record_of
from tests.grid.report import past as p
from tests.scenario import heard

COUNT = 20_000
BATCH = 500
PARTITIONS = 3
HEARD = 5_000


@contextmanager
def grown(folder: Path, database: str) -> Iterator[Service]:
    with grid_on(database, folder) as service:
        grow(service, COUNT)
        yield service


def relayed(service: Service, url: str, *, more: bool = False) -> float:
    """Events a second: read, proven, chained, sent in transactions, the checkpoint behind them.
    `more`: its topic was given twice as many partitions when half of it had been recorded."""
    name = f"bench-{uuid4().hex[:8]}"
    topic = f"{name}.grid.events"
    make_topics(url, [topic], partitions=PARTITIONS)
    log = service.settler.log
    if more:
        more_partitions(url, topic, 2 * PARTITIONS)
        with log.transaction() as tx:
            spread = Spread.of(topic, PARTITIONS).grown(COUNT // 2, 2 * PARTITIONS)
            tx.execute(
                insert(checkpoints).values(reader=name, position=0, partitions=spread.written())
            )

    async def told() -> float:
        tails = KafkaTails(url)
        producer = KafkaProducer(url, transactional_id=name)
        relay = Relay(log, lambda: producer, tails, topic=topic, name=name)
        try:
            token = relay._take()
            assert token is not None
            place, log_id = await relay.begin(producer)
            began = perf_counter()
            while moved := await relay.step(producer, place, log_id, token):
                place = moved
            return place.position / (perf_counter() - began)
        finally:
            await producer.close()
            await tails.close()

    return asyncio.run(told())


def produced(service: Service, url: str) -> float:
    """Events a second: the same messages, made before, by a transactional producer alone."""
    name = f"bench-{uuid4().hex[:8]}"
    topic = f"{name}.events"
    make_topics(url, [topic], partitions=PARTITIONS)
    log = service.settler.log
    with log.engine.connect() as tx:
        page = log.read(tx, after=0, limit=COUNT)
    messages = [(place, codec.to_message(one)) for place, one in enumerate(page)]

    async def told() -> float:
        producer = AIOKafkaProducer(
            bootstrap_servers=url, transactional_id=name, acks="all", enable_idempotence=True,
            linger_ms=0, max_request_size=2 * 1024 * 1024,
        )  # fmt: skip
        await producer.start()
        try:
            began = perf_counter()
            for start in range(0, len(messages), BATCH):
                async with producer.transaction():
                    sent = [
                        await producer.send(
                            topic, partition=place % PARTITIONS, key=one.key, value=one.value,
                            headers=list(one.headers),
                        )
                        for place, one in messages[start : start + BATCH]
                    ]  # fmt: skip
                    await asyncio.gather(*sent)
            return len(messages) / (perf_counter() - began)
        finally:
            await producer.stop()

    return asyncio.run(told())


def spoken(
    event: Event, keys: Vault, many: int, *, alone: bool = True
) -> list[ConsumerRecord[bytes, bytes]]:
    """The event of so many reports, each of its own matter, as Kafka hands it over; or of one and
    the same report, where they are not `alone`."""
    facts = []
    one_subject = f"report/{uuid7()}"
    for position in range(1, many + 1):
        own: dict[str, Any] = {
            name: uuid7() for name in ("report_id", "handoff_id", "assignment_id")
            if hasattr(event, name)
        }  # fmt: skip
        data: Any = replace(event, **own)
        fact = heard(data, after=position - 1)
        code = f"BH-TR-20260601-{position:08}-0"
        subject = f"report/{data.report_id}" if alone else one_subject
        facts.append(replace(fact, subject=subject, correlation_id=code))
    known = keys.take({fact.correlation_id for fact in facts})
    messages = [codec.to_message(codec.closed(fact, known)[0]) for fact in facts]
    return [
        record_of(
            Placed(
                topic=one.topic, partition=0, key=one.key, value=one.value,
                headers=(*one.headers, (PREVIOUS, b"%d" % place), (LOG, b"the log behind it")),
            ),
            place,
        )
        for place, one in enumerate(messages)
    ]  # fmt: skip


def taken_in(folder: Path, database: str, event: Event) -> float:
    """Messages a second that an exchange takes in, in batches of five hundred."""
    with exchange_on(database, folder) as exchange:
        records = spoken(event, exchange.world.keys, HEARD)
        collect_seldom()  # a service never holds so many at once: they are not looked through
        began = perf_counter()
        for start in range(0, HEARD, BATCH):
            exchange.listener.take_in(records[start : start + BATCH])
        took = perf_counter() - began
        state = exchange.state()
    assert state["parked"] == 0
    assert {one["taken"] for one in state["heard"]} == {HEARD}
    return HEARD / took


# What is offered to one agency, with its number, its clocks and its place in the inbox; and what
# is a no-op there.
ALONE: Final[dict[str, Any]] = {"co_agencies": ()}
EFFECT: Final = replace(p.DISPATCHED[-1], **ALONE)
NO_EFFECT: Final = p.CHECKING[-1]
