"""What may be asked of the category catalogue."""

from datetime import date
from typing import Annotated, TypeAlias

from libs.contracts.grid import Category
from libs.contracts.vocabulary import CatalogueVersion, CategoryCode, Resolver, TerritoryCode
from libs.events.core.fields import TODAY, Completed, Default, at_most
from libs.events.core.kernel import Command

Categories: TypeAlias = Annotated[tuple[Category, ...], at_most(2_000), Default(value=())]


class ReviseCategoryCatalogue(Command):
    """`today` says when it is asked by hand: a load is in force from its own day."""

    jurisdiction: TerritoryCode
    version: CatalogueVersion
    added: Categories
    revised: Categories
    retired: Annotated[tuple[CategoryCode, ...], at_most(2_000), Default(value=())]
    effective_from: date
    today: Annotated[date | None, TODAY] = None
    unknown: Completed[tuple[Resolver, ...] | None] = None
    classless: Completed[tuple[CategoryCode, ...]] = ()
    missing: Completed[tuple[CategoryCode, ...]] = ()
    taken: Completed[tuple[CategoryCode, ...]] = ()
