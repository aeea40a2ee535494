"""One run: so many faults by a seed, then rest, then the ledgers."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Final

from tests.faults.agreeing import at_rest, disagreements
from tests.faults.breaking import Breaking
from tests.faults.cluster import SERVICES, cluster
from tests.faults.driving import Driver
from tests.faults.stops import watched
from tests.faults.stories import Teller

# Before any story: the first of January in Tianjin.
BEGINS: Final = datetime(2025, 12, 31, 16, tzinfo=UTC)
# How long stories may go on when nothing is broken any more.
ENDING: Final = 600.0


@dataclass(frozen=True)
class Run:
    seed: int
    faults: Counter[str]
    reports: int
    steps: int
    disagreements: list[str]
    # How long, in seconds, nothing moved at most, though there was something to publish or to hear.
    stopped: float
    where: str


def run(
    folder: Path, *, seed: int, faults: int, database: str = "sqlite", replicas: int = 1,
    stories: int = 4, told: Callable[[str], None] = lambda kind: None, brokers: int = 1,
    services: Sequence[str] = SERVICES, only: Collection[str] = (),
) -> Run:  # fmt: skip
    """The same seed chooses the same faults in the same order; the machine chooses the moments."""
    chance = random.Random(seed)
    with cluster(
        folder, database=database, replicas=replicas, begins=BEGINS, services=services,
        brokers=brokers,
    ) as whole, watched(whole) as stops:  # fmt: skip
        driver = Driver(whole, random.Random(seed + 1))
        breaking = Breaking(whole, chance, only)
        asking = Thread(target=lambda: asyncio.run(driver.run()), daemon=True)
        asking.start()
        teller = Teller(whole, driver, random.Random(seed + 2), stories)
        telling = Thread(target=teller.run, daemon=True)
        telling.start()
        for number in range(faults):
            # From the first step to the last: whatever a story does, something breaks meanwhile.
            teller.wait(number / faults)
            breaking.pause(0.1, 0.8)
            told(breaking.one())
            whole.heal()
        whole.heal()
        whole.wait()
        telling.join(ENDING)
        driver.ends = True
        asking.join(60)
        restless = at_rest(whole)
        whole.stop()
        driver.ledger.others = teller.streams
        untold = ["the stories have not come to their end"] if telling.is_alive() else []
        found = [*restless, *untold, *teller.wrong, *disagreements(whole, driver.ledger)]
    reports = len(driver.ledger.of("report"))
    return Run(seed, breaking.done, reports, teller.steps, found, stops.longest, stops.where)
