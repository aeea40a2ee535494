"""The decisions that have been served: what a remedy continues."""

from typing import Annotated

from sqlalchemy import Connection

from libs.contracts import enforcement
from libs.contracts.vocabulary import AgencyCode, Matter, SourceRef
from libs.events.core.kernel import Envelope
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import KEY, Row


class DecisionRow(Row, table="served_decisions"):
    decision_no: Annotated[str, KEY]
    source_ref: SourceRef
    agency_code: AgencyCode
    correlation_id: Matter


@projection(DecisionRow)
def project(decisions: Changes, fact: Envelope[enforcement.DecisionServed]) -> None:
    decisions.take(fact, source_ref=f"{fact.source}/{fact.subject}")


def find_decision(tx: Connection, decision_no: str) -> DecisionRow | None:
    return DecisionRow.first(tx, DecisionRow.where(decision_no=decision_no))
