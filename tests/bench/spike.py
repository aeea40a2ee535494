"""Ten times more than can be settled, for a while: who is told what, and when all is well again."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import func, select

from libs.events.deciding.settling import Busy, Settler
from libs.events.store.tables import events
from tests.bench.ground import grid_on, report, seat
from tests.bench.measuring import shares
from tests.bench.settling import settled

TIMES = 10
YES, BACK = "acknowledged", "told to come back"


@dataclass
class Told:
    """What callers were told, and when: each answer by its name, in seconds from the beginning."""

    since: float = field(default_factory=perf_counter)
    answers: dict[str, list[float]] = field(default_factory=lambda: {BACK: [], YES: []})

    def total(self) -> int:
        return sum(map(len, self.answers.values()))

    def by_second(self, answer: str) -> list[int]:
        counted = Counter(int(at) for at in self.answers[answer])
        return [counted[second] for second in range(max(counted, default=-1) + 1)]


async def one(settler: Settler, told: Told, took: list[float]) -> None:
    began = perf_counter()
    try:
        await settler.ask(report(), seat())
    except Busy:
        told.answers[BACK].append(perf_counter() - told.since)
    else:
        now = perf_counter()
        told.answers[YES].append(now - told.since)
        took.append(now - began)


async def spike(folder: Path, database: str, seconds: float) -> dict[str, Any]:
    """Commands come ten times as fast as 64 callers are served; then one alone."""
    rate = await settled(64, folder, database)
    with grid_on(database, folder) as service:
        settler = service.settler
        calm: list[float] = []
        for _ in range(50):
            await one(settler, Told(), calm)
        told = Told()
        during: list[float] = []
        running: set[asyncio.Task[None]] = set()
        began = perf_counter()
        asked = 0
        while (now := perf_counter()) < began + seconds:
            while asked < (now - began) * rate * TIMES:
                task = asyncio.create_task(one(settler, told, during))
                running.add(task)
                task.add_done_callback(running.discard)
                asked += 1
            await asyncio.sleep(0.005)
        ended = perf_counter()
        limit = max(shares(calm, 95)[0] * 3, 0.05)
        well, probes = await back_to_normal(settler, limit, ended)
        await asyncio.gather(*running)
        with service.settler.log.engine.connect() as tx:
            recorded = tx.execute(select(func.count()).select_from(events)).scalar_one()
    acknowledged = len(told.answers[YES])
    return {
        "settled a second by 64 callers": round(rate),
        "asked": asked,
        "acknowledged": acknowledged,
        "told to come back": len(told.answers[BACK]),
        "answered by nobody": asked - told.total(),
        "on record and not acknowledged": recorded - len(calm) - acknowledged - probes,
        "p95 while it lasts, ms": round(1_000 * shares(during, 95)[0]) if during else 0,
        "seconds until one alone is served as before": round(well, 1),
        "acknowledged, second by second": told.by_second(YES),
        "told to come back, second by second": told.by_second(BACK),
    }


async def back_to_normal(settler: Settler, limit: float, since: float) -> tuple[float, int]:
    """Until five in a row are served about as fast as before, thirty seconds at most; and how many
    were asked to see that."""
    good, told = 0, Told()
    while good < 5 and perf_counter() - since < 30:
        took: list[float] = []
        await one(settler, told, took)
        good = good + 1 if took and took[0] <= limit else 0
        await asyncio.sleep(0.1)
    return perf_counter() - since, len(told.answers[YES])
