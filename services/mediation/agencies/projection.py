"""Agencies and their contracts, as the exchange records them; to whom a matter is open."""

from datetime import date
from typing import Annotated

from sqlalchemy import Connection

from libs.contracts import exchange
from libs.contracts.vocabulary import AgencyCode, HandoffKindCode, Matter, SubscriptionId
from libs.events.core.kernel import Envelope
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import KEY, Row
from libs.events.store.cache import Cached
from services.mediation.known import Receivers


class AgencyRow(Row, table="mediation_agencies", versioned=True):
    agency_code: Annotated[AgencyCode, KEY]
    status: str


class ContractRow(Row, table="mediation_contracts", versioned=True):
    subscription_id: Annotated[SubscriptionId, KEY]
    agency_code: AgencyCode
    kinds: tuple[HandoffKindCode, ...]
    valid_from: date
    valid_until: date


class MatterRow(Row, table="mediation_matters"):
    """Which agencies a matter is open to: senders and receivers of its handoffs."""

    correlation_id: Annotated[str, KEY]
    agency_code: Annotated[AgencyCode, KEY]


@projection(AgencyRow, ContractRow)
def project(
    agencies: Changes,
    contracts: Changes,
    fact: Envelope[
        exchange.AgencyRegistered | exchange.AgencyStatusChanged | exchange.SubscriptionCreated
    ],
) -> None:
    match fact.data:
        case exchange.AgencyRegistered():
            agencies.take(fact, status=exchange.AgencyStatus.ACTIVE)
        case exchange.AgencyStatusChanged():
            agencies.take(fact)
        case exchange.SubscriptionCreated(contract=contract):
            contracts.set(
                subscription_id=fact.data.subscription_id,
                agency_code=contract.agency_code,
                kinds=contract.kinds,
                valid_from=contract.valid_from,
                valid_until=contract.valid_until,
            )


@projection(MatterRow)
def project_matters(
    matters: Changes,
    fact: Envelope[
        exchange.HandoffOffered | exchange.HandoffReassigned | exchange.HandoffArbitrated
    ],
) -> None:
    parties = [fact.data.to_agency]
    if isinstance(fact.data, exchange.HandoffOffered):
        parties.append(fact.data.from_agency)
    for one in parties:
        matters.set(correlation_id=fact.correlation_id, agency_code=one)


def read(tx: Connection) -> Receivers:
    active = exchange.AgencyStatus.ACTIVE
    return Receivers(
        active=frozenset(one.agency_code for one in AgencyRow.all(tx) if one.status == active),
        contracts=frozenset(
            (one.agency_code, kind, one.valid_from, one.valid_until)
            for one in ContractRow.all(tx)
            for kind in one.kinds
        ),
    )


def cached() -> Cached[Receivers]:
    return Cached(read, AgencyRow.table, ContractRow.table)


def is_open(tx: Connection, matter: Matter, agency_code: AgencyCode) -> bool:
    """Whether an agency has sent or been sent something of a matter."""
    found = MatterRow.where(correlation_id=matter, agency_code=agency_code)
    return MatterRow.first(tx, found) is not None
