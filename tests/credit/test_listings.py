"""The rules of a listing and of an incentive: given these events, when …"""

from dataclasses import replace
from datetime import date, datetime
from typing import Any, TypeAlias

import pytest

from libs.contracts.credit import (
    DelistedBecause,
    Grade,
    MeasureKind,
)
from libs.contracts.vocabulary import (
    DecisionNo,
    IncentiveId,
    ListCode,
    Matter,
    MeasureCode,
    Resolver,
    SubjectKind,
)
from libs.events.core.kernel import Decider
from services.credit.incentive.commands import GrantIncentive, RevokeIncentive
from services.credit.incentive.rules import decider as incentives
from services.credit.known import SubjectKnown
from services.credit.listing.commands import Claim, DelistSubject, ListSubject, ServeListNotice
from services.credit.listing.rules import decider as listings
from tests.conftest import RULES
from tests.credit import past as p
from tests.rules import AllTheRules
from tests.scenario import after, caller, given, refused

Rules: TypeAlias = Decider[Any, Any, Any]
LISTING: Rules = listings(RULES)
INCENTIVE: Rules = incentives(RULES)

# Listings

CLAIM = Claim(
    subject_ref=p.FIRM,
    subject_id=p.FIRM.subject_id,
    workers=15,
    months=3,
    amount_fen=34_000_000,
    due_on=date(2026, 5, 6),
    verified_on=date(2026, 5, 7),
)
NOTICE = ServeListNotice(
    listing_id=p.LISTING,
    list_code=ListCode("L-WAGE"),
    matter=Matter("TR-1"),
    agency_code=p.RSJ,
    grounds="fifteen workers",
    legal_basis=p.BASIS,
    at=p.on("05-11"),
    claims=(CLAIM,),
)
ENLIST = ListSubject(
    listing_id=p.LISTING,
    decision_no=DecisionNo("津滨人社列〔2026〕1号"),
    measures_warned=(MeasureCode("M-P09"),),
    legal_basis=p.BASIS,
    agency_code=p.RSJ,
    approver=p.SECOND,
    at=p.on("05-19"),
    claims=(CLAIM,),
    warned=frozenset({MeasureCode("M-P09")}),
    taken=False,
)
DELIST = DelistSubject(
    listing_id=p.LISTING, cause=DelistedBecause.REVOKED, approver=p.SECOND, at=p.on("06-01")
)
NOTICED = after(LISTING, [], NOTICE)
LISTED = after(LISTING, NOTICED, ENLIST)
DELISTED = after(LISTING, LISTED, DELIST)
FEW = replace(CLAIM, workers=9, months=2)
ONE = replace(CLAIM, workers=1, months=3, amount_fen=500_000)


def claims(**changed: Any) -> tuple[Claim, ...]:
    return (replace(CLAIM, **changed),)


LISTING_REFUSALS: dict[str, tuple[str, list[Any], Any]] = {
    "another authority": ("provider-not-allowed", [], replace(NOTICE, agency_code=p.CGW)),
    "no such list": ("provider-not-allowed", [], replace(NOTICE, list_code=ListCode("L-X"))),
    "no claim": ("list-conditions-unmet", [], replace(NOTICE, claims=())),
    "several parties": (
        "request-malformed", [],
        replace(NOTICE, claims=(CLAIM, replace(CLAIM, subject_id=p.uid(2)))),
    ),
    "too few": ("list-conditions-unmet", [], replace(NOTICE, claims=(FEW,))),
    "the term runs": ("list-conditions-unmet", [], replace(NOTICE, at=p.on("05-06"))),
    "looked at before the term was over": (
        "list-conditions-unmet", [],
        replace(NOTICE, claims=claims(verified_on=date(2026, 5, 6))),
    ),
    "twice for one matter": (
        "duplicate-record", [],
        replace(NOTICE, live={p.FIRM.subject_id: p.LISTING}),
    ),
    "nobody has looked": (
        "list-conditions-unmet", [], replace(NOTICE, claims=claims(verified_on=None)),
    ),
    "paid": ("list-conditions-unmet", [], replace(NOTICE, claims=claims(paid=True))),
    "another notice": ("idempotency-conflict", NOTICED, replace(NOTICE, grounds="others")),
    "no notice": ("list-notice-required", [], ENLIST),
    "too soon": ("rights-period-open", NOTICED, replace(ENLIST, at=p.on("05-18"))),
    "paid meanwhile": (
        "list-conditions-unmet", NOTICED, replace(ENLIST, claims=claims(paid=True)),
    ),
    "before the item": (
        "retroactive", NOTICED, replace(ENLIST, effective_from=date(2026, 5, 7)),
    ),
    "measure not listed": ("measure-not-allowed", NOTICED, replace(ENLIST, warned=frozenset())),
    "number taken": ("duplicate-record", NOTICED, replace(ENLIST, taken=True)),
    "alone": ("approver-required", NOTICED, replace(ENLIST, approver=None)),
    "listed by another": (
        "out-of-turn", LISTED, replace(ENLIST, decision_no=DecisionNo("津滨人社列〔2026〕2号")),
    ),
    "not listed": ("out-of-turn", NOTICED, DELIST),
    "off the list alone": ("approver-required", LISTED, replace(DELIST, approver=None)),
    "nothing": ("not-found", [], DELIST),
}  # fmt: skip


