"""What a revision leaves open: whether everybody and everything it names is known."""

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import replace

from sqlalchemy import Connection

from libs.contracts import vocabulary as v
from libs.contracts.grid import Category
from services.grid.category_catalogue.commands import ReviseCategoryCatalogue
from services.grid.category_catalogue.rules import Catalogue
from services.grid.known import Agencies, ReadAgencies, ReadPowerItems


def complete_revision(
    classes: Container[str],
    read_agencies: ReadAgencies,
    read_items: ReadPowerItems,
    read_categories: Callable[[Connection], Container[v.CategoryCode]],
    tx: Connection,
    command: ReviseCategoryCatalogue,
    catalogue: Catalogue,
) -> ReviseCategoryCatalogue:
    said = (*command.added, *command.revised)
    known = read_categories(tx)
    changed = [*(one.category_code for one in command.revised), *command.retired]
    unknown = sorted({*nobody(said, read_agencies(tx)), *no_power(said, read_items(tx).rows)})
    return replace(
        command,
        unknown=tuple(map(v.Resolver, unknown)),
        classless=tuple(one.category_code for one in said if one.sla_class not in classes),
        missing=tuple(one for one in changed if one not in known),
        taken=tuple(one.category_code for one in command.added if one.category_code in known),
    )


def nobody(said: Iterable[Category], agencies: Agencies) -> Iterator[str]:
    """Whom a category names, and who is no agency, and no name for one that the place has."""
    resolvers = {v.STREET, *v.BY_SECTOR}
    for one in said:
        for who in (*one.lead, *one.co):
            if who not in resolvers and not agencies.known(v.AgencyCode(who)):
                yield who


def no_power(said: Iterable[Category], items: Container[v.PowerItemCode]) -> Iterator[str]:
    return (item for one in said for item in one.power_items if item not in items)
