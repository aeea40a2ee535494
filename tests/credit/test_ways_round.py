"""Ways round the rules that a hurried clerk takes, or a dishonest one; each is closed."""

import json
from base64 import urlsafe_b64encode
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient

from libs.contracts.enforcement import CreditClass
from libs.statute.checking import read_sound_pack
from services.credit.subject.commands import RegisterSubject
from services.credit.subject.projection import FactRow
from tests.conftest import ROOT
from tests.credit import mill as mills
from tests.credit import past as p
from tests.credit.deciding import number, record, revoked
from tests.credit.deciding import served as decision
from tests.credit.mill import Mill, mill
from tests.credit.window import (
    CAPTURE,
    FIRM,
    NAME,
    NUMBER,
    OFFICER,
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

DAY = date(2026, 5, 20)


async def asked(window: AsyncClient, path: str, body: dict[str, Any]) -> tuple[int, str]:
    return refusal(await window.post(path, json=second(path, body), headers=OFFICER))


def decided(**changed: Any) -> dict[str, Any]:
    """The record of a decision that was served here, as a clerk would enter it."""
    known: Any = document(no=number(1), agency_code="CGW", decided_on="2026-05-20")
    return {**known, "behaviour_date": "2026-05-20", **changed}


async def test_a_decision_that_was_served_here_is_not_entered_as_somebody_says(
    here: Mill, window: AsyncClient
) -> None:
    here.tell("case/1", p.on("05-20"), decision(1, DAY))  # of another firm
    here.drain()
    answer = await window.post("/records", json=decided(), headers=OFFICER)
    assert refusal(answer) == (422, "basis-invalid")


async def test_what_was_withdrawn_is_not_remembered_again_from_the_same_paper(
    here: Mill, window: AsyncClient
) -> None:
    await built(here, window)
    path = f"/records/{RECORD}/withdraw"
    body = {"cause": "WRONG_SUBJECT", "document_no": "津滨市监函〔2026〕3号"}
    assert (await window.post(path, json=second(path, body), headers=OFFICER)).is_success
    again = without(CAPTURE, record_id=str(uuid4()))
    assert refusal(await window.post("/records", json=again, headers=OFFICER)) == (
        409, "duplicate-record",
    )  # fmt: skip


CORRECTIONS: dict[str, tuple[dict[str, Any], int, str]] = {
    "of the future": ({"decided_on": "2040-06-01"}, 422, "basis-invalid"),
    "of another kind": ({"type": "AWARD"}, 422, "basis-invalid"),
    "not theirs": ({"agency_code": "FY"}, 403, "provider-not-allowed"),
    "before the conduct": ({"decided_on": "2026-04-09"}, 422, "basis-invalid"),
}  # fmt: skip


@pytest.mark.parametrize(("changed", "status", "rule"), CORRECTIONS.values(), ids=CORRECTIONS)
async def test_a_record_is_corrected_as_strictly_as_it_was_captured(
    here: Mill, window: AsyncClient, changed: dict[str, Any], status: int, rule: str
) -> None:
    await built(here, window)
    path = f"/records/{RECORD}/correct"
    body = {"credit_class": "GENERAL", "basis_document": document(**changed)["basis_document"]}
    assert await asked(window, path, body) == (status, rule)


async def test_nobody_corrects_alone_nor_what_was_decided_here(
    here: Mill, window: AsyncClient
) -> None:
    await built(here, window)
    body = {"credit_class": "MINOR", "basis_document": CAPTURE["basis_document"]}
    alone = await window.post(f"/records/{RECORD}/correct", json=body, headers=OFFICER)
    assert refusal(alone) == (422, "approver-required")
    here.tell("case/1", p.on("05-20"), decision(1, DAY))
    here.drain()
    path = f"/records/{record(1)}/correct"
    detached = without(body, basis_document=document(no="别的号")["basis_document"])
    assert await asked(window, path, detached) == (422, "basis-invalid")
    here.tell("case/1", p.on("05-21"), revoked(1))
    here.drain()
    shown = (await window.get(f"/records/{record(1)}", headers=OFFICER)).json()
    assert shown["standing"] == "WITHDRAWN"


async def test_a_lighter_class_takes_the_measures_it_does_not_allow(
    here: Mill, window: AsyncClient
) -> None:
    await built(here, window)
    body = second("/measures", order(here))
    assert (await window.post("/measures", json=body, headers=OFFICER)).is_success
    path = f"/records/{RECORD}/correct"
    lighter = {"credit_class": "MINOR", "basis_document": CAPTURE["basis_document"]}
    answer = await window.post(path, json=second(path, lighter), headers=OFFICER)
    assert answer.is_success, answer.text
    here.drain()
    shown = (await window.get(f"/measures/{body['measure_id']}", headers=OFFICER)).json()
    assert (shown["stage"], shown["lift_cause"]) == ("LIFT_ORDERED", "SUPPORT_LOST")
    assert (await window.get("/credit/public")).json()["records"] == []
    heavier = without(lighter, credit_class="GENERAL")
    assert (await window.post(path, json=second(path, heavier), headers=OFFICER)).is_success
    (page,) = (await window.get("/credit/public")).json()["records"]
    assert (page["name"], page["credit_class"]) == (NAME, "GENERAL")


async def test_a_measure_ends_with_its_own_last_day(here: Mill, window: AsyncClient) -> None:
    await built(here, window)
    past = second("/measures", order(here, until="2026-05-31"))
    assert refusal(await window.post("/measures", json=past, headers=OFFICER)) == (
        422, "disproportionate",
    )  # fmt: skip
    body = second("/measures", order(here, until="2026-06-10"))
    assert (await window.post("/measures", json=body, headers=OFFICER)).is_success
    here.pass_time(p.on("06-11"))
    shown = (await window.get(f"/measures/{body['measure_id']}", headers=OFFICER)).json()
    assert (shown["stage"], shown["lift_cause"]) == ("LIFT_ORDERED", "EXPIRED")


async def test_an_objection_bars_from_the_moment_it_is_filed(
    here: Mill, window: AsyncClient
) -> None:
    await built(here, window)
    objection = {"objection_id": str(uuid4()), "record_id": RECORD, "grounds": "not us"}
    filed = await window.post("/objections", json=objection, headers=party(here))
    assert filed.is_success, filed.text
    # No reaction has run.
    assert await asked(window, "/measures", order(here)) == (423, "objection-pending")


NUMBERS: dict[str, dict[str, Any]] = {
    "a firm's as a person's": {"id_number": NUMBER},
    "a child's as a passport": {"id_number": "120199201212310015", "id_type": "PASSPORT"},
    "a wrong check character": {"id_number": "91120116XX0000027U"},
    "nothing": {"id_number": "   "},
}


@pytest.mark.parametrize("changed", NUMBERS.values(), ids=NUMBERS)
async def test_no_number_comes_in_past_its_own_check(
    window: AsyncClient, changed: dict[str, Any]
) -> None:
    other = {"kind": "PERSON", "id_type": "OTHER", "name": "张三", "born_on": "1980-01-01"}
    for path, body in (("/subjects", {}), ("/records", CAPTURE)):
        sent = {**body, **other, **changed}
        assert refusal(await window.post(path, json=sent, headers=OFFICER)) == (
            422, "id-check-failed",
        )  # fmt: skip


CURSORS = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-06-01T00:00:00")


@pytest.mark.parametrize("moment", CURSORS)
async def test_a_cursor_that_no_list_gave_is_refused(window: AsyncClient, moment: str) -> None:
    after = urlsafe_b64encode(f"{moment} {uuid4()}".encode()).decode()
    for path in ("/credit/public", "/records", "/measures"):
        answer = await window.get(path, params={"after": after}, headers=OFFICER)
        assert refusal(answer) == (400, "request-malformed"), path


async def test_days_of_which_no_calendar_knows_are_refused(here: Mill, window: AsyncClient) -> None:
    old = document(decided_on="1960-01-04") | {"behaviour_date": "1960-01-04"}
    answer = await window.post("/records", json=old, headers=OFFICER)
    assert answer.status_code == 422, answer.text
    first = without(FIRM, history_from="1949-10-01")
    assert refusal(await window.post("/subjects", json=first, headers=OFFICER)) == (
        400, "request-malformed",
    )  # fmt: skip


async def test_what_cannot_be_written_cannot_be_signed(here: Mill, window: AsyncClient) -> None:
    body = second("/measures", order(here))
    raw = json.dumps({**body, "x": "\ud800"})
    answer = await window.post(
        "/measures", content=raw, headers={**OFFICER, "content-type": "application/json"}
    )
    assert answer.status_code == 400, answer.text


async def test_a_sheet_of_the_past_lists_what_had_begun_by_then(
    here: Mill, window: AsyncClient
) -> None:
    await built(here, window)
    here.clock.now = p.on("06-10")
    path = f"/subjects/{subject(here)}"
    asks: dict[str, int] = {"2026-05-31": 0, "2026-06-01": 1}
    for day, many in asks.items():
        sheet = await window.get(path, params={"known_at": day}, headers=OFFICER)
        assert len(sheet.json()["records"]) == many, day


def test_a_city_without_a_table_of_scores_has_subjects_and_no_scores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boston = read_sound_pack(ROOT / "jurisdictions" / "boston")
    assert not boston.rules.scoring.version
    monkeypatch.setattr(mills, "PACK", boston)
    with mill(tmp_path) as here:
        at = p.on("06-01")
        command = RegisterSubject(
            subject_id=p.FIRM.subject_id, subject_ref=p.FIRM, registered_name="x",
            history_from=None, at=at,
        )  # fmt: skip
        assert here.ask(command, at) is None
        here.drain()
        assert here.refused == []


def test_what_has_a_term_of_its_own_outlives_its_display(here: Mill) -> None:
    """The end of a display is no fact for the score: a breach counts for its twelve months."""
    here.tell("case/1", p.on("05-20"), decision(1, DAY, credit_class=CreditClass.MINOR))
    here.drain()
    here.pass_time(p.on("09-01"))
    with here.settler.log.engine.connect() as tx:
        kinds = [row.kind for row in FactRow.all(tx)]
    assert kinds == ["CAPTURED"]