def test_one_worker_is_enough_where_it_is_long_and_much() -> None:
    (event,) = given(LISTING).when(replace(NOTICE, claims=(ONE,)))
    assert event.conditions == ("AMOUNT_REACHED", "ORDERED_TO_PAY", "UNPAID")
    with refused("list-conditions-unmet"):
        given(LISTING).when(replace(NOTICE, claims=(replace(ONE, amount_fen=499_999),)))


def test_an_incident_stands_for_the_amount_and_is_still_stated_when_it_is_listed() -> None:
    stated = replace(NOTICE, claims=(FEW,), incident="津滨应急〔2026〕3号")
    noticed = after(LISTING, [], stated)
    assert noticed[0].conditions == ("INCIDENT", "ORDERED_TO_PAY", "UNPAID")
    assert len(given(LISTING, *noticed).when(replace(ENLIST, claims=(FEW,)))) == 1


def test_a_listing_ends_by_itself_only_when_its_term_is_over() -> None:
    expired = replace(DELIST, cause=DelistedBecause.EXPIRED, reacted=True, approver=None)
    assert given(LISTING, *LISTED).when(expired) == []
    late = replace(expired, at=datetime.fromisoformat("2029-05-22T00:00:01+08:00"))
    assert len(given(LISTING, *LISTED).when(late)) == 1
    assert given(LISTING, *DELISTED).when(late) == []


def test_a_listing_is_its_authority_s() -> None:
    owned = LISTING.owned
    assert owned is not None
    state = LISTING.fold(NOTICED)
    assert owned(state, caller("RSJ", "LISTING_AUTHORITY"))
    assert not owned(state, caller("SCJ", "LISTING_AUTHORITY"))


class TestListings(AllTheRules):
    decider = LISTING
    commands = (NOTICE, ENLIST, DELIST, replace(DELIST, reacted=True, approver=None))
    pasts = ([], NOTICED, LISTED, DELISTED)


# Incentives

KNOWN = SubjectKnown(
    kind=SubjectKind.ENTERPRISE,
    grade=Grade.A,
)
QUICK = replace(
    p.OFTENER,
    code=MeasureCode("M-I01"),
    kind=MeasureKind.INCENTIVE,
    targets=(Resolver("ZWB"),),
    allowed_for=("GRADE_A",),
)
GRANT = GrantIncentive(
    incentive_id=IncentiveId(p.uid(21)),
    measure_code=QUICK.code,
    subject_id=p.FIRM.subject_id,
    agency_code=p.ZWB,
    until=date(2027, 8, 31),
    granted_by=p.CGW,
    approver=p.SECOND,
    at=p.on("09-02"),
    item=QUICK,
    targeted=True,
    subject=KNOWN,
    subject_ref=p.FIRM,
)
END = RevokeIncentive(incentive_id=GRANT.incentive_id, cause="B", at=p.on("09-10"), reacted=True)
END_BY_HAND = replace(END, reacted=False)
GRANTED = after(INCENTIVE, [], GRANT)
ENDED = after(INCENTIVE, GRANTED, END)

INCENTIVE_REFUSALS: dict[str, tuple[str, list[Any], Any]] = {
    "nobody": ("not-found", [], replace(GRANT, subject=None)),
    "a person": (
        "person-not-scored", [], replace(GRANT, subject=replace(KNOWN, kind=SubjectKind.PERSON)),
    ),
    "not listed": ("incentive-not-allowed", [], replace(GRANT, item=None)),
    "a penalty": ("incentive-not-allowed", [], replace(GRANT, item=p.OFTENER)),
    "not theirs": ("incentive-not-allowed", [], replace(GRANT, targeted=False)),
    "grade B": ("incentive-not-allowed", [], replace(GRANT, subject=replace(KNOWN, grade="B"))),
    "over": ("request-malformed", [], replace(GRANT, until=date(2026, 9, 2))),
    "alone": ("approver-required", [], replace(GRANT, approver=None)),
    "ended alone": ("approver-required", GRANTED, END_BY_HAND),
    "another": ("idempotency-conflict", GRANTED, replace(GRANT, agency_code=p.CGW)),
    "no incentive": ("not-found", [], END),
}  # fmt: skip


class TestIncentives(AllTheRules):
    decider = INCENTIVE
    commands = (GRANT, END)
    pasts = ([], GRANTED, ENDED)


@pytest.mark.parametrize(
    ("rule", "past", "command"), LISTING_REFUSALS.values(), ids=LISTING_REFUSALS
)
def test_what_is_refused_of_a_listing(rule: str, past: list[Any], command: Any) -> None:
    with refused(rule):
        given(LISTING, *past).when(command)


@pytest.mark.parametrize(
    ("rule", "past", "command"), INCENTIVE_REFUSALS.values(), ids=INCENTIVE_REFUSALS
)
def test_what_is_refused_of_an_incentive(rule: str, past: list[Any], command: Any) -> None:
    with refused(rule):
        given(INCENTIVE, *past).when(command)
