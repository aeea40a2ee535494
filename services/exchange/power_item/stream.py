"""The power list 权责清单: whose a power is, from the pack or by hand; everybody may read it."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from sqlalchemy import Connection

from libs.contracts.exchange import PowerItem, PowerItemPublished
from libs.contracts.vocabulary import AgencyCode, PowerItemCode, Resolver, Role
from libs.events.core.kernel import Envelope
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.routes import get, post
from libs.events.declaring.rows import KEY, Row
from libs.events.declaring.stream import Load, Stream
from libs.statute.pack import Pack
from libs.statute.pack import Row as PackRow
from services.exchange.power_item.commands import PublishPowerItem
from services.exchange.power_item.rules import DECIDER


class ItemRow(Row, table="published_items"):
    code: Annotated[PowerItemCode, KEY]
    name_zh: str
    owners: tuple[Resolver, ...]
    basis: str
    version: int


@projection(ItemRow)
def project(items: Changes, fact: Envelope[PowerItemPublished]) -> None:
    said = vars(fact.data.item)
    items.set(**{column.name: said[column.name] for column in items.table.c})


def find_power_items(tx: Connection) -> Sequence[ItemRow]:
    return ItemRow.all(tx)


def publication(row: PackRow) -> PublishPowerItem:
    first, last = row.day("effective_from", date.min), row.day("effective_to", date.max)
    item = PowerItem(
        code=PowerItemCode(row["code"]),
        name_zh=row["name_zh"],
        type=row["type"],
        owners=tuple(map(Resolver, row.items("owners"))),
        delegated_to=tuple(map(AgencyCode, row.items("delegated_to"))),
        delegation_decision=row["delegation_decision"] or None,
        basis=row["basis"],
        version=row.number("version"),
        effective_from=None if first == date.min else first,
        effective_to=None if last == date.max else last,
        hearing_hint=row.items("hearing_hint"),
        may_seize=row.flag("may_seize"),
    )
    return PublishPowerItem(item=item)


def power_item(pack: Pack) -> Stream:
    rows = pack.tables["power_items"]
    return Stream(
        name="power_item",
        decider=DECIDER,
        projections=[project],
        loads=[Load(wanted=lambda: [*map(publication, rows)], shown=ItemRow, once=True)],
        commands=[
            post(
                PublishPowerItem,
                "/power-items",
                (Role.OPS,),
                "power-item-basis-missing delegation-decision-missing idempotency-conflict",
                status=201,
            )
        ],
        queries=[get("/power-items", find_power_items, anybody=True)],
    )
