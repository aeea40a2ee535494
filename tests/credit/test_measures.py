"""The rules of a measure: given these events, when …"""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid5

import pytest

from libs.contracts.credit import (
    LiftedBecause,
    MeasureKind,
    SupportLostBecause,
)
from libs.contracts.enforcement import CreditClass
from libs.contracts.vocabulary import (
    HandoffId,
    LegalBasis,
    ListingId,
    MeasureId,
    PersonId,
    ReasonCode,
)
from libs.events.core.kernel import Decider, Hidden
from services.credit.known import Standing
from services.credit.measure.commands import (
    AcknowledgeMeasure,
    ApplyMeasure,
    LiftMeasure,
    LoseSupport,
    OrderLift,
    OrderMeasure,
    RefuseMeasure,
)
from services.credit.measure.rules.decider import decider as measures
from tests.conftest import RULES
from tests.credit import past as p
from tests.rules import AllTheRules
from tests.scenario import after, given, refused

MEASURE: Decider[Any, Any, Any] = measures(RULES)


ORDER = OrderMeasure(
    measure_id=MeasureId(p.uid(51)),
    measure_code=p.OFTENER.code,
    subject_id=p.FIRM.subject_id,
    agency_code=p.SCJ,
    supported_by=(p.RECORD, p.LISTING),
    until=date(2027, 3, 31),
    legal_basis=p.BASIS,
    approver=p.SECOND,
    ordered_by=p.FGW,
    at=p.on("04-23"),
    grounds=(
        p.GROUND,
        replace(p.GROUND, ground_id=p.LISTING, is_listing=True, standing=Standing.LISTED,
                credit_class=CreditClass.SEVERE, listing_id=p.LISTING),
    ),
    item=p.OFTENER,
    targeted=True,
    grade="C",
)  # fmt: skip
BY_ONE = replace(ORDER, supported_by=(p.RECORD,), grounds=(p.GROUND,))
TAKE = AcknowledgeMeasure(
    measure_id=ORDER.measure_id, handler_id=PersonId("scj-handler"), at=p.on("04-24")
)
REFUSE = RefuseMeasure(
    measure_id=ORDER.measure_id,
    handoff_id=HandoffId(uuid5(ORDER.measure_id, "MEASURE")),
    reason=ReasonCode("NOT_APPLICABLE"),
    text="no licence of it is at stake",
)
APPLY = ApplyMeasure(measure_id=ORDER.measure_id, at=p.on("04-24", 11))
LOSE = LoseSupport(
    measure_id=ORDER.measure_id,
    ground_id=p.RECORD,
    cause=SupportLostBecause.WITHDRAWN,
    at=p.on("06-17"),
)
LAST = replace(LOSE, ground_id=p.LISTING, cause=SupportLostBecause.DELISTED)
BACK = OrderLift(measure_id=ORDER.measure_id, cause=LiftedBecause.OFFICER, at=p.on("06-17"))
LIFT = LiftMeasure(
    measure_id=ORDER.measure_id,
    handoff_id=HandoffId(uuid5(ORDER.measure_id, "LIFT")),
    at=p.on("06-22"),
)
ORDERED = after(MEASURE, [], ORDER)
TAKEN = after(MEASURE, ORDERED, TAKE)
APPLIED = after(MEASURE, TAKEN, APPLY)
REFUSED = after(MEASURE, ORDERED, REFUSE)
HALF = after(MEASURE, APPLIED, LOSE)
LIFTING = after(MEASURE, HALF, LAST)
LIFTED = after(MEASURE, LIFTING, LIFT)


def ground(**changed: Any) -> Any:
    return replace(BY_ONE, grounds=(replace(p.GROUND, **changed),))


def item(**changed: Any) -> Any:
    return replace(BY_ONE, item=replace(p.OFTENER, **changed))


MEASURE_REFUSALS: dict[str, tuple[str, list[Any], Any]] = {
    "for this already": ("disproportionate", [], replace(BY_ONE, same=MeasureId(p.uid(52)))),
    "of another": ("no-association-penalty", [], ground(subject_id=p.OTHER.subject_id)),
    "of nothing": ("basis-invalid", [], replace(BY_ONE, grounds=())),
    "fallen": ("basis-invalid", [], ground(standing=Standing.WITHDRAWN)),
    "over": ("basis-invalid", [], ground(standing=Standing.ENDED)),
    "forgotten": ("basis-invalid", [], ground(subject_ref=Hidden.ERASED)),
    "not listed": ("measure-not-allowed", [], replace(BY_ONE, item=None)),
    "an incentive": ("measure-not-allowed", [], item(kind=MeasureKind.INCENTIVE)),
    "the court's": ("measure-not-allowed", [], item(allowed_for=("COURT",))),
    "before the list": ("retroactive", [], item(effective_from=date(2026, 3, 2))),
    "after the list": ("measure-not-allowed", [], item(effective_to=date(2026, 2, 28))),
    "not theirs": ("measure-not-allowed", [], replace(BY_ONE, targeted=False)),
    "disputed": ("objection-pending", [], ground(under_remedy=True)),
    "flagged": ("objection-pending", [], ground(flagged=True)),
    "too heavy": ("disproportionate", [], item(allowed_for=("SEVERE",))),
    "by a law not quoted": ("disproportionate", [], item(allowed_for=("SEVERE_BY_LAW",))),
    "for a breach": ("disproportionate", [], item(allowed_for=("BREACH",))),
    "for a grade": ("disproportionate", [], item(allowed_for=("GRADE_D",))),
    "too long": ("disproportionate", [], replace(BY_ONE, until=date(2027, 4, 21))),
    "over already": ("disproportionate", [], replace(BY_ONE, until=date(2026, 4, 22))),
    "beside what does not allow it": (
        "disproportionate", [], replace(ORDER, item=replace(p.OFTENER, allowed_for=("SEVERE",))),
    ),
    "alone": ("approver-required", [], replace(BY_ONE, approver=None)),
    "another": ("idempotency-conflict", ORDERED, replace(ORDER, agency_code=p.CGW)),
    "nothing": ("not-found", [], TAKE),
    "no lift": ("out-of-turn", APPLIED, LIFT),
}  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "past", "command"), MEASURE_REFUSALS.values(), ids=MEASURE_REFUSALS
)
def test_what_is_refused_of_a_measure(rule: str, past: list[Any], command: Any) -> None:
    with refused(rule):
        given(MEASURE, *past).when(command)


