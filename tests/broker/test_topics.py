"""Topics on a real Kafka: made, compared, mended, and given more partitions while they are read."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from libs.events.deciding.settling import Settler
from libs.events.kafka.clients import KafkaProducer
from libs.events.kafka.partitions import PLACED_BY, Spread, partition_of, stored_spread
from libs.events.kafka.relay import RELAY
from libs.events.kafka.tails import KafkaTails, records_of
from libs.events.kafka.topics import (
    admin_of,
    described,
    differences,
    make_topics,
    mend_topics,
    more_partitions,
    renew_topic,
    settings_of,
)
from libs.events.listening.listener import Listener
from libs.events.releases import growing
from libs.events.releases.recovery import Refusal, recover, republish
from libs.events.store.tables import events, log_head
from libs.events.system.settings import Topics, Unsuitable
from libs.events.wire import codec
from tests.broker.test_consumer import hearing, until
from tests.broker.test_relay import database, listener_on, positions_heard, relay_of, say, told
from tests.broker.test_relay import namespace as namespace
from tests.broker.test_relay import topic as topic
from tests.broker.test_relay import toy as toy
from tests.broker.test_restoring import backed_up, leading, taken, whole
from tests.events.toy import settler

pytestmark = pytest.mark.broker


def changed(url: str, topic: str, settings: Mapping[str, str]) -> None:
    admin: Any = KafkaAdminClient(bootstrap_servers=url)
    try:
        admin.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, topic, configs=dict(settings))]
        )
        # Every broker hears of it by itself.
        while not settings.items() <= settings_of(admin, [topic], "all")[topic].items():
            time.sleep(0.02)
    finally:
        admin.close()


def lines(url: str, topic: str, counted: int | None = None) -> list[str]:
    return [str(one) for one in differences(url, {topic: counted}) if one.topic == topic]


def grown(toy: Settler, url: str, topic: str, count: int) -> list[str]:
    return list(growing.grow(url, {topic: toy.log}, count, lambda seconds: None))


def spread_of(toy: Settler, topic: str) -> Spread:
    with toy.log.engine.connect() as tx:
        found = stored_spread(tx, RELAY, topic)
    assert found is not None
    return found


async def placed(url: str, topic: str) -> dict[str, list[tuple[int, int, str | None]]]:
    """Of each stream, in the order of its partition: partition, sequence, and by how many."""
    found = defaultdict(list)
    async for one in records_of(url, topic):
        recorded = codec.from_message(one.headers, one.value)
        by = dict(one.headers).get(PLACED_BY)
        found[recorded.subject].append((one.partition, recorded.sequence, by and by.decode()))
    return found


def require_in_order(streams: Mapping[str, list[tuple[int, int, str | None]]]) -> None:
    """Each stream whole, on one partition."""
    for subject, records in streams.items():
        assert len({partition for partition, _, _ in records}) == 1, subject
        assert [sequence for _, sequence, _ in records] == list(range(1, len(records) + 1))


def test_one_that_loses_records_is_found_and_mended(kafka_url: str, topic: str) -> None:
    assert lines(kafka_url, topic, 3) == []
    changed(
        kafka_url, topic,
        {"cleanup.policy": "compact,delete", "retention.ms": "604800000", "max.message.bytes": "9"},
    )  # fmt: skip
    found = differences(kafka_url, {topic: 3})
    assert {str(one) for one in found} == {
        f"{topic}: cleanup.policy is compact,delete, and not delete: `lianban topics mend`",
        f"{topic}: retention.ms is 604800000, and not -1: `lianban topics mend`",
        f"{topic}: max.message.bytes is 9, and not 2097152 or more: `lianban topics mend`",
    }
    assert [one.what for one in found if not one.refuses] == ["max.message.bytes"]
    assert len(mend_topics(kafka_url, [topic])) == 3
    assert lines(kafka_url, topic, 3) == []
    assert mend_topics(kafka_url, [topic]) == []


def test_what_is_said_of_copies_is_asked_of_kafka(
    kafka_url: str, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    three = Topics(replication=3)
    found = {str(one) for one in differences(kafka_url, {topic: 3}, three) if one.topic == topic}
    assert found == {
        f"{topic}: replication is 1, and not 3: `lianban topics mend`",
        f"{topic}: min.insync.replicas is 1, and not 2: `lianban topics mend`",
    }
    monkeypatch.setenv("LIANBAN_MIN_INSYNC_REPLICAS", "3")
    monkeypatch.setenv("LIANBAN_REPLICATION_FACTOR", "2")
    with pytest.raises(Unsuitable, match="nothing could be published"):
        make_topics(kafka_url, [f"{topic}.other"])
    monkeypatch.setenv("LIANBAN_REPLICATION_FACTOR", "many")
    with pytest.raises(Unsuitable, match="LIANBAN_REPLICATION_FACTOR is many"):
        make_topics(kafka_url, [f"{topic}.other"])


def test_made_anew_it_has_what_it_had(kafka_url: str, topic: str) -> None:
    mine = {"segment.bytes": "1048576", "retention.ms": "-1"}
    changed(kafka_url, topic, mine)
    with admin_of(kafka_url) as admin:
        before = settings_of(admin, [topic], "modified")
        renew_topic(kafka_url, topic, 5)
        assert settings_of(admin, [topic], "modified") == before
        assert before[topic]["segment.bytes"] == "1048576"
        assert len(described(admin, [topic])[topic]["partitions"]) == 5


async def test_given_more_partitions_each_stream_stays_whole_and_in_order(
    toy: Settler, tmp_path: Path, kafka_url: str, topic: str, namespace: str
) -> None:
    """While it is published and consumed; begun to be read afterwards; told anew; and recovered
    from a backup of before, and from nothing."""
    tails = KafkaTails(kafka_url)
    quick = listener_on(toy, tmp_path, namespace)
    async with leading(relay_of(toy, kafka_url, topic, tails)):
        before = say(toy, 5, 40)
        async with hearing(quick, kafka_url) as batch_consumer:
            await until(lambda: len(positions_heard(quick)) == before)
            restored = settler(backed_up(toy.log.engine, tmp_path / "backup.db"), toy.log.keys)
            growing_now = asyncio.create_task(asyncio.to_thread(grown, toy, kafka_url, topic, 7))
            while not growing_now.done():
                head = await asyncio.to_thread(say, toy, 2, 5)
                await asyncio.sleep(0.3)
            (line,) = await growing_now
            behind = spread_of(toy, topic).counts[1][0]
            assert line.endswith(f"for the streams that begin behind position {behind}")
            head = say(toy, 5, 60)  # old rooms, and new bookings
            await until(lambda: len(positions_heard(quick)) == head)
            assert not batch_consumer.stopped
            assert taken(quick) == head
    assert spread_of(toy, topic).counts == ((0, 3), (behind, 7))
    streams = await placed(kafka_url, topic)
    require_in_order(streams)
    assert {partition for records in streams.values() for partition, _, _ in records} == {*range(7)}
    later = [one for one, records in streams.items() if records[0][2] == "7"]
    assert len(later) > 10
    for one in later:
        assert streams[one][0][0] == partition_of(one.encode(), 7)
    await require_recovered(toy, restored, tmp_path, kafka_url, topic, tails)
    # Told anew it lies as it lay, and whoever has heard it hears nothing twice.
    producer = KafkaProducer(kafka_url, transactional_id=topic.removesuffix(".events"))
    relay = relay_of(toy, kafka_url, topic, tails, batch=50)
    renew = partial(renew_topic, kafka_url)
    assert await republish(toy.log, relay, renew, producer, lambda _: None) == head
    assert await placed(kafka_url, topic) == streams
    slow = listener_on(toy, tmp_path, namespace)
    for listener in (quick, slow):
        await require_heard(listener, kafka_url, head)
    await tails.close()


async def require_recovered(
    toy: Settler, restored: Settler, folder: Path, url: str, topic: str, tails: KafkaTails
) -> None:
    empty = settler(database(folder, "empty"), toy.log.keys)
    with empty.log.transaction() as tx:
        empty.log.lock(tx)
    for mended in (restored, empty):
        await recover(mended, topic, tails, tails.told, lambda _: None)
        for table in (events, log_head):
            assert whole(mended.log.engine, table) == whole(toy.log.engine, table), table.name
        assert spread_of(mended, topic).count == 7
        assert len(await relay_of(mended, url, topic, tails).check_tail()) == 7
    assert spread_of(restored, topic).counts[0] == (0, 3)


async def require_heard(listener: Listener, url: str, head: int) -> None:
    async with hearing(listener, url) as batch_consumer:
        await until(lambda: len(positions_heard(listener)) == head)
        assert not batch_consumer.stopped
    assert taken(listener) == head


async def test_partitions_made_behind_its_back_are_adopted_by_a_command(
    toy: Settler, kafka_url: str, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growing, "WAIT", 0.0)
    tails = KafkaTails(kafka_url)
    head = say(toy, 2, 5)
    await told(relay_of(toy, kafka_url, topic, tails), toy, head)
    more_partitions(kafka_url, topic, 6)
    await tails.close()
    assert lines(kafka_url, topic, 3) == [
        f"{topic}: the number of partitions is 6, and not 3, as its log counts them:"
        " `lianban topics grow --partitions 6 toy`"
    ]
    (one,) = differences(kafka_url, {topic: 8})
    assert one.mend == "lianban republish toy"
    # A relay that leads anew goes on with those that its log counts.
    await told(relay_of(toy, kafka_url, topic, tails), toy, head := say(toy, 2, 5))
    with pytest.raises(Refusal, match="has 6 partitions, and Kafka takes none away"):
        grown(toy, kafka_url, topic, 4)
    assert grown(toy, kafka_url, topic, 6) == [
        f"{topic} has 6 partitions, for the streams that begin behind position {head}"
    ]
    assert lines(kafka_url, topic, 6) == []
    assert grown(toy, kafka_url, topic, 6) == [f"{topic} has 6 partitions already"]
    with pytest.raises(Refusal, match="none is taken away"):
        grown(toy, kafka_url, topic, 3)
    await told(relay_of(toy, kafka_url, topic, tails), toy, say(toy, 2, 30))
    require_in_order(await placed(kafka_url, topic))
    await tails.close()
