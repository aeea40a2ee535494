"""The register: who takes part, and whether they are active."""

from collections.abc import Mapping, Sequence
from typing import Any, assert_never

from sqlalchemy import Column, Connection, Named, Table, TypedColumns, select

from libs.contracts.exchange import (
    AgencyEvent,
    AgencyRegistered,
    AgencyStatus,
    AgencyStatusChanged,
)
from libs.contracts.vocabulary import AgencyCode, TerritoryCode
from libs.events.core.kernel import Envelope, Event, Record
from libs.events.store.cache import KEPT
from libs.events.store.read_models import Rows
from libs.events.store.tables import metadata


class RegisterColumns(TypedColumns):
    agency_code: Named[str] = Column(primary_key=True)
    name_zh: Named[str]
    kind: Named[str]
    territory: Named[str]
    status: Named[str]


register = Table("agency_register", metadata, RegisterColumns, info=KEPT)


class Agency(Record):
    name_zh: str
    kind: str
    territory: TerritoryCode
    status: str


class Agencies(Record):
    rows: Mapping[AgencyCode, Agency]

    def of_kind(self, kind: str) -> AgencyCode | None:
        """The first active one of a kind: a district has one procuratorate, one court."""
        return next(
            (
                one
                for one, row in sorted(self.rows.items())
                if row.kind == kind and self.active(one)
            ),
            None,
        )

    def known(self, agency_code: AgencyCode) -> bool:
        return agency_code in self.rows

    def active(self, agency_code: AgencyCode) -> bool:
        return self.known(agency_code) and self.rows[agency_code].status == AgencyStatus.ACTIVE

    def has_street(self, agency_code: AgencyCode, street: TerritoryCode | None) -> bool:
        return self.known(agency_code) and self.rows[agency_code].territory == street


def project(tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
    rows = Rows(register)
    for fact in facts:
        if isinstance(fact.data, AgencyEvent):
            rows.set(agency_code=fact.data.agency_code, **changes(fact.data))
    rows.write(tx)


def changes(event: AgencyEvent) -> dict[str, Any]:
    match event:
        case AgencyRegistered():
            return {
                "name_zh": event.name_zh,
                "kind": event.kind,
                "territory": event.territory,
                "status": AgencyStatus.ACTIVE,
            }
        case AgencyStatusChanged():
            return {"status": event.status}
        case _:
            assert_never(event)


def read_agencies(tx: Connection) -> Agencies:
    return Agencies(
        rows={
            AgencyCode(row.agency_code): Agency(
                name_zh=row.name_zh,
                kind=row.kind,
                territory=TerritoryCode(row.territory),
                status=row.status,
            )
            for row in tx.execute(select(register).order_by(register.c.agency_code))
        }
    )
