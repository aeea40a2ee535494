"""Agencies, their powers and their officers, as exchange and oversight record them; whose a matter
is."""

from datetime import date
from typing import Annotated, Any

from sqlalchemy import Connection

from libs.contracts import exchange, oversight
from libs.contracts import vocabulary as v
from libs.events.core.kernel import Envelope
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import KEY, Row
from libs.events.store.cache import Cached
from services.enforcement.known import Agency, Issued, Item, Known


class AgencyRow(Row, table="enforcing_agencies", versioned=True):
    agency_code: Annotated[v.AgencyCode, KEY]
    kind: str
    territory: v.TerritoryCode
    rule_family: str
    status: str


class ItemRow(Row, table="enforced_items", versioned=True):
    code: Annotated[v.PowerItemCode, KEY]
    owners: tuple[v.Resolver, ...]
    delegated_to: tuple[v.AgencyCode, ...]
    hearing_hint: tuple[str, ...]
    may_seize: bool
    effective_from: date
    effective_to: date


class OfficerRow(Row, table="officer_certificates", versioned=True):
    officer_id: Annotated[v.PersonId, KEY]
    certificate_no: v.CertificateNo
    agency_code: v.AgencyCode
    valid_until: date


class MatterRow(Row, table="open_matters"):
    """Which agencies a matter is open to: senders and receivers of its handoffs."""

    correlation_id: Annotated[str, KEY]
    agency_code: Annotated[v.AgencyCode, KEY]


@projection(AgencyRow, ItemRow, OfficerRow)
def project(
    agencies: Changes,
    items: Changes,
    officers: Changes,
    fact: Envelope[
        exchange.AgencyRegistered
        | exchange.AgencyStatusChanged
        | exchange.PowerItemPublished
        | oversight.OfficerCertified
    ],
) -> None:
    match fact.data:
        case exchange.AgencyRegistered():
            agencies.take(fact, status=exchange.AgencyStatus.ACTIVE)
        case exchange.AgencyStatusChanged():
            agencies.take(fact)
        case exchange.PowerItemPublished(item=item):
            items.set(
                code=item.code,
                owners=item.owners,
                # Without the number of the decision nothing was delegated.
                delegated_to=item.delegated_to if item.delegation_decision else (),
                hearing_hint=item.hearing_hint,
                may_seize=item.may_seize,
                effective_from=item.effective_from or date.min,
                effective_to=item.effective_to or date.max,
            )
        case oversight.OfficerCertified():
            officers.take(fact)


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


def read(tx: Connection) -> Known:
    return Known(
        agencies={row.agency_code: Agency(**said(row, "agency_code")) for row in AgencyRow.all(tx)},
        items={row.code: Item(**said(row, "code")) for row in ItemRow.all(tx)},
        officers={row.officer_id: Issued(**said(row, "officer_id")) for row in OfficerRow.all(tx)},
    )


def said(row: Row, key: str) -> dict[str, Any]:
    return {name: one for name, one in row if name != key}


def cached() -> Cached[Known]:
    return Cached(read, AgencyRow.table, ItemRow.table, OfficerRow.table)


def is_open(tx: Connection, matter: v.Matter, agency_code: v.AgencyCode) -> bool:
    """Whether an agency has sent or been sent something of a matter."""
    found = MatterRow.where(correlation_id=matter, agency_code=agency_code)
    return MatterRow.first(tx, found) is not None
