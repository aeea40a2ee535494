"""`make bench`: every bench, or those that are named."""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final, TypeAlias

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from libs.console.app import VAR
from libs.console.suite import kafka
from tests.bench import pictures, tables
from tests.bench.carrying import EFFECT, NO_EFFECT, grown, produced, relayed, taken_in
from tests.bench.crediting import captured, of_a_thousand, on_a_day, public
from tests.bench.disputing import disputing
from tests.bench.eventsourced import saved
from tests.bench.growing import SIZES, growing
from tests.bench.latency import latency
from tests.bench.measuring import Figure, machine, side_by_side
from tests.bench.mediating import desks
from tests.bench.pacing import pacing
from tests.bench.poison import among_poison, behind_one, waiting
from tests.bench.reading import long_stream, rehydrated
from tests.bench.rebuilding import rebuilding
from tests.bench.settling import (
    SECONDS,
    raw_rows,
    run_settled,
    without_completion,
    without_encryption,
)
from tests.bench.spike import spike
from tests.bench.starting import starting
from tests.bench.undoing import undoing
from tests.bench.watching import watched
from tests.bench.web import alone, in_its_suite, measured, spike_over_http

CALLERS: Final = (1, 16, 64, 256)
DATABASES: Final = ("sqlite", "postgresql")

Found: TypeAlias = list[Figure] | dict[str, Any]


def against(
    contenders: Mapping[str, Callable[[], float]], unit: str, repeats: int, out: Console
) -> list[Figure]:
    with Progress(console=out, transient=True) as progress:
        task = progress.add_task("", total=len(contenders) * repeats)
        told = partial(progress.advance, task)
        return side_by_side(contenders, unit=unit, repeats=repeats, told=told)


def bench_settling(repeats: int, out: Console) -> Found:
    """SubmitReport settled, a second, beside `eventsourcing` on the same PostgreSQL and beside rows
    inserted without any of it."""
    with TemporaryDirectory() as folder:
        contenders: dict[str, Callable[[], float]] = {
            "eventsourcing, 16 threads, postgresql": partial(saved, 16, SECONDS),
            "eventsourcing, 1 thread, postgresql": partial(saved, 1, SECONDS),
        }
        for database in DATABASES:
            for callers in CALLERS:
                name = f"{callers} callers, {database}"
                contenders[name] = partial(run_settled, callers, Path(folder), database)
            contenders[f"raw rows, 64 at once, {database}"] = partial(
                raw_rows, 64, Path(folder), database
            )
        return against(contenders, "a second", repeats, out)


def bench_parts(repeats: int, out: Console) -> Found:
    """What completion, and keys with encryption, cost a SubmitReport with 64 callers."""
    found: list[Figure] = []
    with TemporaryDirectory() as folder:
        for database in DATABASES:
            contenders = {
                f"{database}, whole": partial(run_settled, 64, Path(folder), database),
                f"{database}, without completion": partial(
                    without_completion, 64, Path(folder), database
                ),
                f"{database}, without encryption": partial(
                    without_encryption, 64, Path(folder), database
                ),
            }
            found += against(contenders, "a second", repeats, out)
    return found


def bench_web(repeats: int, out: Console) -> Found:
    """A report over HTTP, one a request, from 16 callers; and settled without HTTP."""
    found: dict[str, Any] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        url = stack.enter_context(kafka(folder, cache=VAR / "jars"))
        places = {
            "sqlite": alone("sqlite"),
            "postgresql": alone("postgresql"),
            "sqlite, with a real Kafka and an exchange": in_its_suite(folder, url),
        }
        for name, place in places.items():
            with place as (port, token):
                measured(port, token, 16, 1.0)
                runs = [measured(port, token, 16, 3.0) for _ in range(repeats)]
            for what, values in zip(
                ("a second", "p50 ms", "p95 ms"), zip(*runs, strict=True), strict=True
            ):
                found[f"{name}: {what}"] = round(median(values), 1)
        for database in DATABASES:
            runs_without = [run_settled(16, folder, database) for _ in range(repeats)]
            found[f"{database}, settled without HTTP: a second"] = round(median(runs_without), 1)
    return found


