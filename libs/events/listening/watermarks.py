"""How far each reaction has consumed each partition, and what does not follow there."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import Connection, select

from libs.events.listening.records import Received
from libs.events.store.read_models import Rows
from libs.events.store.tables import watermarks

Place: TypeAlias = tuple[str, int]


@dataclass
class Mark:
    log_id: str
    position: int
    event_id: UUID
    kafka_offset: int
    happened: datetime
    recorded: datetime
    taken: int


class Gap(Exception):
    """Something is missing on a partition, or it is not the log it was. Nothing is taken.

    `offset` and `said` are of the record that does not follow, and its position; `log_id`,
    `position`, `event_id` and `consumed_at` are of what was consumed there last, if anything was.
    """

    def __init__(self, one: Received, mark: Mark | None, message: str) -> None:
        super().__init__(f"{one.topic}/{one.partition}: {message}")
        self.place = one.place
        self.offset = one.offset
        self.said = one.position
        self.position = mark.position if mark else 0
        self.log_id = mark.log_id if mark else one.log_id
        self.event_id = mark.event_id if mark else None
        self.consumed_at = mark.kafka_offset if mark else 0


class ForeignLog(Gap):
    """A record of another log than the one that was consumed there before."""


class ForeignEvent(Gap):
    """Another event than the one that was consumed at the same position."""


class Watermarks:
    """How far each reaction has consumed each partition, and of which log that was."""

    def __init__(self, tx: Connection) -> None:
        self.marks = {
            (row.reaction, row.topic, row.partition): Mark(
                row.log_id,
                row.position,
                row.event_id,
                row.kafka_offset,
                row.happened,
                row.recorded,
                row.taken,
            )
            for row in tx.execute(select(watermarks))
        }
        self._moved: set[tuple[str, str, int]] = set()

    def takes(self, reaction: str, one: Received) -> bool:
        """Whether this follows what was consumed before. What is missing is never passed over."""
        place = (reaction, *one.place)
        mark = self.marks.get(place)
        position, taken = (mark.position, mark.taken) if mark else (0, 0)
        if mark is not None and one.log_id != mark.log_id:
            message = f"this is {one.log_id}, and {mark.log_id} was consumed before"
            raise ForeignLog(one, mark, message)
        if mark is not None and one.position == position and one.recorded.id != mark.event_id:
            message = f"another event was consumed at {position}: a log was lost"
            raise ForeignEvent(one, mark, message)
        if one.position <= position:
            return False
        if one.previous != position:
            raise Gap(one, mark, f"{one.previous} has not been consumed, only {position}")
        said = one.recorded
        self.marks[place] = Mark(
            one.log_id, one.position, said.id, one.offset,
            said.occurred or said.time, said.time, taken + 1,
        )  # fmt: skip
        self._moved.add(place)
        return True

    def write(self, tx: Connection) -> None:
        rows = Rows(watermarks)
        for place in self._moved:
            rows.set(
                reaction=place[0], topic=place[1], partition=place[2], **vars(self.marks[place])
            )
        rows.write(tx)

    def start_of(self, place: Place, reactions: Collection[str]) -> int | None:
        """The offset from which all of them go on; nothing where one has consumed nothing yet."""
        offsets = [self.marks.get((name, *place)) for name in reactions]
        known = [one.kafka_offset for one in offsets if one is not None]
        return min(known) if known and len(known) == len(offsets) else None
