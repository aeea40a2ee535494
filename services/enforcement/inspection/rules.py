"""The rules of an inspection: whom and by whom was drawn, so that anybody can draw again.

Source: 优化营商环境条例 54; 行政处罚法 42; docs/domain/enforcement.md.
"""

from dataclasses import replace
from typing import Final, TypeAlias, assert_never

from libs.contracts.enforcement import (
    InspectionCompleted,
    InspectionEvent,
    InspectionPurpose,
    InspectionResult,
    InspectionTaskDrawn,
)
from libs.events.core.deciders import Nothing, build_decider
from libs.events.core.kernel import Context, Decider, NotFound, Refused, State
from libs.statute.drawing import ALGORITHM, drawn, list_hash, seed_of
from libs.statute.rulebook import Rulebook
from services.enforcement.inspection.commands import (
    CompleteInspection,
    DrawInspection,
    InspectionCommand,
    Plan,
)

TERM: Final = "ENF.PUBLISH.OTHER"
POST_CHECK: Final = "LIC.POSTCHECK"
STEP: Final = "ONSITE_INSPECTION"


class Inspection(State):
    drawn: InspectionTaskDrawn
    completed: InspectionCompleted | None = None


AnyInspection: TypeAlias = Nothing | Inspection


def decide(
    rules: Rulebook, command: InspectionCommand, inspection: AnyInspection
) -> list[InspectionEvent]:
    if isinstance(inspection, Nothing):
        if isinstance(command, DrawInspection):
            return [draw(rules, command)]
        raise NotFound(
            "There is no inspection {inspection_id}", inspection_id=command.inspection_id
        )
    match command:
        case DrawInspection():
            known = inspection.drawn
            said = (command.agency_code, command.plan_no, command.nonce)
            if (known.agency_code, known.plan_no, known.nonce) != said:
                raise Refused("idempotency-conflict", "This id already names another draw")
            return []
        case CompleteInspection():
            return complete(rules, command, inspection)
        case _:
            assert_never(command)


def draw(rules: Rulebook, command: DrawInspection) -> InspectionTaskDrawn:
    """One that the seed draws from the list, and two officers that it draws from theirs."""
    witness = command.witness or command.stands
    seed = seed_of(command.nonce, witness)
    chosen = drawn(seed, command.candidates, command.count)
    if not command.witnessed or str(command.subject.subject_id) not in chosen:
        raise Refused(
            "draw-not-reproducible", "The seed and the list do not draw this subject",
            seed=seed, list_hash=list_hash(command.candidates),
        )  # fmt: skip
    plan = Plan(seed=seed, list_hash=list_hash(command.candidates), count=command.count)
    if command.plan not in (None, plan):
        raise Refused(
            "draw-not-reproducible",
            "The plan was drawn before with another seed, list or count",
            field="plan_no",
        )
    least = rules.limit("ENF.OFFICERS.MIN", command.at)
    by_id = {one.officer_id: one for one in command.officers}
    if len(by_id) < least:
        raise Refused(
            "certificate-invalid",
            "{agency_code} has {count} officers with a certificate in force: two are drawn",
            agency_code=command.agency_code,
            count=len(by_id),
            basis="行政处罚法 42",
        )
    term = POST_CHECK if command.purpose is InspectionPurpose.POST_CHECK else TERM
    who = drawn(f"{seed}{command.subject.subject_id}", by_id, least)
    return InspectionTaskDrawn(
        inspection_id=command.inspection_id,
        plan_no=command.plan_no,
        agency_code=command.agency_code,
        subject=command.subject,
        officers=tuple(one for name in who for one in command.officers if one.officer_id == name),
        nonce=command.nonce,
        witness=witness,
        seed=seed,
        algo=ALGORITHM,
        list_hash=list_hash(command.candidates),
        officers_hash=list_hash(by_id),
        count=command.count,
        purpose=command.purpose,
        source_ref=command.source_ref,
        due_on=rules.last_day(term, rules.day(command.at)),
        rule_code=term,
        rule_pack_version=rules.version,
    )


def complete(
    rules: Rulebook, command: CompleteInspection, inspection: Inspection
) -> list[InspectionEvent]:
    """By two officers, with all on file that an inspection on site must have."""
    known = inspection.drawn
    least = rules.limit("ENF.OFFICERS.MIN", command.at)
    if len(command.certified) < least:
        raise Refused(
            "two-officers-required",
            "{least} officers with a certificate in force must sign",
            least=least,
            basis="行政处罚法 42",
        )
    missing = [one for one in rules.records[STEP].needs if not getattr(command.manifest, one)]
    if missing:
        raise Refused(
            "record-incomplete",
            "The inspection needs {missing} on file",
            missing=missing,
            basis="行政处罚法 47",
        )
    if command.result is InspectionResult.LEAD_RAISED and command.power_item_code is None:
        raise Refused(
            "request-malformed", "A lead was raised: name its power item", field="power_item_code"
        )
    before = inspection.completed
    if before is not None:
        if before.result is not command.result:
            raise Refused(
                "out-of-turn",
                "The inspection was completed with the result {result}",
                result=before.result,
            )
        return []
    return [
        InspectionCompleted(
            inspection_id=command.inspection_id,
            agency_code=known.agency_code,
            subject=known.subject,
            result=command.result,
            power_item_code=command.power_item_code,
            source_ref=known.source_ref,
            text=command.text,
            on=rules.day(command.at),
            public_at=rules.due(TERM, command.at),
        )
    ]


def evolve(inspection: AnyInspection, event: InspectionEvent) -> Inspection:
    match inspection, event:
        case Nothing(), InspectionTaskDrawn():
            return Inspection(drawn=event)
        case Inspection(), InspectionCompleted():
            return replace(inspection, completed=event)
        case _:
            raise AssertionError(f"{event.event_type} cannot follow {inspection}")


def owned(inspection: AnyInspection, caller: Context) -> bool:
    return isinstance(inspection, Inspection) and inspection.drawn.agency_code == caller.agency


def decider(rules: Rulebook) -> Decider[InspectionCommand, AnyInspection, InspectionEvent]:
    return build_decider(
        "inspection",
        decide,
        evolve,
        rules,
        key="inspection_id",
        owned=owned,
        opens=(DrawInspection,),
    )
