"""The two databases, with every setting that matters said aloud, and what they must promise."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, Final, cast

import orjson
import psycopg
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Table,
    TableValuedAlias,
    Text,
    any_,
    bindparam,
    create_engine,
    event,
    func,
    inspect,
    make_url,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, OperationalError

from libs.events.store.migrating import OF_SERVICE, FromTheFuture, History
from libs.events.store.outages import discreet

logger = logging.getLogger(__name__)

# So long after a reader was in the way, what was erased is rinsed again.
RINSE_SECONDS: Final = 1.0

# A writer that freezes must not stop the service for longer than this, in milliseconds.
IDLE_MS: Final = 3_000
LOCK_MS: Final = 10_000
STATEMENT_MS: Final = 30_000
# How long SQLite waits for another writer; and how long for readers, where it can wait for later.
BUSY_MS: Final = 30_000
RINSE_MS: Final = 200
TABLES: Final = 727_002
# A connection that lay idle for so long is asked whether it still stands, before it is used.
IDLE_SECONDS: Final = 1.0


# A server that says nothing for so long, in seconds, is asked by another connection whether it is
# there; and is given up where a statement takes longer than any may.
SILENCE: Final = 3.0
HOPELESS: Final = 1.2 * STATEMENT_MS / 1000
INTERVAL: Final = 0.1
CONNECT_SECONDS: Final = 5
TRIAL_SECONDS: Final = 5

# Marks a connection in whose transaction something personal was blanked.
ERASED: Final = "erased"


class Unusable(Exception):
    """The database cannot be written, or would lose what it was told."""


class Watched(psycopg.Connection[Any]):
    """Waits for no server that is not there any more: one that was frozen, or is cut off, keeps its
    connections and says nothing, and no timeout of its own can end that."""

    asks: Callable[[], Any]

    def wait(self, gen: Any, interval: float = INTERVAL, timeout: float | None = None) -> Any:
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        until = monotonic() + HOPELESS
        while True:
            try:
                return super().wait(gen, interval, SILENCE)
            except psycopg.errors._WaitTimeout:
                if monotonic() < until and self._answers():
                    continue
                self.pgconn.finish()
                raise psycopg.errors.ConnectionTimeout("the database does not answer") from None

    def _answers(self) -> bool:
        try:
            self.asks().close()
        except psycopg.OperationalError:
            return False
        return True


class BinaryCursor(psycopg.Cursor[Any]):
    """The bytes of an event come as bytes, and not as a text twice as long."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.format = psycopg.pq.Format.BINARY


def open_engine(url: str) -> Engine:
    """PostgreSQL: READ COMMITTED. SQLite: we begin, at once to write, without waiting to read.
    Raises `Unusable` without the URL, which may hold a password."""
    try:
        make_url(url)
    except ArgumentError:
        raise Unusable("this is no URL of a database: see DATABASE_URL_…") from None
    return open_sqlite(url) if url.startswith("sqlite") else open_postgresql(url)


def open_postgresql(url: str) -> Engine:
    engine = create_engine(
        url,
        json_deserializer=orjson.loads,
        isolation_level="READ COMMITTED",
        hide_parameters=True,  # they may be personal
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
            "options": f"-c lock_timeout={LOCK_MS} -c statement_timeout={STATEMENT_MS}"
            f" -c idle_in_transaction_session_timeout={IDLE_MS}",
        },
    )

    @event.listens_for(engine, "do_connect")
    def watch(dialect: Any, record: Any, given: Any, named: Any) -> Any:
        connection = Watched.connect(*given, **named)
        connection.asks = partial(
            psycopg.connect, *given, **{**named, "connect_timeout": TRIAL_SECONDS}
        )
        return connection

    @event.listens_for(engine, "handle_error")
    def hide_rows(context: Any) -> None:
        if isinstance(context.sqlalchemy_exception, DBAPIError):
            discreet(context.sqlalchemy_exception)

    @event.listens_for(engine, "connect")
    def read_bytes(connection: Any, record: Any) -> None:
        connection.cursor_factory = BinaryCursor

    @event.listens_for(engine, "checkin")
    def used(connection: Any, record: Any) -> None:
        record.info["used"] = monotonic()

    @event.listens_for(engine, "checkout")
    def still_there(connection: Any, record: Any, _: Any) -> None:
        if monotonic() - record.info.get("used", monotonic()) > IDLE_SECONDS:
            try:
                engine.dialect.do_ping(connection)
            except psycopg.Error as problem:
                raise DisconnectionError from problem  # the pool opens another one

    return engine


def among(column: Any, name: str, dialect: str) -> ColumnElement[bool]:
    """Whether it is one of those in the parameter. One statement, however many there are."""
    if dialect == "postgresql":
        one_of: ColumnElement[bool] = column == any_(bindparam(name, type_=ARRAY(Text)))
        return one_of
    in_them: ColumnElement[bool] = column.in_(bindparam(name, expanding=True))
    return in_them


