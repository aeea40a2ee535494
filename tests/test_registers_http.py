"""The registers over HTTP: cells, catalogue, agencies, contracts, powers, days, officers."""

import asyncio
import json
from collections.abc import AsyncIterator, Collection
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from libs.contracts.exchange import DeliveryMode, HandoffDelivered
from libs.contracts.vocabulary import Role
from libs.events.deciding.loading import Loader
from libs.events.process.service import Service
from libs.events.process.world import World
from libs.statute.pack import Row
from services.exchange.main import assemble as assemble_exchange
from services.grid.category_catalogue.loading import said
from services.grid.cell.loading import definitions
from tests.conftest import PACK, Loopback, Says, acting, served
from tests.exchange.test_window import dispatched

OPS = acting("ops", Role.OPS, "OPS")
DISPATCHER = acting("dispatcher", Role.GRID_DISPATCHER)
HANDLER = acting("cgw-handler", Role.AGENCY_HANDLER, "CGW")
FIRST = definitions(PACK)[0]
CELL = {
    "cell_code": FIRST.cell_code,
    "name_zh": FIRST.name_zh,
    "community_code": FIRST.community_code,
    "street_code": FIRST.street_code,
    "polygon": json.loads(FIRST.polygon),
    "effective_from": "2026-01-01",
}
BOW_TIE = {
    "type": "Polygon",
    "coordinates": [[[117.6, 39.0], [117.7, 39.1], [117.7, 39.0], [117.6, 39.1], [117.6, 39.0]]],
}
OPEN_RING = {"type": "Polygon", "coordinates": [[[117.6, 39.0], [117.7, 39.1], [117.7, 39.0],
                                                 [117.6, 39.2]]]}  # fmt: skip
ELSEWHERE = {
    "type": "Polygon",
    "coordinates": [[[2.3, 48.8], [2.4, 48.8], [2.4, 48.9], [2.3, 48.8]]],
}
LEAD = {"worker_id": "w1", "is_lead": True, "effective_from": "2026-01-01"}
CATEGORY = {
    "category_code": "0102", "kind": "EVENT", "name_zh": "暴露垃圾", "lead": ["@STREET"],
    "sla_class": "S3",
}  # fmt: skip
REVISION = {"version": "2026.2", "added": [CATEGORY], "effective_from": "2026-06-01"}
AGENCY = {
    "agency_code": "NEW", "name_zh": "新单位", "kind": "DEPARTMENT", "territory": "120116",
    "rule_family": "OTHER",
}  # fmt: skip
CONTRACT = {
    "subscription_id": "77777777-7777-7777-8777-777777777777", "agency_code": "CGW",
    "kinds": ["DISPATCH"], "mode": "KAFKA_MIRROR", "field_allow_list": ["DISPATCH.*"],
    "max_class": "P2", "purpose": "its duty", "basis": "三定规定", "valid_from": "2027-01-01",
    "valid_until": "2027-12-31",
}  # fmt: skip
POWER = {
    "code": "P-NEW-01", "name_zh": "占道经营", "type": "PENALTY", "owners": ["CGW"],
    "basis": "城市市容条例 20",
}  # fmt: skip
DAYS = [(date(2027, 1, 1) + timedelta(days=n)).isoformat() for n in range(365)]
YEAR = {
    "year": 2027, "days": DAYS, "off_days": ["2027-01-01"], "on_days": [], "source": "国办通知",
}  # fmt: skip
CERTIFICATE = {
    "officer_id": "o1", "certificate_no": "T-1", "domains": ["CITY"], "agency_code": "CGW",
    "valid_until": "2027-12-31",
}  # fmt: skip


@pytest.fixture
def service(world: World) -> Service:
    return assemble_exchange(world, PACK)


@pytest.fixture
async def window(service: Service, loopback: Loopback) -> AsyncIterator[AsyncClient]:
    async with served(service, loopback) as client:
        while not await service.loader.once():
            pass
        yield client


async def refused(
    client: AsyncClient, path: str, body: Any, who: dict[str, str], status: int, rule: str
) -> None:
    answer = await client.post(path, json=body, headers=who)
    assert (answer.status_code, answer.json()["rule"]) == (status, rule), answer.text


