"""The rules of an objection and of a repair: given these events, when …"""

from dataclasses import replace
from datetime import date
from typing import Any, TypeAlias

import pytest

from libs.contracts.credit import (
    ObjectionResult,
    RepairEvent,
)
from libs.contracts.enforcement import CreditClass
from libs.contracts.vocabulary import (
    AgencyCode,
    ListingId,
    ObjectionId,
    PersonId,
    RecordId,
    RepairId,
)
from libs.events.core.kernel import Decider
from services.credit.known import Standing
from services.credit.objection.commands import FileObjection, ResolveObjection
from services.credit.objection.rules import decider as objections
from services.credit.repair.commands import AcceptRepair, ApplyRepair, DecideRepair, ReturnRepair
from services.credit.repair.rules import decider as repairs
from tests.conftest import RULES
from tests.credit import past as p
from tests.rules import AllTheRules
from tests.scenario import after, given, refused

Rules: TypeAlias = Decider[Any, Any, Any]
OBJECTION: Rules = objections(RULES)
REPAIR: Rules = repairs(RULES)

# Objections

OBJECT = FileObjection(
    objection_id=ObjectionId(p.uid(31)),
    record_id=p.RECORD,
    grounds="it was not us",
    evidence=p.FILES,
    by=PersonId(str(p.FIRM.subject_id)),
    at=p.on("05-08"),
    ground=p.GROUND,
    pending=False,
)
RESOLVE = ResolveObjection(
    objection_id=OBJECT.objection_id,
    result=ObjectionResult.REJECTED,
    checked_with="津滨城函〔2026〕9号",
    at=p.on("05-12"),
)
FILED = after(OBJECTION, [], OBJECT)
RESOLVED = after(OBJECTION, FILED, RESOLVE)

OBJECTION_REFUSALS: dict[str, tuple[str, list[Any], Any]] = {
    "no record": ("query-unauthorised", [], replace(OBJECT, ground=None)),
    "another's": ("query-unauthorised", [], replace(OBJECT, by=PersonId("somebody"))),
    "withdrawn": (
        "out-of-turn", [],
        replace(OBJECT, ground=replace(p.GROUND, standing=Standing.WITHDRAWN)),
    ),
    "twice": ("objection-pending", [], replace(OBJECT, pending=True)),
    "another": ("idempotency-conflict", FILED, replace(OBJECT, grounds="something else")),
    "nothing": ("not-found", [], RESOLVE),
    "otherwise": (
        "out-of-turn", RESOLVED, replace(RESOLVE, result=ObjectionResult.SUSTAINED),
    ),
}  # fmt: skip


def test_an_objection_is_answered_in_three_days_or_seven() -> None:
    assert FILED[0].due_on == date(2026, 5, 18)
    assert FILED[0].rule_code == "CRED.OBJECTION.OTHER"
    ours = replace(p.GROUND.basis, agency_code=AgencyCode(RULES.receiver_agency))
    (own,) = given(OBJECTION).when(replace(OBJECT, ground=replace(p.GROUND, basis=ours)))
    assert (own.due_on, own.rule_code) == (date(2026, 5, 12), "CRED.OBJECTION.OWN")


class TestObjections(AllTheRules):
    decider = OBJECTION
    commands = (OBJECT, RESOLVE)
    pasts = ([], FILED, RESOLVED)


# Repairs

APPLY = ApplyRepair(
    repair_id=RepairId(p.uid(41)),
    record_id=p.RECORD,
    proofs=p.FILES,
    commitment="we keep the law",
    by=PersonId(str(p.FIRM.subject_id)),
    at=p.on("07-21"),
    ground=p.GROUND,
    unpaid=False,
    pending=False,
)
ACCEPT = AcceptRepair(repair_id=APPLY.repair_id, at=p.on("07-22"))
RETURN = ReturnRepair(repair_id=APPLY.repair_id, missing=("receipts",), at=p.on("07-22"))
DECIDE = DecideRepair(
    repair_id=APPLY.repair_id,
    granted=True,
    reason="all is done",
    agency_code=p.CGW,
    approver=p.SECOND,
    at=p.on("07-28"),
    ground=p.GROUND,
    unpaid=False,
)
APPLIED = after(REPAIR, [], APPLY)
ACCEPTED = after(REPAIR, APPLIED, ACCEPT)
RETURNED = after(REPAIR, APPLIED, RETURN)
DECIDED = after(REPAIR, ACCEPTED, DECIDE)
SEVERE = replace(p.GROUND, credit_class=CreditClass.SEVERE)

