"""Waiting until a service has published and heard as much as somebody knows of: for replays, plays
and tests, which go on as soon as that is so and ask nobody again and again.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from libs.events.kafka.relay import wake
from libs.events.store.log import Log

# So many seconds, at most, whoever asks for it waits.
PATIENCE: Final = 5.0

State = Mapping[str, Any]


async def reached(
    state: Callable[[], dict[str, Any]], log: Log, wanted: Mapping[str, int]
) -> dict[str, Any]:
    """The state, as soon as all is published and every partition was consumed so far by every
    reaction that consumes it; or as it is after `PATIENCE`."""
    loop = asyncio.get_running_loop()
    stirred = asyncio.Event()
    until = loop.time() + PATIENCE
    with log.watched(lambda: wake(loop, stirred)):
        while True:
            stirred.clear()
            found = await asyncio.to_thread(state)
            if loop.time() > until or not lacking(found, wanted):
                return found
            with suppress(TimeoutError):
                async with asyncio.timeout_at(until):
                    await stirred.wait()


def lacking(state: Mapping[str, Any], wanted: Mapping[str, int]) -> bool:
    """Whether something is not published yet, or not consumed."""
    if state["told"] < state["log"]:
        return True
    heard = {(row["reaction"], row["partition"]): row["position"] for row in state["heard"]}
    return any(
        heard.get((reaction, partition), 0) < position
        for reaction, sources in state["consumes"].items()
        for partition, position in wanted.items()
        if partition.rpartition("/")[0].split(".")[-2] in sources
    )
