"""The disputes about whose it is: between whom, by when they should agree, and on whom they did."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from sqlalchemy import Connection

from libs.contracts import enforcement
from libs.contracts.asking import Watched
from libs.contracts.vocabulary import AgencyCode, JurisdictionId
from libs.events.core.kernel import Envelope
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import KEY, Row


class DisputeRow(Row, table="jurisdictions"):
    jurisdiction_id: Annotated[JurisdictionId, KEY]
    correlation_id: str
    agencies: tuple[AgencyCode, ...]
    power_item_code: str
    status: str
    due_on: date
    designated: AgencyCode | None


@projection(DisputeRow)
def project(
    disputes: Changes,
    fact: Envelope[enforcement.JurisdictionDisputeRaised | enforcement.JurisdictionAgreed],
) -> None:
    match fact.data:
        case enforcement.JurisdictionDisputeRaised():
            disputes.take(fact, status="RAISED")
        case enforcement.JurisdictionAgreed():
            disputes.take(fact, "designated", status="AGREED")


def find_disputes(tx: Connection, agency: Watched) -> Sequence[DisputeRow]:
    """What an agency takes part in, the first due first; for who supervises, all of them."""
    rows = DisputeRow.read(tx, DisputeRow.where().order_by(DisputeRow.c.due_on))
    return [one for one in rows if agency is None or agency in one.agencies]
