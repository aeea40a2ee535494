"""The rules of the category catalogue: each has a lead. Source: docs/domain/grid.md."""

from typing import Final

from libs.contracts.grid import CategoryCatalogueRevised
from libs.events.core.deciders import build_decider
from libs.events.core.kernel import Refused, State
from services.grid.category_catalogue.commands import ReviseCategoryCatalogue


class Catalogue(State):
    """Every revision that was made: what is sent again is known, whatever came between."""

    revisions: tuple[CategoryCatalogueRevised, ...] = ()


def decide(
    command: ReviseCategoryCatalogue, catalogue: Catalogue
) -> list[CategoryCatalogueRevised]:
    revised = CategoryCatalogueRevised(
        jurisdiction=command.jurisdiction,
        version=command.version,
        added=command.added,
        revised=command.revised,
        retired=command.retired,
        effective_from=command.effective_from,
    )
    if revised in catalogue.revisions:
        return []
    require_sound(command)
    return [revised]


def require_sound(command: ReviseCategoryCatalogue) -> None:
    """Every lead is somebody, every class has its clocks, and it counts from its day."""
    if command.unknown is None or command.unknown:
        unknown = list(command.unknown or ())
        raise Refused(
            "agency-not-competent", "Unknown agency or power item codes: {unknown}", unknown=unknown
        )
    if command.classless:
        raise Refused(
            "request-malformed",
            "There is no service class of this name in the pack",
            field="sla_class",
        )
    if command.missing:
        raise Refused(
            "category-unknown",
            "These categories do not exist and cannot be changed: {missing}",
            missing=command.missing,
        )
    if command.taken:
        raise Refused(
            "idempotency-conflict", "These categories exist already: {taken}", taken=command.taken
        )
    if command.today is not None and command.effective_from > command.today:
        # It would count from now on, whatever it says.
        raise Refused(
            "request-malformed",
            "A revision takes effect on its day: send it then",
            field="effective_from",
        )


def evolve(catalogue: Catalogue, event: CategoryCatalogueRevised) -> Catalogue:
    return Catalogue(revisions=(*catalogue.revisions, event))


DECIDER: Final = build_decider(
    "category_catalogue", decide, evolve, key="jurisdiction", initial=Catalogue(), shared=True
)
