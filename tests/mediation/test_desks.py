"""Mediation over HTTP: register, desk, papers, counts, and who reads what."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response
from pypdf import PdfReader

from libs.contracts.vocabulary import Role
from libs.events.process.world import World
from libs.statute.identity import subject_of, token_of
from services.mediation.dispute.questions.asked import suppressed
from services.mediation.main import assemble
from tests.conftest import PACK, Loopback, StoodStill, acting, served

STREET = "ST-120116005"
BELOW, ABOVE = "120199198503150117", "120199198807120128"
MANAGER = acting("manager-1", Role.MEDIATION_MANAGER, STREET)
MEDIATOR = acting("mediator-1", Role.MEDIATOR, STREET)
COLLEAGUE = acting("mediator-2", Role.MEDIATOR, STREET)
ELSEWHERE = acting("manager-2", Role.MEDIATION_MANAGER, "ZFW")
SUPERVISOR = acting("supervisor-1", Role.SUPERVISOR, "SFJ")
CLERK = acting("clerk-1", Role.PETITION_CLERK, "XFB")
TALK, PAPER = "they talk about the accordion", "the signed agreement"


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def named(number: str, role: str, name: str) -> dict[str, Any]:
    return {
        "kind": "PERSON", "id_type": "ID_CARD", "id_number": number, "name": name, "role": role,
    }  # fmt: skip


@pytest.fixture
async def window(world: World, loopback: Loopback, clock: StoodStill) -> AsyncIterator[AsyncClient]:
    clock.now = datetime(2026, 5, 8, 2, tzinfo=UTC)
    async with served(assemble(world, PACK), loopback) as client:
        yield client


def party(world: World, number: str) -> str:
    return str(subject_of(token_of(number, world.keys.identity_key)))


def as_party(world: World, number: str) -> dict[str, str]:
    return acting(party(world, number), Role.PARTY, "PUBLIC")


async def done(client: AsyncClient, path: str, body: Any, who: Any = MANAGER) -> Response:
    answer = await client.post(path, json=body, headers=who)
    assert answer.is_success, answer.text
    return answer


async def received(client: AsyncClient, **more: Any) -> str:
    dispute = str(uuid4())
    body = {
        "dispute_id": dispute, "channel": "WALK_IN", "category": "NOISE",
        "facts": "an accordion at night", "parties": [named(BELOW, "APPLICANT", "虚构楼下")],
    }  # fmt: skip
    await done(client, "/disputes", body | more)
    return dispute


async def signed(client: AsyncClient, world: World) -> str:
    """A dispute whose agreement was signed."""
    dispute = await received(client)
    path, both = f"/disputes/{dispute}", [party(world, BELOW), party(world, ABOVE)]
    triage = {
        "type": "PEOPLE", "risk_level": "R1", "level": "COMMUNITY",
        "joined": [named(ABOVE, "RESPONDENT", "虚构楼上")],
    }  # fmt: skip
    await done(client, f"{path}/triage", triage)
    for one in both:
        await done(
            client, f"{path}/consents", {"party_id": one, "consent": True, "method": "WRITTEN"}
        )
    await done(client, f"{path}/accept", {})
    assigned = {"mediator_ids": ["mediator-1"], "lead_mediator": "mediator-1"}
    await done(client, f"{path}/mediators", assigned)
    when = {"held_at": "2026-05-08T10:00:00+08:00", "place": "the room"}
    await done(client, f"{path}/sessions/schedule", when, MEDIATOR)
    for text in (TALK, PAPER):
        put = await client.put(
            f"{path}/files/{digest(text)}", content=text.encode(), headers=MEDIATOR
        )
        assert put.is_success, put.text
    session = {
        "on": "2026-05-08", "attendance": both, "rights_read": True, "summary_hash": digest(TALK),
        "proposals": ["an hour of quiet"],
    }  # fmt: skip
    await done(client, f"{path}/sessions", session, MEDIATOR)
    item = {
        "item_id": str(uuid4()), "obligor": both[1], "obligee": both[0],
        "content": "晚十点后不再演奏", "due_on": "2026-05-20", "amount_fen": 20_000,
    }  # fmt: skip
    await done(client, f"{path}/agreement", {"items": [item]}, MEDIATOR)
    paper = {
        "agreement_id": str(uuid4()), "form": "WRITTEN", "effective_on": "2026-05-08",
        "signed_by": both, "seal_hash": digest(PAPER),
    }  # fmt: skip
    await done(client, f"{path}/agreement/sign", paper, MEDIATOR)
    return dispute


async def test_each_finds_what_is_theirs(window: AsyncClient, world: World) -> None:
    dispute = await signed(window, world)

    async def ids(path: str, who: Any) -> list[str]:
        answer = await window.get(path, headers=who)
        assert answer.is_success, answer.text
        return [one["dispute_id"] for one in answer.json()["disputes"]]

    assert await ids("/disputes", MANAGER) == [dispute]
    assert await ids("/disputes", ELSEWHERE) == []
    assert await ids("/disputes", SUPERVISOR) == [dispute]
    assert await ids("/disputes?stage=SIGNED&level=COMMUNITY&category=NOISE", MANAGER) == [dispute]
    assert await ids("/disputes?listed=true", MANAGER) == []
    assert await ids("/desk", MEDIATOR) == [dispute]
    assert await ids("/desk", COLLEAGUE) == []
    for number in (BELOW, ABOVE):
        assert await ids("/me/disputes", as_party(world, number)) == [dispute]
    assert await ids("/me/disputes", as_party(world, "120199199001010135")) == []
    row = (await window.get("/desk", headers=MEDIATOR)).json()["disputes"][0]
    assert (row["stage"], row["waits_for"], row["sessions"]) == ("SIGNED", "PARTY", 1)
    assert (row["due_on"], row["confirm_until"]) == ("2026-06-08", "2026-06-08")


async def test_agreements_falling_due(window: AsyncClient, world: World) -> None:
    dispute = await signed(window, world)
    for who, by, count in (
        (MANAGER, "2026-05-20", 1), (MANAGER, "2026-05-19", 0), (ELSEWHERE, "2026-05-20", 0),
        (MEDIATOR, "2026-05-20", 1), (COLLEAGUE, "2026-05-20", 0),
    ):  # fmt: skip
        found = (await window.get("/agreements", params={"due_by": by}, headers=who)).json()
        assert len(found["items"]) == count, (who, by)
    (item,) = (
        await window.get("/agreements", params={"due_by": "2026-05-20"}, headers=MANAGER)
    ).json()["items"]
    assert (item["dispute_id"], item["lead_mediator"]) == (dispute, "mediator-1")


async def test_papers_are_for_those_inside(window: AsyncClient, world: World) -> None:
    dispute = await signed(window, world)
    path = f"/disputes/{dispute}"
    for who in (MEDIATOR, as_party(world, BELOW), as_party(world, ABOVE)):
        agreement = await window.get(f"{path}/agreement", headers=who)
        assert "晚十点后不再演奏" in agreement.text
        assert "虚构楼上向虚构楼下" in agreement.text
        record = await window.get(f"{path}/sessions/1", headers=who)
        assert TALK in record.text
        assert "an hour of quiet" in record.text
        text = await window.get(f"{path}/files/{digest(TALK)}", headers=who)
        assert text.text == TALK
    pdf = await window.get(f"{path}/agreement", params={"as": "pdf"}, headers=MEDIATOR)
    (page,) = PdfReader(BytesIO(pdf.content)).pages
    assert "晚十点后不再演奏" in page.extract_text()
    assert "200.00" in page.extract_text()
    for paper in ("agreement", "sessions/1"):
        outside = await window.get(f"{path}/{paper}", headers=MANAGER)
        assert (outside.status_code, outside.json()["rule"]) == (403, "confidential")
        for who in (COLLEAGUE, ELSEWHERE, as_party(world, "120199199001010135")):
            assert (await window.get(f"{path}/{paper}", headers=who)).status_code == 404
    assert (await window.get(f"{path}/sessions/2", headers=MEDIATOR)).status_code == 404


async def test_a_manager_sees_whose_it_is_and_nothing_that_was_said(
    window: AsyncClient, world: World
) -> None:
    dispute = await signed(window, world)
    seen = (await window.get(f"/disputes/{dispute}", headers=MANAGER)).json()
    assert [one["name"] for one in seen["parties"]] == ["虚构楼下", "虚构楼上"]
    assert [one["proposals"] for one in seen["held"]] == [None]
    assert [(one["content"], one["amount_fen"]) for one in seen["items"]] == [(None, None)]
    inside = (await window.get(f"/disputes/{dispute}", headers=MEDIATOR)).json()
    assert inside["held"][0]["proposals"] == ["an hour of quiet"]
    assert inside["items"][0]["amount_fen"] == 20_000
    outcome = (await window.get(f"/outcomes/{dispute}", headers=SUPERVISOR)).json()
    assert set(outcome) == {
        "dispute_id", "dispute_no", "category", "stage", "received_at", "outcome", "closed_on",
    }  # fmt: skip
    assert (await window.get(f"/disputes/{dispute}", headers=SUPERVISOR)).status_code == 403


async def test_a_digest_that_nobody_holds_proves_nothing(window: AsyncClient, world: World) -> None:
    dispute = await signed(window, world)
    item = (await window.get(f"/disputes/{dispute}", headers=MEDIATOR)).json()["items"][0]
    body = {"item_id": item["item_id"], "on": "2026-05-08", "proof": digest("nothing")}
    path = f"/disputes/{dispute}/performance"
    answer = await window.post(path, json=body, headers=MEDIATOR)
    assert (answer.status_code, answer.json()["rule"]) == (412, "record-incomplete")
    await done(window, path, body | {"proof": digest(PAPER)}, as_party(world, BELOW))


async def test_counts_tell_of_nobody(window: AsyncClient) -> None:
    for _ in range(6):
        await received(window)
    await received(window, category="NEIGHBOUR", channel="UNION")
    told = (await window.get("/statistics", headers=SUPERVISOR)).json()
    assert told["received"] == {"disputes": 7}
    # One small count could be found from the whole: so the other is not told either.
    assert told["by_category"] == {"NEIGHBOUR": "<5", "NOISE": "…"}
    assert told["by_channel"] == {"UNION": "<5", "WALK_IN": "…"}
    assert told["by_outcome"] == {"OPEN": 7}
    assert suppressed({"a": 3, "b": 2, "c": 9}) == {"a": "<5", "b": "<5", "c": 9}
    assert suppressed({"a": 3}) == {"a": "<5"}


async def test_a_screening_names_disputes_on_the_register(window: AsyncClient) -> None:
    screening = str(uuid4())
    body = {
        "screening_id": screening, "scope": "all stairs", "period": "WEEKLY",
        "begins_on": "2026-05-04", "ends_on": "2026-05-10",
    }  # fmt: skip
    await done(window, "/screenings", body)
    dispute = await received(window)
    number = (await window.get(f"/outcomes/{dispute}", headers=SUPERVISOR)).json()["dispute_no"]
    path, cell = f"/screenings/{screening}/findings", {"cell_code": "120116005001001"}
    worker = acting("worker-1", Role.GRID_WORKER, STREET)
    await done(window, path, cell | {"found": True, "dispute_no": number}, worker)
    await done(window, path, cell | {"found": False, "dispute_no": None}, MEDIATOR)
    wrong = cell | {"found": True, "dispute_no": "BHTJ-20260508-999999"}
    assert (await window.post(path, json=wrong, headers=worker)).status_code == 400
    (row,) = (await window.get("/screenings", headers=MANAGER)).json()["screenings"]
    assert (row["visits"], row["found"]) == (2, 1)
    assert (await window.get("/screenings", headers=ELSEWHERE)).json()["screenings"] == []


async def test_a_petition_is_known_when_it_comes_again_and_final_when_it_is(
    window: AsyncClient, world: World, clock: StoodStill
) -> None:
    petition = str(uuid4())
    who = {key: one for key, one in named(BELOW, "", "虚构楼下").items() if key != "role"}
    body = {"petition_id": petition, "kind": "VISIT", "petitioners": [who], "matter": "the lift"}
    await done(window, "/petitions", body, CLERK)
    again = body | {"petition_id": str(uuid4()), "matter": "The  LIFT"}
    await done(window, "/petitions", again, CLERK)
    found = (await window.get("/petitions", headers=CLERK)).json()["petitions"]
    assert {one["repeats"] for one in found} == {None, petition}
    # Each is a matter of its own, whose code tells nothing of it.
    codes = {one["correlation_id"] for one in found}
    assert len(codes) == 2
    assert all(one.startswith("BH-TR-20260508-") for one in codes)
    path = f"/petitions/{petition}"
    away = {"route": "LITIGATION", "basis": "信访工作条例 31", "to_agency": None}
    await done(window, f"{path}/separate", away | {"power_item_code": None}, CLERK)
    await done(window, f"{path}/finalize", {}, CLERK)
    anew = body | {"petition_id": str(uuid4())}
    third = await window.post("/petitions", json=anew, headers=CLERK)
    assert (third.status_code, third.json()["rule"]) == (409, "petition-finalized")
    mine = await window.get(path, headers=as_party(world, BELOW))
    assert (mine.json()["matter"], mine.json()["stage"]) == ("the lift", "FINAL")
    assert (await window.get(path, headers=as_party(world, ABOVE))).status_code == 404
    await done(window, f"{path}/satisfaction", {"rating": "UNSATISFIED"}, as_party(world, BELOW))
    unhappy = await window.get("/petitions", params={"unsatisfied": True}, headers=SUPERVISOR)
    assert [one["petition_id"] for one in unhappy.json()["petitions"]] == [petition]
    owned = await window.get("/me/petitions", headers=as_party(world, BELOW))
    assert len(owned.json()["petitions"]) == 2
