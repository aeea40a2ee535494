"""What a seizure does when its case moves: test time is added, it is lifted where it must be."""

from typing import Final

from libs.contracts import enforcement
from libs.contracts.enforcement import TESTS, ExtendedBecause
from libs.contracts.vocabulary import CoercionId, ReasonCode
from libs.events.kernel import ANY, Each, Envelope, Event, Hidden
from services.enforcement.coercion.commands import (
    ExtendCoerciveMeasure,
    LiftCoerciveMeasure,
)

OF_CASE: Final = "coercions_of_case"


def react(fact: Envelope[Event]) -> list[Each]:
    match fact.data:
        case enforcement.CaseClockResumed() as resumed if resumed.reason in TESTS:
            command = ExtendCoerciveMeasure(
                coercion_id=CoercionId(ANY),
                because=ExtendedBecause.TEST_EXCLUDED,
                approver=None,
                agency_code=None,
                at=fact.happened,
                paused_from=resumed.paused_from,
                paused_until=resumed.on,
            )
            return [Each(index=OF_CASE, key=str(resumed.case_id), command=command)]
        case enforcement.CriminalMaterialsHandedOver() as handed:
            return [lifted(handed.case_id, "HANDED_TO_POLICE", handed.items, fact)]
        case enforcement.DecisionRevoked() | enforcement.DecisionDeclaredInvalid() as fallen:
            return [lifted(fallen.case_id, "DECISION_FELL", (), fact)]
        case _:
            return []


def lifted(
    case_id: object, ground: str, returned: tuple[str, ...] | Hidden, fact: Envelope[Event]
) -> Each:
    command = LiftCoerciveMeasure(
        coercion_id=CoercionId(ANY),
        ground=ReasonCode(ground),
        returned=returned,
        agency_code=None,
        on=fact.happened.date(),
    )
    return Each(index=OF_CASE, key=str(case_id), command=command)
