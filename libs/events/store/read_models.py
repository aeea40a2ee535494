"""Writing read models: what a turn changed in a table, in as few statements as it takes."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Executable,
    Select,
    Table,
    bindparam,
    literal,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from libs.events.core.kernel import Record
from libs.events.store.cache import forget_versions, is_versioned
from libs.events.store.databases import ERASED
from libs.events.store.tables import versions
from libs.events.system.ids import uuid7


class Which(Record):
    """Of what has run out by a moment the earliest, and no more of it than that; or only these, by
    the ids that their read model knows them by."""

    moment: datetime
    limit: int
    only: Collection[Any] | None = None

    def of(self, found: Select[Any], key: ColumnElement[Any]) -> Select[Any]:
        return (found if self.only is None else found.where(key.in_(self.only))).limit(self.limit)


class Rows:
    """Collects what changes in one table, the last word winning, and writes it at once.

    A row that has every column it must have is inserted, or replaced; any other is updated.
    """

    def __init__(self, table: Table[Any]) -> None:
        self.table = table
        self.key = keys(table)
        self._rows: dict[Hashable, dict[str, Any]] = {}

    def set(self, **columns: Any) -> None:
        key = tuple(columns[name] for name in self.key)
        self._rows.setdefault(key, {}).update(columns)

    def changed(self, key: Hashable) -> Mapping[str, Any]:
        return self._rows.get(key, {})

    def clear(self) -> None:
        self._rows.clear()

    def write(self, tx: Connection) -> None:
        alike: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        for row in self._rows.values():
            alike[tuple(sorted(row))].append(row)
        for names, rows in alike.items():
            if required(self.table).issubset(names):
                tx.execute(insertion(self.table, tx.dialect.name, names), rows)
            else:
                tx.execute(change(self.table, names), [self._placed(row) for row in rows])
        if self._rows and is_versioned(self.table):
            renew(tx, self.table)

    def _placed(self, row: dict[str, Any]) -> dict[str, Any]:
        return row | {f"{name}_": row[name] for name in self.key}


def beyond(columns: Sequence[Column[Any]], values: Sequence[Any]) -> ColumnElement[bool]:
    """What comes after these values in the order of these columns: one comparison, which an index
    on them answers however deep the page lies."""
    given = [literal(one, column.type) for column, one in zip(columns, values, strict=True)]
    later: ColumnElement[bool] = tuple_(*columns) > tuple_(*given)
    return later


# Marks a column that shows a personal value of the matter in `correlation_id`.
PERSONAL: Final = {"personal": True}


def blank(tx: Connection, tables: Iterable[Table[Any]], matters: Collection[str]) -> None:
    """What read models show of matters that were forgotten is shown no more."""
    if not matters:
        return
    for table in tables:
        personal = [column.name for column in table.c if column.info.get("personal")]
        if personal:
            gone = update(table).where(table.c.correlation_id.in_(matters))
            tx.execute(gone.values(dict.fromkeys(personal)))
            tx.info[ERASED] = True


def renew(tx: Connection, table: Table[Any]) -> None:
    """From now on nobody uses what they have kept of it."""
    rows = Rows(versions)
    rows.set(name=table.name, version=uuid7())
    rows.write(tx)
    forget_versions()


@lru_cache
def keys(table: Table[Any]) -> tuple[str, ...]:
    return tuple(column.name for column in table.primary_key)


@lru_cache
def required(table: Table[Any]) -> frozenset[str]:
    return frozenset(column.name for column in table.c if not column.nullable)


@lru_cache
def insertion(table: Table[Any], dialect: str, names: Iterable[str]) -> Executable:
    put: Any = {"postgresql": postgresql, "sqlite": sqlite}[dialect].insert(table)
    replaced = {name: put.excluded[name] for name in names if name not in keys(table)}
    statement: Executable = (
        put.on_conflict_do_update(index_elements=keys(table), set_=replaced)
        if replaced
        else put.on_conflict_do_nothing(index_elements=keys(table))
    )
    return statement


@lru_cache
def change(table: Table[Any], names: Iterable[str]) -> Executable:
    return (
        update(table)
        .where(*(table.c[name] == bindparam(f"{name}_") for name in keys(table)))
        .values({name: bindparam(name) for name in names if name not in keys(table)})
    )
