"""Service and publicity: the party gets the decision, everybody may read it, until it falls.

Source: 行政处罚法 48, 61; 民事诉讼法(2023) 87-95; SAMR 45号 2, 6, 13;
docs/domain/enforcement.md.
"""

import json
from dataclasses import asdict
from datetime import date
from typing import Final, assert_never

from libs.contracts.enforcement import (
    CaseEvent,
    DecisionPublicityWithdrawn,
    DecisionPublished,
    DecisionServed,
    Path,
    PenaltyKind,
    Remedy,
    Scope,
)
from libs.events.core.kernel import Refused
from libs.statute.rulebook import Rulebook
from services.enforcement.case.commands.executing import (
    PublishDecision,
    ServeDecision,
    ServiceCommand,
    WithdrawPublicity,
)
from services.enforcement.case.rules.document import written
from services.enforcement.case.rules.guards import (
    is_large,
    is_minor,
    out_of_turn,
    require_two,
)
from services.enforcement.case.rules.hearing import require_mode, require_service
from services.enforcement.case.rules.ledger import MONEY, total
from services.enforcement.case.rules.state import (
    AFTER_DECISION,
    FALLEN,
    Case,
    Decided,
    Stage,
    Standing,
)

# Paths whose term is a special law's, where the decision rests on it: the scope that it is of.
SPECIAL: Final = {"ENF.LAND.SUE": Scope.ORDERS}
# What is said and needs no doing.
WORDS: Final = frozenset({PenaltyKind.WARNING, PenaltyKind.CRITICISM})


def decide(rules: Rulebook, command: ServiceCommand, case: Case) -> list[CaseEvent]:
    now = case.decided
    if isinstance(command, WithdrawPublicity):
        now = case.named(command.decision_no)
        return [] if now is None or now.published is None else [withdraw(command, now.published)]
    match command, case.stage:
        case ServeDecision(), Stage.DECIDED if now is not None:
            return [serve(rules, command, case, now)]
        case ServeDecision(), Stage.SERVED if now is not None and served_so(command, now):
            return []
        case PublishDecision(), stage if now is not None and stage in AFTER_DECISION:
            return publish(rules, command, case, now)
        case ((ServeDecision() | PublishDecision()), _):
            raise out_of_turn(command, case)
        case _:
            assert_never(command)


def serve(rules: Rulebook, command: ServeDecision, case: Case, now: Decided) -> DecisionServed:
    """By a mode that the law knows; from here the terms of payment and remedy run: 61, 67."""
    require_two(rules, command.signed, case.filed.agency_code, command.at)
    served_on = require_mode(rules, command, now.decision.decided_on)
    require_service(rules, command.mode, command.consent_hash, command.manifest, command)
    decision = now.as_it_stands
    owes = total(decision.penalties, *MONEY) > 0
    due = rules.last_day("ENF.FINE.DUE", served_on) if owes else None
    remedies = remedies_of(rules, now, served_on)
    codes = (*(("ENF.FINE.DUE",) if owes else ()), *(one.rule_code for one in remedies))
    return DecisionServed(
        case_id=command.case_id,
        decision_no=decision.decision_no,
        agency_code=decision.agency_code,
        mode=command.mode,
        served_on=served_on,
        receipt_hash=command.receipt_hash,
        subjects=decision.subjects,
        power_item_code=decision.power_item_code,
        act_date=decision.act_date,
        act_end_date=decision.act_end_date,
        decided_on=decision.decided_on,
        penalties=decision.penalties,
        credit_class=decision.credit_class,
        legal_basis=decision.legal_basis,
        payment_due_on=due,
        remedy_until=remedies,
        rule_codes=codes,
        rule_pack_version=rules.version,
    )


