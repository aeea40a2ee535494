"""Credit over HTTP: what is refused and why, who may read what, and what everybody may see."""

import csv
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select

from libs.contracts.vocabulary import Role
from libs.events.http.cosigning import digest_of
from libs.events.store.tables import events
from libs.statute.identity import subject_of, token_of
from tests.conftest import ISSUER, SHARED, Loopback, acting, needs_shared, served
from tests.credit import past as p
from tests.credit.deciding import revoked
from tests.credit.deciding import served as decision
from tests.credit.mill import Mill, mill

NUMBER: Final = "91120116XX0000027T"
NAME: Final = "滨海虚构渣土运输有限公司"
FIRM: Final = {"kind": "ENTERPRISE", "id_type": "USCC", "id_number": NUMBER, "name": NAME}
MAN: Final = {"kind": "PERSON", "id_type": "ID_CARD", "id_number": "120199199001010194",
              "name": "虚构摊主"}  # fmt: skip
OFFICER: Final = acting("credit-1", Role.CREDIT_OFFICER, "FGW")
CLERK: Final = acting("clerk-1", Role.APPROVAL_CLERK, "ZWB")
ENFORCER: Final = acting("officer-1", Role.OFFICER, "CGW")
OPS: Final = acting("ops", Role.OPS, "OPS")
RECORD: Final = "11111111-1111-7111-8111-111111111111"
CAPTURE: Final = {
    "record_id": RECORD,
    **FIRM,
    "item_code": "R-PEN",
    "credit_class": "GENERAL",
    "basis_document": {
        "type": "PENALTY_DECISION", "no": "津滨市监罚字[2026]第9号", "agency_code": "SCJ",
        "decided_on": "2026-05-20",
    },
    "behaviour_date": "2026-04-10",
    "legal_basis": [{"law": "食品安全法", "article": "126"}],
}  # fmt: skip


@pytest.fixture
def here(tmp_path: Path) -> Any:
    with mill(tmp_path) as one:
        one.clock.now = p.on("06-01")
        yield one


@pytest.fixture
async def window(here: Mill) -> AsyncIterator[AsyncClient]:
    async with served(here.service, Loopback()) as client:
        yield client


def subject(here: Mill, number: str = NUMBER) -> str:
    return str(subject_of(token_of(number, here.service.world.keys.identity_key)))


def party(here: Mill, number: str = NUMBER) -> dict[str, str]:
    return acting(subject(here, number), Role.PARTY, "PUBLIC")


def signed(path: str, body: dict[str, Any], actor: str, role: Role, agency: str) -> dict[str, Any]:
    token = ISSUER.sign(actor=actor, role=role, agency=agency, path=path, sha256=digest_of(body))
    return body | {"co_signature": token}


def second(path: str, body: dict[str, Any], actor: str = "credit-2") -> dict[str, Any]:
    return signed(path, body, actor, Role.CREDIT_OFFICER, "FGW")


