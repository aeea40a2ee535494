"""Read models told everything again, beside those there are; readers never see half of them.

They are filled beside the others (a schema of its own on PostgreSQL, an attached file on SQLite) in
turns of 500, without any lock; then, under the head of the log, they take in what has come
meanwhile and are put in the place of the old ones, all in one transaction. Begun again, it goes on
where it was. An old release may run meanwhile: what has another shape has another name.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, event, select, text

from libs.events.deciding.settling import Settler
from libs.events.listening.listener import Reaction
from libs.events.releases.models import ReadModels, newest
from libs.events.store.cache import is_versioned
from libs.events.store.databases import open_engine
from libs.events.store.log import Log
from libs.events.store.read_models import Rows, renew
from libs.events.store.tables import checkpoints, metadata, versions

LOG, HEARD = "log", "heard"

Told = Callable[[int], None]


class Rebuild:
    """Of all read models of one service: those of its own log, and those of what it consumed.

    `scratch` is the file in which they grow, where the database is a file.
    """

    def __init__(self, settler: Settler, reactions: Mapping[str, Reaction], scratch: Path) -> None:
        self.models = ReadModels(settler, reactions)
        self.tables = self.models.tables
        self._schema = f"again_{self.models.digest}"
        self._file = scratch.with_name(f"{scratch.stem}.{self.models.digest}{scratch.suffix}")
        self._engine = self._opened(settler.log.engine)
        self._live = Log(self._engine, name=settler.log.name, keys=settler.log.keys)
        self._live.models = self.models
        # Not begun as a writer: on SQLite that would hold every file that is attached.
        self._beside = self._engine.execution_options(schema_translate_map={None: self._schema})
        if self._postgresql:
            with self._engine.begin() as tx:
                tx.execute(text(f"CREATE SCHEMA IF NOT EXISTS {self._schema}"))
        with self._beside.begin() as tx:
            metadata.create_all(tx, tables=[*self.tables, versions, checkpoints])

    def length(self) -> int:
        """How many events there are to tell."""
        with self._engine.connect() as live:
            return self._live.head(live) + newest(live)

    def fill(self, told: Told) -> None:
        """Turn after turn, up to what there is; nobody waits for it."""
        while done := self._turn():
            told(done)

    def swap(self) -> None:
        """Caught up under the head, and put in the place of the old, in one transaction."""
        with self._live.transaction() as live:
            head, last = self._live.lock(live), newest(live)
            with self._there(live) as there:
                at = reached(there)
            self.models.show(live, *at, to=(head, last), into=self._there)
            for table in self.tables:
                self._replace(live, table)
                if is_versioned(table):
                    renew(live, table)
            self._live.show(live, head, head, last)
            if self._postgresql:  # with it: what is begun again must not go on behind empty tables
                live.execute(text(f"DROP SCHEMA {self._schema} CASCADE"))
        self.discard()

    def differing(self) -> list[str]:
        """The tables that do not show what the log says, once this has caught up."""
        with self._live.transaction() as live:
            self._live.lock(live)
            with self._beside.connect() as made:
                return [one.name for one in self.tables if rows_of(live, one) != rows_of(made, one)]

    def discard(self) -> None:
        """What has grown beside is gone, and is begun anew the next time."""
        if self._postgresql:
            with self._engine.begin() as tx:
                tx.execute(text(f"DROP SCHEMA IF EXISTS {self._schema} CASCADE"))
        self.close()
        for left in self._file.parent.glob(f"{self._file.name}*"):
            left.unlink()

    def close(self) -> None:
        self._engine.dispose()

    @property
    def _postgresql(self) -> bool:
        return self._engine.dialect.name == "postgresql"

    def _opened(self, engine: Engine) -> Engine:
        """Connections of our own, on which the tables that grow have a schema of their own."""
        ours = open_engine(engine.url.render_as_string(hide_password=False))
        if ours.dialect.name == "sqlite":

            @event.listens_for(ours, "connect")
            def attach(connection: Any, record: Any) -> None:
                connection.execute(f"ATTACH DATABASE ? AS {self._schema}", (str(self._file),))

        return ours

    def _turn(self) -> int:
        """The next of the log and of what was consumed, in a transaction that remembers how far.
        What is read is as new as can be, and no transaction of it stays open."""
        with self._engine.connect() as live, self._beside.begin() as tx:
            of_log, of_heard = reached(tx)
            head = min(self._live.head(live), of_log + self.models.turn)
            last = min(newest(live), of_heard + self.models.turn)
            self.models.show(
                live, of_log, of_heard, to=(head, last), into=lambda _: nullcontext(tx)
            )
            rows = Rows(checkpoints)
            rows.set(reader=LOG, position=head, partitions={})
            rows.set(reader=HEARD, position=last, partitions={})
            rows.write(tx)
        return head - of_log + last - of_heard

    @contextmanager
    def _there(self, live: Connection) -> Iterator[Connection]:
        """The same connection, on which every table is the one that has grown beside."""
        live.execution_options(schema_translate_map={None: self._schema})
        try:
            yield live
        finally:
            live.execution_options(schema_translate_map=None)

    def _replace(self, live: Connection, table: Table[Any]) -> None:
        if self._postgresql:
            place = live.execute(text("SELECT current_schema()")).scalar_one()
            live.execute(text(f"DROP TABLE {table.name}"))
            live.execute(text(f"ALTER TABLE {self._schema}.{table.name} SET SCHEMA {place}"))
            return
        live.execute(text(f"DELETE FROM main.{table.name}"))
        # A column may be called as a word of SQL is.
        quote = live.dialect.identifier_preparer.quote
        columns = ", ".join(quote(column.name) for column in table.c)
        live.execute(
            text(
                f"INSERT INTO main.{table.name} ({columns})"
                f" SELECT {columns} FROM {self._schema}.{table.name}"
            )
        )


def reached(tx: Connection) -> tuple[int, int]:
    """Of the log, and of what was consumed."""
    places = {row.reader: row.position for row in tx.execute(select(checkpoints))}
    return places.get(LOG, 0), places.get(HEARD, 0)


def rows_of(tx: Connection, table: Table[Any]) -> list[tuple[Any, ...]]:
    found = tx.execute(select(table).order_by(*table.primary_key.columns))
    return [tuple(row) for row in found]
