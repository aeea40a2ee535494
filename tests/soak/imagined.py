"""An imagined Kafka, who sends to it, and who leads: where all can go wrong at will."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

from sqlalchemy import Engine

from libs.events.kafka.clients import Fenced, Placed
from libs.events.kafka.relay import RELAY, Place, Relay
from libs.events.kafka.tails import Tail
from libs.events.store.leases import seize

TOPIC: Final = "toy.events"
# So many partitions it has at first, and so many at most.
FIRST: Final = 2
PARTITIONS: Final = 4


class Away(Exception):
    """The broker, or the process, at the worst moment."""


class Written:
    """A record on a partition, as a consumer is given it."""

    def __init__(self, one: Placed, offset: int) -> None:
        self.topic, self.partition, self.offset = one.topic, one.partition, offset
        self.headers, self.value = list(one.headers), one.value


class Imagined:
    """Partitions that only grow, one producer at a time under a name, all of a batch or nothing."""

    def __init__(self) -> None:
        self.count = FIRST
        self.empty()
        self.epoch = 0
        self.longest = 0

    def empty(self) -> None:
        self.partitions: list[list[Written]] = [[] for _ in range(PARTITIONS)]

    async def tails(self, topics: Sequence[str]) -> Mapping[tuple[str, int], Tail | None]:
        return {
            (TOPIC, number): self._tail([one for one in some if one.headers[0][0] != "odd"])
            for number, some in enumerate(self.partitions[: self.count])
        }

    def _tail(self, some: Sequence[Written]) -> Tail | None:
        if not some:
            return None
        return Tail(offset=some[-1].offset, headers=tuple(some[-1].headers), value=some[-1].value)

    async def told(self, place: tuple[str, int], start: int) -> AsyncIterator[Written]:
        for one in self.partitions[place[1]][start:]:
            yield one

    def write(self, batch: Sequence[Placed]) -> None:
        for one in batch:
            some = self.partitions[one.partition]
            some.append(Written(one, len(some)))
        self.longest = max(self.longest, self.length())

    def length(self) -> int:
        """Of the log, as far as it lies here."""
        told = [
            dict(one.headers).get("ce_sequence", b"0") for some in self.partitions for one in some
        ]
        return max((int(text) for text in told), default=0)

    def whole(self) -> bool:
        """Whether all that was ever told lies here."""
        return self.length() == self.longest


class Producer:
    """What the relay sends by; `fault` says how the next batch ends."""

    def __init__(self, kafka: Imagined) -> None:
        self._kafka = kafka
        self._epoch = 0
        self.fault = "none"

    async def start(self) -> None:
        self._kafka.epoch += 1
        self._epoch = self._kafka.epoch

    async def close(self) -> None:
        return None

    async def send(self, batch: Sequence[Placed]) -> None:
        if self._epoch != self._kafka.epoch:
            raise Fenced("another has this name by now")
        fault, self.fault = self.fault, "none"
        if fault == "refused":
            raise Away
        self._kafka.write(batch)
        if fault in ("unknown", "crash"):
            raise Away


class Lead:
    """One leader: its relay, its producer, and where it is."""

    def __init__(self, relay: Relay, producer: Producer) -> None:
        self.relay, self.producer = relay, producer
        self.place: Place | None = None
        self.log_id = ""
        self.token = 0

    async def begin(self, engine: Engine) -> None:
        with engine.execution_options(writes=True).begin() as tx:
            self.token = seize(tx, RELAY, "a leader")
        self.place, self.log_id = await self.relay.begin(self.producer)

    async def step(self) -> bool:
        assert self.place is not None
        try:
            moved = await self.relay.step(self.producer, self.place, self.log_id, self.token)
        finally:
            if (ahead := self.relay._ahead) is not None:
                await ahead[1]  # nothing of it goes on while the rest of the world does
        self.place = moved or self.place
        return moved is not None
