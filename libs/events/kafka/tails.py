"""What lies on Kafka's partitions: the last record of each, or every one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, TypeAlias

from aiokafka import TopicPartition

from libs.events.core.kernel import Record
from libs.events.kafka.clients import ANSWER_MS, METADATA_MS, servers
from libs.events.kafka.consumers import LenientConsumer
from libs.events.wire import codec
from libs.events.wire.bounds import Unreadable, chained

SECONDS: Final = 15.0
# So long without a record, before the end of a partition.
LONG: Final = 60.0
GRACE: Final = 2.0


class NoTopic(LookupError):
    """The broker answers, and has no such topic."""


class Tail(Record):
    """The last record of a partition."""

    offset: int
    headers: tuple[tuple[str, bytes], ...]
    value: bytes | None


def position_in(tail: Tail | None) -> int:
    """Of the event there; 0 where there is none."""
    return 0 if tail is None else codec.from_message(tail.headers, tail.value).position


# What relays have put onto a partition, from an offset on.
ToldOn: TypeAlias = Callable[[tuple[str, int], int], AsyncIterator[Any]]
Tails: TypeAlias = Callable[[Sequence[str]], Awaitable[Mapping[tuple[str, int], Tail | None]]]


class KafkaTails:
    """Asks for the last record of every partition of some topics.

    Its consumer is kept, for a minute's deadlines ask it again; after any failure it is made anew.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._consumer: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turns = asyncio.Lock()

    async def __call__(self, topics: Sequence[str]) -> Mapping[tuple[str, int], Tail | None]:
        """Raises `LookupError` where a topic is missing, `KafkaError` where the broker is."""
        if self._loop is not asyncio.get_running_loop():
            self._loop, self._consumer = asyncio.get_running_loop(), None
            self._turns = asyncio.Lock()
        async with self._turns:
            try:
                if self._consumer is None:
                    self._consumer = await self._opened()
                async with asyncio.timeout(2 * SECONDS):
                    return await self._tails(self._consumer, topics)
            except BaseException:
                await self._abandon()
                raise

    async def told(self, place: tuple[str, int], start: int) -> AsyncIterator[Any]:
        """What relays have put onto a partition from an offset on, up to where it ends now."""
        consumer = await self._opened()
        try:
            async for record in told_on(consumer, TopicPartition(*place), start):
                yield record
        finally:
            with suppress(Exception):
                async with asyncio.timeout(GRACE):
                    await consumer.stop()

    async def close(self) -> None:
        async with self._turns:
            await self._abandon()

    async def _abandon(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            with suppress(Exception):
                async with asyncio.timeout(GRACE):
                    await consumer.stop()

    async def _opened(self) -> Any:
        consumer = LenientConsumer(
            bootstrap_servers=servers(self._url),
            request_timeout_ms=ANSWER_MS,
            group_id=None,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=20,
            metadata_max_age_ms=METADATA_MS,
        )
        async with asyncio.timeout(SECONDS):
            await consumer.start()
        return consumer

    async def _tails(
        self, consumer: Any, topics: Sequence[str]
    ) -> Mapping[tuple[str, int], Tail | None]:
        places: list[TopicPartition] = []
        for topic in topics:
            partitions = consumer.partitions_for_topic(topic)
            if not partitions:
                await consumer._client.add_topic(topic)
                partitions = consumer.partitions_for_topic(topic)
            if not partitions:
                raise NoTopic(f"there is no topic {topic}")
            places.extend(TopicPartition(topic, number) for number in sorted(partitions))
        found = await last_records(consumer, places)
        return {
            (place.topic, place.partition): None
            if (record := found[place]) is None
            else Tail(offset=record.offset, headers=tuple(record.headers), value=record.value)
            for place in places
        }


async def last_records(
    consumer: Any, places: Collection[TopicPartition]
) -> dict[TopicPartition, Any]:
    """The last committed record of each partition, stepping back in windows that grow.

    What lies before the end may be commit markers or aborted batches, so only the consumer's own
    position says when the last stable offset is reached.
    """
    begin = await consumer.beginning_offsets(places)
    end = await consumer.end_offsets(places)
    found: dict[TopicPartition, Any] = {
        place: None for place in places if begin[place] >= end[place]
    }
    todo, back = [place for place in places if place not in found], 2
    ceiling = dict(end)
    while todo:
        consumer.assign(todo)
        consumer.resume(*todo)
        start = {place: max(begin[place], end[place] - back) for place in todo}
        for place in todo:
            consumer.seek(place, start[place])
        seen = await read_up_to(consumer, todo, end, ceiling)
        further = []
        for place in todo:
            if place in seen or start[place] == begin[place]:
                found[place] = seen.get(place)
            else:
                ceiling[place] = start[place]
                further.append(place)
        todo, back = further, back * 8
    return found


async def told_on(consumer: Any, place: TopicPartition, start: int) -> AsyncIterator[Any]:
    """Raises `TimeoutError` where nothing comes any more before the end."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(SECONDS):
        await consumer._client.add_topic(place.topic)
        begin = (await consumer.beginning_offsets([place]))[place]
        end = (await consumer.end_offsets([place]))[place]
    consumer.assign([place])
    consumer.seek(place, max(begin, start))
    at, since = begin, loop.time()
    while True:
        # Never around a `yield`: whoever reads this has time limits of their own.
        async with asyncio.timeout(SECONDS):
            if (position := await consumer.position(place)) >= end:
                return
            records = (await consumer.getmany(place, timeout_ms=50)).get(place, ())
        if position != at:
            at, since = position, loop.time()
        elif loop.time() - since > LONG:
            raise TimeoutError(f"{place.topic}/{place.partition} says nothing more before {end}")
        for record in records:
            if told_by_a_relay(record):
                yield record
            since = loop.time()


def told_by_a_relay(record: Any) -> bool:
    """Whether it has its place in a chain, on the topic of its source: what somebody else has
    written there is no tail."""
    try:
        recorded = codec.from_message(record.headers, record.value)
        _, previous = chained(dict(record.headers))
    except Unreadable:
        return False
    own = not record.topic.endswith(codec.topic_of("")) or record.topic.endswith(
        codec.topic_of(recorded.source)
    )
    return own and previous < recorded.position


async def read_up_to(
    consumer: Any,
    places: Collection[TopicPartition],
    end: Mapping[TopicPartition, int],
    ceiling: Mapping[TopicPartition, int],
) -> dict[TopicPartition, Any]:
    seen: dict[TopicPartition, Any] = {}
    reading = set(places)
    while reading:
        for place, records in (await consumer.getmany(*reading, timeout_ms=50)).items():
            for record in records:
                if record.offset < end[place] and told_by_a_relay(record):
                    seen[place] = record
        for place in list(reading):
            if await consumer.position(place) >= ceiling[place]:
                reading.discard(place)
                consumer.pause(place)
    return seen


async def records_of(url: str, topic: str) -> AsyncIterator[Any]:
    """Every committed record of a topic as it ends now, each partition in order."""
    consumer = LenientConsumer(
        bootstrap_servers=servers(url), group_id=None, isolation_level="read_committed",
        enable_auto_commit=False, auto_offset_reset="earliest",
    )  # fmt: skip
    await consumer.start()
    try:
        await consumer._client.add_topic(topic)
        partitions = consumer.partitions_for_topic(topic)
        if not partitions:
            raise NoTopic(f"there is no topic {topic}")
        places = [TopicPartition(topic, number) for number in sorted(partitions)]
        end = await consumer.end_offsets(places)
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        reading = set(places)
        while reading:
            for place, records in (await consumer.getmany(*reading, timeout_ms=100)).items():
                for record in records:
                    if record.offset < end[place]:
                        yield record
            for place in list(reading):
                if await consumer.position(place) >= end[place]:
                    reading.discard(place)
    finally:
        await consumer.stop()
