"""Stories that cross services come out the same in any order that Kafka allows."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from shutil import rmtree
from typing import TypeAlias

import pytest

from libs.console.scenario import Scenario
from tests.conftest import PACK, ROOT, environment
from tests.orders.post import Post
from tests.orders.telling import Received, ground, told

# Those of `make test`; the others differ from one of these in their ends only.
FEW = ("s1.yaml", "s2.yaml", "s3.yaml", "s4.yaml", "s5b.yaml", "s6.yaml", "s7.yaml")
OTHERS = ("s4b.yaml", "s5a.yaml", "s6b.yaml", "s6c.yaml", "s6d.yaml", "s6e.yaml")
ASKED = environment("LIANBAN_ORDERS")
STORIES = (*FEW, *OTHERS) if ASKED else FEW
RUNS = int(ASKED or "7")
EACH = max(RUNS // len(STORIES), 1)
SEED = int(environment("LIANBAN_SEED") or "1")
# A story of fewer steps is told the oftener: there is as much that may come late.
STEPS = 32
# In S6e a decision falls on the day after it was served: who hears of both at once remembers
# nothing of it, and has nothing to undo. What it comes to is the same.
# In S4 a report may be closed as soon as an agreement is signed: who has closed it before it was
# performed is told of that by the trace, and not by the report.
FORGONE: dict[str, Mapping[str, Sequence[str]]] = {
    "s4.yaml": {"R1": (".state=",)},
    "s6e.yaml": {"RC1": (), "SB1": (".score=", ".grade="), "RB1": (".green=",)},
}
# The kinds that tell of lateness, and so of when it was looked.
WARNINGS = ("exchange.handoff_overdue", "exchange.handoff_escalated")


def warns(event: str) -> bool:
    return any(kind in event for kind in WARNINGS)


Ready: TypeAlias = tuple[Path, Post]


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Ready:
    """A suite that knows its pack: all these stories begin on one day."""
    folder = tmp_path_factory.mktemp("orders") / "ready"
    begins = {story_of(name).begins for name in STORIES}
    assert len(begins) == 1, begins
    return folder, asyncio.run(ground(folder, PACK, begins.pop()))


def story_of(name: str) -> Scenario:
    return Scenario.read(ROOT / "demo" / "scenarios" / name, PACK)


async def compared(
    folder: Path, name: str, ready: Ready
) -> tuple[Received, list[str], list[Received]]:
    """The story as it is told in order; where another telling differs; all of these."""
    story = story_of(name)
    calm = await told(folder / "calm", PACK, story, ready, None)
    differs, others = [], []
    asked = sum(step.do is not None for step in story.steps)
    for seed in range(SEED, SEED + EACH * max(STEPS // asked, 1)):
        heard = await told(folder / f"{seed}", PACK, story, ready, Random(seed))
        others.append(heard)
        found = different(calm, heard, FORGONE.get(name, {}))
        differs += [f"{name}, seed {seed}: {one}" for one in found]
        rmtree(folder / f"{seed}")
    return calm, differs, others


def different(calm: Received, other: Received, forgone: Mapping[str, Sequence[str]]) -> list[str]:
    """Of a stream that may be forgone, only what its page comes to is compared."""

    # What was asked of it is refused then, and that is on record.
    left_out = {*forgone, "refusal"} if forgone else set()

    def counts(event: str) -> bool:
        return not warns(event) and event.split()[0] not in left_out

    def ended(one: Received, stream: str) -> Sequence[str]:
        page = one.ends.get(stream, ())
        return [said for said in page if stream not in forgone
                or said.startswith(tuple(forgone[stream]))]  # fmt: skip

    missing = [f"missing: {one}" for one in calm.events - other.events if counts(one)]
    strange = [f"strange: {one}" for one in other.events - calm.events if counts(one)]
    ends = [
        f"{stream} ended as {ended(other, stream)}, not as {ended(calm, stream)}"
        for stream in calm.ends
        if ended(other, stream) != ended(calm, stream)
    ]
    return [*missing, *strange, *ends, *([f"{other.parked} parked"] if other.parked else [])]


@pytest.mark.whole
@pytest.mark.parametrize("name", STORIES)
def test_any_order_comes_to_the_same(tmp_path: Path, name: str, ready: Ready) -> None:
    calm, differs, others = asyncio.run(compared(tmp_path, name, ready))
    assert differs == []
    assert calm.parked == 0
    assert calm.events.total() > 10
    # It was late, it was doubled, and it was started anew: otherwise this shows nothing.
    assert sum(one.late + one.doubled for one in others) > 2 * EACH
    assert sum(one.restarts for one in others) > 0
