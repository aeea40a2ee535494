"""`make bench`: every bench, or those that are named."""

import asyncio
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from libs.console.app import VAR
from libs.console.suite import kafka
from tests.bench.latency import latency
from tests.bench.measuring import Figure, machine, side_by_side
from tests.bench.settling import settled
from tests.bench.spike import spike

CALLERS: Final = (1, 16, 64, 256)
DATABASES: Final = ("sqlite", "postgresql")

Found = list[Figure] | dict[str, float]


def bench_settling(repeats: int, out: Console) -> Found:
    """SubmitReport settled, a second."""
    with TemporaryDirectory() as folder, Progress(console=out, transient=True) as progress:
        contenders = {
            f"{database}, {callers} callers": partial(run_settled, callers, Path(folder), database)
            for database in DATABASES
            for callers in CALLERS
        }
        task = progress.add_task("settling", total=len(contenders) * repeats)
        return side_by_side(
            contenders, unit="a second", repeats=repeats, told=partial(progress.advance, task)
        )


def run_settled(callers: int, folder: Path, database: str) -> float:
    return asyncio.run(settled(callers, folder, database))


def bench_latency(repeats: int, out: Console) -> Found:
    """From accepted to the agency's inbox, one after another, over a real Kafka."""
    with TemporaryDirectory() as folder, kafka(Path(folder), cache=VAR / "jars") as url:
        return latency(Path(folder), url, 40 * repeats)


def bench_spike(repeats: int, out: Console) -> Found:
    """Ten times what 64 callers reach, for thirty seconds, on SQLite."""
    with TemporaryDirectory() as folder:
        return asyncio.run(spike(Path(folder), "sqlite", 6.0 * repeats))


BENCHES: Final[dict[str, Callable[[int, Console], Found]]] = {
    "settling": bench_settling,
    "latency": bench_latency,
    "spike": bench_spike,
}


def main(
    names: Annotated[list[str] | None, typer.Argument(help="Which; all of them.")] = None,
    repeats: Annotated[int, typer.Option(min=1, max=50, help="Runs of each.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    out = Console(stderr=as_json)
    wanted = names or list(BENCHES)
    if unknown := [one for one in wanted if one not in BENCHES]:
        out.print(f"there is no bench {unknown[0]}: {', '.join(BENCHES)}")
        raise typer.Exit(2)
    told: dict[str, Any] = {"machine": machine()}
    out.print(told["machine"])
    for name in wanted:
        found = BENCHES[name](repeats, out)
        told[name] = shown(name, found, out)
    if as_json:
        print(json.dumps(told, ensure_ascii=False, indent=1))


def shown(name: str, found: Found, out: Console) -> Any:
    title = f"{name}: {BENCHES[name].__doc__}"
    if isinstance(found, dict):
        table = Table("", "", title=title, title_justify="left")
        for what, value in found.items():
            table.add_row(what, f"{value:,}")
    else:
        table = Table("", "ratio", "median", "least and most", title=title, title_justify="left")
        for one in found:
            table.add_row(*one.row())
    out.print(table)
    return found if isinstance(found, dict) else [vars(one) for one in found]


if __name__ == "__main__":
    typer.run(main)
