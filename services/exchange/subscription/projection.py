"""The contracts: what an agency may be offered on a day, and which fields it may see."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated

from sqlalchemy import Connection

from libs.contracts.exchange import DeliveryMode, SubscriptionCreated
from libs.contracts.vocabulary import AgencyCode, HandoffKindCode, SubscriptionId
from libs.events.core.kernel import Envelope, Record
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import KEY, Row
from libs.events.store.cache import Cached
from services.exchange.known import Terms


class ContractRow(Row, table="subscriptions", versioned=True):
    """A contract as it is shown; where it is delivered, and with which secret, it does not say."""

    subscription_id: Annotated[SubscriptionId, KEY]
    agency_code: AgencyCode
    kinds: tuple[HandoffKindCode, ...]
    mode: DeliveryMode
    fields: tuple[str, ...]
    max_class: str
    valid_from: date
    valid_until: date


@projection(ContractRow)
def project(contracts: Changes, fact: Envelope[SubscriptionCreated]) -> None:
    said = vars(fact.data.contract) | {"subscription_id": fact.data.subscription_id}
    shown = {one.name: said[one.name] for one in contracts.table.c if one.name in said}
    contracts.set(**shown, fields=fact.data.contract.field_allow_list)


class Contracts(Record):
    by_agency: Mapping[AgencyCode, Sequence[Terms]]

    def terms(self, agency: AgencyCode, kind: HandoffKindCode, on: date) -> Terms | None:
        """The contract in force that names the kind; of several the widest, and then the newest.

        What it names is published on the agency's topic if any of them says so.
        """
        found = self._in_force(agency, kind, on)
        if not found:
            return None
        mirror = DeliveryMode.KAFKA_MIRROR
        widest = max(found, key=lambda one: (one.max_class, one.valid_from))
        return replace(widest, mode=mirror) if any(t.mode is mirror for t in found) else widest

    def mirror(self, agency: AgencyCode, kind: HandoffKindCode, on: date) -> Terms | None:
        """The contract by which the agency's topic is written."""
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


def read(tx: Connection) -> Contracts:
    by_agency: dict[AgencyCode, list[Terms]] = {}
    for row in ContractRow.all(tx):
        terms = Terms(
            kinds=frozenset(row.kinds),
            mode=row.mode,
            fields=frozenset(row.fields),
            max_class=row.max_class,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
        )
        by_agency.setdefault(row.agency_code, []).append(terms)
    return Contracts(by_agency=by_agency)


def cached() -> Cached[Contracts]:
    return Cached(read, ContractRow.table)


def find_contracts(tx: Connection, agency_code: AgencyCode | None) -> Sequence[ContractRow]:
    """Of one agency, or of all; the oldest first."""
    c = ContractRow.c
    found = ContractRow.where(agency_code=agency_code)
    return ContractRow.read(tx, found.order_by(c.valid_from, c.subscription_id))
