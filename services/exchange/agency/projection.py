"""The register: who takes part, and whether they are active."""

from collections.abc import Mapping
from typing import Annotated

from sqlalchemy import Connection

from libs.contracts.exchange import (
    AgencyEvent,
    AgencyRegistered,
    AgencyStatus,
    AgencyStatusChanged,
)
from libs.contracts.vocabulary import AgencyCode, TerritoryCode
from libs.events.core.kernel import Envelope, Record
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import KEY, Row
from libs.events.store.cache import Cached


class AgencyRow(Row, table="agency_register", versioned=True):
    agency_code: Annotated[AgencyCode, KEY]
    name_zh: str
    kind: str
    territory: TerritoryCode
    status: str


@projection(AgencyRow)
def project(agencies: Changes, fact: Envelope[AgencyEvent]) -> None:
    match fact.data:
        case AgencyRegistered():
            agencies.take(fact, status=AgencyStatus.ACTIVE)
        case AgencyStatusChanged():
            agencies.take(fact)


class Agencies(Record):
    """All of them, the lower code first."""

    rows: Mapping[AgencyCode, AgencyRow]

    def of_kind(self, kind: str) -> AgencyCode | None:
        """The first active one of a kind: a district has one procuratorate, one court."""
        found = (one for one, row in self.rows.items() if row.kind == kind and self.active(one))
        return next(found, None)

    def known(self, agency_code: AgencyCode) -> bool:
        return agency_code in self.rows

    def active(self, agency_code: AgencyCode) -> bool:
        return self.known(agency_code) and self.rows[agency_code].status == AgencyStatus.ACTIVE

    def has_street(self, agency_code: AgencyCode, street: TerritoryCode | None) -> bool:
        return self.known(agency_code) and self.rows[agency_code].territory == street


def read(tx: Connection) -> Agencies:
    return Agencies(rows={row.agency_code: row for row in AgencyRow.all(tx)})


def cached() -> Cached[Agencies]:
    return Cached(read, AgencyRow.table)
