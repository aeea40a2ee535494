"""Events to bytes and back, envelopes to messages and back. Nothing else knows both sides."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import orjson
from pydantic import TypeAdapter, ValidationError

from libs.events.core.kernel import SYSTEM, Envelope, Event, Hidden, Person, Personal, Record
from libs.events.wire import cloudevents
from libs.events.wire.bounds import (
    CONTROL,
    HEADER_LIMIT,
    VALUE_LIMIT,
    Unreadable,
    instant,
    number,
    require_carried,
)
from libs.events.wire.encryption import DamagedKey, Key, opened_text, sealed_text

# The headers as a leaf has them: a line each, in the order of their names.
NAMES: Final = (
    "agency", "authid", "authtype", "causationid", "causekind", "correlationid", "id",
    "partitionkey", "recordedtime", "role", "sequence", "source", "specversion", "streamversion",
    "subject", "time", "traceparent", "type",
)  # fmt: skip
TRACED: Final = "".join(f"ce_{name}: %({name})s\n" for name in NAMES)
UNTRACED: Final = TRACED.replace("ce_traceparent: %(traceparent)s\n", "")


class UnknownEvent(Exception):
    """A type this process has no contract for: newer than we are, or not ours to read."""


class Unfit(ValueError):
    """What must not be recorded: a header or a value that nobody could carry."""


class Recorded(Record):
    """An event as it lies in the log and as it travels: the same bytes, never written anew."""

    id: UUID
    source: str
    subject: str
    sequence: int
    position: int
    type: str
    time: datetime
    occurred: datetime | None
    actor: str
    role: str
    agency: str
    correlation_id: str
    causation_id: UUID
    cause_kind: str
    traceparent: str | None
    data: bytes

    @cached_property
    def attributes(self) -> Mapping[str, str]:
        """Of the CloudEvent that this is."""
        given = {
            "specversion": "1.0",
            "id": str(self.id),
            "source": self.source,
            "type": self.type,
            "subject": self.subject,
            "time": stamp(self.occurred or self.time),
            "recordedtime": stamp(self.time),
            "partitionkey": self.subject,
            "sequence": f"{self.position:020}",
            "streamversion": str(self.sequence),
            "correlationid": self.correlation_id,
            "causationid": str(self.causation_id),
            "causekind": self.cause_kind,
            "authtype": "service_account" if self.role == SYSTEM else "app_user",
            "authid": self.actor,
            "role": self.role,
            "agency": self.agency,
        }
        return given if self.traceparent is None else given | {"traceparent": self.traceparent}


class Message(Record):
    """An event on Kafka: CloudEvents 1.0 in binary mode."""

    topic: str
    key: bytes
    headers: tuple[tuple[str, bytes], ...]
    value: bytes


COLUMNS: Final = tuple(one.name for one in fields(Envelope) if one.name != "data")


ADAPTERS: dict[type[Event], TypeAdapter[Event]] = {}
PERSONAL: dict[type[Record], tuple[tuple[str, ...], ...]] = {}
WALLED: dict[type[Record], frozenset[tuple[str, ...]]] = {}
PERSONS: dict[type[Record], tuple[str, ...]] = {}


def adapter(event_class: type[Event]) -> TypeAdapter[Event]:
    if event_class not in ADAPTERS:
        ADAPTERS[event_class] = TypeAdapter(event_class)
    return ADAPTERS[event_class]


def personal(event_class: type[Record]) -> tuple[tuple[str, ...], ...]:
    """Where this event holds values that can be forgotten, also inside its parts."""
    if event_class not in PERSONAL:
        PERSONAL[event_class] = tuple(name for name, _ in paths(event_class))
    return PERSONAL[event_class]


def walled(event_class: type[Record]) -> frozenset[tuple[str, ...]]:
    """Which of them only the service that recorded it reads."""
    if event_class not in WALLED:
        WALLED[event_class] = frozenset(name for name, mark in paths(event_class) if mark.walled)
    return WALLED[event_class]


def paths(record: type[Record]) -> Iterator[tuple[tuple[str, ...], Personal]]:
    for name, hint in get_type_hints(record, include_extras=True).items():
        mark = mark_of(hint)
        if mark is not None:
            yield (name,), mark
        else:
            for part in (hint, *get_args(hint)):
                if isinstance(part, type) and issubclass(part, Record):
                    yield from (((name, *rest), inner) for rest, inner in paths(part))


def mark_of(hint: Any) -> Personal | None:
    """Also where it may be missing: `Annotated[str | Hidden, Personal("P2")] | None`."""
    for mark in getattr(hint, "__metadata__", ()):
        if isinstance(mark, Personal):
            return mark
    if isinstance(hint, UnionType) or get_origin(hint) is Union:
        return next(filter(None, map(mark_of, get_args(hint))), None)
    return None


def is_personal(hint: Any) -> bool:
    return mark_of(hint) is not None


def hides(event_class: type[Event]) -> bool:
    """Whether it holds something under the key of its matter."""
    return event_class.keyed_by == "matter" and bool(personal(event_class))


def key_name(event_type: str, subject: str, correlation_id: str) -> str:
    """Under whose key the personal values of an event are: the matter's, or the subject's."""
    event_class = Event.known.get(event_type)
    return subject if event_class and event_class.keyed_by == "subject" else correlation_id


def persons(event: Event) -> set[str]:
    """Of whom the personal values of an event speak, as far as it says so."""
    found: set[str] = set()
    for path in personal(type(event)):
        value: Any = event
        for name in path:
            value = getattr(value, name)
        for part in value if isinstance(value, tuple) else (value,):
            found |= persons_in(part)
    return found


def persons_in(part: object) -> set[str]:
    """Of a record, and of the records in it."""
    if not isinstance(part, Record):
        return set()
    found = {str(getattr(part, name)) for name in person_fields(type(part))}
    for value in vars(part).values():
        found |= persons_in(value)
    return found


def person_fields(record: type[Record]) -> tuple[str, ...]:
    if record not in PERSONS:
        PERSONS[record] = tuple(
            name
            for name, hint in get_type_hints(record, include_extras=True).items()
            if any(isinstance(mark, Person) for mark in getattr(hint, "__metadata__", ()))
        )
    return PERSONS[record]


def encode(event: Event, key: Key = Hidden.WITHHELD) -> bytes:
    """The bytes of an event. Under a key that was destroyed, a personal value is erased at once."""
    if not personal(type(event)):
        return adapter(type(event)).dump_json(event)
    data = adapter(type(event)).dump_python(event, mode="json")
    for path in personal(type(event)):
        holder, owner = data, event
        for name in path[:-1]:
            holder, owner = holder[name], getattr(owner, name)
        value = getattr(owner, path[-1])
        if value is not None:
            secret = value if isinstance(value, Hidden) else holder[path[-1]]
            holder[path[-1]] = sealed(secret, key, about(event.event_type, path))
    return orjson.dumps(data)


def decode(
    event_type: str, data: bytes, key: Key = Hidden.WITHHELD, *, foreign: bool = False
) -> Event:
    """Without a key, what is personal is withheld, or erased if there is none any more. What is
    walled is withheld from a `foreign` service, whatever keys it has."""
    try:
        event_class = Event.known[event_type]
    except KeyError:
        raise UnknownEvent(event_type) from None
    try:
        if not personal(event_class):
            return adapter(event_class).validate_json(data).upcast()
        values = orjson.loads(data)
        for path in personal(event_class):
            holder = values
            for name in path[:-1]:
                holder = holder[name]
            value = holder.get(path[-1])
            if value is None:
                continue
            withheld = foreign and path in walled(event_class)
            opens = Hidden.WITHHELD if withheld and isinstance(key, bytes) else key
            holder[path[-1]] = revealed(value, opens, about(event_type, path))
        return adapter(event_class).validate_python(values).upcast()
    except ValidationError as problem:
        # Where it does not fit and why, never what stands there: it may be personal.
        wrong = [f"{'.'.join(map(str, one['loc']))}: {one['type']}" for one in problem.errors()]
        raise Unreadable(f"{event_type}: {', '.join(wrong)}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise Unreadable(f"{event_type}: {type(problem).__name__}") from None


def sealed(value: Any, key: Key, about: bytes) -> str:
    if isinstance(key, DamagedKey):
        raise key
    hidden = value if isinstance(value, Hidden) else key
    if hidden is Hidden.WITHHELD:
        raise Unfit("a personal value is not recorded without a key")
    return "!ERASED" if isinstance(hidden, Hidden) else sealed_text(hidden, value, about)


def revealed(value: str, key: Key, about: bytes) -> Any:
    if value == "!ERASED":
        return Hidden.ERASED
    if isinstance(key, DamagedKey):
        raise key
    return key if isinstance(key, Hidden) else opened_text(key, value, about)


def about(event_type: str, path: tuple[str, ...]) -> bytes:
    return f"{event_type}#{'.'.join(path)}".encode()


def schema(event_class: type[Event]) -> dict[str, Any]:
    """What the event looks like on the wire, where a personal value is sealed text."""
    described = adapter(event_class).json_schema()
    parts = [described, *described.get("$defs", {}).values()]
    described.get("$defs", {}).pop("Hidden", None)
    for part in parts:
        for column in part.get("properties", {}).values():
            if {"$ref": "#/$defs/Hidden"} in column.get("anyOf", ()):
                column["anyOf"].remove({"$ref": "#/$defs/Hidden"})
                column["format"] = "sealed"
    return described


def opened(
    recorded: Recorded, keys: Mapping[str, Key] = {}, *, reader: str | None = None
) -> Envelope[Event]:
    """As the service `reader` may read it, or as its own does. Raises `UnknownEvent` or
    `Unreadable`, and nothing else."""
    columns = {name: getattr(recorded, name) for name in COLUMNS}
    name = key_name(recorded.type, recorded.subject, recorded.correlation_id)
    key = keys.get(name, Hidden.WITHHELD)
    foreign = reader not in (None, recorded.source)
    data = decode(recorded.type, recorded.data, key, foreign=foreign)
    return Envelope(**columns, data=data)


def closed(fact: Envelope[Event], keys: Mapping[str, Key] = {}) -> tuple[Recorded, bytes]:
    """What is recorded, and its leaf. Raises `Unfit` if nobody could carry it."""
    columns = {name: getattr(fact, name) for name in COLUMNS}
    name = key_name(fact.type, fact.subject, fact.correlation_id)
    data = encode(fact.data, keys.get(name, Hidden.WITHHELD))
    recorded = Recorded(**columns, type=fact.type, data=data)
    if len(data) > VALUE_LIMIT:
        raise Unfit(f"{fact.type} is {len(data)} bytes long")
    given = recorded.attributes
    if len(max(given.values(), key=len)) > HEADER_LIMIT or CONTROL.search("".join(given.values())):
        raise unfit(fact.type, given)
    if not all(given.values()):
        raise unfit(fact.type, given)
    return recorded, leaf_of(given, recorded.data)


def unfit(event_type: str, given: Mapping[str, str]) -> Unfit:
    name, value = next(
        (name, value)
        for name, value in given.items()
        if not value or len(value) > HEADER_LIMIT or CONTROL.search(value)
    )
    return Unfit(f"ce_{name} of {event_type} cannot be {value[:40]!r}")


def stamp(at: datetime) -> str:
    """One way to write an instant, whatever zone it was given in."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def leaf(recorded: Recorded) -> bytes:
    """What the Merkle log holds of an event: all its headers, and the digest of its value."""
    return leaf_of(recorded.attributes, recorded.data)


