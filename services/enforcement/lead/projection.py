"""The register of leads: where each came from, by when it is checked, what became of it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel
from sqlalchemy import Connection

from libs.contracts.asking import Watched
from libs.contracts.enforcement import LeadEvent, LeadFiled, LeadReceived
from libs.contracts.vocabulary import AgencyCode, CaseId, HandoffId, LeadId, LeadNo, SourceRef
from libs.events.core.fields import FIRST_PAGE, Code, Paging
from libs.events.core.kernel import Envelope, NotFound
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import KEY, UNSHOWN, Row


class LeadRow(
    Row,
    table="leads",
    indexes=(
        ("leads_by_source", "agency_code", "source_ref"),
        ("leads_by_agency", "agency_code", "received_at", "lead_id"),
        ("leads_by_handoff", "handoff_id"),
    ),
):
    """A lead as the register shows it."""

    lead_id: Annotated[LeadId, KEY]
    lead_no: LeadNo
    correlation_id: str
    agency_code: AgencyCode
    source_channel: str
    source_ref: SourceRef
    handoff_id: Annotated[HandoffId | None, UNSHOWN]
    power_item_code: str | None
    status: str
    check_due_on: date
    case_id: CaseId | None
    received_at: datetime


class LeadPage(BaseModel):
    """A page; `next` asks for the one after it."""

    leads: Sequence[LeadRow]
    next: str | None


@projection(LeadRow)
def project(leads: Changes, fact: Envelope[LeadEvent]) -> None:
    match fact.data:
        case LeadReceived():
            leads.take(fact, status="RECEIVED", received_at=fact.happened)
        case LeadFiled():
            leads.take(fact, "case_id", "power_item_code", status="FILED")


def find_source(tx: Connection, agency_code: AgencyCode, source_ref: SourceRef) -> LeadId | None:
    found = LeadRow.where(agency_code=agency_code, source_ref=source_ref)
    row = LeadRow.first(tx, found)
    return row.lead_id if row else None


def get_lead(tx: Connection, lead_id: LeadId, agency: Watched) -> LeadRow:
    row = LeadRow.first(tx, LeadRow.where(lead_id=lead_id, agency_code=agency))
    if row is None:
        raise NotFound("There is no lead {lead_id}", lead_id=lead_id)
    return row


def find_leads(
    tx: Connection,
    *,
    agency: Watched,
    status: Code | None = None,
    due_by: date | None = None,
    page: Paging = FIRST_PAGE,
) -> LeadPage:
    """A page of the register, the oldest first."""
    found = LeadRow.where(agency_code=agency, status=status)
    if due_by is not None:
        found = found.where(LeadRow.c.check_due_on <= due_by)
    rows, following = LeadRow.page(tx, found, page, "received_at", "lead_id")
    return LeadPage(leads=rows, next=following)
