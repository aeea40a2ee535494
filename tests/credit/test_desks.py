"""Credit over HTTP: who may read what, what everybody may see, and what real input comes to."""

import csv
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

from httpx import AsyncClient
from sqlalchemy import select

from libs.contracts.vocabulary import Role
from libs.events.store.tables import events
from tests.conftest import SHARED, acting, needs_shared
from tests.credit import past as p
from tests.credit.mill import Mill
from tests.credit.window import (
    CAPTURE,
    CLERK,
    ENFORCER,
    FIRM,
    MAN,
    NAME,
    NUMBER,
    OFFICER,
    OPS,
    RECORD,
    built,
    document,
    order,
    party,
    refusal,
    second,
    subject,
    without,
)


async def test_a_score_explains_itself_on_any_day_as_it_was_known_on_any(
    here: Mill, window: AsyncClient
) -> None:
    await built(here, window)
    path = f"/subjects/{subject(here)}"
    sheet = (await window.get(path, headers=OFFICER)).json()
    assert (sheet["score"], sheet["grade"]) == (740, "B")
    assert sum(one["points"] for one in sheet["explanation"]) == 740
    assert sheet["model_version"] == "score 1"
    here.clock.now = p.on("06-10")
    body = {"cause": "WRONG_SUBJECT", "document_no": "津滨市监函〔2026〕3号"}
    withdrawal = f"/records/{RECORD}/withdraw"
    answer = await window.post(withdrawal, json=second(withdrawal, body), headers=OFFICER)
    assert answer.is_success, answer.text
    here.drain()

    async def score(**asked: str) -> Any:
        return (await window.get(path, params=asked, headers=OFFICER)).json()["score"]

    assert await score() == 800
    assert await score(as_of="2026-06-05") == 800
    assert await score(as_of="2026-06-05", known_at="2026-06-05") == 740
    assert await score(as_of="2026-05-31") is None


async def test_a_person_has_records_and_never_a_score_nor_a_page(
    here: Mill, window: AsyncClient
) -> None:
    assert (await window.post("/subjects", json=MAN, headers=OFFICER)).is_success
    body = {**CAPTURE, **MAN}
    assert (await window.post("/records", json=body, headers=OFFICER)).is_success
    here.drain()
    assert "person-not-scored" in [one.rule for one in here.refused]
    shown = await window.post(f"/records/{RECORD}/publish", json={}, headers=OFFICER)
    assert refusal(shown) == (422, "publicity-forbidden")
    path = f"/subjects/{subject(here, MAN['id_number'])}"
    assert refusal(await window.get(path, headers=OFFICER)) == (403, "query-unauthorised")
    asked = {"purpose": "an appeal of the person"}
    assert refusal(await window.post(f"{path}/query", json=asked, headers=ENFORCER)) == (
        403, "query-unauthorised",
    )  # fmt: skip
    assert (await window.post(f"{path}/query", json=asked, headers=OFFICER)).is_success
    sheet = (await window.get(path, headers=OFFICER)).json()
    assert (sheet["score"], sheet["grade"], len(sheet["records"])) == (None, None, 1)
    here.clock.now += timedelta(hours=25)
    assert refusal(await window.get(path, headers=OFFICER)) == (403, "query-unauthorised")
    own = await window.get("/me/credit", headers=party(here, MAN["id_number"]))
    assert len(own.json()["records"]) == 1
    incentive = {
        "incentive_id": str(uuid4()), "measure_code": "M-I01", "agency_code": "ZWB",
        "subject_id": subject(here, MAN["id_number"]), "until": "2027-01-01",
    }  # fmt: skip
    granted = await window.post(
        "/incentives", json=second("/incentives", incentive), headers=OFFICER
    )
    assert refusal(granted) == (422, "person-not-scored")


