"""What officers, other agencies and everybody find over HTTP, after S3 was told whole."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pypdf import PdfReader

from libs.console.comparing import masked
from libs.events.store.files import Files
from libs.statute.drawing import drawn as draw
from libs.statute.drawing import list_hash, seed_of
from tests.enforcement.visiting import (
    BOTH,
    HEAD,
    OFFICER,
    PARTY,
    Visit,
    digest,
    refusal,
    visiting,
)
from tests.scenario import refused

OTHERS = ("officer-GZJ-09", "OFFICER", "GZJ")
SUPERVISOR = ("supervisor-1", "SUPERVISOR", "OPS")
ARCHIVIST = ("scj-archivist", "ARCHIVIST", "SCJ")
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"
    b"\x1f\x15\xc4\x89"
)
NUMBER = "津滨市监罚〔2026〕1号"
STYLES = ("津滨市监罚字[2026]第1号", "津滨市监罚〔2026〕001号", "（津滨）市监罚【2026】1号")


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    with visiting(tmp_path_factory.mktemp("visit"), "s3.yaml") as one:
        yield one


def step(case_id: str, **changed: Any) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "step_kind": "ONSITE_INSPECTION",
        "place": "the stall",
        "started_at": "2026-09-21T09:00:00+08:00",
        "ended_at": "2026-09-21T09:30:00+08:00",
        "manifest": {"text": [digest(b"record")], "photo": [digest(PNG)]},
    } | changed


# Two officers are two people.


def test_one_officer_alone_is_not_enough(visit: Visit) -> None:
    case_id = visit.case()
    alone = visit.ask("RecordStep", step(case_id), signed=())
    assert refusal(alone) == (403, "two-officers-required")
    himself = visit.ask("RecordStep", step(case_id), signed=(OFFICER[0],))
    assert refusal(himself) == (403, "two-officers-required")


def test_an_auxiliary_and_an_officer_of_another_agency_do_not_count(visit: Visit) -> None:
    case_id = visit.case()
    auxiliary = visit.ask("RecordStep", step(case_id), signed=("auxiliary-1",))
    assert refusal(auxiliary) == (403, "two-officers-required")
    suite = visit.here.client.suite
    path = f"/cases/{case_id}/steps"
    body = step(case_id)
    body.pop("case_id")
    signed = body | suite.signatures(path, body, "GZJ", ["officer-GZJ-09"], None)
    client = visit.here.client
    url = f"{suite.url('enforcement')}{path}"
    answer = visit.run(client.http.post(url, json=signed, headers=client.headers(*OFFICER)))
    assert refusal(answer) == (403, "two-officers-required")


def test_a_signature_is_for_one_body_and_one_path(visit: Visit) -> None:
    case_id = visit.case()
    client = visit.here.client
    suite = client.suite
    path = f"/cases/{case_id}/steps"
    body = step(case_id)
    body.pop("case_id")
    good = suite.signatures(path, body, "SCJ", ["officer-SCJ-06"], None)
    elsewhere = suite.signatures(f"/cases/{uuid4()}/steps", body, "SCJ", ["officer-SCJ-06"], None)
    url = f"{suite.url('enforcement')}{path}"
    tries = {
        "another body": body | {"place": "another stall"} | good,
        "another path": body | elsewhere,
        "no token": body | {"co_signature": "not.a.token"},
        "a token of access": body | {
            "co_signature": client.headers(*OFFICER)["Authorization"].removeprefix("Bearer ")
        },
    }  # fmt: skip
    for what, one in tries.items():
        answer = visit.run(client.http.post(url, json=one, headers=client.headers(*OFFICER)))
        assert refusal(answer) == (401, "signature-invalid"), what
    scrawl = body | {"co_signature": "no token at all"}
    answer = visit.run(client.http.post(url, json=scrawl, headers=client.headers(*OFFICER)))
    assert refusal(answer) == (400, "request-malformed")
    answer = visit.run(client.http.post(url, json=body | good, headers=client.headers(*OFFICER)))
    assert answer.is_success, answer.text


# Files: by digest and by what the bytes are.


def test_a_file_is_what_its_bytes_are(visit: Visit) -> None:
    case_id = visit.case()
    path = f"/cases/{case_id}/files/{digest(PNG)}"
    assert refusal(visit.put(path, PNG + b"x", OFFICER, "image/png"))[1] == "media-hash-mismatch"
    assert refusal(visit.put(path, PNG, OFFICER, "video/mp4"))[1] == "media-hash-mismatch"
    stored = visit.put(path, PNG, OFFICER, "image/png")
    assert (stored.status_code, stored.json()["kind"]) == (201, "PHOTO")
    assert visit.get(path, OFFICER).content == PNG
    assert visit.get(path, OTHERS).status_code == 404
    assert visit.get(path, None).status_code == 401
    evidence = {"case_id": case_id, "evidence_id": str(uuid4()), "place": "the stall",
                "sha256": digest(PNG)}  # fmt: skip
    film = visit.ask("CollectEvidence", evidence | {"kind": "AUDIO_VIDEO"})
    assert refusal(film)[1] == "media-hash-mismatch"
    unknown = visit.ask("CollectEvidence", evidence | {"kind": "MATERIAL", "sha256": "0" * 64})
    assert refusal(unknown)[1] == "media-hash-mismatch"
    visit.done("CollectEvidence", evidence | {"kind": "MATERIAL"})


def test_a_file_of_several_megabytes_is_taken_and_a_huge_one_is_not(visit: Visit) -> None:
    case_id = visit.case()
    photo = PNG + b"\0" * (3 * 1024 * 1024)
    path = f"/cases/{case_id}/files/{digest(photo)}"
    assert visit.put(path, photo, OFFICER, "image/png").status_code == 201
    huge = b"\0" * (65 * 1024 * 1024)
    assert refusal(visit.put(path, huge, OFFICER, "image/png")) == (413, "request-too-large")


def test_a_stored_file_lies_encrypted(visit: Visit, tmp_path: Path) -> None:
    """Under the key of its matter, in a store of any kind; here in a folder."""
    store = Files.at(f"file://{tmp_path}/files")
    store.put("matter", digest(PNG), PNG, b"k" * 32)
    kept = [one for one in tmp_path.rglob("*") if one.is_file()]
    assert [one.name for one in kept] == [digest(PNG)]
    assert PNG[:8] not in kept[0].read_bytes()
    assert store.get("matter", digest(PNG), b"k" * 32) == PNG
    kept[0].write_bytes(b"somebody else wrote this")
    with refused("media-hash-mismatch"):
        store.get("matter", digest(PNG), b"k" * 32)


# Whose cases: an agency's own, an officer's desk.


def said_of(problem: dict[str, Any], one: str) -> str:
    """All that is answered, but for the id that was asked about."""
    return json.dumps(problem, sort_keys=True).replace(one, "…")


def test_a_stranger_in_the_role_of_a_party_knows_of_no_case(visit: Visit) -> None:
    case_id, nowhere = visit.names["C1"], str(uuid4())
    stranger = (str(uuid4()), "PARTY", "PARTY")
    waiver = {"scope": "BOTH", "signature": digest(b"a form")}
    for command, body in (("RequestHearing", {}), ("RecordWaiver", waiver)):
        answer, absent = (
            visit.ask(command, {"case_id": one, **body}, stranger, ()).json()
            for one in (case_id, nowhere)
        )
        assert answer["rule"] == "not-found"
        assert said_of(answer, case_id) == said_of(absent, nowhere)


def test_of_another_agencys_case_nobody_hears(visit: Visit) -> None:
    case_id = visit.names["C1"]
    for path in ("", "/clocks", "/ledger", "/decision", "/decision/masked"):
        assert visit.get(f"/cases/{case_id}{path}", OFFICER).status_code == 200, path
        assert refusal(visit.get(f"/cases/{case_id}{path}", OTHERS)) == (404, "not-found"), path
    answer = visit.ask("RecordStep", step(case_id), OTHERS, ("officer-GZJ-10",))
    assert refusal(answer) == (404, "not-found")
    nowhere = str(uuid4())
    absent = visit.ask("RecordStep", step(nowhere), OTHERS, ("officer-GZJ-10",)).json()
    assert said_of(answer.json(), case_id) == said_of(absent, nowhere)
    register = visit.get("/cases", OTHERS).json()["cases"]
    assert {one["agency_code"] for one in register} <= {"GZJ"}


def test_whoever_watches_sees_the_register_and_no_names(visit: Visit) -> None:
    found = visit.get(f"/cases/{visit.names['C1']}", SUPERVISOR).json()
    assert found["parties"] == "WITHHELD"
    assert "虚构摊主" not in str(found)
    assert visit.get(f"/cases/{visit.names['C1']}/decision", SUPERVISOR).status_code == 403


def test_a_case_says_its_version_however_it_is_named(visit: Visit) -> None:
    by_id = visit.get(f"/cases/{visit.names['C1']}", OFFICER)
    by_number = visit.get(f"/cases/{by_id.json()['case_no']}", OFFICER)
    assert by_id.headers["etag"] == by_number.headers["etag"]
    assert int(by_id.headers["etag"].strip('"')) > 10


def test_a_desk_shows_what_is_mine_and_what_waits(visit: Visit) -> None:
    case_id = visit.case()
    mine = visit.get("/cases?mine=true&limit=200", OFFICER).json()["cases"]
    assert case_id in {one["case_id"] for one in mine}
    others = visit.get("/cases?mine=true", ("officer-SCJ-07", "OFFICER", "SCJ")).json()["cases"]
    assert case_id not in {one["case_id"] for one in others}
    due = {one["case_id"]: one["decision_due_on"] for one in mine}[case_id]
    before = (date.fromisoformat(due) - timedelta(days=1)).isoformat()
    for until, there in ((due, True), (before, False)):
        page = visit.get(f"/cases?due_by={until}&status=INVESTIGATING&limit=200", OFFICER).json()
        assert (case_id in {one["case_id"] for one in page["cases"]}) is there
    waiting = visit.get("/cases?waits_for=OFFICER&limit=200", OFFICER).json()["cases"]
    assert case_id in {one["case_id"] for one in waiting}


def test_a_register_comes_page_by_page(visit: Visit) -> None:
    made = {visit.case() for _ in range(3)}
    seen: list[str] = []
    path = "/cases?limit=2"
    while True:
        page = visit.get(path, OFFICER).json()
        seen += [one["case_id"] for one in page["cases"]]
        if page["next"] is None:
            break
        path = f"/cases?limit=2&after={page['next']}"
    assert made < set(seen)
    assert len(seen) == len(set(seen))


# Why this date, and how much.


def test_each_clock_says_why(visit: Visit) -> None:
    clocks = {one["clock"]: one for one in visit.get(f"/cases/{visit.names['C1']}/clocks",
                                                     OFFICER).json()}  # fmt: skip
    decision = clocks["DECISION"]
    assert (decision["start"], decision["due_on"]) == ("2026-05-13", "2026-11-06")
    assert (decision["value"], decision["unit"]) == (90, "CD")
    assert decision["basis"]
    assert [(one["reason"], one["paused_on"], one["resumed_on"]) for one in decision["pauses"]] == [
        ("TEST", "2026-05-13", "2026-05-26"),
        ("CRIMINAL_TRANSFER", "2026-05-28", "2026-08-10"),
    ]
    notice = next(one for name, one in clocks.items() if "HEARING" in name)
    skipped = {one["day"]: one["why"] for one in notice["skipped"]}
    assert set(skipped) == {"2026-08-22", "2026-08-23"}


def test_the_ledger_adds_up(visit: Visit) -> None:
    money = visit.get(f"/cases/{visit.names['C1']}/ledger", OFFICER).json()
    paid = money["paid_fen"] - money["refunded_fen"]
    assert money["fine_fen"] + money["gain_fen"] + money["surcharge_fen"] - paid == 0
    assert money["owed_fen"] == 0
    assert refusal(visit.get(f"/cases/{visit.case()}/ledger", OFFICER)) == (404, "not-found")


# The document.


def test_the_decision_is_a_page_and_a_pdf_with_its_six_items(visit: Visit) -> None:
    path = f"/cases/{visit.names['C1']}/decision"
    page = visit.get(path, OFFICER)
    pdf = visit.get(f"{path}?as=pdf", OFFICER)
    assert pdf.headers["content-type"] == "application/pdf"
    text = "".join(one.extract_text() for one in PdfReader(BytesIO(pdf.content)).pages)
    squeezed = "".join(text.split())
    for item in ("虚构摊主", "当事人在摊位销售", "食品安全法", "十五日内缴纳", "行政复议", NUMBER):
        assert item in page.text, item
        assert item in squeezed, item


def test_what_everybody_reads_is_masked_and_found_in_any_style(visit: Visit) -> None:
    for number in (NUMBER, *STYLES):
        found = visit.get(f"/decisions/{number}", None)
        assert found.status_code == 200, number
        assert found.json()["decision_no"] == NUMBER
        assert "虚构摊主" not in found.text
        assert "120199199001010194" not in found.text
    html = visit.get(f"/decisions/{NUMBER}", None, accept="text/html")
    assert "虚构摊主" not in html.text
    assert "市场监管" in html.text
    assert refusal(visit.get("/decisions/nobody numbers so", None)) == (400, "request-malformed")
    assert refusal(visit.get("/decisions/津滨市监罚〔2026〕9号", None)) == (404, "not-found")


def test_public_decisions_are_searched_by_agency_and_day(visit: Visit) -> None:
    def found(query: str) -> list[str]:
        page = visit.get(f"/decisions?{query}", None).json()
        return [one["decision_no"] for one in page["decisions"]]

    assert NUMBER in found("agency=SCJ&since=2026-09-02&until=2026-09-02")
    assert found("agency=GZJ") == []
    assert NUMBER not in found("until=2026-09-01")
    assert NUMBER not in found("since=2026-09-03")


def test_a_masked_copy_that_nobody_approved_is_not_published(visit: Visit) -> None:
    """The archivist signs for the desk, the head for the copy."""
    case_id = visit.names["C1"]
    given = visit.run(masked(visit.here.client, {"masked_hash": f"masked:{case_id}"}, ARCHIVIST))
    assert given["masked_hash"] == visit.get(f"/decisions/{NUMBER}", None).json()["masked_hash"]
    reason = {"case_id": case_id, "decision_no": NUMBER, "reason_text": "call 138-1234-5678"}
    visit.done("WithdrawPublicity", reason, ARCHIVIST, ())
    assert "138-1234-5678" not in visit.get(f"/decisions/{NUMBER}", None).text
    again = {"case_id": case_id, **given}
    assert refusal(visit.ask("PublishDecision", again, ARCHIVIST, ()))[1] == "publicity-forbidden"
    other = again | {"masked_hash": "0" * 64}
    answer = visit.ask("PublishDecision", other, ARCHIVIST, (), "scj-head")
    assert refusal(answer)[1] == "publicity-forbidden"
    visit.done("PublishDecision", again, ARCHIVIST, (), "scj-head")
    assert visit.get(f"/decisions/{NUMBER}", None).json()["publicity"] == "SHOWN"


# What enters is judged at the edge.


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"subjects": [{**PARTY, "id_number": "91120116XX00000191"}]}, "id-check-failed"),
        ({"subjects": [{**PARTY, "kind": "PERSON"}]}, "id-check-failed"),
        ({"act_date": "2099-01-01"}, "filing-standard-unmet"),
        ({"location": {"address_text": "somewhere"}}, "filing-standard-unmet"),
        ({"act_date": "2020-01-01"}, "time-barred"),
        ({"power_item_code": "P-LAND-01"}, "no-power"),
        ({"power_item_code": "P-NONE-01"}, "no-power"),
    ],
)
def test_a_case_that_may_not_be_filed_is_not(
    visit: Visit, changed: dict[str, Any], rule: str
) -> None:
    before = len(visit.get("/cases?limit=200", OFFICER).json()["cases"])
    lead_id, case_id = str(uuid4()), str(uuid4())
    now = visit.here.clock.now
    visit.done("ReceiveLead", {
        "lead_id": lead_id, "source_channel": "PATROL", "source_ref": f"patrol/{lead_id}",
        "facts": "a stall", "discovered_at": now.isoformat(),
    }, signed=())  # fmt: skip
    filing = {"lead_id": lead_id, "case_id": case_id, "subjects": [PARTY],
              "power_item_code": "P-FOOD-04", "act_date": "2026-09-01",
              "location": {"cell_code": "120116400416001"}}  # fmt: skip
    assert refusal(visit.ask("FileCase", filing | changed, HEAD, BOTH))[1] == rule
    assert len(visit.get("/cases?limit=200", OFFICER).json()["cases"]) == before


@pytest.mark.parametrize("amount", [-1, 0, 1.5, "12", 10**15])
def test_money_is_whole_and_positive(visit: Visit, amount: Any) -> None:
    payment = {"case_id": visit.names["C1"], "amount_fen": amount, "voucher_no": "V",
               "on": "2026-09-16"}  # fmt: skip
    answer = visit.ask("RecordPayment", payment)
    assert refusal(answer) == (400, "request-malformed")
    assert "amount_fen" in answer.text


# Drawn at random, so that anybody can draw again.


def test_a_draw_can_be_drawn_again(visit: Visit) -> None:
    candidates = [
        {"kind": "PERSON", "id_type": "OTHER", "id_number": f"licence-{n}", "name": f"户{n}",
         "born_on": "1980-01-01"}
        for n in range(9)
    ]  # fmt: skip
    plan = {"plan_id": str(uuid4()), "plan_no": "2026-1", "agency_code": "SCJ", "count": 3,
            "nonce": "chosen in public", "candidates": candidates}  # fmt: skip
    drawn = visit.done("DrawInspection", plan, HEAD, ())
    again = visit.done("DrawInspection", plan, HEAD, ())
    assert again["drawn"] == drawn["drawn"]
    assert len(drawn["drawn"]) == 3
    assert (
        list(draw(seed_of("chosen in public", drawn["witness"]), drawn["candidates"], 3))
        == (drawn["drawn"])
    )
    assert list_hash(drawn["candidates"]) == drawn["list_hash"]
    other = plan | {"plan_id": str(uuid4()), "nonce": "chosen until it fits"}
    assert refusal(visit.ask("DrawInspection", other, HEAD, ()))[1] == "draw-not-reproducible"
    theirs = plan | {"plan_id": str(uuid4()), "agency_code": "GZJ"}
    assert refusal(visit.ask("DrawInspection", theirs, HEAD, ())) == (404, "not-found")