def refusal(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["rule"]


def without(body: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {**body, **changed}


def document(**changed: Any) -> dict[str, Any]:
    known: Any = CAPTURE["basis_document"]
    return without(CAPTURE, basis_document={**known, **changed})


BAD: Final[dict[str, tuple[dict[str, Any], int, str]]] = {
    "wrong check character": (
        without(CAPTURE, id_number="91120116XX0000027U"), 422, "id-check-failed",
    ),
    "a person by a credit code": (without(CAPTURE, kind="PERSON"), 422, "id-check-failed"),
    "a child": (
        without(CAPTURE, **{**MAN, "id_number": "120199201212310015"}),
        422,
        "subject-not-eligible",
    ),
    "an item nobody publishes": (without(CAPTURE, item_code="R-X"), 422, "not-in-catalogue"),
    "an item of a list": (
        without(CAPTURE, item_code="R-WAGE", credit_class="SEVERE"), 412, "list-notice-required",
    ),
    "no class": (without(CAPTURE, credit_class=None), 422, "not-in-catalogue"),
    "another document": (document(type="AWARD"), 422, "basis-invalid"),
    "before the conduct": (document(decided_on="2026-04-09"), 422, "basis-invalid"),
    "in the future": (document(decided_on="2026-06-02"), 422, "basis-invalid"),
    "not theirs to provide": (document(agency_code="FY"), 403, "provider-not-allowed"),
    "no basis in law": (without(CAPTURE, legal_basis=[]), 400, "request-malformed"),
    "no day": (without(CAPTURE, behaviour_date="2026-02-30"), 400, "request-malformed"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "status", "rule"), BAD.values(), ids=BAD)
async def test_what_may_not_be_remembered_is_not(
    here: Mill, window: AsyncClient, body: dict[str, Any], status: int, rule: str
) -> None:
    log = here.settler.log
    with log.engine.connect() as tx:
        head = log.head(tx)
    answer = await window.post("/records", json=body, headers=OFFICER)
    assert refusal(answer) == (status, rule)
    with log.engine.connect() as tx:
        assert log.head(tx) == head


async def test_a_record_of_a_fallen_decision_is_not_captured_again(
    here: Mill, window: AsyncClient
) -> None:
    here.tell("case/1", p.on("05-20"), decision(1, date(2026, 5, 20)), revoked(1))
    here.drain()
    body = document(no="津滨城罚〔2026〕1号", agency_code="CGW")
    assert refusal(await window.post("/records", json=body, headers=OFFICER)) == (
        422, "basis-invalid",
    )  # fmt: skip


async def test_one_document_is_one_record_in_whatever_style_its_number_is_written(
    window: AsyncClient,
) -> None:
    first = await window.post("/records", json=CAPTURE, headers=OFFICER)
    assert first.status_code == 201, first.text
    again = await window.post("/records", json=CAPTURE, headers=OFFICER)
    assert again.json() == first.json()
    other = document(no="津滨市监罚〔2026〕009号") | {"record_id": str(uuid4())}
    assert refusal(await window.post("/records", json=other, headers=OFFICER)) == (
        409, "duplicate-record",
    )  # fmt: skip


async def test_a_name_that_does_not_match_its_number_is_refused(window: AsyncClient) -> None:
    assert (await window.post("/subjects", json=FIRM, headers=OFFICER)).is_success
    other = without(FIRM, name="另一公司")
    assert refusal(await window.post("/subjects", json=other, headers=OFFICER)) == (
        422, "name-mismatch",
    )  # fmt: skip
    captured = await window.post(
        "/records", json=without(CAPTURE, name="另一公司"), headers=OFFICER
    )
    assert refusal(captured) == (422, "name-mismatch")


async def built(here: Mill, window: AsyncClient) -> None:
    """A subject with a record that is shown."""
    assert (await window.post("/subjects", json=FIRM, headers=OFFICER)).is_success
    assert (await window.post("/records", json=CAPTURE, headers=OFFICER)).is_success
    here.drain()
    shown = await window.post(f"/records/{RECORD}/publish", json={}, headers=OFFICER)
    assert shown.is_success, shown.text
    here.drain()


def order(here: Mill, **changed: Any) -> dict[str, Any]:
    return {
        "measure_id": str(uuid4()), "measure_code": "M-P05", "subject_id": subject(here),
        "agency_code": "CGW", "supported_by": [RECORD], "until": "2027-05-20",
        "legal_basis": [{"law": "惩戒措施清单", "article": "M-P05"}], **changed,
    }  # fmt: skip


async def test_two_people_order_a_measure_and_one_twice_does_not(
    here: Mill, window: AsyncClient
) -> None:
    await built(here, window)
    body = order(here)
    assert refusal(await window.post("/measures", json=body, headers=OFFICER)) == (
        422, "approver-required",
    )  # fmt: skip
    twice = second("/measures", body, "credit-1")
    assert refusal(await window.post("/measures", json=twice, headers=OFFICER)) == (
        422, "approver-required",
    )  # fmt: skip
    head = signed("/measures", body, "fgw-head", Role.AGENCY_HEAD, "FGW")
    assert refusal(await window.post("/measures", json=head, headers=OFFICER)) == (
        422, "approver-required",
    )  # fmt: skip
    other = signed("/measures", order(here), "credit-2", Role.CREDIT_OFFICER, "FGW")
    stolen = body | {"co_signature": other["co_signature"]}
    assert refusal(await window.post("/measures", json=stolen, headers=OFFICER)) == (
        401, "signature-invalid",
    )  # fmt: skip
    done = await window.post("/measures", json=second("/measures", body), headers=OFFICER)
    assert done.status_code == 201, done.text


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"measure_code": "M-X"}, "measure-not-allowed"),
        ({"measure_code": "M-P10"}, "measure-not-allowed"),
        ({"measure_code": "M-P09", "agency_code": "CZJ"}, "disproportionate"),
        ({"agency_code": "FY"}, "measure-not-allowed"),
        ({"until": "2027-05-21"}, "disproportionate"),
        ({"supported_by": ["22222222-2222-7222-8222-222222222222"]}, "basis-invalid"),
        ({"subject_id": "22222222-2222-7222-8222-222222222222"}, "no-association-penalty"),
    ],
)
async def test_a_measure_is_no_other_and_no_longer_than_its_ground_allows(
    here: Mill, window: AsyncClient, changed: dict[str, Any], rule: str
) -> None:
    await built(here, window)
    body = second("/measures", order(here, **changed))
    answer = await window.post("/measures", json=body, headers=OFFICER)
    assert answer.json()["rule"] == rule, answer.text


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
    (waiting,) = (await window.get("/objections", headers=OFFICER)).json()
    assert waiting["due_on"] == "2026-06-10"
    path = f"/objections/{objection['objection_id']}/resolve"
    answer = {"result": "REJECTED", "checked_with": "津滨市监函〔2026〕4号"}
    assert (await window.post(path, json=answer, headers=OFFICER)).is_success
    here.drain()
    assert (await window.get("/objections", headers=OFFICER)).json() == []
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
