"""Topics, by kafka-python's admin client; and copies of dead letters, by its producer."""

import time
from collections.abc import Collection, Sequence
from contextlib import suppress

from libs.events.kafka.clients import REQUEST_BYTES, Placed, Unsendable


def make_topics(url: str, topics: Collection[str], *, partitions: int) -> list[str]:
    """The topics that were missing, made as the log needs them: everything, for ever."""
    from kafka import KafkaAdminClient
    from kafka.errors import TopicAlreadyExistsError

    made = []
    admin = KafkaAdminClient(bootstrap_servers=url, request_timeout_ms=15_000)
    try:
        known = set(admin.list_topics())
        for topic in sorted(set(topics) - known):
            settings = {
                "num_partitions": partitions,
                "replication_factor": 1,
                "configs": {
                    "retention.ms": "-1",
                    "retention.bytes": "-1",
                    "cleanup.policy": "delete",
                    "max.message.bytes": str(REQUEST_BYTES),
                },
            }
            with suppress(TopicAlreadyExistsError):
                admin.create_topics({topic: settings}, timeout_ms=10_000, wait_for_metadata=True)
                made.append(topic)
    finally:
        admin.close()
    return made


def renew_topic(url: str, topic: str, partitions: int) -> None:
    """Deleted, if it is there, and made again. Raises `TimeoutError`."""
    from kafka import KafkaAdminClient
    from kafka.errors import UnknownTopicOrPartitionError

    admin = KafkaAdminClient(bootstrap_servers=url, request_timeout_ms=15_000)
    try:
        with suppress(UnknownTopicOrPartitionError):
            admin.delete_topics([topic], timeout_ms=10_000)
        until = time.monotonic() + 30
        while topic in set(admin.list_topics()):
            if time.monotonic() > until:
                raise TimeoutError(f"{topic} was deleted, and is still there")
            time.sleep(0.05)
    finally:
        admin.close()
    make_topics(url, [topic], partitions=partitions)


class EscapedName(str):
    """A header name with the bytes it came with, also where they are no UTF-8 (PEP 383)."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return super().encode("utf-8", "surrogateescape")


def send_copies(url: str, topic: str, batch: Sequence[Placed]) -> None:
    """By kafka-python: aiokafka's encoder takes no header name but UTF-8. Raises `Unsendable`."""
    from kafka import KafkaProducer as PlainProducer
    from kafka.errors import MessageSizeTooLargeError

    make_topics(url, [topic], partitions=1)
    producer = PlainProducer(
        bootstrap_servers=url, acks="all", enable_idempotence=True,
        max_request_size=REQUEST_BYTES, delivery_timeout_ms=30_000, request_timeout_ms=10_000,
    )  # fmt: skip
    try:
        sent = [
            producer.send(
                topic,
                partition=one.partition,
                key=one.key,
                value=one.value,
                headers=[(EscapedName(name), text) for name, text in one.headers],
            )
            for one in batch
        ]
        for one in sent:
            one.get(30)
    except MessageSizeTooLargeError as problem:
        raise Unsendable(str(problem)) from problem
    finally:
        producer.close(5)


def wait_for_broker(url: str, seconds: float) -> bool:
    """Whether a broker answers there within so many seconds."""
    from kafka import KafkaAdminClient

    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with suppress(Exception):
            KafkaAdminClient(
                bootstrap_servers=url, request_timeout_ms=3_000, bootstrap_timeout_ms=3_000
            ).close()
            return True
        time.sleep(0.1)
    return False
