"""The contracts: what an agency may be offered on a day, and which fields it may see."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import JSON, Column, Connection, Named, Table, TypedColumns, select

from libs.contracts.exchange import DeliveryMode, SubscriptionCreated
from libs.contracts.vocabulary import AgencyCode, HandoffKindCode, SubscriptionId
from libs.events.core.kernel import Envelope, Event, Record
from libs.events.store.cache import KEPT
from libs.events.store.read_models import Rows
from libs.events.store.tables import metadata


class ContractColumns(TypedColumns):
    subscription_id: Named[UUID] = Column(primary_key=True)
    agency_code: Named[str]
    kinds: Named[list[str]] = Column(JSON)
    mode: Named[str]
    fields: Named[list[str]] = Column(JSON)
    max_class: Named[str]
    valid_from: Named[date]
    valid_until: Named[date]


contracts = Table("subscriptions", metadata, ContractColumns, info=KEPT)


class ContractRow(BaseModel):
    """A contract as it is shown; where it is delivered, and with which secret, it does not say."""

    subscription_id: SubscriptionId
    agency_code: AgencyCode
    kinds: tuple[HandoffKindCode, ...]
    mode: DeliveryMode
    fields: tuple[str, ...]
    max_class: str
    valid_from: date
    valid_until: date


class Terms(Record):
    kinds: frozenset[str]
    mode: DeliveryMode
    fields: frozenset[str]
    max_class: str
    valid_from: date
    valid_until: date

    def shows(self, kind: str, field: str) -> bool:
        return f"{kind}.*" in self.fields or f"{kind}.{field}" in self.fields


class Contracts(Record):
    by_agency: Mapping[AgencyCode, Sequence[Terms]]

    def terms(self, agency: AgencyCode, kind: HandoffKindCode, on: date) -> Terms | None:
        """The contract in force that names the kind; of several the widest, and then the newest.

        It is told on the agency's topic if any of them says so.
        """
        found = self._in_force(agency, kind, on)
        if not found:
            return None
        mirror = DeliveryMode.KAFKA_MIRROR
        widest = max(found, key=lambda one: (one.max_class, one.valid_from))
        return replace(widest, mode=mirror) if any(t.mode is mirror for t in found) else widest

    def mirror(self, agency: AgencyCode, kind: HandoffKindCode, on: date) -> Terms | None:
        """The contract by which it is told on the agency's topic."""
        found = self._in_force(agency, kind, on)
        some = [one for one in found if one.mode is DeliveryMode.KAFKA_MIRROR]
        return max(some, key=lambda one: (one.max_class, one.valid_from), default=None)

    def _in_force(self, agency: AgencyCode, kind: HandoffKindCode, on: date) -> list[Terms]:
        return [
            one
            for one in self.by_agency.get(agency, ())
            if kind in one.kinds and one.valid_from <= on <= one.valid_until
        ]

    def mirrored(self) -> set[AgencyCode]:
        """Who wants, or wanted, a topic of its own."""
        mirror = DeliveryMode.KAFKA_MIRROR
        return {who for who, some in self.by_agency.items() if any(t.mode is mirror for t in some)}


def project(tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
    rows = Rows(contracts)
    for fact in facts:
        if isinstance(fact.data, SubscriptionCreated):
            rows.set(subscription_id=fact.data.subscription_id, **columns(fact.data))
    rows.write(tx)


def columns(event: SubscriptionCreated) -> dict[str, Any]:
    contract = event.contract
    return {
        "agency_code": contract.agency_code,
        "kinds": contract.kinds,
        "mode": contract.mode,
        "fields": contract.field_allow_list,
        "max_class": contract.max_class,
        "valid_from": contract.valid_from,
        "valid_until": contract.valid_until,
    }


def read_contracts(tx: Connection) -> Contracts:
    by_agency: dict[AgencyCode, list[Terms]] = {}
    for row in tx.execute(select(contracts).order_by(contracts.c.subscription_id)):
        terms = Terms(
            kinds=frozenset(row.kinds),
            mode=DeliveryMode(row.mode),
            fields=frozenset(row.fields),
            max_class=row.max_class,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
        )
        by_agency.setdefault(AgencyCode(row.agency_code), []).append(terms)
    return Contracts(by_agency=by_agency)


def find_contracts(tx: Connection, agency_code: AgencyCode | None) -> Sequence[ContractRow]:
    """Of one agency, or of all; the oldest first."""
    found = select(contracts).order_by(contracts.c.valid_from, contracts.c.subscription_id)
    if agency_code is not None:
        found = found.where(contracts.c.agency_code == agency_code)
    return [ContractRow.model_validate(dict(row)) for row in tx.execute(found).mappings()]


def read_subscription_ids(tx: Connection) -> set[UUID]:
    return set(tx.execute(select(contracts.c.subscription_id)).scalars())
