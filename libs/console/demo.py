"""The demonstration: real input replayed, stories played, and all of it checked."""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from libs.console import suite as suites
from libs.console.play import Differs, play
from libs.console.scenario import Scenario, Step
from libs.statute.pack import read_pack


def play_all(
    files: Sequence[Path], var: Path, folder: Path, kafka_url: str, out: Console
) -> list[str]:
    """Each story in a suite of its own. What differed, a text a story."""
    pack = read_pack(folder)
    stories = [(file, Scenario.read(file, pack)) for file in files]
    differs = []
    for file, story in stories:
        name = fresh_name(f"play-{file.stem}", var)
        with (
            suites.running(
                name, var=var, pack=folder, kafka_url=kafka_url, begins=story.begins
            ) as suite,
            Progress(console=out, transient=True) as progress,
        ):
            task = progress.add_task(story.name, total=len(story.steps))

            def told(step: Step, task: object = task, bar: Progress = progress) -> None:
                bar.advance(task)  # type: ignore[arg-type]

            try:
                events = asyncio.run(play(story, suite, pack, told))
            except Differs as difference:
                differs.append(f"{file.name}: {difference}")
            else:
                out.print(f"{story.name}: {len(story.steps)} steps, {events} events, as told")
    return differs


def fresh_name(base: str, var: Path) -> str:
    """A name no suite has had here: so that one never hears another's."""
    number = 1
    while (var / f"{base}-{number}").exists():
        number += 1
    return f"{base}-{number}"


def forget_old(var: Path) -> None:
    """Suites of earlier demonstrations are of no use to anybody."""
    for old in (*var.glob("play-*"), *var.glob("replay-*"), var / "kafka"):
        shutil.rmtree(old, ignore_errors=True)