async def test_a_cell_is_defined_and_has_its_workers(grid: AsyncClient) -> None:
    assert (await grid.post("/cells", json=CELL, headers=OPS)).status_code == 201
    path = f"/cells/{FIRST.cell_code}/workers"
    assert (await grid.post(path, json=LEAD, headers=DISPATCHER)).is_success
    (shown,) = (await grid.get("/cells", headers=DISPATCHER)).json()
    assert (shown["cell_code"], json.loads(shown["polygon"])) == (
        FIRST.cell_code,
        json.loads(FIRST.polygon),
    )
    assert [(one["worker_id"], one["is_lead"]) for one in shown["workers"]] == [("w1", True)]
    second = LEAD | {"worker_id": "w2"}
    await refused(grid, path, second, OPS, 409, "lead-worker-taken")
    assert (await grid.post(path, json=LEAD | {"is_lead": False}, headers=OPS)).is_success
    assert (await grid.post(path, json=second, headers=OPS)).is_success
    await refused(grid, "/cells/none/workers", LEAD, OPS, 404, "not-found")


@pytest.mark.parametrize(
    ("fields", "who", "status", "rule"),
    [
        ({}, DISPATCHER, 403, "role-not-allowed"),
        ({"polygon": BOW_TIE}, OPS, 400, "request-malformed"),
        ({"polygon": OPEN_RING}, OPS, 400, "request-malformed"),
        ({"polygon": {"type": "Point", "coordinates": [1, 2]}}, OPS, 400, "request-malformed"),
        ({"polygon": ELSEWHERE}, OPS, 422, "cells-overlap"),
        ({"effective_from": "0001-01-01"}, OPS, 400, "request-malformed"),
        ({"name_zh": "a\0"}, OPS, 400, "request-malformed"),
    ],
)
async def test_no_other_cell_is_defined(
    grid: AsyncClient, fields: dict[str, Any], who: dict[str, str], status: int, rule: str
) -> None:
    await refused(grid, "/cells", CELL | fields, who, status, rule)
    assert (await grid.get("/cells", headers=DISPATCHER)).json() == []


async def test_the_ground_of_a_cell_is_nobody_elses(grid: AsyncClient) -> None:
    assert (await grid.post("/cells", json=CELL, headers=OPS)).is_success
    await refused(grid, "/cells", CELL | {"cell_code": "other"}, OPS, 422, "cells-overlap")
    await refused(grid, "/cells", CELL | {"name_zh": "other"}, OPS, 409, "idempotency-conflict")


async def test_the_catalogue_is_revised(grid: AsyncClient) -> None:
    path = "/categories/revisions"
    assert (await grid.post(path, json=REVISION, headers=OPS)).is_success
    (shown,) = (await grid.get("/categories", headers=HANDLER)).json()
    assert (shown["category_code"], shown["live"]) == ("0102", True)
    assert (await grid.post(path, json=REVISION, headers=OPS)).is_success
    await refused(grid, path, REVISION | {"version": "2"}, OPS, 409, "idempotency-conflict")
    renamed = REVISION | {"added": [], "revised": [CATEGORY | {"name_zh": "垃圾"}]}
    assert (await grid.post(path, json=renamed, headers=OPS)).is_success
    # Sent again after something else, the first is still the first.
    assert (await grid.post(path, json=REVISION, headers=OPS)).is_success
    (shown,) = (await grid.get("/categories", headers=HANDLER)).json()
    assert shown["name_zh"] == "垃圾"
    retired = {"version": "2026.3", "retired": ["0102"], "effective_from": "2026-06-01"}
    assert (await grid.post(path, json=retired, headers=OPS)).is_success
    assert (await grid.get("/categories", headers=HANDLER)).json() == []
    assert len((await grid.get("/categories?live=false", headers=HANDLER)).json()) == 1


@pytest.mark.parametrize(
    ("fields", "status", "rule"),
    [
        ({"added": [CATEGORY | {"lead": ["NOBODY"]}]}, 422, "agency-not-competent"),
        ({"added": [], "retired": ["0999"]}, 422, "category-unknown"),
        ({"added": [], "revised": [CATEGORY]}, 422, "category-unknown"),
        ({"added": []}, 400, "request-malformed"),
        ({"retired": ["0102"]}, 400, "request-malformed"),
        ({"effective_from": "2026-06-02"}, 400, "request-malformed"),
        ({"added": [CATEGORY | {"lead": ["@NOBODY"]}]}, 422, "agency-not-competent"),
        ({"added": [CATEGORY | {"power_items": ["P-NONE"]}]}, 422, "agency-not-competent"),
        ({"added": [CATEGORY | {"sla_class": "S9"}]}, 400, "request-malformed"),
    ],
)
async def test_no_other_revision_is_taken(
    grid: AsyncClient, fields: dict[str, Any], status: int, rule: str
) -> None:
    await refused(grid, "/categories/revisions", REVISION | fields, OPS, status, rule)
    assert (await grid.get("/categories?live=false", headers=OPS)).json() == []


