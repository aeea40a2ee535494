"""Rows of a read model, as they are put in."""

from sqlalchemy import Column, Engine, Named, Table, TypedColumns, select

from libs.events.store.read_models import Rows
from libs.events.store.tables import metadata


class LinkColumns(TypedColumns):
    """All of it is its key: which handoff is of which matter."""

    left: Named[str] = Column(primary_key=True)
    right: Named[str] = Column(primary_key=True)


links = Table("toy_links", metadata, LinkColumns)


def test_a_row_that_is_all_key_is_put_in_once(store: Engine) -> None:
    metadata.create_all(store, [links])
    for _ in range(2):
        with store.begin() as tx:
            rows = Rows(links)
            rows.set(left="a", right="b")
            rows.write(tx)
    with store.connect() as tx:
        assert [tuple(row) for row in tx.execute(select(links))] == [("a", "b")]
