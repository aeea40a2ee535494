"""`make soak`: a million events on each database, and whoever tails them skips none."""

import json
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tests.postgresql import postgresql_url
from tests.soak.skipping import detect

DATABASES: Final = ("sqlite", "postgresql")


def main(
    count: Annotated[int, typer.Option(min=1, help="Events on each database.")] = 1_000_000,
    seed: Annotated[int, typer.Option(help="Of the kills and the rollbacks.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    out = Console(stderr=as_json)
    told = {}
    for database in DATABASES:
        with TemporaryDirectory() as folder:
            url = postgresql_url()
            if database == "sqlite":
                url = f"sqlite:///{Path(folder)}/log.db"
            columns = (
                TextColumn(database),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
            )
            with Progress(*columns, console=out, transient=True) as progress:
                task = progress.add_task(database, total=count)
                found = detect(url, count, seed=seed, told=partial(progress.advance, task))
        told[database] = vars(found)
        out.print(
            f"{database}: {found.read:,} events read, {found.skipped} skipped,"
            f" {found.kills} writers killed"
        )
    if as_json:
        print(json.dumps(told, indent=1))
    if any(one["skipped"] or one["read"] < count for one in told.values()):
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
