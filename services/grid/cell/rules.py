"""The rules of a cell: a piece of ground that is nobody else's, and one lead worker for it.

Source: docs/domain/grid.md.
"""

from dataclasses import replace
from typing import Final, assert_never

from libs.contracts.grid import CellDefined, CellEvent, WorkerAssigned
from libs.events.core.deciders import build_decider
from libs.events.core.kernel import NotFound, Refused, State
from services.grid.cell.commands import AssignWorker, CellCommand, DefineCell


class Cell(State):
    """Of each worker the last that was said."""

    defined: CellDefined | None = None
    workers: tuple[WorkerAssigned, ...] = ()


def decide(command: CellCommand, cell: Cell) -> list[CellEvent]:
    match command:
        case DefineCell() if cell.defined is not None:
            if defined(command) == cell.defined:
                return []
            raise Refused(
                "idempotency-conflict",
                "The cell {cell_code} is defined with other particulars",
                cell_code=command.cell_code,
            )
        case DefineCell():
            return [define(command)]
        case AssignWorker() if cell.defined is None:
            raise NotFound("There is no cell {cell_code}", cell_code=command.cell_code)
        case AssignWorker():
            return assign(command, cell)
        case _:
            assert_never(command)


def define(command: DefineCell) -> CellDefined:
    """Cells do not overlap, and lie in the district."""
    if not command.sound:
        raise Refused(
            "request-malformed", "The border of the polygon crosses itself", field="polygon"
        )
    if command.overlaps:
        raise Refused(
            "cells-overlap",
            "The ground belongs to other cells: {cells}",
            cells=list(command.overlaps),
        )
    if not command.inside:
        raise Refused("cells-overlap", "The polygon does not lie in the district", field="polygon")
    return defined(command)


def defined(command: DefineCell) -> CellDefined:
    return CellDefined(
        cell_code=command.cell_code,
        name_zh=command.name_zh,
        community_code=command.community_code,
        street_code=command.street_code,
        polygon=command.polygon,
        effective_from=command.effective_from,
    )


def assign(command: AssignWorker, cell: Cell) -> list[CellEvent]:
    """One lead at a time."""
    assigned = WorkerAssigned(
        worker_id=command.worker_id,
        cell_code=command.cell_code,
        agency_code=command.agency_code,
        is_lead=command.is_lead,
        effective_from=command.effective_from,
    )
    if assigned in cell.workers:
        return []
    others = [one for one in cell.workers if one.worker_id != command.worker_id]
    lead = next((one.worker_id for one in others if one.is_lead), None)
    if command.is_lead and lead is not None:
        raise Refused(
            "lead-worker-taken", "{lead} is the lead worker of this cell already", lead=lead
        )
    return [assigned]


def evolve(cell: Cell, event: CellEvent) -> Cell:
    match event:
        case CellDefined():
            return replace(cell, defined=event)
        case WorkerAssigned():
            others = tuple(one for one in cell.workers if one.worker_id != event.worker_id)
            return replace(cell, workers=(*others, event))
        case _:
            assert_never(event)


DECIDER: Final = build_decider("cell", decide, evolve, key="cell_code", initial=Cell(), shared=True)
