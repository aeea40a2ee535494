"""A suite in one process: the same settlers, reactions, projections, deadlines and relays; a
loopback in Kafka's place."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any, Final

import httpx
from faststream.kafka import KafkaBroker

from libs.console.client import Client
from libs.console.suite import Suite
from libs.events.kafka.clients import Placed
from libs.events.kafka.tails import Tail
from libs.events.listening.listener import Listener
from libs.events.process.service import Service, World
from libs.events.store.databases import open_engine
from libs.events.store.vault import MasterKey, Vault
from libs.statute.pack import Pack
from services.enforcement.main import assemble as assemble_enforcement
from services.exchange.main import assemble as assemble_exchange
from services.grid.main import assemble as assemble_grid
from services.oversight.main import assemble as assemble_oversight
from tests.conftest import nowhere, record_of

SERVICES: Final = {
    "grid": assemble_grid,
    "exchange": assemble_exchange,
    "oversight": assemble_oversight,
    "enforcement": assemble_enforcement,
}
SECONDS: Final = 120.0
PORTS: Final = {name: 8101 + number for number, name in enumerate(SERVICES)}


class OwnTime:
    """A business clock that stands, for each task, where that task has set it."""

    moved = True

    def __init__(self, begins: datetime) -> None:
        self._latest = begins
        self._own: ContextVar[datetime | None] = ContextVar("the time of this task", default=None)

    def __call__(self) -> datetime:
        return self._own.get() or self._latest

    def set(self, to: datetime) -> None:
        self._own.set(to)
        self._latest = max(self._latest, to)


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
    clock, around = OwnTime(begins), Around()
    keys = Vault(open_engine(f"sqlite:///{folder}/keys.db"), MasterKey(b"k" * 32))
    mounts: dict[str, httpx.AsyncBaseTransport] = {}
    running: list[asyncio.Task[None]] = []
    async with AsyncExitStack() as stack:
        for name, assemble in SERVICES.items():
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
            )
            service = assemble(world, pack)
            around.listeners.append(service.listener)
            service.prepare()
            stack.enter_context(service.settler)
            mounts[f"all://127.0.0.1:{PORTS[name]}"] = httpx.ASGITransport(service.app())
            running += [asyncio.create_task(one) for one in parts_of(service)]
        http = await stack.enter_async_context(
            httpx.AsyncClient(mounts=mounts, timeout=120.0, trust_env=False)
        )
        try:
            client = Client(suite, http, clock.set)
            await loaded(client)
            yield client
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


def parts_of(service: Service) -> list[Any]:
    """What a service process runs, but for its ear and the minute of its deadlines."""
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
