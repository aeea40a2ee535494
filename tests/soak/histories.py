"""Log, relay and listener on an imagined Kafka, through histories of everything going wrong.

Whatever happens on the way: in the end every stream is told in order, every event has had its
effect in the subscriber once, and nobody has passed anything over.
"""

import asyncio
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import Engine, event, select, update

from libs.events.core.kernel import Envelope, Event
from libs.events.deciding.settling import Settler
from libs.events.deciding.turn import Completion, Project
from libs.events.kafka.clients import Fenced, Placed
from libs.events.kafka.ends import ForeignTail
from libs.events.kafka.partitions import Spread, first_positions, partition_of, stored_spread
from libs.events.kafka.relay import RELAY, LeaseLost, Relay, TopicLost
from libs.events.listening.listener import Listener, Reaction
from libs.events.listening.watermarks import Gap, Watermarks
from libs.events.releases.growing import adopted
from libs.events.releases.recovery import recover
from libs.events.store.cache import Cached
from libs.events.store.databases import open_engine
from libs.events.store.log import Log
from libs.events.store.tables import checkpoints, parked, watermarks
from libs.events.store.vault import MasterKey, Vault
from tests.events.toy import (
    BOOKINGS,
    NUMBERS,
    Book,
    OpenRoom,
    RoomOpened,
    asked,
    bookings,
    complete_booking,
    project_bookings,
    project_rooms,
    read_rooms,
    rooms,
    settler,
)
from tests.fresh import copied
from tests.soak.imagined import FIRST, PARTITIONS, TOPIC, Away, Imagined, Lead, Producer

BATCH: Final = 4
FAULTS: Final = ("none", "refused", "unknown", "crash")


def wanted(fact: Envelope[Event]) -> list[Book]:
    if isinstance(fact.data, RoomOpened):
        return [Book(booking_id=fact.id, room=fact.data.room)]
    return []


def quick(url: str) -> Engine:
    """Nothing here is to survive a power cut of the machine it runs on."""
    engine = open_engine(url)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA synchronous = OFF")

    return engine


