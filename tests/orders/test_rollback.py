"""A decision falls, and services end and start again in its midst: it ends in the same place."""

import asyncio
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from libs.console.scenario import Scenario, Step
from tests.assembled import ASSEMBLE
from tests.conftest import PACK, ROOT, environment
from tests.orders.post import Post
from tests.orders.telling import Telling, ground, hamlet

RUNS: Final = int(environment("LIANBAN_ROLLBACKS") or "2")
SEED: Final = int(environment("LIANBAN_SEED") or "1")
FALLS: Final = "RECON_DECIDED"
SUPERVISOR: Final = ("player", "SUPERVISOR", "SFJ")
# How often a service is started anew while everything is undone.
RESTARTS: Final = 0.35


@dataclass(frozen=True)
class Before:
    """A suite in which the decision still stands."""

    folder: Path
    post: Post
    found: Mapping[str, str]
    story: Scenario
    falls: Step


async def before(folder: Path) -> Before:
    story = Scenario.read(ROOT / "demo" / "scenarios" / "s6.yaml", PACK)
    (number,) = [n for n, one in enumerate(story.steps) if FALLS in str(one.given)]
    post = await ground(folder, PACK, story.begins)
    async with hamlet(folder, PACK, story.begins, post) as here:
        telling = Telling(here, story, None)
        for step in story.steps[:number]:
            await telling.take(step)
        # The clock stands where the decision falls: what is due until then has happened.
        await here.client.move(story.steps[number].at)
        telling.learn()
        found = dict(telling.found)
    return Before(folder, post.copy(), found, story, story.steps[number])


@dataclass(frozen=True)
class Undone:
    """What was recorded, how it ended, and how often something was started anew."""

    events: Counter[str]
    steps: Mapping[str, str]
    ends: Mapping[str, Any]
    parked: int
    restarts: int


async def undone(folder: Path, ready: Before, chance: Random | None) -> Undone:
    shutil.copytree(ready.folder, folder)
    begins = ready.falls.at
    async with hamlet(folder, PACK, begins, ready.post.copy()) as here:
        # What had been told before is no part of this.
        telling = Telling(here, replace(ready.story, clocks=[]), chance)
        telling.found.update(ready.found)
        await telling.asked(ready.falls)
        if chance is not None:
            for _ in range(60):
                here.post.some(chance, chance.randint(1, 4))
                await asyncio.sleep(0.005)
                if chance.random() < RESTARTS:
                    await here.restart(chance.choice(sorted(ASSEMBLE)))
        await here.client.quiet()
        telling.learn()
        states = await here.client.states()
        no = ready.falls.given["body"]["decision_no"]
        page = await here.client.get("oversight", f"/rollbacks/{no}", SUPERVISOR)
        return Undone(
            events=Counter(map(telling.shown, telling.facts())),
            steps={one["step"]: f"{one['status']} {one['reason']}" for one in page["steps"]},
            ends=await telling.ends(),
            parked=sum(one["parked"] for one in states.values()),
            restarts=here.restarts,
        )


async def compared(folder: Path) -> tuple[Undone, list[Undone]]:
    ready = await before(folder / "ready")
    calm = await undone(folder / "calm", ready, None)
    others = []
    for seed in range(SEED, SEED + RUNS):
        others.append(await undone(folder / f"{seed}", ready, Random(seed)))
        shutil.rmtree(folder / f"{seed}")
    return calm, others


@pytest.mark.whole
def test_restarted_in_the_midst_of_it_a_rollback_ends_in_the_same_place(tmp_path: Path) -> None:
    calm, others = asyncio.run(compared(tmp_path))
    assert calm.parked == 0
    assert calm.steps["RECORD"] == "DONE None"
    assert calm.steps["MEASURES"] == "OPEN None"
    for seed, other in enumerate(others, start=SEED):
        assert other.events == calm.events, seed
        assert other.steps == calm.steps, seed
        assert other.ends == calm.ends, seed
        assert other.parked == 0, seed
    assert sum(one.restarts for one in others) > 2 * len(others)
