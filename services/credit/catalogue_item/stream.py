"""The catalogue of what may be remembered, from the pack or by hand; everybody may read it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Annotated

from sqlalchemy import Connection

from libs.contracts.credit import BasisType, CatalogueItemPublished, DisplayPolicy, Polarity
from libs.contracts.enforcement import CreditClass
from libs.contracts.vocabulary import CatalogueItemCode, Resolver, Role
from libs.events.declaring.projections import latest
from libs.events.declaring.routes import get, post
from libs.events.declaring.rows import KEY, Row
from libs.events.declaring.stream import Load, Stream
from libs.events.store.cache import Cached
from libs.statute.pack import Pack
from libs.statute.pack import Row as PackRow
from services.credit.catalogue_item.commands import PublishCatalogueItem
from services.credit.catalogue_item.rules import DECIDER
from services.credit.known import CatalogueItem


class ItemRow(Row, table="credit_catalogue", versioned=True):
    code: Annotated[CatalogueItemCode, KEY]
    name_zh: str
    polarity: Polarity
    classes: tuple[CreditClass, ...]
    providers: tuple[Resolver, ...]
    documents: tuple[BasisType, ...]
    display_policy: DisplayPolicy
    basis: str
    effective_from: date | None
    effective_to: date | None


project = latest(ItemRow, CatalogueItemPublished)


def find_catalogue(tx: Connection) -> Sequence[ItemRow]:
    return ItemRow.all(tx)


def item(row: ItemRow) -> CatalogueItem:
    return CatalogueItem(
        code=row.code,
        polarity=row.polarity,
        classes=row.classes,
        providers=row.providers,
        documents=row.documents,
        display_policy=row.display_policy,
        effective_from=row.effective_from or date.min,
        effective_to=row.effective_to or date.max,
    )


def cached() -> Callable[[Connection], Mapping[str, CatalogueItem]]:
    def read(tx: Connection) -> Mapping[str, CatalogueItem]:
        return {row.code: item(row) for row in ItemRow.all(tx)}

    return Cached(read, ItemRow.table)


def publication(row: PackRow) -> PublishCatalogueItem:
    first, last = row.day("effective_from", date.min), row.day("effective_to", date.max)
    return PublishCatalogueItem(
        code=CatalogueItemCode(row["code"]),
        name_zh=row["name_zh"],
        polarity=row.parsed(Polarity, "polarity"),
        classes=tuple(map(CreditClass, row.items("classes"))),
        providers=tuple(map(Resolver, row.items("providers"))),
        documents=tuple(map(BasisType, row.items("documents"))),
        display_policy=row.parsed(DisplayPolicy, "publicity"),
        basis=row["basis"],
        effective_from=None if first == date.min else first,
        effective_to=None if last == date.max else last,
    )


def catalogue_item(pack: Pack) -> Stream:
    rows = pack.tables["credit_catalogue"]
    return Stream(
        name="catalogue_item",
        decider=DECIDER,
        projections=[project],
        loads=[Load(wanted=lambda: [*map(publication, rows)], shown=ItemRow, once=True)],
        commands=[
            post(
                PublishCatalogueItem,
                "/catalogue",
                (Role.OPS, Role.CREDIT_OFFICER),
                "basis-invalid approver-required signature-invalid idempotency-conflict",
                status=201,
            )
        ],
        queries=[get("/catalogue", find_catalogue, anybody=True)],
    )
