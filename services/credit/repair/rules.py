"""The rules of a repair: after the term of its class, when all duties are performed, by who
recognised the record.

Source: 信用修复管理办法 (2026-04-01); 国办发〔2025〕22号; 人社部令45号 10 (wage list);
docs/domain/credit.md.
"""

from dataclasses import replace
from datetime import date
from typing import Final, TypeAlias, assert_never

from libs.contracts.credit import (
    RepairAccepted,
    RepairApplied,
    RepairDecided,
    RepairEvent,
    RepairReturned,
)
from libs.contracts.enforcement import CreditClass
from libs.events.core.deciders import Nothing, build_decider
from libs.events.core.kernel import Decider, Hidden, NotFound, Refused, State
from libs.statute.rulebook import Rulebook
from services.credit.known import Ground, require_second
from services.credit.repair.commands import (
    AcceptRepair,
    ApplyRepair,
    DecideRepair,
    RepairCommand,
    ReturnRepair,
)

DECIDE: Final = "CRED.REPAIR.DECIDE"
LAW: Final = "信用修复管理办法 (2026)"
# Under the new rules a minor one may at once.
NEW: Final = "CRED.CLASS.GENERAL.MIN"
# Under the old rules one term for all, and a longer one where safety was at stake.
OLD: Final = {
    CreditClass.MINOR: "CRED.CLASS.OLD.MIN",
    CreditClass.GENERAL: "CRED.CLASS.OLD.MIN",
    CreditClass.SEVERE: "CRED.CLASS.OLD.MIN_SAFETY",
}


class Repair(State):
    applied: RepairApplied
    accepted: RepairAccepted | None = None
    returned: RepairReturned | None = None
    decided: RepairDecided | None = None


AnyRepair: TypeAlias = Nothing | Repair


def decide(rules: Rulebook, command: RepairCommand, repair: AnyRepair) -> list[RepairEvent]:
    if isinstance(repair, Nothing):
        if isinstance(command, ApplyRepair):
            return [apply(rules, command)]
        raise NotFound("There is no repair {repair_id}", repair_id=command.repair_id)
    match command:
        case ApplyRepair():
            known = repair.applied
            if known.record_id != command.record_id or str(known.subject_id) != command.by:
                raise Refused("idempotency-conflict", "This id already names another repair")
            return []
        case AcceptRepair():
            return accept(rules, command, repair)
        case ReturnRepair():
            return give_back(rules, command, repair)
        case DecideRepair():
            return settle(rules, command, repair)
        case _:
            assert_never(command)


def apply(rules: Rulebook, command: ApplyRepair) -> RepairApplied:
    ground = command.ground
    if ground is None or str(ground.subject_id) != command.by:
        raise Refused(
            "role-not-allowed",
            "There is no record of yours that is called {record_id}",
            record_id=command.record_id,
        )
    corrected_on = require_repairable(rules, command, ground)
    if command.pending:
        raise Refused(
            "repair-not-possible",
            "You have asked for this repair already: wait for the decision",
            basis=LAW,
        )
    return RepairApplied(
        repair_id=command.repair_id,
        record_id=command.record_id,
        listing_id=ground.listing_id,
        subject_id=ground.subject_id,
        subject_ref=ground.subject_ref,
        corrected_on=corrected_on,
        proofs=command.proofs,
        commitment=command.commitment,
    )


def require_repairable(
    rules: Rulebook, command: ApplyRepair | DecideRepair, ground: Ground
) -> date:
    """All that is due was done, and the term is over. The day on which it was done."""
    if not ground.stands:
        raise Refused(
            "repair-not-possible",
            "The record is {standing}: there is nothing to repair",
            standing=ground.standing,
            basis=LAW,
        )
    if ground.corrected_on is None or command.unpaid:
        raise Refused(
            "repair-duties-open",
            "The duties of {no} are not performed, or nobody has confirmed that they are",
            no=ground.basis.no,
            basis=LAW,
        )
    today = rules.day(command.at)
    over = earliest(rules, ground, ground.corrected_on, command.early_exit, today)
    if over is not None and today <= over:
        raise Refused(
            "repair-too-early",
            "The term runs until {over}: repair may be asked for from the day after",
            over=over,
            basis=LAW,
        )
    return ground.corrected_on


