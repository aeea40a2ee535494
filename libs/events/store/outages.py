"""Whether something that a service stands on is away, or something of ours is broken.

Asked by all who settle, hear, call deadlines, publish, and try again what is parked, of the
database, the key store, the file store and Kafka alike. While something is away nothing is judged:
who waits is told, what waits in Kafka waits, what is due stays due.
"""

import errno
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from enum import Enum, auto
from typing import Final, TypeVar, cast

import psycopg
from aiokafka.errors import KafkaError
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    InvalidPathError,
    NotFoundError,
    PreconditionError,
)
from psycopg.errors import ConnectionTimeout
from sqlalchemy.exc import DBAPIError, DisconnectionError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

T = TypeVar("T")
R = TypeVar("R")

# PostgreSQL (appendix A of its manual): connection exception, insufficient resources, operator
# intervention, system error, a server that only reads (one that another has taken over from).
AWAY_STATES: Final = ("08", "53", "57P", "58", "25006")
# Serialization failure, deadlock, lock not available, query cancelled, idle in a transaction for
# too long: the same may go well if it is tried again.
PASSING_STATES: Final = ("40001", "40P01", "55P03", "57014", "25P03")
# SQLite's primary result codes (sqlite.org/rescode.html).
AWAY_CODES: Final = frozenset({
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_PERM,
})  # fmt: skip
PASSING_CODES: Final = frozenset({sqlite3.SQLITE_SCHEMA, sqlite3.SQLITE_INTERRUPT})
# What a file store says of one file, and not of itself.
OF_ONE_FILE: Final = (NotFoundError, AlreadyExistsError, PreconditionError, InvalidPathError)
# What PostgreSQL says of a statement, of itself, or of a lock: it quotes no row.
OF_NO_ROW: Final = ("08", "25", "40", "42", "53", "55", "57", "58")
# What is kept of a fault, in characters.
MOST_SAID: Final = 500
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE})


class Verdict(Enum):
    """What a fault says of the world; `PASSING`: the same may go well at once."""

    AWAY = auto()
    PASSING = auto()
    OURS = auto()


class Away(Exception):
    """What a service stands on does not answer, or is not what it was."""


class Unclear(Away):
    """It was away in the moment of the commit: whether that stands nobody knows."""


def verdict(fault: BaseException) -> Verdict:
    """Also of a fault that wraps another, or was met while another was handled: whoever rolls back
    because of the one may find the other."""
    found = {verdict_of(one) for one in causes(fault)}
    return next(one for one in Verdict if one in found)


def is_outage(fault: BaseException) -> bool:
    """Nobody's fault: neither of what was asked, nor of how it is answered here."""
    return verdict(fault) is not Verdict.OURS


def causes(fault: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    one: BaseException | None = fault
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        before = behind(one)
        # What the driver raised is judged with what wraps it.
        wraps = isinstance(one, DBAPIError) and before is not None and before is one.orig
        one = behind(before) if wraps and before is not None else before


def behind(fault: BaseException) -> BaseException | None:
    return fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)


def verdict_of(fault: BaseException) -> Verdict:
    match fault:
        case Away() | ConnectionTimeout() | NoConnectionFree() | DisconnectionError():
            return Verdict.AWAY
        case DBAPIError():
            found = of_driver(fault.orig)
            silent = isinstance(fault.orig, ConnectionTimeout)
            # The connection is gone: with a fresh one it may go well.
            return Verdict.PASSING if fault.connection_invalidated and not silent else found
        case PendingRollbackError():
            return Verdict.PASSING
        case psycopg.Error() | sqlite3.Error():
            return of_driver(fault)
        case BaseError() if not isinstance(fault, OF_ONE_FILE):
            return Verdict.AWAY
        case KafkaError() if fault.retriable:
            return Verdict.AWAY
        case ConnectionError() | TimeoutError():
            return Verdict.AWAY
        case OSError() if fault.errno in FULL:
            return Verdict.AWAY
        case _:
            return Verdict.OURS


def of_driver(fault: BaseException | None) -> Verdict:
    match fault:
        case ConnectionTimeout():
            return Verdict.AWAY
        case psycopg.Error() if fault.sqlstate:
            if fault.sqlstate in PASSING_STATES:
                return Verdict.PASSING
            return Verdict.AWAY if fault.sqlstate.startswith(AWAY_STATES) else Verdict.OURS
        case psycopg.OperationalError():  # it was never reached, or it went away
            return Verdict.PASSING if "closed" in str(fault) else Verdict.AWAY
        case sqlite3.Error():
            code = getattr(fault, "sqlite_errorcode", 0) & 0xFF
            if code in PASSING_CODES:
                return Verdict.PASSING
            return Verdict.AWAY if code in AWAY_CODES else Verdict.OURS
        case _:
            return Verdict.OURS


def said(fault: BaseException) -> str:
    """What may be shown and kept of a fault: its kind, the code and the names that a database gives
    it, and our own words where it is ours. Never what a database says of a row: that is the row."""
    one = next((one for one in causes(fault) if isinstance(one, DBAPIError)), None)
    driver = one.orig if one else None
    return (repr(fault) if driver is None else said_by(driver))[:MOST_SAID]


def said_by(driver: BaseException) -> str:
    state = getattr(driver, "sqlstate", None)
    if not state:  # SQLite names tables and columns, and never a value; so does who cannot connect
        return f"{type(driver).__name__}: {str(driver).strip()}"
    told = cast(psycopg.Error, driver).diag
    names = [
        f"{kind} {name}"
        for kind, name in (
            ("table", told.table_name),
            ("column", told.column_name),
            ("constraint", told.constraint_name),
        )
        if name
    ]
    speaks = str(state).startswith(OF_NO_ROW)
    primary = [told.message_primary or ""] if speaks else []
    return " ".join([f"{type(driver).__name__} {state}", *names, *primary])


def discreet(fault: DBAPIError) -> None:
    """From here on it says that, wherever it is printed: of a row that a rule of the database
    refuses PostgreSQL quotes all there is in it."""
    driver = fault.orig
    if driver is None or not getattr(driver, "sqlstate", None):
        return
    said = said_by(driver)
    driver.args = (said,)
    fault.args = (f"({type(driver).__module__}.{type(driver).__name__}) {said}",)


def in_halves(
    some: Sequence[T], together: Callable[[Sequence[T]], R]
) -> Iterator[tuple[Sequence[T], R | Exception]]:
    """In one go; where that fails, halved until the culprits are alone, each with its fault. In
    order. Raises what an outage raises: of that nobody in particular is to blame."""
    if not some:
        return
    try:
        result: R | Exception = together(some)
    except Exception as fault:
        if is_outage(fault):
            raise
        result = fault
    if not isinstance(result, Exception) or len(some) == 1:
        yield some, result
        return
    half = len(some) // 2
    yield from in_halves(some[:half], together)
    yield from in_halves(some[half:], together)
