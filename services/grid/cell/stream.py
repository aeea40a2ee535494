"""A cell: a piece of ground, and who works there; from the pack or by hand."""

import json
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy import Connection

from libs.contracts.vocabulary import CellCode, Polygon, Role, TerritoryCode
from libs.events.core.fields import Call
from libs.events.deciding.turn import Completion
from libs.events.declaring.routes import get, post
from libs.events.declaring.stream import Stream
from libs.events.http.bodies import Code, Day, Latitude, Longitude, Short
from libs.statute.pack import Pack
from services.grid.cell.commands import AssignWorker, DefineCell
from services.grid.cell.completion import complete_definition
from services.grid.cell.loading import differences
from services.grid.cell.projection import Cells, CellView, Workers, project
from services.grid.cell.rules import DECIDER

STAFF: Final = (
    Role.GRID_WORKER,
    Role.GRID_RECEIVER,
    Role.GRID_DISPATCHER,
    Role.SUPERVISOR,
    Role.OPS,
)
Place = tuple[Longitude, Latitude]


def closed(ring: list[Place]) -> list[Place]:
    if ring[0] != ring[-1]:
        raise ValueError("a ring ends where it begins (RFC 7946, 3.1.6)")
    return ring


Ring = Annotated[list[Place], Field(min_length=4, max_length=5_000), AfterValidator(closed)]


class Shape(BaseModel):
    """A GeoJSON polygon (RFC 7946), in the coordinates of the place."""

    type: Literal["Polygon"]
    coordinates: Annotated[list[Ring], Field(min_length=1, max_length=50)]


class Definition(BaseModel):
    cell_code: Code
    name_zh: Short
    community_code: Code
    street_code: Code
    polygon: Shape
    effective_from: Day


def definition(body: Definition, call: Call) -> DefineCell:
    geometry = json.dumps(body.polygon.model_dump(), separators=(",", ":"))
    return DefineCell(
        cell_code=CellCode(body.cell_code),
        name_zh=body.name_zh,
        community_code=TerritoryCode(body.community_code),
        street_code=TerritoryCode(body.street_code),
        polygon=Polygon(geometry),
        effective_from=body.effective_from,
    )


def find_cells(
    read_cells: Callable[[Connection], Cells],
    read_workers: Callable[[Connection], Workers],
    tx: Connection,
) -> Sequence[CellView]:
    workers = read_workers(tx)
    return [
        CellView(**dict(row), workers=tuple(workers.of_cell(row.cell_code, date.max)))
        for row in read_cells(tx).rows
    ]


def cell(
    pack: Pack,
    read_cells: Callable[[Connection], Cells],
    read_workers: Callable[[Connection], Workers],
) -> Stream:
    complete = partial(complete_definition, read_cells)
    return Stream(
        name="cell",
        decider=DECIDER,
        completions={DefineCell: Completion(asks=("cell",), complete=complete)},
        projections=[project],
        loads=[partial(differences, pack, read_cells, read_workers)],
        commands=[
            post(
                DefineCell,
                "/cells",
                (Role.OPS,),
                "cells-overlap idempotency-conflict",
                status=201,
                reads=definition,
            ),
            post(
                AssignWorker,
                "/cells/{cell_code}/workers",
                (Role.GRID_DISPATCHER, Role.OPS),
                "not-found lead-worker-taken",
            ),
        ],
        queries=[
            get("/cells", partial(find_cells, read_cells, read_workers), STAFF, name="FindCells")
        ],
    )
