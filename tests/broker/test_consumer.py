"""A consumer on a real Kafka: nothing is lost to a stranger, an abort or an offset."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.admin import ApiVersionRequest
from kafka import KafkaConsumer, TopicPartition
from kafka import KafkaProducer as PlainProducer
from sqlalchemy import delete, select

from libs.events.deciding.settling import Settler
from libs.events.kafka.clients import open_broker
from libs.events.kafka.consumers import LenientConsumer
from libs.events.kafka.tails import KafkaTails
from libs.events.kafka.topics import send_copies
from libs.events.listening.consumer import BatchConsumer
from libs.events.listening.dead_letters import DeadLetterPublisher
from libs.events.listening.listener import Listener
from libs.events.store.tables import heard, parked, watermarks
from tests.broker.test_relay import listener_on, positions_heard, relay_of, say, told
from tests.broker.test_relay import namespace as namespace
from tests.broker.test_relay import topic as topic
from tests.broker.test_relay import toy as toy

pytestmark = pytest.mark.broker

BAD_BYTES = b"\xff\xfe-name"


class RawName(str):
    """A header name that is not UTF-8, which no client of good will can write."""

    __slots__ = ()

    def encode(self, *given: str, **named: str) -> bytes:
        return BAD_BYTES


@asynccontextmanager
async def hearing(listener: Listener, url: str) -> AsyncIterator[BatchConsumer]:
    broker = open_broker(url)
    batch_consumer = BatchConsumer(broker, listener)
    await broker.start()
    try:
        yield batch_consumer
    finally:
        await broker.stop()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - another thread makes it so
            await asyncio.sleep(0.02)


def strangers(listener: Listener) -> list[str]:
    with listener.settler.log.engine.connect() as tx:
        rows = tx.execute(select(parked.c.subject, parked.c.dead).order_by(parked.c.id)).all()
    assert all(row.dead for row in rows)
    return [row.subject for row in rows]


def write_strangers(url: str, topic: str, compression: str | None) -> int:
    """Good bytes and bad ones in one batch, on every partition. How many records."""
    producer = PlainProducer(
        bootstrap_servers=url, acks="all", linger_ms=200, compression_type=compression
    )
    names: Sequence[list[tuple[str, bytes]]] = (
        [("ok", b"1")],
        [("ok", b"1"), (RawName("raw"), b"v")],
        [("ce_id", b"\xff\xfe")],
        [],
    )
    sent = [
        producer.send(topic, value=b"%s %d %d" % (str(compression).encode(), place, number),
                      partition=place, headers=headers)
        for place in range(3)
        for number, headers in enumerate(names)
    ]  # fmt: skip
    sent.append(producer.send(topic, key=b"gone", value=None, partition=0))
    producer.flush()
    for one in sent:
        one.get(10)
    producer.close()
    return len(sent)


async def copied_as_they_came(listener: Listener, url: str, written: int) -> None:
    """A dead letter lies on a topic for whoever looks there, and is not copied twice."""
    publisher = DeadLetterPublisher(listener, partial(send_copies, url))
    assert await asyncio.to_thread(publisher.once) == written
    assert await asyncio.to_thread(publisher.once) == 0
    consumer = LenientConsumer(
        publisher.topic, bootstrap_servers=url, group_id=None, auto_offset_reset="earliest",
        isolation_level="read_committed",
    )  # fmt: skip
    await consumer.start()
    copies = [await consumer.getone() for _ in range(written)]
    await consumer.stop()
    names = [name.encode("utf-8", "surrogateescape") for copy in copies for name, _ in copy.headers]
    assert names.count(BAD_BYTES) == 3
    assert sum(dict(copy.headers).get("ce_id") == b"\xff\xfe" for copy in copies) == 3
    assert sum(copy.value == b"" for copy in copies) == 1


@pytest.mark.parametrize("compression", [None, "gzip"])
async def test_what_strangers_write_is_set_aside_and_costs_nobody_anything(
    toy: Settler, tmp_path: Path, kafka_url: str, topic: str, namespace: str, compression: str
) -> None:
    """Also a header whose very name is not UTF-8, on which the client's own parser fails."""
    tails = KafkaTails(kafka_url)
    listener = listener_on(toy, tmp_path, namespace)
    first = say(toy, 3, 20)
    await told(relay_of(toy, kafka_url, topic, tails), toy, first)
    written = write_strangers(kafka_url, topic, compression)
    last = say(toy, 4, 20)
    await told(relay_of(toy, kafka_url, topic, tails), toy, last)
    async with hearing(listener, kafka_url) as batch_consumer:
        await until(lambda: len(positions_heard(listener)) == last)
        await until(lambda: len(strangers(listener)) == written)
        assert not batch_consumer.stopped
    assert positions_heard(listener) == list(range(1, last + 1))
    assert len(set(strangers(listener))) == written
    await tails.close()
    await copied_as_they_came(listener, kafka_url, written)


