"""What is said of a fault of the database: its kind and its names, never a row or a value."""

import logging
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    insert,
    select,
    text,
)
from sqlalchemy.exc import StatementError

from libs.events.core.kernel import Envelope, Event
from libs.events.listening.listener import Listener, Reaction
from libs.events.store.databases import copy
from libs.events.store.tables import parked
from libs.events.store.vault import Vault
from tests.conftest import StoodStill
from tests.events.test_deadlines import NOON, Waiting, deadlines_of, due
from tests.events.test_listening import OPENED, partition
from tests.events.toy import Booked, settler
from tests.events.turns import BLUE, at_once, settled

NAME, NUMBER = "张三丰-MARKED", "120116199001011234"
MARKED = (NAME, NUMBER, "张三丰", "MARKED", "1990010112")

holder = MetaData()
persons = Table(
    "marked_persons",
    holder,
    Column("key", Integer, primary_key=True),
    Column("name", String(40), nullable=False),
    Column("number", String(18), unique=True),
    Column("age", Integer, CheckConstraint("age < 150", name="age_of_a_person")),
)


def missing(tx: Connection) -> None:
    tx.execute(text("INSERT INTO marked_persons VALUES (3, NULL, :number, 1)"), {"number": NUMBER})


def twice(tx: Connection) -> None:
    for key in (4, 5):
        tx.execute(insert(persons), {"key": key, "name": NAME, "number": NUMBER, "age": 1})


def too_old(tx: Connection) -> None:
    tx.execute(insert(persons), {"key": 6, "name": NAME, "number": NUMBER, "age": 200})


def too_long(tx: Connection) -> None:
    tx.execute(insert(persons), {"key": 7, "name": NAME * 9, "number": NUMBER * 9, "age": 200})


def no_number(tx: Connection) -> None:
    tx.execute(text("SELECT * FROM marked_persons WHERE age = CAST(:n AS integer)"), {"n": NAME})
    tx.execute(insert(persons), {"key": 8, "name": NAME, "number": None, "age": NAME})


def no_type(tx: Connection) -> None:
    tx.execute(insert(persons), {"key": 9, "name": {NAME: NUMBER}, "number": NUMBER, "age": 1})


def no_table(tx: Connection) -> None:
    tx.execute(text("INSERT INTO no_such_table VALUES (:name)"), {"name": NAME})


def divided(tx: Connection) -> None:
    tx.execute(text("SELECT CAST(:n AS date)"), {"n": NAME})
    tx.execute(insert(persons), {"key": None, "name": None, "number": NUMBER, "age": 1})


def copied(tx: Connection) -> None:
    if tx.dialect.name != "postgresql":
        missing(tx)
    copy(tx, "marked_persons", ["key", "name", "number"], [(9, None, NUMBER)])


FAULTS = [missing, twice, too_old, too_long, no_number, no_type, no_table, divided, copied]


@pytest.fixture
def people(store: Engine) -> Engine:
    holder.drop_all(store)
    holder.create_all(store)
    return store


def nothing_marked(*said: str) -> None:
    for one in said:
        assert [mark for mark in MARKED if mark in one] == [], one


@pytest.mark.parametrize("fault", FAULTS, ids=lambda one: one.__name__)
async def test_wherever_it_is_said_no_value_is(
    people: Engine,
    vault: Vault,
    caplog: pytest.LogCaptureFixture,
    fault: Callable[[Connection], None],
) -> None:
    caplog.set_level(logging.DEBUG)
    with people.connect() as tx, pytest.raises(StatementError) as raised:
        fault(tx)
    nothing_marked(str(raised.value), repr(raised.value), str(raised.value.orig))

    def breaks(tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
        if any(isinstance(one.data, Booked) for one in facts):
            fault(tx)

    s = settler(people, vault, breaks)
    settled(s, BLUE)
    with s:
        answers = await at_once(s, *(one.command for one in (due(1), due(2))))
    nothing_marked(*map(str, answers), *map(repr, answers))
    later = StoodStill(NOON.replace(hour=13))
    asking = deadlines_of(settler(people, vault, breaks), Waiting([due(1)]), later)
    await asking.ask()
    assert asking.failing()
    nothing_marked(*(one.error for one in asking.failing()))
    hears = Reaction(to=["toy"], project=lambda tx, facts: fault(tx))
    listener = Listener(settler(people, vault), {"inn.people": hears})
    listener.take_in(partition(OPENED))
    with people.connect() as tx:
        (error,) = tx.execute(select(parked.c.error)).scalars()
        nothing_marked(error)
        assert error
    nothing_marked(caplog.text, *(record.getMessage() for record in caplog.records))
    assert "could not" in caplog.text
