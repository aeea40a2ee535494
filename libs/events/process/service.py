"""What a service process is: its settings, what it finds around it, what runs while it runs."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence, Set
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from types import ModuleType
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, FastAPI, Query
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from fastapi_offline import FastAPIOffline
from sqlalchemy import Connection, func, select

from libs.events.core.kernel import Record
from libs.events.deciding.loading import Differences, Loader
from libs.events.deciding.settling import Settler
from libs.events.http.bodies import Instant
from libs.events.http.catalogue import Explanation
from libs.events.http.edge import know_callers
from libs.events.http.problems import answer_refusals
from libs.events.http.texts import Texts
from libs.events.kafka.ends import ForeignTail
from libs.events.kafka.partitions import stored_spread
from libs.events.kafka.relay import RELAY, Relay
from libs.events.kafka.tails import position_in
from libs.events.listening.consumer import BatchConsumer
from libs.events.listening.dead_letters import DeadLetterPublisher
from libs.events.listening.listener import Listener, Reaction
from libs.events.process.deadlines import Deadline, Deadlines
from libs.events.process.lag import Lag
from libs.events.process.metrics import Metrics, Workings, content_type
from libs.events.process.operations import deadlines, operations
from libs.events.process.progress import reached
from libs.events.process.world import World
from libs.events.releases.models import ReadModels
from libs.events.store.databases import Unusable, prepare_tables, rinsing
from libs.events.store.tables import checkpoints, parked, tables_of, watermarks
from libs.events.wire import asyncapi
from libs.events.wire.codec import topic_of

logger = logging.getLogger(__name__)

STOP_SECONDS: Final = 8.0
PAUSE: Final = 1.0
UNREADY: Final[Any] = {503: {"description": "what it is not ready for"}}


class Tombstones(Record):
    """The names of keys that were destroyed for good, and up to which place that was read."""

    names: Collection[str]
    until: int


@dataclass
class Service:
    """The parts of one service, put together by its `main`, and what runs while it runs."""

    world: World
    settler: Settler
    contract: ModuleType
    agency: str
    reactions: Mapping[str, Reaction] = field(default_factory=dict)
    deadlines: Mapping[str, Deadline] = field(default_factory=dict)
    differences: Sequence[Differences] = ()
    # All that the pack says today, in one word: another word, and the registers are compared again.
    pack_says: Callable[[], str] = lambda: ""
    refusals: Mapping[str, Explanation] = field(default_factory=dict)
    texts: Texts = field(default_factory=Texts)
    routers: Sequence[APIRouter] = ()
    # The further relays that are wanted now: asked again and again, as contracts come.
    relays: Callable[[], Sequence[Relay]] = tuple
    # What was erased, as far as its log or what it consumed says, behind a place there.
    tombstones: Callable[[Connection, int], Tombstones] | None = None
    # What it is made of, where its `main` declares it so.
    streams: Sequence[Any] = ()

    def __post_init__(self) -> None:
        world = self.world
        self.name = self.settler.log.name
        self.models = ReadModels(self.settler, self.reactions)
        self.settler.log.models = self.models
        self.listener = Listener(self.settler, self.reactions, world.namespace)
        self.consumer = (
            BatchConsumer(world.broker, self.listener, backoff=world.backoff, told=world.told)
            if self.reactions
            else None
        )
        self.lag = Lag(world, self.listener)
        self.timing = Deadlines(
            self.settler, self.deadlines, clock=world.clock, heard_until=self.lag.heard_until
        )
        self.loader = Loader(
            self.settler,
            self.differences,
            agency=self.agency,
            clock=world.clock,
            says=self.pack_says,
        )
        self.relay = Relay(
            self.settler.log,
            lambda: world.producers(self.name),
            world.tails,
            topic=topic_of(self.name, world.namespace),
            linger=world.linger,
            told=world.told,
        )
        self.dead_letters = DeadLetterPublisher(self.listener, world.send_copies)
        hears = {
            name: [topic_of(source, world.namespace) for source in one.to]
            for name, one in self.reactions.items()
        }
        self.metrics = Metrics(self.settler.log, self.settler.waiting, hears)
        self.settler.turned = self.metrics.turned
        self.settler.returned = self.forget_again
        self.failed = ""
        self.unjoined = ""

    def prepare(self, *, filled: bool = True) -> None:
        """The tables stand, and the read models show the log unless somebody is about to fill them.

        Raises `Unusable`, `WrongMasterKey`.
        """
        prepare_tables(self.world.engine, tables_of(self.name))
        self.world.keys.prepare()
        self.forget_again()
        with self.settler.log.transaction() as tx:
            self.settler.log.lock(tx)
            if filled and not self.models.filled_in(self.settler.log.shown):
                raise Unusable(
                    f"the read models of {self.name} are those of another release:"
                    f" `lianban rebuild {self.name}` fills them"
                )

    def forget_again(self) -> None:
        """What was forgotten is forgotten, whichever state of the key store was restored: at start,
        before anything is served, and whenever the store was away."""
        if self.tombstones is None:
            return
        keys = self.world.keys
        with self.world.engine.connect() as tx:
            since = keys.forgotten_until(self.name)
            found = self.tombstones(tx, since)
        if found.until != since and (
            back := keys.forget_again(self.name, found.names, found.until)
        ):
            logger.warning("%s: %s keys had come back, and are destroyed again", self.name, back)

    async def require_topic(self) -> None:
        """Its topic is as its log needs it, and what Kafka holds lies in the log: before anything
        is settled. Raises `Unusable`, `ForeignTail`."""
        await asyncio.to_thread(self._compare, {self.relay.topic: await self._counted()})
        await self.relay.check_tail()

    async def _counted(self) -> int | None:
        def asked() -> int | None:
            with self.world.engine.connect() as tx:
                spread = stored_spread(tx, RELAY, self.relay.topic)
            return spread.count if spread else None

        return await asyncio.to_thread(asked)

    def _compare(self, topics: Mapping[str, int | None]) -> None:
        """What differs is said, a line each. Raises `Unusable` where records or their order would
        be lost."""
        found = self.world.differences(topics)
        for one in found:
            logger.warning("%s", one)
        if refusing := [str(one) for one in found if one.refuses]:
            raise Unusable("; ".join(refusing))

    def app(self) -> FastAPI:
        # Its pages load nothing from elsewhere: a district's network often ends at its door.
        app = FastAPIOffline(title=self.name, lifespan=self._lifespan, version="1")
        for router in (
            *self.routers,
            self._state_router(),
            operations(self.listener, self.dead_letters),
            deadlines(self.timing),
        ):
            # As they are: `include_router` builds each route a second time.
            app.router.routes.extend(router.routes)
        know_callers(app, self.world.issuer, clock=self.world.clock)
        answer_refusals(app, self.refusals, self.texts)
        return app

    @asynccontextmanager
    async def _lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(self.prepare)
        # Before anything is settled: what Kafka holds must lie in this log.
        await self.relay.check_tail()
        self.listener.forget_unknown()
        with self.settler:
            await self.world.broker.start()
            running = [asyncio.create_task(one) for one in self._running()]
            try:
                yield
            finally:
                for task in running:
                    task.cancel()
                await asyncio.gather(*running, return_exceptions=True)
                with suppress(Exception):
                    async with asyncio.timeout(3.0):
                        await self.world.broker.stop()
        self.world.engine.dispose()
        self.world.keys.engine.dispose()

    def _running(self) -> list[Any]:
        parts = [self._relayed(self.relay), self.joining()]
        parts += [self.loader.run(), self.timing.run(), rinsing()]
        if self.consumer is None:
            return parts
        return [
            *parts,
            self.consumer.retry(),
            self.consumer.watch(),
            self.dead_letters.run(),
        ]

    async def joining(self) -> None:
        """Every further relay runs from when it is first wanted, on a topic that is made for it."""
        running: dict[str, asyncio.Task[None]] = {}
        try:
            while True:
                unjoined = ""
                for relay in await self._wanted():
                    if relay.topic in running:
                        continue
                    try:
                        await asyncio.to_thread(self.world.make_topics, [relay.topic])
                        await asyncio.to_thread(self._compare, {relay.topic: 1})
                    except Exception as problem:  # its own trouble, and nobody else's
                        logger.exception("%s could not be joined yet", relay.topic)
                        unjoined = f"{relay.topic} cannot be published to: {problem!r}"
                    else:
                        running[relay.topic] = asyncio.create_task(self._relayed(relay))
                self.unjoined = unjoined
                await asyncio.sleep(PAUSE)
        finally:
            for task in running.values():
                task.cancel()
            await asyncio.gather(*running.values(), return_exceptions=True)

    async def _wanted(self) -> Sequence[Relay]:
        try:
            return await asyncio.to_thread(self.relays)
        except Exception:
            logger.exception("who wants a topic could not be asked")
            return ()

    async def _relayed(self, relay: Relay) -> None:
        try:
            await relay.run()
        except ForeignTail as foreign:
            self.failed = str(foreign)

    def state(self) -> dict[str, Any]:
        """How far all is: the log, what was published of it, what was consumed, what waits."""
        with self.world.engine.connect() as tx:
            told = tx.execute(select(checkpoints)).mappings().all()
            marks = tx.execute(select(watermarks)).mappings().all()
            waiting = tx.execute(select(func.count()).select_from(parked)).scalar_one()
            head = self.settler.log.head(tx)
        relay = next((row for row in told if row["reader"] == RELAY), None)
        last = dict(relay["partitions"]) if relay else {}
        next_due = self.timing.next_due(since=(head, waiting, sum(row["taken"] for row in marks)))
        return {
            "service": self.name,
            "now": self.world.clock().isoformat(),
            "log": head,
            "told": relay["position"] if relay else 0,
            "partitions": {name: at for name, at in last.items() if "/" in name},
            "consumes": {name: sorted(one.to) for name, one in self.reactions.items()},
            "heard": [
                {
                    "reaction": row["reaction"],
                    "partition": f"{row['topic']}/{row['partition']}",
                    "position": row["position"],
                    "taken": row["taken"],
                }
                for row in marks
            ],
            "parked": waiting,
            "loaded": self.loader.done,
            "next_due": next_due.isoformat() if next_due else None,
        }

    def works(self) -> Workings:
        consumer = self.consumer
        return Workings(
            away=bool(self.settler.away),
            broken=bool(consumer and consumer.broken),
            stuck=bool(consumer and consumer.stuck),
            stopped=bool(consumer and consumer.stopped),
            waiting=consumer.waiting if consumer else 0,
            unasked_seconds=monotonic() - self.timing.asked,
        )

    def unready(self) -> str:
        """Why nobody should be sent here just now, or nothing."""
        if why := self.failed or self.relay.lost or self.unjoined:
            return why
        if not self.loader.done:
            return f"the pack is being loaded: {self.loader.waits_for}"
        if away := self.settler.away:
            return f"nothing is settled just now: {away}"
        consumer = self.consumer
        return (consumer.stopped or consumer.broken or consumer.stuck) if consumer else ""

    def _state_router(self) -> APIRouter:
        router = APIRouter(tags=["service"])

        @router.get("/health/live", operation_id="Live")
        def live() -> dict[str, str]:
            return {"service": self.name}

        @router.get("/health/ready", operation_id="Ready", responses=UNREADY)
        def ready() -> JSONResponse:
            why = self.unready()
            return JSONResponse({"unready": why}, status_code=503 if why else 200)

        @router.get("/metrics", operation_id="Metrics", response_class=PlainTextResponse)
        async def told() -> Response:
            """For Prometheus. Where Kafka is away nobody can say who is behind, so nothing does."""
            ends: dict[tuple[str, int], int] | None = None
            behind: Set[tuple[str, str, int]] = frozenset()
            try:
                tails = await self.world.tails(self.listener.topics) if self.reactions else {}
                behind = (await self.lag.behind(tails)).keys()
                ends = {place: position_in(tail) for place, tail in tails.items()}
            except Exception:
                logger.warning("where the partitions end could not be asked", exc_info=True)
            text = await asyncio.to_thread(self.metrics.text, ends, self.works(), behind)
            return Response(text, media_type=content_type())

        @router.get("/asyncapi.json", operation_id="AsyncApi")
        def described() -> dict[str, Any]:
            hears = [service for one in self.reactions.values() for service in one.to]
            return asyncapi.document(
                self.name, self.contract, namespace=self.world.namespace, hears=hears
            )

        @router.get("/asyncapi", operation_id="AsyncApiPage", response_class=HTMLResponse)
        def page() -> str:
            return asyncapi.page(self.name, self.contract)

        if self.world.clock.moved:
            self._development(router)
        return router

    def _development(self, router: APIRouter) -> None:
        """Only where the clock is a file, which is never so with a real issuer."""

        @router.get("/development/clock", operation_id="DevelopmentClock")
        def clock() -> dict[str, Any]:
            return self.state()

        @router.post("/development/positions", operation_id="AwaitPositions")
        async def positions(wanted: dict[str, int]) -> Response:
            """Waits, a while, until all is published, and consumed up to these positions."""
            found = await reached(self.state, self.settler.log, wanted)
            return Response(orjson.dumps(found), media_type="application/json")

        @router.get("/development/deadlines", operation_id="ShowDeadlines")
        def dues(by: Instant, limit: Annotated[int, Query(ge=1, le=10_000)]) -> list[list[str]]:
            return [[one, at.isoformat()] for one, at in self.timing.due_by(by, limit)]

        @router.post("/development/deadlines", operation_id="AskDeadlines")
        async def deadlines() -> dict[str, int]:
            return {"settled": await self.timing.ask()}
