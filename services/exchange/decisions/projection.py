"""The decisions that have been served: what a remedy continues."""

from collections.abc import Sequence

from sqlalchemy import Column, Connection, Named, Table, TypedColumns, select

from libs.contracts import enforcement
from libs.contracts.vocabulary import AgencyCode, Matter, SourceRef
from libs.events.core.kernel import Envelope, Event, Record
from libs.events.store.read_models import Rows
from libs.events.store.tables import metadata


class DecisionColumns(TypedColumns):
    decision_no: Named[str] = Column(primary_key=True)
    source_ref: Named[str]
    agency_code: Named[str]
    correlation_id: Named[str]


decisions = Table("served_decisions", metadata, DecisionColumns)


class Decision(Record):
    source_ref: SourceRef
    agency_code: AgencyCode
    matter: Matter


def project(tx: Connection, heard: Sequence[Envelope[Event]]) -> None:
    rows = Rows(decisions)
    for fact in heard:
        if isinstance(fact.data, enforcement.DecisionServed):
            rows.set(
                decision_no=fact.data.decision_no,
                source_ref=f"{fact.source}/{fact.subject}",
                agency_code=fact.data.agency_code,
                correlation_id=fact.correlation_id,
            )
    rows.write(tx)


def find_decision(tx: Connection, decision_no: str) -> Decision | None:
    row = tx.execute(select(decisions).where(decisions.c.decision_no == decision_no)).first()
    if row is None:
        return None
    return Decision(
        source_ref=SourceRef(row.source_ref),
        agency_code=AgencyCode(row.agency_code),
        matter=Matter(row.correlation_id),
    )
