"""`make rollbacks RUNS=… SEED=…`: a decision falls while services are killed, and it ends in the
same place as where nothing was."""

import asyncio
import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Annotated, Final

import aiohttp
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from libs.console.client import open_client
from libs.console.comparing import Telling
from libs.console.play import Stage, TopicReader
from tests.faults.cluster import Cluster, cluster
from tests.faults.copies import decision_of, names, told_until_it_falls
from tests.faults.running import BEGINS
from tests.orders.telling import shown

SUPERVISOR: Final = ("player", "SUPERVISOR", "SFJ")
SECONDS: Final = 90.0
# The number that a thing has among those of its day is another one for each copy.
IN_TURN: Final = re.compile(r"-\d{6}\b")


@dataclass(frozen=True)
class Undone:
    """What was recorded while a decision fell, how its steps stand, and what was killed."""

    events: Counter[str]
    steps: Mapping[str, str]
    killed: Counter[str]
    seconds: float


@dataclass(frozen=True)
class Found:
    """The first is of a decision that fell in peace."""

    calm: Undone
    others: list[Undone]
    parked: int

    def differing(self) -> list[str]:
        lines = [f"{self.parked} events are parked"] if self.parked else []
        for number, other in enumerate(self.others, start=2):
            for mark, some in (
                ("missing", self.calm.events - other.events),
                ("too much", other.events - self.calm.events),
            ):
                lines += [f"decision {number}: {mark}: {one}" for one in some]
            lines += [
                f"decision {number}: {step} is {other.steps[step]}, and was {status}"
                for step, status in self.calm.steps.items()
                if other.steps[step] != status
            ]
        return lines


async def asked(stage: Stage, copy: Telling) -> None:
    """By somebody who asks again, the same, until it is acknowledged."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        with suppress(aiohttp.ClientError, OSError, TimeoutError, ValueError):
            await stage.ask(copy)
            assert copy.differs is None, copy.differs
            return
        await asyncio.sleep(0.1)
    raise TimeoutError(f"{decision_of(copy)} could not be told to fall")


async def killing(whole: Cluster, chance: Random) -> Counter[str]:
    """Two to five services, each in some moment of the second after the decision fell."""
    killed: Counter[str] = Counter()
    for _ in range(chance.randint(2, 5)):
        await asyncio.sleep(chance.uniform(0.0, 0.4))
        one = chance.choice(whole.instances)
        await asyncio.to_thread(one.kill)
        await asyncio.sleep(chance.uniform(0.0, 0.3))
        one.start()
        killed[one.service] += 1
    await asyncio.to_thread(whole.wait)
    return killed


async def undone(whole: Cluster, stage: Stage, copy: Telling, chance: Random | None) -> Undone:
    before = len(copy.heard)
    began = time.monotonic()
    asking = asyncio.create_task(asked(stage, copy))
    killed = await killing(whole, chance) if chance is not None else Counter[str]()
    await asking
    await stage.client.quiet()
    seconds = time.monotonic() - began
    await stage.share()
    await stage.compare(copy)
    assert copy.differs is None, copy.differs
    path = f"/rollbacks/{decision_of(copy)}"
    page = await stage.client.get("oversight", path, SUPERVISOR)
    named = names(copy)
    return Undone(
        Counter(IN_TURN.sub("-N", shown(one, named)) for one in copy.heard[before:]),
        {one["step"]: f"{one['status']} {one['reason']} {one['until']}" for one in page["steps"]},
        killed,
        seconds,
    )


async def compared(whole: Cluster, runs: int, seed: int, told: Callable[[Undone], None]) -> Found:
    client = open_client(whole.suite)
    try:
        await client.learn()
        await client.quiet()
        reader = await TopicReader.open(whole.suite)
        copies, stage = await told_until_it_falls(client, runs + 1, reader)
        calm = await undone(whole, stage, copies[0], None)
        others = []
        for number, copy in enumerate(copies[1:]):
            others.append(await undone(whole, stage, copy, Random(seed + number)))
            told(others[-1])
        await reader.consumer.stop()
        parked = sum(one["parked"] for one in (await client.states()).values())
        return Found(calm, others, parked)
    finally:
        await client.http.aclose()


def run(
    folder: Path, *, runs: int, seed: int, told: Callable[[Undone], None] = lambda one: None
) -> Found:
    """The same seed chooses the same services; the machine chooses the moments."""
    with cluster(folder, database="sqlite", replicas=1, begins=BEGINS) as whole:
        return asyncio.run(compared(whole, runs, seed, told))


def main(
    runs: Annotated[int, typer.Option(min=1, max=500, help="Decisions that fall.")] = 50,
    seed: Annotated[int, typer.Option(min=0, help="Of the first; each further one adds one.")] = 1,
) -> None:
    out = Console()
    columns = (TextColumn("rollbacks"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    folder = Path(mkdtemp(dir="/tmp"))
    began = time.monotonic()
    with Progress(*columns, console=out, transient=True) as progress:
        task = progress.add_task("rollbacks", total=runs)
        found = run(folder, runs=runs, seed=seed, told=lambda one: progress.advance(task, 1))
    kills: Counter[str] = sum((one.killed for one in found.others), Counter())
    wrong = found.differing()
    out.print(
        f"{runs} rollbacks in {time.monotonic() - began:.0f} s, {kills.total()} services killed"
        f" ({', '.join(f'{name} {number}' for name, number in sorted(kills.items()))}),"
        f" {found.calm.events.total()} events each; {len(wrong)} differences"
    )
    for line in wrong[:40]:
        out.print(line, markup=False)
    if wrong:
        out.print(f"what is left of it lies in {folder}")
        raise typer.Exit(1)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    typer.run(main)
