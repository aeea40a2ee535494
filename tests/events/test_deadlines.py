"""What deadlines promise: each at its own moment, one culprit is nobody else's."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, select

from libs.events.deadlines import Deadline, Deadlines, Due
from libs.events.kernel import RequestRefused
from libs.events.settling import Settler
from libs.events.tables import events
from libs.events.vault import Vault
from tests.conftest import StoodStill
from tests.events.toy import Booked, Break, OpenRoom, asked, book, bookings, settler

NOON = datetime(2031, 5, 4, 12, tzinfo=UTC)


class Waiting:
    """What is due, until it is booked."""

    def __init__(self, due: Sequence[Due]) -> None:
        self.all = due

    def due(self, tx: Connection, moment: datetime, limit: int) -> Sequence[Due]:
        done = set(tx.execute(select(bookings.c.booking_id)).scalars())
        return [
            one
            for one in self.all
            if one.at <= moment and getattr(one.command, "booking_id", None) not in done
        ][:limit]

    def next_due(self, tx: Connection) -> datetime | None:
        return min((one.at for one in self.due(tx, NOON + timedelta(days=9), 999)), default=None)


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
    return Due(command=book(room), at=NOON + timedelta(minutes=minutes), agency="toy")


async def test_what_is_due_happens_at_its_own_moment_and_once(toy: Settler) -> None:
    waits = Waiting([due(1), due(2), due(9)])
    asking = deadlines_of(toy, waits, StoodStill(NOON + timedelta(minutes=5)))
    assert await asking.ask() == 2
    assert await asking.ask() == 0
    assert [at for _, at in told(toy)] == [NOON + timedelta(minutes=n) for n in (1, 2)]
    assert asking.next_due() == NOON + timedelta(minutes=9)


async def test_a_refusal_is_on_record_once(toy: Settler) -> None:
    waits = Waiting([due(1, "red"), due(2)])
    asking = deadlines_of(toy, waits, StoodStill(NOON + timedelta(minutes=5)))
    await asking.ask()
    await asking.ask()
    types = [kind for kind, _ in told(toy)]
    assert sorted(types) == sorted([RequestRefused.event_type, Booked.event_type])


async def test_one_culprit_holds_nobody_else_up(toy: Settler) -> None:
    culprit = Due(command=Break(booking_id=UUID(int=7)), at=NOON, agency="toy")
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
