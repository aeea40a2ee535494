"""Topics that were deleted and databases that were restored: nothing is lost, doubled or moved."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from sqlalchemy import Engine, select, update

from libs.events.deciding.settling import Settler
from libs.events.kafka.clients import KafkaProducer
from libs.events.kafka.ends import ForeignTail
from libs.events.kafka.relay import Relay, TopicLost
from libs.events.kafka.tails import KafkaTails
from libs.events.kafka.topics import renew_topic
from libs.events.listening.listener import Listener
from libs.events.releases.recovery import Refusal, recover, republish, seized
from libs.events.store.databases import open_engine
from libs.events.store.tables import events, leases, log_head, numbers, watermarks
from tests.broker.test_consumer import hearing, until
from tests.broker.test_relay import (
    database,
    listener_on,
    positions_heard,
    records_on,
    relay_of,
    say,
    told,
    told_by,
)
from tests.broker.test_relay import namespace as namespace
from tests.broker.test_relay import topic as topic
from tests.broker.test_relay import toy as toy
from tests.events.toy import bookings, settler

pytestmark = pytest.mark.broker


@asynccontextmanager
async def leading(relay: Relay) -> AsyncIterator[None]:
    """As in a service that runs."""
    running = asyncio.create_task(relay.run())
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def republished(toy: Settler, url: str, topic: str, tails: KafkaTails) -> int:
    producer = KafkaProducer(url, transactional_id=topic.removesuffix(".events"))
    relay = relay_of(toy, url, topic, tails, batch=50)
    return await republish(toy.log, relay, partial(renew_topic, url), producer, lambda _: None)


def taken(listener: Listener) -> int:
    with listener.settler.log.engine.connect() as tx:
        return sum(tx.execute(select(watermarks.c.taken)).scalars())


def whole(engine: Engine, table: Any) -> list[Any]:
    with engine.connect() as tx:
        return [tuple(row) for row in tx.execute(select(table).order_by(*table.primary_key))]


async def test_a_topic_is_told_anew_while_one_hears_and_another_lags(
    toy: Settler, tmp_path: Path, kafka_url: str, topic: str, namespace: str
) -> None:
    tails = KafkaTails(kafka_url)
    quick, slow = (listener_on(toy, tmp_path, namespace) for _ in range(2))
    async with leading(relay_of(toy, kafka_url, topic, tails)):
        head = say(toy, 3, 40)
        async with hearing(quick, kafka_url) as batch_consumer:
            await until(lambda: len(positions_heard(quick)) == head)
            slow.take_in((await records_on(kafka_url, topic, head))[: head // 2])
            assert await republished(toy, kafka_url, topic, tails) == head
            later = say(toy, 2, 10)
            await until(lambda: len(positions_heard(quick)) == later)
            assert not batch_consumer.stopped
    async with hearing(slow, kafka_url) as batch_consumer:
        await until(lambda: len(positions_heard(slow)) == later)
        assert not batch_consumer.stopped
    await tails.close()
    for listener in (quick, slow):
        assert positions_heard(listener) == list(range(1, later + 1))
        assert taken(listener) == later
    assert len(await records_on(kafka_url, topic, later)) == later


async def test_a_topic_that_lost_what_it_was_told_is_noticed_by_who_told_it(
    toy: Settler, kafka_url: str, topic: str
) -> None:
    """Deleted and made again, empty, behind everybody's back."""
    tails = KafkaTails(kafka_url)
    head = say(toy, 1, 5)
    await told(relay_of(toy, kafka_url, topic, tails), toy, head)
    await asyncio.to_thread(renew_topic, kafka_url, topic, 3)
    relay = relay_of(toy, kafka_url, topic, tails)
    producer = KafkaProducer(kafka_url, transactional_id=topic.removesuffix(".events"))
    with pytest.raises(TopicLost, match="lianban republish toy"):
        await relay.begin(producer)
    await producer.close()
    # In a service that runs it waits, and goes on by itself once an operator has had it told anew.
    service = relay_of(toy, kafka_url, topic, tails)
    async with leading(service):
        await until(lambda: "lianban republish toy" in service.lost)
        assert await republished(toy, kafka_url, topic, tails) == head
        later = say(toy, 1, 5)
        assert len(await records_on(kafka_url, topic, later)) == later
        await until(lambda: service.lost == "")
    await tails.close()


