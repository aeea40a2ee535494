"""How many `SubmitReport` a second are settled, with so many callers, on either database.

Keys are made, personal values encrypted, cells and categories completed, numbers given, the board
written: all that a report costs but HTTP.
"""

import asyncio
from pathlib import Path
from time import perf_counter

from tests.bench.ground import grid_on, report, seat

SECONDS = 2.0


async def settled(callers: int, folder: Path, database: str, seconds: float = SECONDS) -> float:
    """Commands a second, after a little while to get warm."""
    with grid_on(database, folder) as service:
        done = 0

        async def call(until: float) -> None:
            nonlocal done
            while perf_counter() < until:
                await service.settler.ask(report(), seat())
                done += 1

        await asyncio.gather(*(call(perf_counter() + seconds / 4) for _ in range(callers)))
        done, began = 0, perf_counter()
        await asyncio.gather(*(call(began + seconds) for _ in range(callers)))
        return done / (perf_counter() - began)