def earliest(
    rules: Rulebook, ground: Ground, corrected_on: date, early_exit: str, today: date
) -> date | None:
    """The last day of the term before which nobody may ask; a minor one may at once.

    A list's own early exit counts from the correction, and goes before the term of the class. Which
    terms hold is said by the rules of the day on which it is asked.
    """
    if early_exit:
        return rules.last_day(early_exit, corrected_on)
    credit_class = ground.credit_class
    if credit_class is None:
        return None
    code = f"CRED.CLASS.{credit_class}.MIN"
    if not rules.known(code, today):
        if credit_class is CreditClass.MINOR and rules.known(NEW, today):
            return None
        code = OLD[credit_class]
    rule = rules.in_force(code, today)
    start = rules.calendar.midnight(ground.basis.decided_on)
    return rules.calendar.day_before(rules.run(rule.value, rule.unit, start).due)


def accept(rules: Rulebook, command: AcceptRepair, repair: Repair) -> list[RepairEvent]:
    if repair.accepted is not None:
        return []
    if repair.returned is not None:
        raise Refused("out-of-turn", "It was returned: what was missing comes as a new one")
    on = rules.day(command.at)
    return [
        RepairAccepted(
            repair_id=command.repair_id,
            on=on,
            due_on=rules.last_day(DECIDE, on),
            rule_code=DECIDE,
            rule_pack_version=rules.version,
        )
    ]


def give_back(rules: Rulebook, command: ReturnRepair, repair: Repair) -> list[RepairEvent]:
    if repair.returned is not None:
        if repair.returned.missing not in (command.missing, Hidden.ERASED, Hidden.WITHHELD):
            raise Refused("out-of-turn", "It was returned already, for something else")
        return []
    if repair.accepted is not None:
        raise Refused("out-of-turn", "It was accepted on {on}", on=repair.accepted.on)
    return [
        RepairReturned(
            repair_id=command.repair_id, on=rules.day(command.at), missing=command.missing
        )
    ]


def settle(rules: Rulebook, command: DecideRepair, repair: Repair) -> list[RepairEvent]:
    known = repair.decided
    if known is not None:
        if (known.granted, known.reason) != (command.granted, command.reason) and (
            not isinstance(known.reason, Hidden) or known.granted is not command.granted
        ):
            raise Refused("out-of-turn", "The repair was decided already")
        return []
    ground = command.ground
    issued_by = None if ground is None else ground.basis.agency_code
    if ground is None or issued_by != command.agency_code:
        raise Refused(
            "provider-not-allowed",
            "Who recognised it repairs it: {issued_by}",
            issued_by=issued_by,
            basis=LAW,
        )
    if repair.accepted is None:
        raise Refused("out-of-turn", "The repair was not accepted yet")
    if command.granted:
        require_repairable(rules, command, ground)
    approver = require_second(command.approver)
    applied = repair.applied
    return [
        RepairDecided(
            repair_id=command.repair_id,
            record_id=applied.record_id,
            listing_id=applied.listing_id,
            subject_id=applied.subject_id,
            subject_ref=applied.subject_ref,
            granted=command.granted,
            reason=command.reason,
            approver=approver,
        )
    ]


def evolve(repair: AnyRepair, event: RepairEvent) -> Repair:
    match repair, event:
        case Nothing(), RepairApplied():
            return Repair(applied=event)
        case Repair(), RepairAccepted():
            return replace(repair, accepted=event)
        case Repair(), RepairReturned():
            return replace(repair, returned=event)
        case Repair(), RepairDecided():
            return replace(repair, decided=event)
        case _:
            raise AssertionError(f"{event.event_type} cannot follow {repair}")


def decider(rules: Rulebook) -> Decider[RepairCommand, AnyRepair, RepairEvent]:
    return build_decider("repair", decide, evolve, rules, key="repair_id")
