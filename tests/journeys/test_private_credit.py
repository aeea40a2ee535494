"""What credit remembers leaves no text of people in clear anywhere; and when a matter is forgotten,
its records stand as facts without a name, and its sums still sum."""

import asyncio
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest

from libs.console import suite as suites
from libs.console.client import open_client
from libs.console.play import Played, play
from libs.console.scenario import Scenario
from libs.console.suite import Suite
from tests.conftest import PACK, ROOT
from tests.journeys.test_forgetting import forget, in_files, on_kafka
from tests.journeys.test_private_stories import written

pytestmark = pytest.mark.broker

# What each story says of people, beside what is shown to everybody.
SECRETS: Final = {
    "s5a.yaml": [
        "占道期间设置围挡",
        "到期恢复路面",
        "the road is fenced off and will be restored",
    ],
    "s5b.yaml": [
        "占道超出许可长度一倍且未设围挡，逾期未改正",
        "there is no fence, and twice the permitted length is occupied",
    ],
    "s6.yaml": [
        "a lorry has dumped spoil beside the road",
        "eight cubic metres of building waste",
        "申请人因随意倾倒建筑垃圾受到行政处罚",
        "inspected twice as often from now on",
        "新港路二号",
    ],
    "s7.yaml": [
        "fifteen workers have not been paid for three months, 340 000 yuan",
        "拖欠十五名工人工资三十四万元，责令限期支付逾期未付",
        "今后按月足额支付工资",
        "工资已付清，承诺已公开",
        "no licence of the enterprise is at stake",
        "工地三号",
    ],
}
OFFICER: Final = ("credit-1", "CREDIT_OFFICER", "FGW")


def seen(places: dict[Any, bytes], story: str) -> list[tuple[Any, str, str]]:
    return [
        (place, secret, how)
        for secret in SECRETS[story]
        for how, letters in written(secret).items()
        if len(letters) > 8
        for place, content in places.items()
        if letters in content
    ]


async def sheet(suite: Suite, played: Played) -> dict[str, Any]:
    client = open_client(suite)
    try:
        path = f"/subjects/{played.streams['SB1']}"
        found: dict[str, Any] = await client.get("credit", path, OFFICER)
    finally:
        await client.http.aclose()
    return found


async def told(story: Path, suite: Suite, var: Path, url: str) -> None:
    played = await play(Scenario.read(story, PACK), suite, PACK, lambda _: None)
    assert seen(on_kafka(url, f"{suite.name}."), story.name) == []
    assert seen(in_files(suite.folder), story.name) == []
    before = await sheet(suite, played)
    # A promise that was kept leaves a licence, and no record.
    matter = (before["records"] or before["approvals"])[-1]["correlation_id"]
    for whose in (("--matter", matter), ("--person", played.streams["SB1"])):
        done = await asyncio.to_thread(forget, suite, var, *whose)
        assert done.returncode == 0, done.stderr
    client = open_client(suite)
    await client.quiet()
    await client.http.aclose()
    after = await sheet(suite, played)
    assert (before["registered_name"] is None, after["registered_name"]) == (False, None)
    for name in ("score", "grade", "explanation"):
        assert after[name] == before[name]
    assert sum(one["points"] for one in after["explanation"]) == after["score"]
    assert [one["record_id"] for one in after["records"]] == [
        one["record_id"] for one in before["records"]
    ]


@pytest.mark.parametrize("name", SECRETS)
def test_a_story_of_credit_leaves_nothing_personal_in_clear(
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
    assert b"settle credit" in files["services.log"]
    assert seen(files, name) == []
