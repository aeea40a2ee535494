"""Which reports of a matter were handed to a procedure of the law, and which still wait for it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Column, Connection, Index, Named, Table, TypedColumns, select

from libs.contracts import grid
from libs.events.core.kernel import Envelope, Event
from libs.events.store.read_models import Rows
from libs.events.store.tables import metadata


class HandedColumns(TypedColumns):
    report_id: Named[UUID] = Column(primary_key=True)
    correlation_id: Named[str]
    open: Named[bool]


handed = Table(
    "handed_reports", metadata, HandedColumns, Index("handed_by_matter", "correlation_id")
)


def project(tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
    rows = Rows(handed)
    for fact in facts:
        match fact.data:
            case grid.ReportHandedOff(report_id=report_id):
                rows.set(report_id=report_id, correlation_id=fact.correlation_id, open=True)
            case grid.HandoffOutcomeRecorded(final=True, outcome="DISMISSED") as dismissed:
                rows.set(report_id=dismissed.report_id, open=False)
            case _:
                pass
    rows.write(tx)
    for fact in facts:
        if isinstance(fact.data, grid.ReportClosed):
            gone = handed.update().where(handed.c.report_id == fact.data.report_id)
            tx.execute(gone.values(open=False))


def find_of_matter(tx: Connection, matter: str) -> Sequence[UUID]:
    """Those that still hear what comes of it."""
    found = select(handed.c.report_id).where(
        handed.c.correlation_id == matter, handed.c.open.is_(True)
    )
    return list(tx.execute(found.order_by(handed.c.report_id)).scalars())


def find_of_trace(tx: Connection, matter: str) -> Sequence[UUID]:
    """All that were ever handed off in it."""
    found = select(handed.c.report_id).where(handed.c.correlation_id == matter)
    return list(tx.execute(found.order_by(handed.c.report_id)).scalars())
