"""Reports at a steady pace, from the first word to the agency's inbox; and what Kafka alone takes.

Every report is submitted, registered and dispatched over HTTP, one after another, and is there when
the exchange's log holds its offer.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from time import perf_counter, sleep
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from sqlalchemy import select

from libs.console import suite as suites
from libs.contracts.exchange import HandoffOffered
from libs.events.kafka.topics import make_topics
from libs.events.store.databases import open_engine
from libs.events.store.tables import events
from tests.bench.ground import NOW
from tests.bench.measuring import shares
from tests.bench.web import Connection, report_body
from tests.conftest import ROOT

RATES = (25, 50, 100)
WHO = {
    "submit": ("seat", "HOTLINE_SEAT", "WGZX"),
    "register": ("receiver", "GRID_RECEIVER", "WGZX"),
    "dispatch": ("dispatcher", "GRID_DISPATCHER", "WGZX"),
}


@contextmanager
def watched(url: str, seen: dict[str, float]) -> Iterator[None]:
    """When the offer of each handoff was there to be read, by its stream."""
    over = Flag()

    def watch() -> None:
        engine, after = open_engine(url), 0
        wanted = select(events.c.position, events.c.subject, events.c.type)
        while not over.is_set():
            with engine.connect() as tx:
                rows = tx.execute(wanted.where(events.c.position > after)).all()
            now = perf_counter()
            for position, subject, event_type in rows:
                after = max(after, position)
                if event_type == HandoffOffered.event_type:
                    seen[subject] = now
            sleep(0.002)
        engine.dispose()

    watching = Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()


async def one(
    spare: "asyncio.Queue[Connection]", tokens: Mapping[str, str], began: dict[str, float]
) -> None:
    report_id, handoff_id = str(uuid4()), str(uuid4())
    dispatch = {"assignment_id": str(uuid4()), "handoff_id": handoff_id}
    steps = [
        ("submit", "/reports", report_body(report_id)),
        ("register", f"/reports/{report_id}/register", b"{}"),
        ("dispatch", f"/reports/{report_id}/dispatch", json.dumps(dispatch).encode()),
    ]
    began[f"handoff/{handoff_id}"] = perf_counter()
    connection = await spare.get()
    try:
        for name, path, content in steps:
            status = await connection.post(path, tokens[name], content)
            assert status < 300, (name, status)
    finally:
        spare.put_nowait(connection)


async def paced(
    port: int, tokens: Mapping[str, str], rate: int, seconds: float
) -> dict[str, float]:
    """When each began, by the stream that it will be in the exchange."""
    spare: asyncio.Queue[Connection] = asyncio.Queue()
    opened = [await Connection.opened(port) for _ in range(rate // 2)]
    for connection in opened:
        spare.put_nowait(connection)
    began: dict[str, float] = {}
    start, tasks = perf_counter(), []
    for number in range(int(seconds * rate)):
        await asyncio.sleep(max(0.0, start + number / rate - perf_counter()))
        tasks.append(asyncio.create_task(one(spare, tokens, began)))
    await asyncio.gather(*tasks)
    for connection in opened:
        connection.close()
    return began


async def bare(url: str, rate: int, seconds: float) -> list[float]:
    """The same pace, a message each: produced, and read by somebody else."""
    topic = f"bench-{uuid4().hex[:8]}"
    make_topics(url, [topic], partitions=1)
    producer = AIOKafkaProducer(bootstrap_servers=url, acks="all", linger_ms=0)
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=url, auto_offset_reset="earliest", fetch_max_wait_ms=100
    )
    await producer.start()
    await consumer.start()
    took: list[float] = []
    count = int(seconds * rate)

    async def read() -> None:
        async for message in consumer:
            took.append(perf_counter() - float(message.value))
            if len(took) == count:
                return

    reading = asyncio.create_task(read())
    try:
        start = perf_counter()
        for number in range(count):
            await asyncio.sleep(max(0.0, start + number / rate - perf_counter()))
            await producer.send(topic, repr(perf_counter()).encode())
        async with asyncio.timeout(30):
            await reading
    finally:
        await producer.stop()
        await consumer.stop()
    return took


def pacing(folder: Path, url: str, seconds: float) -> dict[str, Any]:
    name = f"bench-{uuid4().hex[:6]}"
    pack = ROOT / "jurisdictions" / "binhai"
    told: dict[str, Any] = {}
    with suites.running(
        name, var=folder, pack=pack, kafka_url=url, begins=NOW, lingers=True
    ) as suite:
        tokens = {step: suite.headers(*who)["Authorization"] for step, who in WHO.items()}
        port, database = suite.ports["grid"], f"sqlite:///{folder}/{name}/exchange.db"
        asyncio.run(paced(port, tokens, RATES[0], 2.0))
        for rate in RATES:
            took = on_their_way(port, database, tokens, rate, seconds)
            alone = asyncio.run(bare(url, rate, seconds))
            for what, some in (("submit to inbox", took), ("bare produce to consume", alone)):
                for percent, value in zip((50, 95), shares(some, 50, 95), strict=True):
                    told[f"{what} at {rate}/s, p{percent} ms"] = round(1_000 * value, 1)
    return told


def on_their_way(
    port: int, database: str, tokens: Mapping[str, str], rate: int, seconds: float
) -> list[float]:
    """How long each was, in seconds."""
    seen: dict[str, float] = {}
    with watched(database, seen):
        began = asyncio.run(paced(port, tokens, rate, seconds))
        until = perf_counter() + 30
        while not began.keys() <= seen.keys() and perf_counter() < until:
            sleep(0.05)
    assert began.keys() <= seen.keys(), "some have not come in thirty seconds"
    return [seen[one] - at for one, at in began.items()]
