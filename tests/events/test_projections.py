"""What a projection sees of its own turn."""

from typing import Annotated
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, func, select

from libs.events.core.kernel import Envelope
from libs.events.declaring.projections import Changes, Projection, projection
from libs.events.declaring.rows import KEY, Row
from libs.events.store.tables import metadata
from tests.events.toy import Booked, RoomClosed, RoomOpened
from tests.scenario import heard


class CountRow(Row, table="toy_counts"):
    room: Annotated[str, KEY]
    booked: int
    closed: bool | None
    rooms: int | None


@projection(CountRow)
def by_key(counts: Changes, fact: Envelope[RoomOpened | RoomClosed | Booked]) -> None:
    room = fact.data.room
    if isinstance(fact.data, RoomOpened):
        counts.set(room=room, booked=0)
    elif isinstance(fact.data, RoomClosed):
        counts.set(room=room, closed=True)
    elif known := counts.now(room=room):
        counts.set(room=room, booked=known["booked"] + (0 if known["closed"] else 1))


@projection(CountRow)
def by_asking(
    tx: Connection, counts: Changes, fact: Envelope[RoomOpened | RoomClosed | Booked]
) -> None:
    room = fact.data.room
    found = CountRow.first(tx, CountRow.where(room=room))
    if isinstance(fact.data, RoomOpened):
        counts.set(room=room, booked=0, rooms=tx.scalar(select(func.count(CountRow.c.room))))
    elif isinstance(fact.data, RoomClosed):
        counts.set(room=room, closed=True)
    elif found is not None:
        counts.set(room=room, booked=found.booked + (0 if found.closed else 1))


def booked(room: str) -> Booked:
    return Booked(booking_id=UUID(int=1), booking_no="1", room=room, note="")


EVENTS = (
    booked("red"),  # which nobody has opened: there is no row of it
    RoomOpened(room="blue"), booked("blue"), booked("blue"),
    RoomOpened(room="green"), booked("green"), RoomClosed(room="green"), booked("green"),
    booked("blue"),
)  # fmt: skip


@pytest.mark.parametrize("project", [by_key, by_asking], ids=["by key", "by asking"])
@pytest.mark.parametrize("turn", [1, 2, 3, len(EVENTS)])
def test_it_comes_to_the_same_in_any_turns(store: Engine, project: Projection, turn: int) -> None:
    metadata.create_all(store, tables=[CountRow.table])
    facts = [heard(one) for one in EVENTS]
    for start in range(0, len(facts), turn):
        with store.begin() as tx:
            project(tx, facts[start : start + turn])
    with store.connect() as tx:
        shown = {row.room: (row.booked, row.closed, row.rooms) for row in CountRow.all(tx)}
    counted = project is by_asking
    assert shown == {
        "blue": (3, None, 0 if counted else None),
        "green": (1, True, 1 if counted else None),
    }
