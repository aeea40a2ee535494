"""What is said in mediation is read by who mediates and by the parties, and by nobody else: every
question of every service is asked in every role, and none of the answers tells it."""

import asyncio
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from libs.console.scenario import Scenario
from libs.contracts import mediation
from libs.contracts.vocabulary import Role
from libs.events.core.kernel import Hidden
from libs.events.wire import codec
from tests.conftest import PACK, ROOT
from tests.orders.post import Post
from tests.orders.telling import Hamlet, Telling, hamlet

# What was said, proposed and agreed in story S4.
SAID: Final = (
    "each says what disturbs them", "they find a way", "a carpet for an hour of quiet",
    "no instruments from 22:00 to 06:00",
)  # fmt: skip
BELOW, ABOVE = "party:120199198503150117", "party:120199198807120128"
STREET: Final = "ST-120116005"
AGENCIES: Final = (STREET, "SFJ")
# Who stands inside.
INSIDE: Final = {("mediator-2", Role.MEDIATOR), (BELOW, Role.PARTY), (ABOVE, Role.PARTY)}


def people() -> Iterator[tuple[str, Role, str]]:
    """Every role in every agency that has to do with it; the parties; the mediator who was recused
    and the one who mediates."""
    for role in Role:
        for agency in AGENCIES:
            yield f"{agency}/{role}", role, agency
    yield BELOW, Role.PARTY, "PUBLIC"
    yield ABOVE, Role.PARTY, "PUBLIC"
    yield "mediator-1", Role.MEDIATOR, STREET
    yield "mediator-2", Role.MEDIATOR, STREET
    yield "manager-1", Role.MEDIATION_MANAGER, STREET


async def asked(here: Hamlet, ids: Mapping[str, str]) -> dict[tuple[str, str, str], list[str]]:
    """Who has read what of it, and where; how many questions were asked stands under `count`."""
    found: dict[tuple[str, str, str], list[str]] = {}
    count = 0
    for service in here.members:
        page = (await here.client.http.get(f"{here.client.suite.url(service)}/openapi.json")).json()
        for path, methods in page["paths"].items():
            if "get" not in methods or path.startswith("/development"):
                continue
            both = [path.replace("{session_no}", one) for one in "12"]
            for one in dict.fromkeys(both):
                count += await answered(here, service, one, methods["get"], ids, found)
    assert count > 4_000
    return found


async def answered(
    here: Hamlet,
    service: str,
    path: str,
    operation: Mapping[str, Any],
    ids: Mapping[str, str],
    found: dict[tuple[str, str, str], list[str]],
) -> int:
    """One question, asked by everybody."""
    filled = re.sub(r"\{(\w+)\}", lambda hole: ids.get(hole[1], ids["dispute_id"]), path)
    required = {
        one["name"]: "2026-12-31"
        for one in operation.get("parameters", ())
        if one["in"] == "query" and one.get("required")
    }
    count = 0
    for person, role, agency in people():
        who = (here.client.suite.actor(person), role, agency)
        answer = await here.client.http.get(
            f"{here.client.suite.url(service)}{filled}?{urlencode(required)}",
            headers=here.client.headers(*who),
        )
        count += 1
        if told := [one for one in SAID if one in answer.text]:
            found[person, role, path] = told
    return count


async def told(folder: Path) -> tuple[dict[tuple[str, str, str], list[str]], list[Any], str]:
    story = Scenario.read(ROOT / "demo" / "scenarios" / "s4.yaml", PACK)
    post = Post()
    async with hamlet(folder, PACK, story.begins, post) as here:
        await here.loaded()
        telling = Telling(here, story, None)
        await telling.tell()
        streams = {name: telling.named(one) for name, one in story.streams.items()}
        key = {name: subject.partition("/")[2] for name, subject in streams.items()}
        digests = re.findall(r'summary_hash\\?": \\?"([0-9a-f]{64})', str(telling.facts()))
        ids = {
            "dispute_id": key["D1"], "report_id": key["R1"], "handoff_id": key["H2"],
            "sha256": (digests or ["0" * 64])[0],
        }  # fmt: skip
        matter = next(one for one in telling.found.values() if "-TR-" in one)
        found = await asked(here, {**ids, "trace": matter, "matter": matter})
        log = here.members["mediation"].service.settler.log
        with log.engine.connect() as tx:
            facts = list(log.stream(tx, f"dispute/{key['D1']}"))
            raw = str(log.read(tx, after=0))
        keys = log.keys.find({fact.correlation_id for fact in facts})
        sealed = [codec.closed(fact, keys)[0] for fact in facts]
        foreign = [codec.opened(one, keys, reader="oversight").data for one in sealed]
        return found, foreign, raw


@pytest.mark.whole
def test_what_is_said_is_read_by_the_mediator_and_the_parties_only(tmp_path: Path) -> None:
    found, foreign, raw = asyncio.run(told(tmp_path))
    readers = {(person, role) for person, role, _ in found}
    assert readers <= INSIDE
    # And they do read it, or nothing would be shown.
    assert readers == INSIDE
    assert {one for told in found.values() for one in told} == set(SAID)
    # Nobody else's service opens it, whatever keys it has; what lies in the log is sealed.
    held = [one for one in foreign if isinstance(one, mediation.SessionHeld)]
    agreed = next(one for one in foreign if isinstance(one, mediation.AgreementReached))
    assert {one.proposals for one in held} == {Hidden.WITHHELD}
    assert agreed.terms is Hidden.WITHHELD
    assert not any(one in raw for one in SAID)
