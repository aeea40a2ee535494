"""The inspections that were drawn, and what came of them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

from sqlalchemy import Connection

from libs.contracts import enforcement
from libs.contracts.asking import Watched
from libs.contracts.vocabulary import AgencyCode, InspectionId
from libs.events.core.fields import Code
from libs.events.core.kernel import Envelope
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import KEY, Row


class InspectionRow(
    Row,
    table="inspections",
    indexes=(
        ("inspections_by_plan", "plan_no"),
        ("inspections_by_agency", "agency_code", "drawn_at"),
    ),
):
    inspection_id: Annotated[InspectionId, KEY]
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


@projection(InspectionRow)
def project(inspections: Changes, fact: Envelope[enforcement.InspectionEvent]) -> None:
    match fact.data:
        case enforcement.InspectionTaskDrawn() as event:
            names = ("plan_no", "agency_code", "nonce", "witness", "seed", "algo", "list_hash")
            inspections.take(
                fact,
                *names,
                "count",
                "due_on",
                correlation_id=fact.correlation_id,
                officers=[one.officer_id for one in event.officers],
                status="DRAWN",
                drawn_at=fact.happened,
            )
        case enforcement.InspectionCompleted():
            inspections.take(fact, "result", status="COMPLETED")


def find_inspections(
    tx: Connection, agency: Watched, plan_no: Code | None = None
) -> Sequence[InspectionRow]:
    found = InspectionRow.where(agency_code=agency, plan_no=plan_no)
    c = InspectionRow.c
    return InspectionRow.read(tx, found.order_by(c.drawn_at, c.inspection_id))


def find_plan(tx: Connection, agency_code: AgencyCode, plan_no: str) -> InspectionRow | None:
    """The first that was drawn by an agency's plan, if anything was."""
    return next(iter(find_inspections(tx, agency_code, plan_no)), None)
