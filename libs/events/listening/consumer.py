"""The consumer of a service: one FastStream subscriber, which begins where its own database says.

Committed offsets are written for Kafka's tools, and never choose where to start.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from time import monotonic, time
from typing import Any, Final

from aiokafka import ConsumerRebalanceListener, TopicPartition
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage
from faststream.kafka.message import FAKE_CONSUMER
from faststream.kafka.message import KafkaMessage as Batch

from libs.events.kafka.tails import ToldOn
from libs.events.listening.gaps import Follows, what_follows, without
from libs.events.listening.listener import Broken, Listener
from libs.events.listening.watermarks import Gap, Watermarks
from libs.events.store.outages import is_outage, said
from libs.events.system import telemetry

logger = logging.getLogger(__name__)

BATCH: Final = 500
# Whoever was killed is missed for so long; then its partitions are given to somebody else.
SESSION_MS: Final = 6_000
# Whoever is alive is given so long to come back when the group is balanced anew.
REBALANCE_MS: Final = 5_000
MINUTE: Final = 60
SHORTEST, LONGEST = 0.1, 10.0
# How often a gap may show again after going back to the beginning, before we stop.
TRIALS: Final = 3
# After a small batch from which nothing followed it rests so many times as long as that took, and
# at most so many seconds: a transaction costs the same for one message and for fifty, and who only
# remembers leaves the machine to those who answer.
BACKOFF, LONGEST_BACKOFF = 4, 0.1
# A batch whose last message is older than this, in seconds, is one of many that wait.
FRESH: Final = 1.0
TELL_SECONDS: Final = 1.0
# What lies on a partition is read for so long, in seconds, before it is read anew.
JUDGING: Final = 300.0
# Whoever has something to take in and has not for so long, in seconds, is not ready.
STUCK: Final = 8.0


async def untouched(records: Any) -> Batch:
    """The records as Kafka gave them: a bad header must not cost its neighbours."""
    return Batch(raw_message=records, body=None, consumer=FAKE_CONSUMER)


async def undecoded(message: Batch) -> None:
    return None


class BatchConsumer(ConsumerRebalanceListener):  # type: ignore[misc]  # untyped
    """`stopped` says why it consumes nothing any more, `broken` why nothing just now."""

    def __init__(
        self,
        broker: KafkaBroker,
        listener: Listener,
        *,
        backoff: float = LONGEST_BACKOFF,
        told: ToldOn | None = None,
    ) -> None:
        self._listener = listener
        self._told = told
        # Partitions that wait for what follows: of each the record that does not.
        self._waiting: dict[tuple[str, int], Gap] = {}
        self._backoff = backoff
        self._gaps: dict[tuple[str, int], int] = {}
        # Partitions that are ours, and of which nobody could say yet where to begin.
        self._unbegun: set[TopicPartition] = set()
        self._assigned = 0.0
        # Where each partition goes on, as far as it has not been committed yet.
        self._untold: dict[TopicPartition, int] = {}
        self.stopped = ""
        self.broken = ""
        # Since when there is something to take in, and why it is not taken in.
        self._since: float | None = None
        self._why = ""
        self._subscriber: Any = broker.subscriber(
            *listener.topics,
            group_id=f"{listener.namespace}{listener.settler.log.name}",
            batch=True,
            max_records=BATCH,
            batch_timeout_ms=50,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=SESSION_MS // 5,
            rebalance_timeout_ms=REBALANCE_MS,
            fetch_max_wait_ms=100,
            listener=self,
            parser=untouched,
            decoder=undecoded,
        )
        self._subscriber(self._hear)

    @property
    def waiting(self) -> int:
        """How many partitions wait, because nobody can say whether something is missing there."""
        return len(self._waiting)

    @property
    def stuck(self) -> str:
        """Why nothing has been taken in for a while, though there is something."""
        if self._unbegun and monotonic() - self._assigned > STUCK:
            return f"where to begin is not known on {len(self._unbegun)} partitions"
        if self._since is None or monotonic() - self._since < STUCK:
            return ""
        return f"nothing was taken in for {monotonic() - self._since:.0f} s: {self._why}"

    async def _hear(self, message: KafkaMessage) -> None:
        """It never raises: whatever goes wrong is parked, waited out, or stops us loudly."""
        records: Sequence[Any] = message.raw_message
        consumer = getattr(self._subscriber, "consumer", None)
        if self.stopped:
            return
        if not hasattr(records[0], "offset"):  # pragma: no cover - another kind of subscriber
            raise TypeError("a batch of records is expected")
        pause, loop = SHORTEST, asyncio.get_running_loop()
        self._since, self._why = monotonic(), "it takes its time"
        while not self.stopped:
            try:
                began = loop.time()
                followed = await self._take(records)
                took = loop.time() - began
                self.broken, self._since = "", None
            except Gap as gap:
                match await self._judged(gap):
                    case Follows.ANOTHER:
                        continue
                    case Follows.NOTHING if consumer is not None:
                        logger.error("a partition waits for what follows: %s", gap)
                        consumer.pause(TopicPartition(*gap.place))
                        self._waiting[gap.place] = gap
                        records = without(records, gap)
                        if records:
                            continue
                    case _:
                        await self._go_back(gap, consumer)
                self._since = None
                return
            except Broken as broken:
                self.broken = str(broken)
                logger.critical("nothing is consumed just now: %s", broken)
                await asyncio.sleep(pause)
                pause = min(2 * pause, 60.0)
            except Exception as fault:
                quiet = is_outage(fault)
                self._why = said(fault)
                logger.log(
                    logging.WARNING if quiet else logging.ERROR,
                    "what was consumed could not be taken in yet",
                    exc_info=not quiet,
                )
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST)
            else:
                for record in records:
                    place = TopicPartition(record.topic, record.partition)
                    self._gaps.pop(place, None)
                    self._untold[place] = record.offset + 1
                if not followed and len(records) < BATCH // 2 and is_fresh(records):
                    await asyncio.sleep(min(BACKOFF * took, self._backoff))
                return

    async def _take(self, records: Sequence[Any]) -> int:
        topics = ",".join(sorted({record.topic for record in records}))
        parents = [
            (text or b"").decode("ascii", "replace")
            for record in records
            for name, text in record.headers
            if name == "ce_traceparent"
        ]
        with telemetry.processing(topics, self._listener.settler.log.name, parents):
            return await asyncio.to_thread(self._listener.take_in, records)

    async def _judged(self, gap: Gap) -> Follows:
        """What the partition itself says of a record that does not follow. What is nobody's is set
        aside, and what follows is taken."""
        if self._told is None:
            return Follows.ITSELF
        try:
            async with asyncio.timeout(JUDGING):
                follows = await what_follows(self._told, gap)
        except Exception as fault:
            logger.warning("what lies on %s could not be read: %s", gap.place, said(fault))
            return Follows.NOTHING
        if follows is Follows.ANOTHER:
            logger.error("offset %s of %s is set aside: %s", gap.offset, gap.place, gap)
            self._listener.foreign.add((gap.place, gap.offset))
        return follows

    async def _go_back(self, gap: Gap, consumer: Any) -> None:
        """To where our database says; then to the beginning; and if that does not help, we stop."""
        trials = self._gaps[gap.place] = self._gaps.get(gap.place, 0) + 1
        if consumer is None or trials > TRIALS:
            self.stopped = str(gap)
            logger.critical("nothing more is consumed: %s", gap)
            if consumer is not None:
                consumer.pause(*consumer.assignment())
            return
        logger.error("a gap, and we go back: %s", gap)
        for place in consumer.assignment():
            await self._begin(consumer, place, anew=trials > 1)

    async def _look_again(self) -> None:
        """At what did not follow, and had nothing behind it: something may lie there by now."""
        consumer: Any = getattr(self._subscriber, "consumer", None)
        for place, gap in list(self._waiting.items()):
            partition = TopicPartition(*place)
            if consumer is None or partition not in consumer.assignment():
                del self._waiting[place]
            elif await self._judged(gap) is not Follows.NOTHING:
                self._waiting.pop(place, None)
                consumer.seek(partition, gap.offset)
                consumer.resume(partition)

    async def _begin_again(self) -> None:
        consumer: Any = getattr(self._subscriber, "consumer", None)
        if self._unbegun and consumer is not None:
            self._unbegun &= consumer.assignment()
            await self._begin_all(consumer)

    async def _tell(self) -> None:
        """Every second, not for every batch: Kafka's view is a hint for those who look at lag. A
        commit is tried for as long as the broker is away, and nobody waits for that here."""
        consumer: Any = getattr(self._subscriber, "consumer", None)
        untold, self._untold = self._untold, {}
        with suppress(Exception):
            if ours := {at: untold[at] for at in untold.keys() & consumer.assignment()}:
                async with asyncio.timeout(TELL_SECONDS):
                    await consumer.commit(ours)

    async def on_partitions_revoked(self, revoked: Any) -> None:
        self._waiting.clear()
        self._unbegun.clear()
        self._untold.clear()  # whoever has them next goes on where the database says

    async def on_partitions_assigned(self, assigned: Any) -> None:
        consumer = self._subscriber.consumer
        consumer.pause(*assigned)  # first, and nothing is awaited before it
        self._unbegun, self._assigned = set(assigned), monotonic()
        await self._begin_all(consumer)

    async def _begin_all(self, consumer: Any) -> None:
        """Nothing of a partition is consumed before it is known where to begin. Kafka may not
        answer just now: then it is asked again, every second, and no partition stays deaf."""
        for place in list(self._unbegun):
            try:
                await self._begin(consumer, place)
                consumer.resume(place)
            except Exception as fault:
                logger.warning("where to begin on %s is asked again: %s", place, said(fault))
            else:
                self._unbegun.discard(place)

    async def _begin(self, consumer: Any, place: TopicPartition, *, anew: bool = False) -> None:
        """At the last record that was consumed, if there still is one at its offset: where a topic
        was made anew there may be none, and we would wait behind what we have not consumed."""
        try:
            start = await asyncio.to_thread(self._start, (place.topic, place.partition))
            if not anew and start is not None:
                end = (await consumer.end_offsets([place]))[place]
                if start < end:
                    consumer.seek(place, start)
                    return
        except Exception:
            # From the beginning is always right: what was consumed before is dropped.
            logger.exception("where to begin could not be read")
        await consumer.seek_to_beginning(place)

    def _start(self, place: tuple[str, int]) -> int | None:
        source = place[0].removeprefix(self._listener.namespace).removesuffix(".events")
        names = [n for n, one in self._listener.reactions.items() if source in one.to]
        with self._listener.settler.log.engine.connect() as tx:
            return Watermarks(tx).start_of(place, names)

    async def retry(self) -> None:
        """Tries again what was parked, as it falls due."""
        for second in count(1):
            await asyncio.sleep(1.0)
            try:
                if second % MINUTE == 0:  # an older process may have parked what this one knows
                    await asyncio.to_thread(self._listener.forget_unknown)
                await asyncio.to_thread(self._listener.retry_due)
            except Exception:
                logger.exception("what is parked could not be tried again")

    async def watch(self) -> None:
        """A consumer whose own tasks have died consumes nothing, and is begun anew."""
        again = False
        while True:
            await asyncio.sleep(1.0)
            try:
                await self._look_again()
                await self._begin_again()
            except Exception:  # it has lost the partition meanwhile: whoever has it looks
                logger.exception("what did not follow could not be looked at again")
            if self.stopped or not (again or dead(getattr(self._subscriber, "consumer", None))):
                await self._tell()
                continue
            again, self.broken = True, "its consumer died, and is begun anew"
            logger.critical("the consumer of %s died, and is begun anew", self._listener.topics)
            with suppress(Exception):  # it says once more what it died of
                await self._subscriber.stop()
            try:
                await self._subscriber.start()
            except Exception:
                logger.exception("a consumer could not be begun yet")
            else:
                again, self.broken = False, ""


def is_fresh(records: Sequence[Any]) -> bool:
    """Whether the last of them was said just now: few may be much, where they are large."""
    newest: int = records[-1].timestamp
    return time() - newest / 1_000 < FRESH


def dead(consumer: Any) -> bool:
    """Whether one of the two tasks of aiokafka that never end has ended."""
    fetching = getattr(getattr(consumer, "_fetcher", None), "_fetch_task", None)
    keeping = getattr(getattr(consumer, "_coordinator", None), "_coordination_task", None)
    return any(task is not None and task.done() for task in (fetching, keeping))
