"""The rules of an approval: routes, commitments, breaches; given these events, when …"""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from libs.contracts.credit import Tier
from libs.contracts.enforcement import CreditClass
from libs.contracts.vocabulary import (
    ApprovalId,
    ApprovalItemCode,
    CommitmentId,
    DecisionNo,
    PersonId,
    RecordId,
    SourceRef,
)
from libs.events.core.kernel import Decider
from services.credit.approval.commands import (
    ApplyApproval,
    AssignTier,
    BreachCommitment,
    DenyApproval,
    FulfilCommitment,
    Graded,
    GrantApproval,
    InviteReapplication,
    PostCheck,
    RevokeApproval,
    SignCommitment,
)
from services.credit.approval.rules.decider import decider
from services.credit.approval.rules.tiers import open_to
from services.credit.known import Standing
from tests.conftest import RULES
from tests.credit import past as p
from tests.rules import AllTheRules
from tests.scenario import after, caller, given, refused

APPROVAL: Decider[Any, Any, Any] = decider(RULES)
ID = ApprovalId(p.uid(61))
BEST = Graded(grade="A", breached=False)
PLAIN = Graded(grade="C", breached=False)
FAILED = PostCheck(
    source_ref=SourceRef("enforcement/inspection/1"), failed=True, on=date(2026, 10, 28)
)

APPLY = ApplyApproval(
    approval_id=ID,
    item_code=ApprovalItemCode("A-ROAD-01"),
    applicant=p.FIRM,
    acting=str(p.FIRM.subject_id),
    at=p.on("09-14"),
    graded=BEST,
)
ASSIGN = AssignTier(approval_id=ID, at=p.on("09-14"), graded=BEST)
ORDINARY = replace(ASSIGN, graded=PLAIN)
COMMIT = SignCommitment(
    approval_id=ID, commitment_id=CommitmentId(p.uid(62)), items=("a fence",), at=p.on("09-14")
)
GRANT = GrantApproval(
    approval_id=ID, licence_no="ZWB-1", approver=PersonId("clerk-1"), at=p.on("09-14", 14)
)
DENY = DenyApproval(
    approval_id=ID,
    denied_for=(p.RECORD,),
    reasons="penalised for the same thing",
    remedies="reconsideration",
    legal_basis=p.BASIS,
    approver=p.SECOND,
    grounds=(p.GROUND,),
)
INVITE = InviteReapplication(approval_id=ID, record_id=p.RECORD, at=p.on("06-17"))
FULFIL = FulfilCommitment(
    approval_id=ID, checked_by=PersonId("officer-CGW-01"), agency_code=p.CGW,
    subject_id=p.FIRM.subject_id,
)  # fmt: skip
BREACH = BreachCommitment(
    approval_id=ID,
    doc_no=DecisionNo("津滨政务违诺〔2026〕1号"),
    facts="no fence",
    credit_class=CreditClass.GENERAL,
    legal_basis=p.BASIS,
    approver=p.SECOND,
    at=p.on("11-12"),
    check=FAILED,
    taken=False,
)
REVOKE = RevokeApproval(
    approval_id=ID, basis="a false commitment", legal_basis=p.BASIS, approver=p.SECOND
)
APPLIED = after(APPROVAL, [], APPLY)
TIERED = after(APPROVAL, APPLIED, ASSIGN)
USUAL = after(APPROVAL, APPLIED, ORDINARY)
COMMITTED = after(APPROVAL, TIERED, COMMIT)
GRANTED = after(APPROVAL, COMMITTED, GRANT)
WITHOUT = after(APPROVAL, USUAL, GRANT)
DENIED = after(APPROVAL, USUAL, DENY)
INVITED = after(APPROVAL, DENIED, INVITE)
FULFILLED = after(APPROVAL, GRANTED, FULFIL)
BREACHED = after(APPROVAL, GRANTED, BREACH)
REVOKED = after(APPROVAL, BREACHED, REVOKE)