class Histories(RuleBasedStateMachine):
    """Each rule is something that happens, or goes wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp(dir="/tmp"))
        self.runner = asyncio.Runner()
        self.kafka = Imagined()
        self.said = 0
        self.offsets = [0] * PARTITIONS
        self.trials = [0] * PARTITIONS
        keys = quick(copied(self.folder / "keys.db", tables=False))
        self.vault = Vault(keys, MasterKey(b"k" * 32))
        self.backups: dict[str, int] = {}
        self.open_producer()
        self.open_consumer()
        self.lead: Lead | None = None
        self.zombie: Lead | None = None

    def open_producer(self) -> None:
        engine = quick(copied(self.folder / "toy.db"))
        self.toy = settler(engine, self.vault)
        with self.toy.log.transaction() as tx:
            self.toy.log.lock(tx)

    def open_consumer(self) -> None:
        engine = quick(copied(self.folder / "inn.db"))
        self.projections: list[Project] = [project_bookings]
        inn = Settler(
            Log(engine, name="inn", keys=self.vault),
            deciders=[BOOKINGS],
            completions={
                Book: Completion(complete=partial_booking(), asks=["booking"]),
            },
            projections=self.projections,
            numbers=NUMBERS,
        )
        reactions = {
            "inn.bookings": Reaction(to=["toy"], react=wanted),
            "inn.rooms": Reaction(to=["toy"], project=project_rooms),
        }
        self.inn = self.make_listener(inn, reactions)

    def make_listener(self, inn: Settler, reactions: Mapping[str, Reaction]) -> Listener:
        return Listener(inn, reactions)

    def make_lead(self) -> Lead:
        producer = Producer(self.kafka)
        relay = Relay(
            self.toy.log, lambda: producer, self.kafka.tails, topic=TOPIC, batch=BATCH
        )  # fmt: skip
        return Lead(relay, producer)

    # What is said, and told

    @rule(number=st.integers(1, 5))
    def say(self, number: int) -> None:
        commands = [OpenRoom(room=f"r{self.said + n}") for n in range(number)]
        with self.toy.log.transaction() as tx:
            self.toy.settle(tx, asked(*commands))
        self.said += number

    @rule(fault=st.sampled_from(FAULTS))
    def tell(self, fault: str) -> None:
        """A batch; whoever fails at it is abandoned, and is a zombie from then on."""
        if self.lead is None:
            self.lead = self.begun()
        self.lead.producer.fault = fault
        try:
            self.runner.run(self.lead.step())
        except (Away, Fenced, LeaseLost):
            self.zombie, self.lead = self.lead, None
        else:
            self.lead.producer.fault = "none"

    @precondition(lambda self: self.lead is not None)
    @rule()
    def another_takes_the_lead(self) -> None:
        self.zombie, self.lead = self.lead, self.begun()

    def begun(self) -> Lead:
        """Who finds that the topic lost something says so, and an operator has it told again."""
        lead = self.make_lead()
        try:
            self.runner.run(lead.begin(self.toy.log.engine))
        except TopicLost:
            self.told_anew()
            lead = self.make_lead()
            self.runner.run(lead.begin(self.toy.log.engine))
        return lead

    @precondition(lambda self: self.zombie is not None)
    @rule()
    def the_zombie_wakes(self) -> None:
        """It goes on as if nothing had happened; whatever it says, it must not matter."""
        assert self.zombie is not None
        try:
            self.runner.run(self.zombie.step())
        except (Fenced, LeaseLost, Away):
            self.zombie = None

    # What is heard

    @rule(place=st.integers(0, PARTITIONS - 1), most=st.integers(1, 6))
    def hear(self, place: int, most: int) -> None:
        if self.offsets[place] > len(self.kafka.partitions[place]):
            self.offsets[place] = 0  # out of range: from the earliest
        records = self.kafka.partitions[place][self.offsets[place] :][:most]
        if not records:
            return
        try:
            self.inn.take_in(records)
        except Gap:
            self.go_back(place)
        else:
            self.trials[place] = 0
            self.offsets[place] += len(records)

    def go_back(self, place: int) -> None:
        """As the consumer does: to where the database says, then to the beginning; not for ever."""
        self.trials[place] += 1
        assert self.trials[place] <= 3, "a gap that does not heal"
        self.offsets[place] = self.start_of(place) if self.trials[place] == 1 else 0

    def start_of(self, place: int) -> int:
        with self.inn.settler.log.engine.connect() as tx:
            start = Watermarks(tx).start_of((TOPIC, place), list(self.inn.reactions))
        there = start is not None and start < len(self.kafka.partitions[place])
        return start if start is not None and there else 0

    @rule(place=st.integers(0, PARTITIONS - 1), most=st.integers(1, 6))
    def it_dies_while_it_hears(self, place: int, most: int) -> None:
        """After everything is written, and before it is committed."""
        records = self.kafka.partitions[place][self.offsets[place] :][:most]

        class Cut(BaseException):
            pass

        def cut(tx: Any, facts: Any) -> None:
            raise Cut

        self.projections.append(cut)
        with suppress(Cut, Gap):
            self.inn.take_in(records)
        self.projections.remove(cut)
        self.restart()

    @rule()
    def restart(self) -> None:
        """It begins where its own database says."""
        self.offsets = [self.start_of(place) for place in range(PARTITIONS)]
        self.trials = [0] * PARTITIONS

    @rule(place=st.integers(0, PARTITIONS - 1), back=st.integers(1, 9))
    def told_again_by_kafka(self, place: int, back: int) -> None:
        """A rebalance, and somebody's committed offset lies behind."""
        self.offsets[place] = max(self.offsets[place] - back, 0)

    @precondition(lambda self: self.kafka.count < PARTITIONS)
    @rule()
    def the_topic_grows(self) -> None:
        """As `topics grow` does it: who leads is replaced, and leads no more."""
        self.kafka.count += 1
        self.zombie, self.lead = self.lead, None
        if self.published():
            adopted(self.toy.log, TOPIC, self.kafka.count)

    def published(self) -> bool:
        with self.toy.log.engine.connect() as tx:
            return stored_spread(tx, RELAY, TOPIC) is not None

    @rule(place=st.integers(0, FIRST - 1))
    def a_stranger_writes(self, place: int) -> None:
        headers = (("odd", b"x"),)
        stranger = Placed(
            topic=TOPIC, partition=place, key=b"", headers=headers, value=b"%d" % self.said
        )
        self.kafka.write([stranger])

    # What is restored

    @rule(who=st.sampled_from(("toy", "inn")))
    def back_up(self, who: str) -> None:
        engine = self.toy.log.engine if who == "toy" else self.inn.settler.log.engine
        with engine.connect() as tx:
            raw: Any = tx.connection.driver_connection
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(self.folder / f"{who}.db", self.folder / f"{who}.backup")
        self.backups[who] = self.said

    @precondition(lambda self: "inn" in self.backups)
    @rule()
    def the_consumer_is_restored(self) -> None:
        self.inn.settler.log.engine.dispose()
        restore(self.folder, "inn")
        self.open_consumer()
        self.restart()

    @precondition(lambda self: "toy" in self.backups and self.kafka.whole())
    @rule()
    def the_producer_is_restored(self) -> None:
        """It refuses to begin, is mended from Kafka, and what nobody was told of is lost.

        Where Kafka itself has just lost what it was told, both copies are gone, and nobody can
        mend it: see `test_both_copies_lost_is_noticed`.
        """
        told = sum(len(some) for some in self.kafka.partitions) > 0
        self.toy.log.engine.dispose()
        restore(self.folder, "toy")
        self.open_producer()
        self.lead = self.zombie = None
        try:
            self.runner.run(self.make_lead().relay.check_tail())
        except ForeignTail:
            assert told
            mended = recover(self.toy, TOPIC, self.kafka.tails, self.kafka.told, lambda _: None)
            self.runner.run(mended)
        with self.toy.log.engine.connect() as tx:
            self.said = max(self.said, self.toy.log.head(tx))

    @precondition(lambda self: self.lead is not None)
    @rule()
    def the_topic_is_told_anew(self) -> None:
        """As `republish` does it: fenced first, then emptied, then from the beginning."""
        self.zombie, self.lead = self.lead, None
        self.told_anew()

    def told_anew(self) -> None:
        self.runner.run(self.make_lead().producer.start())
        self.kafka.empty()
        with self.toy.log.engine.begin() as tx:
            spread = stored_spread(tx, RELAY, TOPIC)
            assert spread is not None
            start = update(checkpoints).where(checkpoints.c.reader == RELAY)
            tx.execute(start.values(position=0, partitions=spread.written()))

    # What must hold

    @invariant()
    def nothing_is_parked_but_strangers(self) -> None:
        with self.inn.settler.log.engine.connect() as tx:
            rows = tx.execute(select(parked)).all()
        assert all(row.subject.startswith("stranger/") for row in rows)

    def teardown(self) -> None:
        try:
            self.drain()
            self.require_whole()
        finally:
            self.runner.close()
            for engine in (self.toy.log.engine, self.inn.settler.log.engine, self.vault.engine):
                engine.dispose()
            shutil.rmtree(self.folder, ignore_errors=True)

    def drain(self) -> None:
        """Everything is well again, and everybody catches up."""
        lead = self.begun()
        while self.runner.run(lead.step()):
            pass
        self.restart()
        for place, some in enumerate(self.kafka.partitions):
            while self.offsets[place] < len(some):
                self.hear(place, 500)

    def require_whole(self) -> None:
        with self.toy.log.engine.connect() as tx:
            facts = self.toy.log.opened(self.toy.log.read(tx, after=0, limit=100_000))
        assert [fact.position for fact in facts] == list(range(1, len(facts) + 1))
        opened = {fact.id: fact.data for fact in facts if isinstance(fact.data, RoomOpened)}
        with self.inn.settler.log.engine.connect() as tx:
            booked = tx.execute(select(bookings.c.booking_id, bookings.c.room)).all()
            marks = tx.execute(select(watermarks)).mappings().all()
            open_rooms = set(tx.execute(select(rooms.c.room)).scalars())
            events_of_inn = self.inn.settler.log.head(tx)
        assert {row.booking_id: row.room for row in booked} == {
            id: room.room for id, room in opened.items()
        }
        assert events_of_inn == len(opened), "an effect is doubled, or refused"
        assert open_rooms == {room.room for room in opened.values()}
        with self.toy.log.engine.connect() as tx:
            spread = stored_spread(tx, RELAY, TOPIC)
            began = first_positions(tx, {f.subject for f in facts})
        spread = spread or Spread.of(TOPIC, FIRST)
        places = {one: partition_of(one.encode(), spread.count_at(at)) for one, at in began.items()}
        for row in marks:
            mine = [f for f in facts if places[f.subject] == row["partition"]]
            assert row["taken"] == len(mine)
            assert row["position"] == mine[-1].position


def partial_booking() -> Any:
    kept = Cached(read_rooms, rooms)
    return lambda tx, command, booking: complete_booking(kept, tx, command, booking)


def restore(folder: Path, who: str) -> None:
    for left in folder.glob(f"{who}.db-*"):
        left.unlink()
    shutil.copy(folder / f"{who}.backup", folder / f"{who}.db")
