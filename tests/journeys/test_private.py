"""Stories leave no personal value anywhere in clear; and forgotten, every page still stands."""

import asyncio
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any, Final
from uuid import uuid4

import pytest

from libs.console import suite as suites
from libs.console.client import open_client
from libs.console.play import Played, play_together
from libs.console.scenario import Scenario
from libs.console.suite import Suite
from tests.conftest import PACK, ROOT
from tests.journeys.private import cases, disputes, records
from tests.journeys.private.searching import seen
from tests.journeys.test_forgetting import forget, in_files, on_kafka
from tests.journeys.test_many import OF_ANY, Town, heads, rested

SCENARIOS: Final = ROOT / "demo" / "scenarios"
TOLD_BY: Final[Mapping[str, ModuleType]] = {
    name: module for module in (cases, records, disputes) for name in module.SECRETS
}
# S5b begins as S5a does, and S7 has a number of S2: they are told of others.
COPIES: Final = {"s5b.yaml": 1, "s7.yaml": 2}


def story(name: str) -> Scenario:
    return Scenario.read(SCENARIOS / name, PACK, COPIES.get(name, 0))


async def told(suite: Suite, url: str) -> Mapping[str, Played]:
    """All of them at once: none knows of another, and nothing of any is to be found."""
    await rested(suite)
    before = heads(suite)
    played = await play_together([story(one) for one in TOLD_BY], suite, PACK, lambda _, step: None)
    by_name = {(name, 0): one for name, one in zip(TOLD_BY, played, strict=True)}
    town = Town(suite, url, before, frozenset(), by_name)
    found = {name: list(check(town)) for name, check in OF_ANY.items()}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    topics = on_kafka(url, f"{suite.name}.")
    assert len(topics) > 800
    assert hidden(topics) == hidden(in_files(suite.folder)) == {}
    return dict(zip(TOLD_BY, played, strict=True))


def hidden(places: Mapping[Any, bytes]) -> dict[str, Any]:
    """What each story says of people and stands there."""
    every = {name: seen(places, module.SECRETS[name]) for name, module in TOLD_BY.items()}
    return {name: found for name, found in every.items() if found}


async def forgotten(suite: Suite, var: Path, name: str, played: Played) -> None:
    module = TOLD_BY[name]
    secrets: Sequence[str] = module.SECRETS[name]
    before = await module.pages(suite, played, name)
    if module is not records:  # what a sheet shows of people is their name
        assert seen(before, secrets), "nothing is shown"
    for whose in module.forgotten(before, played):
        done = await asyncio.to_thread(forget, suite, var, *whose)
        assert done.returncode == 0, done.stderr
    client = open_client(suite)
    await client.quiet()
    await client.http.aclose()
    after = await module.pages(suite, played, name)
    assert seen(after, secrets) == []
    module.require_kept(before, after)


@pytest.mark.broker
def test_stories_leave_nothing_personal_in_clear(
    var: Path, kafka_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Topics, databases apart from the keys, logs; spans are written into the log here."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "console")
    with suites.running(
        f"private-{uuid4().hex[:6]}", var=var, pack=ROOT / "jurisdictions" / "binhai",
        kafka_url=kafka_url, begins=min(story(one).begins for one in TOLD_BY),
    ) as suite:  # fmt: skip
        played = asyncio.run(told(suite, kafka_url))
        for name, one in played.items():
            asyncio.run(forgotten(suite, var, name, one))
    files = in_files(suite.folder)
    for service in ("enforcement", "credit", "mediation"):
        assert f"settle {service}".encode() in files["services.log"]
    assert hidden(files) == {}


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
        assert seen({"place": how}, cases.SECRETS["s3.yaml"]), how
