"""Nine real decisions, put in as their records say: what a record does not say is refused by name.

Nothing is made up for them: a sum, an address, a day that is not there is missing.
"""

import json
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from libs.contracts.enforcement import Document, Penalty, PenaltyKind
from libs.contracts.vocabulary import LegalBasis, SubjectKind
from libs.edge.parties import PartyBody, party, subject_ref
from libs.events.core.kernel import Refused
from services.enforcement.lead.rules import decider as leads
from tests.conftest import RULES, SHARED, needs_shared
from tests.enforcement.case import past as p
from tests.enforcement.test_streams import FILE, RECEIVE
from tests.scenario import after

FILE_OF = SHARED / "data" / "tianjin_penalty_decisions.jsonl"
ROWS: list[dict[str, Any]] = (
    [json.loads(line) for line in FILE_OF.read_text("utf-8").splitlines()]
    if FILE_OF.exists()
    else []
)
LEAD = leads(RULES)
KEY = b"k" * 32
ARTICLE = re.compile(r"《(?P<law>[^》]+)》(?P<article>第[^；]+)")


def body_of(row: dict[str, Any]) -> PartyBody:
    """Who it was about; a number only where the record has one."""
    return PartyBody(
        kind=SubjectKind.ENTERPRISE,
        id_type="USCC",
        id_number=row["cf_xdr_shxym"] or "-",
        name=row["cf_xdr_mc"],
    )


def basis_of(row: dict[str, Any]) -> tuple[LegalBasis, ...]:
    found = ARTICLE.finditer(row["cf_yj"] or "")
    return tuple(LegalBasis(law=one["law"], article=one["article"]) for one in found)


def refusal(decide: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        decide()
    return refused.value


@needs_shared
def test_each_row_is_one_of_the_nine() -> None:
    assert len(ROWS) == 9
    assert [row["cf_yj"] is None for row in ROWS].count(True) == 6


@needs_shared
@pytest.mark.parametrize("row", ROWS, ids=[row["cf_wsh"] for row in ROWS])
def test_a_real_party_is_known_by_its_number_or_refused(row: dict[str, Any]) -> None:
    if row["cf_xdr_shxym"] is None:
        told = refusal(lambda: subject_ref(body_of(row), KEY, date(2026, 1, 1)))
        assert told.rule == "id-check-failed"
        return
    ref = subject_ref(body_of(row), KEY, date(2026, 1, 1))
    assert ref == subject_ref(body_of(row), KEY, date(2026, 1, 1))
    assert row["cf_xdr_shxym"] not in str(ref)


@needs_shared
@pytest.mark.parametrize("row", ROWS, ids=[row["cf_wsh"] for row in ROWS])
def test_it_is_not_filed_without_a_place(row: dict[str, Any]) -> None:
    """No record says in which cell it was; one does not say when, and one not against whom."""
    today = date(2026, 4, 15)
    known = row["cf_xdr_shxym"] is not None
    ref = subject_ref(body_of(row), KEY, today) if known else None
    acted = date.fromisoformat(row["inspection_date"] or "9999-12-31")
    command = replace(
        FILE,
        subjects=(ref,) if ref else (),
        parties=(party(body_of(row), ref),) if ref else (),
        act_date=acted,
    )
    state = LEAD.fold(after(LEAD, [], replace(RECEIVE, location=None)))
    told = refusal(lambda: LEAD.decide(command, state))
    missing = ["location"]
    missing = [*([] if row["inspection_date"] else ["act_date"]), *missing]
    missing = [*([] if known else ["subjects"]), *missing]
    assert (told.rule, told.details["missing"]) == ("filing-standard-unmet", missing)


@needs_shared
@pytest.mark.parametrize("row", ROWS, ids=[row["cf_wsh"] for row in ROWS])
def test_it_is_not_decided_without_its_six_items(row: dict[str, Any]) -> None:
    """The records have facts, and some of them a basis: never how to pay, or where to complain."""
    document = Document(facts=row["cf_wfxw_summary"], performance="", remedies="", seal_hash="")
    command = replace(p.DECIDE, document=document, legal_basis=basis_of(row))
    told = refusal(lambda: p.CASE.decide(command, p.CASE.fold(p.DISCUSSED)))
    basis = [] if row["cf_yj"] else ["BASIS"]
    assert told.rule == "decision-incomplete"
    assert told.details["missing"] == [*basis, "PERFORMANCE", "REMEDIES", "SEAL"]


@needs_shared
@pytest.mark.parametrize("row", ROWS, ids=[row["cf_wsh"] for row in ROWS])
def test_a_fine_without_its_sum_is_none(row: dict[str, Any]) -> None:
    assert not [name for name in row if "fine" in name or "amount" in name or name == "cf_nr"]
    command = replace(p.DECIDE, penalties=(Penalty(kind=PenaltyKind.FINE),))
    told = refusal(lambda: p.CASE.decide(command, p.CASE.fold(p.DISCUSSED)))
    assert (told.rule, told.details["field"]) == ("request-malformed", "amount_fen")
