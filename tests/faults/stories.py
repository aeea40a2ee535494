"""Stories, told to a suite while its parts are broken, beside the reports of `driving`."""

import asyncio
import random
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from threading import Condition
from typing import Any, Final

import aiohttp
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from libs.console.client import INSTANT, Client, NotQuiet
from libs.console.comparing import Telling, Told
from libs.console.http_client import Answer, HttpClient
from libs.console.play import Stage
from libs.console.scenario import Scenario, Step
from libs.events.store.tables import events
from libs.events.system.clocks import move_clock
from tests.conftest import PACK, ROOT
from tests.faults.agreeing import rows
from tests.faults.cluster import Cluster
from tests.faults.driving import CONTRACTS_UNTIL, Driver
from tests.orders.telling import told_of

STORIES: Final = sorted((ROOT / "demo" / "scenarios").glob("*.yaml"))
# How long somebody asks again who is not answered, and waits for what has been broken.
PATIENCE: Final = 240.0
PAUSE: Final = 0.2


class Patient(HttpClient):
    """Asks again, the same, until somebody answers: asked twice, it is still one thing."""

    again = 0

    async def _asked(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str] | None
    ) -> Answer:
        until = time.monotonic() + PATIENCE
        while True:
            with suppress(aiohttp.ClientError, OSError, TimeoutError):
                answer = await super()._asked(method, url, body, headers)
                if answer.status_code < 500:
                    return answer
            if time.monotonic() > until:
                raise TimeoutError(f"{method} {url} was not answered in {PATIENCE:.0f} s")
            self.again += 1
            await asyncio.sleep(PAUSE)


@dataclass
class Resting(Client):
    """It waits for quiet while nobody else asks anything, and halts where something of a story is
    due. What is due of a report is asked then, too: how late does not matter here."""

    driver: Driver | None = None
    stage: Stage | None = None

    async def quiet(self, *, without: tuple[str, ...] = ()) -> dict[str, dict[str, Any]]:
        assert self.driver is not None
        await asyncio.to_thread(self.driver.turns.rest)
        try:
            return await super().quiet(without=without)
        finally:
            self.driver.turns.go_on()

    async def move(self, to: datetime, *, rested: bool = False) -> None:
        assert self.driver is not None
        if to.date() > CONTRACTS_UNTIL and not self.driver.over:
            # A dispatch to an agency whose contract is over would be refused.
            self.driver.over, rested = True, False
        if not rested:
            await self.quiet()
        stood, since = None, 0.0
        while (due := await self.due_in_stories(to)) is not None:
            if due != stood:
                stood, since = due, time.monotonic()
                self.set(min(due + INSTANT, to))
            # Who has just started asks a moment later, and answers meanwhile that nothing was due.
            await self.ask_deadlines()
            await self.quiet()
            if time.monotonic() > since + PATIENCE:
                raise NotQuiet(f"what is due at {due.isoformat()} stays due")
        self.set(to)

    async def due_in_stories(self, to: datetime) -> datetime | None:
        """Whatever is due of one by then: the first."""
        assert self.stage is not None
        await self.stage.share()
        dues = [due for stream, due in await self.due_by(to) if stream in self.stage.of_stream]
        return min(dues, default=None)


@dataclass
class LogReader:
    """What the services have recorded, from their logs: a broker may be down."""

    cluster: Cluster
    read: dict[str, int] = field(default_factory=dict)

    async def new(self) -> list[Told]:
        until = time.monotonic() + PATIENCE
        told = []
        for service in self.cluster.services:
            while True:
                try:
                    told += await asyncio.to_thread(self._of, service)
                except DBAPIError:
                    if time.monotonic() > until:
                        raise
                    await asyncio.sleep(PAUSE)
                else:
                    break
        return told

    def _of(self, service: str) -> list[Told]:
        after = events.c.position > self.read.get(service, 0)
        query = select(events).where(after).order_by(events.c.position)
        found = rows(self.cluster.databases[service], query)
        if found:
            self.read[service] = found[-1].position
        return [told_of(one) for one in found]


class Among(Stage):
    """Where others are asking too: what is in the matter of no story is theirs."""

    def stray(self, event: Told) -> None:
        return None


@dataclass
class Teller:
    """So many stories, chosen by chance, each when its moment comes."""

    cluster: Cluster
    driver: Driver
    chance: random.Random
    count: int
    wrong: list[str] = field(default_factory=list)
    streams: set[str] = field(default_factory=set)
    steps: int = 0
    # How much of all stories has been told, up to 1.
    told: float = 0.0
    changed: Condition = field(default_factory=Condition)

    def wait(self, part: float) -> None:
        """Until so much of all stories has been told."""
        with self.changed:
            self.changed.wait_for(lambda: self.told >= part)

    def goes_on(self, told: float) -> None:
        with self.changed:
            self.told = told
            self.changed.notify_all()

    def run(self) -> None:
        try:
            if self.count:
                asyncio.run(self._tell())
        except Exception as problem:  # it is told with all that is wrong when the run is over
            self.wrong.append(f"{type(problem).__name__}: {problem}")
        finally:
            self.goes_on(1.0)

    async def _tell(self) -> None:
        chosen = self.chance.sample(STORIES, min(self.count, len(STORIES)))
        tellings = [Telling(Scenario.read(one, PACK, n)) for n, one in enumerate(chosen, 1)]
        suite = self.cluster.suite
        client = Resting(suite, Patient(), partial(move_clock, suite.clock), driver=self.driver)
        client.seconds = PATIENCE
        try:
            await client.learn()
            await client.quiet()
            reader = LogReader(self.cluster)
            await reader.new()
            stage = client.stage = Among(client, reader, tellings)
            every = sum(len(one.story.steps) for one in tellings)

            def told(_: int, step: Step) -> None:
                self.steps += 1
                self.goes_on(self.steps / every)

            await stage.tell(PACK, told)
        finally:
            await client.http.aclose()
            for file, one in zip(chosen, tellings, strict=True):
                self.streams |= {event.subject for event in one.heard}
                if one.differs is not None:
                    self.wrong.append(f"{file.name}: {one.differs}")
