"""Broker, producer, topics and tails, with every setting that matters said aloud."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from random import sample
from typing import Any, Final, Protocol

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import ProducerFenced
from faststream.kafka import KafkaBroker

from libs.events.core.kernel import Record
from libs.events.kafka.connections import mend
from libs.events.kafka.consumers import LenientConsumer

logger = logging.getLogger(__name__)

mend()

TRANSACTION_MS: Final = 10_000
# A message is at most 256 KiB; with its headers and its neighbours in a batch it is more.
REQUEST_BYTES: Final = 2 * 1024 * 1024
# Of one partition so much goes at once, and each batch waits for the one before it. A topic that
# takes our largest event takes this.
BATCH_BYTES: Final = 256 * 1024
# A topic that was made anew is noticed within this: five minutes would be the default.
METADATA_MS: Final = 5_000
SECONDS: Final = 15.0
# A broker that has not answered for so long, in ms, is not waited for: another leads by then.
ANSWER_MS: Final = 4_000
# Of a consumer, who may be waiting for the other members of its group to say that they are there.
MEMBERS_MS: Final = 7_000
GRACE: Final = 2.0


class Placed(Record):
    """A message, and the partition it goes to."""

    topic: str
    partition: int
    key: bytes
    headers: tuple[tuple[str, bytes], ...]
    value: bytes


class Unsendable(Exception):
    """No broker would take it, however often it is sent."""


class Fenced(Exception):
    """Another producer has taken over under the same name."""


class Producer(Protocol):
    async def start(self) -> None:
        """From here on whoever used this name before is fenced."""
        ...

    async def send(self, batch: Sequence[Placed]) -> None:
        """All of it, in order, or nothing. Raises `Fenced`."""
        ...

    async def close(self) -> None: ...


class Broker(KafkaBroker):
    """Consumes only, and with a consumer that no header stops."""

    async def _connect(self) -> Any:
        await super()._connect()
        config = self.config.broker_config
        builder: Any = config.builder
        assert isinstance(builder, partial)
        assert builder.func is AIOKafkaConsumer
        config.builder = partial(LenientConsumer, *builder.args, **builder.keywords)
        return config.builder


def open_broker(url: str) -> KafkaBroker:
    return Broker(
        servers(url),
        logger=None,
        consumer_only=True,
        allow_auto_create_topics=False,
        metadata_max_age_ms=METADATA_MS,
        request_timeout_ms=MEMBERS_MS,
    )


def servers(url: str) -> list[str]:
    """Those that are asked first, in an order by chance: one of them may be away and not say so,
    and whoever begins anew does not begin with it every time."""
    every = url.split(",")
    return sample(every, len(every))


class KafkaProducer:
    """Sends each batch in one Kafka transaction. After any failure it is abandoned."""

    def __init__(self, url: str, *, transactional_id: str) -> None:
        self._producer = AIOKafkaProducer(
            bootstrap_servers=servers(url),
            transactional_id=transactional_id,
            transaction_timeout_ms=TRANSACTION_MS,
            acks="all",
            enable_idempotence=True,
            max_request_size=REQUEST_BYTES,
            max_batch_size=BATCH_BYTES,
            linger_ms=0,
            request_timeout_ms=ANSWER_MS,
        )

    async def start(self) -> None:
        async with asyncio.timeout(SECONDS):
            await self._producer.start()

    async def send(self, batch: Sequence[Placed]) -> None:
        try:
            async with asyncio.timeout(SECONDS):
                await self._transaction(batch)
        except ProducerFenced as fenced:
            raise Fenced(str(fenced)) from fenced

    async def _transaction(self, batch: Sequence[Placed]) -> None:
        await self._producer.begin_transaction()
        sent = [
            await self._producer.send(
                one.topic,
                partition=one.partition,
                key=one.key,
                value=one.value,
                headers=list(one.headers),
            )
            for one in batch
        ]
        # Every one is awaited before the commit, which does not notice that a record failed.
        await asyncio.gather(*sent)
        await self._producer.commit_transaction()

    async def close(self) -> None:
        """It cannot hang, as `stop` does when the broker is away in the middle of something."""
        try:
            async with asyncio.timeout(GRACE):
                await self._producer.stop()
        except Exception:
            self._producer._closed = True
            task = self._producer._sender.sender_task
            for _ in range(50):
                if task is None or task.done():
                    break
                task.cancel()
                await asyncio.wait([task], timeout=0.1)
            self._producer._message_accumulator.fail_all(ConnectionError("abandoned"))
            with suppress(Exception):
                await self._producer.client.close()
