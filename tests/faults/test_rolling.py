"""A rolling deploy of the suite: the grid says what older processes have no word for; they wait
with it, are replaced one after another while reports keep coming, and nothing was skipped.
"""

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import func, select

from libs.contracts import exchange, grid
from libs.events.listening.parking import BEHIND
from libs.events.listening.records import UNKNOWN
from libs.events.store.tables import events, parked
from libs.events.wire import codec
from tests.faults.agreeing import at_rest, disagreements, rows
from tests.faults.cluster import FEW, Cluster, Instance, cluster
from tests.faults.driving import Driver

pytestmark = pytest.mark.broker

# One in the middle of each report's life, and its last: behind the first waits what is known.
LATER = (grid.ReportRegistered.event_type, grid.ReportDispatched.event_type)
CONSUMERS = ("exchange", "oversight")


@contextmanager
def driven(whole: Cluster) -> Iterator[Driver]:
    """Reports are submitted, registered and dispatched meanwhile."""
    driver = Driver(whole, random.Random(5))
    asking = Thread(target=lambda: asyncio.run(driver.run()))
    asking.start()
    try:
        yield driver
    finally:
        driver.ends = True
        asking.join(60)
        assert not asking.is_alive()


def ended(one: Instance) -> None:
    one.signal(signal.SIGTERM)
    assert one.process is not None
    assert one.process.wait(10) in (0, -signal.SIGTERM)


def as_release(whole: Cluster, service: str, unknown: tuple[str, ...]) -> None:
    for one in whole.of(service):
        if one.unknown != unknown:
            ended(one)
            one.unknown = unknown
            one.start()


@contextmanager
def older(folder: Path, database: str) -> Iterator[Cluster]:
    """Who hears is of a release that has no word for some of what the grid says."""
    with cluster(folder, database=database, replicas=1, services=FEW) as whole:
        for service in CONSUMERS:
            as_release(whole, service, LATER)
        whole.wait()
        yield whole


def until(holds: Callable[[], object], seconds: float, what: str) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, what
        time.sleep(0.2)  # other processes do it


def waiting(whole: Cluster, service: str) -> Counter[str]:
    return Counter(row.why for row in rows(whole.databases[service], select(parked.c.why)))


def drained(whole: Cluster) -> None:
    """What waited is taken in; what an older process parked meanwhile, within a minute."""
    assert at_rest(whole) == []
    until(lambda: not any(waiting(whole, one) for one in CONSUMERS), 90, "something still waits")
    assert at_rest(whole) == []


def recorded(whole: Cluster, service: str, event_type: str) -> int:
    of_type = select(func.count()).select_from(events).where(events.c.type == event_type)
    ((number,),) = rows(whole.databases[service], of_type)
    return int(number)


def head(whole: Cluster) -> int:
    ((position,),) = rows(whole.databases["grid"], select(func.max(events.c.position)))
    return int(position)


def offered_since(whole: Cluster, position: int) -> set[str]:
    """The handoffs that were dispatched behind this position, as far as they are offered."""
    kind = grid.ReportDispatched.event_type
    later = select(events.c.data).where(events.c.type == kind, events.c.position > position)
    handed = {
        f"handoff/{event.handoff_id}"
        for event in (codec.decode(kind, row.data) for row in rows(whole.databases["grid"], later))
        if isinstance(event, grid.ReportDispatched)
    }
    subjects = select(events.c.subject).where(events.c.type == exchange.HandoffOffered.event_type)
    return handed & {row.subject for row in rows(whole.databases["exchange"], subjects)}


def offers(whole: Cluster) -> int:
    return recorded(whole, "exchange", exchange.HandoffOffered.event_type)


def dispatched(whole: Cluster) -> int:
    return recorded(whole, "grid", grid.ReportDispatched.event_type)


def beside(whole: Cluster, service: str) -> Instance:
    """A process of the new release, while the older one goes on."""
    (new,) = (one for one in whole.spare if one.service == service)
    new.start()
    until(new.ready, 60, f"{new.name} is not ready")
    return new


def require_waiting(whole: Cluster) -> None:
    """While only older processes hear, nothing follows from what they do not know, nothing is lost,
    and whoever waits holds up nobody else."""
    assert at_rest(whole) == [], "its watermarks move on"
    for service in CONSUMERS:
        assert waiting(whole, service).keys() == {UNKNOWN, BEHIND}
        first = select(parked.c.subject).where(parked.c.why == UNKNOWN).distinct()
        assert len(rows(whole.databases[service], first)) == recorded(whole, "grid", LATER[0])
    assert offers(whole) == 0


def test_older_processes_wait_are_replaced_and_nothing_was_skipped(tmp_path: Path) -> None:
    with older(tmp_path, "postgresql") as whole:
        with driven(whole) as driver:
            until(lambda: dispatched(whole) > 20, 60, "nobody asks")
            driver.turns.rest()
            require_waiting(whole)
            driver.turns.go_on()
            for service in CONSUMERS:
                whole.instances.append(beside(whole, service))
            # Both releases hear now, each what it is given.
            since = head(whole)
            until(lambda: offered_since(whole, since), 45, "the new one is given nothing new")
            for service in CONSUMERS:
                as_release(whole, service, ())
            whole.wait()
            last = dispatched(whole)
            until(lambda: dispatched(whole) > last, 60, "nobody asks any more")
        drained(whole)
        whole.stop()
        assert disagreements(whole, driver.ledger) == []
        assert offers(whole) == dispatched(whole) > 0
