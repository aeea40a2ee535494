"""Who is competent for a category at a place, each agency by the first rule that fits.

Source: docs/domain/grid.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from libs.contracts import vocabulary as v
from libs.contracts.grid import CompetentBy, HandOffTarget
from libs.events.core.deciders import Nothing
from libs.statute.rulebook import Rulebook
from services.grid.known import (
    Agencies,
    Category,
    PowerItem,
    ReadAgencies,
    ReadCategories,
    ReadCells,
    ReadPowerItems,
)
from services.grid.report.commands import Competence, DispatchReport, HandOffReport
from services.grid.report.projection.board import find_undeliverable
from services.grid.report.rules.state import AnyReport, Dispatched, Report, Returned


def complete_dispatch(
    rules: Rulebook,
    read_cells: ReadCells,
    read_categories: ReadCategories,
    read_agencies: ReadAgencies,
    read_power_items: ReadPowerItems,
    tx: Connection,
    command: DispatchReport,
    report: AnyReport,
) -> DispatchReport:
    if isinstance(report, Nothing) or report.registration is None:
        return command
    on = rules.day(command.at)
    cell = read_cells(tx).named(report.registration.cell_code, on)
    category = read_categories(tx).get(report.registration.category_code)
    if cell is None or category is None:
        return command
    agencies = read_agencies(tx)
    items = read_power_items(tx).in_force(category.power_items, on)
    found = ranked(category, cell.street_code, agencies, items, proposed_in(report))
    return replace(
        command,
        competent=tuple(
            Competence(agency_code=one, competent_by=rule)
            for one, rule in first_of(found, without=CompetentBy.STREET).items()
        ),
        co_competent=tuple(first_of(found, without=CompetentBy.PROPOSED)),
        default_co=tuple(meant_by(category.co, cell.street_code, agencies)),
        undeliverable=is_offered(report) and find_undeliverable(tx, command.report_id),
    )


def complete_handing_off(
    rules: Rulebook,
    read_cells: ReadCells,
    read_categories: ReadCategories,
    read_agencies: ReadAgencies,
    read_power_items: ReadPowerItems,
    tx: Connection,
    command: HandOffReport,
    report: AnyReport,
) -> HandOffReport:
    """Whose power it is: the owners of the item that is named, or of the category's items."""
    if isinstance(report, Nothing) or report.registration is None:
        return command
    on = rules.day(command.at)
    cell = read_cells(tx).named(report.registration.cell_code, on)
    category = read_categories(tx).get(report.registration.category_code)
    if cell is None or category is None:
        return command
    agencies = read_agencies(tx)
    if command.target is HandOffTarget.MEDIATION:
        return replace(command, competent=centres(rules, category, cell.street_code, agencies))
    wanted = [command.power_item_code] if command.power_item_code else category.power_items
    items = read_power_items(tx).in_force(wanted, on)
    found = [
        (rule, who)
        for rule, who in ranked(category, cell.street_code, agencies, items, None)
        if rule in (CompetentBy.POWER_ITEM, CompetentBy.DELEGATED)
    ]
    return replace(
        command,
        competent=tuple(
            Competence(agency_code=one, competent_by=rule)
            for one, rule in first_of(found, without=CompetentBy.STREET).items()
        ),
    )


def centres(
    rules: Rulebook, category: Category, street: v.TerritoryCode, agencies: Agencies
) -> tuple[Competence, ...]:
    """The street of the place, where its disputes are the street's; else the district's centre."""
    if v.STREET in category.lead:
        here = (*agencies.of_street(street), *agencies.zones(street))
        found = [(one, CompetentBy.STREET) for one in dict.fromkeys(here)]
    else:
        found = []
    centre = v.AgencyCode(rules.mediation_agency)
    if not found and agencies.active(centre):
        found = [(centre, CompetentBy.CENTRE)]
    return tuple(Competence(agency_code=one, competent_by=why) for one, why in found)


def is_offered(report: AnyReport) -> bool:
    """Whether it lies with an agency that has not answered yet."""
    return isinstance(report, Report) and isinstance(report.stage, Dispatched)


def proposed_in(report: Report) -> v.AgencyCode | None:
    return report.stage.proposed if isinstance(report.stage, Returned) else None


def ranked(
    category: Category,
    street: v.TerritoryCode,
    agencies: Agencies,
    items: Sequence[PowerItem],
    proposed: v.AgencyCode | None,
) -> list[tuple[CompetentBy, Sequence[v.AgencyCode]]]:
    """The rules in their order, and whom each makes competent."""
    # Whoever is meant by these, only a dispatcher can say: every department may be named.
    by_sector = not v.BY_SECTOR.isdisjoint(category.lead)
    here = agencies.of_street(street)
    return [
        (CompetentBy.DEFAULT_LEAD, meant_by(category.lead, street, agencies)),
        (CompetentBy.SECTOR, agencies.departments() if by_sector else ()),
        (CompetentBy.DEFAULT_CO, meant_by(category.co, street, agencies)),
        (CompetentBy.ZONE, agencies.zones(street)),
        (
            CompetentBy.POWER_ITEM,
            [one for item in items for one in meant_by(item.owners, street, agencies)],
        ),
        (
            CompetentBy.DELEGATED,
            [one for item in items for one in item.delegated_to if one in here],
        ),
        (CompetentBy.PROPOSED, [proposed] if proposed and agencies.active(proposed) else ()),
        (CompetentBy.STREET, here),
    ]


def meant_by(
    who: Iterable[v.Resolver], street: v.TerritoryCode, agencies: Agencies
) -> list[v.AgencyCode]:
    """The active agencies that are named, in the order in which they are."""
    meant: list[v.AgencyCode] = []
    for one in who:
        if one == v.STREET:
            meant.extend(agencies.of_street(street))
        elif agencies.active(v.AgencyCode(one)):
            meant.append(v.AgencyCode(one))
    return meant


def first_of(
    found: Sequence[tuple[CompetentBy, Sequence[v.AgencyCode]]], *, without: CompetentBy
) -> Mapping[v.AgencyCode, CompetentBy]:
    competent: dict[v.AgencyCode, CompetentBy] = {}
    for rule, who in found:
        if rule is not without:
            for agency_code in who:
                competent.setdefault(agency_code, rule)
    return competent