async def test_an_agency_takes_part_and_what_it_wants_to_hear_is_told(
    window: AsyncClient, service: Service
) -> None:
    assert (await window.post("/agencies", json=AGENCY, headers=OPS)).status_code == 201
    await refused(window, "/agencies", AGENCY | {"kind": "ZONE"}, OPS, 409, "idempotency-conflict")
    assert [one.topic for one in service.relays()] == ["agency.ECO"]
    wish = CONTRACT | {"agency_code": "NEW"}
    assert (await window.post("/subscriptions", json=wish, headers=OPS)).status_code == 201
    assert [one.topic for one in service.relays()] == ["agency.ECO", "agency.NEW"]
    own = acting("new-handler", Role.AGENCY_HANDLER, "NEW")
    (shown,) = (await window.get("/subscriptions", headers=own)).json()
    assert (shown["agency_code"], shown["mode"]) == ("NEW", "KAFKA_MIRROR")


@pytest.mark.parametrize(
    ("fields", "who", "status", "rule"),
    [
        ({}, DISPATCHER, 403, "role-not-allowed"),
        ({"agency_code": "ECO"}, HANDLER, 403, "not-receiver"),
        ({"agency_code": "NONE"}, OPS, 404, "agency-unknown"),
        ({"valid_until": "2028-01-01"}, OPS, 422, "subscription-too-long"),
        ({"valid_until": "2026-12-31"}, OPS, 422, "subscription-too-long"),
        ({"valid_from": "2028-02-29", "valid_until": "2029-03-01"}, OPS, 422,
         "subscription-too-long"),
        ({"kinds": ["GOSSIP"]}, OPS, 400, "request-malformed"),
        ({"field_allow_list": ["everything"]}, OPS, 400, "request-malformed"),
        ({"max_class": "P9"}, OPS, 400, "request-malformed"),
        ({"purpose": ""}, OPS, 400, "request-malformed"),
    ],
)  # fmt: skip
async def test_no_other_contract_is_made(
    window: AsyncClient, fields: dict[str, Any], who: dict[str, str], status: int, rule: str
) -> None:
    await refused(window, "/subscriptions", CONTRACT | fields, who, status, rule)


async def test_a_contract_may_last_from_leap_day_to_the_end_of_february(
    window: AsyncClient,
) -> None:
    year = CONTRACT | {"valid_from": "2028-02-29", "valid_until": "2029-02-28"}
    assert (await window.post("/subscriptions", json=year, headers=HANDLER)).is_success


async def test_a_power_is_published(window: AsyncClient) -> None:
    assert (await window.post("/power-items", json=POWER, headers=OPS)).status_code == 201
    shown = (await window.get("/power-items", headers=HANDLER)).json()
    assert "P-NEW-01" in [one["code"] for one in shown]
    for fields, status, rule in (
        ({"code": "P-NEW-02", "basis": ""}, 422, "power-item-basis-missing"),
        ({"code": "P-NEW-02", "delegated_to": ["ECO"]}, 422, "delegation-decision-missing"),
        ({"name_zh": "other"}, 409, "idempotency-conflict"),
    ):
        await refused(window, "/power-items", POWER | fields, OPS, status, rule)
    await refused(window, "/power-items", POWER, HANDLER, 403, "role-not-allowed")


async def test_a_year_is_published(window: AsyncClient) -> None:
    assert (await window.post("/calendars", json=YEAR, headers=OPS)).is_success
    shown = (await window.get("/calendars", headers=HANDLER)).json()
    assert shown[-1] == {"year": 2027, "off_days": ["2027-01-01"], "on_days": []}
    for fields in (
        {"days": DAYS[1:]},
        {"days": [*DAYS, DAYS[0]]},
        {"off_days": ["2026-12-31"]},
        {"on_days": ["2027-01-01"]},
    ):
        await refused(window, "/calendars", YEAR | fields, OPS, 422, "calendar-incomplete")


async def test_an_officer_is_certified(oversight: AsyncClient) -> None:
    assert (await oversight.post("/officers", json=CERTIFICATE, headers=OPS)).is_success
    (shown,) = (await oversight.get("/officers", headers=OPS)).json()
    assert shown == CERTIFICATE
    empty = CERTIFICATE | {"domains": []}
    await refused(oversight, "/officers", empty, OPS, 400, "request-malformed")
    await refused(oversight, "/officers", CERTIFICATE, HANDLER, 403, "role-not-allowed")


