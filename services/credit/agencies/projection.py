"""Agencies and power items, as the exchange records them: whom a name of the lists stands for."""

from collections.abc import Callable, Mapping
from typing import Annotated

from sqlalchemy import Connection

from libs.contracts import exchange
from libs.contracts.vocabulary import STREET, AgencyCode, PowerItemCode, Resolver
from libs.events.core.kernel import Envelope
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import KEY, Row
from libs.events.store.cache import Cached
from libs.statute.credit import ApprovalItem
from services.credit.known import Agencies

STREET_KIND = "STREET"


class AgencyRow(Row, table="credit_agencies", versioned=True):
    agency_code: Annotated[AgencyCode, KEY]
    kind: str
    status: str


class PowerRow(Row, table="credit_powers", versioned=True):
    code: Annotated[PowerItemCode, KEY]
    owners: tuple[Resolver, ...]
    delegated_to: tuple[AgencyCode, ...]


@projection(AgencyRow, PowerRow)
def project(
    agencies: Changes,
    powers: Changes,
    fact: Envelope[
        exchange.AgencyRegistered | exchange.AgencyStatusChanged | exchange.PowerItemPublished
    ],
) -> None:
    match fact.data:
        case exchange.AgencyRegistered():
            agencies.take(fact, status=exchange.AgencyStatus.ACTIVE)
        case exchange.AgencyStatusChanged():
            agencies.take(fact)
        case exchange.PowerItemPublished(item=item):
            delegated = item.delegated_to if item.delegation_decision else ()
            powers.set(code=item.code, owners=item.owners, delegated_to=delegated)


def cached(approvals: Mapping[str, ApprovalItem]) -> Callable[[Connection], Agencies]:
    approving = frozenset(one.agency for one in approvals.values())

    def read(tx: Connection) -> Agencies:
        rows, powers = AgencyRow.all(tx), PowerRow.all(tx)
        named = {str(one) for power in powers for one in (*power.owners, *power.delegated_to)}
        streets = {str(row.agency_code) for row in rows if row.kind == STREET_KIND}
        return Agencies(
            active=frozenset(
                row.agency_code for row in rows if row.status == exchange.AgencyStatus.ACTIVE
            ),
            enforcing=frozenset(named | (streets if STREET in named else set())),
            approving=approving,
        )

    return Cached(read, AgencyRow.table, PowerRow.table)
