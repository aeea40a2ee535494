"""Whether a reader that tails the log ever skips a position, while writers roll back and die.

Writers are processes of their own; each takes the head, appends some events, and commits, or rolls
back, or dies in the middle. Readers follow with nothing but the last position they have seen.
"""

import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from uuid import uuid4

from sqlalchemy.exc import DBAPIError

from libs.events.store.databases import open_engine, prepare_tables
from libs.events.store.log import Log
from libs.events.store.outages import is_outage
from libs.events.store.tables import metadata
from libs.events.store.vault import MasterKey, Vault
from tests.events.toy import RoomOpened
from tests.scenario import recorded

# Nothing heavy is imported here: a writer that is killed has to be up again soon.
ROOT = Path(__file__).resolve().parents[2]
MASTER = MasterKey(b"k" * 32)
WRITERS = 3
READERS = 2
MOST = 200
ROLLED_BACK = 0.2


class Rolled(Exception):
    """The writer changes its mind, with everything in it."""


def log_on(url: str) -> Log:
    engine = open_engine(url)
    return Log(engine, name="toy", keys=Vault(engine, MASTER))


def write(url: str, seed: int, count: int, *, leaky: bool = False) -> None:
    """Until the log is so long. A `leaky` one gives positions out before it has the head."""
    chance, log = random.Random(seed), log_on(url)
    head = 0
    while head < count:
        number = chance.randint(1, MOST)
        try:
            head = leaky_turn(log, number) if leaky else turn(log, number, chance)
        except Rolled:
            continue


def turn(log: Log, number: int, chance: random.Random) -> int:
    with log.transaction() as tx:
        head = log.lock(tx)
        facts = recorded(*[RoomOpened(room="blue")] * number, after=head)
        subject = f"room/{uuid4()}"
        log.append(tx, [replace(fact, subject=subject) for fact in facts])
        if chance.random() < ROLLED_BACK:
            raise Rolled
    return head + number


def leaky_turn(log: Log, number: int) -> int:
    """What a log without a locked head would do: the plant that proves the detector."""
    with log.engine.connect() as tx:
        head = log.head(tx) + random.randint(0, 2)
    with log.transaction() as tx:
        log.lock(tx)
        facts = recorded(*[RoomOpened(room="blue")] * number, after=head)
        subject = f"room/{uuid4()}"
        log.append(tx, [replace(fact, subject=subject) for fact in facts])
    return head + number


@dataclass
class Reader:
    """Follows the log by the last position it has seen."""

    url: str
    count: int
    ends: Flag
    seen: int = 0
    skipped: list[int] = field(default_factory=list)
    fault: BaseException | None = None

    def run(self) -> None:
        try:
            self._follow()
        except BaseException as fault:
            self.fault = fault

    def _follow(self) -> None:
        log = log_on(self.url)
        while self.seen < self.count and not self.ends.is_set():
            try:
                with log.engine.connect() as tx:
                    page = log.read(tx, after=self.seen)
            except DBAPIError as fault:
                # PostgreSQL ends a session of which nothing is heard while the machine stands
                # still: it reads on from where it was.
                if not is_outage(fault):
                    raise
                continue
            for one in page:
                if one.position != self.seen + 1:
                    self.skipped.extend(range(self.seen + 1, one.position))
                self.seen = one.position
            if not page:
                time.sleep(0.001)
        log.engine.dispose()


@dataclass(frozen=True)
class Found:
    read: int
    skipped: int
    kills: int


def started(url: str, seed: int, count: int, leaky: bool) -> "subprocess.Popen[bytes]":
    call = f"from tests.soak.skipping import write; write({url!r}, {seed}, {count}, leaky={leaky})"
    return subprocess.Popen(
        [sys.executable, "-c", call], cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True
    )


def detect(
    url: str, count: int, *, seed: int = 1, seconds: float = 3_600, leaky: bool = False,
    told: Callable[[int], None] = lambda number: None,
) -> Found:  # fmt: skip
    """Bounded in count and in time. Ends only the processes it started."""
    chance, ends = random.Random(seed), Flag()
    log = log_on(url)
    metadata.drop_all(log.engine)
    prepare_tables(log.engine, metadata.sorted_tables)
    readers = [Reader(url, count, ends) for _ in range(READERS)]
    threads = [Thread(target=one.run, daemon=True) for one in readers]
    writers = [started(url, seed + n, count, leaky) for n in range(WRITERS)]
    kills, until, reached = 0, time.monotonic() + seconds, 0
    try:
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads) and time.monotonic() < until:
            time.sleep(chance.uniform(0.5, 1.5))
            told(min(one.seen for one in readers) - reached)
            reached = min(one.seen for one in readers)
            place = chance.randrange(WRITERS)
            if writers[place].poll() is None:
                writers[place].kill()
                kills += 1
            writers[place].wait()
            seed += WRITERS
            writers[place] = started(url, seed, count, leaky)
    finally:
        ends.set()
        for writer in writers:
            writer.kill()
            writer.wait()
        for thread in threads:
            thread.join(10)
        log.engine.dispose()
    for one in readers:
        if one.fault is not None:
            raise one.fault
    return Found(min(one.seen for one in readers), sum(len(one.skipped) for one in readers), kills)
