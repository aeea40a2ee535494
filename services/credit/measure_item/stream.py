"""The measures list, from the pack or by hand; everybody may read it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Annotated

from sqlalchemy import Connection

from libs.contracts.credit import MeasureCatalogueItemPublished, MeasureKind
from libs.contracts.vocabulary import MeasureCode, Resolver, Role
from libs.events.declaring.projections import latest
from libs.events.declaring.routes import get, post
from libs.events.declaring.rows import KEY, Row
from libs.events.declaring.stream import Load, Stream
from libs.events.store.cache import Cached
from libs.statute.pack import Pack
from libs.statute.pack import Row as PackRow
from services.credit.known import MeasureItem
from services.credit.measure_item.commands import PublishMeasureItem
from services.credit.measure_item.rules import DECIDER


class ItemRow(Row, table="measure_list", versioned=True):
    code: Annotated[MeasureCode, KEY]
    name_zh: str
    kind: MeasureKind
    targets: tuple[Resolver, ...]
    allowed_for: tuple[str, ...]
    basis: str
    effective_from: date | None
    effective_to: date | None


project = latest(ItemRow, MeasureCatalogueItemPublished)


def find_measure_list(tx: Connection) -> Sequence[ItemRow]:
    return ItemRow.all(tx)


def item(row: ItemRow) -> MeasureItem:
    return MeasureItem(
        code=row.code,
        kind=row.kind,
        targets=row.targets,
        allowed_for=row.allowed_for,
        basis=row.basis,
        effective_from=row.effective_from or date.min,
        effective_to=row.effective_to or date.max,
    )


def cached() -> Callable[[Connection], Mapping[str, MeasureItem]]:
    def read(tx: Connection) -> Mapping[str, MeasureItem]:
        return {row.code: item(row) for row in ItemRow.all(tx)}

    return Cached(read, ItemRow.table)


def publication(row: PackRow) -> PublishMeasureItem:
    first, last = row.day("effective_from", date.min), row.day("effective_to", date.max)
    return PublishMeasureItem(
        code=MeasureCode(row["code"]),
        name_zh=row["name_zh"],
        kind=row.parsed(MeasureKind, "kind"),
        targets=tuple(map(Resolver, row.items("targets"))),
        allowed_for=row.items("allowed_for"),
        basis=row["basis"],
        effective_from=None if first == date.min else first,
        effective_to=None if last == date.max else last,
    )


def measure_item(pack: Pack) -> Stream:
    rows = pack.tables["measures"]
    return Stream(
        name="measure_item",
        decider=DECIDER,
        projections=[project],
        loads=[Load(wanted=lambda: [*map(publication, rows)], shown=ItemRow, once=True)],
        commands=[
            post(
                PublishMeasureItem,
                "/measure-list",
                (Role.OPS, Role.CREDIT_OFFICER),
                "basis-invalid approver-required signature-invalid idempotency-conflict",
                status=201,
            )
        ],
        queries=[get("/measure-list", find_measure_list, anybody=True)],
    )
