"""Plays scenarios against a suite: what is expected must come, and nothing else.

Any number of stories is told in one suite, each when its moment comes: they share the business
clock and the services, and nothing else. What was recorded in a story's matters is its own.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition

from libs.console.client import Client, open_client
from libs.console.comparing import (
    Differs,
    Telling,
    Told,
    check_clocks,
    check_second_clocks,
    masked,
    parties,
    require,
    unlike,
)
from libs.console.scenario import MATTER, Expected, Scenario, Step
from libs.console.suite import Suite
from libs.statute.pack import Pack


class Reader(Protocol):
    """Of all that a suite records."""

    async def new(self) -> list[Told]:
        """Since it was asked last."""
        ...


@dataclass
class TopicReader:
    """Hears all topics of a suite, from where they ended when the play began."""

    consumer: AIOKafkaConsumer
    places: list[TopicPartition]

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

    async def new(self) -> list[Told]:
        """What has been said since it was asked last, now that all is quiet."""
        ends = await self.consumer.end_offsets(self.places)
        told: list[Told] = []
        while any([await self.consumer.position(p) < ends[p] for p in self.places]):
            for records in (await self.consumer.getmany(timeout_ms=50)).values():
                told.extend(map(read, records))
        return told


def read(record: Any) -> Told:
    headers = {name: text.decode() for name, text in record.headers}
    return Told(
        headers["ce_type"],
        headers["ce_subject"],
        datetime.fromisoformat(headers["ce_time"]),
        json.loads(record.value),
        headers["ce_authid"],
        headers["ce_correlationid"],
    )


@dataclass(frozen=True)
class Played:
    """What came, what a service would have said that this suite does not run, and the id of each
    stream by its name in the story; `differs`: what came otherwise first, if anything did."""

    heard: Sequence[Told]
    later: Sequence[str]
    streams: Mapping[str, str]
    # Of its first receipt.
    matter: str | None = None
    differs: str | None = None


async def play(
    scenario: Scenario,
    suite: Suite,
    pack: Pack,
    told: Callable[[Step], None],
    pages: dict[str, Any] | None = None,
) -> Played:
    """Every step in turn. Raises `Differs` at the first difference. `pages`: see `Client.learn`."""
    (played,) = await play_together([scenario], suite, pack, lambda _, step: told(step), pages)
    if played.differs is not None:
        raise Differs(played.differs)
    return played


async def play_together(
    stories: Sequence[Scenario],
    suite: Suite,
    pack: Pack,
    told: Callable[[int, Step], None],
    pages: dict[str, Any] | None = None,
) -> Sequence[Played]:
    """Every step of each when its moment comes. A story ends at its first difference, and the
    others go on. `told` is called with the number of the story and the step. Raises `Differs` for
    what is of all of them: an event in the matter of no story, or a clock that differs."""
    tellings = [Telling(one) for one in stories]
    client = open_client(suite)
    await client.learn(pages)
    await client.quiet()
    reader = await TopicReader.open(suite)
    stage = Stage(client, reader, tellings)
    try:
        await stage.tell(pack, told)
    finally:
        await reader.consumer.stop()
        await client.http.aclose()
    return [
        Played(
            one.heard, one.later,
            {name: one.named(key).partition("/")[2] for name, key in one.story.streams.items()},
            one.found.get(MATTER), one.differs,
        )
        for one in tellings
    ]  # fmt: skip


@dataclass
class Stage:
    """The suite, and all that is told in it."""

    client: Client
    reader: Reader
    tellings: Sequence[Telling]
    of_matter: dict[str, Telling] = field(default_factory=dict)
    of_stream: dict[str, Telling] = field(default_factory=dict)

    async def tell(self, pack: Pack, told: Callable[[int, Step], None]) -> None:
        """All of it, to the last step of each, and the dates of all clocks."""
        while moments := [one.due for one in self.tellings if one.due is not None]:
            for one in await self.at(min(moments)):
                told(self.tellings.index(one), one.story.steps[one.taken - 1])
        for one in self.tellings:
            if one.differs is None:
                self.judge(one, lambda one: check_clocks(one.story, pack, one.heard))
        await check_second_clocks(self.client)

    async def at(self, moment: datetime) -> Sequence[Telling]:
        """What falls due until then; then one step of each story that takes one now."""
        await self.client.move(moment, rested=True)
        await self.share()
        now = [one for one in self.tellings if one.due is not None and one.due <= moment]
        for one in now:
            if one.step.do is not None:
                self.judge(one, lambda one: require(one, [], one.new))
        asking = [one for one in now if one.step.do is not None and one.differs is None]
        await asyncio.gather(*map(self.ask, asking))
        if asking:
            await self.client.quiet()
            await self.share()
        taken = []
        for one in now:
            if one.differs is None:
                await self.compare(one)
            if one.differs is None:
                one.taken += 1
                taken.append(one)
        return taken

    def judge(self, telling: Telling, rule: Callable[[Telling], None]) -> None:
        try:
            rule(telling)
        except Differs as difference:
            telling.differs = str(difference)

    async def share(self) -> None:
        """Each event to the story whose matter it is in; a matter that begins by itself, as when
        a score is due again, is of the story whose stream it is on. Raises `Differs` where it is
        in none, or its stream is another story's."""
        for event in await self.reader.new():
            one = self.of_matter.get(event.matter) or self.of_stream.get(event.subject)
            if one is None:
                self.stray(event)
                continue
            if self.of_stream.setdefault(event.subject, one) is not one:
                raise Differs(f"{event}, in the matter {event.matter} of another story")
            self.of_matter[event.matter] = one
            one.heard.append(event)
            one.new.append(event)

    def stray(self, event: Told) -> None:
        raise Differs(f"{event}, in the matter {event.matter}, of no story")

    async def ask(self, telling: Telling) -> None:
        step = telling.step
        assert step.do is not None
        assert step.who is not None
        given = parties(self.client.suite, telling.named(step.given))
        given = await masked(self.client, given, step.who)
        answer = await self.client.ask(step.do, given, step.who, signed=step.signed, head=step.head)
        rule = None
        if not answer.is_success:
            rule = answer.json().get("rule", answer.text)
        elif matter := answer.json().get("correlation_id"):
            telling.found.setdefault(MATTER, matter)
            if self.of_matter.setdefault(matter, telling) is not telling:
                raise Differs(f"{step.do} was answered with {matter}, a matter of another story")
        if rule != step.refused:
            telling.differs = (
                f"step {step.number}: {step.do}: expected {step.refused or 'a receipt'}, came"
                f" {rule or 'a receipt'}: {answer.text[:500]}"
            )

    async def compare(self, telling: Telling) -> None:
        step = telling.step
        ours = [Expected(name, None, {}) for name in step.later if self.runs(name)]
        telling.later += [name for name in step.later if not self.runs(name)]
        self.judge(telling, lambda one: require(one, [*step.expect, *ours], one.new))
        for stream, fields in step.state.items():
            wrong = await unlike(self.client, telling.named(stream), telling.named(fields))
            if wrong and telling.differs is None:
                telling.differs = f"step {step.number}: {wrong}"

    def runs(self, name: str) -> bool:
        """Whether the suite runs the service that this is of."""
        return name.partition(".")[0] in self.client.suite.ports
