"""The key store: under one master key and no other, one damaged row is nobody else's."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select, update

from libs.events.deciding.settling import Busy, Receipt
from libs.events.listening.listener import Listener, Reaction
from libs.events.listening.records import FAILED
from libs.events.process.world import World
from libs.events.store.databases import open_engine
from libs.events.store.outages import Verdict, verdict
from libs.events.store.tables import parked
from libs.events.store.vault import (
    MasterKey,
    Vault,
    WrongMasterKey,
    canaries,
    data_keys,
    vault_metadata,
)
from libs.events.system.clocks import machine_clock
from libs.events.system.private_files import BadMasterKey
from libs.events.system.settings import Settings
from libs.events.wire import codec
from libs.events.wire.encryption import DamagedKey
from tests.conftest import MASTER
from tests.events.test_listening import partition
from tests.events.toy import Booked, Cancel, RoomOpened, book, settler
from tests.events.turns import BLUE, at_once, rules, settled
from tests.fresh import emptied
from tests.scenario import recorded

BLUE_ROOM = RoomOpened(room="blue")
OTHER = MasterKey(b"o" * 32)


def under(vault: Vault, master: MasterKey) -> Vault:
    """The same store, by a process that has another key."""
    return Vault(open_engine(vault.engine.url.render_as_string(hide_password=False)), master)


def keys_in(vault: Vault) -> int:
    with vault.engine.connect() as tx:
        return len(tx.execute(select(data_keys)).all())


def sing(vault: Vault, master: MasterKey) -> None:
    """As if behind the next connection lay a store that is written under this key."""
    other = under(vault, master)
    emptied(other.engine, vault_metadata)
    other.prepare()
    other.engine.dispose()
    vault.engine.dispose()


def test_under_another_master_key_nothing_starts_and_nothing_is_written(vault: Vault) -> None:
    vault.take({"M-1"})
    stranger = under(vault, OTHER)
    for trial in (
        stranger.prepare,
        lambda: stranger.take({"M-2"}),
        lambda: stranger.make_ready(["M-3"]),
        lambda: stranger.find({"M-1"}),
        lambda: stranger.destroy({"M-1"}),
    ):
        with pytest.raises(WrongMasterKey, match="another master key"):
            trial()
    assert keys_in(vault) == 1
    assert isinstance(vault.find({"M-1"})["M-1"], bytes)
    stranger.engine.dispose()


def test_a_store_of_before_there_was_a_canary_is_opened_by_its_own_key_only(vault: Vault) -> None:
    vault.take({"M-1"})
    with vault.engine.begin() as tx:
        tx.execute(delete(canaries))
    stranger = under(vault, OTHER)
    with pytest.raises(WrongMasterKey):
        stranger.prepare()
    again = under(vault, MASTER)
    again.prepare()
    assert isinstance(again.find({"M-1"})["M-1"], bytes)
    for one in (stranger, again):
        one.engine.dispose()


def test_behind_another_connection_may_lie_another_store(store: Engine, vault: Vault) -> None:
    """Restored, or failed over to: what does not open is away, until the right one is back."""
    s = settler(store, vault)
    settled(s, BLUE)

    async def main() -> None:
        sing(vault, OTHER)
        answers = await at_once(s, *(book() for _ in range(5)))
        assert all(isinstance(one, Busy) for one in answers)
        assert "another master key" in s.away
        sing(vault, MASTER)
        async with asyncio.timeout(60):
            while s.away:  # noqa: ASYNC110 - it is another thread's
                await asyncio.sleep(0.02)
        assert rules(await at_once(s, *(book() for _ in range(5)))) == ["Receipt"] * 5

    with s:
        asyncio.run(main())
    with store.connect() as tx:
        of = s.log.read(tx, after=0)
    assert sum(one.type == Booked.event_type for one in of) == 5, "what was refused is nowhere"
    with vault.engine.begin() as tx:
        tx.execute(delete(canaries))
    vault.engine.dispose()
    with pytest.raises(WrongMasterKey, match="never prepared") as missing:
        vault.find({"M-1"})
    assert verdict(missing.value) is Verdict.AWAY


def test_a_key_is_made_only_where_nothing_was_ever_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that got lost in development takes nothing along that was written under it."""
    for name, value in {
        "LIANBAN_VAR": str(tmp_path), "LIANBAN_SUITE": "s",
        "LIANBAN_PACK": "jurisdictions/binhai",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    settings = Settings.from_environment("grid")
    file = settings.var / "master.key"
    World.opened(settings).keys.prepare()
    assert file.exists()
    World.opened(settings).keys.take({"M-1"})
    file.unlink()
    with pytest.raises(BadMasterKey, match="cannot be read"):
        World.opened(settings)
    assert not file.exists()


def damage(vault: Vault, name: str) -> bytes:
    """One bit of one row is another one. What it was."""
    mine = data_keys.c.name == name
    with vault.engine.begin() as tx:
        wrapped = tx.execute(select(data_keys.c.wrapped).where(mine)).scalar_one()
        assert wrapped is not None
        flipped = wrapped[:20] + bytes([wrapped[20] ^ 1]) + wrapped[21:]
        tx.execute(update(data_keys).where(mine).values(wrapped=flipped))
    return wrapped


def mend(vault: Vault, name: str, wrapped: bytes) -> None:
    with vault.engine.begin() as tx:
        tx.execute(update(data_keys).where(data_keys.c.name == name).values(wrapped=wrapped))


def test_one_damaged_key_is_the_fault_of_its_matter_alone(store: Engine, vault: Vault) -> None:
    s = settler(store, vault)
    mine, others = book(), [book() for _ in range(6)]
    receipt = settled(s, BLUE, mine, *others)[1]
    assert isinstance(receipt, Receipt)
    was = damage(vault, receipt.correlation_id)
    assert isinstance(vault.find({receipt.correlation_id})[receipt.correlation_id], DamagedKey)
    with s:
        cancels = [Cancel(booking_id=one.booking_id) for one in (mine, *others)]
        answers: list[Any] = asyncio.run(at_once(s, *cancels, book()))
        assert isinstance(answers[0], DamagedKey)
        assert rules(answers[1:]) == ["Receipt"] * 7
        again = replace(book(note="more of it"), matter=receipt.correlation_id)
        (refused,) = asyncio.run(at_once(s, again))
        assert isinstance(refused, DamagedKey), "under it nothing is written either"
        mend(vault, receipt.correlation_id, was)
        assert rules(asyncio.run(at_once(s, cancels[0], again))) == ["Receipt"] * 2


def test_a_message_under_a_damaged_key_waits_and_all_else_flows(
    store: Engine, vault: Vault
) -> None:
    booked = Booked(booking_id=book().booking_id, booking_no="B-1", room="blue", note="for Li Si")
    facts = [
        replace(one, subject=f"booking/{n}", correlation_id=f"M-{n}")
        for n, one in enumerate(recorded(*[booked] * 6))
    ]
    keys = vault.take({one.correlation_id for one in facts})
    records = [
        record._replace(headers=[*message.headers, *record.headers[-2:]], value=message.value)
        for record, message in zip(
            partition(*[BLUE_ROOM] * 6),
            [codec.to_message(codec.closed(one, keys)[0]) for one in facts],
            strict=True,
        )
    ]
    was = damage(vault, "M-2")
    hears = Reaction(to=["toy"], project=lambda tx, some: None)
    listener = Listener(settler(store, vault), {"inn.all": hears})
    listener.take_in(records)
    with store.connect() as tx:
        rows = tx.execute(select(parked.c.matter, parked.c.why, parked.c.dead)).all()
    assert [tuple(row) for row in rows] == [("M-2", FAILED, False)]
    mend(vault, "M-2", was)
    listener.clock = lambda: machine_clock().replace(year=2099)
    assert listener.retry_due() == 1
