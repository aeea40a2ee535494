"""The power list: what is published, as everybody may read it."""

from collections.abc import Sequence

from pydantic import BaseModel
from sqlalchemy import JSON, Column, Connection, Named, Table, TypedColumns, select

from libs.contracts.exchange import PowerItemPublished
from libs.contracts.vocabulary import PowerItemCode, Resolver
from libs.events.core.kernel import Envelope, Event
from libs.events.store.read_models import Rows
from libs.events.store.tables import metadata


class ItemColumns(TypedColumns):
    code: Named[str] = Column(primary_key=True)
    name_zh: Named[str]
    owners: Named[list[str]] = Column(JSON)
    basis: Named[str]
    version: Named[int]


published_items = Table("published_items", metadata, ItemColumns)


class ItemRow(BaseModel):
    code: PowerItemCode
    name_zh: str
    owners: tuple[Resolver, ...]
    basis: str
    version: int


def project(tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
    rows = Rows(published_items)
    for fact in facts:
        if isinstance(fact.data, PowerItemPublished):
            item = fact.data.item
            rows.set(
                code=item.code,
                name_zh=item.name_zh,
                owners=item.owners,
                basis=item.basis,
                version=item.version,
            )
    rows.write(tx)


def find_items(tx: Connection) -> Sequence[ItemRow]:
    found = tx.execute(select(published_items).order_by(published_items.c.code))
    return [ItemRow.model_validate(dict(row)) for row in found.mappings()]


def find_codes(tx: Connection) -> set[str]:
    return set(tx.execute(select(published_items.c.code)).scalars())
