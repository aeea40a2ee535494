"""The matters a person may name: trace and street of a report, as the grid records them."""

from typing import Annotated

from sqlalchemy import Connection

from libs.contracts import grid
from libs.contracts.vocabulary import Matter, SourceRef, TerritoryCode
from libs.events.core.kernel import Envelope
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import KEY, Row


class MatterRow(Row, table="matters"):
    correlation_id: Annotated[str, KEY]
    source_ref: SourceRef
    street_code: TerritoryCode | None


class StreetRow(Row, table="cell_streets"):
    cell_code: Annotated[str, KEY]
    street_code: TerritoryCode


@projection(StreetRow)
def project_streets(streets: Changes, fact: Envelope[grid.CellDefined]) -> None:
    streets.take(fact)


@projection(MatterRow)
def project_matters(
    tx: Connection, matters: Changes, fact: Envelope[grid.ReportSubmitted | grid.ReportRegistered]
) -> None:
    match fact.data:
        case grid.ReportSubmitted():
            matters.set(
                correlation_id=fact.correlation_id,
                source_ref=f"{fact.source}/{fact.subject}",
                street_code=None,
            )
        case grid.ReportRegistered(cell_code=cell):
            found = StreetRow.first(tx, StreetRow.where(cell_code=cell))
            street = found.street_code if found else None
            matters.set(correlation_id=fact.correlation_id, street_code=street)


def find_matter(tx: Connection, matter: Matter) -> MatterRow | None:
    """What the matter is about, if it is known here, and the street of its place."""
    return MatterRow.first(tx, MatterRow.where(correlation_id=matter))
