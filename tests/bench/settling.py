"""How many `SubmitReport` a second are settled, with so many callers, on either database.

Keys are made, personal values encrypted, cells and categories completed, numbers given, the board
written: all that a report costs but HTTP.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from unittest.mock import patch

from sqlalchemy import select

from libs.contracts.grid import ReportSubmitted
from libs.events.deciding.settling import Request
from libs.events.process.service import Service
from libs.events.store.log import add
from libs.events.store.tables import events
from libs.events.system.ids import uuid7
from libs.events.wire import codec
from services.grid.report.commands import SubmitReport
from tests.bench.ground import grid_on, report, seat

SECONDS = 2.0


async def settled(
    callers: int,
    folder: Path,
    database: str,
    seconds: float = SECONDS,
    make: Callable[[], SubmitReport] = report,
    change: Callable[[Service], None] = lambda service: None,
) -> float:
    """The same of a fresh one."""
    with grid_on(database, folder) as service:
        change(service)
        return await rate_of(service, callers, seconds, make)


async def rate_of(
    service: Service,
    callers: int,
    seconds: float = SECONDS,
    make: Callable[[], SubmitReport] = report,
) -> float:
    """Commands a second that this service settles, after a little while to get warm."""
    done = 0

    async def call(until: float) -> None:
        nonlocal done
        while perf_counter() < until:
            await service.settler.ask(make(), seat())
            done += 1

    await asyncio.gather(*(call(perf_counter() + seconds / 4) for _ in range(callers)))
    done, began = 0, perf_counter()
    await asyncio.gather(*(call(began + seconds) for _ in range(callers)))
    return done / (perf_counter() - began)


def run_settled(callers: int, folder: Path, database: str) -> float:
    return asyncio.run(settled(callers, folder, database))


def without_completion(callers: int, folder: Path, database: str) -> float:
    """What the completion would find is said at once."""

    def take_away(service: Service) -> None:
        parts = service.settler._parts
        left = {one: how for one, how in parts.completions.items() if one is not SubmitReport}
        service.settler._parts = replace(parts, completions=left)

    known = completed(folder)
    return asyncio.run(
        settled(
            callers, folder, database, change=take_away,
            make=lambda: replace(known, report_id=report().report_id),
        )
    )  # fmt: skip


def completed(folder: Path) -> SubmitReport:
    with grid_on("sqlite", folder) as service:
        completion = service.settler._parts.completions[SubmitReport]
        with service.settler.log.engine.connect() as tx:
            found = completion.complete(tx, report(), None)
    assert isinstance(found, SubmitReport)
    return found


@contextmanager
def in_clear() -> Iterator[None]:
    """Nothing is personal: no keys, no encryption. A bench may, nobody else."""
    with patch.dict(codec.PERSONAL, {ReportSubmitted: ()}):
        yield


def without_encryption(callers: int, folder: Path, database: str) -> float:
    with in_clear():
        return run_settled(callers, folder, database)


def raw_rows(size: int, folder: Path, database: str) -> float:
    """Rows a second: events made before, so many in a transaction, and nothing else."""
    with grid_on(database, folder) as service:
        log = service.settler.log
        with log.transaction() as tx:
            log.lock(tx)
            service.settler.settle(tx, [Request(command=report(), context=seat())])
            (row,) = tx.execute(select(events)).all()
        done, began = 1, perf_counter()
        while perf_counter() < began + SECONDS:
            rows = [(done + n, uuid7(), f"report/{done + n}", *row[3:]) for n in range(1, size + 1)]
            done += size
            with log.transaction() as tx:
                add(tx, rows)
        return done / (perf_counter() - began)
