"""The demonstration: real input replayed, stories played, and all of it checked."""

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from libs.console import broker
from libs.console import suite as suites
from libs.console.acts import Acts
from libs.console.client import open_client
from libs.console.comparing import Differs
from libs.console.judging import WATCHER, report
from libs.console.mapping import Mapped
from libs.console.play import Played, play_together
from libs.console.replay import Replay, moments_of
from libs.console.scenario import Scenario
from libs.console.tracing import as_tree, as_words
from libs.statute.checking import read_sound_pack

TABLES: Final = (
    "verdicts", "without verdict", "duplicates", "routed by", "acts", "events", "taken in",
)  # fmt: skip
EQUAL: Final = "equal to the city's"


def play_all(
    files: Sequence[Path], var: Path, folder: Path, kafka_url: str, out: Console
) -> list[str]:
    """All of them in one suite, each when its moment comes; one alone as it is written, several
    with numbers of their own. What differed, a text a story."""
    pack = read_sound_pack(folder)
    alone = len(files) == 1
    stories = [Scenario.read(file, pack, 0 if alone else n) for n, file in enumerate(files, 1)]
    name = fresh_name(f"play-{files[0].stem}" if alone else "play", var)
    begins = min(one.begins for one in stories)
    with (
        Progress(console=out, transient=True) as progress,
        suites.running(name, var=var, pack=folder, kafka_url=kafka_url, begins=begins) as suite,
    ):
        tasks = [progress.add_task(one.name, total=len(one.steps)) for one in stories]
        try:
            found = asyncio.run(
                play_together(stories, suite, pack, lambda n, _: progress.advance(tasks[n]))
            )
        except Differs as difference:
            return [f"{files[0].name if alone else 'all stories'}: {difference}"]
        trees = asyncio.run(traced(suite, found))
    for story, one, tree in zip(stories, found, trees, strict=True):
        if one.differs is None:
            out.print(f"{story.name}: {len(story.steps)} steps, {len(one.heard)} events, as told")
        if tree is not None:
            out.print(tree)
        if one.later:
            waiting = ", ".join(f"{n} {name}" for name, n in Counter(one.later).items())
            out.print(f"  of services that do not run yet: {waiting}")
    pairs = zip(files, found, strict=True)
    return [f"{file.name}: {one.differs}" for file, one in pairs if one.differs is not None]


async def traced(suite: suites.Suite, found: Sequence[Played]) -> Sequence[Tree | None]:
    """The matter of each story, with the time of every hop, as oversight shows it."""
    client = open_client(suite)
    try:
        return [
            None
            if one.matter is None
            else as_tree(await client.get("oversight", f"/matters/{one.matter}", WATCHER))
            for one in found
        ]
    finally:
        await client.http.aclose()


def fresh_name(base: str, var: Path) -> str:
    """A name no suite has had, here or on the broker: so that one never hears another's."""
    number = int(time.time())
    while (var / f"{base}-{number}").exists():
        number += 1
    return f"{base}-{number}"


def forget_old(var: Path) -> None:
    """Suites of earlier demonstrations are of no use to anybody."""
    for old in (*var.glob("play-*"), *var.glob("replay-*"), *var.glob("kafka*")):
        if not broker.in_use(old):
            shutil.rmtree(old, ignore_errors=True)


def replay_rows(
    mapping: Path, file: Path, var: Path, folder: Path, kafka_url: str, out: Console
) -> dict[str, Any]:
    """Real rows through real services, and what came of them beside what the city had judged."""
    pack = read_sound_pack(folder)
    mapped = Mapped.read(mapping, file, pack)
    zone = pack.rules.calendar.zone
    begins = datetime.combine(
        mapped.cases[0].opened.astimezone(zone).date(), datetime.min.time(), zone
    )
    name = fresh_name("replay", var)
    moments = len(moments_of(mapped.cases))
    with (
        suites.running(
            name, var=var, pack=folder, kafka_url=kafka_url, begins=begins.astimezone(UTC)
        ) as suite,
        Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
            TimeRemainingColumn(), console=out, transient=True,
        ) as progress,
    ):  # fmt: skip
        task = progress.add_task(f"{len(mapped.cases)} rows, {moments} moments", total=moments)
        return asyncio.run(replayed(mapped, suite, lambda n: progress.advance(task, n)))


async def replayed(
    mapped: Mapped, suite: suites.Suite, told: Callable[[int], None]
) -> dict[str, Any]:
    began = time.monotonic()
    client = open_client(suite)
    try:
        acts = Acts(client, mapped)
        await Replay(acts, told).run()
        seconds = time.monotonic() - began
        found = await report(acts)
        found["seconds"] = round(seconds, 1)
        found["rows a second"] = round(len(mapped.cases) / seconds, 1)
        found["memory in MiB"] = memory(suite)
        matter = f"/matters/{found['matter']}"
        found["trace"] = await client.get("oversight", matter, WATCHER)
        found["explained"] = await client.get("oversight", f"{matter}/explain", WATCHER)
        return found
    finally:
        await client.http.aclose()


def memory(suite: suites.Suite) -> dict[str, int]:
    """What each process of the suite and its broker hold, as the kernel counts it (Linux only):
    its own pages, and its share of those that it has in common with others."""
    found = {name: held_by(one.pid) for name, one in suite.processes.items()}
    for status in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if b"kafka.Kafka" in status.read_bytes().split(b"\0"):
                found["Kafka"] = held_by(status.parent.name)
    return found


def held_by(process: int | str | None) -> int:
    """In MiB; 0 where the kernel does not say."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text("ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) // 1024
    return 0


def show_counts(found: dict[str, Any], out: Console) -> None:
    for title in TABLES:
        table = Table(title, "", title_justify="left")
        for name, number in found[title].items():
            table.add_row(name, str(number))
        out.print(table)


def show_wrong(found: dict[str, Any], out: Console) -> None:
    out.print(
        f"{found['rows']} rows in {found['seconds']} s ({found['rows a second']} a second);"
        f" {found[EQUAL]} verdicts equal to the city's, {len(found['wrong'])} things off"
    )
    for line in found["wrong"]:
        out.print(Text(line, style="red"))


def show(found: dict[str, Any], out: Console) -> None:
    """The same for people."""
    show_counts(found, out)
    table = Table("service", "published", "parked", "memory (MiB)")
    for name, number in found["published"].items():
        memory_of = str(found["memory in MiB"].get(name, ""))
        table.add_row(name, str(number), str(found["parked"][name]), memory_of)
    out.print(table)
    for line in as_words(found["explained"]):
        out.print(Text(line))
    out.print(as_tree(found["trace"]))
    show_wrong(found, out)
