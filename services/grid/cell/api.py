"""HTTP for cells: where they are, and who works there."""

import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Final, Literal, Protocol

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy import Connection, Engine

from libs.contracts.vocabulary import (
    AgencyCode,
    CellCode,
    PersonId,
    Polygon,
    Role,
    TerritoryCode,
)
from libs.events.deciding.settling import Receipt, Settler
from libs.events.http.bodies import Code, Day, Latitude, Longitude, Short
from libs.events.http.edge import Caller, PostingOn, allowed, refusals
from services.grid.cell.commands import AssignWorker, DefineCell
from services.grid.cell.projection import CellRow, WorkerRow

STAFF: Final = (
    Role.GRID_WORKER, Role.GRID_RECEIVER, Role.GRID_DISPATCHER, Role.SUPERVISOR, Role.OPS,
)  # fmt: skip

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


class Assignment(BaseModel):
    worker_id: Code
    agency_code: Code | None = None
    is_lead: bool = False
    effective_from: Day


class CellView(CellRow):
    """A cell with those who work there, the lead first."""

    workers: tuple[WorkerRow, ...]


class Cells(Protocol):
    @property
    def rows(self) -> Sequence[CellRow]: ...


class Workers(Protocol):
    def of_cell(self, cell_code: CellCode, on: date) -> Sequence[WorkerRow]: ...


def routes(
    settler: Settler,
    engine: Engine,
    read_cells: Callable[[Connection], Cells],
    read_workers: Callable[[Connection], Workers],
    posting: PostingOn,
) -> APIRouter:
    router = APIRouter(prefix="/cells", tags=["cells"])
    post = posting(router)

    @post("", "DefineCell", Role.OPS, status=201)
    async def define(body: Definition, caller: Caller) -> Receipt:
        geometry = json.dumps(body.polygon.model_dump(), separators=(",", ":"))
        command = DefineCell(
            cell_code=CellCode(body.cell_code),
            name_zh=body.name_zh,
            community_code=TerritoryCode(body.community_code),
            street_code=TerritoryCode(body.street_code),
            polygon=Polygon(geometry),
            effective_from=body.effective_from,
        )
        return await settler.ask(command, caller)

    @post("/{cell_code}/workers", "AssignWorker", Role.GRID_DISPATCHER, Role.OPS)
    async def assign(cell_code: Code, body: Assignment, caller: Caller) -> Receipt:
        command = AssignWorker(
            cell_code=CellCode(cell_code),
            worker_id=PersonId(body.worker_id),
            agency_code=AgencyCode(body.agency_code) if body.agency_code else None,
            is_lead=body.is_lead,
            effective_from=body.effective_from,
        )
        return await settler.ask(command, caller)

    @router.get(
        "", operation_id="FindCells", dependencies=[allowed(*STAFF)], responses=refusals({})
    )
    def cells() -> Sequence[CellView]:
        with engine.connect() as tx:
            rows, workers = read_cells(tx).rows, read_workers(tx)
        return [
            CellView(**row.model_dump(), workers=tuple(workers.of_cell(row.cell_code, date.max)))
            for row in rows
        ]

    return router
