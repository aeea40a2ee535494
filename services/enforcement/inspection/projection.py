"""The inspections that were drawn, and what came of them."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import JSON, Column, Connection, Index, Named, Table, TypedColumns, select

from libs.contracts import enforcement
from libs.contracts.vocabulary import AgencyCode, InspectionId
from libs.events.core.kernel import Envelope, Event
from libs.events.store.read_models import Rows
from libs.events.store.tables import Moment, metadata


class InspectionColumns(TypedColumns):
    inspection_id: Named[UUID] = Column(primary_key=True)
    correlation_id: Named[str]
    plan_no: Named[str]
    agency_code: Named[str]
    officers: Named[list[str]] = Column(JSON)
    nonce: Named[str]
    witness: Named[str]
    seed: Named[str]
    algo: Named[str]
    list_hash: Named[str]
    count: Named[int]
    status: Named[str]
    result: Named[str | None]
    due_on: Named[date]
    drawn_at: Named[datetime] = Column(Moment)


inspections = Table(
    "inspections",
    metadata,
    InspectionColumns,
    Index("inspections_by_plan", "plan_no"),
    Index("inspections_by_agency", "agency_code", "drawn_at"),
)


class InspectionRow(BaseModel):
    inspection_id: InspectionId
    correlation_id: str
    plan_no: str
    agency_code: AgencyCode
    officers: tuple[str, ...]
    nonce: str
    witness: str
    seed: str
    algo: str
    list_hash: str
    count: int
    status: str
    result: str | None
    due_on: date
    drawn_at: datetime


def project(tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
    rows = Rows(inspections)
    for fact in facts:
        match fact.data:
            case enforcement.InspectionTaskDrawn() as event:
                rows.set(
                    inspection_id=event.inspection_id,
                    correlation_id=fact.correlation_id,
                    plan_no=event.plan_no,
                    agency_code=event.agency_code,
                    officers=[one.officer_id for one in event.officers],
                    nonce=event.nonce,
                    witness=event.witness,
                    seed=event.seed,
                    algo=event.algo,
                    list_hash=event.list_hash,
                    count=event.count,
                    status="DRAWN",
                    due_on=event.due_on,
                    drawn_at=fact.happened,
                )
            case enforcement.InspectionCompleted() as event:
                rows.set(inspection_id=event.inspection_id, status="COMPLETED", result=event.result)
            case _:
                pass
    rows.write(tx)


def find_inspections(
    tx: Connection, *, agency_code: AgencyCode | None = None, plan_no: str | None = None
) -> Sequence[InspectionRow]:
    wanted = [
        column == value
        for column, value in (
            (inspections.c.agency_code, agency_code),
            (inspections.c.plan_no, plan_no),
        )
        if value is not None
    ]
    found = (
        select(inspections)
        .where(*wanted)
        .order_by(inspections.c.drawn_at, inspections.c.inspection_id)
    )
    return [InspectionRow.model_validate(dict(row)) for row in tx.execute(found).mappings()]


def find_plan(tx: Connection, agency_code: AgencyCode, plan_no: str) -> InspectionRow | None:
    """The first that was drawn by an agency's plan, if anything was."""
    return next(iter(find_inspections(tx, agency_code=agency_code, plan_no=plan_no)), None)
