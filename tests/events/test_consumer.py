"""A consumer that died is begun anew, and one from which nothing follows backs off."""

import asyncio
from time import sleep, time
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaTimeoutError
from sqlalchemy import Engine

from libs.events.kafka.clients import open_broker
from libs.events.listening.consumer import (
    BACKOFF,
    BATCH,
    FRESH,
    LONGEST_BACKOFF,
    STUCK,
    BatchConsumer,
)
from libs.events.listening.listener import Listener, Reaction
from libs.events.store.outages import Away
from libs.events.store.vault import Vault
from tests.events.toy import project_rooms, settler


class Subscriber:
    """Its consumer has died; the first attempt to begin anew fails, as while Kafka is away."""

    def __init__(self) -> None:
        died: Any = asyncio.get_running_loop().create_future()
        died.set_result(None)
        self.consumer: Any = SimpleNamespace(_fetcher=SimpleNamespace(_fetch_task=died))
        self.begun = 0

    async def stop(self) -> None:
        self.consumer = None

    async def start(self) -> None:
        self.begun += 1
        self.consumer = SimpleNamespace()
        if self.begun == 1:
            raise ConnectionError("Kafka is away")


async def test_it_is_tried_until_it_succeeds_and_said_meanwhile(
    store: Engine, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    reactions = {"inn.rooms": Reaction(to=["toy"], project=project_rooms)}
    batch_consumer = BatchConsumer(
        open_broker("127.0.0.1:1"), Listener(settler(store, vault), reactions)
    )
    subscriber = batch_consumer._subscriber = Subscriber()

    class Over(Exception):
        pass

    async def sleep(seconds: float) -> None:
        said.append(batch_consumer.broken)
        if len(said) > 3:
            raise Over

    monkeypatch.setattr("libs.events.listening.consumer.asyncio.sleep", sleep)
    with pytest.raises(Over):
        await batch_consumer.watch()
    assert subscriber.begun == 2
    assert [bool(one) for one in said] == [False, True, False, False]


@pytest.mark.parametrize(
    ("followed", "size", "age", "rests"),
    [
        (0, 1, 0.0, True),
        (0, BATCH // 2 - 1, 0.0, True),
        (0, BATCH // 2, 0.0, False),
        (3, 1, 0.0, False),
        (0, 1, 2 * FRESH, False),
    ],
)
async def test_it_rests_after_a_small_batch_from_which_nothing_followed(
    store: Engine,
    vault: Vault,
    monkeypatch: pytest.MonkeyPatch,
    followed: int,
    size: int,
    age: float,
    rests: bool,
) -> None:
    reactions = {"inn.rooms": Reaction(to=["toy"], project=project_rooms)}
    batch_consumer = BatchConsumer(
        open_broker("127.0.0.1:1"), Listener(settler(store, vault), reactions)
    )

    def take_in(records: object) -> int:
        sleep(0.005)
        return followed

    monkeypatch.setattr(batch_consumer._listener, "take_in", take_in)
    rested: list[float] = []

    async def rest(seconds: float) -> None:
        rested.append(seconds)

    monkeypatch.setattr("libs.events.listening.consumer.asyncio.sleep", rest)
    said = (time() - age) * 1_000
    record = SimpleNamespace(topic="toy.events", partition=0, offset=7, headers=(), timestamp=said)
    message: Any = SimpleNamespace(raw_message=[record] * size)
    await batch_consumer._hear(message)
    assert bool(rested) is rests
    assert all(BACKOFF * 0.005 <= one <= LONGEST_BACKOFF for one in rested)
    assert list(batch_consumer._untold.values()) == [8]


async def test_kafka_is_told_of_what_is_ours_and_nobody_waits_for_it(
    store: Engine, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    reactions = {"inn.rooms": Reaction(to=["toy"], project=project_rooms)}
    batch_consumer = BatchConsumer(
        open_broker("127.0.0.1:1"), Listener(settler(store, vault), reactions)
    )
    ours, theirs = (TopicPartition("toy.events", place) for place in range(2))
    told: list[dict[TopicPartition, int]] = []

    async def commit(offsets: dict[TopicPartition, int]) -> None:
        told.append(offsets)
        await asyncio.Event().wait()  # as long as the broker is away

    consumer = SimpleNamespace(commit=commit, assignment=lambda: {ours})
    batch_consumer._subscriber = SimpleNamespace(consumer=consumer)
    monkeypatch.setattr("libs.events.listening.consumer.TELL_SECONDS", 0.01)
    batch_consumer._untold = {ours: 5, theirs: 7}
    async with asyncio.timeout(5):
        await batch_consumer._tell()
        await batch_consumer._tell()
    assert told == [{ours: 5}]
    batch_consumer._untold = {ours: 9}
    await batch_consumer.on_partitions_revoked({ours})
    await batch_consumer._tell()
    assert told == [{ours: 5}]


async def test_without_backoff_it_goes_on_at_once(
    store: Engine, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    reactions = {"inn.rooms": Reaction(to=["toy"], project=project_rooms)}
    listener = Listener(settler(store, vault), reactions)
    batch_consumer = BatchConsumer(open_broker("127.0.0.1:1"), listener, backoff=0.0)
    monkeypatch.setattr(listener, "take_in", lambda records: 0)
    rested: list[float] = []

    async def rest(seconds: float) -> None:
        rested.append(seconds)

    monkeypatch.setattr("libs.events.listening.consumer.asyncio.sleep", rest)
    record = SimpleNamespace(
        topic="toy.events", partition=0, offset=7, headers=(), timestamp=time() * 1_000
    )
    message: Any = SimpleNamespace(raw_message=[record])
    await batch_consumer._hear(message)
    assert rested == [0.0]


async def test_who_has_something_to_take_in_and_does_not_says_so(
    store: Engine, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.events.listening.consumer.STUCK", 0.2)
    reactions = {"inn.rooms": Reaction(to=["toy"], project=project_rooms)}
    batch_consumer = BatchConsumer(
        open_broker("127.0.0.1:1"), Listener(settler(store, vault), reactions)
    )
    away = True

    def take_in(records: object) -> int:
        if away:
            raise Away("the key store does not answer")
        return 1

    monkeypatch.setattr(batch_consumer._listener, "take_in", take_in)
    record = SimpleNamespace(topic="toy.events", partition=0, offset=7, headers=(), timestamp=0)
    message: Any = SimpleNamespace(raw_message=[record])
    assert batch_consumer.stuck == ""
    taking = asyncio.create_task(batch_consumer._hear(message))
    async with asyncio.timeout(60):
        while not batch_consumer.stuck:  # noqa: ASYNC110 - it is how long that takes
            await asyncio.sleep(0.02)
        assert "the key store does not answer" in batch_consumer.stuck
        away = False
        await taking
    assert batch_consumer.stuck == ""


async def test_where_to_begin_is_asked_until_kafka_says_it(store: Engine, vault: Vault) -> None:
    """A rebalance while a broker is away: no partition stays paused because of it."""
    reactions = {"inn.rooms": Reaction(to=["toy"], project=project_rooms)}
    batch_consumer = BatchConsumer(
        open_broker("127.0.0.1:1"), Listener(settler(store, vault), reactions)
    )
    places = [TopicPartition("toy.events", number) for number in range(3)]
    paused: set[TopicPartition] = set()
    away = {places[1]}

    async def seek_to_beginning(place: TopicPartition) -> None:
        if place in away:
            raise KafkaTimeoutError

    consumer = SimpleNamespace(
        pause=lambda *some: paused.update(some), resume=paused.discard,
        seek_to_beginning=seek_to_beginning, assignment=lambda: set(places),
    )  # fmt: skip
    batch_consumer._subscriber = SimpleNamespace(consumer=consumer)
    await batch_consumer.on_partitions_assigned(places)
    assert paused == away
    await batch_consumer._begin_again()
    assert paused == {places[1]}
    assert batch_consumer.stuck == ""
    batch_consumer._assigned -= 2 * STUCK
    assert "not known on 1 partitions" in batch_consumer.stuck
    away.clear()
    await batch_consumer._begin_again()
    assert paused == set()
    assert batch_consumer.stuck == ""