async def test_a_party_sees_what_is_its_own_and_nothing_of_others(
    here: Mill, window: AsyncClient
) -> None:
    await built(here, window)
    own = await window.get("/me/credit", headers=party(here))
    assert own.json()["score"] == 740
    stranger = acting("somebody", Role.PARTY, "PUBLIC")
    assert refusal(await window.get("/me/credit", headers=stranger)) == (404, "not-found")
    other = party(here, "91120116XX0000035M")
    assert refusal(await window.get("/me/credit", headers=other)) == (404, "not-found")
    assert refusal(await window.get(f"/subjects/{subject(here)}", headers=other)) == (
        403, "role-not-allowed",
    )  # fmt: skip
    objection = {"objection_id": str(uuid4()), "record_id": RECORD, "grounds": "not us"}
    assert refusal(await window.post("/objections", json=objection, headers=other)) == (
        403, "query-unauthorised",
    )  # fmt: skip
    repair = {
        "repair_id": str(uuid4()), "record_id": RECORD, "commitment": "never again",
        "proofs": [{"sha256": "0" * 64, "name": "r.pdf"}],
    }  # fmt: skip
    assert refusal(await window.post("/repairs", json=repair, headers=other)) == (
        403, "role-not-allowed",
    )  # fmt: skip
    assert refusal(await window.post("/repairs", json=repair, headers=party(here))) == (
        422, "repair-duties-open",
    )  # fmt: skip


async def test_an_objection_marks_at_once_and_stops_what_is_new(
    here: Mill, window: AsyncClient
) -> None:
    await built(here, window)
    objection = {"objection_id": str(uuid4()), "record_id": RECORD, "grounds": "not us"}
    filed = await window.post("/objections", json=objection, headers=party(here))
    assert filed.status_code == 201, filed.text
    here.drain()
    again = without(objection, objection_id=str(uuid4()))
    assert refusal(await window.post("/objections", json=again, headers=party(here))) == (
        423, "objection-pending",
    )  # fmt: skip
    body = second("/measures", order(here))
    assert refusal(await window.post("/measures", json=body, headers=OFFICER)) == (
        423, "objection-pending",
    )  # fmt: skip
    (waiting,) = (await window.get("/objections", headers=OFFICER)).json()["objections"]
    assert waiting["due_on"] == "2026-06-10"
    path = f"/objections/{objection['objection_id']}/resolve"
    answer = {"result": "REJECTED", "checked_with": "津滨市监函〔2026〕4号"}
    assert (await window.post(path, json=answer, headers=OFFICER)).is_success
    here.drain()
    assert (await window.get("/objections", headers=OFFICER)).json()["objections"] == []
    body = second("/measures", order(here))
    assert (await window.post("/measures", json=body, headers=OFFICER)).is_success


async def test_everybody_sees_an_organisation_s_record_until_it_is_gone(
    here: Mill, window: AsyncClient
) -> None:
    await built(here, window)
    for asked in ({}, {"credit_code": NUMBER}, {"name": NAME}, {"item_code": "R-PEN"}):
        (row,) = (await window.get("/credit/public", params=asked)).json()["records"]
        assert (row["name"], row["display_until"]) == (NAME, "2027-05-20")
        assert "subject" not in str(row)
    assert (await window.get("/credit/public?name=另一公司")).json()["records"] == []
    wrong = await window.get("/credit/public?credit_code=91120116XX0000027U")
    assert refusal(wrong) == (422, "id-check-failed")
    path = f"/records/{RECORD}/withdraw"
    body = {"cause": "WRONG_SUBJECT", "document_no": "津滨市监函〔2026〕3号"}
    assert refusal(await window.post(path, json=body, headers=OFFICER)) == (
        422, "approver-required",
    )  # fmt: skip
    assert (await window.post(path, json=second(path, body), headers=OFFICER)).is_success
    gone = (await window.get("/credit/public")).json()
    assert gone == {"records": [], "next": None}


