"""The rules of an objection: by whom the record is of, and answered in time.

Source: 山东条例 39, 河南条例 41 (analogue); docs/domain/credit.md.
"""

from dataclasses import replace
from typing import Final, TypeAlias, assert_never

from libs.contracts.credit import ObjectionEvent, ObjectionFiled, ObjectionResolved
from libs.events.core.deciders import Nothing, build_decider
from libs.events.core.kernel import Decider, Hidden, NotFound, Refused, State
from libs.statute.rulebook import Rulebook
from services.credit.known import Standing
from services.credit.objection.commands import FileObjection, ObjectionCommand, ResolveObjection

OWN: Final = "CRED.OBJECTION.OWN"
OTHER: Final = "CRED.OBJECTION.OTHER"


class Objection(State):
    filed: ObjectionFiled
    resolved: ObjectionResolved | None = None


AnyObjection: TypeAlias = Nothing | Objection


def decide(
    rules: Rulebook, command: ObjectionCommand, objection: AnyObjection
) -> list[ObjectionEvent]:
    if isinstance(objection, Nothing):
        if isinstance(command, FileObjection):
            return [file(rules, command)]
        raise NotFound("There is no objection {objection_id}", objection_id=command.objection_id)
    match command:
        case FileObjection():
            known = objection.filed
            grounds = (command.grounds, Hidden.ERASED, Hidden.WITHHELD)
            same = known.record_id == command.record_id and known.grounds in grounds
            if not same or str(known.subject_id) != command.by:
                raise Refused("idempotency-conflict", "This id already names another objection")
            return []
        case ResolveObjection():
            return resolve(rules, command, objection)
        case _:
            assert_never(command)


def file(rules: Rulebook, command: FileObjection) -> ObjectionFiled:
    ground = command.ground
    if ground is None or str(ground.subject_id) != command.by:
        raise Refused(
            "query-unauthorised",
            "There is no record of yours that is called {record_id}",
            record_id=command.record_id,
        )
    if ground.standing in (Standing.REPAIRED, Standing.WITHDRAWN):
        raise Refused(
            "out-of-turn",
            "The record is {standing}, and counts no more",
            standing=ground.standing,
        )
    if command.pending:
        raise Refused(
            "objection-pending", "You have objected to this record already: wait for the answer"
        )
    code = OWN if ground.basis.agency_code == rules.receiver_agency else OTHER
    return ObjectionFiled(
        objection_id=command.objection_id,
        record_id=command.record_id,
        subject_id=ground.subject_id,
        grounds=command.grounds,
        evidence=command.evidence,
        due_on=rules.last_day(code, rules.day(command.at)),
        rule_code=code,
        rule_pack_version=rules.version,
    )


def resolve(
    rules: Rulebook, command: ResolveObjection, objection: Objection
) -> list[ObjectionEvent]:
    known = objection.resolved
    if known is not None:
        if known.result is not command.result:
            raise Refused(
                "out-of-turn", "The objection was resolved as {result}", result=known.result
            )
        return []
    filed = objection.filed
    return [
        ObjectionResolved(
            objection_id=command.objection_id,
            record_id=filed.record_id,
            result=command.result,
            checked_with=command.checked_with,
            due_on=filed.due_on,
            resolved_on=rules.day(command.at),
        )
    ]


def evolve(objection: AnyObjection, event: ObjectionEvent) -> Objection:
    match objection, event:
        case Nothing(), ObjectionFiled():
            return Objection(filed=event)
        case Objection(), ObjectionResolved():
            return replace(objection, resolved=event)
        case _:
            raise AssertionError(f"{event.event_type} cannot follow {objection}")


def decider(rules: Rulebook) -> Decider[ObjectionCommand, AnyObjection, ObjectionEvent]:
    return build_decider("objection", decide, evolve, rules, key="objection_id")
