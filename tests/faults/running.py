"""One run: so many faults by a seed, then rest, then the ledgers."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from tests.faults.agreeing import at_rest, disagreements
from tests.faults.breaking import Breaking
from tests.faults.cluster import cluster
from tests.faults.driving import Driver


@dataclass(frozen=True)
class Run:
    seed: int
    faults: Counter[str]
    reports: int
    disagreements: list[str]


def run(
    folder: Path, *, seed: int, faults: int, database: str = "sqlite", replicas: int = 1,
    told: Callable[[str], None] = lambda kind: None,
) -> Run:  # fmt: skip
    """The same seed chooses the same faults in the same order; the machine chooses the moments."""
    chance = random.Random(seed)
    with cluster(folder, database=database, replicas=replicas) as whole:
        driver = Driver(whole, random.Random(seed + 1))
        breaking = Breaking(whole, chance)
        asking = Thread(target=lambda: asyncio.run(driver.run()), daemon=True)
        asking.start()
        for _ in range(faults):
            breaking.pause(0.1, 0.8)
            told(breaking.one())
            whole.heal()
        whole.heal()
        whole.wait()
        driver.ends = True
        asking.join(60)
        restless = at_rest(whole)
        whole.stop()
        found = [*restless, *disagreements(whole, driver.ledger)]
    reports = len(driver.ledger.of("report"))
    return Run(seed, breaking.done, reports, found)