def test_what_is_not_disputed_carries_a_measure_alone() -> None:
    disputed = replace(p.GROUND, ground_id=p.LISTING, under_remedy=True)
    both = replace(ORDER, grounds=(p.GROUND, disputed))
    assert len(given(MEASURE).when(both)) == 1
    only = replace(both, item=replace(p.OFTENER, allowed_for=("SEVERE",)), grounds=(
        p.GROUND, replace(disputed, credit_class=CreditClass.SEVERE)))  # fmt: skip
    with refused("disproportionate"):
        given(MEASURE).when(only)


def test_a_law_that_names_the_measure_is_quoted_with_its_article() -> None:
    by_law = replace(p.OFTENER, allowed_for=("SEVERE_BY_LAW",), basis="政府采购法 22")
    severe = (replace(p.GROUND, credit_class=CreditClass.SEVERE),)
    order = replace(BY_ONE, item=by_law, grounds=severe)
    with refused("disproportionate"):
        given(MEASURE).when(order)
    quoted = replace(order, legal_basis=(LegalBasis(law="政府采购法", article="22"),))
    assert len(given(MEASURE).when(quoted)) == 1


def test_the_last_support_orders_the_lift_and_every_earlier_one_is_only_remembered() -> None:
    assert [type(one).__name__ for one in given(MEASURE, *APPLIED).when(LOSE)] == [
        "MeasureSupportLost"
    ]
    lost, lift = given(MEASURE, *HALF).when(LAST)
    assert lost.record_id == p.LISTING
    assert (lift.due_on, lift.cause) == (date(2026, 6, 23), LiftedBecause.SUPPORT_LOST)
    assert given(MEASURE, *HALF).when(LOSE) == []
    assert given(MEASURE, *HALF).when(replace(LOSE, ground_id=p.uid(99))) == []


def test_a_record_that_is_lighter_now_carries_what_it_is_still_allowed_for() -> None:
    by_one = after(MEASURE, [], BY_ONE)
    minor = replace(p.GROUND, credit_class=CreditClass.MINOR)
    dropped = replace(
        LOSE, cause=SupportLostBecause.CLASS_DROPPED, ground=minor, item=p.OFTENER, grade="C"
    )
    lost, lift = given(MEASURE, *by_one).when(dropped)
    assert (lost.cause, lift.cause) == (dropped.cause, LiftedBecause.SUPPORT_LOST)
    assert given(MEASURE, *by_one).when(replace(dropped, ground=p.GROUND)) == []
    fallen = replace(p.GROUND, standing=Standing.WITHDRAWN)
    for nothing in (replace(dropped, ground=None), replace(dropped, ground=fallen),
                    replace(dropped, item=None)):  # fmt: skip
        assert len(given(MEASURE, *by_one).when(nothing)) == 2


def test_a_measure_is_lifted_after_its_own_last_day() -> None:
    over = replace(BACK, cause=LiftedBecause.EXPIRED, at=p.on("03-31").replace(year=2027))
    assert given(MEASURE, *APPLIED).when(over) == []
    (lift,) = given(MEASURE, *APPLIED).when(replace(over, at=p.on("04-01").replace(year=2027)))
    assert lift.cause is LiftedBecause.EXPIRED


@pytest.mark.parametrize("late", [TAKE, APPLY, REFUSE, LOSE, BACK])
@pytest.mark.parametrize("past", [LIFTING, LIFTED], ids=["lifting", "lifted"])
def test_what_comes_after_the_lift_was_ordered_changes_nothing(past: Any, late: Any) -> None:
    assert given(MEASURE, *past).when(late) == []


def test_a_measure_that_was_refused_has_nothing_to_lift() -> None:
    assert given(MEASURE, *REFUSED).when(LOSE) == []
    assert given(MEASURE, *REFUSED).when(BACK) == []


class TestMeasures(AllTheRules):
    decider = MEASURE
    commands = (ORDER, TAKE, REFUSE, APPLY, LOSE, LAST, BACK, LIFT)
    pasts = ([], ORDERED, TAKEN, APPLIED, REFUSED, HALF, LIFTING, LIFTED)


def test_ids_of_handoffs_follow_from_the_measure() -> None:
    assert ORDERED[0].handoff_id == uuid5(ORDER.measure_id, "MEASURE")
    assert LIFTING[-1].handoff_id == uuid5(ORDER.measure_id, "LIFT")
    assert isinstance(ORDERED[0].supported_by[1].listing_id, type(ListingId(p.LISTING)))
