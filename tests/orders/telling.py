"""A story told to a suite whose services hear of each other late, twice, and after a restart."""

import asyncio
import json
import re
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from faststream.kafka import KafkaBroker

from libs.console import comparing
from libs.console.client import INSTANT, Client
from libs.console.comparing import Differs, Told, masked, matches, named
from libs.console.scenario import FOUND, MATTER, PAGES, Scenario, Step
from libs.console.suite import Suite
from libs.events.process.service import Service
from libs.events.process.world import World
from libs.events.store.databases import open_engine
from libs.events.store.files import Files
from libs.events.store.vault import MasterKey, Vault
from libs.events.wire.codec import Recorded
from libs.statute.pack import Pack
from tests.asking import watch
from tests.assembled import ASSEMBLE
from tests.conftest import StoodStill, nowhere
from tests.orders.post import Post
from tests.whole.inside import PORTS, InProcess, loaded

# What was published so long ago has been heard by everybody, however slow: a measure of March, and
# its agency's answer, are not heard of in October, when it is lifted.
MONTH: Final = timedelta(days=31)
RESTARTS: Final = 0.08  # a step; and at one step always
# A matter's code is drawn, and so another in each telling.
TRACE: Final = "-TR-"
# Not only four digits and a hyphen: a hidden value may begin so.
DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}(T|$)")
DRAWN: Final = "enforcement.inspection_task_drawn"
DELIVERED: Final = "exchange.handoff_delivered"
OPS: Final = ("player", "OPS", "OPS")


# What is offered is the same in every telling: it is read once.
OFFERED: Final[dict[str, Any]] = {}


