"""Something that a service stands on is away: nothing is judged, all are told, nothing is lost."""

import asyncio
import errno
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import timedelta
from time import monotonic
from typing import Any

import psycopg
import pytest
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError
from obstore.exceptions import GenericError, NotFoundError
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from libs.console.broker import free_ports
from libs.events.core.kernel import Envelope, Event
from libs.events.deciding.settling import AWAY, Busy, Receipt, Settler
from libs.events.deciding.turn import Fault
from libs.events.listening.listener import Listener, Reaction
from libs.events.store import databases
from libs.events.store.databases import open_engine
from libs.events.store.outages import Away, Verdict, in_halves, verdict
from libs.events.store.tables import failed_deadlines, parked, refused_deadlines
from libs.events.store.vault import Vault
from tests.conftest import MASTER, StoodStill
from tests.events.test_deadlines import NOON, Waiting, deadlines_of, due
from tests.events.test_listening import OPENED, partition, wanted
from tests.events.toy import Booked, book, context, settler
from tests.events.turns import BLUE, settled, told
from tests.faults.proxy import Proxy
from tests.postgresql import Server

# A service gives up what says nothing within eight seconds: what a busy machine adds is not its.
PATIENCE = 60.0


def of_sqlite(code: int) -> DBAPIError:
    fault = sqlite3.OperationalError("no")
    fault.sqlite_errorcode = code
    return OperationalError("a statement", None, fault)


def of_postgresql(kind: type[psycopg.Error], *, gone: bool = False) -> DBAPIError:
    return DBAPIError("a statement", None, kind("no"), connection_invalidated=gone)


def wrapped(fault: Exception) -> Fault:
    outer = Fault("could not be decided")
    outer.__cause__ = fault
    return outer


E = psycopg.errors


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (of_postgresql(psycopg.OperationalError), Verdict.AWAY),
        (of_postgresql(E.ConnectionTimeout, gone=True), Verdict.AWAY),
        (of_postgresql(E.AdminShutdown), Verdict.AWAY),
        (of_postgresql(E.TooManyConnections), Verdict.AWAY),
        (of_postgresql(E.DiskFull), Verdict.AWAY),
        (of_postgresql(E.IoError), Verdict.AWAY),
        (of_postgresql(E.ReadOnlySqlTransaction), Verdict.AWAY),
        (of_postgresql(E.AdminShutdown, gone=True), Verdict.PASSING),
        (of_postgresql(E.IdleInTransactionSessionTimeout), Verdict.PASSING),
        (of_postgresql(E.DeadlockDetected), Verdict.PASSING),
        (of_postgresql(E.QueryCanceled), Verdict.PASSING),
        (of_postgresql(E.NotNullViolation), Verdict.OURS),
        (of_postgresql(E.UndefinedTable), Verdict.OURS),
        (of_sqlite(sqlite3.SQLITE_BUSY), Verdict.AWAY),
        (of_sqlite(sqlite3.SQLITE_IOERR_FSYNC), Verdict.AWAY),
        (of_sqlite(sqlite3.SQLITE_FULL), Verdict.AWAY),
        (of_sqlite(sqlite3.SQLITE_ERROR), Verdict.OURS),
        (of_sqlite(sqlite3.SQLITE_CONSTRAINT), Verdict.OURS),
        (NoConnectionFree(), Verdict.AWAY),
        (GenericError("a bucket that does not answer"), Verdict.AWAY),
        (NotFoundError("no such file"), Verdict.OURS),
        (KafkaConnectionError(), Verdict.AWAY),
        (MessageSizeTooLargeError(), Verdict.OURS),
        (ConnectionResetError(), Verdict.AWAY),
        (OSError(errno.ENOSPC, "full"), Verdict.AWAY),
        (FileNotFoundError(errno.ENOENT, "gone"), Verdict.OURS),
        (ZeroDivisionError(), Verdict.OURS),
        (wrapped(GenericError("inside of a completion")), Verdict.AWAY),
    ],
    ids=repr,
)
def test_what_is_an_outage_is_said_in_one_place(fault: Exception, said: Verdict) -> None:
    assert verdict(fault) is said


def test_what_cannot_be_done_together_is_halved_and_an_outage_is_not() -> None:
    tried: list[Sequence[int]] = []

    def together(part: Sequence[int]) -> int:
        tried.append(part)
        if 5 in part:
            raise ZeroDivisionError
        if 9 in part and len(tried) > 6:
            raise Away("gone")
        return len(part)

    found = in_halves(range(8), together)
    assert [(list(some), str(one)) for some, one in found] == [
        ([0, 1, 2, 3], "4"), ([4], "1"), ([5], ""), ([6, 7], "2"),
    ]  # fmt: skip
    assert len(tried) == 7
    with pytest.raises(Away):
        list(in_halves([9, 5], together))
    assert list(in_halves([], together)) == []


@pytest.fixture
def nowhere(tmp_path: Any) -> Vault:
    """A key store whose server is down."""
    port = free_ports(1)[0]
    return Vault(open_engine(f"postgresql+psycopg://nobody@127.0.0.1:{port}/keys"), MASTER)


async def test_what_is_due_while_the_key_store_is_away_is_called_when_it_is_back(
    store: Engine, vault: Vault, nowhere: Vault
) -> None:
    settled(settler(store, vault), BLUE)
    waits = Waiting([due(minute) for minute in range(8)])
    clock = StoodStill(NOON + timedelta(minutes=30))
    with pytest.raises(DBAPIError):
        await deadlines_of(settler(store, nowhere), waits, clock).ask()
    with store.connect() as tx:
        for table in (refused_deadlines, failed_deadlines):
            assert tx.execute(select(table)).all() == [], "nothing was judged"
    assert await deadlines_of(settler(store, vault), waits, clock).ask() == 8


