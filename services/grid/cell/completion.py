"""What defining a cell leaves open: whose ground it would be."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Protocol

from sqlalchemy import Connection

from libs.contracts.vocabulary import CellCode, Polygon
from services.grid.cell.commands import DefineCell
from services.grid.cell.rules import Cell


class Cells(Protocol):
    def sound(self, polygon: Polygon) -> bool: ...
    def overlapping(self, polygon: Polygon, on: date) -> Sequence[CellCode]: ...
    def in_district(self, polygon: Polygon) -> bool: ...


def complete_definition(
    read_cells: Callable[[Connection], Cells], tx: Connection, command: DefineCell, cell: Cell
) -> DefineCell:
    cells = read_cells(tx)
    if not cells.sound(command.polygon):
        return replace(command, sound=False)
    others = [
        one
        for one in cells.overlapping(command.polygon, command.effective_from)
        if one != command.cell_code
    ]
    return replace(command, overlaps=tuple(others), inside=cells.in_district(command.polygon))
