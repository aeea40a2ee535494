"""The matters a person may name: trace and street of a report, as the grid tells of them."""

from collections.abc import Sequence

from sqlalchemy import Column, Connection, Named, Table, TypedColumns, select

from libs.contracts import grid
from libs.contracts.vocabulary import Matter, SourceRef, TerritoryCode
from libs.events.core.kernel import Envelope, Event
from libs.events.store.read_models import Rows
from libs.events.store.tables import metadata


class MatterColumns(TypedColumns):
    correlation_id: Named[str] = Column(primary_key=True)
    source_ref: Named[str]
    street_code: Named[str | None]


class StreetColumns(TypedColumns):
    cell_code: Named[str] = Column(primary_key=True)
    street_code: Named[str]


matters = Table("matters", metadata, MatterColumns)
streets = Table("cell_streets", metadata, StreetColumns)


def project(tx: Connection, heard: Sequence[Envelope[Event]]) -> None:
    known, cells = Rows(matters), Rows(streets)
    for fact in heard:
        if isinstance(fact.data, grid.CellDefined):
            cells.set(cell_code=fact.data.cell_code, street_code=fact.data.street_code)
    cells.write(tx)
    for fact in heard:
        match fact.data:
            case grid.ReportSubmitted():
                known.set(
                    correlation_id=fact.correlation_id,
                    source_ref=f"{fact.source}/{fact.subject}",
                    street_code=None,
                )
            case grid.ReportRegistered():
                found = select(streets.c.street_code).where(
                    streets.c.cell_code == fact.data.cell_code
                )
                street = tx.execute(found).scalar()
                known.set(correlation_id=fact.correlation_id, street_code=street)
            case _:
                pass
    known.write(tx)


def find_matter(tx: Connection, matter: Matter) -> tuple[SourceRef | None, TerritoryCode | None]:
    """What the matter is about, if it is known here, and the street of its place."""
    row = tx.execute(select(matters).where(matters.c.correlation_id == matter)).first()
    if row is None:
        return None, None
    street = TerritoryCode(row.street_code) if row.street_code else None
    return SourceRef(row.source_ref), street
