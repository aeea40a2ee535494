"""What is asked of one case beyond the register: its clocks, its money, its document.

It is read from the events of the case, as its rules read them, as of the moment of the question.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection

from libs.contracts.enforcement import CaseEvent, Scope
from libs.events.core.deciders import Nothing
from libs.events.core.kernel import Envelope, Event, Record
from libs.statute.calendar import Pause
from libs.statute.explaining import Explained, explain
from libs.statute.rulebook import Rulebook
from services.enforcement.case.rules.document import Written, written
from services.enforcement.case.rules.evolving import evolve
from services.enforcement.case.rules.executing import APPLY, accrued, owed, remedy_over
from services.enforcement.case.rules.hearing import REQUEST_TERM, STATEMENT_TERM
from services.enforcement.case.rules.remedying import TERMS
from services.enforcement.case.rules.serving import scopes_of
from services.enforcement.case.rules.state import AnyCase, Case, Decided, Served

ReadStream = Callable[[Connection, str], Sequence[Envelope[Event]]]


class Money(Record):
    """What is owed as of a day, in fen."""

    as_of: date
    fine_fen: int
    gain_fen: int
    surcharge_fen: int
    paid_fen: int
    refunded_fen: int
    owed_fen: int
    due_on: date | None


def folded(facts: Sequence[Envelope[Event]]) -> AnyCase:
    case: AnyCase = Nothing()
    for fact in facts:
        if isinstance(fact.data, CaseEvent):
            case = evolve(case, fact.data)
    return case


class Reading:
    """Asks the log for a case, and the rules for what follows from it."""

    def __init__(self, rules: Rulebook, read: ReadStream) -> None:
        self._rules = rules
        self._read = read

    def case(self, tx: Connection, case_id: UUID) -> Case | None:
        case = folded(self._read(tx, f"case/{case_id}"))
        return case if isinstance(case, Case) else None

    def document(self, case: Case, *, masked: bool) -> Written | None:
        if case.decided is None:
            return None
        return written(case.decided.as_it_stands, self._rules.names, masked=masked)

    def money(self, case: Case, at: datetime) -> Money | None:
        now = case.decided
        if now is None or now.served is None:
            return None
        ledger, on = now.ledger, self._rules.day(at)
        return Money(
            as_of=on,
            fine_fen=ledger.fine_fen,
            gain_fen=ledger.gain_fen,
            surcharge_fen=accrued(self._rules, ledger, on),
            paid_fen=ledger.paid_fen,
            refunded_fen=ledger.refunds_fen,
            owed_fen=owed(self._rules, ledger, on),
            due_on=ledger.due_on,
        )

    def clocks(self, case: Case) -> list[Explained]:
        """Every term of the case, the first to start first."""
        rules = self._rules
        found = [explain(rules, "DECISION", case.filed.rule_code, case.filed.filed_on, named(case))]
        notice = case.round.notice
        if notice is not None:
            found.append(explain(rules, "STATEMENT", STATEMENT_TERM, notice.served_on))
            if notice.hearing_right:
                found.append(explain(rules, "HEARING_REQUEST", REQUEST_TERM, notice.served_on))
        for one in (*case.earlier, *((case.decided,) if case.decided else ())):
            found += self._decided(one)
        return sorted(found, key=lambda one: (one.start, one.clock))

    def _decided(self, now: Decided) -> list[Explained]:
        rules, on = self._rules, now.decision.decided_on
        found = [
            explain(rules, "SERVICE", "ENF.SERVE", on),
            explain(rules, "PUBLICITY", "ENF.PUBLISH.PENALTY", on),
        ]
        if isinstance(now, Served):
            served = now.served
            if served.payment_due_on is not None:
                found.append(explain(rules, "PAYMENT", "ENF.FINE.DUE", served.served_on))
            for path in served.remedy_until:
                clock = f"{path.path}_{path.penalty}" if path.penalty else str(path.path)
                found.append(explain(rules, clock, path.rule_code, served.served_on))
            found += [
                explain(rules, f"COURT_{scope}", APPLY, remedy_over(now, scope))
                for scope in scopes_of(now)
                if isinstance(scope, Scope)
            ]
        if now.demand is not None:
            found.append(explain(rules, "DEMAND", "ENF.DEMAND.WAIT", now.demand.served_on))
        if now.recon_accepted is not None:
            accepted = now.recon_accepted
            reply, decide = TERMS[accepted.procedure]
            found.append(explain(rules, "RECON_REPLY", reply, accepted.on))
            found.append(explain(rules, "RECON_DECISION", decide, accepted.on))
        return found


def named(case: Case) -> list[tuple[str, Pause]]:
    """The pauses of the decision's clock, each with its reason."""
    return list(zip(case.reasons, case.pauses, strict=True))
