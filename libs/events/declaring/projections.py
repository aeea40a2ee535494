"""Projections: what one event changes in the rows of read models.

What a projection reads is the type of its last parameter; the rows it changes are the others.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter
from sqlalchemy import JSON, Connection, Select, Table, bindparam, select

from libs.events.core.kernel import Envelope, Event, Hidden, Record
from libs.events.core.reactions import ANYWHERE, Misdeclared, union
from libs.events.declaring.rows import Row
from libs.events.store.read_models import Rows, required


class Changes(Rows):
    """The rows of one table that a turn changes."""

    def __init__(self, table: Table[Any], tx: Connection) -> None:
        super().__init__(table)
        self._tx = tx

    def now(self, **key: Any) -> Mapping[str, Any]:
        """A row as this turn has left it so far; empty where there is none. By its key, and so
        without writing what the turn has changed, as any other question does."""
        changed = self.changed(tuple(key[name] for name in self.key))
        if len(changed) == len(self.table.columns):
            return changed
        found = self._tx.execute(by_key(self.table), key).mappings().first()
        if found is None and not required(self.table) <= changed.keys():
            return {}  # what was changed of a row that does not exist is not written either
        return {**dict.fromkeys(self.table.columns.keys()), **(found or {}), **changed}

    def flush(self) -> None:
        """Writes what has changed so far."""
        self.write(self._tx)
        self.clear()

    def take(self, fact: Envelope[Any], *names: str, **more: Any) -> None:
        """The fields of the event that are columns too, or its key and those that are named; its
        trace code where there is a column for it; and what is said more."""
        data = fact.data
        kind: Any = type(data)
        columns, coded = shared_by(self.table, kind, names)
        said = {name: getattr(data, name) for name in columns}
        if coded and not names:
            said["correlation_id"] = fact.correlation_id
        self.set(**{name: None if isinstance(one, Hidden) else one for name, one in said.items()},
                 **more)  # fmt: skip


@lru_cache
def by_key(table: Table[Any]) -> Select[Any]:
    return select(table).where(*(one == bindparam(one.name) for one in table.primary_key))


@lru_cache
def shared_by(table: Table[Any], kind: Any, names: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    known = kind.__dataclass_fields__
    if strange := [name for name in names if name not in known]:
        raise Misdeclared(f"{kind.__name__} has no {strange[0]}, which {table.name} is to show")
    keys = [one.name for one in table.primary_key]
    wanted = [*keys, *names] if names else [one.name for one in table.c]
    columns = tuple(name for name in dict.fromkeys(wanted) if name in known)
    return columns, "correlation_id" in table.c and "correlation_id" not in known


class Current:
    """The connection of a turn for a projection that asks: it sees what the turn has changed."""

    def __init__(self, tx: Connection, changes: Sequence[Changes]) -> None:
        self._tx = tx
        self._changes = changes

    def __getattr__(self, name: str) -> Any:
        """Whatever it is asked in: `execute`, `scalar`, `scalars`."""
        for one in self._changes:
            one.flush()
        return getattr(self._tx, name)


class Projection(Record):
    """A function, the tables it writes, and the events it reads; `asks` the database, or not."""

    function: Callable[..., None]
    rows: tuple[type[Row], ...]
    reads: tuple[type[Event], ...]
    asks: bool = False
    source: str = ""

    @property
    def sources(self) -> list[str]:
        """The services whose events are read."""
        return [self.source] if self.source else sorted(set(map(source_of, self.reads)))

    def __call__(self, tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
        wanted = [fact for fact in facts if isinstance(fact.data, self.reads)]
        if not wanted:
            return
        changes = [Changes(one.table, tx) for one in self.rows]
        given = (Current(tx, changes), *changes) if self.asks else changes
        for fact in wanted:
            self.function(*given, fact)
        for one in changes:
            one.write(tx)


def source_of(kind: type[Event]) -> str:
    return kind.event_type.partition(".")[0]


def projection(*rows: type[Row], source: str = "") -> Callable[[Callable[..., None]], Projection]:
    """`@projection(LeadRow)` on `def project(leads: Changes, fact: Envelope[LeadEvent])`.

    With a `Connection` in front it may ask what is shown: whatever was changed by an event before
    is seen, be it of this turn or of an earlier one.
    """

    def read(function: Callable[..., None]) -> Projection:
        hints = get_type_hints(function)
        hints.pop("return", None)
        first, *_, last = hints.values()
        asks = first is Connection
        if len(hints) != asks + len(rows) + 1 or get_origin(last) is not Envelope:
            raise Misdeclared(f"{function.__name__}: a parameter a table, then an Envelope[…]")
        reads = tuple(union(get_args(last)[0]))
        if Event in reads:
            raise Misdeclared(f"{function.__name__}: which event? Envelope[Event] says nothing")
        if ANYWHERE in map(source_of, reads) and not source:
            raise Misdeclared(f"{function.__name__}: every service records these; say source=…")
        return Projection(function=function, rows=rows, reads=reads, asks=asks, source=source)

    return read


def latest(row: type[Row], kind: type[Event]) -> Projection:
    """Shows the last event of each stream: every column is the field of that name."""
    names = [one.name for one in row.table.c]
    if strange := [one for one in names if one not in kind.__dataclass_fields__]:
        raise Misdeclared(f"{kind.__name__} has no {strange[0]}, which {row.__name__} shows")
    types: dict[str, Any] = {name: row.model_fields[name].annotation for name in names}
    as_json: dict[str, TypeAdapter[Any]] = {
        one.name: TypeAdapter(types[one.name]) for one in row.table.c if isinstance(one.type, JSON)
    }

    def project(rows: Rows, fact: Envelope[Any]) -> None:
        said = {name: getattr(fact.data, name) for name in names}
        for name, adapter in as_json.items():
            said[name] = adapter.dump_python(said[name], mode="json")
        rows.set(**said)

    return Projection(function=project, rows=(row,), reads=(kind,))
