"""Whether what Kafka holds last is what the log says, and where each partition ends."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial

from sqlalchemy import select

from libs.events.kafka.partitions import Spread, first_positions, partition_of
from libs.events.kafka.tails import Tails, ToldOn
from libs.events.store.log import Log
from libs.events.store.tables import checkpoints
from libs.events.wire import codec
from libs.events.wire.bounds import chained
from libs.events.wire.codec import Recorded

logger = logging.getLogger(__name__)


class ForeignTail(Exception):
    """What Kafka holds is not what the log says: one of the two is not what it was."""


class Ends:
    """Of one topic, for whoever publishes a log on it; `proves`: every record there is a whole
    event, whose leaf can be compared."""

    def __init__(
        self,
        log: Log,
        tails: Tails,
        told: ToldOn | None,
        *,
        topic: str,
        name: str,
        proves: bool,
    ) -> None:
        self._log = log
        self._tails = tails
        self._told = told
        self._topic = topic
        self._name = name
        self._proves = proves

    async def check(self) -> dict[str, int]:
        """Every last record lies in the log, with the same id and leaf; on a topic of an agency,
        which is told a part of an event, with the same id, and there a foreign one is nobody's.
        Where each partition ends. Raises `ForeignTail`.
        """
        tails = await self._tails([self._topic])
        published = await asyncio.to_thread(self._published)
        spread = Spread.read(self._topic, published) or Spread.of(self._topic, len(tails))
        ends: dict[str, int] = {}
        for (topic, partition), tail in tails.items():
            end = 0
            if tail is not None:
                recorded = codec.from_message(tail.headers, tail.value)
                end = recorded.position
                # Nor is it the end where it lies behind what was published: it is a copy.
                behind = end < published.get(f"{topic}/{partition}", 0)
                mine = partial(self._is_ours, partition, spread)
                if behind or not await asyncio.to_thread(mine, recorded):
                    known = published.get(f"{topic}/{partition}", 0)
                    end = await self._walked((topic, partition), recorded, known, mine)
            ends[f"{topic}/{partition}"] = end
        return ends

    def _published(self) -> Mapping[str, int]:
        """The last position on each partition, as far as a checkpoint says."""
        found = select(checkpoints.c.partitions).where(checkpoints.c.reader == self._name)
        with self._log.engine.connect() as tx:
            return tx.execute(found).scalar() or {}

    def _is_ours(self, partition: int, spread: Spread, recorded: Recorded) -> bool:
        """It is in the log, and where its stream goes: a copy on another partition is nobody's."""
        subject = recorded.subject
        with self._log.engine.connect() as tx:
            began = first_positions(tx, [subject]).get(subject)
            if began is None or partition != partition_of(subject.encode(), spread.count_at(began)):
                return False
            ours = self._log.at(tx, recorded.position)
        if ours is None or ours.id != recorded.id:
            return False
        return not self._proves or codec.leaf(ours) == codec.leaf(recorded)

    async def _walked(
        self,
        place: tuple[str, int],
        last: Recorded,
        known: int,
        mine: Callable[[Recorded], bool],
    ) -> int:
        """Where a partition ends whose last record is not ours: with the last one that is, which is
        looked for from the one on that was published last as far as is `known`. If it goes on from
        there as our log, ours is not what it was."""
        end, goes_on = 0, last
        follows = self._told is None
        if self._told is not None:
            log_id = await asyncio.to_thread(self._identity)
            async for record in self._told(place, 0):
                said = codec.from_message(record.headers, record.value)
                whose, previous = chained(dict(record.headers))
                if said.position < known:
                    continue
                if await asyncio.to_thread(mine, said):
                    if said.position > end:
                        end, follows = said.position, False
                elif previous == end and (whose == log_id or end == 0):
                    follows, goes_on = True, said
        if follows and self._proves:
            with self._log.engine.connect() as tx:
                head = self._log.head(tx)
            raise ForeignTail(
                f"{place[0]}/{place[1]} ends with {goes_on.id} at {goes_on.position}, which the log"
                f" of {self._log.name} (up to {head}) does not hold: the database was restored, or"
                " this topic is another log's"
            )
        logger.error("what lies at the end of %s/%s is not of %s", *place, self._log.name)
        return end

    def _identity(self) -> str:
        """Nothing was ever recorded in a log that has none."""
        with self._log.engine.connect() as tx:
            return str(self._log.identity(tx)) if self._log.head(tx) else ""
