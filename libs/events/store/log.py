"""The log: every event of one service, in one order without gaps. Nothing is changed or removed."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from threading import Lock
from typing import Any, Final, Protocol, TypeAlias
from uuid import UUID
from weakref import WeakSet

from sqlalchemy import (
    BindParameter,
    Connection,
    Engine,
    Executable,
    Row,
    bindparam,
    func,
    insert,
    select,
    update,
)

from libs.events.core.kernel import Envelope, Event, Hidden
from libs.events.store.cache import forget_versions
from libs.events.store.databases import ERASED, among, copy, rinse
from libs.events.store.numbers import Counted
from libs.events.store.tables import events, heard, log_head
from libs.events.store.vault import Vault
from libs.events.system.ids import uuid7
from libs.events.wire import codec
from libs.events.wire.codec import Recorded

NAME: BindParameter[str] = bindparam("name")
TOUCH = (
    update(log_head)
    .where(log_head.c.log == NAME)
    .values(position=log_head.c.position)
    .returning(log_head.c.position, log_head.c.shown)
)
MOVE = (
    update(log_head)
    .where(log_head.c.log == NAME)
    .values(position=bindparam("last"), shown=bindparam("shows", type_=log_head.c.shown.type))
)

LOADED = (
    events.c.subject, events.c.position, events.c.type, events.c.data, events.c.correlation_id
)  # fmt: skip
RECORD = insert(events)
COLUMNS = tuple(column.name for column in events.c)

SHOW = (
    update(log_head)
    .where(log_head.c.log == NAME)
    .values(shown=bindparam("shows", type_=log_head.c.shown.type))
)
READ = (
    select(events)
    .where(events.c.position > bindparam("after"))
    .order_by(events.c.position)
    .limit(bindparam("limit"))
)
HEARD = select(log_head.c.shown, select(func.max(heard.c.ordinal)).scalar_subquery()).where(
    log_head.c.log == NAME
)


@lru_cache
def loading(dialect: str) -> Executable:
    subjects = among(events.c.subject, "subjects", dialect)
    return select(*LOADED).where(subjects).order_by(events.c.position)


# A release that is so far behind is gone: if it comes back, its read models are filled anew.
GONE: Final = 10_000

# How far the read models of a release show the log, and what was consumed.
Shown: TypeAlias = Mapping[str, Sequence[int]]


class Altered(Exception):
    """The bytes of an event are not those its leaf was made of."""


@dataclass
class Past:
    """What is on record of one stream, and the trace code it began with."""

    events: list[Event] = field(default_factory=list)
    position: int = 0
    correlation_id: str | None = None


class Models(Protocol):
    """The read models of a service, as this release of it has them."""

    digest: str

    def catch_up(self, tx: Connection, head: int, shown: Shown) -> Sequence[int]:
        """What others have recorded is shown as well. How far the log and the rest are."""
        ...


class Log:
    def __init__(
        self, engine: Engine, *, name: str, keys: Vault, persons: Collection[str] = ()
    ) -> None:
        """`persons` are the roles in which somebody acts for themselves, and may be forgotten."""
        self.engine = engine
        self.name = name
        self.keys = keys
        self._persons = frozenset(persons)
        self._committed: list[Callable[[], None]] = []
        self._watchers: list[Callable[[], None]] = []
        self._writing = engine.execution_options(writes=True)
        self._one_at_a_time = Lock()
        # Whose read models are kept beside those of other releases; nobody's where there is one.
        self.models: Models | None = None
        self._shown: Shown = {}
        self._caught_up: WeakSet[Any] = WeakSet()
        self._counting: tuple[int, Mapping[Counted, int]] | None = None
        self._counted: tuple[int, Mapping[Counted, int]] = (0, {})

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """To write in; the threads of this process take turns before the database has to."""
        with self._one_at_a_time:
            self._counting = None
            with self._writing.begin() as tx:
                yield tx
                erased = tx.info.pop(ERASED, False)
            self._counted = self._counting or self._counted
        if erased:
            rinse(self.engine)
        for tell in (*self._committed, *self._watchers):
            tell()

    @contextmanager
    def aside(self) -> Iterator[Connection]:
        """To write what is no part of the log: a lease, a checkpoint. On SQLite the threads of this
        process take turns here too: it lets whoever comes second sleep, and longer each time."""
        on_a_file = self.engine.dialect.name == "sqlite"
        with self._one_at_a_time if on_a_file else nullcontext(), self._writing.begin() as tx:
            yield tx
        for tell in tuple(self._watchers):
            tell()

    def count(self, tx: Connection, position: int, last: Mapping[Counted, int]) -> None:
        """The numbers given out up to here, to be remembered if this is committed. What lies in a
        savepoint may still be undone by itself, so it is not."""
        self._counting = (0, {}) if tx.in_nested_transaction() else (position, last)

    def counted(self, position: int) -> Mapping[Counted, int]:
        """What is remembered of the numbers. While the log ends where this process left it, nobody
        else can have given any out."""
        return self._counted[1] if self._counted[0] == position else {}

    def when_committed(self, tell: Callable[[], None]) -> None:
        """Called after each transaction, in the thread that wrote it."""
        self._committed.append(tell)

    @contextmanager
    def watched(self, tell: Callable[[], None]) -> Iterator[None]:
        """Meanwhile, called after each transaction, and after what was written aside as well."""
        self._watchers.append(tell)
        try:
            yield
        finally:
            self._watchers.remove(tell)

    def identity(self, tx: Connection) -> UUID:
        """The id of this log, made with it: another log of the same name has another."""
        return tx.execute(select(log_head.c.log_id).where(log_head.c.log == self.name)).scalar_one()

    def head(self, tx: Connection) -> int:
        """Where the log ends, without waiting for anybody."""
        found = select(log_head.c.position).where(log_head.c.log == self.name)
        return tx.execute(found).scalar() or 0

    def last_happened(self, tx: Connection, subject: str) -> datetime:
        """When the newest event of a stream that has begun happened."""
        found = select(events.c.occurred, events.c.time).where(events.c.subject == subject)
        row = tx.execute(found.order_by(events.c.sequence.desc()).limit(1)).one()
        happened: datetime = row.occurred or row.time
        return happened

    def lock(self, tx: Connection) -> int:
        """Takes the head, and says where the log ends. What is read after this is the newest."""
        row = tx.execute(TOUCH, {"name": self.name}).first()
        forget_versions()
        if row is None:
            begins = {"log": self.name, "log_id": uuid7(), "position": 0, "shown": {}}
            tx.execute(insert(log_head).values(**begins))
            position, shown = 0, dict[str, Sequence[int]]()
        else:
            position, shown = row.position, dict(row.shown)
        self._shown = shown
        if self.models is not None and (turn := tx.get_transaction()) not in self._caught_up:
            self._caught_up.add(turn)
            at = self.models.catch_up(tx, position, shown)
            gone = {
                one
                for one, (of_log, _) in shown.items()
                if one != self.models.digest and position - of_log > GONE
            }
            if gone or list(at) != list(shown.get(self.models.digest, ())):
                self._shown = {one: it for one, it in shown.items() if one not in gone}
                self.show(tx, position, *at)
        return position

    def show(self, tx: Connection, position: int, *at: int) -> None:
        """So far do the read models of this release show the log, and what was consumed."""
        assert self.models is not None
        if at:
            self._shown = {**self._shown, self.models.digest: list(at)}
        tx.execute(MOVE, {"name": self.name, "last": position, "shows": self._shown})

    @property
    def shown(self) -> Shown:
        """As the head says, to whoever has just taken it."""
        return self._shown

    def heard(self, tx: Connection) -> None:
        """What was consumed up to now is shown by the read models of this release."""
        if self.models is None:
            return
        # Read anew: what a savepoint has undone is undone there, and not in our memory.
        shown, last = tx.execute(HEARD, {"name": self.name}).one()
        self._shown = dict(shown)
        at = self._shown.get(self.models.digest)
        if at and at[1] != (last or 0):
            self._shown = {**self._shown, self.models.digest: [at[0], last or 0]}
            tx.execute(SHOW, {"name": self.name, "shows": self._shown})

    def _move(self, tx: Connection, last: int) -> None:
        """The head stands here now, and so do the read models, which are written with it."""
        if self.models is not None and (at := self._shown.get(self.models.digest)):
            self._shown = {**self._shown, self.models.digest: [last, at[1]]}
        tx.execute(MOVE, {"name": self.name, "last": last, "shows": self._shown})

    def answers(self) -> bool:
        """Whether a fresh connection can take the head: if not, it is an outage."""
        self.engine.dispose()
        try:
            with self._writing.connect() as tx, tx.begin() as trial:
                self.lock(tx)
                trial.rollback()
        except Exception:
            return False
        return True

    def load(self, tx: Connection, subjects: Collection[str]) -> dict[str, Past]:
        """The past of each stream, read in one query."""
        pasts: dict[str, Past] = defaultdict(Past)
        if not subjects:
            return pasts
        found = tx.execute(loading(tx.dialect.name), {"subjects": list(subjects)}).all()
        secret = [row for row in found if has_secrets(row.type)]
        keys = self.keys.find(
            {codec.key_name(row.type, row.subject, row.correlation_id) for row in secret}
        )
        for subject, position, event_type, data, code in found:
            past = pasts[subject]
            key = keys.get(codec.key_name(event_type, subject, code), Hidden.WITHHELD)
            past.events.append(codec.decode(event_type, data, key))
            past.position = position
            past.correlation_id = past.correlation_id or code
        return pasts

    def append(self, tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
        """Records the facts, which follow the head, and moves the head behind them."""
        names: set[str] = set()
        fresh: set[str] = set()
        persons: set[tuple[str, str]] = set()
        for fact in facts:
            if has_secrets(fact.type):
                name = codec.key_name(fact.type, fact.subject, fact.correlation_id)
                # What follows from an event goes on with a matter that had its key before.
                begins = fact.sequence == 1 and fact.cause_kind != "event"
                (fresh if begins else names).add(name)
                persons |= {(person, name) for person in codec.persons(fact.data)}
                if fact.role in self._persons:
                    persons.add((fact.actor, name))
        keys = self.keys.take(names, persons, fresh=fresh)
        rows = [row_of(*codec.closed(fact, keys)) for fact in facts]
        self._move(tx, facts[-1].position)
        add(tx, rows)

    def restore(self, tx: Connection, some: Sequence[Recorded]) -> None:
        """Appends what this log has published before and lacks now, byte for byte."""
        assert some[0].position == self.head(tx) + 1
        self._move(tx, some[-1].position)
        add(tx, [row_of(one, codec.leaf(one)) for one in some])

    def read(self, tx: Connection, *, after: int, limit: int = 500) -> list[Recorded]:
        """The next of what is recorded, as bytes. It needs no lock: nothing appears behind it.

        Raises `Altered` where what lies there is not what was recorded.
        """
        found = tx.execute(READ, {"after": after, "limit": limit})
        return [self._unaltered(row) for row in found]

    def at(self, tx: Connection, position: int) -> Recorded | None:
        row = tx.execute(select(events).where(events.c.position == position)).first()
        return None if row is None else self._unaltered(row)

    def version(self, tx: Connection, subject: str) -> int:
        """How many events a stream has."""
        found = select(func.max(events.c.sequence)).where(events.c.subject == subject)
        return tx.execute(found).scalar() or 0

    def stream(self, tx: Connection, subject: str) -> list[Envelope[Event]]:
        """All that is on record of one stream, opened for a reader with a duty to read it."""
        found = select(events).where(events.c.subject == subject).order_by(events.c.sequence)
        rows = [self._unaltered(row) for row in tx.execute(found)]
        return self.opened(rows)

    def opened(self, rows: Sequence[Recorded]) -> list[Envelope[Event]]:
        keys = self.keys.find({codec.key_name(r.type, r.subject, r.correlation_id) for r in rows})
        return [codec.opened(row, keys) for row in rows]

    def _unaltered(self, row: Row[Any]) -> Recorded:
        columns: dict[str, Any] = dict(zip(COLUMNS, row, strict=True))
        leaf = columns.pop("leaf")
        recorded = Recorded(source=self.name, **columns)
        if codec.leaf(recorded) != leaf:
            raise Altered(f"position {recorded.position} of {self.name} is not what was recorded")
        return recorded


def has_secrets(event_type: str) -> bool:
    return event_type in Event.known and bool(codec.personal(Event.known[event_type]))


def row_of(recorded: Recorded, leaf: bytes) -> tuple[Any, ...]:
    """In the order of the table."""
    return (*(getattr(recorded, name) for name in COLUMNS[:-1]), leaf)


assert COLUMNS[-1] == "leaf"


def add(tx: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    if tx.dialect.name == "postgresql":
        copy(tx, events.name, COLUMNS, rows)
    else:
        tx.execute(RECORD, [dict(zip(COLUMNS, row, strict=True)) for row in rows])
