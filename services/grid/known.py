"""What streams of the grid know of one another, as values: agencies and powers, cells and workers,
categories."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Protocol, TypeAlias

from sqlalchemy import Connection

from libs.contracts.exchange import AgencyStatus
from libs.contracts.vocabulary import (
    AgencyCode,
    CatalogueVersion,
    CategoryCode,
    CellCode,
    Location,
    PersonId,
    PowerItemCode,
    Resolver,
    SlaClass,
    TerritoryCode,
)
from libs.events.core.kernel import Record

DEPARTMENT = "DEPARTMENT"
ZONE = "ZONE"


class Agency(Protocol):
    kind: str
    territory: TerritoryCode
    status: str


class Agencies(Record):
    """All of them, the lower code first."""

    rows: Mapping[AgencyCode, Agency]

    def known(self, agency_code: AgencyCode) -> bool:
        return agency_code in self.rows

    def active(self, agency_code: AgencyCode) -> bool:
        row = self.rows.get(agency_code)
        return row is not None and row.status == AgencyStatus.ACTIVE

    def of_street(self, street: TerritoryCode) -> Sequence[AgencyCode]:
        """Whoever has the street: in a zone it is the zone."""
        return [one for one, row in self._active() if row.territory == street]

    def zones(self, street: TerritoryCode) -> Sequence[AgencyCode]:
        return [one for one in self.of_street(street) if self.rows[one].kind == ZONE]

    def departments(self) -> Sequence[AgencyCode]:
        return [one for one, row in self._active() if row.kind == DEPARTMENT]

    def _active(self) -> Iterable[tuple[AgencyCode, Agency]]:
        return ((one, row) for one, row in self.rows.items() if self.active(one))


class PowerItem(Protocol):
    owners: tuple[Resolver, ...]
    delegated_to: tuple[AgencyCode, ...]
    effective_from: date | None
    effective_to: date | None


class PowerItems(Record):
    rows: Mapping[PowerItemCode, PowerItem]

    def in_force(self, codes: Iterable[PowerItemCode], on: date) -> Sequence[PowerItem]:
        found = (self.rows[code] for code in codes if code in self.rows)
        return [
            one
            for one in found
            if (one.effective_from or date.min) <= on <= (one.effective_to or date.max)
        ]


class Cell(Protocol):
    cell_code: CellCode
    street_code: TerritoryCode


class Cells(Protocol):
    def holding(self, location: Location, on: date) -> Cell | None: ...
    def inside(self, location: Location, on: date) -> bool: ...
    def named(self, cell_code: CellCode, on: date) -> Cell | None: ...


class Posted(Protocol):
    worker_id: PersonId
    agency_code: AgencyCode | None


class Workers(Protocol):
    def of_cell(self, cell_code: CellCode, on: date) -> Sequence[Posted]: ...


class Category(Protocol):
    catalogue_version: CatalogueVersion
    sla_class: SlaClass
    lead: tuple[Resolver, ...]
    co: tuple[Resolver, ...]
    power_items: tuple[PowerItemCode, ...]
    live: bool


ReadAgencies: TypeAlias = Callable[[Connection], Agencies]
ReadPowerItems: TypeAlias = Callable[[Connection], PowerItems]
ReadCells: TypeAlias = Callable[[Connection], Cells]
ReadWorkers: TypeAlias = Callable[[Connection], Workers]
ReadCategories: TypeAlias = Callable[[Connection], Mapping[CategoryCode, Category]]
