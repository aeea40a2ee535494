"""What each release has left behind it is taken over by this one; and the next release by what it
will bring, which is imagined here."""

import gzip
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from faststream.kafka import KafkaBroker
from sqlalchemy import Column, Engine, Integer, MetaData, Table, inspect, make_url, select

from libs.contracts.exchange import AgencyStatus
from libs.contracts.vocabulary import AgencyCode
from libs.events.core.kernel import Hidden
from libs.events.process.service import Service
from libs.events.process.world import World
from libs.events.releases.rebuild import Rebuild
from libs.events.store import migrating
from libs.events.store.databases import Unusable, open_engine, prepare_tables
from libs.events.store.migrating import FOLDER, History
from libs.events.store.tables import OWN, events, metadata, watermarks
from libs.events.store.vault import MasterKey, Vault
from libs.events.system.clocks import RealTime
from services.exchange.agency.commands import ChangeAgencyStatus
from services.exchange.main import assemble
from tests.conftest import ISSUER, PACK, Loopback, nowhere
from tests.postgresql import postgresql_url
from tests.releases.keep import HERE

RELEASES = sorted(one.name for one in HERE.iterdir() if (one / "sqlite").is_dir())
DATABASES = ("sqlite", "postgresql")
INDEXES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index'",
    "postgresql": "SELECT indexname FROM pg_indexes",
}


def poured(text: bytes, url: str, tmp_path: Path) -> Engine:
    """A database as a dump says it."""
    engine = open_engine(url)
    if engine.dialect.name == "sqlite":
        with sqlite3.connect(str(engine.url.database)) as raw:
            raw.executescript(text.decode())
        return engine
    # What a client of pg_dump's own says of itself is for that client only.
    lines = [one for one in text.decode().splitlines() if not one.startswith("\\")]
    at = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(at) as plain:
        plain.execute("\n".join(lines).encode())
    return engine


@pytest.fixture
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of a database with nothing in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/old.db"
        return
    admin = open_engine(postgresql_url())
    name = f"old_{uuid4().hex[:8]}"
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as tx:
        tx.exec_driver_sql(f"CREATE DATABASE {name}")
    yield make_url(postgresql_url()).set(database=name).render_as_string(hide_password=False)
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as tx:
        tx.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()


def exchange_on(engine: Engine, keys: Engine, key: Path) -> Service:
    loopback = Loopback()
    master = MasterKey.from_environment(key, make=lambda: False)
    world = World(
        engine=engine, keys=Vault(keys, master), broker=KafkaBroker(), producers=lambda _: loopback,
        tails=loopback.tails, issuer=ISSUER, clock=RealTime(), make_topics=list,
        send_copies=nowhere,
    )  # fmt: skip
    return assemble(world, PACK)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("empty_url", DATABASES, indirect=True)
async def test_what_a_release_left_is_taken_over(
    release: str, empty_url: str, tmp_path: Path
) -> None:
    kind = make_url(empty_url).get_backend_name()
    left = HERE / release / kind
    engine = poured(gzip.decompress((left / "exchange.sql.gz").read_bytes()), empty_url, tmp_path)
    keys_url = f"sqlite:///{tmp_path}/keys.db"
    keys = poured(gzip.decompress((left / "keys.sql.gz").read_bytes()), keys_url, tmp_path)
    key = tmp_path / "master.key"
    shutil.copy(left / "master.key", key)
    key.chmod(0o600)
    with engine.connect() as tx:
        before = tx.execute(select(events).order_by(events.c.position)).all()
    service = exchange_on(engine, keys, key)
    service.prepare(filled=False)
    with engine.connect() as tx:
        assert tx.execute(select(events).order_by(events.c.position)).all() == before
        facts = service.settler.log.opened(service.settler.log.read(tx, after=0, limit=10_000))
        indexes = set(tx.exec_driver_sql(INDEXES[kind]).scalars())
    assert len(facts) == len(before) > 100
    assert any(fact.data is not None for fact in facts)
    assert not any(Hidden.WITHHELD in vars(fact.data).values() for fact in facts)
    assert "parked_by_due" in indexes
    # Its read models may be those of an older release: they are filled by a command.
    if not service.models.filled_in(shown(service)):
        again = Rebuild(service.settler, service.reactions, tmp_path / "rebuild.db")
        again.fill(lambda done: None)
        again.swap()
    service.prepare()
    # And it goes on: what the pack says by now is loaded, and something is settled.
    with service.settler:
        while not await service.loader.once():
            pass
        await service.settler.ask(
            ChangeAgencyStatus(
                agency_code=AgencyCode("CGW"), status=AgencyStatus.SUSPENDED, successor=None
            ),
            service.loader.context(),
        )
    with engine.connect() as tx:
        assert service.settler.log.head(tx) > len(before)
    engine.dispose()
    keys.dispose()


def shown(service: Service) -> Any:
    with service.settler.log.transaction() as tx:
        service.settler.log.lock(tx)
        return service.settler.log.shown


# The next release