async def test_who_republishes_is_not_disturbed_by_another(
    toy: Settler, kafka_url: str, topic: str
) -> None:
    tails = KafkaTails(kafka_url)
    with pytest.raises(Refusal, match="has never published anything"):
        await republished(toy, kafka_url, topic, tails)
    head = say(toy, 1, 5)
    await told(relay_of(toy, kafka_url, topic, tails), toy, head)
    seized(toy.log)
    with pytest.raises(Refusal, match="by somebody else"):
        await republished(toy, kafka_url, topic, tails)
    assert len(await records_on(kafka_url, topic, head)) == head
    with toy.log.engine.begin() as tx:
        tx.execute(update(leases).values(expires_at=0.0, owner=""))

    def refuses(url: str, topic: str, partitions: int) -> None:
        raise TimeoutError("it is still there")

    producer = KafkaProducer(kafka_url, transactional_id=topic.removesuffix(".events"))
    relay = relay_of(toy, kafka_url, topic, tails)
    with pytest.raises(TimeoutError):
        await republish(toy.log, relay, partial(refuses, kafka_url), producer, lambda _: None)
    # The lead is anybody's at once, and nothing has changed.
    later = say(toy, 1, 5)
    await told(relay_of(toy, kafka_url, topic, tails), toy, later)
    assert len(await records_on(kafka_url, topic, later)) == later
    await tails.close()


def backed_up(engine: Engine, file: Path) -> Engine:
    """Last night's copy of a database."""
    with sqlite3.connect(engine.url.database or "") as live, sqlite3.connect(file) as copy:
        live.backup(copy)
    return open_engine(f"sqlite:///{file}")


async def test_a_restored_log_is_mended_from_its_topic(
    toy: Settler, tmp_path: Path, kafka_url: str, topic: str, namespace: str
) -> None:
    tails = KafkaTails(kafka_url)
    await told(relay_of(toy, kafka_url, topic, tails), toy, say(toy, 3, 20))
    restored = settler(backed_up(toy.log.engine, tmp_path / "backup.db"), toy.log.keys)
    head = say(toy, 4, 700)
    await told(relay_of(toy, kafka_url, topic, tails, batch=100), toy, head)
    with pytest.raises(ForeignTail, match="was restored"):
        await relay_of(restored, kafka_url, topic, tails).check_tail()
    lost = head - len(whole(restored.log.engine, events))
    progress: list[int] = []
    assert (
        await recover(restored, topic, tails, tails.told, progress.append) == lost == sum(progress)
    )
    for table in (events, log_head, bookings, numbers):
        assert whole(restored.log.engine, table) == whole(toy.log.engine, table), table.name
    assert len(await relay_of(restored, kafka_url, topic, tails).check_tail()) == 3
    with pytest.raises(Refusal, match="lacks nothing"):
        await recover(restored, topic, tails, tails.told, progress.append)
    # It goes on where the other had come to, and whoever listens misses nothing.
    later = say(restored, 1, 30)
    await told(relay_of(restored, kafka_url, topic, tails), restored, later)
    given = [row.booking_no for row in restored.log.engine.connect().execute(select(bookings))]
    assert len(given) == len(set(given)) == 20 + 700 + 30
    batch_consumer = listener_on(restored, tmp_path, namespace)
    async with hearing(batch_consumer, kafka_url) as heard:
        await until(lambda: len(positions_heard(batch_consumer)) == later)
        assert not heard.stopped
    assert len(await records_on(kafka_url, topic, later)) == later
    await tails.close()


async def test_a_lost_log_is_made_of_its_topic_and_another_is_not(
    toy: Settler, tmp_path: Path, kafka_url: str, topic: str
) -> None:
    tails = KafkaTails(kafka_url)
    head = say(toy, 2, 10)
    await told(relay_of(toy, kafka_url, topic, tails), toy, head)
    forked = settler(database(tmp_path, "forked"), toy.log.keys)
    say(forked, 1, 2)
    with pytest.raises(Refusal, match=r"another log|is not what"):
        await recover(forked, topic, tails, tails.told, lambda _: None)
    empty = settler(database(tmp_path, "empty"), toy.log.keys)
    with empty.log.transaction() as tx:
        empty.log.lock(tx)
    assert await recover(empty, topic, tails, tails.told, lambda _: None) == head
    assert whole(empty.log.engine, events) == whole(toy.log.engine, events)
    assert whole(empty.log.engine, log_head) == whole(toy.log.engine, log_head)
    await tails.close()


