"""Which rows of the pack become which commands: cells, and who works there."""

import json
from collections.abc import Callable
from datetime import date

from sqlalchemy import Connection

from libs.contracts.vocabulary import AgencyCode, CellCode, PersonId, Polygon, TerritoryCode
from libs.statute.pack import Pack
from services.grid.cell.commands import AssignWorker, CellCommand, DefineCell
from services.grid.cell.projection import Cells, Workers


def differences(
    pack: Pack,
    read_cells: Callable[[Connection], Cells],
    read_workers: Callable[[Connection], Workers],
    tx: Connection,
) -> list[CellCommand]:
    """What the pack says that is not on record yet; workers once their cells are."""
    known = {row.cell_code for row in read_cells(tx).rows}
    missing = [one for one in definitions(pack) if one.cell_code not in known]
    if missing:
        return list(missing)
    posted = {(row.cell_code, row.worker_id) for row in read_workers(tx).rows}
    return [one for one in assignments(pack) if (one.cell_code, one.worker_id) not in posted]


def definitions(pack: Pack) -> list[DefineCell]:
    return [
        DefineCell(
            cell_code=CellCode(named["cell_code"]),
            name_zh=named["name_zh"],
            community_code=TerritoryCode(named["community_code"]),
            street_code=TerritoryCode(named["street_code"]),
            polygon=Polygon(json.dumps(feature["geometry"], separators=(",", ":"))),
            effective_from=date.fromisoformat(named["effective_from"]),
        )
        for feature in pack.cells
        for named in [feature["properties"]]
    ]


def assignments(pack: Pack) -> list[AssignWorker]:
    return [
        AssignWorker(
            cell_code=CellCode(row["cell_code"]),
            worker_id=PersonId(row["worker_id"]),
            agency_code=AgencyCode(row["agency_code"]) if row["agency_code"] else None,
            is_lead=row.flag("is_lead"),
            effective_from=row.day("effective_from", date.min),
        )
        for row in pack.tables["workers"]
    ]
