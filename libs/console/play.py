"""Plays a scenario against a suite: what is expected must come, and nothing else."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from libs.console.client import INSTANT, Client, open_client
from libs.console.scenario import FOUND, MASKED, MATTER, PAGES, Expected, Scenario, Step
from libs.console.suite import Suite
from libs.statute.calendar import Pause
from libs.statute.pack import Pack

WATCHER: Final = "player"


class Differs(Exception):
    """The first thing that did not come as the story says."""


@dataclass(frozen=True)
class Told:
    """An event as anybody reads it from Kafka: personal values are sealed."""

    type: str
    subject: str
    happened: datetime
    data: Mapping[str, Any]
    actor: str

    @property
    def name(self) -> str:
        return self.type.rpartition(".v")[0]

    def __str__(self) -> str:
        shown = {k: v for k, v in self.data.items() if not isinstance(v, str) or len(v) < 60}
        return f"{self.name} on {self.subject} at {self.happened.isoformat()}: {shown}"


@dataclass
class TopicReader:
    """Hears all topics of a suite, from where they ended when the play began."""

    consumer: AIOKafkaConsumer
    places: list[TopicPartition]
    found: dict[str, str] = field(default_factory=dict)
    later: list[str] = field(default_factory=list)
    heard: list[Told] = field(default_factory=list)

    @classmethod
    async def open(cls, suite: Suite) -> "TopicReader":
        prefix = f"{suite.name}." if suite.name else ""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=suite.kafka_url,
            group_id=None,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=20,
        )
        await consumer.start()
        places: list[TopicPartition] = []
        for service in suite.ports:
            topic = f"{prefix}{service}.events"
            await consumer._client.add_topic(topic)
            numbers = sorted(consumer.partitions_for_topic(topic) or ())
            places.extend(TopicPartition(topic, number) for number in numbers)
        consumer.assign(places)
        await consumer.seek_to_end(*places)
        for place in places:
            await consumer.position(place)
        return cls(consumer, places)

    def named(self, value: Any) -> Any:
        return named(value, self.found)

    def runs(self, name: str) -> bool:
        """Whether the suite runs the service that this is of."""
        service = name.partition(".")[0]
        return any(place.topic.endswith(f"{service}.events") for place in self.places)

    async def new(self) -> list[Told]:
        """What has been said since it was asked last, now that all is quiet."""
        ends = await self.consumer.end_offsets(self.places)
        told: list[Told] = []
        while any([await self.consumer.position(p) < ends[p] for p in self.places]):
            for records in (await self.consumer.getmany(timeout_ms=50)).values():
                told.extend(map(read, records))
        self.heard.extend(told)
        return told


def named(value: Any, found: Mapping[str, str]) -> Any:
    """The same, with the ids of the streams that reactions have named meanwhile."""
    match value:
        case dict():
            return {key: named(one, found) for key, one in value.items()}
        case list() | tuple():
            return [named(one, found) for one in value]
        case str():
            for placeholder, one in found.items():
                value = value.replace(placeholder, one)
            return value
        case _:
            return value


def read(record: Any) -> Told:
    headers = {name: text.decode() for name, text in record.headers}
    return Told(
        headers["ce_type"],
        headers["ce_subject"],
        datetime.fromisoformat(headers["ce_time"]),
        json.loads(record.value),
        headers["ce_authid"],
    )


@dataclass(frozen=True)
class Played:
    """How many events came, what a service would have said that this suite does not run, and the
    id of each stream by its name in the story."""

    events: int
    later: Sequence[str]
    streams: Mapping[str, str]


async def play(
    scenario: Scenario,
    suite: Suite,
    pack: Pack,
    told: Callable[[Step], None],
    pages: dict[str, Any] | None = None,
) -> Played:
    """Every step in turn. Raises `Differs` at the first difference. `pages`: see `Client.learn`."""
    client = open_client(suite)
    await client.learn(pages)
    await client.quiet()
    reader = await TopicReader.open(suite)
    try:
        for step in scenario.steps:
            await take(client, reader, step)
            told(step)
        check_clocks(scenario, pack, reader.heard)
        await check_second_clocks(client)
    finally:
        await reader.consumer.stop()
        await client.http.aclose()
    streams = {name: reader.named(one).partition("/")[2] for name, one in scenario.streams.items()}
    return Played(len(reader.heard), reader.later, streams)


async def take(client: Client, reader: TopicReader, step: Step) -> None:
    where = f"step {step.number}"
    # What happens by itself when a term is over happens at the first instant after.
    await client.move(step.at if step.do else step.at + INSTANT, rested=True)
    before = await reader.new() if step.do else []
    require(reader, where, step, [], before)
    if step.do is not None:
        assert step.who is not None
        named = parties(client.suite, reader.named(step.given))
        given = await masked(client, named, step.who)
        answer = await client.ask(step.do, given, step.who, signed=step.signed, head=step.head)
        if answer.is_success and MATTER not in reader.found:
            reader.found[MATTER] = answer.json()["correlation_id"]
        rule = None if answer.is_success else answer.json().get("rule", answer.text)
        if rule != step.refused:
            raise Differs(
                f"{where}: {step.do}: expected {step.refused or 'a receipt'}, came"
                f" {rule or 'a receipt'}: {answer.text[:500]}"
            )
        await client.quiet()
    ours = [Expected(name, None, {}) for name in step.later if reader.runs(name)]
    reader.later += [name for name in step.later if not reader.runs(name)]
    require(reader, where, step, [*step.expect, *ours], await reader.new())
    for stream, fields in step.state.items():
        await require_state(client, where, reader.named(stream), reader.named(fields))


def parties(suite: Suite, value: Any) -> Any:
    """The same, with the ids of the parties that are named by their numbers (`party:…`)."""
    match value:
        case dict():
            return {key: parties(suite, one) for key, one in value.items()}
        case list() | tuple():
            return [parties(suite, one) for one in value]
        case str():
            return suite.actor(value)
        case _:
            return value


async def masked(
    client: Client, given: Mapping[str, Any], who: tuple[str, str, str]
) -> Mapping[str, Any]:
    """The digest of the masked copy, as whoever publishes it reads it first."""
    filled = dict(given)
    for name, value in given.items():
        if isinstance(value, str) and value.startswith(MASKED):
            case = value.removeprefix(MASKED)
            found = await client.get("enforcement", f"/cases/{case}/decision/masked", who)
            filled[name] = found["masked_hash"]
    return filled


def require(
    reader: TopicReader, where: str, step: Step, expect: Sequence[Expected], came: Sequence[Told]
) -> None:
    """Each expected event has come once; what came beyond is named by `also`, or is wrong."""
    left = list(came)
    for told_of in expect:
        one = Expected(told_of.type, reader.named(told_of.stream), reader.named(told_of.fields))
        fits = [told for told in left if matches(one, told)]
        if not fits:
            near = [told for told in left if told.name == one.type] or left
            shown = "\n  ".join(map(str, near)) or "nothing"
            raise Differs(
                f"{where}: expected {one.type} on {one.stream} with {dict(one.fields)}\n"
                f"came:\n  {shown}"
            )
        left.remove(fits[0])
        if one.stream is not None and FOUND in one.stream:
            reader.found[one.stream.partition("/")[2]] = fits[0].subject.partition("/")[2]
    strange = [told for told in left if told.name not in step.also and told.type not in step.also]
    if strange:
        shown = "\n  ".join(map(str, strange))
        raise Differs(f"{where}: nobody expected\n  {shown}")


def matches(expected: Expected, told: Told) -> bool:
    named = told.name in (expected.type, f"events.{expected.type.partition('.')[2]}")
    if not named or (expected.stream is not None and not addressed(expected.stream, told)):
        return False
    return all(same(value, told.data.get(name)) for name, value in expected.fields.items())


def addressed(stream: str, told: Told) -> bool:
    """On this stream; or, where nobody knows its id yet, on any of its kind."""
    kind, _, key = stream.partition("/")
    return told.subject.startswith(f"{kind}/") if key.startswith(FOUND) else told.subject == stream


def same(expected: Any, found: Any) -> bool:
    """Instants are compared as instants, whatever zone they are written in."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return all(same(value, found.get(name)) for name, value in expected.items())
    if isinstance(expected, str) and isinstance(found, str) and "T" in expected + found:
        try:
            return datetime.fromisoformat(expected) == datetime.fromisoformat(found)
        except ValueError:
            return expected == found
    return bool(expected == found)


