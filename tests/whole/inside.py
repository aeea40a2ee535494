"""A suite in one process: the same settlers, reactions, projections, deadlines and relays; a
loopback in Kafka's place."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import orjson
from faststream.kafka import KafkaBroker

from libs.console.client import Client
from libs.console.http_client import Answer
from libs.console.suite import Suite
from libs.events.kafka.clients import Placed
from libs.events.kafka.tails import Tail
from libs.events.listening.listener import Listener
from libs.events.process.service import Service
from libs.events.process.world import World
from libs.events.store.databases import open_engine
from libs.events.store.vault import MasterKey, Vault
from libs.statute.pack import Pack
from tests.assembled import ASSEMBLE
from tests.conftest import nowhere, record_of

SECONDS: Final = 120.0
PORTS: Final = {name: 8101 + number for number, name in enumerate(ASSEMBLE)}


class MovedClock:
    """A business clock that stands where it was set, and never goes back."""

    moved = True

    def __init__(self, begins: datetime) -> None:
        self._now = begins

    def __call__(self) -> datetime:
        return self._now

    def set(self, to: datetime) -> None:
        self._now = max(self._now, to)


@dataclass(frozen=True)
class Headed(Answer):
    """With its headers, whose names are in small letters."""

    headers: Mapping[str, str]


class InProcess:
    """HTTP without a wire: each request goes straight to the application of its port."""

    def __init__(self, apps: Mapping[int, Any]) -> None:
        self.apps = dict(apps)

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        return await self._asked("GET", url, b"", headers or {})

    async def put(self, url: str, *, content: bytes, headers: Mapping[str, str]) -> Answer:
        return await self._asked("PUT", url, content, headers)

    async def post(
        self, url: str, *, json: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        body = b"" if json is None else orjson.dumps(json)
        kind = {} if json is None else {"content-type": "application/json"}
        return await self._asked("POST", url, body, {**(headers or {}), **kind})

    async def _asked(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        parts = urlsplit(url)
        named = {"content-length": str(len(body)), **headers} if body else headers
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": unquote(parts.path), "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(), "root_path": "", "server": None, "client": None,
            "headers": [(k.lower().encode(), v.encode()) for k, v in named.items()],
        }  # fmt: skip
        status, chunks, said = 0, list[bytes](), dict[str, str]()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                said.update((name.decode(), text.decode()) for name, text in message["headers"])
            else:
                chunks.append(message.get("body", b""))

        assert parts.port is not None
        await self.apps[parts.port](scope, receive, send)
        return Headed(status, b"".join(chunks), said)


class Around:
    """A producer that hands each batch whole to whoever listens, and keeps the last record."""

    def __init__(self) -> None:
        self.listeners: list[Listener] = []
        self._last: dict[tuple[str, int], Any] = {}

    async def start(self) -> None:
        return None

    async def close(self) -> None:
        return None

    async def send(self, batch: Sequence[Placed]) -> None:
        records = []
        for one in batch:
            place = (one.topic, one.partition)
            offset = self._last[place].offset + 1 if place in self._last else 0
            record = record_of(one, offset)
            self._last[place] = record
            records.append(record)
        for listener in self.listeners:
            wanted = [record for record in records if record.topic in listener.topics]
            if wanted:
                await asyncio.to_thread(listener.take_in, wanted)

    async def tails(self, topics: Sequence[str]) -> Mapping[tuple[str, int], Tail | None]:
        found: dict[tuple[str, int], Tail | None] = {(topic, 0): None for topic in topics}
        for (topic, partition), last in self._last.items():
            if topic in topics:
                found[topic, partition] = Tail(
                    offset=last.offset, headers=tuple(last.headers), value=last.value
                )
        return found


@asynccontextmanager
async def inside(folder: Path, pack: Pack, begins: datetime) -> AsyncIterator[Client]:
    """All services on databases of their own, ready, and a client that speaks to them."""
    suite = Suite("", folder, "", PORTS)
    clock, around = MovedClock(begins), Around()
    keys = Vault(open_engine(f"sqlite:///{folder}/keys.db"), MasterKey(b"k" * 32))
    apps: dict[int, Any] = {}
    running: list[asyncio.Task[None]] = []
    async with AsyncExitStack() as stack:
        for name, assemble in ASSEMBLE.items():
            world = World(
                engine=open_engine(f"sqlite:///{folder}/{name}.db"),
                keys=keys,
                broker=KafkaBroker(),
                producers=lambda _: around,
                tails=around.tails,
                issuer=suite.issuer,
                clock=clock,
                make_topics=list,
                send_copies=nowhere,
                linger=0.0,
            )
            service = assemble(world, pack)
            around.listeners.append(service.listener)
            service.prepare()
            stack.enter_context(service.settler)
            apps[PORTS[name]] = service.app()
            running += [asyncio.create_task(one) for one in parts_of(service)]
        try:
            client = Client(suite, InProcess(apps), clock.set)
            await loaded(client)
            yield client
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


def parts_of(service: Service) -> list[Any]:
    """What a service process runs, but for its consumer and the minute of its deadlines."""
    relays = [service.relay.run(), service.joining()]
    return [*relays, service.loader.run(), retrying(service.listener)]


async def retrying(listener: Listener) -> None:
    while True:
        await asyncio.sleep(1.0)
        await asyncio.to_thread(listener.retry_due)


async def loaded(client: Client) -> None:
    """Until no pack differs from what is on record. Raises `TimeoutError`."""
    until = monotonic() + SECONDS
    while waiting := [name for name, one in (await client.states()).items() if not one["loaded"]]:
        if monotonic() > until:
            raise TimeoutError(f"not loaded: {', '.join(waiting)}")
        await asyncio.sleep(0.05)
