"""Real rows of whole files through all services in one process."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from time import monotonic
from typing import Any, Final

from libs.console.acts import Acts
from libs.console.judging import report
from libs.console.mapping import Case, Mapped
from libs.console.replay import Replay
from libs.statute.pack import Pack
from tests.whole.inside import inside

# So many at once that a turn is full.
AT_ONCE: Final = 500


async def replayed(
    folder: Path, pack: Pack, mapped: Mapped, told: Callable[[int], None]
) -> dict[str, Any]:
    """What came of them, as the demonstration tells it."""
    zone = pack.rules.calendar.zone
    begins = midnight(mapped.cases[0].opened.astimezone(zone).date(), zone)
    async with inside(folder, pack, begins) as client:
        began = monotonic()
        acts = Acts(client, mapped, at_once=AT_ONCE)
        await Replay(acts, told).run()
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