def elements(name: str, dialect: str) -> TableValuedAlias:
    """The members of the list in the parameter, a row each, whose column is `value`: see
    `elements_of`."""
    if dialect == "postgresql":
        given = func.unnest(bindparam(name, type_=ARRAY(Text)))
        return given.table_valued("value").render_derived(name=name)
    return func.json_each(bindparam(name)).table_valued("value", name=name)


def elements_of(some: Iterable[str], dialect: str) -> Any:
    return list(some) if dialect == "postgresql" else orjson.dumps(list(some)).decode()


def copy(tx: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Into PostgreSQL, at half of what a row costs as a statement. What it says is raised as of
    any statement."""
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    raw: Any = tx.connection
    try:
        with raw.cursor() as cursor, cursor.copy(statement) as into:
            for row in rows:
                into.write_row(row)
    except psycopg.Error as problem:
        lost = tx.dialect.is_disconnect(cast(Any, problem), raw.driver_connection, None)
        if lost:
            tx.invalidate(problem)
        fault = DBAPIError.instance(
            statement, None, problem, psycopg.Error, hide_parameters=True,
            connection_invalidated=lost, dialect=tx.dialect,
        )  # fmt: skip
        if isinstance(fault, DBAPIError):
            discreet(fault)
        raise fault from problem


def open_sqlite(url: str) -> Engine:
    engine = create_engine(url, hide_parameters=True, json_deserializer=orjson.loads)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        # What is blanked, and a key that is destroyed, does not stay behind in a free page.
        connection.execute("PRAGMA secure_delete = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


# Where something that was overwritten may still lie in SQLite's own log.
UNRINSED: Final[set[Engine]] = set()


def rinse(engine: Engine) -> bool:
    """What was overwritten does not stay behind in the log of an SQLite file either. Whether it
    could be done: while somebody reads an older state it cannot, and is tried again.

    PostgreSQL keeps old rows until VACUUM, and its log as long as an archive does.
    """
    if engine.dialect.name != "sqlite":
        return True
    with closing(engine.raw_connection()) as raw:  # outside of any transaction
        cursor = raw.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {RINSE_MS}")
        try:
            busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    if busy:
        UNRINSED.add(engine)
    else:
        UNRINSED.discard(engine)
    return not busy


def rinse_again() -> int:
    """How many could not be rinsed yet."""
    return sum(not rinse(engine) for engine in list(UNRINSED))


def prepare_tables(
    engine: Engine, tables: Sequence[Table[Any]], history: History = OF_SERVICE
) -> None:
    """These tables stand as this release has them, whichever process comes first. Raises `Unusable`
    with one clear line."""
    if engine.dialect.name == "sqlite" and engine.url.database:
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
    try:
        with engine.execution_options(writes=True).begin() as tx:
            if engine.dialect.name == "postgresql":
                tx.exec_driver_sql(f"SELECT pg_advisory_xact_lock({TABLES})")
                require_durable(tx)
            history.bring(tx, lambda: made(tx, tables))
            require_shape(tx, tables)
    except FromTheFuture as future:
        raise Unusable(str(future)) from None
    except (OperationalError, DBAPIError, OSError) as problem:
        cause = getattr(problem, "orig", None) or problem
        line = str(cause).strip().partition("\n")[0]
        raise Unusable(f"{engine.url.render_as_string(hide_password=True)}: {line}") from problem


def made(tx: Connection, tables: Sequence[Table[Any]]) -> None:
    for metadata in {one.metadata for one in tables}:
        metadata.create_all(tx, tables=tables)


def require_durable(tx: Connection) -> None:
    for setting in ("fsync", "synchronous_commit"):
        value = tx.execute(text(f"SHOW {setting}")).scalar_one()
        if value == "off":
            raise Unusable(f"{setting} is off: what a caller was told could be lost")


def require_shape(tx: Connection, tables: Sequence[Table[Any]]) -> None:
    """A table that was made by another version of the code is not written by this one."""
    found = inspect(tx)
    for table in tables:
        has = {column["name"] for column in found.get_columns(table.name)}
        wants = names(table.c)
        if has != wants:
            differing = ", ".join(sorted(has ^ wants))
            raise Unusable(
                f"the table {table.name} has another shape: {differing}; a read model that changes"
                " takes a new name"
            )


def names(columns: Iterable[Any]) -> set[str]:
    return {column.name for column in columns}


async def rinsing() -> None:
    """What could not be rinsed because somebody was reading, as soon as nobody is."""
    while True:
        await asyncio.sleep(RINSE_SECONDS)
        try:
            await asyncio.to_thread(rinse_again)
        except Exception:
            logger.exception("what was erased could not be rinsed yet")
