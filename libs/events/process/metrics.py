"""What a service tells Prometheus of its workings: numbers, and nothing that is anybody's own.

Turns are counted as they happen; all else is read from the database when it is asked for. Names as
Prometheus asks for: `lianban_`, base units.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy import Engine, func, select

from libs.events.core.kernel import Record
from libs.events.kafka.relay import RELAY
from libs.events.listening.records import UNREADABLE
from libs.events.store.log import Log
from libs.events.store.tables import (
    checkpoints,
    events,
    failed_deadlines,
    parked,
    refused_deadlines,
    watermarks,
)
from libs.events.system.clocks import machine_clock

SIZES: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500)
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

# The last position of each partition that is consumed, as Kafka has it.
Ends = Mapping[tuple[str, int], int]


# Which reaction is behind which partition.
Behind = Set[tuple[str, str, int]]
# The topics that each reaction hears.
Hears = Mapping[str, Sequence[str]]


class Workings(Record):
    """What goes on in the moment of the question."""

    away: bool = False
    broken: bool = False
    stuck: bool = False
    stopped: bool = False
    # Partitions on which something does not follow, and nobody can say yet what is missing.
    waiting: int = 0
    # Since all deadlines were asked.
    unasked_seconds: float = 0.0


class Metrics:
    """Of one service, in a registry of its own: several may live in one process."""

    def __init__(self, log: Log, waiting: Callable[[], int], hears: Hears) -> None:
        self._registry = CollectorRegistry()
        self._log = log
        self._waiting = waiting
        self._hears = hears
        self._began = machine_clock()
        self._turn_size = Histogram(
            "lianban_settle_turn_requests", "Requests settled in one turn.",
            buckets=SIZES, registry=self._registry,
        )  # fmt: skip
        self._turn_seconds = Histogram(
            "lianban_settle_turn_seconds", "From the taking of the head to the last projection.",
            buckets=SECONDS, registry=self._registry,
        )  # fmt: skip

    def turned(self, requests: int, seconds: float) -> None:
        self._turn_size.observe(requests)
        self._turn_seconds.observe(seconds)

    def text(self, ends: Ends | None, works: Workings, behind: Behind = frozenset()) -> bytes:
        """In Prometheus' own text format, version 0.0.4; without lag where no ends are known."""
        now = machine_clock()
        engine = self._log.engine
        found = [
            *own_log(self._log, now),
            *([] if ends is None else self._consumed(ends, behind, now)),
            *waiting_for_somebody(engine, now),
            *unsettled(engine),
            gauge("lianban_settle_queue", "Requests that wait for their turn.", self._waiting()),
            gauge("lianban_settle_away", "1 while what it stands on does not answer.", works.away),
            gauge("lianban_listening_broken", "1 while too much cannot be taken in.", works.broken),
            gauge("lianban_listening_stuck", "1 while a batch is not taken in.", works.stuck),
            gauge("lianban_listening_waiting", "Partitions that wait alone.", works.waiting),
            gauge("lianban_listening_stopped", "1 once nothing more is consumed.", works.stopped),
            gauge(
                "lianban_deadlines_unasked_seconds", "Since all deadlines were asked.",
                works.unasked_seconds,
            ),
        ]  # fmt: skip
        whole = CollectorRegistry()
        whole.register(Fixed(found))
        return generate_latest(self._registry) + generate_latest(whole)

    def _consumed(self, ends: Ends, behind: Behind, now: datetime) -> list[GaugeMetricFamily]:
        return consumed(self._log.engine, self._hears, ends, behind, self._began, now)


class Fixed:
    """What was just read."""

    def __init__(self, found: Iterable[Metric]) -> None:
        self._found = list(found)

    def collect(self) -> Iterable[Metric]:
        return self._found


def gauge(name: str, told: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, told, value=float(value))


