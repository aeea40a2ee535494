"""The read models of a release, beside those of another: each shows all that either has recorded.

A read model that changes its shape takes a new name, so an old process writes the old table and a
new one the new table, on one log. How far a set of tables shows the log stands in the log's head;
whoever holds the head shows first what others have recorded meanwhile.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, Table, func, select

from libs.events.core.kernel import Envelope, Event
from libs.events.deciding.settling import Settler
from libs.events.deciding.turn import Project
from libs.events.listening.listener import Reaction, nothing
from libs.events.store.log import Log, Shown
from libs.events.store.tables import OWN, heard, tables_of
from libs.events.wire.bounds import Unreadable
from libs.events.wire.codec import Recorded, UnknownEvent

logger = logging.getLogger(__name__)

TURN: Final = 500


class ReadModels:
    def __init__(self, settler: Settler, reactions: Mapping[str, Reaction]) -> None:
        # So many events at once.
        self.turn = TURN
        self.log: Log = settler.log
        self.projections = settler.projections
        self.hearing = [one for one in reactions.values() if one.project is not nothing]
        self.tables = read_models(self.log.name)
        self.digest = digest_of(self.tables)

    def catch_up(self, tx: Connection, head: int, shown: Shown) -> Sequence[int]:
        """Whoever else writes these tables says so in the head, so most often there is nothing to
        do. Another release writes others, and cannot."""
        at = shown.get(self.digest)
        if at is None:
            if head or newest(tx):
                return ()  # never filled: a service refuses to start, a rebuild fills them
            return (0, 0)
        if len(shown) == 1:
            return at
        last = newest(tx)
        if list(at) == [head, last]:
            return at
        self.show(tx, *at, to=(head, last))
        return (head, last)

    def filled_in(self, shown: Shown) -> bool:
        """Whether these tables have ever shown this log."""
        return self.digest in shown

    def show(
        self,
        tx: Connection,
        of_log: int,
        of_heard: int,
        *,
        to: tuple[int, int],
        into: Callable[[Connection], AbstractContextManager[Connection]] = nullcontext,
    ) -> None:
        """All that follows these positions, up to those; here, or into such tables elsewhere."""
        while of_log < to[0]:
            page = self.log.read(tx, after=of_log, limit=min(self.turn, to[0] - of_log))
            facts = self.known(page)
            with into(tx) as target:
                for project in self.projections if facts else ():
                    project(target, facts)
            of_log = page[-1].position
        while of_heard < to[1]:
            of_heard, said = self.said(tx, of_heard, to[1])
            with into(tx) as target:
                for reaction in self.hearing:
                    hear(target, reaction.project, reaction.to, said)

    def said(self, tx: Connection, after: int, last: int) -> tuple[int, Sequence[Envelope[Event]]]:
        """The next of what was consumed and is remembered."""
        found = select(heard).where(heard.c.ordinal > after, heard.c.ordinal <= last)
        rows = tx.execute(found.order_by(heard.c.ordinal).limit(self.turn)).mappings().all()
        if not rows:
            return last, ()
        names = [column.name for column in heard.c if column.name != "ordinal"]
        return rows[-1]["ordinal"], self.known([Recorded(**{n: r[n] for n in names}) for r in rows])

    def known(self, page: Sequence[Recorded]) -> Sequence[Envelope[Event]]:
        """What another release has recorded and this one cannot read, it cannot show either."""
        try:
            return self.log.opened(page)
        except (UnknownEvent, Unreadable):
            return [fact for one in page for fact in self._read(one)]

    def _read(self, one: Recorded) -> Sequence[Envelope[Event]]:
        try:
            return self.log.opened([one])
        except UnknownEvent:
            return ()
        except Unreadable as problem:
            logger.error("position %s of %s is not shown: %s", one.position, one.source, problem)
            return ()


def read_models(service: str) -> list[Table[Any]]:
    return [table for table in tables_of(service) if table.name not in OWN]


def digest_of(tables: Sequence[Table[Any]]) -> str:
    """Of their names and columns: another shape is another set."""
    said = sorted(
        f"{table.name}({', '.join(f'{one.name} {one.type!r}' for one in table.c)})"
        for table in tables
    )
    return sha256("\n".join(said).encode()).hexdigest()[:12]


def newest(tx: Connection) -> int:
    return tx.execute(select(func.max(heard.c.ordinal))).scalar() or 0


def hear(
    tx: Connection, project: Project, to: Sequence[str], said: Sequence[Envelope[Event]]
) -> None:
    ours = [fact for fact in said if fact.source in to]
    if ours:
        project(tx, ours)
