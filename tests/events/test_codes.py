"""Codes whose keys lie ready: a turn of new matters asks the key store for nothing, and no two
matters ever have one key.
"""

import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from sqlalchemy import Engine, delete, event, func, select

from libs.events.core.kernel import Event, Hidden
from libs.events.store.trace_codes import DAYS, FIRST, MOST, Codes
from libs.events.store.vault import Vault, data_keys
from libs.events.system.ids import STOCK, Randomness
from tests.conftest import MASTER
from tests.events.toy import NUMBERS, Booked, Cancel, asked, book, settler
from tests.events.turns import BLUE, settled, told

CHILD = """
import os
from libs.events.system.ids import RANDOMNESS
RANDOMNESS.bytes(1)  # there is some stock to be inherited
reading, writing = os.pipe()
if os.fork() == 0:
    os.write(writing, RANDOMNESS.bytes(16))
    os._exit(0)
os.wait()
print(os.read(reading, 16).hex(), RANDOMNESS.bytes(16).hex())
"""

DAY = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)


def count(vault: Vault) -> int:
    with vault.engine.connect() as tx:
        return tx.execute(select(func.count()).select_from(data_keys)).scalar_one()


def notes(events: list[Event]) -> list[str | Hidden]:
    return [one.note for one in events if isinstance(one, Booked)]


def test_a_turn_with_new_matters_waits_for_no_other_database(store: Engine, vault: Vault) -> None:
    s = settler(store, vault)
    settled(s, BLUE, book())
    statements: list[str] = []

    @event.listens_for(vault.engine, "before_cursor_execute")
    def note(*given: object) -> None:
        statements.append(str(given[2]))

    settled(s, *(book() for _ in range(FIRST - 1)))
    event.remove(vault.engine, "before_cursor_execute", note)
    assert statements == []
    assert notes([fact.data for fact in told(s)]) == ["for two"] * FIRST


def test_behind_a_new_connection_nothing_is_believed_to_lie_ready(
    store: Engine, vault: Vault
) -> None:
    """The key store that answers now lost what was made last."""
    s = settler(store, vault)
    settled(s, BLUE, book())
    with vault.engine.begin() as tx:
        tx.execute(delete(data_keys))
    vault.engine.dispose()
    vault.find({"anything"})
    settled(s, *(book() for _ in range(FIRST - 1)))
    after = [fact for fact in told(s) if isinstance(fact.data, Booked)][1:]
    assert notes([fact.data for fact in after]) == ["for two"] * (FIRST - 1)


def test_every_matter_has_a_key_of_its_own_and_another_process_reads_it(
    store: Engine, vault: Vault
) -> None:
    first, second = settler(store, vault), settler(store, Vault(vault.engine, MASTER))
    settled(first, BLUE)
    for s in (first, second, first, second):
        settled(s, *(book() for _ in range(30)))
    facts = told(settler(store, Vault(vault.engine, MASTER)))
    codes = {fact.correlation_id for fact in facts if isinstance(fact.data, Booked)}
    keys = vault.find(codes)
    assert len(codes) == len(set(keys.values())) == 120
    assert notes([fact.data for fact in facts]) == ["for two"] * 120


def test_what_is_refused_and_what_hides_nothing_uses_up_no_key(store: Engine, vault: Vault) -> None:
    s = settler(store, vault)
    settled(s, BLUE)
    assert count(vault) == 0, "a room hides nothing"
    settled(s, *(book("red") for _ in range(50)))
    assert count(vault) == 0, "nobody opened that room"
    booked = book()
    settled(s, booked, Cancel(booking_id=booked.booking_id))
    assert count(vault) == FIRST


def test_a_turn_that_was_rolled_back_leaves_a_key_behind_that_hides_nothing(
    store: Engine, vault: Vault
) -> None:
    s = settler(store, vault)
    settled(s, BLUE)
    with suppress(ZeroDivisionError), s.log.transaction() as tx:
        s.settle(tx, asked(book()))
        raise ZeroDivisionError
    settled(s, book())
    (code,) = {fact.correlation_id for fact in told(s) if isinstance(fact.data, Booked)}
    vault.destroy([code])
    assert notes([fact.data for fact in told(s)]) == [Hidden.ERASED]


def test_few_are_made_for_a_day_that_has_just_begun_and_never_very_many(vault: Vault) -> None:
    codes = Codes(NUMBERS, vault)
    given = {codes.next(DAY)}
    assert count(vault) == FIRST
    while len(given) < 3 * MOST:
        before = count(vault)
        given.add(codes.next(DAY))
        assert count(vault) - before <= MOST
    assert count(vault) <= 4 * MOST
    assert all("20260601" in one for one in given)


def test_where_the_key_store_is_away_nothing_is_half_done(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes, make = Codes(NUMBERS, vault), vault.make_ready

    def away(names: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(vault, "make_ready", away)
    for _ in range(5):
        with pytest.raises(ConnectionError):
            codes.next(DAY)
    monkeypatch.setattr(vault, "make_ready", make)
    for day in (DAY - timedelta(days=n) for n in range(2 * DAYS)):
        codes.next(day)
    assert count(vault) == 2 * DAYS * FIRST


def test_what_is_reported_late_has_the_code_of_its_own_day(vault: Vault) -> None:
    codes = Codes(NUMBERS, vault)
    days = [DAY - timedelta(days=n) for n in range(2 * DAYS)]
    for day in (*days, *days):
        assert f"{day:%Y%m%d}" in codes.next(day)
    assert len(codes._ready) == DAYS, "old days are not kept"


def test_keys_that_were_forgotten_in_memory_are_asked_for(vault: Vault) -> None:
    codes = Codes(NUMBERS, vault)
    code = codes.next(DAY)
    known = vault.find([code])
    vault._ready.clear()
    assert vault.take(set(), fresh={code}) == known
    assert vault.take({code}) == known


class TestRandomness:
    def test_no_byte_is_given_out_twice_whoever_asks(self) -> None:
        source, given = Randomness(), list[bytes]()

        def ask() -> None:
            given.extend(source.bytes(13) for _ in range(2_000))

        asking = [Thread(target=ask) for _ in range(4)]
        for one in asking:
            one.start()
        for one in asking:
            one.join()
        assert len(set(given)) == 8_000
        assert len(source.bytes(3 * STOCK)) == 3 * STOCK

    def test_bits_are_as_many_as_were_asked_for(self) -> None:
        source = Randomness()
        for count in (1, 7, 8, 40, 74):
            some = [source.bits(count) for _ in range(300)]
            assert max(some).bit_length() == count
            assert min(some) < 1 << count - 1

    def test_a_child_does_not_say_what_its_parent_says(self) -> None:
        """In a process of its own, which has no other threads to be afraid for."""
        told = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, check=True)
        theirs, ours = told.stdout.split()
        assert theirs != ours
