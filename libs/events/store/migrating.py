"""A database of an older release becomes one of this release, in one step, when a service starts.

Only the machinery's own tables have a history: a read model that changes takes a new name, and is
filled anew. The steps are Alembic's, one file each (`libs/events/store/history`); they run in the
transaction that prepares the tables, under its lock, so one process makes them and the others find
them made; and whoever dies in the midst of it has changed nothing.
"""

import logging
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Inspector, MetaData, Table, column, inspect, select
from sqlalchemy import table as named

logger = logging.getLogger(__name__)

FOLDER: Final = Path(__file__).parent / "history"
# Before the name of a table, in the copy of what was there before a step.
BEFORE: Final = "before_"


class FromTheFuture(Exception):
    """A later release has written here: in one line."""


class History:
    """Of one kind of database: `first` is a table that each of them has, `stands_in` where it says
    of which release it is."""

    def __init__(self, folder: Path, *, first: str, stands_in: str) -> None:
        self._folder = folder
        self._first = first
        self._stands_in = stands_in

    def bring(self, tx: Connection, make: Callable[[], object]) -> Sequence[str]:
        """The tables are those of this release, afterwards; `make` makes the ones that are missing.
        The steps that were taken. Raises `FromTheFuture`."""
        from alembic.migration import MigrationContext
        from alembic.operations import Operations

        script = scripts(self._folder)
        head = script.get_current_head()
        begun = inspect(tx).has_table(self._first)
        context = MigrationContext.configure(
            tx,
            opts={
                "version_table": self._stands_in,
                "script": script,
                "fn": lambda at, _: script._upgrade_revs("head", at),
            },
        )
        if not begun:
            make()
            context.stamp(script, "head")
            return ()
        at = context.get_current_revision()
        if at is None:
            # Before there was a history every database was of the first release.
            context.stamp(script, "0001")
            at = "0001"
        known = {one.revision: one for one in script.walk_revisions()}
        if at not in known:
            copies = ", ".join(copies_in(inspect(tx))) or "nothing"
            raise FromTheFuture(
                f"the database is of a later release than this one ({at}, and this one knows"
                f" {head}): start that one; what was there before lies in {copies}"
            )
        steps = [one.revision for one in script.iterate_revisions(head, at)][::-1]
        if steps:
            touched = {name for step in steps for name in known[step].module.touches}
            keep(tx, steps[-1], sorted(touched))
            with Operations.context(context):
                context.run_migrations()
            logger.warning("the tables were brought from %s to %s", at, head)
        make()
        return steps


@cache
def scripts(folder: Path) -> Any:
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(folder), version_locations=[str(folder)])


def keep(tx: Connection, step: str, touches: Sequence[str]) -> None:
    """A copy of the tables that are changed on the way there, as they are before; copies of before
    that go. They lie beside the tables: what is to be forgotten lies in none of them, for whatever
    is personal in these tables is encrypted."""
    if not touches:
        return
    found = inspect(tx)
    for name in copies_in(found):
        Table(name, MetaData()).drop(tx)
    for name in touches:
        columns = [one["name"] for one in found.get_columns(name)]
        rows: Any = select(*map(column, columns)).select_from(named(name, *map(column, columns)))
        text = rows.compile(tx)
        tx.exec_driver_sql(f'CREATE TABLE "{BEFORE}{step}_{name}" AS {text}')


def copies_in(found: Inspector) -> Sequence[str]:
    return sorted(name for name in found.get_table_names() if name.startswith(BEFORE))


OF_SERVICE: Final = History(FOLDER / "service", first="log_head", stands_in="tables_release")
OF_KEYS: Final = History(FOLDER / "keys", first="data_keys", stands_in="keys_release")
