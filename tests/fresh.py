"""Databases with all tables, made once a process and copied: a test starts at what it is about."""

import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import Engine, MetaData
from sqlalchemy.exc import DBAPIError

from libs.events.store.databases import open_engine, prepare_tables
from libs.events.store.tables import metadata
from libs.events.store.vault import MasterKey, Vault

FOLDER: Final = TemporaryDirectory(prefix="tables-")


def copied(path: Path, tables: bool = True) -> str:
    """The URL of a SQLite database at that path: with the tables of services, or of a vault."""
    if not path.exists():
        shutil.copy(services(len(metadata.tables)) if tables else keys(), path)
    return f"sqlite:///{path}"


@cache
def services(number: int) -> Path:
    """With all tables known by now: their number grows as services are imported."""
    path = Path(FOLDER.name) / f"services-{number}.db"
    engine = open_engine(f"sqlite:///{path}")
    prepare_tables(engine, metadata.sorted_tables)
    engine.dispose()
    return path


@cache
def keys() -> Path:
    path = Path(FOLDER.name) / "keys.db"
    vault = Vault(open_engine(f"sqlite:///{path}"), MasterKey(b"k" * 32))
    vault.prepare()
    vault.engine.dispose()
    return path


def emptied(engine: Engine, tables: MetaData) -> None:
    """All tables in a PostgreSQL database, with nothing in them and every sequence at its start;
    made anew only where one is missing."""
    names = ", ".join(f'"{table.name}"' for table in tables.sorted_tables)
    try:
        with engine.execution_options(writes=True).begin() as tx:
            tx.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY")
    except DBAPIError:
        tables.drop_all(engine)
        prepare_tables(engine, tables.sorted_tables)