async def test_a_hole_is_not_passed_over(
    toy: Settler, tmp_path: Path, kafka_url: str, topic: str
) -> None:
    tails = KafkaTails(kafka_url)
    head = say(toy, 2, 10)
    await told(relay_of(toy, kafka_url, topic, tails), toy, head)
    empty = settler(database(tmp_path, "empty"), toy.log.keys)
    with empty.log.transaction() as tx:
        empty.log.lock(tx)

    async def without_one(place: tuple[str, int], start: int) -> AsyncIterator[Any]:
        async for record in tails.told(place, start):
            if dict(record.headers)["ce_sequence"] != b"%020d" % 7:
                yield record

    with pytest.raises(Refusal, match="has nothing of position 7"):
        await recover(empty, topic, tails, without_one, lambda _: None)
    assert whole(empty.log.engine, events) == []
    await tails.close()


def delete_records(url: str, topic: str, share: float) -> None:
    """So much of every partition, from its beginning."""
    admin: Any = KafkaAdminClient(bootstrap_servers=url)
    consumer: Any = KafkaConsumer(bootstrap_servers=url)
    try:
        places = [TopicPartition(topic, number) for number in range(3)]
        ends = consumer.end_offsets(places)
        admin.delete_records({place: int(end * share) for place, end in ends.items()})
    finally:
        consumer.close()
        admin.close()


async def test_records_that_were_heard_may_go(
    toy: Settler, tmp_path: Path, kafka_url: str, topic: str, namespace: str
) -> None:
    """Below the watermark: nobody asks for them again."""
    tails = KafkaTails(kafka_url)
    listener = listener_on(toy, tmp_path, namespace)
    async with leading(relay_of(toy, kafka_url, topic, tails)):
        head = say(toy, 3, 20)
        async with hearing(listener, kafka_url):
            await until(lambda: len(positions_heard(listener)) == head)
        await asyncio.to_thread(delete_records, kafka_url, topic, 1.0)
        head = say(toy, 3, 20)
        async with hearing(listener, kafka_url) as batch_consumer:
            await until(lambda: len(positions_heard(listener)) == head)
            assert not batch_consumer.stopped
    assert taken(listener) == head
    await tails.close()


async def test_records_that_were_not_heard_are_missed_and_told_again(
    toy: Settler, tmp_path: Path, kafka_url: str, topic: str, namespace: str
) -> None:
    """Above the watermark: the chain shows it, nothing is passed over, and the log has them."""
    tails = KafkaTails(kafka_url)
    listener = listener_on(toy, tmp_path, namespace)
    async with leading(relay_of(toy, kafka_url, topic, tails)):
        first = say(toy, 3, 20)
        async with hearing(listener, kafka_url):
            await until(lambda: len(positions_heard(listener)) == first)
        head = say(toy, 3, 60)
        await until(lambda: told_by(toy) == head)
    await asyncio.to_thread(delete_records, kafka_url, topic, 0.8)
    async with hearing(listener, kafka_url) as batch_consumer:
        await until(lambda: bool(batch_consumer.stopped))
        assert "has not been consumed" in batch_consumer.stopped
    assert taken(listener) < head
    assert await republished(toy, kafka_url, topic, tails) == head
    async with hearing(listener, kafka_url) as batch_consumer:
        await until(lambda: len(positions_heard(listener)) == head)
        assert not batch_consumer.stopped
    assert taken(listener) == head
    await tails.close()


async def test_what_is_lost_between_two_readings_leaves_no_hole(
    toy: Settler, tmp_path: Path, kafka_url: str, topic: str
) -> None:
    """The topic is read twice: what the second finds no more is refused, and told again it goes."""
    tails = KafkaTails(kafka_url)
    head = say(toy, 2, 10)
    await told(relay_of(toy, kafka_url, topic, tails), toy, head)
    empty = settler(database(tmp_path, "empty"), toy.log.keys)
    with empty.log.transaction() as tx:
        empty.log.lock(tx)
    readings = 0

    async def shrinking(place: tuple[str, int], start: int) -> AsyncIterator[Any]:
        nonlocal readings
        readings += 1
        async for record in tails.told(place, start):
            position = int(dict(record.headers)["ce_sequence"])
            if readings <= 3 or position not in (head // 2, head):
                yield record

    with pytest.raises(Refusal, match=f"has lost what follows {head // 2 - 1}"):
        await recover(empty, topic, tails, shrinking, lambda _: None)
    assert await recover(empty, topic, tails, tails.told, lambda _: None) > 0
    assert whole(empty.log.engine, events) == whole(toy.log.engine, events)
    await tails.close()
