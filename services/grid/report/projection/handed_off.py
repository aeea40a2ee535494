"""Which reports of a matter were handed to a procedure of the law, and which still wait for it."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from sqlalchemy import Connection, update

from libs.contracts import grid
from libs.contracts.vocabulary import ReportId
from libs.events.core.kernel import Envelope, Event
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import KEY, Row


class HandedRow(Row, table="handed_reports", indexes=[("handed_by_matter", "correlation_id")]):
    report_id: Annotated[ReportId, KEY]
    correlation_id: str
    open: bool


@projection(HandedRow)
def project_handed(
    handed: Changes, fact: Envelope[grid.ReportHandedOff | grid.HandoffOutcomeRecorded]
) -> None:
    match fact.data:
        case grid.ReportHandedOff():
            handed.take(fact, open=True)
        case grid.HandoffOutcomeRecorded(final=True, outcome="DISMISSED") as dismissed:
            handed.set(report_id=dismissed.report_id, open=False)
        case _:
            pass


def project(tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
    """Of what is closed only where it was handed off: there is no row of the others."""
    project_handed(tx, facts)
    closed = [one.data.report_id for one in facts if isinstance(one.data, grid.ReportClosed)]
    if closed:
        gone = update(HandedRow.table).where(HandedRow.c.report_id.in_(closed))
        tx.execute(gone.values(open=False))


def find_of_matter(tx: Connection, matter: str) -> Sequence[UUID]:
    """Those that still hear what comes of it."""
    c = HandedRow.c
    found = HandedRow.where(correlation_id=matter, open=True).order_by(c.report_id)
    return list(tx.execute(found.with_only_columns(c.report_id)).scalars())


def find_of_trace(tx: Connection, matter: str) -> Sequence[UUID]:
    """All that were ever handed off in it."""
    c = HandedRow.c
    found = HandedRow.where(correlation_id=matter).order_by(c.report_id)
    return list(tx.execute(found.with_only_columns(c.report_id)).scalars())
