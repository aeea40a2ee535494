"""A record of Kafka: whose it is, where it stands in the chain of its partition, what it says."""

from collections.abc import Collection, Sequence
from hashlib import sha256
from typing import Any, Final, Self

from libs.events.core.kernel import Envelope, Event, Record
from libs.events.store.log import Log
from libs.events.wire import codec
from libs.events.wire.bounds import Unreadable, chained
from libs.events.wire.codec import Recorded, UnknownEvent
from libs.events.wire.encryption import DamagedKey

UNKNOWN: Final = "UNKNOWN"
UNREADABLE: Final = "UNREADABLE"
FAILED: Final = "FAILED"


class Stranger(Record):
    """A record that has no place in any chain: nobody of ours wrote it."""

    topic: str
    partition: int
    offset: int
    headers: tuple[tuple[str, bytes], ...]
    value: bytes
    error: str

    @property
    def digest(self) -> str:
        lines = b"".join(
            name.encode("utf-8", "surrogateescape") + b"\0" + (text or b"") + b"\0"
            for name, text in self.headers
        )
        return sha256(lines + self.value).hexdigest()


class Received(Record):
    """An event as it was consumed. Without a fact, `why` says what is wrong with it."""

    topic: str
    partition: int
    offset: int
    headers: tuple[tuple[str, bytes], ...]
    value: bytes
    log_id: str
    previous: int
    recorded: Recorded
    fact: Envelope[Event] | None = None
    why: str = ""
    error: str = ""

    @property
    def source(self) -> str:
        return self.recorded.source

    @property
    def position(self) -> int:
        return self.recorded.position

    @property
    def subject(self) -> str:
        return f"{self.source}/{self.recorded.subject}"

    @property
    def place(self) -> tuple[str, int]:
        return self.topic, self.partition

    def stranger(self, error: str) -> Stranger:
        """Set aside, though it can be read."""
        return Stranger(
            topic=self.topic,
            partition=self.partition,
            offset=self.offset,
            headers=self.headers,
            value=self.value,
            error=error,
        )

    @classmethod
    def of(cls, record: Any, namespace: str) -> Self | Stranger:
        raw = tuple((name, bytes(text or b"")) for name, text in record.headers)
        value = bytes(record.value or b"")
        try:
            given = dict(raw)
            recorded = codec.from_message(raw, value)
            if codec.topic_of(recorded.source, namespace) != record.topic:
                raise Unreadable(f"{recorded.source} does not speak on {record.topic}")
            log_id, previous = chained(given)
            if previous >= recorded.position:
                raise Unreadable(f"{previous} cannot come before {recorded.position}")
        except Unreadable as problem:
            return Stranger(
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                headers=raw,
                value=value,
                error=repr(problem),
            )
        return cls(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            headers=raw,
            value=value,
            log_id=log_id,
            previous=previous,
            recorded=recorded,
        )


def opened(log: Log, heard: Sequence[Received]) -> list[Received]:
    """With the events in them, each read for itself: what is wrong with one is its own."""
    keys = log.keys.find(key_names(one.recorded for one in heard))
    read = []
    for one in heard:
        columns = vars(one)
        try:
            read.append(
                Received(**{**columns, "fact": codec.opened(one.recorded, keys, reader=log.name)})
            )
        except DamagedKey as damaged:
            read.append(Received(**{**columns, "why": FAILED, "error": str(damaged)}))
        except UnknownEvent as unknown:
            read.append(Received(**{**columns, "why": UNKNOWN, "error": str(unknown)}))
        except Unreadable as problem:
            read.append(Received(**{**columns, "why": UNREADABLE, "error": str(problem)[:500]}))
    return read


def key_names(recorded: Any) -> Collection[str]:
    return {codec.key_name(r.type, r.subject, r.correlation_id) for r in recorded}
