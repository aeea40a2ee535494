"""The grid's edge: one report goes in, and whatever is wrong with a request is told, at once."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import Engine, func, select

from libs.contracts import exchange
from libs.contracts.vocabulary import Role
from libs.events.http.edge import REPLAY, REPLAYED_AT, REPLAYED_BY
from libs.events.process.world import World
from libs.events.store.tables import events
from libs.events.system.clocks import RealTime
from services.grid.main import assemble as assemble_grid
from tests.conftest import ISSUER, PACK, Loopback, Says, acting, served
from tests.effort import MOST_CALLS, effort
from tests.grid.ground import know_the_ground

SEAT = acting("seat", Role.HOTLINE_SEAT)
RECEIVER = acting("receiver", Role.GRID_RECEIVER)
DISPATCHER = acting("dispatcher", Role.GRID_DISPATCHER)
ID = "11111111-1111-7111-8111-111111111111"
REPORT = {
    "report_id": ID,
    "channel": "HOTLINE_8890",
    "category_code": "1201160102",
    "description": "rubbish beside the road",
    "location": {"lon": 117.642, "lat": 39.032, "accuracy_m": 8},
    "captured_at": "2026-06-01T09:00:00+08:00",
}


@pytest.fixture(autouse=True)
async def known(grid: AsyncClient, says: Says, engine: Engine) -> None:
    """The cells and the catalogue are on record, and the exchange has told of the agencies."""
    with engine.begin() as tx:
        know_the_ground(tx)
    for code in ("CGW", "ZJW"):
        await says(
            exchange.AgencyRegistered(
                agency_code=code,  # type: ignore[arg-type]  # pydantic makes the code of it
                name_zh=code,
                kind="DEPARTMENT",
                territory="120116",  # type: ignore[arg-type]  # pydantic makes the code of it
                rule_family="OTHER",
                superior=None,
                contacts=(),
            )
        )


def on_record(engine: Engine) -> int:
    with engine.connect() as tx:
        return tx.execute(select(func.count()).select_from(events)).scalar_one()


async def test_a_report_goes_in_and_is_shown(grid: AsyncClient) -> None:
    answer = await grid.post("/reports", json=REPORT, headers=SEAT)
    assert answer.status_code == 201, answer.text
    again = await grid.post("/reports", json=REPORT, headers=SEAT)
    assert again.json() == answer.json()
    assert (await grid.post(f"/reports/{ID}/register", json={}, headers=RECEIVER)).is_success
    named = {
        "assignment_id": "33333333-3333-7333-8333-000000000001",
        "handoff_id": "22222222-2222-7222-8222-222222222222",
    }
    sent = await grid.post(f"/reports/{ID}/dispatch", json=named, headers=DISPATCHER)
    assert sent.is_success, sent.text
    row = (await grid.get(f"/reports/{ID}", headers=RECEIVER)).json()
    assert (row["status"], row["agency_code"]) == ("DISPATCHED", "CGW")
    page = (await grid.get("/reports?agency=CGW&limit=1", headers=RECEIVER)).json()
    assert [one["report_id"] for one in page["reports"]] == [ID]
    following = await grid.get(f"/reports?limit=1&after={page['next']}", headers=RECEIVER)
    assert following.json() == {"reports": [], "next": None}


def changed(**fields: Any) -> dict[str, Any]:
    return {"json": REPORT | fields, "headers": SEAT}


BAD: dict[str, tuple[dict[str, Any], int, str]] = {
    "no token": ({"json": REPORT}, 401, "not-identified"),
    "a token of nobody": (
        {"json": REPORT, "headers": {"Authorization": "Bearer e30.e30.e30"}}, 401,
        "not-identified",
    ),
    "another scheme": (
        {"json": REPORT, "headers": {"Authorization": "Basic abc"}}, 401, "not-identified",
    ),
    "headers anybody could set": (
        {"json": REPORT, "headers": {"X-Role": "HOTLINE_SEAT", "X-Actor": "me"}}, 401,
        "not-identified",
    ),
    "wrong role": ({"json": REPORT, "headers": DISPATCHER}, 403, "role-not-allowed"),
    "unknown category": (changed(category_code="9999"), 422, "category-unknown"),
    "outside": (
        changed(location={"lon": 2.35, "lat": 48.85, "accuracy_m": 8}), 422,
        "location-out-of-area",
    ),
    "no photo": (changed(channel="APP_ZSX"), 422, "media-required"),
    "to come": (
        changed(captured_at="2026-06-01T10:00:00+08:00"), 422, "capture-time-invalid",
    ),
    "no zone": (changed(captured_at="2026-06-01T09:00:00"), 400, "request-malformed"),
    "half a point": (changed(location={"lon": 117.6}), 400, "request-malformed"),
    "not a number": (
        {"content": b'{"location": {"lon": NaN}}', "headers": SEAT}, 400, "request-malformed",
    ),
    "malformed": ({"content": b"{", "headers": SEAT}, 400, "request-malformed"),
    "not UTF-8": ({"content": b'{"a": "\xff"}', "headers": SEAT}, 400, "request-malformed"),
    "2 MB": ({"content": b" " * 2_000_000, "headers": SEAT}, 413, "request-too-large"),
    "wrong content type": (
        {"content": b"a=1", "headers": SEAT | {"content-type": "text/plain"}}, 415,
        "media-type-not-supported",
    ),
    "a long header": (
        {"json": REPORT, "headers": SEAT | {"x-long": "x" * 9000}}, 400, "request-malformed",
    ),
    **{
        f"{what} in {field}": (changed(**{field: text}), 400, "request-malformed")
        for what, text in (("NUL", "a\0bcd"), ("9 kB", "x" * 9000), ("a surrogate", "\ud800abc"))
        for field in ("description", "channel", "category_code", "severity", "report_id")
    },
}  # fmt: skip


@pytest.mark.parametrize(("sent", "status", "rule"), BAD.values(), ids=BAD)
async def test_a_bad_request_is_told_at_once_and_nothing_is_recorded(
    grid: AsyncClient, engine: Engine, sent: dict[str, Any], status: int, rule: str
) -> None:
    before = on_record(engine)
    with effort() as spent:
        answer = await grid.post("/reports", **in_bytes(sent))
    assert spent.calls < MOST_CALLS
    assert (answer.status_code, answer.json()["rule"]) == (status, rule), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"/refusals/{rule}"
    assert on_record(engine) == before
    neighbour = await grid.post("/reports", json=REPORT, headers=SEAT)
    assert neighbour.status_code == 201


def in_bytes(sent: dict[str, Any]) -> dict[str, Any]:
    """JSON as a client without manners would write it: a surrogate by its escape."""
    if "json" not in sent:
        return sent
    headers = sent.get("headers", {}) | {"content-type": "application/json"}
    return {"content": json.dumps(sent["json"]).encode("ascii"), "headers": headers}


async def test_the_register_is_asked_for_a_span(grid: AsyncClient) -> None:
    span = "since=2026-06-01T00:00:00Z&until=2026-12-01T00:00:00Z"
    answer = await grid.get(f"/reports/punctuality?{span}&by=cell_code", headers=RECEIVER)
    assert (answer.status_code, answer.json()) == (200, [])
    for bad in ("since=2026-06-01T00:00:00Z", f"{span}&by=colour", span.replace("Z", "")):
        answer = await grid.get(f"/reports/punctuality?{bad}", headers=RECEIVER)
        assert (answer.status_code, answer.json()["rule"]) == (400, "request-malformed")


async def test_other_ways_in_are_told_as_well(grid: AsyncClient) -> None:
    gone = await grid.delete("/reports", headers=SEAT)
    assert (gone.status_code, gone.json()["rule"]) == (405, "method-not-allowed")
    nowhere = await grid.get("/nowhere", headers=SEAT)
    assert (nowhere.status_code, nowhere.json()["rule"]) == (404, "not-found")
    unknown = await grid.post(f"/reports/{ID}/register", json={}, headers=RECEIVER)
    assert (unknown.status_code, unknown.json()["rule"]) == (404, "not-found")
    page = await grid.get("/reports?after=nonsense", headers=RECEIVER)
    assert (page.status_code, page.json()["rule"]) == (400, "request-malformed")


async def test_an_expired_token_is_nobodys(grid: AsyncClient) -> None:
    token = ISSUER.token(
        actor="seat", role="HOTLINE_SEAT", agency="WGZX", lasts=timedelta(seconds=-1)
    )
    answer = await grid.post("/reports", json=REPORT, headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["rule"] == "not-identified"


async def test_its_pages_load_nothing_from_elsewhere(grid: AsyncClient) -> None:
    for page in ("/docs", "/redoc", "/asyncapi"):
        answer = await grid.get(page)
        assert answer.status_code == 200
        assert "//" not in answer.text.replace("/openapi.json", "").partition("<script>")[0], page
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "redoc.standalone.js"):
        answer = await grid.get(f"/static-offline-docs/{name}")
        assert (answer.status_code, len(answer.content) > 100_000) == (200, True)


async def test_every_post_tells_what_it_may_be_refused_for(grid: AsyncClient) -> None:
    document = (await grid.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    posts = [one["post"] for one in document["paths"].values() if "post" in one]
    names = {one["operationId"] for one in posts}
    assert {"SubmitReport", "DispatchReport", "PassCheck"} <= names
    for one in posts:
        if one["operationId"] not in ("AskDeadlines", "AwaitPositions"):
            assert {"400", "401", "403", "503"} <= one["responses"].keys(), one["operationId"]


def replayed(at: str, role: str = REPLAY) -> dict[str, str]:
    return {REPLAYED_AT: at, REPLAYED_BY: ISSUER.token(actor="replay", role=role, agency="DEMO")}


async def test_a_replay_says_when_each_command_happened(grid: AsyncClient, engine: Engine) -> None:
    spoken = REPORT | {"captured_at": "2026-05-01T09:00:00+08:00"}
    at = "2026-05-01T09:01:00+08:00"
    answer = await grid.post("/reports", json=spoken, headers=SEAT | replayed(at))
    assert answer.status_code == 201, answer.text
    with engine.connect() as tx:
        (happened,) = tx.execute(select(events.c.occurred).where(events.c.subject.like("report/%")))
    assert happened.occurred == datetime.fromisoformat(at)


async def test_a_replay_never_goes_back_in_a_stream(grid: AsyncClient, engine: Engine) -> None:
    spoken = REPORT | {"captured_at": "2026-05-01T09:00:00+08:00"}
    at = replayed("2026-05-01T09:01:00+08:00")
    assert (await grid.post("/reports", json=spoken, headers=SEAT | at)).status_code == 201
    before = on_record(engine)
    earlier = RECEIVER | replayed("2026-05-01T09:00:59+08:00")
    answer = await grid.post(f"/reports/{ID}/register", json={}, headers=earlier)
    assert (answer.status_code, answer.json()["rule"]) == (400, "request-malformed")
    assert f"report/{ID}" in answer.json()["detail"]
    assert on_record(engine) == before
    same = RECEIVER | at
    answer = await grid.post(f"/reports/{ID}/register", json={}, headers=same)
    assert answer.status_code == 200, answer.text


async def test_what_comes_without_an_announcement_is_measured(grid: AsyncClient) -> None:
    """Chunked, and larger than is read: not taken for a body that cannot be read."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    answer = await grid.post("/reports", content=chunks(), headers=SEAT)
    assert (answer.status_code, answer.json()["rule"]) == (413, "request-too-large")
    assert answer.json()["details"]["most"] == 1024 * 1024


