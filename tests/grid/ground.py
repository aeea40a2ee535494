"""What a grid knows once its pack is loaded: its cells and its catalogue."""

from sqlalchemy import Connection

from libs.contracts.grid import CategoryCatalogueRevised
from libs.contracts.vocabulary import CatalogueVersion, TerritoryCode
from services.grid.category_catalogue import projection as categories
from services.grid.category_catalogue.loading import category, in_force
from services.grid.cell import projection as cells
from services.grid.cell.loading import definitions
from services.grid.cell.rules import defined
from tests.conftest import PACK
from tests.scenario import recorded


def know_the_ground(tx: Connection) -> None:
    today = PACK.rules.calendar.last
    revised = CategoryCatalogueRevised(
        jurisdiction=TerritoryCode(PACK.code),
        version=CatalogueVersion("1"),
        added=tuple(category(row) for row in in_force(PACK, today)),
        revised=(),
        retired=(),
        effective_from=today,
    )
    cells.project(tx, recorded(*map(defined, definitions(PACK))))
    categories.project(tx, recorded(revised))
