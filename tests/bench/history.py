"""A log and a board that have grown: one report that was really submitted, again and again under
ids of its own. Its personal values lie under a key that only the first of them still has.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Table, insert, select

from libs.events.deciding.settling import Request
from libs.events.process.service import Service
from libs.events.store.databases import copy
from libs.events.system.ids import uuid7
from libs.events.wire.codec import Recorded
from services.grid.report.projection.board import ReportRow, Status
from tests.bench.ground import NOW, report, seat

STEP: Final = 2_000
# Of a hundred reports most are closed, some wait for somebody.
STATES: Final = (
    [Status.SUBMITTED] * 2 + [Status.REGISTERED] * 2 + [Status.DISPATCHED] * 4
    + [Status.ACCEPTED] * 4 + [Status.CHECKING] * 3 + [Status.CLOSED] * 85
)  # fmt: skip
AGENCIES: Final = ("CGW", "SWJ", "ZJW", "ECO", "GAJ")


def grow(service: Service, count: int, told: Callable[[int], object] = lambda done: None) -> None:
    """Up to so many events, each of them a report, with its row on the board."""
    log = service.settler.log
    with log.transaction() as tx:
        head = log.lock(tx)
        if head == 0:
            service.settler.settle(tx, [Request(command=report(), context=seat())])
            head = log.head(tx)
        first = log.read(tx, after=0, limit=1)[0]
        shown = dict(tx.execute(select(ReportRow.table).limit(1)).mappings().one())
    while head < count:
        step = min(STEP, count - head)
        made = [again(first, shown, head + n) for n in range(1, step + 1)]
        with log.transaction() as tx:
            log.lock(tx)
            log.restore(tx, [recorded for recorded, _ in made])
            put(tx, ReportRow.table, [row for _, row in made])
        head += step
        told(step)


def again(first: Recorded, shown: dict[str, Any], position: int) -> tuple[Recorded, dict[str, Any]]:
    report_id, code = uuid7(), f"{first.correlation_id[:-11]}{position:09}-0"
    old = first.subject.removeprefix("report/").encode()
    recorded = replace(
        first,
        id=uuid7(),
        position=position,
        subject=f"report/{report_id}",
        correlation_id=code,
        data=first.data.replace(old, str(report_id).encode()),
    )
    arrived = NOW + timedelta(seconds=position)
    row = shown | {
        "report_id": UUID(str(report_id)),
        "correlation_id": code,
        "report_no": f"{shown['report_no'][:-6]}{position:07}",
        "status": STATES[position % len(STATES)],
        "agency_code": AGENCIES[position % len(AGENCIES)],
        "received_at": arrived,
        "dispose_due_at": arrived + timedelta(days=2),
        "changed_at": arrived,
    }
    return recorded, row


def put(tx: Connection, table: Table[Any], rows: Sequence[dict[str, Any]]) -> None:
    """As fast as the database takes them."""
    if tx.dialect.name == "postgresql":
        columns = [column.name for column in table.c]
        copy(tx, table.name, columns, [[row[name] for name in columns] for row in rows])
    else:
        tx.execute(insert(table), rows)
