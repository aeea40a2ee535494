"""`make faults KILLS=… SEED=…`: so many faults on real processes, and the table of them."""

import json
import shutil
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tests.faults.breaking import OF_BROKERS
from tests.faults.cluster import FEW
from tests.faults.running import Run, run

# Of three brokers one may be away, and nothing of a service is broken meanwhile: how long anything
# stops is the brokers' doing alone.
ONLY_BROKERS: Final[Mapping[str, Any]] = {"only": OF_BROKERS, "services": FEW, "stories": 0}
# So many in one suite; then a fresh one.
EACH: Final = 50


def main(
    kills: Annotated[int, typer.Option(min=1, max=100_000, help="Faults in all.")] = 1_000,
    seed: Annotated[str, typer.Option(help="Of the first run; each further one adds one.")] = "1",
    database: Annotated[str, typer.Option(help="sqlite, postgresql, or both in turn.")] = "both",
    brokers: Annotated[
        int, typer.Option(min=1, max=5, help="With three or more, only what Kafka lives through.")
    ] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    out = Console(stderr=as_json)
    if database not in ("sqlite", "postgresql", "both"):
        out.print(f"there is no database {database}: sqlite, postgresql, both")
        raise typer.Exit(2)
    if not seed.isdecimal():
        out.print(f"a seed is a number, not {seed!r}")
        raise typer.Exit(2)
    runs: list[Run] = []
    columns = (TextColumn("faults"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    began = time.monotonic()
    with Progress(*columns, console=out, transient=True) as progress:
        task = progress.add_task("faults", total=kills)
        left = kills
        while left > 0:
            number, which = min(EACH, left), int(seed) + len(runs)
            on = database if database != "both" else ("sqlite", "postgresql")[len(runs) % 2]
            folder = Path(mkdtemp(dir="/tmp"))
            found = run(
                folder, seed=which, faults=number, database=on,
                replicas=2 if on == "postgresql" or brokers > 1 else 1, brokers=brokers,
                **(ONLY_BROKERS if brokers > 1 else {}),
                told=lambda kind: progress.advance(task, 1),
            )  # fmt: skip
            runs.append(found)
            left -= number
            if found.disagreements:
                out.print(f"seed {which} on {on}: what is left of it lies in {folder}")
                break
            shutil.rmtree(folder, ignore_errors=True)
    tell(runs, time.monotonic() - began, out)
    if as_json:
        print(json.dumps([vars(one) for one in runs], ensure_ascii=False, indent=1))
    if any(one.disagreements for one in runs):
        raise typer.Exit(1)


def tell(runs: list[Run], seconds: float, out: Console) -> None:
    kinds: Counter[str] = sum((one.faults for one in runs), Counter())
    table = Table("fault", "times", title="What was broken", title_justify="left")
    for kind, number in sorted(kinds.items()):
        table.add_row(kind, str(number))
    out.print(table)
    reports, steps = sum(one.reports for one in runs), sum(one.steps for one in runs)
    if runs:
        longest = max(runs, key=lambda one: one.stopped)
        out.print(
            f"what was to be published or heard waited {longest.stopped:.1f} s at most"
            f" ({longest.where}, seed {longest.seed})"
        )
    wrong = [(one.seed, line) for one in runs for line in one.disagreements]
    out.print(
        f"{kinds.total()} faults in {seconds:.0f} s, {len(runs)} suites, {reports} reports,"
        f" {steps} steps of stories;"
        f" {len(wrong)} disagreements"
    )
    for number, line in wrong[:40]:
        out.print(f"seed {number}: {line}", markup=False)


if __name__ == "__main__":
    typer.run(main)
