"""The rules of an incentive: on the list, for the grade that it is for, with a second signature.

Source: 国办发〔2020〕49号; docs/domain/credit.md.
"""

from dataclasses import replace
from typing import Final, TypeAlias

from libs.contracts.credit import IncentiveEvent, IncentiveGranted, IncentiveRevoked, MeasureKind
from libs.contracts.vocabulary import SubjectKind
from libs.events.core.deciders import Nothing, build_decider
from libs.events.core.kernel import Decider, NotFound, Refused, State
from libs.statute.rulebook import Rulebook
from services.credit.incentive.commands import GrantIncentive, IncentiveCommand, RevokeIncentive
from services.credit.known import require_second

GRADE: Final = "GRADE_"
LIFT: Final = "CRED.LIFT"


class Incentive(State):
    granted: IncentiveGranted
    revoked: bool = False


AnyIncentive: TypeAlias = Nothing | Incentive


def decide(
    rules: Rulebook, command: IncentiveCommand, incentive: AnyIncentive
) -> list[IncentiveEvent]:
    match command, incentive:
        case GrantIncentive(), Nothing():
            return [grant(rules, command)]
        case GrantIncentive(), Incentive(granted=known):
            said = (command.measure_code, command.subject_id, command.agency_code, command.until)
            if (known.measure_code, known.subject_id, known.agency_code, known.until) != said:
                raise Refused("idempotency-conflict", "This id already names another incentive")
            return []
        case RevokeIncentive(), Incentive(granted=known):
            if incentive.revoked:
                return []
            if not command.reacted:
                require_second(command.approver)
            return [
                IncentiveRevoked(
                    incentive_id=command.incentive_id,
                    measure_code=known.measure_code,
                    subject_id=known.subject_id,
                    subject_ref=known.subject_ref,
                    agency_code=known.agency_code,
                    cause=command.cause,
                    granted_by=known.granted_by,
                    due_on=rules.last_day(LIFT, rules.day(command.at)),
                    rule_code=LIFT,
                    rule_pack_version=rules.version,
                )
            ]
        case _:
            raise NotFound(
                "There is no incentive {incentive_id}", incentive_id=command.incentive_id
            )


def grant(rules: Rulebook, command: GrantIncentive) -> IncentiveGranted:
    subject, item, today = command.subject, command.item, rules.day(command.at)
    if subject is None:
        raise NotFound("There is no subject {subject_id}", subject_id=command.subject_id)
    if subject.kind is SubjectKind.PERSON:
        raise Refused(
            "person-not-scored",
            "A natural person has records, and never a score",
            basis="个人信息保护法 24",
        )
    listed = item is not None and item.kind is MeasureKind.INCENTIVE and item.in_force(today)
    if item is None or not listed or not command.targeted:
        raise Refused(
            "incentive-not-allowed",
            "The list has no incentive {measure_code} that {agency_code} gives",
            measure_code=command.measure_code,
            agency_code=command.agency_code,
        )
    if f"{GRADE}{subject.grade}" not in item.allowed_for:
        raise Refused(
            "incentive-not-allowed",
            "{measure_code} is for {allowed_for}, and the grade is {grade}",
            measure_code=item.code,
            allowed_for=item.allowed_for,
            grade=subject.grade,
        )
    if command.until <= today:
        raise Refused("request-malformed", "It would be over before it begins", field="until")
    approver = require_second(command.approver)
    return IncentiveGranted(
        incentive_id=command.incentive_id,
        measure_code=command.measure_code,
        subject_id=command.subject_id,
        subject_ref=command.subject_ref,
        agency_code=command.agency_code,
        until=command.until,
        approver=approver,
        granted_by=command.granted_by,
    )


def evolve(incentive: AnyIncentive, event: IncentiveEvent) -> Incentive:
    match incentive, event:
        case Nothing(), IncentiveGranted():
            return Incentive(granted=event)
        case Incentive(), IncentiveRevoked():
            return replace(incentive, revoked=True)
        case _:
            raise AssertionError(f"{event.event_type} cannot follow {incentive}")


def decider(rules: Rulebook) -> Decider[IncentiveCommand, AnyIncentive, IncentiveEvent]:
    return build_decider("incentive", decide, evolve, rules, key="incentive_id")