async def test_what_failed_is_no_refusal_and_is_tried_again(store: Engine, vault: Vault) -> None:
    """A fault of ours that passes: the table of a read model was missing for a while."""
    s = settler(store, vault)
    settled(s, BLUE)
    waits = Waiting([due(1), due(2, "red")])
    now = StoodStill(NOON)
    broken = True

    def projection(tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
        if broken and any(isinstance(one.data, Booked) for one in facts):
            tx.execute(text("SELECT 1 FROM no_such_table"))

    asking = deadlines_of(settler(store, vault, projection), waits, StoodStill(NOON))
    asking.unsettled.clock = now
    asking._clock = StoodStill(NOON + timedelta(minutes=30))
    await asking.ask()
    (failing,) = asking.failing()
    assert failing.attempts == 1
    assert failing.due > NOON
    assert "no_such_table" in failing.error
    assert await asking.ask() == 0, "not before its time"
    now.now += timedelta(seconds=10)
    await asking.ask()
    (failing,) = asking.failing()
    assert failing.attempts == 2
    broken = False
    now.now += timedelta(minutes=10)
    assert await asking.ask() == 1
    assert asking.failing() == []
    assert [type(one.data) for one in told(s)][-1] is Booked


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever says nothing is asked sooner whether it is there."""
    monkeypatch.setattr(databases, "SILENCE", 0.3)
    monkeypatch.setattr(databases, "TRIAL_SECONDS", 2)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    server.start()
    yield server
    server.stop()


class Frozen:
    """A PostgreSQL that can be stopped in the middle of anything: it keeps its connections and
    takes new ones, and never says a word."""

    def __init__(self, server: Server, name: str) -> None:
        port = free_ports(1)[0]
        self.proxy = Proxy(port, server.port)
        self.proxy.start()
        self.url = server.database(name).replace(f":{server.port}/", f":{port}/")


@pytest.fixture
def frozen(server: Server) -> Iterator[Frozen]:
    made = Frozen(server, f"keys_{int(monotonic() * 1e6)}")
    yield made
    made.proxy.thaw()
    made.proxy.stop()


async def answers_of(s: Settler, many: int) -> tuple[list[Any], list[float]]:
    """What so many callers are told, and after how many seconds each."""

    async def one() -> tuple[Any, float]:
        began = monotonic()
        try:
            return await s.ask(book(), context()), monotonic() - began
        except Exception as answer:
            return answer, monotonic() - began

    pairs = await asyncio.gather(*(one() for _ in range(many)))
    return [answer for answer, _ in pairs], [seconds for _, seconds in pairs]


@pytest.mark.parametrize(("callers", "fresh"), [(4, False), (600, True)])
def test_all_are_told_at_once_that_the_key_store_says_nothing(
    store: Engine, frozen: Frozen, quick: None, callers: int, fresh: bool
) -> None:
    keys = Vault(open_engine(frozen.url), MASTER)
    keys.prepare()
    s = settler(store, keys)
    settled(s, BLUE)
    if fresh:
        keys.engine.dispose()
    turns: list[int] = []
    s.turned = lambda requests, seconds: turns.append(requests)

    async def main() -> None:
        frozen.proxy.freeze()
        answers, seconds = await answers_of(s, callers)
        assert {str(one) for one in answers} == {AWAY}
        assert max(seconds) - min(seconds) < PATIENCE / 2, "nobody waits for another's trial"
        assert max(seconds) < PATIENCE
        answers, seconds = await answers_of(s, callers)
        assert all(isinstance(one, Busy) for one in answers)
        assert max(seconds) < PATIENCE / 2, "and who asks later waits for nothing"
        assert s.away
        frozen.proxy.thaw()
        async with asyncio.timeout(PATIENCE):
            while s.away:  # noqa: ASYNC110 - it is another thread's
                await asyncio.sleep(0.05)
        answers, _ = await answers_of(s, 4)
        assert all(isinstance(one, Receipt) for one in answers)

    with s:
        asyncio.run(main())
    assert turns == [4], "nothing was tried again with what they had asked"


def test_a_slow_statement_is_no_outage(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server is there, as whoever asks it beside finds out: so it is waited for."""
    monkeypatch.setattr(databases, "SILENCE", 0.3)
    engine = open_engine(server.database(f"slow_{int(monotonic() * 1e6)}"))
    with engine.connect() as tx:
        assert tx.execute(text("SELECT 1 FROM pg_sleep(2)")).scalar() == 1
    engine.dispose()


def test_what_is_heard_while_the_key_store_is_away_is_not_parked(
    store: Engine, frozen: Frozen, quick: None
) -> None:
    keys = Vault(open_engine(frozen.url), MASTER)
    keys.prepare()
    listener = Listener(settler(store, keys), {"inn.all": Reaction(to=["toy"], react=wanted)})
    frozen.proxy.freeze()
    with pytest.raises(DBAPIError) as away:
        listener.take_in(partition(OPENED))
    assert verdict(away.value) is Verdict.AWAY
    with store.connect() as tx:
        assert tx.execute(select(parked)).all() == []
    frozen.proxy.thaw()
    listener.take_in(partition(OPENED))
    with store.connect() as tx:
        assert tx.execute(select(parked)).all() == []
