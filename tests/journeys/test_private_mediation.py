"""What is said in mediation, and who says it, stands in clear nowhere; and when a matter is
forgotten, its dispute stands as a fact without a name, and nobody's papers say one."""

import asyncio
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest

from libs.console import suite as suites
from libs.console.client import open_client
from libs.console.play import Played, play
from libs.console.scenario import Scenario
from libs.console.suite import PARTY, Suite
from tests.conftest import PACK, ROOT
from tests.journeys.test_forgetting import forget, in_files, on_kafka
from tests.journeys.test_private_stories import written

pytestmark = pytest.mark.broker

SECRETS: Final = {
    "s2.yaml": [
        "120199199001010135",
        "虚构工人",
        "虚构负责人",
        "twelve of us have not been paid for months",
        "twelve workers unpaid for two to four months; they want it settled before the holiday",
        "the firm does not pay now",
        "half now and half in March",
        "the employer refuses to pay now",
        "wages of a migrant worker",
        "a lawyer of the duty list",
        "twelve bank slips",
        "all twelve have their money",
    ],
    "s4.yaml": [
        "120199198503150117",
        "120199198807120128",
        "虚构楼下",
        "虚构楼上",
        "the neighbour above plays the accordion at night",
        "persuasion has failed, they want it settled",
        "both were talked to on the stairs",
        "the room of the community",
        "each says what disturbs them",
        "a carpet for an hour of quiet",
        "they find a way",
        "no instruments from 22:00 to 06:00",
        "the signed agreement",
        "both sleep",
    ],
}
# Who mediates in each, and who has applied.
INSIDE: Final = {
    "s2.yaml": (("mediator-1", "MEDIATOR", "ZFW"), "120199199001010135"),
    "s4.yaml": (("mediator-2", "MEDIATOR", "ST-120116005"), "120199198503150117"),
}


def seen(places: dict[Any, bytes], story: str) -> list[tuple[Any, str, str]]:
    return [
        (place, secret, how)
        for secret in SECRETS[story]
        for how, letters in written(secret).items()
        if len(letters) > 8
        for place, content in places.items()
        if letters in content
    ]


async def papers(suite: Suite, played: Played, name: str) -> dict[str, bytes]:
    """Whatever may be read of it inside, and in the register."""
    client = open_client(suite)
    mediator, number = INSIDE[name]
    party = (suite.actor(f"{PARTY}{number}"), "PARTY", "PUBLIC")
    dispute = f"/disputes/{played.streams['D1']}"
    asked = [
        (dispute, mediator), (f"{dispute}/sessions/1", mediator),
        (f"{dispute}/agreement", mediator),
        (dispute, party), ("/me/disputes", party), ("/desk", mediator),
        (f"/outcomes/{played.streams['D1']}", ("s", "SUPERVISOR", "SFJ")),
    ]  # fmt: skip
    try:
        return {
            f"{path} {who[1]}": (
                await client.http.get(
                    f"{suite.url('mediation')}{path}", headers=client.headers(*who)
                )
            ).text.encode()
            for path, who in asked
        }
    finally:
        await client.http.aclose()


async def told(story: Path, suite: Suite, var: Path, url: str) -> None:
    played = await play(Scenario.read(story, PACK), suite, PACK, lambda _: None)
    assert seen(on_kafka(url, f"{suite.name}."), story.name) == []
    assert seen(in_files(suite.folder), story.name) == []
    before = await papers(suite, played, story.name)
    assert seen(before, story.name), "nothing is shown"
    client = open_client(suite)
    shown = await client.get("grid", f"/reports/{played.streams['R1']}", ("o", "OPS", "OPS"))
    await client.http.aclose()
    done = await asyncio.to_thread(forget, suite, var, "--matter", shown["correlation_id"])
    assert done.returncode == 0, done.stderr
    client = open_client(suite)
    await client.quiet()
    await client.http.aclose()
    after = await papers(suite, played, story.name)
    assert seen(after, story.name) == []
    assert b"dispute_no" in after[f"/disputes/{played.streams['D1']} MEDIATOR"]


@pytest.mark.parametrize("name", SECRETS)
def test_a_story_of_mediation_leaves_nothing_personal_in_clear(
    name: str, var: Path, kafka_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Topics, databases apart from the keys, logs; spans are written into the log here."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "console")
    story = ROOT / "demo" / "scenarios" / name
    begins = Scenario.read(story, PACK).begins
    with suites.running(
        f"private-{uuid4().hex[:6]}",
        var=var,
        pack=ROOT / "jurisdictions" / "binhai",
        kafka_url=kafka_url,
        begins=begins,
    ) as suite:
        asyncio.run(told(story, suite, var, kafka_url))
    files = in_files(suite.folder)
    assert b"settle mediation" in files["services.log"]
    assert seen(files, name) == []
