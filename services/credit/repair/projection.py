"""The repairs, by the day on which they are to be decided."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import Connection

from libs.contracts import credit
from libs.contracts.vocabulary import ListingId, RecordId, RepairId
from libs.events.core.fields import Paging
from libs.events.core.kernel import Envelope, Hidden
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import KEY, PERSONAL, Row

WAITING = ("APPLIED", "ACCEPTED")


class RepairRow(
    Row,
    table="credit_repairs",
    indexes=(
        ("repairs_by_record", "record_id"),
        ("repairs_by_subject", "subject_id"),
        ("repairs_by_arrival", "applied_at", "repair_id"),
    ),
):
    repair_id: Annotated[RepairId, KEY]
    correlation_id: str
    record_id: RecordId
    listing_id: ListingId | None
    subject_id: UUID
    corrected_on: date
    stage: str
    missing: Annotated[tuple[str, ...] | None, PERSONAL]
    due_on: date | None
    applied_at: datetime


@projection(RepairRow)
def project(repairs: Changes, fact: Envelope[credit.RepairEvent]) -> None:
    match fact.data:
        case credit.RepairApplied():
            repairs.take(
                fact,
                "record_id",
                "listing_id",
                "subject_id",
                "corrected_on",
                correlation_id=fact.correlation_id,
                stage="APPLIED",
                missing=(),
                due_on=None,
                applied_at=fact.happened,
            )
        case credit.RepairAccepted():
            repairs.take(fact, "due_on", stage="ACCEPTED")
        case credit.RepairReturned() as event:
            missing = None if isinstance(event.missing, Hidden) else event.missing
            repairs.set(repair_id=event.repair_id, missing=missing, stage="RETURNED")
        case credit.RepairDecided(granted=granted) as event:
            stage = "APPROVED" if granted else "DENIED"
            repairs.set(repair_id=event.repair_id, stage=stage)


def is_pending(tx: Connection, record_id: UUID, besides: UUID) -> bool:
    c = RepairRow.c
    found = RepairRow.where(record_id=record_id).where(c.stage.in_(WAITING), c.repair_id != besides)
    return RepairRow.first(tx, found) is not None


def find_repair(tx: Connection, repair_id: UUID) -> RepairRow | None:
    return RepairRow.first(tx, RepairRow.where(repair_id=repair_id))


def find_page(
    tx: Connection, *, pending: bool, due_by: date | None, page: Paging
) -> tuple[list[RepairRow], str | None]:
    """The oldest first."""
    c, found = RepairRow.c, RepairRow.where()
    if pending:
        found = found.where(c.stage.in_(WAITING))
    if due_by is not None:
        found = found.where(c.due_on <= due_by)
    return RepairRow.page(tx, found, page, "applied_at", "repair_id")
