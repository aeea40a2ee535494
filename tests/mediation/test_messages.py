"""875 real messages to a city, with their answers, go through the petition stream."""

import csv
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime, timedelta
from functools import cache
from heapq import merge
from typing import Any, Final
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import pytest
import yaml
from httpx import AsyncClient
from sqlalchemy import Engine, insert

from libs.contracts.vocabulary import Role
from libs.events.process.world import World
from libs.statute.identity import subject_of, token_of
from services.mediation.agencies.projection import AgencyRow, ContractRow
from services.mediation.main import assemble
from tests.conftest import (
    PACK,
    ROOT,
    SHARED,
    Loopback,
    StoodStill,
    acting,
    needs_shared,
    served,
)

MAPPING: Final = yaml.safe_load((ROOT / "tests" / "mediation" / "messages.yaml").read_text("utf-8"))
MESSAGES: Final = SHARED / "data" / "citizen_messages_replies_zh.csv"
ZONE: Final = ZoneInfo(MAPPING["zone"])
MOVED: Final = timedelta(weeks=MAPPING["weeks"])
SPACE: Final = UUID(int=875)
CLERK: Final = acting("clerk-1", Role.PETITION_CLERK, "XFB")
WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@cache
def messages() -> list[dict[str, str]]:
    with MESSAGES.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def moment(row: dict[str, str], name: str) -> datetime:
    return datetime.fromisoformat(row[MAPPING[name]]).replace(tzinfo=ZONE) + MOVED


def petition_of(row: dict[str, str]) -> str:
    return str(uuid5(SPACE, row[MAPPING["id"]]))


def number_of(petitioner: str) -> str:
    """A number that nobody has, of a place that does not exist: GB 11643, with its check digit."""
    order = int(petitioner.removeprefix("R"))
    birthday = date(1950, 1, 1) + timedelta(days=order)
    digits = f"120199{birthday:%Y%m%d}{order % 1000:03d}"
    total = sum(int(one) * weight for one, weight in zip(digits, WEIGHTS, strict=True))
    return digits + "10X98765432"[total % 11]


Act = tuple[datetime, int, str, dict[str, Any]]


def acts() -> Iterator[Act]:
    """Everything that is done, at its own moment: registered, separated, replied."""
    rows = list(enumerate(messages()))
    sent = MAPPING["separated"]
    later = timedelta(hours=sent["hours"])
    told = {name: sent[name] for name in ("route", "basis", "to_agency")}
    first = [
        (moment(row, "registered"), 3 * place, "/petitions", {
            "petition_id": petition_of(row), "kind": MAPPING["kind"],
            "matter": row[MAPPING["matter"]],
            "petitioners": [{"kind": "PERSON", "id_type": "ID_CARD", "name": "虚构来信人",
                             "id_number": number_of(row[MAPPING["petitioner"]])}],
        })
        for place, row in rows
    ]  # fmt: skip
    second = [
        (min(moment(row, "registered") + later, moment(row, "replied")), 3 * place + 1,
         f"/petitions/{petition_of(row)}/separate", told | {"power_item_code": None})
        for place, row in rows
    ]  # fmt: skip
    third = [
        (moment(row, "replied"), 3 * place + 2, f"/petitions/{petition_of(row)}/reply",
         {"opinion": row[MAPPING["opinion"]]})
        for place, row in rows
    ]  # fmt: skip
    return merge(sorted(first, key=when), sorted(second, key=when), sorted(third, key=when),
                 key=when)  # fmt: skip


def when(act: Act) -> tuple[datetime, int]:
    return act[:2]


def counted_in_time() -> set[str]:
    """The same by other means: 60 days, and to the next working day where the last is none."""
    with (ROOT / "jurisdictions" / "binhai" / "calendar.csv").open(encoding="utf-8") as file:
        published = {row["date"]: row["workday"] == "1" for row in csv.DictReader(file)}
    found = set()
    for row in messages():
        last = moment(row, "registered").date() + timedelta(days=60)
        while not published.get(last.isoformat(), last.weekday() < 5):
            last += timedelta(days=1)
        if moment(row, "replied").date() <= last:
            found.add(petition_of(row))
    return found


@pytest.fixture
async def window(world: World, loopback: Loopback, engine: Engine) -> AsyncIterator[AsyncClient]:
    async with served(assemble(world, PACK), loopback) as client:
        taker = MAPPING["separated"]["to_agency"]
        with engine.begin() as tx:
            tx.execute(insert(AgencyRow.table), {"agency_code": taker, "status": "ACTIVE"})
            contract = {
                "subscription_id": uuid5(SPACE, taker), "agency_code": taker,
                "kinds": ["PETITION"], "valid_from": date(2022, 1, 1),
                "valid_until": date(2040, 1, 1),
            }  # fmt: skip
            tx.execute(insert(ContractRow.table), contract)
        yield client


@pytest.mark.whole
@needs_shared
async def test_none_is_lost_and_who_was_answered_in_time_is_known(
    window: AsyncClient, clock: StoodStill, world: World
) -> None:
    assert len(messages()) == 875
    for at, _, path, body in acts():
        clock.now = at.astimezone(ZoneInfo("UTC"))
        answer = await window.post(path, json=body, headers=CLERK)
        assert answer.is_success, (path, answer.text)
    found: list[dict[str, Any]] = []
    following = ""
    while following is not None:
        after = {"after": following} if following else {}
        page = (await window.get("/petitions", params=after, headers=CLERK)).json()
        found += page["petitions"]
        following = page["next"]
    assert Counter(one["stage"] for one in found) == {"REPLIED": 875}
    assert {one["petition_id"] for one in found} == set(map(petition_of, messages()))
    assert len({one["petition_no"] for one in found}) == 875
    in_time = {one["petition_id"] for one in found if one["replied_on_time"]}
    assert in_time == counted_in_time()
    assert 0 < len(in_time) < 875
    # Who comes again in the same words is known, and nobody else is.
    before: dict[tuple[str, str], str] = {}
    again = {}
    for row in sorted(messages(), key=lambda one: moment(one, "registered")):
        words = "".join(row[MAPPING["matter"]].split()).casefold()
        key = (row[MAPPING["petitioner"]], words)
        if key in before:
            again[petition_of(row)] = before[key]
        before[key] = petition_of(row)
    assert {one["petition_id"]: one["repeats"] for one in found if one["repeats"]} == again
    # And each finds all that it has sent.
    sent = defaultdict(set)
    for row in messages():
        sent[row[MAPPING["petitioner"]]].add(petition_of(row))
    often, theirs = max(sent.items(), key=lambda one: len(one[1]))
    assert len(theirs) == 3
    subject = subject_of(token_of(number_of(often), world.keys.identity_key))
    party = acting(str(subject), Role.PARTY, "PUBLIC")
    mine = (await window.get("/me/petitions", headers=party)).json()["petitions"]
    assert {one["petition_id"] for one in mine} == theirs
    # Each is a matter of its own, and its code tells nothing of what was written.
    codes = {one["correlation_id"] for one in found}
    assert len(codes) == 875
    assert all(one.isascii() for one in codes)
