"""Every service put together with nothing behind it, so that what is declared can be read."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache

from faststream.kafka import KafkaBroker

from libs.events.process.service import Service
from libs.events.process.world import World
from libs.events.store.databases import open_engine
from libs.events.store.vault import Vault
from tests.assembled import ASSEMBLE
from tests.conftest import ISSUER, MASTER, PACK, Loopback, StoodStill, nowhere


def nothing_behind() -> World:
    loopback = Loopback()
    return World(
        engine=open_engine("sqlite://"),
        keys=Vault(open_engine("sqlite://"), MASTER),
        broker=KafkaBroker(),
        producers=lambda name: loopback,
        tails=loopback.tails,
        issuer=ISSUER,
        clock=StoodStill(datetime(2026, 6, 1, 1, tzinfo=UTC)),
        make_topics=list,
        send_copies=nowhere,
    )


@cache
def services() -> Mapping[str, Service]:
    return {name: assemble(nothing_behind(), PACK) for name, assemble in ASSEMBLE.items()}
