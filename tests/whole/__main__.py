"""Replays whole files of real rows in one process: `make replay-all`."""

import asyncio
import json
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from libs.console.demo import show_counts, show_wrong
from libs.console.replay import moments_of
from tests.conftest import SHARED
from tests.whole.cities import CITIES
from tests.whole.days import first_rows, replayed


def main(
    cities: Annotated[list[str] | None, typer.Argument(help="Which; all of them.")] = None,
    rows: Annotated[int | None, typer.Option(help="So many of each; all of them.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    out = Console(stderr=as_json)
    wanted = cities or list(CITIES)
    if unknown := [one for one in wanted if one not in CITIES]:
        out.print(f"there is no city {unknown[0]}: {', '.join(CITIES)}")
        raise typer.Exit(2)
    if not SHARED.is_dir():
        out.print("skipped: the folder ../shared, with real data, is not here")
        return
    found = {one: replay(one, rows, out) for one in wanted}
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
    if any(one["wrong"] for one in found.values()):
        raise typer.Exit(1)


def replay(city: str, rows: int | None, out: Console) -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        pack, mapped = CITIES[city](Path(folder))
        some = first_rows(mapped, rows)
        columns = (TextColumn(city), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=out, transient=True) as progress:
            task = progress.add_task(city, total=len(moments_of(some.cases)))
            told = partial(progress.advance, task)
            found = asyncio.run(replayed(Path(folder), pack, some, told))
    out.rule(city)
    show_counts(found, out)
    show_wrong(found, out)
    return found


if __name__ == "__main__":
    typer.run(main)