@pytest.mark.parametrize("content", [b'{"a": "\xff"}', b"[" * 50_000])
async def test_a_body_that_cannot_be_read_names_no_fields(
    grid: AsyncClient, content: bytes
) -> None:
    answer = await grid.post("/reports", content=content, headers=SEAT)
    told = answer.json()
    assert (answer.status_code, told["rule"]) == (400, "request-malformed")
    assert "fields" not in told["detail"] or told["details"]["fields"]


@pytest.mark.parametrize(
    ("headers", "status", "rule"),
    [
        (replayed("2026-05-01T09:01:00+08:00", "GRID_WORKER"), 403, "role-not-allowed"),
        (replayed("2026-05-01T09:01:00"), 400, "request-malformed"),
        (replayed("yesterday"), 400, "request-malformed"),
        (replayed("0001-01-01T00:00:00+08:00"), 400, "request-malformed"),
        (replayed("9999-12-31T23:59:59-08:00"), 400, "request-malformed"),
        ({REPLAYED_AT: "2026-05-01T09:01:00+08:00"}, 401, "not-identified"),
    ],
    ids=["another role", "no offset", "no instant", "before UTC", "after UTC", "no second token"],
)
async def test_nobody_else_says_when_it_happened(
    grid: AsyncClient, engine: Engine, headers: dict[str, str], status: int, rule: str
) -> None:
    before = on_record(engine)
    answer = await grid.post("/reports", json=REPORT, headers=SEAT | headers)
    assert (answer.status_code, answer.json()["rule"]) == (status, rule)
    assert on_record(engine) == before


async def test_where_time_is_real_nobody_says_it(world: World, loopback: Loopback) -> None:
    real = replace(world, clock=RealTime())
    async with served(assemble_grid(real, PACK), loopback) as client:
        headers = SEAT | replayed("2026-05-01T09:01:00+08:00")
        answer = await client.post("/reports", json=REPORT, headers=headers)
        assert (answer.status_code, answer.json()["rule"]) == (400, "request-malformed")
        assert (await client.get("/development/clock")).status_code == 404
