"""Credit over HTTP: what is refused and why."""

from datetime import date
from typing import Any, Final
from uuid import uuid4

import pytest
from httpx import AsyncClient

from libs.contracts.vocabulary import Role
from tests.credit import past as p
from tests.credit.deciding import revoked
from tests.credit.deciding import served as decision
from tests.credit.mill import Mill
from tests.credit.window import (
    CAPTURE,
    FIRM,
    MAN,
    OFFICER,
    built,
    document,
    order,
    refusal,
    second,
    signed,
    without,
)

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
    unknown = await window.post("/records", json=CAPTURE, headers=OFFICER)
    assert refusal(unknown) == (422, "subject-not-eligible")
    assert (await window.post("/subjects", json=FIRM, headers=OFFICER)).is_success
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
