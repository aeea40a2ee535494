"""What every bench stands on: repeated, in turn, and told as medians."""

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Any, TypeAlias

Measure: TypeAlias = Callable[[], float]


@dataclass(frozen=True)
class Figure:
    """What one contender did: the median of its runs, and the least and most of them."""

    name: str
    unit: str
    median: float
    least: float
    most: float
    ratio: float

    def row(self) -> tuple[str, ...]:
        shown = f"{self.median:,.0f}" if self.median >= 100 else f"{self.median:.2f}"
        span = f"{self.least:,.0f} – {self.most:,.0f}" if self.most >= 100 else (
            f"{self.least:.2f} – {self.most:.2f}"
        )  # fmt: skip
        return self.name, f"{self.ratio:.2f}", f"{shown} {self.unit}", span


def side_by_side(
    contenders: Mapping[str, Measure], *, unit: str, repeats: int, told: Callable[[], None]
) -> list[Figure]:
    """All of them in turn, again and again: what disturbs the machine disturbs them alike.

    The first contender is what the others are compared with.
    """
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(repeats):
        for name, measure in contenders.items():
            found[name].append(measure())
            told()
    base = median(next(iter(found.values())))
    return [
        Figure(name, unit, median(some), min(some), max(some), median(some) / base)
        for name, some in found.items()
    ]


def shares(some: Sequence[float], *percents: int) -> list[float]:
    """The values below which so many percent lie."""
    ranked = sorted(some)
    return [ranked[min(len(ranked) - 1, len(ranked) * one // 100)] for one in percents]


def machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "at": datetime.now(UTC).date().isoformat(),
    }
