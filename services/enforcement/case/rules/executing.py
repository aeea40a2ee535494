"""Execution and closing: paid or enforced, refunded where it fell, and closed.

Source: 行政处罚法 66-74; 行政强制法 35-46, 53-58; docs/domain/enforcement.md.
"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Final, assert_never

from libs.contracts.enforcement import (
    CaseClosed,
    CaseEvent,
    CaseOutcome,
    CourtEnforcementApplied,
    CourtEnforcementRuled,
    DemandNoticeServed,
    ExecutedHow,
    ExecutionCompleted,
    FineInstalmentApproved,
    FinePaid,
    FineRefunded,
    FineSurchargeAccrued,
    ForcedExecutionCompleted,
    Ruling,
    Scope,
)
from libs.events.core.kernel import Refused
from libs.statute.rulebook import Rulebook
from services.enforcement.case.commands.executing import (
    AccrueSurcharge,
    ApplyCourtEnforcement,
    ApproveInstalment,
    CloseCase,
    CompleteExecution,
    CompleteForcedExecution,
    ExecutionCommand,
    RecordCourtRuling,
    RecordPayment,
    RefundFine,
    ServeDemand,
)
from services.enforcement.case.rules.guards import out_of_turn, require_record, require_two
from services.enforcement.case.rules.ledger import Ledger
from services.enforcement.case.rules.serving import scopes_of
from services.enforcement.case.rules.state import Case, Decided, Served, Stage

DAY: Final = timedelta(days=1)
RATE: Final = "ENF.SURCHARGE.RATE"
CAP: Final = "ENF.SURCHARGE.CAP"
APPLY: Final = "ENF.COURT.APPLY"


def decide(rules: Rulebook, command: ExecutionCommand, case: Case) -> list[CaseEvent]:
    if isinstance(command, RefundFine | AccrueSurcharge):
        return of_money(rules, command, case.named(command.decision_no))
    now = case.decided
    if now is None:
        raise out_of_turn(command, case)
    match command, case.stage, now:
        case RecordPayment(), Stage.SERVED | Stage.EXECUTING, Served():
            return pay(rules, command, case, now)
        case ApproveInstalment(), Stage.SERVED | Stage.EXECUTING, _:
            return approve_instalment(command, now)
        case ServeDemand(), Stage.SERVED | Stage.EXECUTING, Served():
            return demand(rules, command, case, now)
        case ApplyCourtEnforcement(), Stage.EXECUTING, Served():
            return apply_to_court(rules, command, case, now)
        case RecordCourtRuling(), Stage.EXECUTING | Stage.EXECUTED | Stage.CLOSED, _:
            return rule(command, now)
        case CompleteForcedExecution(), Stage.EXECUTING, _:
            return force(rules, command, case, now)
        case CompleteExecution(), Stage.SERVED | Stage.EXECUTING, _:
            return [complete(rules, command, case, now)]
        case CompleteExecution(), Stage.EXECUTED, _ if now.executed and now.executed.how == (
            command.how
        ):
            return []
        case CloseCase(), Stage.EXECUTED | Stage.OVERTURNED, _:
            return [close(command, case, now)]
        case CloseCase(), Stage.CLOSED, _:
            return []
        case (
            (RecordPayment() | ApproveInstalment() | ServeDemand() | ApplyCourtEnforcement())
            | (RecordCourtRuling() | CompleteForcedExecution() | CompleteExecution() | CloseCase()),
            _,
            _,
        ):
            raise out_of_turn(command, case)
        case _:
            assert_never(command)


def of_money(
    rules: Rulebook, command: RefundFine | AccrueSurcharge, now: Decided | None
) -> list[CaseEvent]:
    """Whatever stage the case is in by now: what follows from what was paid, or from what fell."""
    if now is None:
        return []
    if isinstance(command, AccrueSurcharge):
        return accrue(rules, now, command.as_of)
    return refund(rules, command, now)


def owed(rules: Rulebook, ledger: Ledger, as_of: date) -> int:
    rate, cap = (rules.in_force(code, as_of).value for code in (RATE, CAP))
    return ledger.owed(as_of, rate, cap)


def accrued(rules: Rulebook, ledger: Ledger, as_of: date) -> int:
    rate, cap = (rules.in_force(code, as_of).value for code in (RATE, CAP))
    return ledger.accrued(as_of, rate, cap)


def pay(rules: Rulebook, command: RecordPayment, case: Case, now: Served) -> list[CaseEvent]:
    """Against an official voucher, entered by people who did not decide: 67."""
    require_two(rules, command.signed, case.filed.agency_code, command.at)
    if now.decision.approver in command.signed.officers:
        raise Refused(
            "collector-is-decider",
            "Whoever decided the case does not take the money",
            basis="行政处罚法 67",
        )
    if command.amount_fen <= 0:
        raise Refused("request-malformed", "The amount must be above zero", field="amount_fen")
    if not now.served.served_on <= command.paid_on <= rules.day(command.at):
        raise Refused(
            "request-malformed",
            "The day of payment lies before service or in the future: give the day on the voucher",
            field="on",
        )
    known = [one for one in now.ledger.payments if one.voucher_no == command.voucher_no]
    if known and (known[0].amount_fen, known[0].on) != (command.amount_fen, command.paid_on):
        raise Refused(
            "idempotency-conflict", "This voucher is on record with another amount or day"
        )
    if known:
        return []
    paid = FinePaid(
        case_id=command.case_id,
        decision_no=now.no,
        amount_fen=command.amount_fen,
        voucher_no=command.voucher_no,
        on=command.paid_on,
        settled=False,
    )
    settled = owed(rules, now.ledger.paid(paid), command.paid_on) <= 0
    return [replace(paid, settled=settled)]


def approve_instalment(command: ApproveInstalment, now: Decided) -> list[CaseEvent]:
    """For real hardship; the parts are the whole, one day after another: 66(2)."""
    days = [one.due_on for one in command.schedule]
    fine = [one.amount_fen for one in command.schedule]
    if not fine or min(fine) <= 0 or sum(fine) != now.ledger.principal_fen:
        raise Refused(
            "instalment-sum",
            "The parts come to {sum_fen}, and {principal_fen} is owed",
            sum_fen=sum(fine),
            principal_fen=now.ledger.principal_fen,
            basis="行政处罚法 66",
        )
    if days != sorted(set(days)):
        raise Refused(
            "request-malformed", "The days of the parts must follow one another", field="schedule"
        )
    if command.schedule == now.ledger.schedule:
        return []
    return [
        FineInstalmentApproved(
            case_id=command.case_id, schedule=command.schedule, approver=command.approver
        )
    ]


def accrue(rules: Rulebook, now: Decided, as_of: date) -> list[CaseEvent]:
    """What has been added to the surcharge since it was recorded last, if anything has."""
    total_fen = accrued(rules, now.ledger, as_of)
    if total_fen <= now.ledger.surcharge_fen:
        return []
    return [
        FineSurchargeAccrued(
            case_id=now.decision.case_id,
            decision_no=now.no,
            as_of=as_of,
            total_fen=total_fen,
            rule_code=RATE,
            rule_pack_version=rules.version,
        )
    ]


def refund(rules: Rulebook, command: RefundFine, now: Decided) -> list[CaseEvent]:
    """What was paid and is not owed, and the claim that fell: nothing of both, nothing recorded."""
    on = rules.day(command.at)
    rate, cap = (rules.in_force(code, on).value for code in (RATE, CAP))
    amount, cancelled = now.ledger.too_much(on, rate, cap)
    if not amount and not cancelled:
        return []
    return [
        FineRefunded(
            case_id=command.case_id,
            decision_no=now.no,
            amount_fen=amount,
            cancelled_fen=cancelled,
            cause=command.cause,
        )
    ]


def remedy_over(now: Served, scope: Scope) -> date:
    """The last day of what was open for this scope: the later of the paths, read with care, and of
    the parts that were agreed for the money: 行政强制法 53; 行政处罚法 66(2), 72(2)."""
    open_ = [one.until for one in now.served.remedy_until if one.penalty in (None, scope)]
    if scope is Scope.FINE and now.ledger.schedule:
        open_.append(now.ledger.schedule[-1].due_on)
    return max(open_)


def court_window(rules: Rulebook, now: Served, scope: Scope) -> tuple[date, bool]:
    """Until when the court may be asked: 行政强制法 53. And whether that is provisional."""
    return rules.span(APPLY, remedy_over(now, scope))


def demand(rules: Rulebook, command: ServeDemand, case: Case, now: Served) -> list[CaseEvent]:
    """Once more, in writing, when the time to pay and the remedies of some part are over: 54."""
    require_two(rules, command.signed, case.filed.agency_code, command.at)
    on = rules.day(command.at)
    if now.demand is not None and now.demand.served_on == on:
        return []
    due = now.served.payment_due_on
    if due is not None and now.ledger.schedule:
        due = now.ledger.schedule[-1].due_on
    over = [remedy_over(now, scope) for scope in scopes_of(now)]
    basis = "行政强制法 53, 54"
    if due is not None and on <= due:
        raise Refused(
            "out-of-turn",
            "The party may still pay until {payment_due_on}: serve the demand when that is over",
            basis=basis, payment_due_on=due,
        )  # fmt: skip
    if now.remedy_open or not over:
        raise Refused(
            "out-of-turn", "A remedy is open: the demand is served when it is decided", basis=basis
        )
    if on <= min(over):
        raise Refused(
            "out-of-turn",
            "The party may ask for a remedy until {remedies_over}: serve the demand when that is "
            "over",
            basis=basis, remedies_over=min(over),
        )  # fmt: skip
    return [
        DemandNoticeServed(
            case_id=command.case_id,
            decision_no=now.no,
            served_on=on,
            due_on=rules.last_day("ENF.DEMAND.WAIT", on),
            rule_code="ENF.DEMAND.WAIT",
            rule_pack_version=rules.version,
        )
    ]


def apply_to_court(
    rules: Rulebook, command: ApplyCourtEnforcement, case: Case, now: Served
) -> list[CaseEvent]:
    """Not before the demand and the remedies are over, not after three months: 53, 54."""
    known = [one for one in now.applications if one.handoff_id == command.handoff_id]
    if known:
        return []
    if command.scope not in scopes_of(now):
        raise Refused(
            "request-malformed",
            "Nothing of the scope {scope} was decided",
            scope=command.scope,
            field="scope",
        )
    on = rules.day(command.at)
    last, provisional = court_window(rules, now, command.scope)
    earliest = remedy_over(now, command.scope) + DAY
    if now.demand is not None:
        earliest = max(earliest, now.demand.due_on + DAY)
    if now.demand is None or now.remedy_open or on < earliest:
        raise Refused(
            "court-too-early",
            "The court is asked from {earliest} on, after a demand, and while no remedy is sought",
            earliest=earliest,
            basis="行政强制法 53, 54",
        )
    if on > last:
        raise Refused(
            "court-too-late",
            "The application was open until {last}",
            last=last,
            basis="行政强制法 53",
        )
    if provisional and not rules.calendar.published(on):
        raise Refused(
            "calendar-not-published",
            "No calendar is published that holds {on}: publish that year first",
            on=on,
        )
    fine = command.scope is Scope.FINE
    return [
        CourtEnforcementApplied(
            case_id=command.case_id,
            case_no=case.filed.case_no,
            decision_no=now.no,
            handoff_id=command.handoff_id,
            court=command.court,
            subjects=now.decision.subjects,
            scope=command.scope,
            amount_fen=owed(rules, now.ledger, on) if fine else None,
            apply_by=last,
            rule_code=APPLY,
            rule_pack_version=rules.version,
        )
    ]


def rule(command: RecordCourtRuling, now: Decided) -> list[CaseEvent]:
    if all(one.handoff_id != command.handoff_id for one in now.applications):
        raise Refused("request-unknown", "No application to a court is known under this handoff")
    ruled = CourtEnforcementRuled(
        case_id=command.case_id,
        handoff_id=command.handoff_id,
        ruling=command.ruling,
        ruling_no=command.ruling_no,
    )
    known = [one for one in now.rulings if one.handoff_id == command.handoff_id]
    if known and known[0].ruling is not command.ruling:
        raise Refused(
            "request-unknown", "The court has already ruled: {ruling}", ruling=known[0].ruling
        )
    return [] if known else [ruled]


def force(
    rules: Rulebook, command: CompleteForcedExecution, case: Case, now: Decided
) -> list[CaseEvent]:
    """By day, on a day that is worked, filmed without a break: 行政强制法 43; 处罚法 47."""
    require_two(rules, command.signed, case.filed.agency_code, command.at)
    require_record(rules, command.step_kind, type(command).__name__, command.manifest)
    if command.executed_at > command.at:
        raise Refused("request-malformed", "The moment lies in the future", field="executed_at")
    granted = any(one.ruling is Ruling.GRANTED for one in now.rulings)
    if now.applications and not granted:
        raise Refused(
            "out-of-turn", "The court has not granted enforcement", basis="行政强制法 57, 58"
        )
    begins, ends = (rules.limit(f"ENF.NIGHT.{one}", command.at) for one in ("FROM", "TO"))
    local = command.executed_at.astimezone(rules.calendar.zone)
    night = local.hour >= begins or local.hour < ends
    if night or not rules.calendar.works(local.date()):
        raise Refused(
            "out-of-turn", "Nothing is enforced at night or on a day of rest",
            basis="行政强制法 43",
        )  # fmt: skip
    done = ForcedExecutionCompleted(
        case_id=command.case_id, result=command.result, media=command.media
    )
    return [] if now.forced == done else [done]


def complete(
    rules: Rulebook, command: CompleteExecution, case: Case, now: Decided
) -> ExecutionCompleted:
    """The money is settled and the orders are done; or it is terminated: 行政强制法 40."""
    require_two(rules, command.signed, case.filed.agency_code, command.at)
    left = owed(rules, now.ledger, rules.day(command.at))
    if command.how is not ExecutedHow.TERMINATED and left > 0:
        raise Refused("out-of-turn", "{owed_fen} is still owed", owed_fen=left)
    if command.how is ExecutedHow.FORCED and now.forced is None:
        raise Refused("out-of-turn", "No forced execution is on record")
    if command.how is ExecutedHow.PAID and Scope.ORDERS in scopes_of(now) and now.forced is None:
        raise Refused("out-of-turn", "The orders beside the fine have not been carried out")
    return ExecutionCompleted(case_id=command.case_id, decision_no=now.no, how=command.how)


def close(command: CloseCase, case: Case, now: Decided) -> CaseClosed:
    """Executed or terminated or fallen, and nobody asks for a remedy; its source is told."""
    if now.remedy_open:
        raise Refused("remedy-open", "Reconsideration has been asked for and not decided yet")
    executed = now.executed
    if executed is None:
        outcome = CaseOutcome.OVERTURNED
    elif executed.how is ExecutedHow.TERMINATED:
        outcome = CaseOutcome.TERMINATED
    else:
        outcome = CaseOutcome.EXECUTED
    return CaseClosed(
        case_id=command.case_id,
        decision_no=now.no,
        lead_id=case.filed.lead_id,
        source_ref=case.filed.source_ref,
        handoff_id=case.filed.handoff_id,
        outcome=outcome,
        on_time=now.decision.on_time,
    )