NEXT = '''
"""A watermark says how far its source has told."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{before}"
touches = ("watermarks",)


def upgrade() -> None:
    op.add_column("watermarks", sa.Column("told", sa.Integer(), nullable=True))
    op.execute("UPDATE watermarks SET told = position")
    {then}
'''


@pytest.fixture
def later(tmp_path: Path) -> History:
    return imagined(tmp_path / "later")


def imagined(folder: Path, then: str = "pass") -> History:
    """The history of a release that is to come."""
    shutil.copytree(FOLDER / "service", folder, ignore=shutil.ignore_patterns("__pycache__"))
    before = max(one.stem.removeprefix("r") for one in folder.glob("r*.py"))
    (folder / "r9999.py").write_text(NEXT.format(before=before, then=then), "utf-8")
    return History(folder, first="log_head", stands_in="tables_release")


def its_tables() -> Sequence[Table[Any]]:
    other = MetaData()
    for name in OWN:
        metadata.tables[name].to_metadata(other)
    other.tables["watermarks"].append_column(Column("told", Integer))
    return other.sorted_tables


def ours() -> Sequence[Table[Any]]:
    return [metadata.tables[name] for name in OWN]


ROW = {
    "reaction": "a.b", "topic": "toy.events", "partition": 0, "log_id": "x", "position": 7,
    "event_id": uuid4(), "kafka_offset": 9, "taken": 7,
}  # fmt: skip


@pytest.fixture
def old(empty_url: str) -> Iterator[Engine]:
    """A database of this release, in which something is."""
    engine = open_engine(empty_url)
    prepare_tables(engine, ours())
    with engine.execution_options(writes=True).begin() as tx:
        now = RealTime()()
        tx.execute(watermarks.insert(), {**ROW, "happened": now, "recorded": now})
    yield engine
    engine.dispose()


def found(engine: Engine, name: str) -> list[Any]:
    """As it lies there."""
    with engine.connect() as tx:
        return [dict(row) for row in tx.exec_driver_sql(f"SELECT * FROM {name}").mappings()]


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


@pytest.mark.parametrize("empty_url", DATABASES, indirect=True)
def test_the_next_release_takes_over_in_one_step_whoever_comes_first(
    old: Engine, later: History
) -> None:
    before = found(old, "watermarks")
    url = old.url.render_as_string(hide_password=False)

    def started(_: int) -> None:
        engine = open_engine(url)
        prepare_tables(engine, its_tables(), later)
        engine.dispose()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(started, range(8)))
    (row,) = found(old, "watermarks")
    assert row["told"] == row["position"] == 7
    assert found(old, "before_9999_watermarks") == before
    # And this one does not write what it does not know.
    with pytest.raises(Unusable, match=r"of a later release than this one \(9999, .*_watermarks"):
        prepare_tables(old, ours())


@pytest.mark.parametrize("empty_url", DATABASES, indirect=True)
def test_broken_off_in_the_midst_of_it_nothing_has_changed(old: Engine, tmp_path: Path) -> None:
    before = found(old, "watermarks"), tables(old)
    broken = imagined(tmp_path / "broken", then="raise RuntimeError('the power is cut')")
    with pytest.raises(RuntimeError, match="the power is cut"):
        prepare_tables(old, its_tables(), broken)
    assert (found(old, "watermarks"), tables(old)) == before
    prepare_tables(old, ours())
    prepare_tables(old, its_tables(), imagined(tmp_path / "whole"))
    assert found(old, "watermarks")[0]["told"] == 7


@pytest.mark.parametrize("empty_url", DATABASES, indirect=True)
def test_only_the_last_copy_is_kept(old: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "two"
    history = imagined(folder)
    more = NEXT.replace("9999", "9999b").replace("{before}", "9999").replace("told", "said")
    (folder / "r9999b.py").write_text(more.format(then="pass"), "utf-8")
    wanted = its_tables()
    next(one for one in wanted if one.name == "watermarks").append_column(Column("said", Integer))
    prepare_tables(old, wanted, history)
    copies = {one for one in tables(old) if one.startswith(migrating.BEFORE)}
    assert copies == {"before_9999b_watermarks"}
    assert "told" not in found(old, "before_9999b_watermarks")[0], "as it was at first"
    (row,) = found(old, "watermarks")
    assert row["told"] == row["said"] == 7


def test_no_copy_of_a_key_is_ever_made() -> None:
    """What is forgotten would lie there still."""
    for one in migrating.scripts(FOLDER / "keys").walk_revisions():
        assert not set(one.module.touches) & {"data_keys", "persons_keys"}, one.revision


def test_a_release_is_kept_as_it_left_it() -> None:
    """Nothing that was kept is written anew: git knows it, and it has not changed since."""
    for release in RELEASES:
        for file in sorted((HERE / release).rglob("*.gz")):
            assert gzip.decompress(file.read_bytes()).strip()
    changed = subprocess.run(
        ["git", "log", "--diff-filter=M", "--format=%h", "--", "tests/releases/*.gz"],
        cwd=HERE.parents[1], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert changed.stdout == "", "a release that was kept has been written anew"
