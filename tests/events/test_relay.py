"""How a relay goes about its work, on a broker in memory: what it reads ahead, what it notes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select, update

from libs.events.deciding.settling import Settler
from libs.events.kafka.clients import Placed
from libs.events.kafka.relay import LINGER, QUIET, LeaseLost, Place, Relay
from libs.events.store import leases, tables
from libs.events.store.tables import checkpoints
from libs.events.store.vault import Vault
from libs.events.wire import codec
from libs.events.wire.codec import Message, Recorded
from tests.conftest import Loopback
from tests.events.toy import Booked, book, settler
from tests.events.turns import BLUE, settled

TOPIC = "toy.events"


class Faulty(Loopback):
    """It cannot send while `away`, and says when it is asked to."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.asked = 0

    async def send(self, batch: Sequence[Placed]) -> None:
        self.asked += 1
        if self.away:
            raise ConnectionError
        await super().send(batch)

    @property
    def positions(self) -> list[int]:
        return [
            int(dict(one.headers)["ce_sequence"])
            for records in self.records.values()
            for one in records
        ]


class Watched(Relay):
    """It counts the pages that it reads, the checkpoints that it writes, and its rests."""

    reads, writes, rests = 0, 0, 0

    async def _apart(self, seconds: float) -> None:
        assert seconds <= LINGER
        self.rests += 1

    def _page(self, after: int) -> Any:
        self.reads += 1
        return super()._page(after)

    def _move(self, before: int, after: Place, token: int) -> None:
        self.writes += 1
        super()._move(before, after, token)


class Dying(Relay):
    """It never comes to its checkpoint."""

    def _move(self, before: int, after: Place, token: int) -> None:
        raise LeaseLost


def only_bookings(tx: Connection, page: Sequence[Recorded]) -> Sequence[Message]:
    return [codec.to_message(one) for one in page if one.type == Booked.event_type]


def noted(store: Engine) -> int:
    with store.connect() as tx:
        return tx.execute(select(checkpoints.c.position)).scalar() or 0


def bookings(s: Settler, many: int) -> None:
    settled(s, *(book() for _ in range(many)))


@pytest.fixture
def s(store: Engine, vault: Vault) -> Settler:
    s = settler(store, vault)
    settled(s, BLUE)
    return s


def relay_on(s: Settler, kafka: Loopback, **more: Any) -> Watched:
    return Watched(s.log, lambda: kafka, kafka.tails, topic=TOPIC, **{"batch": 5, **more})


