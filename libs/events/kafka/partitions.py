"""On which partition a stream lies, also on a topic that was given more partitions later.

A stream stays where it began. It lies on the partition that its key has by the number of partitions
that the log counted when the first event of the stream was recorded: so every stream is read whole
and in order from one partition, by whoever begins to read, whenever that is, and nothing that was
published is moved.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Final, Self

from aiokafka.partitioner import murmur2
from sqlalchemy import Connection, select, update

from libs.events.core.kernel import Record
from libs.events.store.databases import among
from libs.events.store.tables import checkpoints, events
from libs.events.wire.codec import Recorded

# In a checkpoint, beside the ends of the partitions: how many there are on a topic from the first,
# and how many for the streams that begin behind a position.
COUNT: Final = "partitions of "
BEHIND: Final = " behind "
# By how many partitions a record was placed, where those are not as many as at first.
PLACED_BY: Final = "lianban-partitions"
NONE: Final[Mapping[str, int]] = {}


@lru_cache(10_000)  # it is Python's own arithmetic, and a stream says more than one thing
def partition_of(key: bytes, partitions: int) -> int:
    """As every Kafka client chooses it for a key."""
    return int(murmur2(key) & 0x7FFFFFFF) % partitions


class Spread(Record):
    """How many partitions a topic has: a count for the streams that begin behind each position, in
    the order of the positions. The first is of position 0."""

    topic: str
    counts: tuple[tuple[int, int], ...]

    @classmethod
    def read(cls, topic: str, stored: Mapping[str, int]) -> Self | None:
        """As a checkpoint says it; nothing where it does not."""
        first = f"{COUNT}{topic}"
        if first not in stored:
            return None
        later = f"{first}{BEHIND}"
        grown = [
            (int(name.removeprefix(later)), count)
            for name, count in stored.items()
            if name.startswith(later)
        ]
        return cls(topic=topic, counts=((0, stored[first]), *sorted(grown)))

    @classmethod
    def of(cls, topic: str, count: int) -> Self:
        """Of a topic that has had so many from the first."""
        return cls(topic=topic, counts=((0, count),))

    def written(self) -> dict[str, int]:
        """As it stands in a checkpoint."""
        name = f"{COUNT}{self.topic}"
        later = {f"{name}{BEHIND}{behind}": count for behind, count in self.counts[1:]}
        return {name: self.counts[0][1], **later}

    def grown(self, behind: int, count: int) -> Self:
        """With so many for the streams that begin behind this position."""
        before = tuple(one for one in self.counts if one[0] < behind)
        return type(self)(topic=self.topic, counts=(*before, (behind, count)))

    @property
    def count(self) -> int:
        """How many there are now."""
        return self.counts[-1][1]

    def count_at(self, began: int) -> int:
        """By how many a stream is placed whose first event has this position."""
        return next(count for behind, count in reversed(self.counts) if began > behind)

    def settled(self, key: bytes) -> bool:
        """Whether it lies on the same partition by every count."""
        return len({partition_of(key, count) for _, count in self.counts}) == 1


def first_positions(tx: Connection, subjects: Collection[str]) -> dict[str, int]:
    """Where each stream begins, of those that have begun."""
    found = select(events.c.subject, events.c.position).where(
        events.c.sequence == 1, among(events.c.subject, "subjects", tx.dialect.name)
    )
    rows = tx.execute(found, {"subjects": list(subjects)})
    return {row.subject: row.position for row in rows}


def adopt(tx: Connection, reader: str, spread: Spread) -> None:
    """From here on whoever leads places streams so."""
    mine = checkpoints.c.reader == reader
    stored = tx.execute(select(checkpoints.c.partitions).where(mine)).scalar_one()
    kept = {name: n for name, n in stored.items() if not name.startswith(f"{COUNT}{spread.topic}")}
    tx.execute(update(checkpoints).where(mine).values(partitions={**kept, **spread.written()}))


def stored_spread(tx: Connection, reader: str, topic: str) -> Spread | None:
    found = select(checkpoints.c.partitions).where(checkpoints.c.reader == reader)
    return Spread.read(topic, tx.execute(found).scalar() or {})


class Placing:
    """By how many partitions the relay of a log places each stream. What it has asked the log once
    it knows, for the streams of some pages."""

    MOST: Final = 20_000

    def __init__(self, spread: Spread) -> None:
        self.spread = spread
        self._began: dict[str, int] = {}

    def later(self, tx: Connection, page: Sequence[Recorded]) -> Mapping[str, int]:
        """Of the streams in a page those that are not placed by the first count, and by which."""
        if len(self.spread.counts) == 1:
            return NONE
        if len(self._began) > self.MOST:
            self._began.clear()
        wanted = {one.subject for one in page if not self.spread.settled(one.subject.encode())}
        self._began.update({one.subject: one.position for one in page if one.sequence == 1})
        if unknown := wanted - self._began.keys():
            self._began.update(first_positions(tx, unknown))
        found = {one: self.spread.count_at(self._began[one]) for one in wanted}
        first = self.spread.counts[0][1]
        return {one: count for one, count in found.items() if count != first}
