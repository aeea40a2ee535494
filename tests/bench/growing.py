"""What each operation costs as history grows; with its picture."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter

from libs.events.process.service import Service
from tests.bench.ground import grid_on
from tests.bench.history import grow
from tests.bench.reading import board_page, fill_inbox, inbox_page, proven, typed
from tests.bench.settling import rate_of

SIZES = (10_000, 100_000, 1_000_000)


def loaded(service: Service) -> float:
    """Milliseconds for the state of one report."""
    log = service.settler.log
    with log.engine.connect() as tx:
        subject = log.read(tx, after=log.head(tx) // 2, limit=1)[0].subject
        began = perf_counter()
        assert log.load(tx, {subject})[subject].position
        return 1_000 * (perf_counter() - began)


def tail_read(service: Service) -> float:
    """Events a second, of the last ten thousand: what a relay or a rebuild reads."""
    log = service.settler.log
    with log.engine.connect() as tx:
        after, done, began = log.head(tx) - 10_000, 0, perf_counter()
        while page := log.read(tx, after=after, limit=500):
            done, after = done + len(page), page[-1].position
    return done / (perf_counter() - began)


def settle_down(service: Service) -> None:
    """What PostgreSQL does about many rows that came at once is done first: none came so before."""
    engine = service.settler.log.engine
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as tx:
            tx.exec_driver_sql("SET statement_timeout = 0")
            tx.exec_driver_sql("VACUUM (ANALYZE)")
            tx.exec_driver_sql("CHECKPOINT")
            tx.exec_driver_sql("RESET statement_timeout")


COSTS: Mapping[str, Callable[[Service, int], float]] = {
    "settled a second, 64 callers": lambda service, size: asyncio.run(rate_of(service, 64)),
    "a stream loaded, ms": lambda service, size: loaded(service),
    "read a second": lambda service, size: tail_read(service),
    "page of the board, p95 ms": board_page,
    "page of the inbox, p95 ms": inbox_page,
}


def growing(
    folder: Path, database: str, told: Callable[[int], object], repeats: int
) -> Mapping[str, dict[int, list[float]]]:
    """Every cost at every size, so often."""
    found: dict[str, dict[int, list[float]]] = {name: {} for name in COSTS}
    with grid_on(database, folder) as service:
        filled = 0
        for size in SIZES:
            grow(service, size, told)
            for first in range(filled, size, 10_000):
                fill_inbox(service, first, first + 10_000)
            filled = size
            settle_down(service)
            for name, measure in COSTS.items():
                found[name][size] = [measure(service, size) for _ in range(repeats)]
        log = service.settler.log
        found["typed events a second"] = {SIZES[-1]: [typed(log)]}
        found["proven envelopes a second"] = {SIZES[-1]: [proven(log)]}
    return found
