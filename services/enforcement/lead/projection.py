"""The register of leads: where each came from, by when it is checked, what became of it."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Column, Connection, Index, Named, Table, TypedColumns, select

from libs.contracts import enforcement
from libs.contracts.enforcement import LeadEvent
from libs.contracts.vocabulary import AgencyCode, CaseId, LeadId, LeadNo, SourceRef
from libs.events.core.kernel import Envelope, Event
from libs.events.store.read_models import Rows, beyond
from libs.events.store.tables import Moment, metadata

PAGE_SIZE_LIMIT = 200


class LeadColumns(TypedColumns):
    lead_id: Named[UUID] = Column(primary_key=True)
    lead_no: Named[str]
    correlation_id: Named[str]
    agency_code: Named[str]
    source_channel: Named[str]
    source_ref: Named[str]
    handoff_id: Named[UUID | None]
    power_item_code: Named[str | None]
    status: Named[str]
    check_due_on: Named[date]
    case_id: Named[UUID | None]
    received_at: Named[datetime] = Column(Moment)


leads = Table(
    "leads",
    metadata,
    LeadColumns,
    Index("leads_by_source", "agency_code", "source_ref"),
    Index("leads_by_agency", "agency_code", "received_at", "lead_id"),
    Index("leads_by_handoff", "handoff_id"),
)


class LeadRow(BaseModel):
    """A lead as the register shows it."""

    lead_id: LeadId
    lead_no: LeadNo
    correlation_id: str
    agency_code: AgencyCode
    source_channel: str
    source_ref: SourceRef
    power_item_code: str | None
    status: str
    check_due_on: date
    case_id: CaseId | None
    received_at: datetime


def project(tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
    rows = Rows(leads)
    for fact in facts:
        if not isinstance(fact.data, LeadEvent):
            continue
        match fact.data:
            case enforcement.LeadReceived() as event:
                rows.set(
                    lead_id=event.lead_id,
                    lead_no=event.lead_no,
                    correlation_id=fact.correlation_id,
                    agency_code=event.agency_code,
                    source_channel=event.source_channel,
                    source_ref=event.source_ref,
                    handoff_id=event.handoff_id,
                    power_item_code=event.power_item_code,
                    status="RECEIVED",
                    check_due_on=event.check_due_on,
                    received_at=fact.happened,
                )
            case enforcement.LeadFiled() as event:
                rows.set(
                    lead_id=event.lead_id,
                    status="FILED",
                    case_id=event.case_id,
                    power_item_code=event.power_item_code,
                )
    rows.write(tx)


def find_source(tx: Connection, agency_code: AgencyCode, source_ref: SourceRef) -> LeadId | None:
    found = select(leads.c.lead_id).where(
        leads.c.agency_code == agency_code, leads.c.source_ref == source_ref
    )
    one = tx.execute(found).scalar()
    return None if one is None else LeadId(one)


def find_lead(tx: Connection, lead_id: UUID) -> LeadRow | None:
    row = tx.execute(select(leads).where(leads.c.lead_id == lead_id)).mappings().one_or_none()
    return None if row is None else LeadRow.model_validate(dict(row))


def find_leads(
    tx: Connection,
    *,
    agency_code: AgencyCode | None,
    status: str | None = None,
    due_by: date | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> Sequence[LeadRow]:
    """A page of the register, the oldest first."""
    wanted = [
        column == value
        for column, value in ((leads.c.agency_code, agency_code), (leads.c.status, status))
        if value is not None
    ]
    if due_by is not None:
        wanted.append(leads.c.check_due_on <= due_by)
    if after is not None:
        wanted.append(beyond((leads.c.received_at, leads.c.lead_id), after))
    found = (
        select(leads)
        .where(*wanted)
        .order_by(leads.c.received_at, leads.c.lead_id)
        .limit(min(limit, PAGE_SIZE_LIMIT))
    )
    return [LeadRow.model_validate(dict(row)) for row in tx.execute(found).mappings()]
