"""A decision that is sought a remedy of, across services: money, publicity, goods, an inquiry."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.enforcement.visiting import HEAD, OFFICER, Visit, refusal, visiting

RECON = ("recon-1", "RECON_OFFICER", "SFJ")
NUMBER = "津滨市监罚字[2026]第1号"
CASE_NO = "津滨市监罚〔2026〕1号"
SUPERVISOR = ("supervisor-1", "SUPERVISOR", "OPS")


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    with visiting(tmp_path_factory.mktemp("remedies"), "s3.yaml") as one:
        yield one


def offered(visit: Visit, stage: str, **body: Any) -> Any:
    """A document of the reconsideration office, as the agency's window takes it."""
    given = {
        "handoff_id": str(uuid4()),
        "kind": "REMEDY",
        "to_agency": "SCJ",
        "body": {"stage": stage, "decision_no": NUMBER, "on": "2026-09-22", **body},
    }
    answer = visit.run(visit.here.client.ask("exchange.OfferHandoff", given, RECON))
    visit.run(visit.here.client.quiet())
    return answer


def told(visit: Visit, service: str, name: str) -> list[dict[str, Any]]:
    log = visit.here.members[service].service.settler.log
    with log.engine.connect() as tx:
        rows = log.read(tx, after=0, limit=10_000)
    return [
        one for one in (vars(row) for row in rows) if one["type"].startswith(f"{service}.{name}.")
    ]


def test_a_remedy_runs_to_its_end_once_and_the_case_begins_anew(visit: Visit) -> None:
    runs_to_its_end(visit)
    is_done_once(visit)
    begins_anew(visit)


def runs_to_its_end(visit: Visit) -> None:
    case_id = visit.names["C1"]
    case = f"/cases/{case_id}"
    strange = offered(visit, "RECON_FILED", decision_no="津滨市监罚〔2026〕7号")
    assert refusal(strange) == (404, "not-found")
    assert offered(visit, "RECON_FILED").is_success
    assert offered(
        visit, "RECON_ACCEPTED", recon_no="R-1", procedure="ORDINARY", on="2026-09-24"
    ).is_success
    clocks = {one["clock"]: one for one in visit.get(f"{case}/clocks", OFFICER).json()}
    assert {"RECON_REPLY", "RECON_DECISION"} <= set(clocks)
    assert visit.get(f"/decisions/{CASE_NO}", None).json()["publicity"] == "SHOWN"
    decided = offered(
        visit, "RECON_DECIDED", recon_no="R-1", outcome="REVOKED", ground="FACT",
        on="2026-10-20", served_on="2026-10-21", redecide_by="2026-12-20",
    )  # fmt: skip
    assert decided.is_success, decided.text

    found = visit.get(case, OFFICER).json()
    assert found["standing"] == "REVOKED"
    assert found["status"] == "INVESTIGATING"
    assert found["owed_fen"] == 0
    shown = visit.get(f"/decisions/{CASE_NO}", None)
    assert (shown.json()["publicity"], shown.json()["document"]) == ("WITHDRAWN", None)
    assert shown.json()["reason_text"]
    page = visit.get(f"/decisions/{CASE_NO}", None, accept="text/html").text
    assert "撤回" in page
    assert CASE_NO not in str(visit.get("/decisions", None).json())

    (refund,) = told(visit, "enforcement", "fine_refunded")
    assert b'"amount_fen":1500000' in refund["data"]
    assert len(told(visit, "enforcement", "decision_revoked")) == 1
    assert len(told(visit, "enforcement", "redecision_ordered")) == 1
    assert len(told(visit, "grid", "reporter_informed")) == 1
    assert len(told(visit, "oversight", "wrong_case_inquiry_opened")) == 1
    inquiries = visit.run(visit.here.client.get("oversight", "/inquiries", SUPERVISOR))
    assert CASE_NO in str(inquiries)


def is_done_once(visit: Visit) -> None:
    """The same paper under another id, and all listeners told everything again."""
    assert offered(
        visit, "RECON_DECIDED", recon_no="R-1", outcome="REVOKED", ground="FACT",
        on="2026-10-20", served_on="2026-10-21", redecide_by="2026-12-20",
    ).is_success  # fmt: skip
    for place in visit.here.post.handed:
        visit.here.post.handed[place] = 0
    visit.run(visit.here.client.quiet())
    for service, name in (
        ("enforcement", "fine_refunded"),
        ("enforcement", "decision_publicity_withdrawn"),
        ("enforcement", "redecision_ordered"),
        ("grid", "reporter_informed"),
        ("oversight", "wrong_case_inquiry_opened"),
    ):
        assert len(told(visit, service, name)) == 1, name
    states = visit.run(visit.here.client.states())
    assert [one["parked"] for one in states.values()] == [0] * len(states)


def begins_anew(visit: Visit) -> None:
    """What fell for its facts is investigated again, by its own clock, before anybody decides."""
    case_id = visit.names["C1"]
    found = visit.get(f"/cases/{case_id}", OFFICER).json()
    assert found["decision_due_on"] == "2026-12-20"
    decision = {
        "case_id": case_id,
        "penalties": [{"kind": "FINE", "amount_fen": 1_500_000}],
        "legal_basis": [{"law": "食品安全法", "article": "127"}],
        "tier": "MIDDLE",
        "document": {"facts": "f", "performance": "p", "remedies": "r", "seal_hash": "0" * 64},
        "credit_class": "GENERAL",
    }
    answer = visit.ask("DecidePenalty", decision, HEAD, ())
    assert refusal(answer) == (409, "out-of-turn")
