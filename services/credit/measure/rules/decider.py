"""The rules of a measure: ordered, acknowledged or refused, applied, and lifted when nothing that
it rests on is left. Source: docs/domain/credit.md; 山东条例 40, 河南条例 42 (analogue).
"""

from dataclasses import replace
from enum import StrEnum
from typing import Final, TypeAlias, assert_never
from uuid import UUID, uuid5

from libs.contracts.credit import (
    LiftedBecause,
    MeasureAcknowledged,
    MeasureApplied,
    MeasureEvent,
    MeasureLifted,
    MeasureLiftOrdered,
    MeasureOrdered,
    MeasureRefused,
    MeasureSupportLost,
    SupportLostBecause,
)
from libs.contracts.vocabulary import HandoffId
from libs.events.core.deciders import Nothing, build_decider
from libs.events.core.kernel import Decider, NotFound, Refused, State
from libs.statute.rulebook import Rulebook
from services.credit.measure.commands import (
    AcknowledgeMeasure,
    ApplyMeasure,
    LiftMeasure,
    LoseSupport,
    MeasureCommand,
    OrderLift,
    OrderMeasure,
    RefuseMeasure,
)
from services.credit.measure.rules.ordering import carries, order

LIFT: Final = "CRED.LIFT"


class Stage(StrEnum):
    ORDERED = "ORDERED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    APPLIED = "APPLIED"
    REFUSED = "REFUSED"
    LIFT_ORDERED = "LIFT_ORDERED"
    LIFTED = "LIFTED"


LIVE: Final = frozenset({Stage.ORDERED, Stage.ACKNOWLEDGED, Stage.APPLIED})


class Measure(State):
    ordered: MeasureOrdered
    stage: Stage = Stage.ORDERED
    left: frozenset[UUID] = frozenset()


AnyMeasure: TypeAlias = Nothing | Measure


def decide(rules: Rulebook, command: MeasureCommand, measure: AnyMeasure) -> list[MeasureEvent]:
    if isinstance(measure, Nothing):
        if isinstance(command, OrderMeasure):
            return [order(rules, command)]
        raise NotFound("There is no measure {measure_id}", measure_id=command.measure_id)
    match command:
        case OrderMeasure():
            if not repeats(command, measure.ordered):
                raise Refused("idempotency-conflict", "This id already names another measure")
            return []
        case AcknowledgeMeasure() | RefuseMeasure() | ApplyMeasure():
            return answer(rules, command, measure)
        case LoseSupport():
            return lose(rules, command, measure)
        case OrderLift():
            early = command.cause is LiftedBecause.EXPIRED and (
                rules.day(command.at) <= measure.ordered.until
            )
            if measure.stage not in LIVE or early:
                return []
            return [lift_ordered(rules, command, measure, command.cause)]
        case LiftMeasure():
            return lift(rules, command, measure)
        case _:
            assert_never(command)


def repeats(command: OrderMeasure, ordered: MeasureOrdered) -> bool:
    named = {one.record_id or one.listing_id for one in ordered.supported_by}
    return (
        ordered.measure_code == command.measure_code
        and ordered.subject_id == command.subject_id
        and ordered.agency_code == command.agency_code
        and ordered.until == command.until
        and named == set(command.supported_by)
    )


def answer(
    rules: Rulebook, command: AcknowledgeMeasure | RefuseMeasure | ApplyMeasure, measure: Measure
) -> list[MeasureEvent]:
    """What the agency says of the order. What comes after the lift was ordered changes nothing."""
    match command:
        case AcknowledgeMeasure() if measure.stage is Stage.ORDERED:
            return [
                MeasureAcknowledged(
                    measure_id=command.measure_id, handler_id=command.handler_id, on=command.at
                )
            ]
        case RefuseMeasure() if measure.stage is Stage.ORDERED:
            return [
                MeasureRefused(
                    measure_id=command.measure_id,
                    handoff_id=command.handoff_id,
                    reason=command.reason,
                    text=command.text,
                )
            ]
        case ApplyMeasure() if measure.stage in (Stage.ORDERED, Stage.ACKNOWLEDGED):
            applied_on = rules.day(command.at)
            return [MeasureApplied(measure_id=command.measure_id, applied_on=applied_on)]
        case _:
            return []


