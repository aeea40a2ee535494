"""A service of the suite: its streams, with what a pack says of numbers, days and agencies."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Final

from libs.events.declaring.assembly import assembled
from libs.events.declaring.stream import Stream
from libs.events.http.catalogue import Explanation, read_catalogue
from libs.events.http.texts import Texts
from libs.events.process.service import Service
from libs.events.process.world import World
from libs.events.store.log import Log
from libs.events.store.numbers import Numbers
from libs.statute.pack import Pack
from libs.suite.forgetting import forgetting, tombstones

# What refusals say, in Chinese; and where each service keeps the table of its own.
LOCALE: Final = Path(__file__).with_name("locale")
SERVICES: Final = Path(__file__).parents[2] / "services"


def refusals_of(service: str) -> Mapping[str, Explanation]:
    return read_catalogue(SERVICES / service / "refusals.csv")


def service(
    world: World,
    log: Log,
    contract: ModuleType,
    pack: Pack,
    streams: Sequence[Stream],
    *,
    agency: str,
    says: Callable[[], str] | None = None,
) -> Service:
    """`says` is all that the pack says today, in one word, where it is more than its digest."""
    rules = pack.rules
    made = assembled(
        world,
        log,
        contract,
        [*streams, *forgetting(log.name)],
        refusals=refusals_of(log.name),
        texts=Texts(LOCALE, rules.calendar.zone),
        agency=agency,
        numbers=Numbers(
            patterns=rules.numbers, zone=rules.calendar.zone, short_names=rules.short_names
        ),
        day=rules.day,
        pack_says=says or (lambda: pack.digest),
    )
    made.tombstones = partial(tombstones, log.name)
    return made
