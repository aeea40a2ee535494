"""Topics and lag, by kafka-python's admin client and the services' own watermarks."""

import asyncio
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from libs.events.kafka.tails import KafkaTails
from libs.events.store.databases import open_engine
from libs.events.store.tables import watermarks
from libs.events.system.clocks import machine_clock
from libs.events.wire import codec


def ends(url: str) -> list[dict[str, Any]]:
    """Each partition: where it ends, and the position of the last event on it."""
    from kafka import KafkaAdminClient, OffsetSpec, TopicPartition

    admin = KafkaAdminClient(bootstrap_servers=url, request_timeout_ms=15_000)
    try:
        names = sorted(name for name in admin.list_topics() if not name.startswith("__"))
        described = admin.describe_topics(names) if names else []
        places = [
            TopicPartition(one["name"], part["partition_index"])
            for one in described
            for part in one["partitions"]
        ]
        latest = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST))
    finally:
        admin.close()
    last = positions(url, names)
    return [
        {
            "topic": place.topic,
            "partition": place.partition,
            "end": latest[place].offset,
            "position": last.get((place.topic, place.partition), 0),
        }
        for place in sorted(places)
    ]


def positions(url: str, topics: list[str]) -> dict[tuple[str, int], int]:
    if not topics:
        return {}

    async def asked() -> Any:
        tails = KafkaTails(url)
        try:
            return await tails(topics)
        finally:
            await tails.close()

    tails = asyncio.run(asked())
    return {
        place: 0 if tail is None else codec.from_message(tail.headers, tail.value).position
        for place, tail in tails.items()
    }


def behind(url: str, settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of each reaction and partition it has consumed: end, watermark, positions in between, and
    seconds since the last event it consumed was recorded; 0 where it has caught up."""
    rows: list[Any] = []
    for one in settings.values():
        engine = open_engine(one.database_url)
        with engine.connect() as tx:
            rows += tx.execute(select(watermarks)).mappings().all()
        engine.dispose()
    last = positions(url, sorted({row["topic"] for row in rows}))
    now = machine_clock()
    return [
        {
            "reaction": row["reaction"],
            "partition": f"{row['topic']}/{row['partition']}",
            "end": last.get((row["topic"], row["partition"]), 0),
            "at": row["position"],
            "behind": behind,
            "seconds": round((now - row["recorded"]).total_seconds(), 1) if behind else 0.0,
        }
        for row in rows
        for behind in [max(last.get((row["topic"], row["partition"]), 0) - row["position"], 0)]
    ]