async def require_state(client: Client, where: str, stream: str, fields: Mapping[str, Any]) -> None:
    """What a reader finds at that instant."""
    kind, _, key = stream.partition("/")
    service, path, role = PAGES[kind]
    found = await client.get(service, f"{path}{key}", (WATCHER, role, role))
    row = found.get("handoff", found)
    wrong = {name: row.get(name) for name, one in fields.items() if not same(one, row.get(name))}
    if wrong:
        raise Differs(f"{where}: {stream}: expected {dict(fields)}, found {wrong}")


async def check_second_clocks(client: Client) -> None:
    """No service says another instant than oversight computes from events. Raises `Differs`."""
    page = await client.get("oversight", "/clocks?differing=true", (WATCHER, "OPS", "OPS"))
    for one in page["clocks"]:
        raise Differs(
            f"the clock {one['id']} ends at {one['due_at']} by events, and its owner says"
            f" {one['said_at']}"
        )


def check_clocks(scenario: Scenario, pack: Pack, heard: Sequence[Told]) -> None:
    """Every date of the table: by the statute from its start, and on the event that carries it."""
    calendar = pack.rules.calendar
    for row in scenario.clocks:
        start = datetime.combine(row["start"], datetime.min.time(), calendar.zone)
        number, unit = int(row["period"].split()[1]), row["period"].split()[0]
        pauses = [Pause(first, last) for first, last in row.get("pauses") or ()]
        term = pack.rules.run(number, "MONTH" if unit == "M" else unit, start, pauses)
        due = term.due
        if due != calendar.end_of(row["result"]):
            raise Differs(f"clock {row}: the statute says {due.isoformat()}")
        if term.provisional is not bool(row.get("provisional")):
            raise Differs(f"clock {row}: provisional is {term.provisional}")
        for name in row.get("on") or ():
            carried(name, calendar.end_of(row["result"]), heard, row)


def within(data: Any, name: str) -> Any:
    return data.get(name) if isinstance(data, Mapping) else None


def carried(name: str, due: datetime, heard: Sequence[Told], row: Mapping[str, Any]) -> None:
    service, event, *path = name.lower().split(".")
    told = [one.data for one in heard if one.name.replace("_", "") == f"{service}.{event}"]
    values: list[Any] = [reduce(within, path, data) for data in told]
    if row["result"].isoformat() in values:
        return
    at = [datetime.fromisoformat(v) for v in values if isinstance(v, str)]
    if due not in [one for one in at if one.tzinfo is not None]:
        raise Differs(f"clock {row}: {name} carries {values}, not {due.isoformat()}")