def leaf_of(given: Mapping[str, str], data: bytes) -> bytes:
    lines = (TRACED if "traceparent" in given else UNTRACED) % given
    return sha256(b"\0" + lines.encode() + sha256(data).digest()).digest()


def to_message(recorded: Recorded, *, namespace: str = "") -> Message:
    event = cloudevents.CloudEvent(
        attributes={"datacontenttype": "application/json", **recorded.attributes},
        data=recorded.data,
    )
    headers, value = cloudevents.to_kafka(event)
    return Message(
        topic=topic_of(recorded.source, namespace),
        key=recorded.subject.encode(),
        headers=headers,
        value=value or b"",
    )


def topic_of(service: str, namespace: str = "") -> str:
    """One topic a service; a suite with a name of its own has topics of its own."""
    return f"{namespace}{service}.events"


def from_message(headers: Iterable[tuple[str, bytes]], value: bytes | None) -> Recorded:
    """Every part is bounded and judged before it means anything, as when it was recorded. Raises
    `Unreadable`, and nothing else."""
    try:
        given = cloudevents.from_kafka(headers, value).attributes
        require_carried(given, value or b"")
        time, happened = instant(given["recordedtime"]), instant(given["time"])
        return Recorded(
            id=UUID(given["id"]),
            source=given["source"],
            subject=given["subject"],
            sequence=number(given["streamversion"]),
            position=number(given["sequence"]),
            type=given["type"],
            time=time,
            occurred=happened if happened != time else None,
            actor=given["authid"],
            role=given["role"],
            agency=given["agency"],
            correlation_id=given["correlationid"],
            causation_id=UUID(given["causationid"]),
            cause_kind=given["causekind"],
            traceparent=given.get("traceparent"),
            data=value or b"",
        )
    except (ArithmeticError, AttributeError, KeyError, ValueError, TypeError) as problem:
        raise Unreadable(repr(problem)) from problem