def bench_reading(repeats: int, out: Console) -> Found:
    """A stream of a thousand events folded, in milliseconds."""
    found: dict[str, Any] = {}
    for database in DATABASES:
        with TemporaryDirectory() as folder, long_stream(Path(folder), database) as log:
            rehydrated(log)
            found[database] = round(median(rehydrated(log) for _ in range(repeats)), 2)
    return found


def bench_relay(repeats: int, out: Console) -> Found:
    """Events told a second, beside a bare transactional producer with the same messages."""
    with TemporaryDirectory() as folder, kafka(Path(folder), cache=VAR / "jars") as url:
        found: list[Figure] = []
        for database in DATABASES:
            with grown(Path(folder), database) as service:
                contenders = {
                    f"bare producer, {database}": partial(produced, service, url),
                    f"relay, {database}": partial(relayed, service, url),
                    f"relay, its topic grown, {database}": partial(
                        relayed, service, url, more=True
                    ),
                }
                found += against(contenders, "a second", repeats, out)
    return found


def bench_listener(repeats: int, out: Console) -> Found:
    """Messages taken in a second, in batches of 500: with an offer for each, and with nothing."""
    with TemporaryDirectory() as folder:
        contenders = {
            f"{name}, {database}": partial(taken_in, Path(folder), database, event)
            for database in DATABASES
            for name, event in (("with effect", EFFECT), ("without", NO_EFFECT))
        }
        return against(contenders, "a second", repeats, out)


def bench_latency(repeats: int, out: Console) -> Found:
    """From accepted to the agency's inbox, one after another, over a real Kafka."""
    with TemporaryDirectory() as folder, kafka(Path(folder), cache=VAR / "jars") as url:
        return latency(Path(folder), url, 40 * repeats)


def bench_pacing(repeats: int, out: Console) -> Found:
    """Reports at a steady pace through the whole suite, beside what Kafka alone takes."""
    with TemporaryDirectory() as folder, kafka(Path(folder), cache=VAR / "jars") as url:
        return pacing(Path(folder), url, 2.0 * repeats)


def bench_growth(repeats: int, out: Console) -> Found:
    """What each operation costs with 10 k, 100 k and 1 M events, reports and handoffs on record."""
    told: dict[str, Any] = {}
    with Progress(console=out, transient=True) as progress:
        task = progress.add_task("growth", total=len(DATABASES) * SIZES[-1])
        for database in DATABASES:
            with TemporaryDirectory() as folder:
                grown_to = growing(Path(folder), database, partial(progress.advance, task), repeats)
            for name, sizes in grown_to.items():
                for size, values in sizes.items():
                    told[f"{database}, {name}, {size:,}"] = round(median(values), 2)
    return told


def bench_rebuild(repeats: int, out: Console) -> Found:
    """All read models of a grid made again, of 100,000 events, and put in the place of the old."""
    told: dict[str, Any] = {}
    for database in DATABASES:
        with TemporaryDirectory() as folder:
            told |= rebuilding(Path(folder), database, repeats)
    return told


def bench_spike(repeats: int, out: Console) -> Found:
    """Ten times what 64 callers reach, for six seconds times the repeats, on either database."""
    told: dict[str, Any] = {}
    for database in DATABASES:
        with TemporaryDirectory() as folder:
            found = asyncio.run(spike(Path(folder), database, 6.0 * repeats))
        told |= {f"{database}: {name}": value for name, value in found.items()}
        with alone(database) as (port, token):
            found = asyncio.run(spike_over_http(port, token, 6.0 * repeats))
        told |= {f"{database}, over HTTP: {name}": value for name, value in found.items()}
    return told


def bench_poison(repeats: int, out: Console) -> Found:
    """One of a hundred is poison, five hundred a batch: how long the others wait; and ten thousand
    behind one, drained in order."""
    told: dict[str, Any] = {}
    for database in DATABASES:
        with TemporaryDirectory() as folder:
            told |= among_poison(Path(folder), database)
            told |= behind_one(Path(folder), database)
    return told


