"""What deadlines promise: each at its own moment, one culprit is nobody else's."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, select

from libs.events.core.kernel import RequestRefused
from libs.events.deciding.settling import Receipt, Settler
from libs.events.listening.parking import Parking
from libs.events.listening.records import FAILED, Received
from libs.events.process.deadlines import Deadline, Deadlines, Due
from libs.events.store.read_models import Which
from libs.events.store.tables import events
from libs.events.store.vault import Vault
from libs.events.system.ids import uuid7
from libs.events.wire import codec
from tests.conftest import StoodStill
from tests.events.toy import (
    Booked,
    Break,
    Cancel,
    Cancelled,
    OpenRoom,
    RoomOpened,
    asked,
    book,
    bookings,
    settler,
)
from tests.scenario import recorded

OPENED = RoomOpened(room="green")
NOON = datetime(2031, 5, 4, 12, tzinfo=UTC)


class Waiting:
    """What is due, until it is booked."""

    def __init__(self, due: Sequence[Due]) -> None:
        self.all = due

    def due(self, tx: Connection, which: Which) -> Sequence[Due]:
        done = set(tx.execute(select(bookings.c.booking_id)).scalars())
        waits = [one for one in self.all if getattr(one.command, "booking_id", None) not in done]
        if which.only is not None:
            waits = [one for one in waits if one.key in which.only]
        return [one for one in waits if one.at <= which.moment][: which.limit]

    def next_due(self, tx: Connection) -> datetime | None:
        every = self.due(tx, Which(moment=NOON + timedelta(days=9), limit=999))
        return min((one.at for one in every), default=None)


def deadlines_of(toy: Settler, waits: Waiting, clock: StoodStill) -> Deadlines:
    deadline = Deadline(due=waits.due, next_due=waits.next_due)
    return Deadlines(toy, {"toy.due": deadline}, clock=clock)


@pytest.fixture
def toy(store: Engine, vault: Vault) -> Settler:
    made = settler(store, vault)
    with made.log.transaction() as tx:
        made.settle(tx, asked(OpenRoom(room="blue")))
    return made


def told(toy: Settler) -> list[tuple[str, datetime | None]]:
    with toy.log.engine.connect() as tx:
        rows = tx.execute(select(events).where(events.c.position > 1).order_by(events.c.position))
        return [(row.type, row.occurred) for row in rows]


def due(minutes: int, room: str = "blue") -> Due:
    return Due(key=uuid7(), command=book(room), at=NOON + timedelta(minutes=minutes), agency="toy")


async def test_what_is_due_happens_at_its_own_moment_and_once(toy: Settler) -> None:
    waits = Waiting([due(1), due(2), due(9)])
    asking = deadlines_of(toy, waits, StoodStill(NOON + timedelta(minutes=5)))
    assert await asking.ask() == 2
    assert await asking.ask() == 0
    assert [at for _, at in told(toy)] == [NOON + timedelta(minutes=n) for n in (1, 2)]
    assert asking.next_due() == NOON + timedelta(minutes=9)


def test_what_is_due_next_is_asked_again_when_something_has_happened(toy: Settler) -> None:
    waits = Waiting([due(9)])
    asking = deadlines_of(toy, waits, StoodStill(NOON))
    assert asking.next_due(since=1) == NOON + timedelta(minutes=9)
    waits.all = [due(3)]
    assert asking.next_due(since=1) == NOON + timedelta(minutes=9)
    assert asking.next_due(since=2) == NOON + timedelta(minutes=3)
    waits.all = []
    assert asking.next_due() is None


async def test_a_refusal_is_on_record_once(toy: Settler) -> None:
    """Also when it is stuck for an hour, and asked every minute."""
    waits = Waiting([due(1, "red"), due(2)])
    asking = deadlines_of(toy, waits, StoodStill(NOON + timedelta(minutes=5)))
    for _ in range(60):
        await asking.ask()
    types = [kind for kind, _ in told(toy)]
    assert sorted(types) == sorted([RequestRefused.event_type, Booked.event_type])


async def test_one_culprit_holds_nobody_else_up(toy: Settler) -> None:
    culprit = Due(key=7, command=Break(booking_id=UUID(int=7)), at=NOON, agency="toy")
    waits = Waiting([due(1), culprit, *(due(n) for n in range(2, 9))])
    asking = deadlines_of(toy, waits, StoodStill(NOON + timedelta(minutes=30)))
    await asking.ask()
    await asking.ask()
    assert [kind for kind, _ in told(toy)] == [Booked.event_type] * 8


async def test_what_has_not_been_heard_yet_is_not_judged(toy: Settler) -> None:
    async def heard_until() -> datetime:
        return NOON + timedelta(minutes=1)

    waits = Waiting([due(1), due(2)])
    deadline = Deadline(due=waits.due, next_due=waits.next_due)
    clock = StoodStill(NOON + timedelta(hours=1))
    asking = Deadlines(toy, {"toy.due": deadline}, clock=clock, heard_until=heard_until)
    assert await asking.ask() == 1


def heard_of(matter: str) -> Received:
    """A message of that matter, as it is parked."""
    fact = replace(recorded(OPENED)[0], correlation_id=matter)
    return Received(
        topic="inn.events", partition=0, offset=0, headers=(), value=b"{}", log_id="inn",
        previous=0, recorded=codec.closed(fact)[0],
    )  # fmt: skip


async def test_what_waits_behind_something_parked_is_not_judged(toy: Settler) -> None:
    """What could not be taken in may be the answer; once it is, the deadline is asked again."""
    mine, other = book(), book()
    with toy.log.transaction() as tx:
        receipt, _ = toy.settle(tx, asked(mine, other))
    assert isinstance(receipt, Receipt)
    cancels = [Cancel(booking_id=one.booking_id) for one in (mine, other)]
    waits = [Due(key=one.booking_id, command=one, at=NOON, agency="toy") for one in cancels]

    def still_due(tx: Connection, which: Which) -> Sequence[Due]:
        found = select(events.c.subject).where(events.c.type == Cancelled.event_type)
        done = set(tx.execute(found).scalars())
        return [one for one in waits if toy.subject(one.command) not in done]

    clock = StoodStill(NOON + timedelta(hours=1))
    deadline = Deadline(due=still_due, next_due=lambda tx: None)
    asking = Deadlines(toy, {"toy.due": deadline}, clock=clock)
    parking = Parking()
    with toy.log.transaction() as tx:
        parking.park(tx, "toy.one", heard_of(receipt.correlation_id), FAILED, "", NOON)
        (waiting,) = parking.list(tx)
    assert (await asking.ask(), await asking.ask()) == (1, 0)
    with toy.log.transaction() as tx:
        parking.taken(tx, waiting)
    assert await asking.ask() == 1


async def test_a_deadline_that_cannot_be_asked_holds_no_other_up(toy: Settler) -> None:
    """And that it was not asked is seen."""

    def broken(tx: Connection, which: Which) -> Sequence[Due]:
        raise ZeroDivisionError

    waits = Waiting([due(1)])
    both = {
        "toy.broken": Deadline(due=broken, next_due=waits.next_due),
        "toy.due": Deadline(due=waits.due, next_due=waits.next_due),
    }
    asking = Deadlines(toy, both, clock=StoodStill(NOON + timedelta(hours=1)))
    asking.asked = before = 0.0
    assert await asking.ask() == 1
    assert asking.asked == before
    del both["toy.broken"]
    await asking.ask()
    assert asking.asked > before
