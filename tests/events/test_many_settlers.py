"""Several settlers on one log, callers who wait, and what stays on record."""

import asyncio
import sqlite3
import threading
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text

from libs.events.core.kernel import (
    Envelope,
    Event,
    Hidden,
    Refused,
)
from libs.events.deciding.settling import Busy, Receipt, Request
from libs.events.store.databases import open_engine
from libs.events.store.tables import events
from libs.events.store.vault import Vault
from libs.events.wire import codec
from tests.events.toy import (
    Booked,
    Cancel,
    RoomOpened,
    asked,
    book,
    context,
    settler,
)
from tests.events.turns import BLUE, at_once, rules, settled, told


class TestManyAtOnce:
    def test_settlers_on_one_log_never_conflict_and_nothing_is_skipped(
        self, store: Engine, vault: Vault
    ) -> None:
        """They also fight over the same streams; a reader that tails sees every position."""
        settled(settler(store, vault), BLUE)
        shared = [book() for _ in range(50)]
        url = store.url.render_as_string(hide_password=False)
        seen: list[int] = []
        results: list[Any] = []
        stop = threading.Event()

        def tail() -> None:
            reader = open_engine(url)
            following = select(events.c.position).order_by(events.c.position).limit(100)
            while True:
                done, last = stop.is_set(), seen[-1] if seen else 0
                with reader.connect() as tx:
                    page = tx.execute(following.where(events.c.position > last)).scalars().all()
                seen.extend(page)
                if done and not page:
                    break
            reader.dispose()

        def work() -> None:
            engine = open_engine(url)
            with settler(engine, vault) as s:
                fresh = [book() for _ in range(300)]
                results.extend(asyncio.run(at_once(s, *shared, *fresh)))
            engine.dispose()

        tailing = threading.Thread(target=tail)
        workers = [threading.Thread(target=work) for _ in range(3)]
        for thread in (tailing, *workers):
            thread.start()
        for thread in workers:
            thread.join()
        stop.set()
        tailing.join()
        assert [one for one in results if not isinstance(one, Receipt)] == []
        assert len(results) == 3 * 350
        assert seen == list(range(1, 1 + 50 + 3 * 300 + 1))
        with store.connect() as tx:
            booked = tx.execute(
                select(func.count()).where(events.c.type == Booked.event_type)
            ).scalar_one()
        facts = everything(store, vault)
        numbers = sorted(fact.data.booking_no for fact in facts if isinstance(fact.data, Booked))
        assert [int(one[-6:]) for one in numbers] == list(range(1, booked + 1))

    def test_no_question_waits_for_a_turn(self, store: Engine, vault: Vault) -> None:
        s = settler(store, vault)
        settled(s, BLUE)
        with s.log.transaction() as tx:
            s.settle(tx, asked(book()))
            with store.connect() as reader:
                assert len(s.log.read(reader, after=0)) == 1

    def test_on_sqlite_a_turn_begins_as_a_writer(self, store: Engine, vault: Vault) -> None:
        if store.dialect.name != "sqlite":
            pytest.skip("a matter of SQLite")
        with settler(store, vault).log.transaction():
            rival = sqlite3.connect(str(store.url.database), timeout=0)
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                rival.execute("BEGIN IMMEDIATE")
            rival.close()

    def test_the_caller_may_say_what_it_last_saw(self, store: Engine, vault: Vault) -> None:
        s, one = settler(store, vault), book()
        cancel = Cancel(booking_id=one.booking_id)

        async def main() -> None:
            await s.ask(BLUE, context())
            await s.ask(one, context())
            with pytest.raises(Refused, match="at 1"):
                await s.ask(cancel, context(), seen=0)
            assert (await s.ask(cancel, context(), seen=1)).sequence == 2
            assert (await s.ask(cancel, context(), seen=1)).sequence == 2

        with s:
            asyncio.run(main())
        with pytest.raises(Busy):
            asyncio.run(main())


def everything(store: Engine, vault: Vault) -> list[Envelope[Event]]:
    s = settler(store, vault)
    with store.connect() as tx:
        page = s.log.read(tx, after=0, limit=100_000)
    return [codec.opened(one, vault.find({one.correlation_id})) for one in page]


class TestWhatIsOnRecord:
    def test_reading_back_never_changes_a_leaf(self, store: Engine, vault: Vault) -> None:
        s = settler(store, vault)
        with s.log.transaction() as tx:
            elsewhere = datetime.fromisoformat("2031-05-04T12:00:00+08:00")
            s.settle(tx, [Request(command=BLUE, context=context(occurred=elsewhere))])
            s.settle(tx, asked(book()))
        with store.connect() as tx:
            if store.dialect.name == "postgresql":
                tx.execute(text("SET TIME ZONE 'Asia/Shanghai'"))
            kept = tx.execute(select(events.c.leaf).order_by(events.c.position)).scalars().all()
            page = s.log.read(tx, after=0)
        assert [codec.leaf(one) for one in page] == kept
        messages = [codec.to_message(one) for one in page]
        heard = [codec.from_message(one.headers, one.value) for one in messages]
        assert heard == page
        assert [codec.leaf(one) for one in heard] == kept
        assert ("ce_time", b"2031-05-04T04:00:00.000000Z") in messages[0].headers

    def test_a_personal_value_is_not_in_the_bytes_and_can_be_forgotten(
        self, store: Engine, vault: Vault
    ) -> None:
        s, one = settler(store, vault), book(note="for Zhang San")
        receipt = settled(s, BLUE, one)[1]
        assert isinstance(receipt, Receipt)
        with store.connect() as tx:
            before = s.log.read(tx, after=0)
        assert b"Zhang" not in before[1].data
        assert isinstance(told(s)[0].data, RoomOpened)
        assert getattr(told(s)[1].data, "note", None) == "for Zhang San"
        vault.destroy({receipt.correlation_id})
        assert getattr(told(s)[1].data, "note", None) is Hidden.ERASED
        with store.connect() as tx:
            assert s.log.read(tx, after=0) == before
            stranger = [codec.opened(recorded) for recorded in before]
        assert getattr(stranger[1].data, "note", None) is Hidden.WITHHELD
        assert settled(s, one) == [receipt]
        late = replace(book(note="for Li Si"), matter=receipt.correlation_id)
        assert rules(settled(s, late)) == ["Receipt"]
        assert getattr(told(s)[2].data, "note", None) is Hidden.ERASED
        assert rules(settled(s, Cancel(booking_id=one.booking_id))) == ["Receipt"]
