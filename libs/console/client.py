"""Speaks to a suite over HTTP like any client, and moves its business clock along."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from libs.console.http_client import Answered, HttpClient
from libs.console.suite import Suite
from libs.events.http.edge import REPLAY, REPLAYED_AT, REPLAYED_BY
from libs.events.system.clocks import move_clock

INSTANT: Final = timedelta(microseconds=1)
SECONDS: Final = 60.0
MOST_DUE: Final = 10_000


class NotQuiet(Exception):
    """The suite did not come to rest: something is lost, or much too slow."""


@dataclass
class Client:
    """Operations by the name of their command, as the OpenAPI pages tell them."""

    suite: Suite
    http: Any  # an HttpClient, or in tests one of httpx that speaks to services in this process
    stand: Callable[[datetime], None]
    operations: dict[str, tuple[str, str]] = field(default_factory=dict)
    methods: dict[str, str] = field(default_factory=dict)
    tokens: dict[tuple[str, str, str], dict[str, str]] = field(default_factory=dict)
    due: datetime | None = None
    # How long the suite may take to come to rest.
    seconds: float = SECONDS

    async def learn(self, pages: dict[str, Any] | None = None) -> None:
        """The operations of every service; `pages` are those of another suite of this release, and
        what they lack is added."""
        pages = {} if pages is None else pages
        for service in self.suite.ports:
            if service not in pages:
                asked = await self.http.get(f"{self.suite.url(service)}/openapi.json")
                pages[service] = asked.json()
            document = pages[service]
            for path, methods in document["paths"].items():
                for method, told in methods.items():
                    if method in ("post", "put"):
                        name = f"{service}.{told['operationId']}"
                        self.operations[name] = (service, path)
                        self.methods[name] = method

    def headers(self, actor: str, role: str, agency: str) -> dict[str, str]:
        who = (actor, role, agency)
        if who not in self.tokens:
            self.tokens[who] = self.suite.headers(*who)
        return self.tokens[who]

    async def ask(
        self,
        command: str,
        given: Mapping[str, Any],
        who: tuple[str, str, str],
        *,
        signed: Sequence[str] = (),
        head: str | None = None,
        at: datetime | None = None,
    ) -> Answered:
        """POSTs a command; what its path names is taken from what is given. Colleagues and the head
        of the same agency may sign it too; `content` is sent as a file. With `at` it happens then,
        wherever the clock stands."""
        service, path = self.operations[command]
        body = dict(given)
        for name in list(body):
            if f"{{{name}}}" in path:
                path = path.replace(f"{{{name}}}", str(body.pop(name)))
        url = f"{self.suite.url(service)}{path}"
        who = (self.suite.actor(who[0]), *who[1:])
        if self.methods[command] == "put":
            headers = self.headers(*who) | {"content-type": "application/octet-stream"}
            put: Answered = await self.http.put(
                url, content=body["content"].encode(), headers=headers
            )
            return put
        if signed or head:
            # A head's colleagues are its officers, everybody else's have the same role.
            role = "OFFICER" if who[1] == "AGENCY_HEAD" else who[1]
            colleagues = [self.suite.actor(one) for one in signed]
            body |= self.suite.signatures(path, body, who[2], colleagues, head, role)
        headers = self.headers(*who) if at is None else self.headers(*who) | self._replayed(at)
        answer: Answered = await self.http.post(url, json=body, headers=headers)
        return answer

    def _replayed(self, at: datetime) -> dict[str, str]:
        bearer = self.headers("replay", REPLAY, REPLAY)["Authorization"]
        return {REPLAYED_AT: at.isoformat(), REPLAYED_BY: bearer.removeprefix("Bearer ")}

    async def get(self, service: str, path: str, who: tuple[str, str, str]) -> Any:
        url = f"{self.suite.url(service)}{path}"
        return (await self.http.get(url, headers=self.headers(*who))).json()

    async def states(self) -> dict[str, dict[str, Any]]:
        asked = {
            name: self.http.get(f"{self.suite.url(name)}/development/clock")
            for name in self.suite.ports
        }
        answers = await asyncio.gather(*asked.values())
        return {name: answer.json() for name, answer in zip(asked, answers, strict=True)}

    async def quiet(self, *, without: tuple[str, ...] = ()) -> dict[str, dict[str, Any]]:
        """Waits until everything published has been consumed by all. Raises `NotQuiet`.

        No clock is asked again and again: each service answers when it has consumed what had been
        published when the round before ended, and has published what came of it.
        """
        until = time.monotonic() + self.seconds
        told: Mapping[str, int] = {}
        while True:
            states = await self._round(told, without)
            missing = behind(states, without)
            if not missing:
                known = [one["next_due"] for one in states.values() if one["next_due"]]
                self.due = min(map(datetime.fromisoformat, known), default=None)
                return states
            if time.monotonic() > until:
                raise NotQuiet("; ".join(missing[:5]))
            told = {place: at for one in states.values() for place, at in one["partitions"].items()}

    async def _round(
        self, told: Mapping[str, int], without: tuple[str, ...]
    ) -> dict[str, dict[str, Any]]:
        asked = {
            name: self.http.post(
                f"{self.suite.url(name)}/development/positions",
                json={} if name in without else told,
            )
            for name in self.suite.ports
        }
        answers = await asyncio.gather(*asked.values())
        return {name: answer.json() for name, answer in zip(asked, answers, strict=True)}

    async def due_by(self, moment: datetime) -> list[tuple[str, datetime]]:
        """What will fall due by then if nothing else happens: its stream, and when."""
        at = moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
        url = f"/development/deadlines?by={at}&limit={MOST_DUE}"
        answers = await asyncio.gather(
            *(self.http.get(f"{self.suite.url(name)}{url}") for name in self.suite.ports)
        )
        return [
            (subject, datetime.fromisoformat(due))
            for answer in answers
            for subject, due in answer.json()
        ]

    async def move(self, to: datetime, *, rested: bool = False) -> None:
        """To a business time; whatever falls due before it happens first, each at its own: the
        clock halts there, and what follows from it is over before the next. `rested`: nothing was
        asked since all was quiet."""
        if not rested:
            await self.quiet()
        while self.due is not None and self.due < to:
            self.set(min(self.due + INSTANT, to))
            stood = self.due
            await self.ask_deadlines()
            await self.quiet()
            if self.due == stood:
                raise NotQuiet(f"what is due at {stood.isoformat()} stays due")
        self.set(to)
        if self.due is not None and self.due <= to:
            await self.ask_deadlines()
            await self.quiet()

    def set(self, to: datetime) -> None:
        with suppress(ValueError):  # it stands there already, or later
            self.stand(to.astimezone(UTC))

    async def ask_deadlines(self) -> int:
        """What has fallen due by the clock is asked. How many commands that were."""
        asked = (
            self.http.post(f"{self.suite.url(name)}/development/deadlines")
            for name in self.suite.ports
        )
        settled = 0
        for answer in await asyncio.gather(*asked):
            answer.raise_for_status()
            settled += answer.json()["settled"]
        return settled


def behind(states: Mapping[str, Mapping[str, Any]], without: tuple[str, ...] = ()) -> list[str]:
    """What has not been published yet, and what has been published and not been consumed."""
    missing = [
        f"{name} has published {one['told']} of {one['log']}"
        for name, one in states.items()
        if one["told"] < one["log"]
    ]
    for name, listener in states.items():
        if name in without:
            continue
        heard = {(row["reaction"], row["partition"]): row["position"] for row in listener["heard"]}
        for reaction, sources in listener["consumes"].items():
            for source in sources:
                for partition, last in states[source]["partitions"].items():
                    if heard.get((reaction, partition), 0) < last:
                        missing.append(f"{reaction} is behind on {partition}")
    return missing


def differing(states: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Where a listener has not taken in just as many events as were published; what is parked."""
    wrong = [f"{name}: {one['parked']} parked" for name, one in states.items() if one["parked"]]
    for one in states.values():
        for reaction, sources in one["consumes"].items():
            for source in sources:
                told = states[source]["log"]
                places = states[source]["partitions"]
                taken = sum(
                    row["taken"]
                    for row in one["heard"]
                    if row["reaction"] == reaction and row["partition"] in places
                )
                if taken != told:
                    wrong.append(f"{reaction} took in {taken} of {told} events of {source}")
    return wrong


def open_client(suite: Suite) -> Client:
    return Client(suite, HttpClient(), partial(move_clock, suite.clock))
