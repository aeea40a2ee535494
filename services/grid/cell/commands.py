"""What may be asked of a cell."""

from datetime import date
from typing import TypeAlias

from libs.contracts.vocabulary import AgencyCode, CellCode, PersonId, Polygon, TerritoryCode
from libs.events.core.fields import Completed, Short
from libs.events.core.kernel import Command


class DefineCell(Command):
    cell_code: CellCode
    name_zh: Short
    community_code: TerritoryCode
    street_code: TerritoryCode
    polygon: Polygon
    effective_from: date
    sound: Completed[bool] = True
    overlaps: Completed[tuple[CellCode, ...]] = ()
    inside: Completed[bool] = False


class AssignWorker(Command):
    cell_code: CellCode
    worker_id: PersonId
    agency_code: AgencyCode | None
    is_lead: bool = False
    effective_from: date


CellCommand: TypeAlias = DefineCell | AssignWorker
