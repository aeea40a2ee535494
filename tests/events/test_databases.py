"""What the databases are asked in a way of their own, and what happens when a connection breaks."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import DBAPIError

from libs.events.deciding.settling import Receipt
from libs.events.store.databases import copy, open_engine
from libs.events.store.outages import Verdict, verdict
from libs.events.store.read_models import beyond
from libs.events.store.vault import Vault
from libs.events.system.ids import uuid7
from tests.conftest import MASTER
from tests.events.toy import Booked, asked, book, bookings, settler
from tests.events.turns import BLUE, at_once, settled, told

OTHERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


def break_connections(store: Engine) -> None:
    """Of everybody else, as a restart of the server would."""
    hand = open_engine(store.url.render_as_string(hide_password=False))
    with hand.connect() as tx:
        tx.execute(OTHERS)
    hand.dispose()


def numbers_of(store: Engine, vault: Vault) -> list[int]:
    vault.engine.dispose()  # whoever reads here has connections of its own
    facts = [fact.data for fact in told(settler(store, vault))]
    return [int(one.booking_no[-6:]) for one in facts if isinstance(one, Booked)]


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
class TestAConnectionThatBreaks:
    def test_between_two_turns_is_noticed_by_nobody(self, store: Engine, vault: Vault) -> None:
        s = settler(store, vault)

        async def main() -> list[object]:
            answers: list[object] = await at_once(s, BLUE, *(book() for _ in range(3)))
            break_connections(store)
            return answers + await at_once(s, *(book() for _ in range(20)))

        with s:  # more than there were keys for, so the key store is asked again as well
            answers = asyncio.run(main())
        assert all(isinstance(one, Receipt) for one in answers)
        assert numbers_of(store, vault) == list(range(1, 24))

    def test_in_the_middle_of_a_turn_neither(self, store: Engine, vault: Vault) -> None:
        times = 0

        def broken(tx: Connection, facts: Sequence[object]) -> None:
            nonlocal times
            times += 1
            if times == 2:
                break_connections(store)

        s = settler(store, vault, broken)
        with s:
            answers = asyncio.run(at_once(s, BLUE)) + asyncio.run(at_once(s, book(), book()))
        assert all(isinstance(one, Receipt) for one in answers)
        assert numbers_of(store, vault) == [1, 2]

    def test_a_commit_that_nobody_confirmed_is_not_settled_again(
        self, store: Engine, vault: Vault, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It may be on record. Asked again under its id it is told, and nothing is added."""
        s, one = settler(store, vault), book()
        commit = store.dialect.do_commit

        def unconfirmed(connection: Any) -> None:
            commit(connection)
            connection.close()
            raise psycopg.OperationalError("the server closed the connection unexpectedly")

        async def main() -> list[object]:
            answers: list[object] = await at_once(s, BLUE)
            monkeypatch.setattr(store.dialect, "do_commit", unconfirmed)
            answers += await at_once(s, one, book())
            monkeypatch.setattr(store.dialect, "do_commit", commit)
            return answers + await at_once(s, one)

        with s:
            blue, *unknown, again = asyncio.run(main())
        assert isinstance(blue, Receipt)
        assert isinstance(again, Receipt)
        assert not any(isinstance(answer, Receipt) for answer in unknown)
        assert numbers_of(store, vault) == [1, 2]

    def test_copying_says_what_any_statement_would(self, store: Engine) -> None:
        with store.connect() as tx:
            with pytest.raises(DBAPIError) as refused:
                copy(tx, "events", ["position"], [(None,)])
            assert isinstance(refused.value.orig, psycopg.errors.NotNullViolation)
            assert verdict(refused.value) is Verdict.OURS
        with store.connect() as tx:
            tx.execute(text("SELECT 1"))
            break_connections(store)
            with pytest.raises(DBAPIError) as gone:
                copy(tx, "events", ["position"], [(None,)])
            assert verdict(gone.value) is Verdict.PASSING


class TestNumbersThatAreRemembered:
    def test_not_if_they_were_rolled_back(self, store: Engine, vault: Vault) -> None:
        s = settler(store, vault)
        settled(s, BLUE, book())
        with suppress(ZeroDivisionError), s.log.transaction() as tx:
            s.settle(tx, asked(book(), book()))
            raise ZeroDivisionError
        settled(settler(store, vault), book(), book())  # another process, as far as they go
        settled(s, book())
        assert numbers_of(store, vault) == [1, 2, 3, 4]

    def test_not_if_their_savepoint_was(self, store: Engine, vault: Vault) -> None:
        s = settler(store, vault)
        settled(s, BLUE, book())
        with s.log.transaction() as tx:
            undone = tx.begin_nested()
            s.settle(tx, asked(book(), book()))
            undone.rollback()
        settled(settler(store, vault), book(), book())
        settled(s, book())
        assert numbers_of(store, vault) == [1, 2, 3, 4]


def test_a_key_that_somebody_else_made_first_is_theirs(store: Engine, vault: Vault) -> None:
    theirs = vault.take({"M-1"})
    another = Vault(vault.engine, MASTER)
    assert another.take(set(), fresh={"M-1", "M-2"})["M-1"] == theirs["M-1"]
    assert another.take({"M-2"}) == {"M-2": vault.find({"M-2"})["M-2"]}
    vault.destroy({"M-2"})
    assert another.take(set(), fresh={"M-2"}) == vault.find({"M-2"})


def test_a_page_begins_behind_a_row_wherever_it_lies(store: Engine) -> None:
    wanted = [(room, no) for room in ("a", "b") for no in ("1", "2", "3")]
    rows = [{"booking_id": uuid7(), "room": room, "booking_no": no} for room, no in wanted]
    with store.begin() as tx:
        tx.execute(bookings.insert(), rows)
    columns = (bookings.c.room, bookings.c.booking_no)
    with store.connect() as tx:
        for place, last in enumerate(wanted, start=1):
            found = select(*columns).where(beyond(columns, last)).order_by(*columns)
            assert [tuple(row) for row in tx.execute(found)] == wanted[place:]
