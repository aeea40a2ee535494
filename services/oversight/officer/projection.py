"""The officers, as their certificates say."""

from collections.abc import Sequence
from datetime import date

from pydantic import BaseModel
from sqlalchemy import JSON, Column, Connection, Named, Table, TypedColumns, select

from libs.contracts.oversight import OfficerCertified
from libs.events.kernel import Envelope, Event
from libs.events.readmodels import Rows
from libs.events.tables import metadata


class OfficerColumns(TypedColumns):
    officer_id: Named[str] = Column(primary_key=True)
    certificate_no: Named[str]
    domains: Named[list[str]] = Column(JSON)
    agency_code: Named[str]
    valid_until: Named[date]


officers = Table("officers", metadata, OfficerColumns)


class OfficerRow(BaseModel):
    officer_id: str
    certificate_no: str
    domains: tuple[str, ...]
    agency_code: str
    valid_until: date


def project(tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
    rows = Rows(officers)
    for fact in facts:
        if isinstance(fact.data, OfficerCertified):
            rows.set(**vars(fact.data))
    rows.write(tx)


def find_officers(tx: Connection) -> Sequence[OfficerRow]:
    found = tx.execute(select(officers).order_by(officers.c.officer_id))
    return [OfficerRow.model_validate(dict(row)) for row in found.mappings()]