def bench_waiting(repeats: int, out: Console) -> Found:
    """A hundred thousand events that waited for the end of an outage: told and heard."""
    with TemporaryDirectory() as folder, kafka(Path(folder), cache=VAR / "jars") as url:
        return waiting(Path(folder), url, "postgresql")


def bench_start(repeats: int, out: Console) -> Found:
    """Seconds until the whole suite is ready, and how much memory each process holds then."""
    return starting(repeats)


def bench_credit(repeats: int, out: Console) -> Found:
    """Records captured with their scores, a second; a score of a thousand contributions, a day in
    the past of a thousand events, a page of a million shown records, and a decision that falls
    until nothing of it is left open, in milliseconds."""
    found: dict[str, Any] = {}
    for database in DATABASES:
        with TemporaryDirectory() as folder:
            place = Path(folder)
            runs = [captured(place / str(n), database) for n in range(min(repeats, 3))]
            found[f"{database}, captured and scored: a second"] = round(median(runs), 1)
            some = of_a_thousand(place / "one", database) | on_a_day(place / "day", database)
            some |= public(place / "one", database) | undoing(place, database)
            found |= {f"{database}, {what}": value for what, value in some.items()}
    return found


def bench_watching(repeats: int, out: Console) -> Found:
    """Completeness rules and second clocks: events a second, in turns of 500; and what 100,000 open
    clocks cost, in milliseconds."""
    found: dict[str, Any] = {}
    for database in DATABASES:
        with TemporaryDirectory() as folder:
            some = watched(Path(folder), database)
            found |= {f"{database}, {what}": value for what, value in some.items()}
    return found


def bench_mediation(repeats: int, out: Console) -> Found:
    """Pages of a mediation centre beside a million disputes, and a dispute from a report to its
    register, in milliseconds."""
    found: dict[str, Any] = {}
    for database in DATABASES:
        with TemporaryDirectory() as folder:
            some = desks(Path(folder), database) | disputing(Path(folder), database)
            found |= {f"{database}, {what}": value for what, value in some.items()}
    return found


BENCHES: Final[dict[str, Callable[[int, Console], Found]]] = {
    "settling": bench_settling,
    "parts": bench_parts,
    "web": bench_web,
    "reading": bench_reading,
    "relay": bench_relay,
    "listener": bench_listener,
    "latency": bench_latency,
    "pacing": bench_pacing,
    "growth": bench_growth,
    "rebuild": bench_rebuild,
    "spike": bench_spike,
    "poison": bench_poison,
    "waiting": bench_waiting,
    "start": bench_start,
    "credit": bench_credit,
    "mediation": bench_mediation,
    "watching": bench_watching,
}


def main(
    names: Annotated[list[str] | None, typer.Argument(help="Which; all of them.")] = None,
    repeats: Annotated[int, typer.Option(min=1, max=50, help="Runs of each.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    draw: Annotated[Path | None, typer.Option(help="A folder for the pictures.")] = None,
    into: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A document with places for them."),
    ] = None,
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
    if draw is not None:
        for file in pictures.drawn(told, draw):
            out.print(f"drawn: {file}")
    if into is not None:
        out.print(f"written into {into}: {', '.join(tables.write_into(into, told)) or 'nothing'}")
    if as_json:
        print(json.dumps(told, ensure_ascii=False, indent=1))


def shown(name: str, found: Found, out: Console) -> Any:
    title = f"{name}: {' '.join((BENCHES[name].__doc__ or '').split())}"
    if isinstance(found, dict):
        table = Table("", "", title=title, title_justify="left")
        for what, value in found.items():
            table.add_row(what, f"{value:,}" if isinstance(value, int | float) else str(value))
    else:
        table = Table("", "ratio", "median", "least and most", title=title, title_justify="left")
        for one in found:
            table.add_row(*one.row())
    out.print(table)
    return found if isinstance(found, dict) else [vars(one) for one in found]


if __name__ == "__main__":
    typer.run(main)
