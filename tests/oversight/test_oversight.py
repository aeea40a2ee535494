"""Oversight: a matter is shown whole, what is odd is told, and what is erased is gone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from httpx import AsyncClient
from sqlalchemy import Engine, select

from libs.contracts import exchange
from libs.contracts.grid import ReportDispatched
from libs.contracts.oversight import AccessAudited
from libs.contracts.vocabulary import Role
from libs.events.core.kernel import Hidden, RequestRefused
from libs.events.process.world import World
from libs.events.store.tables import events
from services.oversight.trace.projection import project
from tests.conftest import Says, acting
from tests.grid.report import past as p
from tests.scenario import recorded

OPS = acting("ops", Role.OPS)
SEAT = acting("seat", Role.HOTLINE_SEAT)
MATTER = "TR-20310504-00000000-0"


async def test_a_matter_is_shown_as_timeline_and_tree(oversight: AsyncClient, says: Says) -> None:
    for event in p.DISPATCHED:
        await says(event)
    found = (await oversight.get(f"/matters/{MATTER}", headers=OPS)).json()
    types = [one["type"] for one in found["timeline"]]
    assert types == [
        "grid.report_submitted.v1",
        "grid.report_registered.v1",
        "grid.report_dispatched.v1",
    ]
    assert len(found["tree"]) == 3
    listed = (await oversight.get("/matters?agency=somewhere", headers=OPS)).json()
    assert [one["correlation_id"] for one in listed["matters"]] == [MATTER]


async def test_a_matter_says_what_is_open_and_why(oversight: AsyncClient, says: Says) -> None:
    for event in p.DISPATCHED:
        await says(event)
    dispatched = p.DISPATCHED[-1]
    assert isinstance(dispatched, ReportDispatched)
    found = (await oversight.get(f"/matters/{MATTER}/explain", headers=OPS)).json()
    (report,) = found["open"]
    assert (report["clock"], report["holder"]) == ("REPORT", dispatched.agency_code)
    assert found["words"] == [report["words"]]
    assert report["holder_name"] in report["words"]
    page = (await oversight.get(f"/clocks?matter={MATTER}", headers=OPS)).json()
    assert [one["clock"] for one in page["clocks"]] == ["REPORT"]
    answer = await oversight.get("/matters/TR-NONE/explain", headers=OPS)
    assert (answer.status_code, answer.json()["rule"]) == (404, "trace-not-found")
    answer = await oversight.get(f"/matters/{MATTER}/explain?on=soon", headers=OPS)
    assert answer.status_code == 400
    for day, status in {"9999-12-31": 400, "2199-12-31": 200, "1990-01-01": 200}.items():
        answer = await oversight.get(f"/matters/{MATTER}/explain?on={day}", headers=OPS)
        assert answer.status_code == status, answer.text
    answer = await oversight.get(f"/matters/{MATTER}/explain", headers=SEAT)
    assert (answer.status_code, answer.json()["rule"]) == (403, "role-not-allowed")


async def test_an_unknown_code_is_refused_and_so_is_who_may_not(oversight: AsyncClient) -> None:
    answer = await oversight.get("/matters/TR-NONE", headers=OPS)
    assert (answer.status_code, answer.json()["rule"]) == (404, "trace-not-found")
    answer = await oversight.get("/matters/TR-NONE", headers=SEAT)
    assert (answer.status_code, answer.json()["rule"]) == (403, "role-not-allowed")


async def test_what_comes_from_an_event_nobody_has_seen_raises_an_alarm(
    oversight: AsyncClient, engine: Engine
) -> None:
    """A minute after it was recorded."""
    old = datetime.now(UTC) - timedelta(minutes=2)
    facts = recorded(*p.SUBMITTED, RequestRefused(subject="x", command="y", rule="z", message=""))
    odd = [replace(facts[0], cause_kind="event", time=old), facts[1]]
    with engine.begin() as tx:
        project(tx, odd)
    alarms = (await oversight.get("/alarms", headers=OPS)).json()
    assert [one["rule"] for one in alarms] == ["CAUSE_UNSEEN", "REACTION_REFUSED"]


async def test_what_is_erased_is_gone_and_the_tombstone_says_so(
    oversight: AsyncClient, says: Says, world: World, engine: Engine
) -> None:
    await says(p.SUBMITTED[0])
    body = {"matter": MATTER, "purpose": "the purpose is reached"}
    answer = await oversight.post("/erasures", json=body, headers=OPS)
    assert answer.json() == {"matters": [MATTER]}
    assert world.keys.find([MATTER]) == {MATTER: Hidden.ERASED}
    with engine.connect() as tx:
        (row,) = tx.execute(select(events)).all()
    assert (row.type, row.correlation_id) == (AccessAudited.event_type, MATTER)
    again = await oversight.post("/erasures", json=body, headers=OPS)
    assert again.is_success
    with engine.connect() as tx:
        assert len(tx.execute(select(events)).all()) == 1
    other = {"matter": "BH-TR-20260601-ZZZZZZZZ-0", "purpose": "the purpose is reached"}
    world.keys.take([other["matter"]])
    assert (await oversight.post("/erasures", json=other, headers=OPS)).is_success
    with engine.connect() as tx:
        rows = tx.execute(select(events.c.subject, events.c.sequence)).all()
    assert len({row.subject for row in rows}) == len(rows) == 2, "no stream grows with the day"
    nothing = {"person": "nobody", "purpose": "x"}
    answer = await oversight.post("/erasures", json=nothing, headers=OPS)
    assert answer.json()["rule"] == "not-found"


async def test_an_agency_is_no_matter_of_anybody(oversight: AsyncClient, says: Says) -> None:
    await says(
        exchange.AgencyRegistered(
            agency_code="CGW",  # type: ignore[arg-type]  # pydantic makes the code of it
            name_zh="x",
            kind="DEPARTMENT",
            territory="1",  # type: ignore[arg-type]  # pydantic makes the code of it
            rule_family="OTHER",
            superior=None,
            contacts=("somebody",),
        )
    )
    counts = (await oversight.get("/counts", headers=OPS)).json()
    assert counts == [{"service": "exchange", "type": "exchange.agency_registered.v1", "events": 1}]
