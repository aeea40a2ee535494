"""A read model told everything again, beside the old one; readers never see half of it.

It is filled into a scratch database in turns of 500, without any lock; caught up under the head of
the log; and then put in the place of the old rows in that same transaction. Begun again, it goes
on where it was.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, delete, insert, select

from libs.events.codec import Recorded
from libs.events.databases import open_engine
from libs.events.kept import is_kept
from libs.events.kernel import Envelope, Event
from libs.events.listening import Reaction, nothing
from libs.events.log import Log
from libs.events.readmodels import Rows, renew
from libs.events.settling import Settler
from libs.events.tables import OWN, checkpoints, heard, metadata, versions
from libs.events.turn import Project

TURN: Final = 500
LOG, HEARD = "log", "heard"
COLUMNS: Final = tuple(one.name for one in fields(Recorded))

Told = Callable[[int], None]


class Rebuild:
    """Of all read models of one service: those of its own log, and those of what it heard."""

    def __init__(self, settler: Settler, reactions: Mapping[str, Reaction], scratch: Path) -> None:
        self._log: Log = settler.log
        self._projections = settler.projections
        self._hearing = [one for one in reactions.values() if one.project is not nothing]
        self._file = scratch
        self._scratch: Engine = open_engine(f"sqlite:///{scratch}")
        self.tables: list[Table[Any]] = [
            table for table in metadata.sorted_tables if table.name not in OWN
        ]
        with self._scratch.execution_options(writes=True).begin() as tx:
            metadata.create_all(tx, tables=[*self.tables, versions, checkpoints])

    def length(self) -> int:
        """How many events there are to tell."""
        with self._log.engine.connect() as live:
            newest = live.execute(select(heard.c.ordinal).order_by(heard.c.ordinal.desc()).limit(1))
            return self._log.head(live) + (newest.scalar() or 0)

    def fill(self, told: Told) -> None:
        """Turn after turn, up to what there is now; nobody waits for it."""
        with self._log.engine.connect() as live:
            while done := self._turn(live):
                told(done)

    def swap(self) -> None:
        """Caught up under the head, and put in the place of the old, in one transaction."""
        with self._log.transaction() as live:
            self._log.lock(live)
            while self._turn(live):
                pass
            with self._scratch.connect() as made:
                for table in self.tables:
                    live.execute(delete(table))
                    for rows in chunks(made, table):
                        live.execute(insert(table), rows)
                    if is_kept(table):
                        renew(live, table)
        self.close()
        self._file.unlink(missing_ok=True)

    def differing(self) -> list[str]:
        """The tables that do not show what the log says, once this has caught up."""
        with self._log.transaction() as live, self._scratch.connect() as made:
            self._log.lock(live)
            return [
                table.name for table in self.tables if rows_of(live, table) != rows_of(made, table)
            ]

    def close(self) -> None:
        self._scratch.dispose()

    def _turn(self, live: Connection) -> int:
        """The next of the log and of what was heard, in a transaction that remembers how far."""
        with self._scratch.execution_options(writes=True).begin() as tx:
            places = {row.reader: row.position for row in tx.execute(select(checkpoints))}
            page = self._log.read(live, after=places.get(LOG, 0), limit=TURN)
            facts = self._log.opened(page)
            for project in self._projections if facts else ():
                project(tx, facts)
            ordinal, said = self._heard(live, places.get(HEARD, 0))
            for reaction in self._hearing:
                self._project(tx, reaction.project, reaction.to, said)
            rows = Rows(checkpoints)
            if page:
                rows.set(reader=LOG, position=page[-1].position, partitions={})
            rows.set(reader=HEARD, position=ordinal, partitions={})
            rows.write(tx)
        return len(page) + len(said)

    def _project(
        self, tx: Connection, project: Project, to: Sequence[str], said: Sequence[Envelope[Event]]
    ) -> None:
        ours = [fact for fact in said if fact.source in to]
        if ours:
            project(tx, ours)

    def _heard(self, live: Connection, after: int) -> tuple[int, Sequence[Envelope[Event]]]:
        found = select(heard).where(heard.c.ordinal > after).order_by(heard.c.ordinal).limit(TURN)
        rows = live.execute(found).mappings().all()
        if not rows:
            return after, ()
        recorded = [Recorded(**{one: row[one] for one in COLUMNS}) for row in rows]
        return rows[-1]["ordinal"], self._log.opened(recorded)


def chunks(tx: Connection, table: Table[Any]) -> Iterator[list[dict[str, Any]]]:
    for part in tx.execute(select(table)).mappings().partitions(TURN):
        yield [dict(row) for row in part]


def rows_of(tx: Connection, table: Table[Any]) -> list[tuple[Any, ...]]:
    found = tx.execute(select(table).order_by(*table.primary_key.columns))
    return [tuple(row) for row in found]