@asynccontextmanager
async def running(relay: Relay) -> AsyncIterator[None]:
    task = asyncio.create_task(relay.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(holds: Any) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - it is another thread's
            await asyncio.sleep(0.01)


async def test_while_a_page_is_told_the_next_one_is_read(s: Settler) -> None:
    bookings(s, 11)
    kafka = Faulty()
    relay = relay_on(s, kafka)
    token = relay._take()
    assert token is not None
    place, log_id = await relay.begin(kafka)
    place = await relay.step(kafka, place, log_id, token) or place
    assert relay._ahead is not None
    await relay._ahead[1]
    assert relay.reads == 2
    place = await relay.step(kafka, place, log_id, token) or place
    assert relay.reads == 3, "the one that was there is taken"
    place = await relay.step(kafka, place, log_id, token) or place
    assert relay.reads == 3, "behind a page that was not full there is none yet"
    assert kafka.positions == list(range(1, 13))
    assert await relay.step(kafka, place, log_id, token) is None


async def test_what_was_read_ahead_of_a_batch_that_was_not_told_is_not_told_before_it(
    s: Settler, store: Engine
) -> None:
    bookings(s, 30)
    kafka = Faulty()
    kafka.away = True
    relay = relay_on(s, kafka)
    token = relay._take()
    assert token is not None
    with pytest.raises(ConnectionError):
        await relay._lead(token)
    assert relay._ahead is None, "whoever leads next reads for himself"
    relay._look_ahead(5)
    page, *_ = await relay._next(0)
    assert page[0].position == 1
    async with running(relay):
        await until(lambda: kafka.asked >= 3)
        assert noted(store) == 0
        kafka.away = False
        await until(lambda: noted(store) == 31)
    assert kafka.positions == list(range(1, 32))


async def test_a_page_with_nothing_for_anybody_costs_no_checkpoint(
    s: Settler, store: Engine
) -> None:
    kafka = Faulty()
    relay = relay_on(s, kafka, route=lambda tx, page: (), batch=50)
    async with running(relay):
        await until(lambda: relay.leads)
        for _ in range(20):
            bookings(s, 1)
            await asyncio.sleep(0.005)
        during = relay.writes
        await until(lambda: noted(store) == 21)
        assert during <= 2
        assert relay.writes <= during + 1, "and is noted once all is quiet"
        written = relay.writes
        await asyncio.sleep(4 * QUIET)
        assert relay.writes == written, "once"
    assert kafka.asked == 0


async def test_a_checkpoint_never_lies_further_behind_than_a_batch(s: Settler) -> None:
    bookings(s, 60)
    kafka = Faulty()
    relay = relay_on(s, kafka, route=lambda tx, page: ())
    token = relay._take()
    assert token is not None
    place, log_id = await relay.begin(kafka)
    while moved := await relay.step(kafka, place, log_id, token):
        place = moved
        assert place.position - place.checkpoint < 5
    assert place.position == 61


async def test_who_follows_reads_again_what_had_nothing_and_tells_nothing_twice(
    s: Settler, store: Engine
) -> None:
    kafka = Faulty()
    first = relay_on(s, kafka, route=only_bookings, batch=50)
    token = first._take()
    assert token is not None
    place, log_id = await first.begin(kafka)
    bookings(s, 3)
    place = await first.step(kafka, place, log_id, token) or place
    settled(s, BLUE)
    from_here = noted(store)
    settled(s, *(type(BLUE)(room=f"room-{n}") for n in range(7)))
    place = await first.step(kafka, place, log_id, token) or place
    assert place.position > noted(store) == from_here
    await asyncio.to_thread(first._release, token)
    bookings(s, 2)
    async with running(relay_on(s, kafka, route=only_bookings, batch=50)):
        await until(lambda: noted(store) == 13)
    assert sorted(kafka.positions) == [2, 3, 4, 12, 13]


async def test_who_follows_one_that_died_behind_a_commit_publishes_only_what_is_missing(
    s: Settler,
) -> None:
    bookings(s, 3)
    kafka = Faulty()
    sent: list[int] = []

    async def note(messages: Sequence[Message]) -> None:
        sent.append(len(messages))

    for route in (None, only_bookings):
        kafka.records.clear()
        for _ in range(2):  # the second finds no checkpoint of the first
            relay = Dying(
                s.log, lambda: kafka, kafka.tails, topic=TOPIC, route=route, name=str(route),
                sent=note,
            )  # fmt: skip
            token = relay._take()
            assert token is not None
            place, log_id = await relay.begin(kafka)
            with suppress(LeaseLost):
                await relay.step(kafka, place, log_id, token)
            await asyncio.to_thread(relay._release, token)
        assert kafka.positions == [1, 2, 3, 4][route is not None :]
    assert sent == [4, 4, 3, 3], "what is to be done behind it is done again"


@pytest.mark.parametrize(("ends", "free"), [(-1.0, True), (3.0, False), (3_600.0, True)])
def test_a_lease_is_over_at_its_end_and_none_ends_later_than_anybody_may_take_it_for(
    s: Settler, ends: float, free: bool
) -> None:
    """The clock of the database was an hour ahead when it was written."""
    with s.log.aside() as tx:
        token = leases.take(tx, "relay", "before")
        assert token is not None
        assert leases.held(tx, "relay", token)
        tx.execute(update(tables.leases).values(expires_at=leases.now(tx) + ends))
        assert leases.held(tx, "relay", token) is not free
        assert leases.owner(tx, "relay") == ("" if free else "before")
        assert (leases.take(tx, "relay", "after") is not None) is free


async def test_small_batches_are_kept_apart_and_large_ones_are_not(
    s: Settler, store: Engine
) -> None:
    kafka = Faulty()
    relay = relay_on(s, kafka, batch=500)
    async with running(relay):
        for told in range(1, 6):
            await until(lambda told=told: noted(store) == relay.rests == told)
            bookings(s, 1)
        await until(lambda: noted(store) == 6)
    assert kafka.asked == 6, "each by itself here, where nobody rests"
    bookings(s, 60)
    relay, before = relay_on(s, kafka), kafka.asked
    async with running(relay):
        await until(lambda: noted(store) == 66)
    assert kafka.asked - before == 12, "twelve batches of five"
    assert relay.rests == 0


@pytest.mark.parametrize("turns", range(6))
async def test_told_to_end_while_something_is_being_recorded_it_ends(
    s: Settler, turns: int
) -> None:
    """Whatever it was woken for: a service that is stopped then would stop for ever."""
    kafka = Faulty()
    relay = relay_on(s, kafka)
    task = asyncio.create_task(relay.run())
    await until(lambda: kafka.positions)
    # It looks at the log every now and then; longer than that it rests, and is woken.
    await asyncio.sleep(0.5)
    relay._wake.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    ended, _ = await asyncio.wait({task}, timeout=20)
    assert ended, "it goes on"
    assert task.cancelled()
