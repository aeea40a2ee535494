"""Relay and listener against a real Kafka: in order, whole, once in effect, one leader."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer
from sqlalchemy import Engine, select, update

from libs.events.deciding.settling import Settler
from libs.events.kafka.clients import Fenced, KafkaProducer
from libs.events.kafka.ends import ForeignTail
from libs.events.kafka.relay import LeaseLost, Relay
from libs.events.kafka.tails import KafkaTails
from libs.events.kafka.topics import make_topics
from libs.events.listening.listener import Listener, Reaction
from libs.events.listening.watermarks import Gap
from libs.events.store.databases import open_engine, prepare_tables
from libs.events.store.tables import checkpoints, heard, leases, metadata, watermarks
from libs.events.store.vault import Vault
from tests.conftest import MASTER
from tests.events.toy import Cancel, OpenRoom, asked, book, project_bookings, settler

pytestmark = pytest.mark.broker


@pytest.fixture
def namespace() -> str:
    return f"t{uuid4().hex[:8]}."


@pytest.fixture
def topic(namespace: str, kafka_url: str) -> str:
    name = f"{namespace}toy.events"
    make_topics(kafka_url, [name], partitions=3)
    return name


def database(folder: Path, name: str) -> Engine:
    engine = open_engine(f"sqlite:///{folder}/{name}.db")
    prepare_tables(engine, metadata.sorted_tables)
    return engine


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Settler]:
    keys = Vault(open_engine(f"sqlite:///{tmp_path}/keys.db"), MASTER)
    keys.prepare()
    engine = database(tmp_path, "toy")
    yield settler(engine, keys)
    engine.dispose()
    keys.engine.dispose()


def relay_of(toy: Settler, url: str, topic: str, tails: KafkaTails, batch: int = 7) -> Relay:
    name = topic.removesuffix(".events")
    return Relay(
        toy.log,
        lambda: KafkaProducer(url, transactional_id=name),
        tails,
        topic=topic,
        batch=batch,
        told=tails.told,
    )


def say(toy: Settler, rooms: int, bookings: int) -> int:
    """So many rooms are opened, and bookings made and cancelled in each."""
    with toy.log.transaction() as tx:
        toy.settle(tx, asked(*(OpenRoom(room=f"room-{n}") for n in range(rooms))))
        some = [book(f"room-{n % rooms}") for n in range(bookings)]
        toy.settle(tx, asked(*some))
        toy.settle(tx, asked(*(Cancel(booking_id=one.booking_id) for one in some)))
        return toy.log.lock(tx)


async def told(relay: Relay, toy: Settler, position: int) -> None:
    """Runs the relay until it has told so much."""
    running = asyncio.create_task(relay.run())
    try:
        await reached(toy, position)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def reached(toy: Settler, position: int) -> None:
    async with asyncio.timeout(30):
        while told_by(toy) < position:  # noqa: ASYNC110 - another thread writes it
            await asyncio.sleep(0.02)


def told_by(toy: Settler) -> int:
    with toy.log.engine.connect() as tx:
        return tx.execute(select(checkpoints.c.position)).scalar() or 0


async def records_on(url: str, topic: str, least: int) -> list[Any]:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=url, group_id=None, isolation_level="read_committed",
        enable_auto_commit=False, auto_offset_reset="earliest",
    )  # fmt: skip
    await consumer.start()
    found: list[Any] = []
    try:
        async with asyncio.timeout(30):
            while len(found) < least:
                for some in (await consumer.getmany(timeout_ms=100)).values():
                    found.extend(some)
    finally:
        await consumer.stop()
    return found


def listener_on(toy: Settler, folder: Path, namespace: str) -> Listener:
    """Another service, which only remembers."""
    engine = database(folder, f"ear-{uuid4().hex[:6]}")
    batch_consumer = settler(engine, toy.log.keys)
    batch_consumer.log.name = "ear"
    return Listener(
        batch_consumer, {"ear.bookings": Reaction(to=["toy"], project=project_bookings)}, namespace
    )


def positions_heard(listener: Listener) -> list[int]:
    with listener.settler.log.engine.connect() as tx:
        return list(tx.execute(select(heard.c.position).order_by(heard.c.position)).scalars())


async def test_everything_is_told_in_order_and_once_also_after_a_crash(
    toy: Settler, tmp_path: Path, kafka_url: str, topic: str, namespace: str
) -> None:
    tails = KafkaTails(kafka_url)
    await told(relay_of(toy, kafka_url, topic, tails), toy, say(toy, 5, 40))
    # As if the process had died after the commit and before its checkpoint: it lies there.
    with toy.log.engine.begin() as tx:
        before = tx.execute(select(checkpoints.c.partitions)).scalar_one()
        whole = {name: n for name, n in before.items() if name.startswith("partitions")}
        tx.execute(update(checkpoints).values(position=0, partitions=whole))
        tx.execute(update(leases).values(expires_at=0.0))
    head = say(toy, 5, 3)
    await told(relay_of(toy, kafka_url, topic, tails, batch=50), toy, head)
    records = await records_on(kafka_url, topic, head)
    await tails.close()
    assert len(records) == head, "a plain consumer sees each once"
    streams: dict[bytes, list[int]] = {}
    for record in sorted(records, key=lambda one: (one.partition, one.offset)):
        seen = streams.setdefault(record.key, [])
        seen.append(int(dict(record.headers)["ce_streamversion"]))
    assert all(seen == list(range(1, len(seen) + 1)) for seen in streams.values())
    batch_consumer = listener_on(toy, tmp_path, namespace)
    # And who is given some of them a second time takes none of those.
    for start in range(0, len(records), 30):
        batch_consumer.take_in(records[max(start - 20, 0) : start + 30])
    assert positions_heard(batch_consumer) == list(range(1, head + 1))
    with batch_consumer.settler.log.engine.connect() as tx:
        assert sum(tx.execute(select(watermarks.c.taken)).scalars()) == head


async def test_a_zombie_is_fenced(toy: Settler, kafka_url: str, topic: str) -> None:
    say(toy, 1, 1)
    tails = KafkaTails(kafka_url)
    name = topic.removesuffix(".events")
    zombie = KafkaProducer(kafka_url, transactional_id=name)
    await zombie.start()
    head = say(toy, 1, 3)
    await told(relay_of(toy, kafka_url, topic, tails), toy, head)
    relay = relay_of(toy, kafka_url, topic, tails)
    _, messages, _ = await asyncio.to_thread(relay._page, 0)
    with pytest.raises(Fenced):
        await zombie.send(list(relay._placed(messages[:1], {}, "a zombie's")))
    await zombie.close()
    records = await records_on(kafka_url, topic, head)
    await tails.close()
    assert len(records) == head


async def test_who_slept_before_it_led_takes_the_lead_from_nobody(
    toy: Settler, kafka_url: str, topic: str
) -> None:
    tails = KafkaTails(kafka_url)
    zombie, leader = (relay_of(toy, kafka_url, topic, tails) for _ in range(2))
    token = await asyncio.to_thread(zombie._take)
    assert token is not None
    with toy.log.engine.begin() as tx:
        tx.execute(update(leases).values(expires_at=0.0))
    leading = asyncio.create_task(leader.run())
    try:
        await reached(toy, say(toy, 2, 5))
        with pytest.raises(LeaseLost):
            await zombie._lead(token)
        assert leader.leads
        await reached(toy, say(toy, 2, 5))
        # It wakes just behind that look, and does what it likes: still nothing comes twice.
        again = zombie._producers()
        place, log_id = await zombie.begin(again)
        head = say(toy, 2, 5)
        with pytest.raises(LeaseLost):
            await zombie.step(again, place, log_id, token)
        await again.close()
        await reached(toy, head)
    finally:
        leading.cancel()
        await asyncio.gather(leading, return_exceptions=True)
    records = await records_on(kafka_url, topic, head)
    await tails.close()
    assert len(records) == head
    assert len({dict(one.headers)["ce_id"] for one in records}) == head


async def test_a_database_that_does_not_hold_what_kafka_holds_refuses_to_start(
    toy: Settler, tmp_path: Path, kafka_url: str, topic: str
) -> None:
    tails = KafkaTails(kafka_url)
    head = say(toy, 2, 5)
    await told(relay_of(toy, kafka_url, topic, tails), toy, head)
    assert len(await relay_of(toy, kafka_url, topic, tails).check_tail()) == 3
    restored = settler(database(tmp_path, "restored"), toy.log.keys)
    with pytest.raises(ForeignTail, match="does not hold"):
        await relay_of(restored, kafka_url, topic, tails).check_tail()
    forked = settler(database(tmp_path, "forked"), toy.log.keys)
    say(forked, 2, 5)
    with pytest.raises(ForeignTail):
        await relay_of(forked, kafka_url, topic, tails).check_tail()
    await tails.close()


async def test_a_record_that_is_missing_is_noticed(
    toy: Settler, tmp_path: Path, kafka_url: str, topic: str, namespace: str
) -> None:
    tails = KafkaTails(kafka_url)
    head = say(toy, 3, 10)
    await told(relay_of(toy, kafka_url, topic, tails), toy, head)
    records = await records_on(kafka_url, topic, head)
    await tails.close()
    batch_consumer = listener_on(toy, tmp_path, namespace)
    # One that has another behind it on its partition: nobody can miss the last.
    last = {one.partition: one.offset for one in records}
    missing = next(one for one in records if one.offset < last[one.partition])
    with pytest.raises(Gap):
        batch_consumer.take_in([one for one in records if one is not missing])
    assert positions_heard(batch_consumer) == []
    batch_consumer.take_in(records)
    assert len(positions_heard(batch_consumer)) == head
