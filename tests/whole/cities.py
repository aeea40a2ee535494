"""The files of real rows, and what each needs to be replayed: a pack and a mapping."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeAlias

from libs.console.mapping import Mapped
from libs.statute.pack import Pack, read_pack
from tests.conftest import ROOT, SHARED
from tests.whole import pingshan

Read: TypeAlias = Callable[[Path], tuple[Pack, Mapped]]

BOSTON_ROWS: Final = SHARED / "data" / "boston311_2015_jan_feb.csv"
PINGSHAN_ROWS: Final = SHARED / "data" / "pingshan_grid_events_2018_to_oct.csv"


def read_boston(folder: Path) -> tuple[Pack, Mapped]:
    """By the demonstration's own pack and mapping."""
    pack = read_pack(ROOT / "jurisdictions" / "boston")
    return pack, Mapped.read(ROOT / "demo" / "boston311.yaml", BOSTON_ROWS, pack)


def read_pingshan(folder: Path) -> tuple[Pack, Mapped]:
    """By a pack and a mapping that are made of its columns, in that folder."""
    binhai = ROOT / "jurisdictions" / "binhai"
    pack = read_pack(pingshan.make_pack(folder / "pack", binhai, PINGSHAN_ROWS))
    mapping = pingshan.make_mapping(folder / "mapping.yaml", PINGSHAN_ROWS)
    return pack, Mapped.read(mapping, PINGSHAN_ROWS, pack)


CITIES: Final[Mapping[str, Read]] = {"boston": read_boston, "pingshan": read_pingshan}
