"""Forged and damaged records among the true ones, on a real Kafka: nobody is made deaf by any.

All true ones are taken, in order, each in effect once, and the service says that it is well.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaProducer as PlainProducer
from sqlalchemy import Engine, select

from libs.events.deciding.settling import Settler
from libs.events.kafka.clients import open_broker
from libs.events.kafka.tails import KafkaTails
from libs.events.listening.consumer import BatchConsumer
from libs.events.listening.gaps import goes_on
from libs.events.listening.listener import Listener, Reaction
from libs.events.listening.watermarks import Watermarks
from libs.events.store.tables import heard, parked, watermarks
from tests.broker.test_relay import namespace as namespace
from tests.broker.test_relay import records_on, relay_of, say, told
from tests.broker.test_relay import topic as topic
from tests.broker.test_relay import toy as toy
from tests.events.conftest import store as store
from tests.events.toy import bookings, project_bookings, settler

pytestmark = pytest.mark.broker
ROUNDS, EACH = 10, 100
JUNK: Sequence[bytes] = (
    b"", b"\0", b"a\0b", b"x" * 9_000, b"\xff\xfe", b"-1", b"0", b"1" + b"0" * 30, b"1e9",
    b"NaN", "１２".encode(), b"9999-12-31T23:59:59.999999-23:59", b"0001-01-01T00:00:00+23:59",
    b"2026-06-01T00:00:00", b"../../etc", b"{}", "张三".encode(), b"00000000-0000-0000-0000",
)  # fmt: skip


def junk(chance: Random, true: Sequence[Any]) -> tuple[int, list[tuple[str, bytes]], bytes | None]:
    """Something like a record that there was, on any partition."""
    like = chance.choice(true)
    headers, value = list(like.headers), like.value
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(headers))
        name = headers[place][0]
        match chance.randrange(8):
            case 0 | 1 | 2:
                headers[place] = (name, chance.choice(JUNK))
            case 3:
                del headers[place]
            case 4:
                headers.append((name, chance.choice(JUNK)))
            case 5:
                headers = changed(headers, "lianban-log", str(uuid4()).encode())
            case 6:
                half = like.value[: len(like.value) // 2]
                value = chance.choice([None, b"", b"{", half, b"\0" * 300_000])
            case _:
                headers = changed(headers, "ce_source", b"elsewhere")
    if chance.random() < 0.2:  # what has never been said, behind what was
        headers = changed(headers, "ce_sequence", b"%d" % (10 ** chance.randint(3, 18)))
    return chance.randrange(3), headers, value


def changed(headers: Sequence[tuple[str, bytes]], name: str, text: bytes) -> Any:
    return [(one, text if one == name else said) for one, said in headers]


def write(url: str, topic: str, some: Sequence[Any]) -> None:
    producer = PlainProducer(bootstrap_servers=url, acks="all", linger_ms=5)
    sent = [
        producer.send(topic, key=b"k", value=value, partition=place, headers=headers)
        for place, headers, value in some
    ]
    for one in sent:
        one.get(20)
    producer.close()


def taken(store: Engine) -> tuple[list[int], int]:
    with store.connect() as tx:
        positions = list(tx.execute(select(heard.c.position).order_by(heard.c.ordinal)).scalars())
        return positions, sum(tx.execute(select(watermarks.c.taken)).scalars())


@pytest.mark.timeout(600)
async def test_a_thousand_of_them_cost_nobody_anything(
    toy: Settler, store: Engine, kafka_url: str, topic: str, namespace: str
) -> None:
    chance = Random(20261130)
    inn = settler(store, toy.log.keys)
    inn.log.name = "inn"
    hears = Reaction(to=["toy"], project=project_bookings)
    listener = Listener(inn, {"inn.bookings": hears}, namespace)
    tails = KafkaTails(kafka_url)
    broker = open_broker(kafka_url)
    consumer = BatchConsumer(broker, listener, told=tails.told)
    head = say(toy, 5, 10)
    await told(relay_of(toy, kafka_url, topic, tails), toy, head)
    true = await records_on(kafka_url, topic, head)
    await broker.start()
    watching = asyncio.create_task(consumer.watch())
    try:
        for _ in range(ROUNDS):
            write(kafka_url, topic, [junk(chance, true) for _ in range(EACH)])
            before, head = head, say(toy, 5, 4)
            await told(relay_of(toy, kafka_url, topic, tails), toy, head)
            async with asyncio.timeout(240):
                while len(taken(store)[0]) < head:  # noqa: ASYNC110 - another thread takes them
                    await asyncio.sleep(0.05)
            assert head > before
        assert not consumer.stopped
        assert not consumer.broken
        assert not consumer.stuck
        write(kafka_url, topic, [junk(chance, true) for _ in range(EACH)])
        for (_, place), tail in (await tails([topic])).items():
            with store.connect() as tx:
                mark = Watermarks(tx).marks["inn.bookings", topic, place]
            assert tail is not None
            assert not await goes_on(tails.told, (topic, place), mark), "whatever lies at its end"
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await broker.stop()
        await tails.close()
    positions, count = taken(store)
    assert sorted(positions) == list(range(1, head + 1))
    assert count == head
    in_order(store)
    with store.connect() as tx:
        set_aside = tx.execute(select(parked.c.subject, parked.c.reaction)).all()
        assert {row.reaction for row in set_aside} == {""}, "of the true ones none waits"
        assert len(set_aside) > ROUNDS * EACH / 4
        ours = tx.execute(select(bookings)).all()
    with toy.log.engine.connect() as tx:
        assert sorted(ours) == sorted(tx.execute(select(bookings)).all()), "each in effect once"


def in_order(store: Engine) -> None:
    """Of each stream one after the other."""
    with store.connect() as tx:
        rows = tx.execute(select(heard.c.subject, heard.c.sequence).order_by(heard.c.ordinal))
        last: Counter[str] = Counter()
        for row in rows:
            assert row.sequence == last[row.subject] + 1
            last[row.subject] = row.sequence
