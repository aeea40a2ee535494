"""Pictures of what a bench has found, as SVG: how costs grow, and how a spike is served."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tests.bench.growing import SIZES

COLOURS: Final = {"sqlite": "#1f6f8b", "postgresql": "#c2572b"}
PANELS: Final = (
    ("settled a second, 64 callers", "commands a second"),
    ("read a second", "events a second"),
    ("page of the board, p95 ms", "ms"),
    ("page of the inbox, p95 ms", "ms"),
)


def drawn(told: Mapping[str, Any], folder: Path) -> Iterator[Path]:
    """The pictures of those benches that were run."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "lianban", "font.size": 9, "axes.grid": True})
    folder.mkdir(parents=True, exist_ok=True)
    if "growth" in told:
        yield of_growth(told["growth"], folder / "growth.svg")
    if "spike" in told:
        yield of_spike(told["spike"], folder / "spike.svg")


def of_growth(found: Mapping[str, float], file: Path) -> Path:
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(PANELS), figsize=(12, 3))
    for panel, (name, unit) in zip(panels, PANELS, strict=True):
        for database, colour in COLOURS.items():
            values = [found[f"{database}, {name}, {size:,}"] for size in SIZES]
            panel.plot(SIZES, values, "o-", color=colour, label=database)
        panel.set(title=name, ylabel=unit, xscale="log", xlabel="events on record")
        panel.set_ylim(bottom=0)
    panels[0].legend()
    return saved(figure, file)


def of_spike(found: Mapping[str, Any], file: Path) -> Path:
    """Each second of the spike: how many were acknowledged and how many told to come back; below
    it how long one alone waits, before, during and after."""
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(COLOURS), figsize=(10, 3))
    for panel, (database, colour) in zip(panels, COLOURS.items(), strict=True):
        seconds = found[f"{database}: acknowledged, second by second"]
        refused = found[f"{database}: told to come back, second by second"]
        panel.bar(range(len(refused)), refused, color="#cccccc", label="told to come back")
        panel.bar(range(len(seconds)), seconds, color=colour, label="acknowledged")
        panel.set(title=f"ten times too much, {database}", xlabel="second", ylabel="answers")
        panel.legend()
    return saved(figure, file)


def saved(figure: Any, file: Path) -> Path:
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})
    return file
