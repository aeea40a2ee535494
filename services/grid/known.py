"""What streams of the grid know of one another, as values: agencies and powers, cells and workers,
categories."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Protocol, TypeAlias

from sqlalchemy import Connection

from libs.contracts import vocabulary as v
from libs.contracts.exchange import AgencyStatus
from libs.events.core.kernel import Record

DEPARTMENT = "DEPARTMENT"
ZONE = "ZONE"


class Agency(Protocol):
    kind: str
    territory: v.TerritoryCode
    status: str


class Agencies(Record):
    """All of them, the lower code first."""

    rows: Mapping[v.AgencyCode, Agency]

    def known(self, agency_code: v.AgencyCode) -> bool:
        return agency_code in self.rows

    def active(self, agency_code: v.AgencyCode) -> bool:
        row = self.rows.get(agency_code)
        return row is not None and row.status == AgencyStatus.ACTIVE

    def of_street(self, street: v.TerritoryCode) -> Sequence[v.AgencyCode]:
        """Whoever has the street: in a zone it is the zone."""
        return [one for one, row in self._active() if row.territory == street]

    def zones(self, street: v.TerritoryCode) -> Sequence[v.AgencyCode]:
        return [one for one in self.of_street(street) if self.rows[one].kind == ZONE]

    def departments(self) -> Sequence[v.AgencyCode]:
        return [one for one, row in self._active() if row.kind == DEPARTMENT]

    def _active(self) -> Iterable[tuple[v.AgencyCode, Agency]]:
        return ((one, row) for one, row in self.rows.items() if self.active(one))


class PowerItem(Protocol):
    owners: tuple[v.Resolver, ...]
    delegated_to: tuple[v.AgencyCode, ...]
    effective_from: date | None
    effective_to: date | None


class PowerItems(Record):
    rows: Mapping[v.PowerItemCode, PowerItem]

    def in_force(self, codes: Iterable[v.PowerItemCode], on: date) -> Sequence[PowerItem]:
        found = (self.rows[code] for code in codes if code in self.rows)
        return [
            one
            for one in found
            if (one.effective_from or date.min) <= on <= (one.effective_to or date.max)
        ]


class Cell(Protocol):
    cell_code: v.CellCode
    street_code: v.TerritoryCode


class Cells(Protocol):
    def holding(self, location: v.Location, on: date) -> Cell | None: ...
    def inside(self, location: v.Location, on: date) -> bool: ...
    def named(self, cell_code: v.CellCode, on: date) -> Cell | None: ...


class Posted(Protocol):
    worker_id: v.PersonId
    agency_code: v.AgencyCode | None


class Workers(Protocol):
    def of_cell(self, cell_code: v.CellCode, on: date) -> Sequence[Posted]: ...


class Category(Protocol):
    catalogue_version: v.CatalogueVersion
    sla_class: v.SlaClass
    lead: tuple[v.Resolver, ...]
    co: tuple[v.Resolver, ...]
    power_items: tuple[v.PowerItemCode, ...]
    live: bool


ReadAgencies: TypeAlias = Callable[[Connection], Agencies]
ReadPowerItems: TypeAlias = Callable[[Connection], PowerItems]
ReadCells: TypeAlias = Callable[[Connection], Cells]
ReadWorkers: TypeAlias = Callable[[Connection], Workers]
ReadCategories: TypeAlias = Callable[[Connection], Mapping[v.CategoryCode, Category]]
