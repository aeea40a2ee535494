"""What may be asked of the category catalogue."""

from datetime import date

from libs.contracts.grid import Category
from libs.contracts.vocabulary import CatalogueVersion, CategoryCode, Resolver, TerritoryCode
from libs.events.core.kernel import Command


class ReviseCategoryCatalogue(Command):
    jurisdiction: TerritoryCode
    version: CatalogueVersion
    added: tuple[Category, ...]
    revised: tuple[Category, ...]
    retired: tuple[CategoryCode, ...]
    effective_from: date
    today: date | None = None
    unknown: tuple[Resolver, ...] | None = None
    classless: tuple[CategoryCode, ...] = ()
    missing: tuple[CategoryCode, ...] = ()
    taken: tuple[CategoryCode, ...] = ()
