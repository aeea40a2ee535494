"""What could not be taken in waits here, with the rest of its stream; all else flows.

Nothing is skipped unless an operator says so.
"""

import json
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Executable,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    select,
    true,
    update,
)

from libs.events.core.kernel import Record
from libs.events.listening.records import UNKNOWN, UNREADABLE, Received, Stranger
from libs.events.store.databases import elements, elements_of
from libs.events.store.tables import parked

BEHIND: Final = "BEHIND"
OVERTAKEN: Final = "OVERTAKEN"

ATTEMPTS: Final = 10
# How long what may have overtaken something is given until its refusal counts.
PATIENCE: Final = timedelta(minutes=10)
MOST_DUE: Final = 500
FIRST_PAUSE: Final = timedelta(seconds=1)
LONGEST_PAUSE: Final = timedelta(minutes=5)


class Parked(Record):
    """A message that waits, why, and since when. The first of a stream decides for the rest."""

    id: int
    matter: str | None
    reaction: str
    topic: str
    partition: int
    subject: str
    position: int
    why: str
    attempts: int
    since: datetime
    due: datetime | None
    error: str
    dead: bool


class Waiting(Record):
    """The same, with the message itself, as Kafka gave it."""

    parked: Parked
    headers: tuple[tuple[str, bytes], ...]
    value: bytes
    topic: str
    partition: int
    offset: int = -1


MESSAGE: Final = ("headers", "value", "copied")
COLUMNS: Final = tuple(column for column in parked.c if column.name not in MESSAGE)


# Whether anything waits at all: most often nothing does.
ANYTHING: Final = select(parked.c.id).limit(1)
EARLIER: Final = parked.alias("earlier")


@lru_cache
def blocking(dialect: str) -> Executable:
    """One look into the index for each pair, however much waits behind it."""
    reactions, subjects = elements("reactions", dialect), elements("subjects", dialect)
    reaction, subject = reactions.c.value, subjects.c.value
    same = parked.c.reaction == reaction, parked.c.subject == subject
    # Its first row, and not whether there is any: for that PostgreSQL would read all of them.
    first = select(parked.c.id).where(*same).limit(1).scalar_subquery()
    pairs = reactions.join(subjects, true())
    return select(reaction, subject).select_from(pairs).where(first.is_not(None))