REFUSALS: dict[str, tuple[str, list[Any], Any]] = {
    "no such licence": (
        "item-unknown", [], replace(APPLY, item_code=ApprovalItemCode("A-X")),
    ),
    "for another": ("role-not-allowed", [], replace(APPLY, acting="somebody")),
    "a route too good": (
        "tier-not-allowed", [], replace(APPLY, wants=Tier.T1, graded=PLAIN),
    ),
    "the strict route": ("tier-not-allowed", [], replace(APPLY, wants=Tier.T4)),
    "another application": (
        "idempotency-conflict", APPLIED, replace(APPLY, applicant=p.OTHER),
    ),
    "nothing to commit to": ("commitment-not-allowed", USUAL, COMMIT),
    "another commitment": ("out-of-turn", COMMITTED, replace(COMMIT, items=("no fence",))),
    "no commitment": ("commitment-not-allowed", TIERED, GRANT),
    "another licence": ("out-of-turn", GRANTED, replace(GRANT, licence_no="ZWB-2")),
    "not tiered": ("out-of-turn", APPLIED, GRANT),
    "denied for nothing": ("basis-invalid", USUAL, replace(DENY, grounds=())),
    "denied for another's": (
        "basis-invalid", USUAL,
        replace(DENY, grounds=(replace(p.GROUND, subject_id=p.OTHER.subject_id),)),
    ),
    "denied for what fell": (
        "basis-invalid", USUAL,
        replace(DENY, grounds=(replace(p.GROUND, standing=Standing.WITHDRAWN),)),
    ),
    "denied alone": ("approver-required", USUAL, replace(DENY, approver=None)),
    "denied again": ("out-of-turn", DENIED, replace(DENY, reasons="others")),
    "granted": ("out-of-turn", GRANTED, DENY),
    "committed too late": ("out-of-turn", after(APPROVAL, TIERED, DENY), COMMIT),
    "never checked": ("correction-not-given", GRANTED, replace(BREACH, check=None)),
    "checked well": (
        "correction-not-given", GRANTED, replace(BREACH, check=replace(FAILED, failed=False)),
    ),
    "too soon": ("correction-not-given", GRANTED, replace(BREACH, at=p.on("11-11"))),
    "without a commitment": ("commitment-not-allowed", WITHOUT, BREACH),
    "too heavy": (
        "disproportionate", GRANTED, replace(BREACH, credit_class=CreditClass.SEVERE),
    ),
    "breached alone": ("approver-required", GRANTED, replace(BREACH, approver=None)),
    "breached already": (
        "out-of-turn", BREACHED, replace(BREACH, doc_no=DecisionNo("津滨政务违诺〔2026〕2号")),
    ),
    "number taken": ("duplicate-record", GRANTED, replace(BREACH, taken=True)),
    "nothing broken": ("out-of-turn", FULFILLED, BREACH),
    "revoked alone": ("approver-required", GRANTED, replace(REVOKE, approver=None)),
    "revoked already": ("out-of-turn", REVOKED, replace(REVOKE, basis="another")),
    "nothing to revoke": ("out-of-turn", USUAL, REVOKE),
    "nothing": ("not-found", [], COMMIT),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "past", "command"), REFUSALS.values(), ids=REFUSALS)
def test_what_is_refused(rule: str, past: list[Any], command: Any) -> None:
    with refused(rule):
        given(APPROVAL, *past).when(command)


@pytest.mark.parametrize(
    ("item", "grade", "breached", "tier"),
    [
        ("A-ROAD-01", "A", False, Tier.T1),
        ("A-ROAD-01", "B", False, Tier.T2),
        ("A-ROAD-01", "C", False, Tier.T3),
        ("A-ROAD-01", "D", False, Tier.T4),
        ("A-ROAD-01", "A", True, Tier.T4),
        ("A-ROAD-01", None, False, Tier.T3),
        ("A-WASTE-01", "A", False, Tier.T2),
        ("A-FOOD-01", "A", False, Tier.T3),
        ("A-FOOD-01", "D", False, Tier.T4),
    ],
)
def test_the_route_follows_from_grade_and_item(
    item: str, grade: str | None, breached: bool, tier: Tier
) -> None:
    assert open_to(RULES.approvals[item], Graded(grade=grade, breached=breached))[0] is tier


def test_who_declines_to_commit_takes_the_ordinary_route() -> None:
    applied = after(APPROVAL, [], replace(APPLY, wants=Tier.T3))
    (event,) = given(APPROVAL, *applied).when(ASSIGN)
    assert (event.tier, event.due_on) == (Tier.T3, date(2026, 10, 16))
    assert event.explanation[-1] == "WANTED"


def test_a_grade_that_changes_later_changes_no_route() -> None:
    assert given(APPROVAL, *TIERED).when(ORDINARY) == []


def test_who_was_denied_is_invited_once_for_each_record() -> None:
    assert given(APPROVAL, *INVITED).when(INVITE) == []
    assert given(APPROVAL, *DENIED).when(replace(INVITE, record_id=RecordId(p.uid(9)))) == []
    assert given(APPROVAL, *GRANTED).when(INVITE) == []


def test_a_check_says_nothing_of_a_licence_without_a_commitment() -> None:
    assert given(APPROVAL, *WITHOUT).when(FULFIL) == []
    assert given(APPROVAL, *GRANTED).when(replace(FULFIL, agency_code=p.SCJ)) == []
    assert given(APPROVAL, *GRANTED).when(replace(FULFIL, subject_id=p.OTHER.subject_id)) == []
    assert given(APPROVAL, *GRANTED).when(replace(FULFIL, subject_id=None)) == []
    assert given(APPROVAL, *BREACHED).when(FULFIL) == []


def test_an_application_is_the_applicant_s_and_the_agency_s() -> None:
    owned = APPROVAL.owned
    assert owned is not None
    state = APPROVAL.fold(APPLIED)
    assert owned(state, caller("ZWB", "APPROVAL_CLERK"))
    assert not owned(state, caller("CGW", "APPROVAL_CLERK"))
    party = replace(caller("PUBLIC", "PARTY"), actor=str(p.FIRM.subject_id))
    assert owned(state, party)
    assert not owned(state, replace(party, actor="somebody"))


class TestApprovals(AllTheRules):
    decider = APPROVAL
    commands = (
        APPLY, ASSIGN, ORDINARY, COMMIT, GRANT, DENY, INVITE, FULFIL, BREACH, REVOKE,
    )  # fmt: skip
    pasts = (
        [], APPLIED, TIERED, USUAL, COMMITTED, GRANTED, WITHOUT, DENIED, INVITED, FULFILLED,
        BREACHED, REVOKED,
    )  # fmt: skip
