"""Story S6 told many times in one suite of real processes, each of a firm of its own, up to the
moment in which its decision falls."""

from collections.abc import Sequence
from typing import Final

from libs.console.client import Client
from libs.console.comparing import Telling
from libs.console.play import Stage, TopicReader
from libs.console.scenario import Scenario, Step
from tests.conftest import PACK, ROOT

STORY: Final = ROOT / "demo" / "scenarios" / "s6.yaml"
FALLS: Final = "RECON_DECIDED"
# The page of the rollback, which is found by the number of the decision.
ROLLBACK: Final = "RB1"


async def told_until_it_falls(
    client: Client, count: int, reader: TopicReader
) -> tuple[Sequence[Telling], Stage]:
    """So many decisions stand; the clock is where they fall. Raises `AssertionError` where
    something came otherwise than the story says."""
    copies = [Telling(Scenario.read(STORY, PACK, number)) for number in range(1, count + 1)]
    stage = Stage(client, reader, copies)
    while not falls(copies[0].step):
        assert copies[0].due is not None
        await stage.at(copies[0].due)
        assert [one.differs for one in copies if one.differs] == []
    await client.move(copies[0].step.at)
    await stage.share()
    return copies, stage


def falls(step: Step) -> bool:
    return FALLS in str(step.given)


def decision_of(copy: Telling) -> str:
    """The number that enforcement has given it."""
    number: str = copy.named(copy.story.streams[ROLLBACK]).partition("/")[2]
    return number


def names(copy: Telling) -> dict[str, str]:
    """Each stream by its name in the story."""
    return {copy.named(one): name for name, one in copy.story.streams.items()}
