"""S1 and S3 leave no personal value anywhere in clear; and forgotten, every page still stands."""

import asyncio
from base64 import b64encode
from hashlib import sha256
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

pytestmark = pytest.mark.broker

# What each story says of people; not what its decision publishes, masked, for everybody to read.
SECRETS: Final = {
    "s1.yaml": [
        "a hall is being built on the field behind the village",
        "a hall on cultivated land, 3.2 mu by first measurement",
        "the field behind the village",
        "survey of 3.2 mu of cultivated land",
        "the hall is gone and the field restored",
        "they have been told to stop",
        "小王庄镇一号",
    ],
    "s3.yaml": [
        "the stall's sausages taste of chemicals",
        "40 kg of sausages smell of a banned substance",
        "120199199001010194",
        "虚构摊主",
        "泰达街一号",
        "laboratory report, a banned substance",
        "the goods were destroyed and the stall was fined",
    ],
}
OPS: Final = ("ops", "OPS", "OPS")


def written(secret: str) -> dict[str, bytes]:
    """All the ways in which somebody might come upon it."""
    raw = secret.encode()
    ways = {
        "as it is": raw,
        "in JSON": secret.encode("ascii", "backslashreplace"),
        "in hexadecimal": raw.hex().encode(),
        # Of what can be guessed; the digest of a file is known, and proves what it was.
        "as a digest": b"" if " " in secret else sha256(raw).hexdigest().encode(),
        "in UTF-16": secret.encode("utf-16-le"),
    }
    for shift in range(3):
        # The letters that stand for it whatever comes before and after.
        text = b64encode(b"\0" * shift + raw + b"\0\0")
        start, end = (shift * 8 + 5) // 6 + 1, len(text) - 6
        ways[f"in base64, {shift} on"] = text[start:end]
    return ways


def seen(places: dict[Any, bytes], story: str) -> list[tuple[Any, str, str]]:
    return [
        (place, secret, how)
        for secret in SECRETS[story]
        for how, letters in written(secret).items()
        if len(letters) > 8
        for place, content in places.items()
        if letters in content
    ]


async def pages(suite: Suite, played: Played) -> dict[str, str]:
    """Every page that shows something of the story, by its address: each answers."""
    streams = played.streams
    agency = "GZJ" if "J1" in streams else "SCJ"
    handler = ("handler", "AGENCY_HANDLER", "ST-120116157" if agency == "GZJ" else "SCJ")
    officer = ("officer-GZJ-09" if agency == "GZJ" else "officer-SCJ-05", "OFFICER", agency)
    number = f"津滨{'规' if agency == 'GZJ' else '市监'}罚〔2026〕1号"
    case = f"/cases/{streams['C1']}"
    asked = [
        ("enforcement", case, officer),
        ("enforcement", f"{case}/clocks", officer),
        ("enforcement", f"{case}/ledger", officer),
        ("enforcement", f"{case}/decision", officer),
        ("enforcement", f"{case}/decision?as=pdf", officer),
        ("enforcement", f"{case}/decision/masked", officer),
        ("enforcement", f"/leads/{streams['L1']}", officer),
        ("enforcement", "/cases", officer),
        ("enforcement", f"/decisions/{number}", officer),
        ("enforcement", "/decisions", officer),
        ("grid", f"/reports/{streams['R1']}", OPS),
        ("grid", "/reports", ("dispatcher-1", "GRID_DISPATCHER", "WGZX")),
        ("exchange", f"/handoffs/{streams['H1']}", handler),
    ]
    client = open_client(suite)
    found = {}
    try:
        for service, path, who in asked:
            url = f"{suite.url(service)}{path}"
            answer = await client.http.get(url, headers=client.headers(*who))
            assert answer.status_code == 200, (path, answer.text)
            found[path] = answer.text
        browser = client.headers(*officer) | {"accept": "text/html"}
        url = f"{suite.url('enforcement')}/decisions/{number}"
        answer = await client.http.get(url, headers=browser)
        assert answer.status_code == 200
        found["the decision as a page"] = answer.text
        report = await client.get("grid", f"/reports/{streams['R1']}", OPS)
        matter = report["correlation_id"]
        trace = await client.get("oversight", f"/matters/{matter}", OPS)
        assert len(trace["timeline"]) > 60
        found["matter"] = matter
    finally:
        await client.http.aclose()
    return found


async def told(story: Path, suite: Suite, var: Path, url: str) -> None:
    played = await play(Scenario.read(story, PACK), suite, PACK, lambda _: None)
    before = await pages(suite, played)
    assert any(one in "".join(before.values()) for one in SECRETS[story.name]), "nothing is shown"
    records = on_kafka(url, f"{suite.name}.")
    assert len(records) > 250
    assert seen(records, story.name) == []
    assert seen(in_files(suite.folder), story.name) == []
    done = await asyncio.to_thread(forget, suite, var, "--matter", before["matter"])
    assert done.returncode == 0, done.stderr
    client = open_client(suite)
    await client.quiet()
    await client.http.aclose()
    after = await pages(suite, played)
    assert seen({one: text.encode() for one, text in after.items()}, story.name) == []
    assert "内容已依法删除" in after["the decision as a page"]


@pytest.mark.parametrize("name", SECRETS)
def test_a_story_leaves_nothing_personal_in_clear(
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
    assert b"settle enforcement" in files["services.log"]
    assert seen(files, name) == []


def test_what_is_hidden_in_letters_is_found() -> None:
    """The search must be able to find."""
    secret = "虚构摊主 of 120199199001010194"
    for how in (
        secret.encode(),
        b"x" + b64encode(b"ab" + secret.encode() + b"c"),
        b64encode(secret.encode()),
        b64encode(b"a" + secret.encode()),
        secret.encode().hex().encode(),
        sha256(b"120199199001010194").hexdigest().encode(),
        b'"' + "虚构摊主".encode("ascii", "backslashreplace"),
    ):
        assert seen({"place": how}, "s3.yaml"), how
