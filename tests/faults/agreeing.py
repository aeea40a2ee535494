"""After a run the ledgers must agree: ours, every log, every topic, every subscriber."""

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import func, select

from libs.console.broker import ROOT
from libs.contracts import credit, exchange, grid
from libs.events.core.kernel import Event
from libs.events.kafka.tails import records_of
from libs.events.store.databases import open_engine
from libs.events.store.tables import checkpoints, events, log_head, parked, watermarks
from libs.events.wire import codec
from tests.faults.cluster import Cluster
from tests.faults.driving import Ledger

# Of a firm with one record of a general kind.
SCORED: Final = 740


def rows(url: str, statement: Any) -> list[Any]:
    engine = open_engine(url)
    try:
        with engine.connect() as tx:
            return list(tx.execute(statement))
    finally:
        engine.dispose()


def at_rest(cluster: Cluster, seconds: float = 120) -> list[str]:
    """Waits until all is told and heard. What is not, if it does not come to that."""
    until = time.monotonic() + seconds
    while True:
        missing = list(unfinished(cluster))
        if not missing or time.monotonic() > until:
            return missing
        time.sleep(0.3)


def unfinished(cluster: Cluster) -> Iterator[str]:
    heads = {
        one: rows(cluster.databases[one], select(log_head.c.position))[0].position
        for one in cluster.services
    }
    for one in cluster.services:
        url = cluster.databases[one]
        told = rows(url, select(checkpoints.c.position).where(checkpoints.c.reader == "relay"))
        if heads[one] and (not told or told[0].position < heads[one]):
            yield f"{one} has not told everything"
        taken: Counter[tuple[str, str]] = Counter()
        for row in rows(url, select(watermarks)):
            source = row.topic.removesuffix(".events").rpartition(".")[2]
            taken[row.reaction, source] += row.taken
        for (reaction, source), number in taken.items():
            if number != heads[source]:
                yield f"{reaction} has taken {number} of {heads[source]} of {source}"


def disagreements(cluster: Cluster, ledger: Ledger) -> list[str]:
    """Every one, in words; asked once all is at rest and the services are stopped."""
    found = [f"refused: {one}" for one in ledger.refused[:5]]
    found += [f"{name} did not end in 12 s" for name in cluster.gone]
    for one in cluster.services:
        found += in_log(cluster, one)
    found += acknowledged_and_recorded(cluster, ledger)
    found += effects(cluster, ledger)
    for one in cluster.services:
        found += on_topic(cluster, one)
        found += [f"{one}: {table} is not what its log says" for table in rebuilt(cluster, one)]
    return found


def in_log(cluster: Cluster, service: str) -> Iterator[str]:
    url = cluster.databases[service]
    positions = [row.position for row in rows(url, select(events.c.position).order_by("position"))]
    if positions != list(range(1, len(positions) + 1)):
        yield f"{service}: the positions have gaps"
    for row in rows(url, select(parked)):
        yield f"{service}: parked for {row.reaction}: {row.why} {row.error}"


def acknowledged_and_recorded(cluster: Cluster, ledger: Ledger) -> Iterator[str]:
    """What was acknowledged is in the log once; what is in the log somebody has asked for."""
    kinds = {kind for some in ledger.promised.values() for kind in some}
    recorded: Counter[tuple[str, str]] = Counter()
    for service in {kind.event_type.partition(".")[0] for kind in kinds}:
        wanted = select(events.c.subject, events.c.type).where(
            events.c.type.in_(kind.event_type for kind in kinds)
        )
        recorded += Counter(
            (row.subject, row.type)
            for row in rows(cluster.databases[service], wanted)
            if row.subject not in ledger.others
        )
    for stream, some in ledger.promised.items():
        for kind in some:
            if recorded[stream, kind.event_type] != 1:
                yield f"{kind.__name__} of {stream} was acknowledged, and is not in the log once"
    for (subject, name), number in recorded.items():
        if subject not in ledger.promised or number != 1:
            yield f"{name} of {subject}, {number} times, was asked by nobody"


def told_of(cluster: Cluster, kind: type[Event], ledger: Ledger) -> list[Any]:
    service, name = kind.event_type.partition(".")[0], kind.event_type
    found = rows(cluster.databases[service], select(events).where(events.c.type == name))
    return [row for row in found if row.subject not in ledger.others]


def effects(cluster: Cluster, ledger: Ledger) -> Iterator[str]:
    """Every dispatch is offered and delivered to its agency once; every record counts once."""
    dispatched = grid.ReportDispatched
    expected = {
        str(event.handoff_id)
        for row in told_of(cluster, dispatched, ledger)
        if isinstance(event := codec.decode(row.type, row.data), dispatched)
    }
    for kind in (exchange.HandoffOffered, exchange.HandoffDelivered):
        found = Counter(
            row.subject.removeprefix("handoff/") for row in told_of(cluster, kind, ledger)
        )
        for one in expected - found.keys():
            yield f"{kind.__name__} of {one} is missing"
        for one, number in found.items():
            if number != 1 or one not in expected:
                yield f"{kind.__name__} of {one}: {number} times"
    if "credit" not in cluster.services:
        return
    captured = len(told_of(cluster, credit.RecordCaptured, ledger))
    counted = Counter(
        row.subject
        for row in told_of(cluster, credit.ScoreRecalculated, ledger)
        if json.loads(row.data)["score"] == SCORED
    )
    if len(counted) != captured or counted.total() != captured:
        yield f"{captured} records, each of a firm of its own, and {counted.total()} scores of it"


def on_topic(cluster: Cluster, service: str) -> Iterator[str]:
    """Every event at least once, each stream in order, whatever was told twice."""
    topic = f"{cluster.suite.name}.{service}.events"

    async def read() -> list[tuple[int, str, int]]:
        return [
            (one.position, one.subject, one.sequence)
            async for record in records_of(cluster.kafka.url, topic)
            for one in [codec.from_message(record.headers, record.value)]
        ]

    told = asyncio.run(read())
    ((count,),) = rows(cluster.databases[service], select(func.count()).select_from(events))
    if {position for position, _, _ in told} != set(range(1, count + 1)):
        yield f"{topic} does not hold what the log holds"
    last: dict[str, int] = {}
    for _, subject, sequence in told:
        if sequence > last.get(subject, 0) + 1:
            yield f"{topic}: {subject} goes from {last.get(subject, 0)} to {sequence}"
        last[subject] = max(sequence, last.get(subject, 0))


def rebuilt(cluster: Cluster, service: str) -> list[str]:
    """The read models told everything again: the tables in which something else comes out."""
    (first, *_) = cluster.of(service)
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.again", service, cluster.suite.name],
        cwd=ROOT, env=first.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        return [f"(it could not be rebuilt: {done.stderr[-500:]})"]
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found
