"""Kafka's place: it keeps what is said, and hands it over when, and as often as, it is told to.

Within a partition the order holds, as Kafka promises; between partitions, none does.
"""

import asyncio
from collections.abc import Mapping, Sequence
from copy import deepcopy
from random import Random
from typing import Any, Final, Self

from libs.events.kafka.clients import Placed
from libs.events.kafka.tails import Tail
from tests.conftest import record_of

MOST: Final = 4
BACK: Final = 6


class Post:
    def __init__(self) -> None:
        self.records: dict[tuple[str, int], list[Any]] = {}
        self.readers: dict[str, Any] = {}
        # How far each reader has been handed each partition.
        self.handed: dict[tuple[str, str, int], int] = {}
        self.doubled = 0

    def copy(self) -> Self:
        """The same letters, and nobody who reads them yet."""
        other = type(self)()
        other.records = {place: list(some) for place, some in self.records.items()}
        other.handed = deepcopy(self.handed)
        return other

    async def start(self) -> None:
        return None

    async def close(self) -> None:
        return None

    async def send(self, batch: Sequence[Placed]) -> None:
        for one in batch:
            kept = self.records.setdefault((one.topic, one.partition), [])
            kept.append(record_of(one, len(kept)))

    async def tails(self, topics: Sequence[str]) -> Mapping[tuple[str, int], Tail | None]:
        found: dict[tuple[str, int], Tail | None] = {(topic, 0): None for topic in topics}
        for (topic, partition), records in self.records.items():
            if topic in topics and records:
                last = records[-1]
                found[topic, partition] = Tail(
                    offset=last.offset, headers=tuple(last.headers), value=last.value
                )
        return found

    def waiting(self) -> list[tuple[str, str, int]]:
        """Which reader has letters it was not handed, and where."""
        return sorted(
            (name, topic, partition)
            for name, listener in self.readers.items()
            for (topic, partition), records in self.records.items()
            if topic in listener.topics
            and self.handed.get((name, topic, partition), 0) < len(records)
        )

    def hand(self, place: tuple[str, str, int], most: int, back: int = 0) -> None:
        """So many to one reader; `back` letters that it had already come again before them."""
        name, topic, partition = place
        records, at = self.records[topic, partition], self.handed.get(place, 0)
        first, end = max(at - back, 0), min(at + most, len(records))
        self.doubled += at - first
        self.readers[name].take_in(records[first:end])
        self.handed[place] = end

    def some(self, chance: Random, count: int) -> None:
        for _ in range(count):
            places = self.waiting()
            if not places:
                return
            back = chance.randint(0, BACK) if chance.random() < 0.3 else 0
            self.hand(chance.choice(places), chance.randint(1, MOST), back)

    async def all(self) -> None:
        """Until it is cancelled: whatever is said is handed over at once.

        What is in somebody's hands then is taken in first: a thread does not end by being
        cancelled, and its reader may be started anew as soon as this has returned.
        """
        while True:
            for place in self.waiting():
                taken = asyncio.ensure_future(asyncio.to_thread(self.hand, place, 500))
                try:
                    await asyncio.shield(taken)
                except asyncio.CancelledError:
                    await asyncio.wait({taken})
                    taken.result()
                    raise
            await asyncio.sleep(0.002)
