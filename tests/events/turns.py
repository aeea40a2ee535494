"""Rooms and bookings settled: what the tests of settling ask, and what they look at."""

import asyncio
from collections.abc import Sequence
from typing import Any

from libs.events.core.kernel import (
    Command,
    Envelope,
    Event,
    Refused,
)
from libs.events.deciding.settling import Settler
from libs.events.deciding.turn import Answer
from libs.events.wire import codec
from tests.events.toy import (
    OpenRoom,
    asked,
    context,
)

BLUE = OpenRoom(room="blue")


def settled(s: Settler, *commands: Command, awaited: bool = True) -> list[Answer]:
    with s.log.transaction() as tx:
        return s.settle(tx, asked(*commands, awaited=awaited))


def told(s: Settler) -> list[Envelope[Event]]:
    with s.log.engine.connect() as tx:
        page = s.log.read(tx, after=0)
    keys = s.log.keys.find({one.correlation_id for one in page})
    return [codec.opened(one, keys) for one in page]


def rules(answers: Sequence[object]) -> list[str]:
    return [one.rule if isinstance(one, Refused) else type(one).__name__ for one in answers]


async def at_once(s: Settler, *commands: Command) -> list[Any]:
    waiting = (s.ask(one, context()) for one in commands)
    return await asyncio.gather(*waiting, return_exceptions=True)
