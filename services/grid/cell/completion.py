"""What defining a cell leaves open: whose ground it would be."""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection

from services.grid.cell.commands import DefineCell
from services.grid.cell.projection import Cells
from services.grid.cell.rules import Cell


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
