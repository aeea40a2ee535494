"""Remedies: what reconsideration, or the agency itself, makes of a decision, and what follows.

Source: 行政复议法(2023) 20-73; 行政处罚法 73, 75(2); docs/domain/enforcement.md.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from libs.contracts.enforcement import (
    CaseEvent,
    DecisionConfirmedIllegal,
    DecisionDeclaredInvalid,
    DecisionModified,
    DecisionRevoked,
    Ground,
    Penalty,
    PenaltyKind,
    ReconProcedure,
    ReconsiderationAccepted,
    ReconsiderationDecided,
    ReconsiderationFiled,
    RedecisionOrdered,
    RevokedScope,
)
from libs.events.core.kernel import Refused
from libs.statute.rulebook import Rulebook
from services.enforcement.case.commands.executing import (
    ConfirmIllegality,
    DeclareInvalid,
    ModifyDecision,
    OrderRedecision,
    RecordReconsiderationAccepted,
    RecordReconsiderationDecision,
    RecordReconsiderationFiled,
    RemedyCommand,
    RevokeDecision,
)
from services.enforcement.case.rules.executing import accrue
from services.enforcement.case.rules.guards import heavier, require_money
from services.enforcement.case.rules.state import FALLEN, Case, Decided, Stage, Standing

TERMS = {
    ReconProcedure.ORDINARY: ("RECON.REPLY", "RECON.DECIDE"),
    ReconProcedure.SIMPLE: ("RECON.SIMPLE.REPLY", "RECON.SIMPLE.DECIDE"),
}


def decide(rules: Rulebook, command: RemedyCommand, case: Case) -> list[CaseEvent]:
    now = case.decided
    if now is None or now.no != command.decision_no:
        raise Refused(
            "request-unknown",
            "This case has no decision {decision_no}",
            decision_no=command.decision_no,
        )
    match command:
        case RecordReconsiderationFiled():
            return filed(rules, command, now)
        case RecordReconsiderationAccepted():
            return accepted(rules, command, now)
        case RecordReconsiderationDecision():
            return decided(command, now)
        case ModifyDecision():
            return modify(command, case, now)
        case RevokeDecision():
            return revoke(command, case, now)
        case ConfirmIllegality():
            return confirm(command, case, now)
        case DeclareInvalid():
            return invalidate(command, case, now)
        case OrderRedecision():
            return order_anew(command, case, now)
        case _:
            assert_never(command)


def filed(rules: Rulebook, command: RecordReconsiderationFiled, now: Decided) -> list[CaseEvent]:
    """From that day the surcharge stands still; what has grown until then is recorded: 73(3)."""
    if now.recon_filed is not None:
        return []
    event = ReconsiderationFiled(
        case_id=command.case_id,
        decision_no=command.decision_no,
        applicant=command.applicant,
        on=command.filed_on,
    )
    held = replace(now, ledger=now.ledger.held_from(command.filed_on))
    return [event, *accrue(rules, held, command.filed_on)]


def accepted(
    rules: Rulebook, command: RecordReconsiderationAccepted, now: Decided
) -> list[CaseEvent]:
    """By when the agency is to reply and the office to decide: 48, 54, 62."""
    require_filed(now)
    if now.recon_accepted is not None:
        return []
    codes = TERMS[command.procedure]
    reply_due, due = (rules.last_day(code, command.accepted_on) for code in codes)
    return [
        ReconsiderationAccepted(
            case_id=command.case_id,
            decision_no=command.decision_no,
            recon_no=command.recon_no,
            procedure=command.procedure,
            on=command.accepted_on,
            reply_due_on=reply_due,
            due_on=due,
            rule_codes=codes,
            rule_pack_version=rules.version,
        )
    ]


def require_filed(now: Decided) -> None:
    if now.recon_filed is None:
        raise Refused("request-unknown", "No reconsideration of this decision has been applied for")


def decided(command: RecordReconsiderationDecision, now: Decided) -> list[CaseEvent]:
    require_filed(now)
    if now.recon_decided is not None:
        return []
    return [
        ReconsiderationDecided(
            case_id=command.case_id,
            decision_no=command.decision_no,
            recon_no=command.recon_no,
            outcome=command.outcome,
            ground=command.ground,
            outcome_detail=command.outcome_detail,
            amount_fen=command.amount_fen,
            served_on=command.served_on,
            redecide_by=command.redecide_by,
        )
    ]


def undone(
    command: ModifyDecision | RevokeDecision | ConfirmIllegality | DeclareInvalid, now: Decided
) -> bool:
    """Whether this very word was heard already; what fell cannot fall again."""
    if now.undone_by == command.basis_ref:
        return True
    if now.standing in FALLEN:
        raise Refused("out-of-turn", "The decision is {standing} already", standing=now.standing)
    return False


def modify(command: ModifyDecision, case: Case, now: Decided) -> list[CaseEvent]:
    """Never worse for the party: 行政复议法 63."""
    if undone(command, now):
        return []
    if now.standing is Standing.CONFIRMED_ILLEGAL:
        raise Refused(
            "out-of-turn", "The decision was confirmed illegal and cannot be changed any more"
        )
    penalties = command.penalties
    if penalties is None:
        if command.amount_fen is None:
            raise Refused(
                "request-malformed",
                "Say what the decision is changed into: penalties or an amount",
                field="amount_fen",
            )
        penalties = with_fine(now.penalties, command.amount_fen)
    require_money(penalties)
    if heavier(penalties, now.penalties):
        raise Refused(
            "heavier-than-noticed", "A decision is changed in favour of the party only",
            basis="行政复议法 63; 行政处罚法 75(2)",
        )  # fmt: skip
    return [
        DecisionModified(
            case_id=command.case_id,
            decision_no=command.decision_no,
            source_ref=case.filed.source_ref,
            authority=command.authority,
            basis_ref=command.basis_ref,
            ground=command.ground,
            new_penalties=tuple(penalties),
            credit_class=command.credit_class or now.decision.credit_class,
        )
    ]


def with_fine(penalties: Sequence[Penalty], amount_fen: int) -> tuple[Penalty, ...]:
    """The fine is this much now, however many sums it was made of."""
    fines = [one for one in penalties if one.kind is PenaltyKind.FINE]
    others = [one for one in penalties if one.kind is not PenaltyKind.FINE]
    return (*(replace(one, amount_fen=amount_fen) for one in fines[:1]), *others)


def revoke(command: RevokeDecision, case: Case, now: Decided) -> list[CaseEvent]:
    """In whole or in part: 64; or by the agency itself: 行政处罚法 75(2). A part that falls leaves
    the rest standing."""
    if undone(command, now):
        return []
    left = remaining(command, now)
    require_money(left)
    if heavier(left, now.penalties):
        raise Refused(
            "heavier-than-noticed",
            "What is left after a partial revocation must not be heavier than before",
            basis="行政复议法 63; 行政处罚法 75(2)",
        )
    return [
        DecisionRevoked(
            case_id=command.case_id,
            decision_no=command.decision_no,
            source_ref=case.filed.source_ref,
            authority=command.authority,
            basis_ref=command.basis_ref,
            scope=command.scope,
            ground=command.ground,
            left=left,
        )
    ]


def remaining(command: RevokeDecision, now: Decided) -> tuple[Penalty, ...]:
    """Nothing of what fell whole; of what fell in part what is said, or all that is not said."""
    if command.scope is RevokedScope.FULL:
        return ()
    if command.penalties is not None:
        return command.penalties
    if command.amount_fen is not None:
        return with_fine(now.penalties, command.amount_fen)
    return now.penalties


def confirm(command: ConfirmIllegality, case: Case, now: Decided) -> list[CaseEvent]:
    """It stands, and was wrong: 65."""
    if undone(command, now):
        return []
    return [
        DecisionConfirmedIllegal(
            case_id=command.case_id,
            decision_no=command.decision_no,
            source_ref=case.filed.source_ref,
            authority=command.authority,
            basis_ref=command.basis_ref,
            ground=command.ground,
        )
    ]


def invalidate(command: DeclareInvalid, case: Case, now: Decided) -> list[CaseEvent]:
    """As if it had never been made: 67."""
    if undone(command, now):
        return []
    return [
        DecisionDeclaredInvalid(
            case_id=command.case_id,
            decision_no=command.decision_no,
            source_ref=case.filed.source_ref,
            authority=command.authority,
            basis_ref=command.basis_ref,
            ground=command.ground,
        )
    ]


def order_anew(command: OrderRedecision, case: Case, now: Decided) -> list[CaseEvent]:
    """Back to where it went wrong; the same result is barred, unless for procedure: 64(2)."""
    if case.redo is not None and case.redo.ordered.decision_no == command.decision_no:
        return []
    partly = now.standing is Standing.PARTLY_REVOKED
    if case.stage is not Stage.OVERTURNED and not partly:
        raise Refused("out-of-turn", "The decision is {standing}", standing=now.standing)
    return [
        RedecisionOrdered(
            case_id=command.case_id,
            decision_no=command.decision_no,
            ground=command.ground,
            deadline=command.deadline,
            same_result_barred=command.ground is not Ground.PROCEDURE,
        )
    ]
