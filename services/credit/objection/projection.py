"""The objections, by the day on which they are to be answered."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import Connection

from libs.contracts import credit
from libs.contracts.vocabulary import ObjectionId, RecordId
from libs.events.core.fields import Paging
from libs.events.core.kernel import Envelope
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import KEY, Row


class ObjectionRow(
    Row,
    table="credit_objections",
    indexes=(
        ("objections_by_record", "record_id"),
        ("objections_by_subject", "subject_id"),
        ("objections_by_arrival", "filed_at", "objection_id"),
    ),
):
    objection_id: Annotated[ObjectionId, KEY]
    correlation_id: str
    record_id: RecordId
    subject_id: UUID
    due_on: date
    result: str | None
    resolved_on: date | None
    filed_at: datetime


@projection(ObjectionRow)
def project(objections: Changes, fact: Envelope[credit.ObjectionEvent]) -> None:
    match fact.data:
        case credit.ObjectionFiled():
            objections.take(
                fact,
                "record_id",
                "subject_id",
                "due_on",
                correlation_id=fact.correlation_id,
                result=None,
                resolved_on=None,
                filed_at=fact.happened,
            )
        case credit.ObjectionResolved():
            objections.take(fact, "result", "resolved_on")


def is_pending(tx: Connection, record_id: UUID) -> bool:
    found = ObjectionRow.where(record_id=record_id).where(ObjectionRow.c.result.is_(None))
    return ObjectionRow.first(tx, found) is not None


def find_page(
    tx: Connection, *, pending: bool, due_by: date | None, page: Paging
) -> tuple[list[ObjectionRow], str | None]:
    """The oldest first, and so the first to be answered."""
    c, found = ObjectionRow.c, ObjectionRow.where()
    if pending:
        found = found.where(c.result.is_(None))
    if due_by is not None:
        found = found.where(c.due_on <= due_by)
    return ObjectionRow.page(tx, found, page, "filed_at", "objection_id")
