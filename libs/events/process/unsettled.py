"""Deadlines that could not be settled: refused by a rule, or failed for a reason of ours.

A refusal is an answer, and stands until its stream moves. What failed has no answer yet: it is
tried again, later each time, and an operator sees it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select

from libs.events.core.kernel import Record
from libs.events.listening.parking import pause_after
from libs.events.store.databases import among
from libs.events.store.outages import said
from libs.events.store.read_models import Rows
from libs.events.store.tables import events, failed_deadlines, refused_deadlines
from libs.events.system.clocks import machine_clock

# So many streams are asked for at once; and so many that failed are shown.
PAGE: Final = 5_000
MOST: Final = 1_000


class FailedDeadline(Record):
    """What could not be settled, how often it was tried, and when it is tried again."""

    name: str
    subject: str
    attempts: int
    since: datetime
    due: datetime
    error: str


@dataclass
class Unsettled:
    clock: Callable[[], datetime] = machine_clock

    def standing(self, tx: Connection, name: str, subjects: Collection[str]) -> set[str]:
        """Of these streams those of which nothing keeps the deadline back."""
        r, f = refused_deadlines.c, failed_deadlines.c
        refused = by_subject(tx, subjects, r.subject, r.sequence, r.name == name)
        moved = sequences_of(tx, refused)
        later = by_subject(
            tx, subjects, f.subject, f.due, and_(f.name == name, f.due > self.clock())
        )
        still = {one for one, at in refused.items() if moved.get(one, 0) <= at}
        return set(subjects) - still - later.keys()

    def refused(self, tx: Connection, name: str, subjects: Sequence[str]) -> None:
        at = sequences_of(tx, subjects)
        rows = Rows(refused_deadlines)
        for subject in subjects:
            rows.set(name=name, subject=subject, sequence=at.get(subject, 0))
        rows.write(tx)

    def failed(self, tx: Connection, name: str, subject: str, fault: Exception) -> None:
        f = failed_deadlines.c
        found = select(f.attempts, f.since).where(f.name == name, f.subject == subject)
        before = tx.execute(found).first()
        attempts, now = (before.attempts if before else 0) + 1, self.clock()
        rows = Rows(failed_deadlines)
        rows.set(
            name=name,
            subject=subject,
            attempts=attempts,
            since=before.since if before else now,
            due=now + pause_after(attempts),
            error=said(fault),
        )
        rows.write(tx)

    def answered(self, tx: Connection, name: str, subjects: Collection[str]) -> None:
        """Whatever failed before has its answer now."""
        f = failed_deadlines.c
        tried = by_subject(tx, subjects, f.subject, f.attempts, f.name == name)
        if tried:
            these = among(f.subject, "subjects", tx.dialect.name)
            gone = delete(failed_deadlines).where(f.name == name, these)
            tx.execute(gone, {"subjects": list(tried)})

    def failing(self, tx: Connection) -> Sequence[FailedDeadline]:
        """The oldest first."""
        found = select(failed_deadlines).order_by(failed_deadlines.c.since).limit(MOST)
        return [FailedDeadline(**row) for row in tx.execute(found).mappings()]


def matters_of(tx: Connection, subjects: Collection[str]) -> Mapping[str, str]:
    """The trace code of each stream."""
    c = events.c
    return by_subject(tx, subjects, c.subject, c.correlation_id, c.sequence == 1)


def sequences_of(tx: Connection, subjects: Collection[str]) -> Mapping[str, int]:
    """How many events each stream has."""
    c = events.c
    return by_subject(tx, subjects, c.subject, func.max(c.sequence), None, grouped=True)


def by_subject(
    tx: Connection,
    subjects: Collection[str],
    subject: ColumnElement[str],
    column: ColumnElement[Any],
    condition: ColumnElement[bool] | None,
    *,
    grouped: bool = False,
) -> dict[str, Any]:
    found = select(subject, column).where(among(subject, "subjects", tx.dialect.name))
    if condition is not None:
        found = found.where(condition)
    if grouped:
        found = found.group_by(subject)
    asked = list(subjects)
    rows: dict[str, Any] = {}
    for start in range(0, len(asked), PAGE):
        page = tx.execute(found, {"subjects": asked[start : start + PAGE]})
        rows.update((one, value) for one, value in page)
    return rows