REPAIR_REFUSALS: dict[str, tuple[str, list[RepairEvent], Any]] = {
    "another's": ("role-not-allowed", [], replace(APPLY, by=PersonId("somebody"))),
    "ended": (
        "repair-not-possible", [],
        replace(APPLY, ground=replace(p.GROUND, standing=Standing.ENDED)),
    ),
    "twice": ("repair-not-possible", [], replace(APPLY, pending=True)),
    "unpaid": (
        "repair-duties-open", [], replace(APPLY, ground=replace(p.GROUND, corrected_on=None)),
    ),
    "wages owed": ("repair-duties-open", [], replace(APPLY, unpaid=True)),
    "fallen meanwhile": (
        "repair-not-possible", ACCEPTED,
        replace(DECIDE, ground=replace(p.GROUND, standing=Standing.WITHDRAWN)),
    ),
    "heavier meanwhile": ("repair-too-early", ACCEPTED, replace(DECIDE, ground=SEVERE)),
    "owed again": ("repair-duties-open", ACCEPTED, replace(DECIDE, unpaid=True)),
    "no record any more": ("provider-not-allowed", ACCEPTED, replace(DECIDE, ground=None)),
    "too early": ("repair-too-early", [], replace(APPLY, at=p.on("07-20"))),
    "severe": ("repair-too-early", [], replace(APPLY, ground=SEVERE)),
    "off the list too early": (
        "repair-too-early", [],
        replace(APPLY, ground=replace(SEVERE, listing_id=ListingId(p.uid(12))),
                early_exit="CRED.LIST.WAGE.EARLY"),
    ),
    "another repair": (
        "idempotency-conflict", APPLIED, replace(APPLY, record_id=RecordId(p.uid(99))),
    ),
    "not accepted": ("out-of-turn", APPLIED, DECIDE),
    "returned": ("out-of-turn", RETURNED, ACCEPT),
    "returned for something else": (
        "out-of-turn", RETURNED, replace(RETURN, missing=("a seal",)),
    ),
    "accepted": ("out-of-turn", ACCEPTED, RETURN),
    "another agency": ("provider-not-allowed", ACCEPTED, replace(DECIDE, agency_code=p.SCJ)),
    "alone": ("approver-required", ACCEPTED, replace(DECIDE, approver=None)),
    "decided": ("out-of-turn", DECIDED, replace(DECIDE, granted=False)),
    "nothing": ("not-found", [], DECIDE),
}  # fmt: skip


def test_a_minor_matter_is_repaired_at_once_and_a_listed_one_by_the_list() -> None:
    minor = replace(p.GROUND, credit_class=CreditClass.MINOR)
    at_once = replace(APPLY, at=p.on("05-07"), ground=minor)
    assert len(given(REPAIR).when(at_once)) == 1
    listed = replace(SEVERE, listing_id=ListingId(p.uid(12)))
    early = replace(APPLY, ground=listed, early_exit="CRED.LIST.WAGE.EARLY", at=p.on("11-07"))
    assert len(given(REPAIR).when(early)) == 1


def test_before_the_rules_of_2026_one_term_held_for_all_but_safety() -> None:
    old = replace(p.GROUND.basis, decided_on=date(2025, 11, 20))
    ground = replace(p.GROUND, basis=old, corrected_on=date(2025, 12, 1))
    assert len(given(REPAIR).when(replace(APPLY, ground=ground, at=p.on("02-25")))) == 1
    with refused("repair-too-early"):
        given(REPAIR).when(replace(APPLY, ground=ground, at=p.on("02-20")))
    minor = replace(ground, credit_class=CreditClass.MINOR)
    with refused("repair-too-early"):
        given(REPAIR).when(replace(APPLY, ground=minor, at=p.on("02-20")))
    with refused("repair-too-early"):
        severe = replace(ground, credit_class=CreditClass.SEVERE)
        given(REPAIR).when(replace(APPLY, ground=severe, at=p.on("02-25")))


class TestRepairs(AllTheRules):
    decider = REPAIR
    commands = (APPLY, ACCEPT, RETURN, DECIDE)
    pasts = ([], APPLIED, ACCEPTED, RETURNED, DECIDED)


@pytest.mark.parametrize(
    ("rule", "past", "command"), OBJECTION_REFUSALS.values(), ids=OBJECTION_REFUSALS
)
def test_what_is_refused_of_an_objection(rule: str, past: list[Any], command: Any) -> None:
    with refused(rule):
        given(OBJECTION, *past).when(command)


@pytest.mark.parametrize(("rule", "past", "command"), REPAIR_REFUSALS.values(), ids=REPAIR_REFUSALS)
def test_what_is_refused_of_a_repair(rule: str, past: list[Any], command: Any) -> None:
    with refused(rule):
        given(REPAIR, *past).when(command)
