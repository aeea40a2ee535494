"""Two releases beside each other, whose read models differ; and read models made again."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import Column, Connection, Engine, Named, Table, TypedColumns, insert, select

from libs.events.core.kernel import Envelope, Event
from libs.events.deciding.settling import Settler
from libs.events.listening.listener import Listener, Reaction
from libs.events.process.world import World
from libs.events.releases.models import ReadModels
from libs.events.releases.rebuild import Rebuild
from libs.events.store.databases import Unusable
from libs.events.store.log import GONE
from libs.events.store.read_models import Rows
from libs.events.store.tables import events, heard, log_head, metadata
from libs.events.store.vault import Vault
from services.grid.main import assemble
from tests.conftest import PACK
from tests.events.test_listening import partition
from tests.events.toy import (
    Booked,
    OpenRoom,
    RoomOpened,
    asked,
    book,
    bookings,
    project_bookings,
    project_rooms,
    rooms,
    settler,
)
from tests.events.turns import BLUE, settled


class NoteColumns(TypedColumns):
    """What only the newer release shows: how often a room was booked."""

    room: Named[str] = Column(primary_key=True)
    times: Named[int]


notes = Table("toy_notes", metadata, NoteColumns)


def project_notes(tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
    """It counts, so an event that is shown twice would be seen."""
    rows = Rows(notes)
    before = {row.room: row.times for row in tx.execute(select(notes))}
    for fact in facts:
        if isinstance(fact.data, Booked):
            before[fact.data.room] = before.get(fact.data.room, 0) + 1
            rows.set(room=fact.data.room, times=before[fact.data.room])
    rows.write(tx)


def older(store: Engine, vault: Vault) -> Settler:
    old = settler(store, vault)
    old.log.models = ReadModels(old, {})
    old.log.models.digest = "older"
    return old


def newer(store: Engine, vault: Vault) -> Settler:
    new = settler(store, vault, project_notes)
    new.log.models = ReadModels(new, {})
    return new


def shown(store: Engine, table: Table[NoteColumns] = notes) -> dict[str, int]:
    with store.connect() as tx:
        return {row.room: row.times for row in tx.execute(select(table))}


def booked(store: Engine) -> int:
    with store.connect() as tx:
        return len(tx.execute(select(bookings)).all())


def rebuilt(new: Settler, folder: Path) -> Rebuild:
    again = Rebuild(new, {}, folder / "again.db")
    again.fill(lambda done: None)
    return again


def test_a_newer_release_is_filled_while_the_older_one_goes_on(
    store: Engine, vault: Vault, tmp_path: Path
) -> None:
    old, new = older(store, vault), newer(store, vault)
    settled(old, BLUE, book(), book())
    again = rebuilt(new, tmp_path)
    settled(old, book())  # after it was filled, and before it takes its place
    assert shown(store) == {}
    again.swap()
    assert shown(store) == {"blue": 3}
    settled(old, book(), book())
    assert shown(store) == {"blue": 3}
    settled(new, book())
    assert shown(store) == {"blue": 6}
    settled(old, book())
    settled(new, book())
    assert (shown(store), booked(store)) == ({"blue": 8}, 8)


def test_a_release_that_was_never_filled_does_not_show_a_part(store: Engine, vault: Vault) -> None:
    old, new = older(store, vault), newer(store, vault)
    settled(old, BLUE)
    with new.log.transaction() as tx:
        new.log.lock(tx)
        assert not ReadModels(new, {}).filled_in(new.log.shown)
    with old.log.transaction() as tx:
        old.log.lock(tx)
        assert set(old.log.shown) == {"older"}


def test_what_the_other_release_has_heard_is_shown_too(
    store: Engine, vault: Vault, tmp_path: Path
) -> None:
    reactions = {"inn.rooms": Reaction(to=["toy"], project=project_rooms)}

    def inn(digest: str) -> Listener:
        one = Settler(
            settler(store, vault).log, deciders=[], projections=[project_bookings],
            numbers=settler(store, vault).numbers,
        )  # fmt: skip
        one.log.models = ReadModels(one, reactions)
        one.log.models.digest = digest
        return Listener(one, reactions)

    old, new = inn("older"), inn("newer")
    said = partition(RoomOpened(room="blue"), RoomOpened(room="red"))
    old.take_in(said[:1])
    with new.settler.log.transaction() as tx:
        new.settler.log.lock(tx)
        new.settler.log.show(tx, 0, 0, 0)  # as if it had been filled before that was heard
    with store.begin() as tx:
        tx.execute(rooms.delete())  # what only the older one shows
    new.take_in(said[1:])
    with store.connect() as tx:
        assert set(tx.execute(select(rooms.c.room)).scalars()) == {"blue", "red"}
        (where,) = tx.execute(select(log_head.c.shown)).scalars()
    assert where["newer"] == [0, 2]


def remember_one(tx: Connection, ordinal: int) -> None:
    """As if so many events of others had been heard."""
    (said,) = tx.execute(select(events).limit(1)).mappings()
    columns = {name: value for name, value in said.items() if name != "leaf"}
    tx.execute(insert(heard).values(**columns, ordinal=ordinal, source="others"))


def test_what_a_savepoint_has_undone_is_not_said_to_be_shown(
    store: Engine, vault: Vault, tmp_path: Path
) -> None:
    old, new = older(store, vault), newer(store, vault)
    settled(old, BLUE)
    rebuilt(new, tmp_path).swap()
    with new.log.transaction() as tx:
        new.log.lock(tx)
        undone = tx.begin_nested()
        new.settle(tx, asked(book()))
        undone.rollback()
        remember_one(tx, 7)
        new.log.heard(tx)
        (where,) = tx.execute(select(log_head.c.shown)).scalars()
        assert where["older"][0] == 1
        assert where[ReadModels(new, {}).digest] == [1, 7]
        tx.rollback()
    settled(old, book())
    settled(new, book())
    assert shown(store) == {"blue": 2}


def test_what_is_heard_is_shown_once_in_a_turn_whoever_else_there_is(
    store: Engine, vault: Vault
) -> None:
    told: list[str] = []

    def project(tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
        told.extend(fact.subject for fact in facts)

    base = settler(store, vault, project_notes)
    reactions = {
        "inn.seen": Reaction(to=["toy"], project=project),
        "inn.rooms": Reaction(to=["toy"], react=lambda fact: [OpenRoom(room="red")]),
    }
    base.log.models = ReadModels(base, reactions)
    with base.log.transaction() as tx:
        base.log.lock(tx)
        tx.execute(log_head.update().values(shown={base.log.models.digest: [0, 0], "x": [0, 0]}))
    Listener(base, reactions).take_in(partition(RoomOpened(room="blue"), RoomOpened(room="green")))
    assert len(told) == 2


def test_a_release_that_is_long_gone_is_not_waited_for(store: Engine, vault: Vault) -> None:
    new = newer(store, vault)
    settled(new, BLUE)
    ours = ReadModels(new, {}).digest
    with new.log.transaction() as tx:
        new.log.lock(tx)
        where = {"gone": [1, 0], "here": [GONE, 0], ours: [GONE + 2, 0]}
        tx.execute(log_head.update().values(position=GONE + 2, shown=where))
    with new.log.transaction() as tx:
        new.log.lock(tx)
        assert set(new.log.shown) == {"here", ours}


def test_begun_again_it_goes_on_where_it_was(store: Engine, vault: Vault, tmp_path: Path) -> None:
    new = newer(store, vault)
    settled(new, BLUE, *(book() for _ in range(700)))
    again = Rebuild(new, {}, tmp_path / "again.db")
    told: list[int] = []

    class Broken(Exception):
        pass

    def broken_off(done: int) -> None:
        told.append(done)
        raise Broken

    with pytest.raises(Broken):
        again.fill(broken_off)
    again.close()
    again = Rebuild(new, {}, tmp_path / "again.db")
    again.fill(told.append)
    assert told == [500, 201]
    with store.begin() as tx:
        tx.execute(notes.delete())
    assert again.differing() == ["toy_notes"]
    again.swap()
    assert shown(store) == {"blue": 700}
    assert not list(tmp_path.glob("again*"))


def test_a_service_does_not_start_on_tables_that_were_never_filled(world: World) -> None:
    service = assemble(world, PACK)
    service.prepare()
    service.prepare()
    with service.settler.log.transaction() as tx:
        service.settler.log.lock(tx)
        service.settler.log.show(tx, 0, 0, 0)
        tx.execute(log_head.update().values(position=7, shown={"older": [7, 0]}))
    with pytest.raises(Unusable, match="lianban rebuild grid"):
        service.prepare()
