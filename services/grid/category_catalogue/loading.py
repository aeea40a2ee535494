"""Which rows of the pack become a revision of the catalogue."""

from collections.abc import Callable
from datetime import date
from hashlib import sha256

from sqlalchemy import Connection

from libs.contracts import vocabulary as v
from libs.contracts.grid import Category
from libs.statute.pack import Pack, Row
from services.grid.category_catalogue.commands import ReviseCategoryCatalogue
from services.grid.category_catalogue.projection import Categories, CategoryRow


def differences(
    pack: Pack,
    read_categories: Callable[[Connection], Categories],
    today: Callable[[], date],
    tx: Connection,
) -> list[ReviseCategoryCatalogue]:
    """One revision for all that is new, changed or gone, in force today."""
    known = read_categories(tx)
    wanted = {row["code"]: category(row) for row in in_force(pack, today())}
    added = [one for code, one in wanted.items() if v.CategoryCode(code) not in known]
    revised = [
        one
        for code, one in wanted.items()
        if (row := known.get(v.CategoryCode(code))) is not None
        and (shown(row) != one or not row.live)
    ]
    retired = [code for code, row in known.items() if row.live and code not in wanted]
    if not (added or revised or retired):
        return []
    return [
        ReviseCategoryCatalogue(
            jurisdiction=v.TerritoryCode(pack.code),
            version=v.CatalogueVersion(pack.rules.version),
            added=tuple(added),
            revised=tuple(revised),
            retired=tuple(retired),
            effective_from=today(),
        )
    ]


def said(pack: Pack, today: Callable[[], date]) -> str:
    """What the pack says today: also without a new pack, a row comes into force on its day."""
    rows = ";".join(f"{row['code']} {row['version']}" for row in in_force(pack, today()))
    return sha256(f"{pack.digest} {rows}".encode()).hexdigest()


def in_force(pack: Pack, on: date) -> list[Row]:
    return [
        row
        for row in pack.tables["categories"]
        if row.day("effective_from", date.min) <= on <= row.day("effective_to", date.max)
    ]


def category(row: Row) -> Category:
    return Category(
        category_code=v.CategoryCode(row["code"]),
        kind=row["kind"],
        name_zh=row["name_zh"],
        lead=tuple(map(v.Resolver, row.items("lead"))),
        co=tuple(map(v.Resolver, row.items("co"))),
        sla_class=v.SlaClass(row["sla_class"]),
        route=row.items("route"),
        power_items=tuple(map(v.PowerItemCode, row.items("power_items"))),
    )


def shown(row: CategoryRow) -> Category:
    columns = row.model_dump(exclude={"catalogue_version", "live"})
    return Category(**columns)