def own_log(log: Log, now: datetime) -> list[GaugeMetricFamily]:
    """Where the log ends, how far it was published, and how long the oldest has waited to be."""
    with log.engine.connect() as tx:
        head = log.head(tx)
        told = select(checkpoints.c.position).where(checkpoints.c.reader == RELAY)
        position = tx.execute(told).scalar() or 0
        following = select(events.c.time).where(events.c.position == position + 1)
        oldest = tx.execute(following).scalar()
    age = (now - oldest).total_seconds() if oldest else 0.0
    return [
        gauge("lianban_log_head", "The last position of the log.", head),
        gauge("lianban_relay_position", "The last position that was published.", position),
        gauge("lianban_relay_oldest_unsent_seconds", "Age of the first not published.", age),
    ]


def consumed(
    engine: Engine, hears: Hears, ends: Ends, lags: Behind, began: datetime, now: datetime
) -> list[GaugeMetricFamily]:
    """How far each reaction is behind each partition; 0 means caught up. Who has consumed nothing
    yet is behind from when its process began."""
    events_behind = GaugeMetricFamily(
        "lianban_watermark_lag", "Positions between the watermark and the end.",
        labels=("reaction", "topic", "partition"),
    )  # fmt: skip
    seconds_behind = GaugeMetricFamily(
        "lianban_watermark_lag_seconds", "Age of the last event that was consumed; 0: caught up.",
        labels=("reaction", "topic", "partition"),
    )  # fmt: skip
    with engine.connect() as tx:
        rows = tx.execute(select(watermarks)).mappings()
        marks = {(row["reaction"], row["topic"], row["partition"]): row for row in rows}
    for reaction, topics in hears.items():
        for topic, partition in sorted(place for place in ends if place[0] in topics):
            row = marks.get((reaction, topic, partition))
            position, last = (row["position"], row["recorded"]) if row else (0, began)
            lag = (reaction, topic, partition) in lags
            behind = max(ends[topic, partition] - position, 0) if lag else 0
            labels = (reaction, topic, str(partition))
            events_behind.add_metric(labels, behind)
            seconds_behind.add_metric(labels, (now - last).total_seconds() if behind else 0.0)
    return [events_behind, seconds_behind]


def unsettled(engine: Engine) -> list[GaugeMetricFamily]:
    """Deadlines that a rule refused, and those that could not be settled and are tried again."""
    with engine.connect() as tx:
        refused, failed = (
            tx.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (refused_deadlines, failed_deadlines)
        )
    return [
        gauge("lianban_deadlines_refused", "Deadlines that a rule has refused.", refused),
        gauge("lianban_deadlines_failed", "Deadlines that are tried again.", failed),
    ]


def waiting_for_somebody(engine: Engine, now: datetime) -> list[GaugeMetricFamily]:
    """What is parked and why, how long the first of any stream has waited, and dead letters."""
    some = GaugeMetricFamily(
        "lianban_parked", "Messages that could not be taken in.", labels=("reaction", "reason")
    )
    age = GaugeMetricFamily(
        "lianban_blocked_stream_seconds", "Age of the oldest blocked stream.", labels=("reaction",)
    )
    dead = GaugeMetricFamily(
        "lianban_dead", "Messages that wait for an operator.", labels=("reaction", "reason")
    )
    counted = (
        select(
            parked.c.reaction,
            parked.c.why,
            func.count().label("some"),
            func.count().filter(parked.c.dead.is_(True)).label("dead"),
            func.min(parked.c.since).label("since"),
        )
        .group_by(parked.c.reaction, parked.c.why)
        .order_by(parked.c.reaction, parked.c.why)
    )
    oldest: dict[str, datetime] = {}
    with engine.connect() as tx:
        for row in tx.execute(counted):
            reaction = row.reaction or "nobody"
            some.add_metric((reaction, row.why), row.some)
            dead.add_metric((reaction, row.why), row.dead)
            if row.reaction or row.why != UNREADABLE:
                oldest[reaction] = min(row.since, oldest.get(reaction, now))
    for reaction, since in oldest.items():
        age.add_metric((reaction,), (now - since).total_seconds())
    return [some, age, dead]


def content_type() -> str:
    return "text/plain; version=0.0.4; charset=utf-8"
