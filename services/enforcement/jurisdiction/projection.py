"""The disputes about whose it is: between whom, by when they should agree, and on whom they did."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import JSON, Column, Connection, Named, Table, TypedColumns, select

from libs.contracts import enforcement
from libs.contracts.vocabulary import AgencyCode, JurisdictionId
from libs.events.core.kernel import Envelope, Event
from libs.events.store.read_models import Rows
from libs.events.store.tables import metadata


class DisputeColumns(TypedColumns):
    jurisdiction_id: Named[UUID] = Column(primary_key=True)
    correlation_id: Named[str]
    agencies: Named[list[str]] = Column(JSON)
    power_item_code: Named[str]
    status: Named[str]
    due_on: Named[date]
    designated: Named[str | None]


jurisdictions = Table("jurisdictions", metadata, DisputeColumns)


class DisputeRow(BaseModel):
    jurisdiction_id: JurisdictionId
    correlation_id: str
    agencies: tuple[AgencyCode, ...]
    power_item_code: str
    status: str
    due_on: date
    designated: AgencyCode | None


def project(tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
    rows = Rows(jurisdictions)
    for fact in facts:
        match fact.data:
            case enforcement.JurisdictionDisputeRaised() as event:
                rows.set(
                    jurisdiction_id=event.jurisdiction_id,
                    correlation_id=fact.correlation_id,
                    agencies=list(event.agencies),
                    power_item_code=event.power_item_code,
                    status="RAISED",
                    due_on=event.due_on,
                )
            case enforcement.JurisdictionAgreed() as event:
                rows.set(
                    jurisdiction_id=event.jurisdiction_id,
                    status="AGREED",
                    designated=event.designated,
                )
            case _:
                pass
    rows.write(tx)


def find_disputes(tx: Connection, agency_code: AgencyCode | None) -> Sequence[DisputeRow]:
    """Those that an agency takes part in, the first due first; all of them for nobody's."""
    found = tx.execute(select(jurisdictions).order_by(jurisdictions.c.due_on))
    rows = [DisputeRow.model_validate(dict(row)) for row in found.mappings()]
    return [one for one in rows if agency_code is None or agency_code in one.agencies]