def remedies_of(rules: Rulebook, now: Decided, served_on: date) -> tuple[Remedy, ...]:
    """Reconsideration, and the suit: for each scope where a special law shortens it for one."""
    recon = Remedy(
        path=Path.RECONSIDERATION,
        until=rules.last_day("RECON.APPLY", served_on),
        rule_code="RECON.APPLY",
    )
    general = rules.last_day("LIT.DIRECT", served_on)
    cited = {f"{one.law} {one.article}" for one in now.decision.legal_basis}
    special = {
        scope: code
        for code, scope in SPECIAL.items()
        if rules.known(code, served_on) and rules.in_force(code, served_on).basis in cited
    }
    if not special:
        suit = Remedy(path=Path.LITIGATION, until=general, rule_code="LIT.DIRECT")
        return recon, suit
    suits = [
        Remedy(
            path=Path.LITIGATION,
            until=rules.last_day(special.get(scope, "LIT.DIRECT"), served_on),
            rule_code=special.get(scope, "LIT.DIRECT"),
            penalty=scope,
        )
        for scope in scopes_of(now)
    ]
    return recon, *suits


def scopes_of(now: Decided) -> tuple[Scope, ...]:
    """Money, and whatever else was ordered."""
    kinds = {one.kind for one in now.penalties}
    money, orders = kinds & set(MONEY), kinds - set(MONEY) - WORDS
    return (*((Scope.FINE,) if money else ()), *((Scope.ORDERS,) if orders else ()))


def served_so(command: ServeDecision, now: Decided) -> bool:
    return (
        now.served is not None
        and now.served.mode is command.mode
        and now.served.receipt_hash == command.receipt_hash
    )


def publish(rules: Rulebook, command: PublishDecision, case: Case, now: Decided) -> list[CaseEvent]:
    """What may be published, masked as the head has approved it: 48."""
    if now.published is not None:
        return []
    minor = is_minor(case, rules.day(command.at))
    only_warned = all(one.kind is PenaltyKind.WARNING for one in now.penalties)
    private = not now.decision.publishable or minor or only_warned
    if private or now.standing in (*FALLEN, Standing.CONFIRMED_ILLEGAL):
        raise Refused(
            "publicity-forbidden", "This decision may not be published", basis="行政处罚法 48"
        )
    if command.approver is None:
        raise Refused(
            "publicity-forbidden",
            "The head must have approved the masked copy (`head_signature`)",
            basis="行政处罚法 48",
        )
    masked = written(now.as_it_stands, rules.names, masked=True)
    if command.masked_hash != masked.digest:
        raise Refused(
            "publicity-forbidden",
            "The digest is not that of the masked copy: read it at …/decision/masked",
            field="masked_hash",
            basis="行政处罚法 48; SAMR 45号 6",
        )
    rule_code = (
        "ENF.PUBLICITY.TERM.LIGHT"
        if is_light(rules, command, case, now)
        else ("ENF.PUBLICITY.TERM.OTHER")
    )
    published = DecisionPublished(
        case_id=command.case_id,
        decision_no=now.no,
        subjects=now.decision.subjects,
        url=f"/decisions/{now.no}",
        masked_hash=masked.digest,
        document=json.dumps(asdict(masked), ensure_ascii=False),
        display_until=rules.last_day(rule_code, rules.day(command.at)),
        rule_code=rule_code,
        rule_pack_version=rules.version,
    )
    return [published]


def is_light(rules: Rulebook, command: PublishDecision, case: Case, now: Decided) -> bool:
    """Criticism, or a fine that is not a large one: SAMR 45号 13."""
    light = {PenaltyKind.CRITICISM, PenaltyKind.WARNING, PenaltyKind.FINE}
    kinds = {one.kind for one in now.penalties}
    return kinds <= light and not is_large(rules, command.family, case, now.penalties, command.at)


def withdraw(
    command: WithdrawPublicity, published: DecisionPublished
) -> DecisionPublicityWithdrawn:
    """With its reason, which is public too: 48(2)."""
    return DecisionPublicityWithdrawn(
        case_id=command.case_id,
        decision_no=published.decision_no,
        subjects=published.subjects,
        url=published.url,
        masked_hash=published.masked_hash,
        reason_text=command.reason_text,
        cause=command.cause,
    )
