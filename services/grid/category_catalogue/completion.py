"""What a revision leaves open: whether everybody and everything it names is known."""

from collections.abc import Callable, Container
from dataclasses import replace
from typing import Protocol

from sqlalchemy import Connection

from libs.contracts.vocabulary import AgencyCode, CategoryCode
from services.grid.category_catalogue.commands import ReviseCategoryCatalogue
from services.grid.category_catalogue.domain import Catalogue


class Agencies(Protocol):
    def known(self, agency_code: AgencyCode) -> bool: ...


def complete_revision(
    read_agencies: Callable[[Connection], Agencies],
    read_categories: Callable[[Connection], Container[CategoryCode]],
    tx: Connection,
    command: ReviseCategoryCatalogue,
    catalogue: Catalogue,
) -> ReviseCategoryCatalogue:
    agencies = read_agencies(tx)
    named = {who for one in (*command.added, *command.revised) for who in (*one.lead, *one.co)}
    unknown = [
        who
        for who in sorted(named)
        if not who.startswith("@") and not agencies.known(AgencyCode(who))
    ]
    known = read_categories(tx)
    named_codes = [*(one.category_code for one in command.revised), *command.retired]
    missing = tuple(one for one in named_codes if one not in known)
    return replace(command, unknown=tuple(unknown), missing=missing)