def lose(rules: Rulebook, command: LoseSupport, measure: Measure) -> list[MeasureEvent]:
    """Only what it still rests on can be lost; with the last of it, the lift is ordered."""
    if measure.stage not in LIVE or command.ground_id not in measure.left:
        return []
    if command.cause is SupportLostBecause.CLASS_DROPPED and still_carries(
        command, measure.ordered
    ):
        return []
    lost = MeasureSupportLost(
        measure_id=command.measure_id, record_id=command.ground_id, cause=command.cause
    )
    if measure.left != {command.ground_id}:
        return [lost]
    return [lost, lift_ordered(rules, command, measure, LiftedBecause.SUPPORT_LOST)]


def still_carries(command: LoseSupport, ordered: MeasureOrdered) -> bool:
    """In a lighter class, too, a record may be what the list allows the measure for."""
    item, ground = command.item, command.ground
    return (
        item is not None
        and ground is not None
        and ground.stands
        and carries(ground, item, command.grade, ordered.legal_basis)
    )


def lift_ordered(
    rules: Rulebook, command: LoseSupport | OrderLift, measure: Measure, cause: LiftedBecause
) -> MeasureLiftOrdered:
    known = measure.ordered
    return MeasureLiftOrdered(
        measure_id=known.measure_id,
        measure_code=known.measure_code,
        subject_id=known.subject_id,
        subject_ref=known.subject_ref,
        ordered_by=known.ordered_by,
        agency_code=known.agency_code,
        handoff_id=HandoffId(uuid5(known.measure_id, "LIFT")),
        cause=cause,
        due_on=rules.last_day(LIFT, rules.day(command.at)),
        rule_code=LIFT,
        rule_pack_version=rules.version,
    )


def lift(rules: Rulebook, command: LiftMeasure, measure: Measure) -> list[MeasureEvent]:
    if measure.stage is Stage.LIFTED:
        return []
    if measure.stage is not Stage.LIFT_ORDERED:
        raise Refused(
            "out-of-turn", "No lift was ordered: the measure is {stage}", stage=measure.stage
        )
    return [
        MeasureLifted(
            measure_id=command.measure_id,
            handoff_id=command.handoff_id,
            order_handoff_id=measure.ordered.handoff_id,
            lifted_on=rules.day(command.at),
        )
    ]


def evolve(measure: AnyMeasure, event: MeasureEvent) -> Measure:
    if isinstance(measure, Nothing):
        if not isinstance(event, MeasureOrdered):
            raise AssertionError(f"{event.event_type} cannot be the first")
        named = (one.record_id or one.listing_id for one in event.supported_by)
        return Measure(ordered=event, left=frozenset(one for one in named if one is not None))
    match event:
        case MeasureAcknowledged():
            return replace(measure, stage=Stage.ACKNOWLEDGED)
        case MeasureRefused():
            return replace(measure, stage=Stage.REFUSED)
        case MeasureApplied():
            return replace(measure, stage=Stage.APPLIED)
        case MeasureSupportLost():
            return replace(measure, left=measure.left - {event.record_id})
        case MeasureLiftOrdered():
            return replace(measure, stage=Stage.LIFT_ORDERED)
        case MeasureLifted():
            return replace(measure, stage=Stage.LIFTED)
        case _:
            raise AssertionError(f"{event.event_type} is always the first")


def decider(rules: Rulebook) -> Decider[MeasureCommand, AnyMeasure, MeasureEvent]:
    return build_decider("measure", decide, evolve, rules, key="measure_id")
