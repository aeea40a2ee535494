"""What seldom changes is kept in memory, and used while its tables have the version it was read at.

A version is an id of its own for every writing, so one that was rolled back never comes again.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Table, select
from sqlalchemy.engine import Transaction

from libs.events.store.tables import versions

V = TypeVar("V")

# Marks a table whose versions are counted: `Table("cells", metadata, CellColumns, info=VERSIONED)`.
VERSIONED: Final = {"versioned": True}

ASK = select(versions.c.name, versions.c.version)

# The versions as a transaction, or a savepoint in it, has read them.
SEEN: WeakKeyDictionary[Transaction, Mapping[str, UUID]] = WeakKeyDictionary()


class Cached(Generic[V]):
    """A question that is answered from memory, until one of the tables it reads is written."""

    def __init__(self, read: Callable[[Connection], V], *tables: Table[Any]) -> None:
        for table in tables:
            if not is_versioned(table):
                raise TypeError(
                    f"nobody counts the versions of {table.name}: it wants info=VERSIONED"
                )
        self._read = read
        self._names = [table.name for table in tables]
        self._copy: tuple[list[UUID | None], V] | None = None

    def __call__(self, tx: Connection) -> V:
        seen = versions_in(tx)
        current = [seen.get(name) for name in self._names]
        copy = self._copy
        if copy is None or copy[0] != current:
            copy = self._copy = (current, self._read(tx))
        return copy[1]


def is_versioned(table: Table[Any]) -> bool:
    return bool(table.info.get("versioned"))


def versions_in(tx: Connection) -> Mapping[str, UUID]:
    """Asked once in a transaction for all, and again when one of them has changed."""
    here = tx.get_nested_transaction() or tx.get_transaction() or tx.begin()
    seen = SEEN.get(here)
    if seen is None:
        seen = SEEN[here] = {row.name: row.version for row in tx.execute(ASK)}
    return seen


def forget_versions() -> None:
    """In every transaction of this process: a savepoint does not know what lies around it."""
    SEEN.clear()
