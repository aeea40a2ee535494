"""Agencies, their powers and their officers, as exchange and oversight tell; whose a matter is."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from sqlalchemy import JSON, Column, Connection, Named, Table, TypedColumns, select

from libs.contracts import exchange, oversight
from libs.contracts.vocabulary import (
    STREET,
    AgencyCode,
    CertificateNo,
    Matter,
    PersonId,
    PowerItemCode,
    Resolver,
    TerritoryCode,
)
from libs.events.core.kernel import Envelope, Event, Record
from libs.events.store.cache import KEPT
from libs.events.store.read_models import Rows
from libs.events.store.tables import metadata

DEFAULT_FAMILY: Final = "OTHER"


class AgencyColumns(TypedColumns):
    agency_code: Named[str] = Column(primary_key=True)
    kind: Named[str]
    territory: Named[str]
    rule_family: Named[str]
    status: Named[str]


class ItemColumns(TypedColumns):
    code: Named[str] = Column(primary_key=True)
    owners: Named[list[str]] = Column(JSON)
    delegated_to: Named[list[str]] = Column(JSON)
    hearing_hint: Named[list[str]] = Column(JSON)
    may_seize: Named[bool]
    effective_from: Named[date]
    effective_to: Named[date]


class OfficerColumns(TypedColumns):
    officer_id: Named[str] = Column(primary_key=True)
    certificate_no: Named[str]
    agency_code: Named[str]
    valid_until: Named[date]


class MatterColumns(TypedColumns):
    """Which agencies a matter is open to: senders and receivers of its handoffs."""

    correlation_id: Named[str] = Column(primary_key=True)
    agency_code: Named[str] = Column(primary_key=True)


enforcing_agencies = Table("enforcing_agencies", metadata, AgencyColumns, info=KEPT)
enforced_items = Table("enforced_items", metadata, ItemColumns, info=KEPT)
certificates = Table("officer_certificates", metadata, OfficerColumns, info=KEPT)
open_matters = Table("open_matters", metadata, MatterColumns)


STREET_KIND: Final = "STREET"


class Agency(Record):
    kind: str
    territory: TerritoryCode
    rule_family: str
    active: bool

    @property
    def is_street(self) -> bool:
        return self.kind == STREET_KIND


class Item(Record):
    owners: tuple[Resolver, ...]
    delegated_to: tuple[AgencyCode, ...]
    hearing_hint: tuple[str, ...]
    may_seize: bool
    effective_from: date
    effective_to: date

    def owned_by(self, agency_code: AgencyCode, on: date, *, local: bool) -> bool:
        """Its own, or delegated to it by a decision; or of the street of the place, where the law
        names nobody else. `local` says whether the agency is that street."""
        if not self.effective_from <= on <= self.effective_to:
            return False
        if Resolver(agency_code) in self.owners or agency_code in self.delegated_to:
            return True
        return local and set(self.owners) == {STREET}


class Certificate(Record):
    certificate_no: CertificateNo
    agency_code: AgencyCode
    valid_until: date


class Known(Record):
    """Everybody and everything that is known, as one value."""

    agencies: Mapping[AgencyCode, Agency]
    items: Mapping[PowerItemCode, Item]
    officers: Mapping[PersonId, Certificate]

    def family(self, agency_code: AgencyCode) -> str:
        row = self.agencies.get(agency_code)
        return row.rule_family if row else DEFAULT_FAMILY

    def certified(self, agency_code: AgencyCode, on: date) -> Sequence[PersonId]:
        """The officers of an agency whose certificates hold on a day."""
        return [
            one
            for one, row in sorted(self.officers.items())
            if row.agency_code == agency_code and on <= row.valid_until
        ]


def project(tx: Connection, heard: Sequence[Envelope[Event]]) -> None:
    who, what = Rows(enforcing_agencies), Rows(enforced_items)
    officers, matters = Rows(certificates), Rows(open_matters)
    for fact in heard:
        match fact.data:
            case exchange.AgencyRegistered() as agency:
                who.set(
                    agency_code=agency.agency_code,
                    kind=agency.kind,
                    territory=agency.territory,
                    rule_family=agency.rule_family,
                    status=exchange.AgencyStatus.ACTIVE,
                )
            case exchange.AgencyStatusChanged() as changed:
                who.set(agency_code=changed.agency_code, status=changed.status)
            case exchange.PowerItemPublished(item=item):
                what.set(
                    code=item.code,
                    owners=item.owners,
                    delegated_to=item.delegated_to if item.delegation_decision else (),
                    hearing_hint=item.hearing_hint,
                    may_seize=item.may_seize,
                    effective_from=item.effective_from or date.min,
                    effective_to=item.effective_to or date.max,
                )
            case exchange.HandoffOffered() as offered:
                for one in (offered.from_agency, offered.to_agency):
                    matters.set(correlation_id=fact.correlation_id, agency_code=one)
            case exchange.HandoffReassigned() | exchange.HandoffArbitrated() as given:
                matters.set(correlation_id=fact.correlation_id, agency_code=given.to_agency)
            case oversight.OfficerCertified() as certified:
                officers.set(
                    officer_id=certified.officer_id,
                    certificate_no=certified.certificate_no,
                    agency_code=certified.agency_code,
                    valid_until=certified.valid_until,
                )
            case _:
                pass
    for rows in (who, what, officers, matters):
        rows.write(tx)


def read_known(tx: Connection) -> Known:
    return Known(
        agencies={
            AgencyCode(row.agency_code): Agency(
                kind=row.kind,
                territory=TerritoryCode(row.territory),
                rule_family=row.rule_family,
                active=row.status == exchange.AgencyStatus.ACTIVE,
            )
            for row in tx.execute(select(enforcing_agencies))
        },
        items={
            PowerItemCode(row.code): Item(
                owners=tuple(map(Resolver, row.owners)),
                delegated_to=tuple(map(AgencyCode, row.delegated_to)),
                hearing_hint=tuple(row.hearing_hint),
                may_seize=row.may_seize,
                effective_from=row.effective_from,
                effective_to=row.effective_to,
            )
            for row in tx.execute(select(enforced_items))
        },
        officers={
            PersonId(row.officer_id): Certificate(
                certificate_no=CertificateNo(row.certificate_no),
                agency_code=AgencyCode(row.agency_code),
                valid_until=row.valid_until,
            )
            for row in tx.execute(select(certificates))
        },
    )


def is_open(tx: Connection, matter: Matter, agency_code: AgencyCode) -> bool:
    """Whether an agency has sent or been sent something of a matter."""
    found = select(open_matters.c.agency_code).where(
        open_matters.c.correlation_id == matter, open_matters.c.agency_code == agency_code
    )
    return tx.execute(found).first() is not None
