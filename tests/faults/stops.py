"""How long nothing moves while something breaks, though something is to be published or heard."""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any, Final

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from libs.events.store.databases import open_engine
from libs.events.store.tables import checkpoints, log_head, watermarks
from tests.faults.cluster import Cluster

EACH: Final = 1.0
RELAY: Final = select(checkpoints.c.position).where(checkpoints.c.reader == "relay")
HEARD: Final = select(watermarks.c.topic, func.sum(watermarks.c.taken), func.count()).group_by(
    watermarks.c.reaction, watermarks.c.topic
)


@dataclass(frozen=True)
class Seen:
    """Of one service at one moment."""

    head: int
    published: int
    # By source: how many events were taken in, and by how many reactions.
    taken: Mapping[str, tuple[int, int]]


class Stops:
    """What waits is waiting from the first look that finds it unmoved."""

    def __init__(self) -> None:
        self._since: dict[str, tuple[int, float]] = {}
        self.longest = 0.0
        self.where = ""

    def note(self, seen: Mapping[str, Seen]) -> None:
        now = time.monotonic()
        for name, one in seen.items():
            self._moved(f"relay of {name}", one.published, one.head, now)
            taken = sum(number for number, _ in one.taken.values())
            there = sum(
                seen[source].published * readers if source in seen else number
                for source, (number, readers) in one.taken.items()
            )
            self._moved(f"listener of {name}", taken, there, now)

    def _moved(self, what: str, number: int, wanted: int, now: float) -> None:
        before, since = self._since.get(what, (number, now))
        if number >= wanted or number != before:
            self._since[what] = number, now
            return
        self._since[what] = before, since
        if now - since > self.longest:
            self.longest, self.where = now - since, what


def look(engine: Engine) -> Seen:
    with engine.connect() as tx:
        taken: dict[str, tuple[int, int]] = {}
        for topic, number, _ in tx.execute(HEARD):
            source = topic.removesuffix(".events").rpartition(".")[2]
            before = taken.get(source, (0, 0))
            taken[source] = before[0] + int(number), before[1] + 1
        head: Any = tx.execute(select(log_head.c.position)).scalar()
        return Seen(head or 0, tx.execute(RELAY).scalar() or 0, taken)


@contextmanager
def watched(cluster: Cluster) -> Iterator[Stops]:
    """Meanwhile, every second."""
    stops, over = Stops(), Event()
    with ExitStack() as ending:
        engines = {one: open_engine(cluster.databases[one]) for one in cluster.services}
        for engine in engines.values():
            ending.callback(engine.dispose)

        def watch() -> None:
            while not over.wait(EACH):
                with suppress(SQLAlchemyError):  # a database is what is broken just now
                    stops.note({one: look(engine) for one, engine in engines.items()})

        thread = Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield stops
        finally:
            over.set()
            thread.join(30)