class Parking:
    """All of it in the consumer's own database, in the transaction that moves the watermark."""

    def park(
        self, tx: Connection, reaction: str, one: Received, why: str, error: str, now: datetime
    ) -> None:
        dead = why == UNREADABLE
        waits = None if dead or why in (UNKNOWN, BEHIND) else now + FIRST_PAUSE
        tx.execute(
            insert(parked).values(
                matter=one.recorded.correlation_id,
                reaction=reaction,
                topic=one.topic,
                partition=one.partition,
                subject=one.subject,
                position=one.position,
                headers=written(one.headers),
                value=one.value,
                why=why,
                attempts=0 if why in (UNKNOWN, BEHIND) else 1,
                since=now,
                due=waits,
                error=error[:500],
                dead=dead,
                copied=False,
            )
        )

    def park_stranger(self, tx: Connection, one: Stranger, now: datetime) -> None:
        """Known by its digest, once, and behind it waits nobody."""
        subject = f"stranger/{one.digest}"
        if tx.execute(select(exists().where(parked.c.subject == subject))).scalar():
            return
        tx.execute(
            insert(parked).values(
                matter=None,
                reaction="",
                topic=one.topic,
                partition=one.partition,
                subject=subject,
                position=0,
                headers=written(one.headers),
                value=one.value,
                why=UNREADABLE,
                attempts=0,
                since=now,
                due=None,
                error=one.error[:500],
                dead=True,
                copied=False,
            )
        )

    def blocked(
        self, tx: Connection, reactions: Collection[str], subjects: Collection[str]
    ) -> Mapping[str, set[str]]:
        """Of these streams those that already wait, by the reaction that they wait for."""
        found: dict[str, set[str]] = defaultdict(set)
        if subjects and tx.execute(ANYTHING).first() is not None:
            asked = {
                "reactions": elements_of(reactions, tx.dialect.name),
                "subjects": elements_of(subjects, tx.dialect.name),
            }
            for reaction, subject in tx.execute(blocking(tx.dialect.name), asked):
                found[reaction].add(subject)
        return found

    def matters(self, tx: Connection, among: Collection[str]) -> set[str]:
        """Of these matters those of which something waits: what it says is not known here yet."""
        found = select(parked.c.matter).where(parked.c.matter.in_(among)).distinct()
        return {str(matter) for matter in tx.execute(found).scalars()} if among else set()

    def due(self, tx: Connection, now: datetime) -> list[Parked]:
        """The first of each stream, where it is to be tried again; so many at once."""
        earlier = exists().where(
            EARLIER.c.reaction == parked.c.reaction,
            EARLIER.c.subject == parked.c.subject,
            EARLIER.c.position < parked.c.position,
        )
        found = (
            select(*COLUMNS)
            .where(parked.c.due <= now, parked.c.dead.is_(False), ~earlier)
            .order_by(parked.c.due)
            .limit(MOST_DUE)
        )
        return [Parked(**row) for row in tx.execute(found).mappings()]

    def stream(self, tx: Connection, reaction: str, subject: str, most: int) -> list[Waiting]:
        """What waits of a stream, in order."""
        found = self._of_stream(reaction, subject).limit(most)
        return [waiting(row) for row in tx.execute(found).mappings()]

    def taken(self, tx: Connection, one: Parked) -> None:
        """It has been taken in at last, and whatever waits behind it is next."""
        tx.execute(delete(parked).where(parked.c.id == one.id))
        self._next(tx, one, one.since)

    def failed(self, tx: Connection, one: Parked, why: str, error: str, now: datetime) -> None:
        """Tried once more in vain: later again, and after so many attempts never by itself."""
        if why == UNKNOWN:  # its contract has not come yet: that is no failure of anybody
            unknown = update(parked).where(parked.c.id == one.id)
            tx.execute(unknown.values(why=why, due=None, error=error[:500]))
            return
        attempts = one.attempts + 1
        pause = pause_after(attempts)
        counts = why != OVERTAKEN
        dead = why == UNREADABLE or (counts and attempts >= ATTEMPTS)
        tx.execute(
            update(parked)
            .where(parked.c.id == one.id)
            .values(why=why, attempts=attempts, due=now + pause, error=error[:500], dead=dead)
        )

    def find(self, tx: Connection, parked_id: int) -> Waiting | None:
        row = tx.execute(select(parked).where(parked.c.id == parked_id)).mappings().first()
        return None if row is None else waiting(row)

    def first(self, tx: Connection, one: Parked) -> Parked:
        """What its whole stream waits for."""
        found = self._of_stream(one.reaction, one.subject).limit(1)
        row = tx.execute(found).mappings().one()
        return waiting(row).parked

    def revive(self, tx: Connection, one: Parked, now: datetime) -> None:
        """An operator has mended what was wrong."""
        again = update(parked).where(parked.c.id == one.id)
        tx.execute(again.values(dead=False, copied=False, attempts=0, due=now))

    def uncopied(self, tx: Connection, most: int) -> Sequence[Waiting]:
        """Dead letters that have not been copied yet, the oldest first."""
        dead = select(parked).where(parked.c.dead.is_(True), parked.c.copied.is_(False))
        return [
            waiting(row) for row in tx.execute(dead.order_by(parked.c.id).limit(most)).mappings()
        ]

    def copied(self, tx: Connection, some: Collection[Waiting]) -> None:
        done = update(parked).where(parked.c.id.in_([one.parked.id for one in some]))
        tx.execute(done.values(copied=True))

    def known_now(self, tx: Connection, known: Collection[str], now: datetime) -> None:
        """At start: what had no contract here may have one by now."""
        waits = and_(parked.c.why == UNKNOWN, parked.c.error.in_(list(known)))
        tx.execute(update(parked).where(waits).values(due=now, dead=False))

    def list(
        self, tx: Connection, *, dead: bool | None = None, after: int = 0, most: int = 1_000
    ) -> Sequence[Parked]:
        found = select(*COLUMNS).where(parked.c.id > after).order_by(parked.c.id).limit(most)
        if dead is not None:
            found = found.where(parked.c.dead.is_(dead))
        return [Parked(**row) for row in tx.execute(found).mappings()]

    def _of_stream(self, reaction: str, subject: str) -> Select[Any]:
        same = and_(parked.c.reaction == reaction, parked.c.subject == subject)
        return select(parked).where(same).order_by(parked.c.position)

    def _next(self, tx: Connection, one: Parked, now: datetime) -> None:
        same = and_(parked.c.reaction == one.reaction, parked.c.subject == one.subject)
        first = select(func.min(parked.c.position)).where(same).scalar_subquery()
        tx.execute(update(parked).where(same, parked.c.position == first).values(due=now))


def pause_after(attempts: int) -> timedelta:
    """What failed so often is tried again so much later."""
    doubled: timedelta = FIRST_PAUSE * 2 ** min(attempts, 20)
    return min(doubled, LONGEST_PAUSE)


def written(headers: Sequence[tuple[str, bytes]]) -> bytes:
    """Byte for byte, whatever the names are made of."""
    return json.dumps(
        [
            [b64encode(name.encode("utf-8", "surrogateescape")).decode(), b64encode(text).decode()]
            for name, text in headers
        ]
    ).encode()


def waiting(row: Any) -> Waiting:
    columns = {column.name: row[column.name] for column in COLUMNS}
    headers = tuple(
        (b64decode(name).decode("utf-8", "surrogateescape"), b64decode(text))
        for name, text in json.loads(row["headers"])
    )
    return Waiting(
        parked=Parked(**columns),
        headers=headers,
        value=bytes(row["value"]),
        topic=row["topic"],
        partition=row["partition"],
    )
