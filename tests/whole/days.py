"""Real rows day by day: all of a day at once, each act at its own row's time."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from itertools import groupby
from pathlib import Path
from time import monotonic
from typing import Any, Final

from libs.console.acts import Acts
from libs.console.judging import report
from libs.console.mapping import Case, Mapped
from libs.console.replay import OPEN, Moment, moments_of
from libs.statute.pack import Pack
from tests.whole.inside import inside

AT_ONCE: Final = 500
WITHOUT: Final = ("oversight",)


async def play_days(acts: Acts, zone: Any, told: Callable[[int], None]) -> None:
    """To the end of the day on which the last row closes."""
    client = acts.client
    await client.learn()
    await client.quiet()
    moments = moments_of(acts.mapped.cases)
    for day, some in groupby(moments, lambda one: one[0].astimezone(zone).date()):
        await client.move(midnight(day, zone), without=WITHOUT, step=False)
        today = list(some)
        await play_day(acts, today)
        told(len(today))
    await client.quiet()


async def play_day(acts: Acts, today: Sequence[Moment]) -> None:
    opened = [case for _, what, case in today if what == OPEN]
    closing = [case for _, what, case in today if what != OPEN]
    await together(acts.open(case) for case in opened)
    await acts.follow(opened, [])
    answered = [case for case in closing if case.outcome != "DUPLICATE"]
    checked = await together(acts.close(case) for case in answered)
    # One may be merged into another of the same day: these go one after another.
    for case in closing:
        if case.outcome == "DUPLICATE":
            await acts.close(case)
    closed = [case for case, checks in zip(answered, checked, strict=True) if checks]
    await acts.follow([], closed)


async def together(acts: Any) -> list[Any]:
    """So many at once that a turn is full."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def gated(act: Any) -> Any:
        async with gate:
            return await act

    return await asyncio.gather(*(gated(act) for act in acts))


async def replayed(
    folder: Path, pack: Pack, mapped: Mapped, told: Callable[[int], None]
) -> dict[str, Any]:
    """What came of them, as the demonstration tells it."""
    zone = pack.rules.calendar.zone
    begins = midnight(mapped.cases[0].opened.astimezone(zone).date(), zone)
    async with inside(folder, pack, begins) as client:
        began = monotonic()
        acts = Acts(client, mapped, at_once=AT_ONCE)
        await play_days(acts, zone, told)
        seconds = monotonic() - began
        found = await report(acts)
        found["seconds"] = round(seconds, 1)
        found["rows a second"] = round(len(mapped.cases) / seconds, 1)
        return found


def midnight(day: date, zone: Any) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def first_rows(mapped: Mapped, most: int | None) -> Mapped:
    """The earliest, and with them whatever the city says of them."""
    if most is None:
        return mapped
    cases: Sequence[Case] = mapped.cases[:most]
    return Mapped(cases, mapped.acts, mapped.leads, mapped.reason, mapped.basis)