async def test_what_was_aborted_is_not_heard(
    toy: Settler, tmp_path: Path, kafka_url: str, topic: str, namespace: str
) -> None:
    """What lies in a transaction that was taken back never happened."""
    tails = KafkaTails(kafka_url)
    listener = listener_on(toy, tmp_path, namespace)
    aborting = AIOKafkaProducer(bootstrap_servers=kafka_url, transactional_id=f"abort-{topic}")
    await aborting.start()
    async with hearing(listener, kafka_url) as batch_consumer:
        await aborting.begin_transaction()
        for place in range(3):
            await aborting.send_and_wait(topic, b"taken back", partition=place)
        head = say(toy, 3, 20)
        await told(relay_of(toy, kafka_url, topic, tails), toy, head)
        await aborting.abort_transaction()
        await until(lambda: len(positions_heard(listener)) == head)
        assert not batch_consumer.stopped
    await aborting.stop()
    assert strangers(listener) == []
    await tails.close()


async def test_committed_offsets_do_not_say_where_to_begin(
    toy: Settler, tmp_path: Path, kafka_url: str, topic: str, namespace: str
) -> None:
    """A consumer's database was restored from before it had heard: it hears all of it again."""
    tails = KafkaTails(kafka_url)
    listener = listener_on(toy, tmp_path, namespace)
    head = say(toy, 3, 20)
    await told(relay_of(toy, kafka_url, topic, tails), toy, head)
    places = [TopicPartition(topic, place) for place in range(3)]
    follower = KafkaConsumer(bootstrap_servers=kafka_url, group_id=f"{namespace}ear")
    async with hearing(listener, kafka_url) as batch_consumer:
        watching = asyncio.create_task(batch_consumer.watch())
        await until(lambda: len(positions_heard(listener)) == head)
        await until(lambda: any((follower.committed(place) or 0) > 0 for place in places))
        watching.cancel()
    follower.close()
    with listener.settler.log.engine.begin() as tx:
        tx.execute(delete(watermarks))
        tx.execute(delete(heard))
    async with hearing(listener, kafka_url) as batch_consumer:
        await until(lambda: len(positions_heard(listener)) == head)
        assert not batch_consumer.stopped
    await tails.close()


async def test_a_log_that_is_not_the_one_heard_before_stops_the_ear(
    toy: Settler, tmp_path: Path, kafka_url: str, topic: str, namespace: str
) -> None:
    tails = KafkaTails(kafka_url)
    listener = listener_on(toy, tmp_path, namespace)
    head = say(toy, 2, 10)
    await told(relay_of(toy, kafka_url, topic, tails), toy, head)
    async with hearing(listener, kafka_url):
        await until(lambda: len(positions_heard(listener)) == head)
    with listener.settler.log.engine.begin() as tx:
        tx.execute(watermarks.update().values(log_id="another", position=1, kafka_offset=1))
    async with hearing(listener, kafka_url) as batch_consumer:
        await until(lambda: batch_consumer.stopped != "")
        assert "was consumed before" in batch_consumer.stopped
    await tails.close()


async def test_a_consumer_whose_tasks_have_died_is_begun_anew(
    toy: Settler, tmp_path: Path, kafka_url: str, topic: str, namespace: str
) -> None:
    tails = KafkaTails(kafka_url)
    listener = listener_on(toy, tmp_path, namespace)
    first = say(toy, 1, 2)
    await told(relay_of(toy, kafka_url, topic, tails), toy, first)
    async with hearing(listener, kafka_url) as batch_consumer:
        watching = asyncio.create_task(batch_consumer.watch())
        try:
            await until(lambda: len(positions_heard(listener)) == first)
            dead = batch_consumer._subscriber.consumer
            dead._fetcher._fetch_task.cancel()
            await until(lambda: batch_consumer._subscriber.consumer is not dead)
            head = say(toy, 1, 2)
            await told(relay_of(toy, kafka_url, topic, tails), toy, head)
            await until(lambda: len(positions_heard(listener)) == head)
        finally:
            watching.cancel()
    await tails.close()


async def test_a_reset_connection_is_a_connection_that_is_gone() -> None:
    """As aiokafka expects it, whatever the event loop says (aiokafka #1038)."""

    class Closed:
        def write(self, data: bytes) -> None:
            raise RuntimeError("unable to perform operation on <TCPTransport closed=True>")

        def close(self) -> None:
            return None

    connection = AIOKafkaConnection("127.0.0.1", 1)
    connection._writer, connection._versions = Closed(), {18: (0, 0)}
    with pytest.raises(KafkaConnectionError, match="TCPTransport closed"):
        connection.send(ApiVersionRequest())