async def test_what_was_changed_since_stays_until_the_pack_says_something_new(
    window: AsyncClient, world: World, service: Service
) -> None:
    """A service that starts again does not undo what operations did."""
    year = YEAR | {"year": 2026, "days": [f"2026{one[4:]}" for one in DAYS]}
    changed = year | {"off_days": ["2026-01-01"], "on_days": []}
    assert (await window.post("/calendars", json=changed, headers=OPS)).is_success
    again = assemble_exchange(world, PACK)
    assert again.loader.wanted() != []
    assert await again.loader.once()
    shown = (await window.get("/calendars", headers=OPS)).json()
    assert shown[-1] == {"year": 2026, "off_days": ["2026-01-01"], "on_days": []}
    newer = Loader(
        service.settler, service.differences, agency="OPS", clock=world.clock, says=lambda: "newer"
    )
    assert not await newer.once()
    assert await newer.once()
    shown = (await window.get("/calendars", headers=OPS)).json()
    assert len(shown[-1]["off_days"]) > 1


def test_a_row_of_the_pack_comes_into_force_on_its_day() -> None:
    """Then what it says is another thing, and the catalogue is compared again."""
    (row, *others) = PACK.tables["categories"]
    later = Row(row.file, row.line, {**row.values, "effective_from": "2026-07-01"})
    pack = replace(PACK, tables={**PACK.tables, "categories": [later, *others]})
    june, july = said(pack, lambda: date(2026, 6, 30)), said(pack, lambda: date(2026, 7, 1))
    assert june != july == said(pack, lambda: date(2026, 7, 2))


async def test_an_agency_with_a_contract_beside_is_told_on_its_topic(
    window: AsyncClient, service: Service, says: Says
) -> None:
    """What it was offered by the older contract lies on the topic that the newer one asks for."""
    wish = CONTRACT | {
        "subscription_id": "ffffffff-ffff-7fff-bfff-ffffffffffff",
        "field_allow_list": ["DISPATCH.report_no"], "valid_from": "2026-02-01",
        "valid_until": "2026-12-31",
    }  # fmt: skip
    assert (await window.post("/subscriptions", json=wish, headers=HANDLER)).is_success
    await says(dispatched("CGW"))
    (relay,) = [one for one in service.relays() if one.topic == "agency.CGW"]
    with service.settler.log.engine.connect() as tx:
        (message,) = relay._route(tx, service.settler.log.read(tx, after=0, limit=10_000))
    assert json.loads(message.value)["body"] == {"report_no": "NO-000001"}
    assert relay._sent is not None
    await relay._sent([message])
    with service.settler.log.engine.connect() as tx:
        last = service.settler.log.stream(tx, message.key.decode())[-1].data
    assert isinstance(last, HandoffDelivered)
    assert last.mode is DeliveryMode.KAFKA_MIRROR


async def test_one_topic_that_cannot_be_made_keeps_no_other_from_being_told(
    window: AsyncClient, service: Service, world: World
) -> None:
    assert (await window.post("/agencies", json=AGENCY, headers=OPS)).is_success
    wish = CONTRACT | {"agency_code": "NEW"}
    assert (await window.post("/subscriptions", json=wish, headers=OPS)).is_success
    asked: list[str] = []

    loop, both = asyncio.get_running_loop(), asyncio.Event()

    def make_topics(topics: Collection[str]) -> None:
        asked.extend(topics)
        if "agency.NEW" in topics:
            loop.call_soon_threadsafe(both.set)
        if "agency.ECO" in topics:
            raise ConnectionError("no")

    service.world = replace(world, make_topics=make_topics)
    joining = asyncio.create_task(service.joining())
    async with asyncio.timeout(60):
        await both.wait()
        while not service.unjoined:  # noqa: ASYNC110 - it is said at the end of a round
            await asyncio.sleep(0.01)
    assert asked[:2] == ["agency.ECO", "agency.NEW"]
    assert "agency.ECO" in service.unready()
    joining.cancel()
    await asyncio.gather(joining, return_exceptions=True)


async def test_every_register_is_open_to_whoever_may_and_to_nobody_else(
    grid: AsyncClient, window: AsyncClient
) -> None:
    for client, path in ((grid, "/cells"), (grid, "/categories"), (window, "/calendars")):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["rule"]) == (401, "not-identified")
