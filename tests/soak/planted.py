"""Faults planted in our own code, in tests only: what finds none of them proves nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from libs.events.deciding.settling import Settler
from libs.events.deciding.turn import Turn
from libs.events.kafka.relay import Place, Relay
from libs.events.listening.listener import Listener, Reaction
from libs.events.listening.records import Received, Stranger, opened
from libs.events.listening.watermarks import Watermarks
from tests.soak.histories import BATCH, Histories
from tests.soak.imagined import PARTITIONS, TOPIC, Away, Lead, Producer


class WatermarkFirst(Listener):
    """The watermark moves in a transaction of its own, before what comes of the batch."""

    def take_in(self, records: Sequence[Any]) -> int:
        read = [Received.of(record, self.namespace) for record in records]
        heard = opened(self.settler.log, [one for one in read if isinstance(one, Received)])
        with self.settler.log.transaction() as tx:
            self.settler.log.lock(tx)
            for stranger in read:
                if isinstance(stranger, Stranger):
                    self.parking.park_stranger(tx, stranger, self.clock())
            marks = Watermarks(tx)
            new = {
                name: [o for o in heard if o.source in one.to and marks.takes(name, o)]
                for name, one in self.reactions.items()
            }
            marks.write(tx)
        with self.settler.log.transaction() as tx:
            self.settler.log.lock(tx)
            self._all(tx, new)
        return self._followed


class WatermarkOutsideTheTransaction(Histories):
    def make_listener(self, inn: Settler, reactions: Mapping[str, Reaction]) -> Listener:
        return WatermarkFirst(inn, reactions)


class Unchained(Watermarks):
    def takes(self, reaction: str, one: Received) -> bool:
        mark = self.marks.get((reaction, *one.place))
        if mark is not None and one.position <= mark.position:
            return False
        bare = Received(**{**vars(one), "previous": mark.position if mark else 0})
        return super().takes(reaction, bare)


class UncheckedListener(Listener):
    def take_in(self, records: Sequence[Any]) -> int:
        read = [Received.of(record, self.namespace) for record in records]
        heard = opened(self.settler.log, [one for one in read if isinstance(one, Received)])
        with self.settler.log.transaction() as tx:
            self.settler.log.lock(tx)
            marks = Unchained(tx)
            self._take(tx, heard, marks)
            marks.write(tx)
        return self._followed


class ChainUnchecked(Histories):
    """And, as chains are there for, Kafka's offset is believed after a restore."""

    def make_listener(self, inn: Settler, reactions: Mapping[str, Reaction]) -> Listener:
        return UncheckedListener(inn, reactions)

    @rule()
    def restart(self) -> None:
        if not hasattr(self, "furthest"):
            self.furthest = [0] * PARTITIONS
        self.furthest = [max(*two) for two in zip(self.furthest, self.offsets, strict=True)]
        self.offsets = list(self.furthest)


class CommittedOffsetsChoose(Histories):
    """Where Kafka says that the group had come to, whatever the database says."""

    @rule(place=st.integers(0, PARTITIONS - 1), most=st.integers(1, 6))
    def hear(self, place: int, most: int) -> None:
        super().hear(place, most)
        self.committed = getattr(self, "committed", [0] * PARTITIONS)
        self.committed[place] = max(self.committed[place], self.offsets[place])

    def start_of(self, place: int) -> int:
        committed: int = getattr(self, "committed", [0] * PARTITIONS)[place]
        return min(committed, len(self.kafka.partitions[place]))

    def go_back(self, place: int) -> None:
        self.trials[place] += 1
        assert self.trials[place] <= 3, "a gap that does not heal"
        self.offsets[place] = self.start_of(place)


class Unfenced(Producer):
    async def send(self, batch: Any) -> None:
        self._epoch = self._kafka.epoch
        await super().send(batch)


class Leaderless(Relay):
    """Its checkpoint moves whoever leads."""

    def _move(self, before: int, after: Place, token: int) -> None:
        return None


class NoFence(Histories):
    def make_lead(self) -> Lead:
        producer = Unfenced(self.kafka)
        relay = Leaderless(
            self.toy.log, lambda: producer, self.kafka.tails, topic=TOPIC, batch=BATCH
        )
        return Lead(relay, producer)


class Careless(Producer):
    """It does not wait for what becomes of a record."""

    async def send(self, batch: Any) -> None:
        try:
            await super().send(batch)
        except Away:
            return


class SendNotAwaited(Histories):
    def make_lead(self) -> Lead:
        producer = Careless(self.kafka)
        relay = Relay(self.toy.log, lambda: producer, self.kafka.tails, topic=TOPIC, batch=BATCH)
        return Lead(relay, producer)


PLANTS: dict[str, type[Histories]] = {
    "a watermark outside the transaction": WatermarkOutsideTheTransaction,
    "the chain unchecked": ChainUnchecked,
    "committed offsets choosing where to start": CommittedOffsetsChoose,
    "a relay without its fence": NoFence,
    "a send not awaited": SendNotAwaited,
}


def blind_completion(turn: Turn, asks: Any) -> None:
    """In the place of `Turn.cut`: a completion that does not see its own turn."""