class Slow(Client):
    """It waits for quiet like any client; then the post hands everything over."""

    post: Post

    async def learn(self, pages: dict[str, Any] | None = None) -> None:
        await super().learn(OFFERED if pages is None else pages)

    async def quiet(self, *, without: tuple[str, ...] = ()) -> dict[str, dict[str, Any]]:
        handing = asyncio.create_task(self.post.all())
        waiting = asyncio.create_task(super().quiet(without=without))
        try:
            await asyncio.wait({handing, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if handing.done():  # the post hands over until it is told to end: something broke
                handing.result()
            return await waiting
        finally:
            for one in (handing, waiting):
                one.cancel()
                with suppress(asyncio.CancelledError):
                    await one


@dataclass
class Member:
    service: Service
    stack: AsyncExitStack
    tasks: list[asyncio.Task[None]]

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.stack.aclose()
        self.service.world.engine.dispose()


@dataclass
class Hamlet:
    """All services in one process, on databases of their own; each can be started anew."""

    folder: Path
    pack: Pack
    clock: StoodStill
    post: Post
    keys: Vault
    files: Files
    client: Slow
    members: dict[str, Member] = field(default_factory=dict)
    restarts: int = 0
    urls: dict[str, str] = field(default_factory=dict)  # of databases not in the folder

    async def start(self, name: str) -> None:
        member = self.assembled(name)
        self.post.readers[name] = member.service.listener
        running = [
            member.service.relay.run(), member.service.joining(), member.service.loader.run(),
        ]  # fmt: skip
        member.tasks = [asyncio.create_task(one) for one in running]
        self.members[name] = member
        self.client.http.apps[PORTS[name]] = member.service.app()

    def assembled(self, name: str) -> Member:
        """A service that settles what it is asked, and does no more yet: a replica."""
        world = World(
            engine=open_engine(self.urls.get(name, f"sqlite:///{self.folder}/{name}.db")),
            keys=self.keys,
            broker=KafkaBroker(),
            producers=lambda _: self.post,
            tails=self.post.tails,
            issuer=self.client.suite.issuer,
            clock=self.clock,
            make_topics=list,
            send_copies=nowhere,
            files=self.files,
        )
        service = ASSEMBLE[name](world, self.pack)
        watch(service)
        service.prepare()
        stack = AsyncExitStack()
        stack.enter_context(service.settler)
        return Member(service, stack, [])

    async def restart(self, name: str) -> None:
        """It forgets what it knew by heart, and hears again from somewhere before."""
        await self.members[name].stop()
        for place in list(self.post.handed):
            if place[0] == name:
                self.post.handed[place] = max(self.post.handed[place] - 20, 0)
        await self.start(name)
        self.restarts += 1

    async def loaded(self) -> None:
        """Until every service knows its pack."""
        handing = asyncio.create_task(self.post.all())
        await loaded(self.client)
        handing.cancel()
        await asyncio.gather(handing, return_exceptions=True)
        await self.client.quiet()

    async def stop(self) -> None:
        for member in self.members.values():
            await member.stop()


@asynccontextmanager
async def hamlet(
    folder: Path, pack: Pack, begins: datetime, post: Post, **urls: str
) -> AsyncIterator[Hamlet]:
    master = MasterKey.from_environment(folder / "master.key", make=lambda: True)
    clock = StoodStill(begins)
    keys = Vault(open_engine(f"sqlite:///{folder}/keys.db"), master)
    suite = Suite("", folder, "", PORTS)

    def stand(to: datetime) -> None:
        clock.now = max(clock.now, to)

    client = Slow(suite, InProcess({}), stand)
    client.post = post
    here = Hamlet(folder, pack, clock, post, keys, Files.in_memory(), client, urls=urls)
    try:
        for name in ASSEMBLE:
            await here.start(name)
        await client.learn()
        yield here
    finally:
        await here.stop()
        keys.engine.dispose()


async def ground(folder: Path, pack: Pack, begins: datetime) -> Post:
    """A suite that knows its pack, and what was said while it learnt it."""
    await asyncio.to_thread(folder.mkdir, parents=True)
    post = Post()
    async with hamlet(folder, pack, begins, post) as here:
        await here.loaded()
    return post


@dataclass(frozen=True)
class Received:
    """What came of a telling: each event with its dates, and how each stream ended."""

    events: Counter[str]
    ends: Mapping[str, Any]
    parked: int
    doubled: int
    restarts: int
    late: int


class Telling:
    """`chance` decides what is handed over when; without one, everything is, at once."""

    def __init__(self, here: Hamlet, story: Scenario, chance: Random | None) -> None:
        self.here = here
        self.story = story
        self.chance = chance
        self.found: dict[str, str] = {}
        self.first = {name: self.head(name) for name in here.members}
        self.late = 0
        self.anew = [one.number for one in story.steps if one.do is not None][-3]

    def head(self, name: str) -> int:
        log = self.here.members[name].service.settler.log
        with log.engine.connect() as tx:
            return log.head(tx)

    async def tell(self) -> Received:
        for step in self.story.steps:
            await self.take(step)
        await self.here.client.quiet()
        self.learn()
        states = await self.here.client.states()
        facts = self.facts()
        comparing.check_clocks(self.story, self.here.pack, facts)
        await comparing.check_second_clocks(self.here.client)
        return Received(
            events=Counter(map(self.shown, facts)),
            ends=await self.ends(),
            parked=sum(one["parked"] for one in states.values()),
            doubled=self.here.post.doubled,
            restarts=self.here.restarts,
            late=self.late,
        )

    async def take(self, step: Step) -> None:
        client, chance = self.here.client, self.chance
        if step.at - self.here.clock.now > MONTH:
            await client.quiet()
        states = await client.states()
        dues = [datetime.fromisoformat(one["next_due"]) for one in states.values()
                if one["next_due"]]  # fmt: skip
        if chance is None or any(due <= step.at for due in dues):
            await client.move(step.at if step.do else step.at + INSTANT)
        else:
            client.set(step.at)
        if step.do is None:
            return
        if step.refused is not None:
            # Whoever is refused for what others have said has heard of it.
            await client.quiet()
        if chance is not None and (chance.random() < RESTARTS or step.number == self.anew):
            await self.here.restart(chance.choice(sorted(ASSEMBLE)))
        await self.asked(step)
        if chance is None:
            await client.quiet()
            return
        await asyncio.sleep(0.01 * chance.random())
        self.here.post.some(chance, chance.randint(0, 5))

    async def asked(self, step: Step) -> None:
        """As often as it takes until what it stands on was heard; a person would wait, too."""
        client, post = self.here.client, self.here.post
        assert step.who is not None
        assert step.do is not None
        for left in (3, 2, 1, 0):
            self.learn()
            rule: str | None = "names a stream that nobody has told of"
            given = self.named(step.given)
            if FOUND not in str(given):
                try:
                    given = await masked(client, comparing.parties(client.suite, given), step.who)
                except KeyError:
                    rule = "not to be read yet"
                else:
                    answer = await client.ask(
                        step.do, given, step.who, signed=step.signed, head=step.head
                    )
                    rule = None if answer.is_success else answer.json().get("rule", answer.text)
                    if answer.is_success and MATTER not in self.found:
                        self.found[MATTER] = answer.json()["correlation_id"]
            if rule == step.refused:
                return
            if not left:
                raise Differs(f"step {step.number}: {step.do}: {rule}: {given}")
            self.late += 1
            if self.chance is not None and left > 1 and post.waiting():
                post.some(self.chance, 10)
                await asyncio.sleep(0.02)
            else:
                await client.quiet()
        raise AssertionError("the last time decides")

    def facts(self) -> list[Told]:
        """All that was said since the telling began."""
        found: list[Told] = []
        for name, member in self.here.members.items():
            log = member.service.settler.log
            with log.engine.connect() as tx:
                after = self.first[name]
                while page := log.read(tx, after=after):
                    found += map(told_of, page)
                    after = page[-1].position
        return found

    def learn(self) -> None:
        """The ids of the streams that reactions have named meanwhile."""
        unknown = [one for one in self.story.streams.values() if FOUND in one]
        unknown = [one for one in unknown if one.partition("/")[2] not in self.found]
        if not unknown:
            return
        told = self.facts()
        taken = set(self.found.values()) | {
            one.partition("/")[2] for one in self.story.streams.values()
        }
        for step in self.story.steps:
            for expected in step.expect:
                if expected.stream not in unknown:
                    continue
                placeholder = expected.stream.partition("/")[2]
                for one in told:
                    key = one.subject.partition("/")[2]
                    if placeholder in self.found or key in taken or not matches(expected, one):
                        continue
                    self.found[placeholder] = key
                    taken.add(key)

    def named(self, value: Any) -> Any:
        return named(value, self.found)

    def names(self) -> Mapping[str, str]:
        """Each stream by its name in the story."""
        return {self.named(one): name for name, one in self.story.streams.items()}

    def shown(self, fact: Told) -> str:
        return shown(fact, self.names())

    async def ends(self) -> Mapping[str, Any]:
        """How a reader finds each stream that has a page."""
        found = {}
        for subject, name in self.names().items():
            kind, _, key = subject.partition("/")
            if kind not in PAGES:
                continue
            service, path, role = PAGES[kind]
            page = await self.here.client.get(service, f"{path}{key}", (OPS[0], role, OPS[2]))
            row = page.get("handoff", page)
            found[name] = sorted(dated(row))
        return found


def shown(fact: Told, names: Mapping[str, str]) -> str:
    """An event by the name of its stream and its type, with the days and sums it carries."""
    stream = names.get(fact.subject, fact.subject.partition("/")[0])
    # When it was delivered is when it was: the one day that lateness may move. Whom a lot has
    # drawn is another each time.
    data = {key: one for key, one in fact.data.items()
            if (fact.name, key) not in ((DELIVERED, "at"), (DRAWN, "officers"))}  # fmt: skip
    said = ", ".join(sorted(dated(data)))
    return f"{stream} {fact.type} {said}"


def told_of(one: Recorded) -> Told:
    """As anybody reads it from Kafka: personal values stay sealed."""
    happened = one.occurred or one.time
    data = json.loads(one.data)
    return Told(one.type, one.subject, happened, data, one.actor, one.correlation_id)


def dated(value: Any, path: str = "") -> Sequence[str]:
    """Each day, instant, sum, number and word of state in it: what may not depend on the order."""
    match value:
        case dict():
            return [one for key, part in value.items() for one in dated(part, f"{path}.{key}")]
        case list():
            return [one for part in value for one in dated(part, path)]
        case bool() | int():
            return [f"{path}={value}"]
        case str() if DAY.match(value):
            return [f"{path}={value}"]
        case str() if value.isupper() and len(value) < 40 and TRACE not in value:
            return [f"{path}={value}"]
        case _:
            return []


async def told(
    folder: Path, pack: Pack, story: Scenario, ready: tuple[Path, Post], chance: Random | None
) -> Received:
    """In a fresh suite that knows its pack."""
    shutil.copytree(ready[0], folder)
    async with hamlet(folder, pack, story.begins, ready[1].copy()) as here:
        return await Telling(here, story, chance).tell()
