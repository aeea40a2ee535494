"""What a seizure does when its case moves: test time is added, it is lifted where it must be."""

from typing import Final, TypeAlias

from libs.contracts import enforcement
from libs.contracts.enforcement import TESTS, ExtendedBecause
from libs.contracts.vocabulary import CoercionId, ReasonCode
from libs.events.core.kernel import ANY, Envelope, Event, ForEachStream, Hidden
from libs.events.core.reactions import Reactions
from services.enforcement.coercion.commands import (
    ExtendCoerciveMeasure,
    LiftCoerciveMeasure,
)

OF_CASE: Final = "coercions_of_case"
Lifting: TypeAlias = ForEachStream[LiftCoerciveMeasure]

on = Reactions[ForEachStream]()
react = on.react


def of_a_test(fact: Envelope[enforcement.CaseClockResumed]) -> bool:
    """what stopped the clock was a test"""
    return fact.data.reason in TESTS


@on(when=of_a_test)
def tested(fact: Envelope[enforcement.CaseClockResumed]) -> ForEachStream[ExtendCoerciveMeasure]:
    command = ExtendCoerciveMeasure(
        coercion_id=CoercionId(ANY),
        because=ExtendedBecause.TEST_EXCLUDED,
        approver=None,
        at=fact.happened,
        paused_from=fact.data.paused_from,
        paused_until=fact.data.on,
    )
    return ForEachStream(index=OF_CASE, key=str(fact.data.case_id), command=command)


@on
def handed_over(fact: Envelope[enforcement.CriminalMaterialsHandedOver]) -> Lifting:
    return lifted(fact, fact.data.case_id, "HANDED_TO_POLICE", fact.data.items)


@on
def fallen(
    fact: Envelope[enforcement.DecisionRevoked | enforcement.DecisionDeclaredInvalid],
) -> Lifting:
    return lifted(fact, fact.data.case_id, "DECISION_FELL", ())


def lifted(
    fact: Envelope[Event], case_id: object, ground: str, returned: tuple[str, ...] | Hidden
) -> Lifting:
    command = LiftCoerciveMeasure(
        coercion_id=CoercionId(ANY),
        ground=ReasonCode(ground),
        returned=returned,
        on=fact.happened.date(),
    )
    return ForEachStream(index=OF_CASE, key=str(case_id), command=command)
