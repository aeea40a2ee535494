"""The agencies' window: each sees and answers only its own, and of that what its contract lists."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid5

import pytest
from httpx import AsyncClient
from sqlalchemy import Engine, select

from libs.contracts import exchange, grid
from libs.contracts.vocabulary import AgencyCode, Role
from libs.events.core.kernel import RequestRefused
from libs.events.process.service import Service
from libs.events.process.world import World
from libs.events.store.tables import events
from libs.events.wire import codec
from services.exchange.main import assemble
from tests.conftest import PACK, Loopback, Says, acting, served
from tests.grid.report import past as p

CGW = acting("cgw-handler", Role.AGENCY_HANDLER, "CGW")
ZJW = acting("zjw-handler", Role.AGENCY_HANDLER, "ZJW")
ECO = acting("eco-handler", Role.AGENCY_HANDLER, "ECO")
WGZX = acting("wgzx-handler", Role.AGENCY_HANDLER, "WGZX")
NOWHERE = "00000000-0000-4000-8000-000000000000"
DISPATCHER = acting("dispatcher", Role.GRID_DISPATCHER)
OPS = acting("ops", Role.OPS, "OPS")
HANDOFF = f"/handoffs/{p.HANDOFF}"
SECRET = "water on the road"


def dispatched(agency: str, *co: str) -> grid.ReportDispatched:
    event = p.DISPATCHED[-1]
    assert isinstance(event, grid.ReportDispatched)
    return replace(event, agency_code=AgencyCode(agency), co_agencies=tuple(map(AgencyCode, co)))


@pytest.fixture
def service(world: World) -> Service:
    return assemble(world, PACK)


@pytest.fixture
async def window(service: Service, loopback: Loopback) -> AsyncIterator[AsyncClient]:
    """The exchange, with the pack loaded."""
    async with served(service, loopback) as client:
        while not await service.loader.once():
            pass
        yield client


async def inbox(window: AsyncClient, who: dict[str, str], query: str = "") -> list[str]:
    page = (await window.get(f"/handoffs{query}", headers=who)).json()
    return [one["to_agency"] for one in page["handoffs"]]


async def test_the_pack_is_on_record_and_asked_again_nothing_differs(
    window: AsyncClient, service: Service
) -> None:
    assert service.loader.done
    assert service.loader.wanted() == []
    agencies = (await window.get("/agencies", headers=OPS)).json()
    assert len(agencies) == 58


async def test_each_sees_only_its_own(window: AsyncClient, says: Says) -> None:
    await says(dispatched("CGW", "ZJW"))
    assert await inbox(window, CGW) == ["CGW"]
    assert await inbox(window, ZJW, "?wanted=to_sign") == ["ZJW"]
    assert await inbox(window, ECO) == []
    assert sorted(await inbox(window, DISPATCHER)) == ["CGW", "ZJW"]
    seen = await window.get(HANDOFF, headers=CGW)
    assert seen.json()["body"]["description"] == SECRET
    for stranger in (ZJW, ECO):
        answer = await window.get(HANDOFF, headers=stranger)
        assert (answer.status_code, answer.json()["rule"]) == (404, "not-found")
    watched = (await window.get(HANDOFF, headers=OPS)).json()
    assert watched["body"] == {}


async def test_each_answers_only_its_own(window: AsyncClient, says: Says) -> None:
    await says(dispatched("CGW"))
    stranger = await window.post(f"{HANDOFF}/sign", headers=ZJW)
    absent = await window.post(f"/handoffs/{NOWHERE}/sign", headers=ZJW)
    assert (stranger.status_code, stranger.json()["rule"]) == (404, "not-found")
    assert stranger.json()["detail"] == absent.json()["detail"].replace(NOWHERE, HANDOFF[10:])
    sender = await window.post(f"{HANDOFF}/sign", headers=WGZX)
    assert (sender.status_code, sender.json()["rule"]) == (403, "not-receiver")
    assert (await window.post(f"{HANDOFF}/sign", headers=CGW)).is_success
    again = await window.post(f"{HANDOFF}/sign", headers=CGW)
    assert (again.status_code, again.json()["rule"]) == (409, "already-signed")
    early = await window.post(
        f"{HANDOFF}/feedback", json={"outcome_code": "SOLVED", "text": "done"}, headers=CGW
    )
    assert early.json()["rule"] == "out-of-turn"
    assert await inbox(window, CGW, "?wanted=to_accept") == ["CGW"]


async def test_what_nobody_may_have_is_refused_and_on_record(
    window: AsyncClient, says: Says, engine: Engine
) -> None:
    await says(dispatched("FY"))  # the court has no contract for dispatches
    with engine.connect() as tx:
        rows = tx.execute(select(events).where(events.c.type == RequestRefused.event_type)).all()
    (fact,) = [codec.decode(row.type, row.data) for row in rows]
    assert isinstance(fact, RequestRefused)
    assert (fact.command, fact.rule) == ("OfferHandoff", "contract-expired")
    assert fact.subject == f"handoff/{p.HANDOFF}"


async def test_a_contract_with_fewer_fields_shows_fewer(window: AsyncClient, says: Says) -> None:
    await says(dispatched("ECO"))
    body = (await window.get(HANDOFF, headers=ECO)).json()["body"]
    assert set(body) == {"report_no", "category_code", "sla_class", "location", "media"}


async def test_an_agency_with_a_topic_is_told_what_is_not_personal_and_where_the_rest_is(
    window: AsyncClient, says: Says, service: Service, engine: Engine
) -> None:
    await says(dispatched("ECO", "CGW"))
    (relay,) = service.relays()
    with engine.connect() as tx:
        page = service.settler.log.read(tx, after=0, limit=10_000)
        told = relay._route(tx, page)
    assert [one.topic for one in told] == ["agency.ECO"]
    value = json.loads(told[0].value)
    assert value["body"] == {
        "report_no": "NO-000001", "category_code": p.BURST_MAIN, "sla_class": "S3",
    }  # fmt: skip
    assert value["href"] == HANDOFF
    assert SECRET.encode() not in told[0].value
    assert b"117.642" not in told[0].value
    # What is not told to Kafka yet is not delivered: the deliverer says so, afterwards.
    with engine.connect() as tx:
        facts = service.settler.log.stream(tx, f"handoff/{p.HANDOFF}")
    assert [type(fact.data) for fact in facts] == [exchange.HandoffOffered]
    assert relay._sent is not None
    for _ in range(2):
        await relay._sent(told)
    with engine.connect() as tx:
        facts = service.settler.log.stream(tx, f"handoff/{p.HANDOFF}")
    (_, delivered) = [fact.data for fact in facts]
    assert isinstance(delivered, exchange.HandoffDelivered)
    assert delivered.mode is exchange.DeliveryMode.KAFKA_MIRROR


async def test_no_personal_value_lies_in_a_log_in_clear(
    window: AsyncClient, says: Says, engine: Engine
) -> None:
    await says(dispatched("CGW"))
    with engine.connect() as tx:
        everything = b"".join(tx.execute(select(events.c.data)).scalars())
    assert SECRET.encode() not in everything
    assert b"117.642" not in everything


async def test_a_joint_action_is_called_by_whoever_holds_the_matter(
    window: AsyncClient, says: Says
) -> None:
    for event in p.REGISTERED:
        await says(event)
    await says(dispatched("CGW"))
    matter = (await window.get(HANDOFF, headers=CGW)).json()["handoff"]["correlation_id"]
    offer = {
        "handoff_id": str(uuid5(p.ID, "joint")),
        "kind": "JOINT",
        "to_agency": "ZJW",
        "matter": matter,
        "source_ref": "grid/stream/of-a-test",  # where the events of a test lie
        "group_id": str(p.GROUP),
        "body": {
            "topic": "whose is it",
            "place": "at the bridge",
            "at": "2026-06-02T10:00:00+08:00",
            "agencies": ["ZJW", "SWJ"],
        },
    }
    answer = await window.post("/handoffs", json=offer, headers=CGW)
    assert (answer.status_code, answer.json()["rule"]) == (403, "not-receiver")
    for act in ("sign", "accept"):
        assert (await window.post(f"{HANDOFF}/{act}", headers=CGW)).is_success
    answer = await window.post("/handoffs", json=offer, headers=CGW)
    assert answer.status_code == 201, answer.text
    assert answer.json()["correlation_id"] == matter
    stranger = await window.post("/handoffs", json=offer, headers=ECO)
    assert stranger.json()["rule"] == "idempotency-conflict"
