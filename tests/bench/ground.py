"""A grid that knows its cells and its catalogue, on either database, without anybody around it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from faststream.kafka import KafkaBroker

from libs.contracts.vocabulary import (
    CategoryCode,
    ChannelCode,
    Location,
    ReportId,
)
from libs.events.core.kernel import Context
from libs.events.process.service import Service
from libs.events.process.world import World
from libs.events.store.databases import open_engine
from libs.events.store.tables import metadata
from libs.events.store.vault import Vault, vault_metadata
from libs.events.system.clocks import machine_clock
from libs.events.system.gc_tuning import collect_seldom
from libs.events.system.ids import uuid7
from libs.statute.pack import Pack
from services.exchange.main import assemble as assemble_exchange
from services.grid.main import assemble as assemble_grid
from services.grid.report.commands import SubmitReport
from tests.conftest import ISSUER, MASTER, PACK, Loopback, StoodStill, nowhere
from tests.grid.ground import know_the_ground
from tests.postgresql import postgresql_url

NOW = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)


def urls(database: str, folder: Path) -> tuple[str, str]:
    """Of the service and of its keys."""
    if database == "sqlite":
        name = uuid7()
        return f"sqlite:///{folder}/{name}.db", f"sqlite:///{folder}/{name}-keys.db"
    return postgresql_url(), postgresql_url()


@contextmanager
def grid_on(database: str, folder: Path) -> Iterator[Service]:
    """A fresh one, whose settler takes commands."""
    with service_on(assemble_grid, database, folder) as service:
        with service.settler.log.transaction() as tx:
            service.settler.log.lock(tx)
            know_the_ground(tx)
        with service.settler:
            yield service


@contextmanager
def exchange_on(database: str, folder: Path) -> Iterator[Service]:
    """A fresh one, with the pack loaded."""

    async def load(service: Service) -> None:
        while not await service.loader.once():
            pass

    with service_on(assemble_exchange, database, folder) as service:
        with service.settler:
            asyncio.run(load(service))
        yield service


@contextmanager
def service_on(
    assemble: Callable[[World, Pack], Service], database: str, folder: Path
) -> Iterator[Service]:
    service_url, keys_url = urls(database, folder)
    engine, keys_engine = open_engine(service_url), open_engine(keys_url)
    metadata.drop_all(engine)
    vault_metadata.drop_all(keys_engine)
    loopback = Loopback()
    world = World(
        engine=engine, keys=Vault(keys_engine, MASTER), broker=KafkaBroker(),
        producers=lambda _: loopback, tails=loopback.tails, issuer=ISSUER, clock=StoodStill(NOW),
        make_topics=list, send_copies=nowhere,
    )  # fmt: skip
    service = assemble(world, PACK)
    service.prepare()
    collect_seldom()  # as its process does, and as whoever is measured beside it then has it too
    try:
        yield service
    finally:
        engine.dispose()
        keys_engine.dispose()


def report(report_id: UUID | None = None) -> SubmitReport:
    """What a citizen says over the telephone: words, a place, and the time."""
    return SubmitReport(
        report_id=ReportId(report_id or uuid7()),
        channel=ChannelCode("HOTLINE_8890"),
        category_code=CategoryCode("1201160102"),
        description="rubbish beside the bus stop, for some days by now",
        location=Location(lon=117.642, lat=39.032, accuracy_m=8),
        media=(),
        captured_at=NOW,
        at=NOW,
    )


def seat() -> Context:
    return Context(
        actor="seat", role="HOTLINE_SEAT", agency="WGZX", at=machine_clock(), causation_id=uuid7()
    )