async def test_what_is_over_is_shown_to_nobody_whether_it_was_ended_or_not(
    here: Mill, window: AsyncClient
) -> None:
    await built(here, window)
    here.clock.now = p.on("05-20").replace(year=2027)
    assert len((await window.get("/credit/public")).json()["records"]) == 1
    here.clock.now += timedelta(days=1)
    assert (await window.get("/credit/public")).json()["records"] == []


async def test_desks_show_what_waits_and_what_is_late(here: Mill, window: AsyncClient) -> None:
    await built(here, window)
    body = second("/measures", order(here))
    done = await window.post("/measures", json=body, headers=OFFICER)
    measure = body["measure_id"]
    handler = acting("cgw-handler", Role.AGENCY_HANDLER, "CGW")
    other = acting("scj-handler", Role.AGENCY_HANDLER, "SCJ")
    assert done.is_success, done.text
    (mine,) = (await window.get("/measures?mine=true", headers=OFFICER)).json()["measures"]
    assert (mine["measure_id"], mine["acknowledge_by"]) == (measure, "2026-06-03")
    assert (await window.get("/measures?late=true", headers=OFFICER)).json()["measures"] == []
    here.clock.now = p.on("06-04")
    assert len((await window.get("/measures?late=true", headers=OFFICER)).json()["measures"]) == 1
    assert len((await window.get("/measures", headers=handler)).json()["measures"]) == 1
    assert (await window.get("/measures", headers=other)).json()["measures"] == []
    assert (await window.get(f"/measures/{measure}", headers=handler)).is_success
    assert refusal(await window.get(f"/measures/{measure}", headers=other)) == (404, "not-found")
    assert (await window.get(f"/records/{RECORD}", headers=OFFICER)).is_success
    page = (await window.get("/records?item_code=R-PEN&limit=1", headers=OFFICER)).json()
    following = f"/records?limit=1&after={page['next']}"
    assert (await window.get(following, headers=OFFICER)).json()["records"] == []
    lift = await window.post(f"/measures/{measure}/lift", headers=OFFICER)
    assert lift.is_success, lift.text
    row = (await window.get(f"/measures/{measure}", headers=OFFICER)).json()
    assert (row["stage"], row["lift_by"]) == ("LIFT_ORDERED", "2026-06-09")


async def test_a_catalogue_row_without_a_basis_is_not_published(window: AsyncClient) -> None:
    row = {
        "code": "R-NEW", "name_zh": "新目录项", "polarity": "NEGATIVE", "classes": ["GENERAL"],
        "providers": ["SCJ"], "documents": ["ADMIN_DECISION"], "display_policy": "SHARED",
    }  # fmt: skip
    assert refusal(await window.post("/catalogue", json=row, headers=OPS)) == (
        422, "basis-invalid",
    )  # fmt: skip
    lawful = row | {"basis": "地方条例 1"}
    assert refusal(await window.post("/catalogue", json=lawful, headers=OFFICER)) == (
        422, "approver-required",
    )  # fmt: skip
    body = second("/catalogue", lawful)
    assert (await window.post("/catalogue", json=body, headers=OFFICER)).status_code == 201
    codes = [one["code"] for one in (await window.get("/catalogue", headers=CLERK)).json()]
    assert "R-NEW" in codes


@needs_shared
async def test_real_codes_are_judged_at_the_edge(here: Mill, window: AsyncClient) -> None:
    with (SHARED / "data" / "real_company_uscc.csv").open(encoding="utf-8") as file:
        good = [(row["uscc"], row["name"]) for row in csv.DictReader(file)]
    with (SHARED / "data" / "uscc_negative_cases.csv").open(encoding="utf-8") as file:
        bad = [row["uscc"] for row in csv.DictReader(file)]
    for number, name in dict(good).items():
        body = without(FIRM, id_number=number, name=name)
        answer = await window.post("/subjects", json=body, headers=OFFICER)
        assert answer.status_code == 201, (number, answer.text)
    for number in bad:
        answer = await window.post(
            "/subjects", json=without(FIRM, id_number=number), headers=OFFICER
        )
        assert refusal(answer) == (422, "id-check-failed"), number
    with here.settler.log.engine.connect() as tx:
        subjects = set(tx.execute(select(events.c.subject)).scalars())
    assert len([one for one in subjects if one.startswith("subject/")]) == len(dict(good))


