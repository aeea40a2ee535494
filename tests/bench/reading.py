"""What reading costs: a stream folded, the log replayed, a page of the board and of the inbox."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from uuid import uuid4

from sqlalchemy import select

from libs.contracts.vocabulary import AgencyCode
from libs.events.core.fields import Paging
from libs.events.http.bodies import place_of
from libs.events.process.service import Service
from libs.events.store.databases import open_engine, prepare_tables
from libs.events.store.log import Log
from libs.events.store.tables import events, metadata
from libs.events.store.vault import Vault
from libs.events.wire import codec
from services.exchange.handoff.projection.inbox import find_inbox
from services.exchange.handoff.projection.register import HandoffRow
from services.grid.report.projection.board import Status, find_board
from tests.bench.ground import NOW, urls
from tests.bench.history import AGENCIES, STEP, put
from tests.bench.measuring import shares
from tests.conftest import MASTER
from tests.events import toy
from tests.scenario import recorded

LENGTH = 1_000
TIMES = 40


@contextmanager
def long_stream(folder: Path, database: str) -> Iterator[Log]:
    """A booking that was made and unmade a thousand times over."""
    url, keys_url = urls(database, folder)
    engine, keys_engine = open_engine(url), open_engine(keys_url)
    metadata.drop_all(engine)
    prepare_tables(engine, metadata.sorted_tables)
    keys = Vault(keys_engine, MASTER)
    keys.prepare()
    log = Log(engine, name="toy", keys=keys)
    room = toy.RoomOpened(room="blue"), toy.RoomClosed(room="blue")
    facts = recorded(*room * (LENGTH // 2))
    with log.transaction() as tx:
        log.lock(tx)
        log.append(tx, [replace(fact, subject="room/blue") for fact in facts])
    try:
        yield log
    finally:
        engine.dispose()
        keys_engine.dispose()


def rehydrated(log: Log) -> float:
    """Milliseconds for the state of that stream, as a turn reads it."""
    with log.engine.connect() as tx:
        began = perf_counter()
        past = log.load(tx, {"room/blue"})["room/blue"]
        toy.ROOMS.fold(past.events)
        took = perf_counter() - began
    assert len(past.events) == LENGTH
    return 1_000 * took


def typed(log: Log) -> float:
    """Events a second: every one decoded to its type, without keys."""
    wanted = select(events.c.position, events.c.type, events.c.data).order_by(events.c.position)
    done, after, began = 0, 0, perf_counter()
    with log.engine.connect() as tx:
        while rows := tx.execute(wanted.where(events.c.position > after).limit(STEP)).all():
            for _, event_type, data in rows:
                codec.decode(event_type, data)
            done, after = done + len(rows), rows[-1].position
    return done / (perf_counter() - began)


def proven(log: Log) -> float:
    """Events a second: whole envelopes, every leaf proven, as a rebuild and a relay read them."""
    done, after, began = 0, 0, perf_counter()
    with log.engine.connect() as tx:
        while page := log.read(tx, after=after, limit=STEP):
            for recorded in page:
                codec.opened(recorded)
            done, after = done + len(page), page[-1].position
    return done / (perf_counter() - began)


def p95_of(ask: Callable[[int], object]) -> float:
    """Milliseconds."""
    took = []
    for time in range(TIMES):
        began = perf_counter()
        ask(time)
        took.append(perf_counter() - began)
    return 1_000 * shares(took, 95)[0]


def board_page(service: Service, count: int) -> float:
    """Pages of fifty, of one status, from anywhere on the board."""
    engine = service.settler.log.engine

    def ask(time: int) -> None:
        deep = NOW + timedelta(seconds=count * time // TIMES)
        with engine.connect() as tx:
            page = Paging(after=place_of(deep, uuid4()), limit=50)
            rows, _ = find_board(tx, status=Status.ACCEPTED, page=page)
        assert rows

    return p95_of(ask)


def fill_inbox(service: Service, first: int, last: int) -> None:
    rows = [handoff(position) for position in range(first, last)]
    with service.settler.log.transaction() as tx:
        put(tx, HandoffRow.table, rows)


def handoff(position: int) -> dict[str, object]:
    at = NOW + timedelta(seconds=position)
    states = ["SIGNED"] + ["ACCEPTED"] * 2 + ["CLOSED"] * 17
    return {
        "handoff_id": uuid4(), "handoff_no": f"H{position}", "kind": "DISPATCH",
        "correlation_id": f"M{position}", "source_ref": f"report/{position}",
        "from_agency": "WGZX", "to_agency": AGENCIES[position % len(AGENCIES)], "lead": True,
        "group_id": None, "status": states[position // len(AGENCIES) % len(states)],
        "sla_class": "S3", "offered_at": at, "receipt_due_at": None, "accept_due_at": at,
        "result_due_at": at, "confirm_due_at": None, "returns_count": 0, "closed_because": None,
        "on_time": None, "changed_at": at,
    }  # fmt: skip


def inbox_page(service: Service, count: int) -> float:
    """Pages of fifty of what an agency has to accept, from anywhere in its inbox."""
    engine = service.settler.log.engine

    def ask(time: int) -> None:
        deep = NOW + timedelta(seconds=count * time // (2 * TIMES))
        agency = AgencyCode(AGENCIES[time % len(AGENCIES)])
        with engine.connect() as tx:
            page = Paging(after=place_of(deep, uuid4()), limit=50)
            rows, _ = find_inbox(tx, agency=agency, wanted="to_accept", page=page)
        assert rows

    return p95_of(ask)