@needs_shared
async def test_real_decisions_come_as_far_as_their_facts_reach(
    here: Mill, window: AsyncClient
) -> None:
    """The file has neither class nor day of the decision: each is asked for by its name, and with
    both in place every one is captured."""
    text = (SHARED / "data" / "tianjin_penalty_decisions.jsonl").read_text("utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    captured = 0
    for number, row in enumerate(rows):
        acted = row["inspection_date"]
        body: dict[str, Any] = {
            "record_id": str(uuid4()), "kind": "ENTERPRISE", "id_type": "USCC",
            "id_number": row["cf_xdr_shxym"], "name": row["cf_xdr_mc"], "item_code": "R-PEN",
            "basis_document": {"type": "PENALTY_DECISION", "no": row["cf_wsh"],
                               "agency_code": "HBJ"},
            "legal_basis": [{"law": row["cf_yj"] or row["violated_provision"], "article": "1"}],
        }  # fmt: skip
        if acted:
            body["behaviour_date"] = acted
        answer = await window.post("/records", json=body, headers=OFFICER)
        assert refusal(answer) == (400, "request-malformed"), row
        named = {one["field"] for one in answer.json()["details"]["fields"]}
        missing = {"body.basis_document.decided_on"} | (set() if acted else {"body.behaviour_date"})
        assert named >= missing, row
        if named != missing or not acted:
            continue
        body["basis_document"]["decided_on"] = row["advance_notice_date"] or acted
        answer = await window.post("/records", json=body, headers=OFFICER)
        assert refusal(answer) == (422, "not-in-catalogue"), number
        firm = {name: body[name] for name in FIRM}
        assert (await window.post("/subjects", json=firm, headers=OFFICER)).is_success, row
        assert answer.json()["details"]["field"] == "credit_class"
        body["credit_class"] = "GENERAL"
        answer = await window.post("/records", json=body, headers=OFFICER)
        assert answer.status_code == 201, (row, answer.text)
        captured += 1
    assert captured >= 4


async def test_lists_that_grow_come_in_pages(window: AsyncClient) -> None:
    """A list of the pack is as long as the pack; what people add comes page by page."""
    paths = (await window.get("/openapi.json")).json()["paths"]
    whole = {"/catalogue", "/measure-list", "/parked", "/development/deadlines"}
    whole |= {"/deadlines/failed"}  # faults of ours: the oldest thousand
    for path, methods in paths.items():
        told = methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        schema = told.get("application/json", {}).get("schema", {})
        assert schema.get("type") != "array" or path in whole, path


async def test_a_page_says_where_the_next_begins(here: Mill, window: AsyncClient) -> None:
    await built(here, window)
    for number in (10, 11):
        other = document(no=f"津滨市监罚〔2026〕{number}号") | {"record_id": str(uuid4())}
        assert (await window.post("/records", json=other, headers=OFFICER)).is_success
    here.drain()
    for record in (await window.get("/records", headers=OFFICER)).json()["records"]:
        body = {
            "objection_id": str(uuid4()), "record_id": record["record_id"],
            "grounds": "it was somebody else", "evidence": [],
        }  # fmt: skip
        answer = await window.post("/objections", json=body, headers=party(here))
        assert answer.is_success, answer.text
    here.drain()
    seen, after = [], None
    while True:
        asked: dict[str, Any] = {"limit": 1} | ({"after": after} if after else {})
        page = (await window.get("/objections", params=asked, headers=OFFICER)).json()
        seen += [one["objection_id"] for one in page["objections"]]
        after = page["next"]
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 3
    early = {"due_by": "2026-01-01"}
    assert (await window.get("/objections", params=early, headers=OFFICER)).json() == {
        "objections": [], "next": None,
    }  # fmt: skip
