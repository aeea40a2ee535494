"""The rules of a case: given these events, when this is asked, then …"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from libs.contracts import enforcement
from libs.contracts.enforcement import (
    CaseEvent,
    EvidenceKind,
    Manifest,
    Penalty,
    PenaltyKind,
    Proposal,
    Scope,
    ServiceMode,
)
from libs.contracts.vocabulary import (
    AgencyCode,
    DecisionNo,
    HandoffId,
    LeadId,
    PersonId,
    PowerItemCode,
    ReasonCode,
)
from libs.events.core.kernel import NotFound, Refused
from services.enforcement.case.commands.known import OtherFine, Power, Signed
from services.enforcement.case.commands.preparing import AssignOfficers, CaseCommand, PauseClock
from services.enforcement.case.rules.state import Case
from tests.enforcement.case import past as p
from tests.rules import AllTheRules
from tests.scenario import given, refused

CASE = p.CASE
ELSEWHERE = HandoffId(p.ID)
ONE_OFFICER = Signed(officers=(p.ONE, p.ONE), certificates=(p.certificate(p.ONE),) * 2)
EXPIRED = Signed(
    officers=(p.ONE, p.TWO),
    certificates=(p.certificate(p.ONE), p.certificate(p.TWO, in_force=False)),
)
STRANGER = Signed(
    officers=(p.ONE, p.TWO),
    certificates=(p.certificate(p.ONE), p.certificate(p.TWO, agency_code=AgencyCode("CGW"))),
)
WARNING = Penalty(kind=PenaltyKind.WARNING)
DETENTION = Penalty(kind=PenaltyKind.DETENTION, days=5)
FINE_ONLY = replace(p.DECIDE, penalties=(p.FINE,))
# The same case of a child who was thirteen on the day.
OF_CHILD = p.after([], replace(p.OPEN, subjects=(p.CHILD,)))


def of(first: list[CaseEvent], *commands: CaseCommand) -> list[CaseEvent]:
    return p.after(first, *commands)


UNHEARD = of(p.CONCLUDED, replace(p.NOTICE, at=p.on("06-22")))
CHILDS = of(
    OF_CHILD, p.ASSIGN, p.STEP, p.COLLECT, p.CONCLUDE, p.NOTICE, p.WAIVE, p.ASK_REVIEW, p.PASS,
    p.DISCUSS,
)  # fmt: skip
YOUTHS = of(
    p.after([], replace(p.OPEN, subjects=(replace(p.CHILD, adult_on=date(2027, 1, 1)),))),
    p.ASSIGN, p.STEP, p.COLLECT, p.CONCLUDE, p.NOTICE, p.WAIVE, p.ASK_REVIEW, p.PASS, p.DISCUSS,
)  # fmt: skip
LATE = of(
    p.after([], replace(p.OPEN, act_date=date(2023, 1, 1), act_end_date=date(2024, 4, 7))),
    p.ASSIGN, p.STEP, p.COLLECT, p.CONCLUDE, p.NOTICE, p.WAIVE, p.ASK_REVIEW, p.PASS, p.DISCUSS,
)  # fmt: skip
AGAIN = of(
    p.REOPENED, p.COLLECT_AGAIN, replace(p.CONCLUDE, evidence=(p.AGAIN,), at=p.on("08-25")),
    replace(p.NOTICE, at=p.on("08-26")), replace(p.WAIVE, at=p.on("08-27")),
    replace(p.ASK_REVIEW, at=p.on("08-28")), p.PASS, replace(p.DISCUSS, at=p.on("08-31")),
)  # fmt: skip

# Each refusal, and one example in which it is the answer.
REFUSALS: dict[str, tuple[str, list[CaseEvent], CaseCommand]] = {
    "alone": (
        "two-officers-required", p.OPENED, replace(p.ASSIGN, signed=p.signed(p.ONE)),
    ),
    "twice the same": (
        "two-officers-required", p.ASSIGNED, replace(p.STEP, signed=ONE_OFFICER),
    ),
    "auxiliary": ("two-officers-required", p.ASSIGNED, replace(p.STEP, signed=EXPIRED)),
    "of another agency": (
        "two-officers-required", p.ASSIGNED, replace(p.COLLECT, signed=STRANGER),
    ),
    "expired": ("certificate-invalid", p.OPENED, replace(p.ASSIGN, signed=EXPIRED)),
    "no photo": ("record-incomplete", p.ASSIGNED, replace(p.STEP, manifest=Manifest())),
    "no such step": ("request-malformed", p.ASSIGNED, replace(p.STEP, step_kind="DREAMING")),
    "backwards": (
        "request-malformed", p.ASSIGNED, replace(p.STEP, ended_at=p.on("04-16")),
    ),
    "no bytes": ("media-hash-mismatch", p.ASSIGNED, replace(p.COLLECT, stored=False)),
    "other evidence": (
        "idempotency-conflict", p.INVESTIGATED, replace(p.COLLECT, sha256="0" * 64),
    ),
    "nothing to exclude": (
        "request-unknown", p.INVESTIGATED, replace(p.EXCLUDE, evidence_id=p.AGAIN),
    ),
    "head away": ("approval-missing", p.INVESTIGATED, replace(p.PAUSE, approver=None)),
    "siesta": (
        "reason-not-listed", p.INVESTIGATED, replace(p.PAUSE, reason=ReasonCode("SIESTA")),
    ),
    "paused twice": ("clock-already-paused", p.PAUSED, p.PAUSE),
    "runs": ("clock-not-paused", p.INVESTIGATED, p.RESUME),
    "nobody asked": ("request-unknown", p.INVESTIGATED, p.ANSWER),
    "nothing ordered": ("request-unknown", p.INVESTIGATED, p.VERIFY),
    "excluded": (
        "evidence-inadmissible", of(p.INVESTIGATED, p.EXCLUDE), p.CONCLUDE,
    ),
    "unverified": (
        "evidence-inadmissible", p.INVESTIGATED, replace(p.CONCLUDE, evidence=(p.MONITOR,)),
    ),
    "merit": (
        "mitigation-required", p.INVESTIGATED,
        replace(p.CONCLUDE, tier="MIDDLE", factors=(ReasonCode("MERIT"),)),
    ),
    "no factor": (
        "reason-not-listed", p.INVESTIGATED, replace(p.CONCLUDE, factors=(ReasonCode("RICH"),)),
    ),
    "half a fen": (
        "request-malformed", p.INVESTIGATED,
        replace(p.CONCLUDE, proposal=Proposal(penalties=(replace(p.FINE, amount_fen=-1),))),
    ),
    "too little": (
        "penalty-out-of-range", p.INVESTIGATED,
        replace(p.CONCLUDE, proposal=replace(p.PROPOSAL, base=213_335)),
    ),
    "other tier": (
        "penalty-out-of-range", p.INVESTIGATED, replace(p.CONCLUDE, tier="HEAVY"),
    ),
    "of what": (
        "penalty-out-of-range", p.INVESTIGATED,
        replace(p.CONCLUDE, proposal=replace(p.PROPOSAL, base=None)),
    ),
    "right not stated": (
        "hearing-right-missing", p.CONCLUDED, replace(p.NOTICE, hearing_right=False),
    ),
    "no consent": (
        "eservice-no-consent", p.CONCLUDED, replace(p.NOTICE, mode=ServiceMode.ELECTRONIC),
    ),
    "left without photo": (
        "record-incomplete", p.CONCLUDED, replace(p.NOTICE, mode=ServiceMode.RETAINED),
    ),
    "asked late": ("hearing-request-late", p.NOTICED, replace(p.HEAR, at=p.on("05-28"))),
    "no right": (
        "hearing-request-late",
        of(
            p.after([], replace(p.OPEN, power_item_code=PowerItemCode("P-FOOD-04"))),
            p.ASSIGN, p.STEP, p.COLLECT,
            replace(p.CONCLUDE, proposal=Proposal(penalties=(WARNING,)), review_grounds=()),
            replace(p.NOTICE, hearing_right=False, power=Power(owned=True)),
        ),
        p.HEAR,
    ),
    "not theirs": ("not-found", p.NOTICED, replace(p.HEAR, party="somebody else")),
    "short notice": (
        "hearing-notice-short", p.HEARING, replace(p.SCHEDULE, heard_at=p.on("06-04")),
    ),
    "host investigated": ("role-conflict", p.HEARING, replace(p.SCHEDULE, host=p.ONE)),
    "before its time": ("out-of-turn", p.SCHEDULED, replace(p.HOLD, at=p.on("06-08"))),
    "no film": ("record-incomplete", p.SCHEDULED, replace(p.HOLD, manifest=Manifest())),
    "reviewer investigated": ("role-conflict", p.REVIEWING, replace(p.PASS, reviewer=p.TWO)),
    "not told": ("notice-required", p.CONCLUDED, p.DECIDE),
    "may still speak": ("rights-period-open", UNHEARD, p.DECIDE),
    "reviewed too early": (
        "rights-period-open", p.NOTICED, replace(p.ASK_REVIEW, at=p.on("05-27")),
    ),
    "not reviewed": ("legal-review-required", p.HEARD, p.DECIDE),
    "not discussed": ("collective-required", p.REVIEWED, p.DECIDE),
    "two heads": (
        "quorum-missing", p.REVIEWED, replace(p.DISCUSS, participants=(p.HEAD, p.HEAD, p.HOST)),
    ),
    "no power": ("no-power", p.DISCUSSED, replace(p.DECIDE, power=Power())),
    "fined elsewhere": (
        "double-fine", p.DISCUSSED,
        replace(
            p.DECIDE,
            other_fine=OtherFine(decision_no=DecisionNo("X"), agency_code=AgencyCode("NNW")),
        ),
    ),
    "long ago": ("time-barred", LATE, p.DECIDE),
    "a child": ("minor-not-punishable", CHILDS, p.DECIDE),
    "a youth": ("mitigation-required", YOUTHS, p.DECIDE),
    "minor and mended": (
        "minor-violation-exempt", p.DISCUSSED,
        replace(p.DECIDE, factors=tuple(map(ReasonCode, ("MINOR", "CORRECTED", "NO_HARM")))),
    ),
    "more than told": (
        "heavier-than-noticed", p.DISCUSSED,
        replace(p.DECIDE, penalties=(replace(p.FINE, amount_fen=21_333_441), p.ORDERS)),
    ),
    "below the range": (
        "penalty-out-of-range", p.DISCUSSED,
        replace(p.DECIDE, penalties=(replace(p.FINE, amount_fen=1), p.ORDERS)),
    ),
    "no seal": (
        "decision-incomplete", p.DISCUSSED,
        replace(p.DECIDE, document=replace(p.DOCUMENT, seal_hash="")),
    ),
    "the same again": (
        "same-decision-barred", AGAIN, replace(p.DECIDE, at=p.on("09-01")),
    ),
    "with the police": ("criminal-pending", p.WITH_POLICE, p.DECIDE),
    "posted up": (
        "service-mode-invalid", p.DECIDED, replace(p.SERVE, mode=ServiceMode.ANNOUNCEMENT),
    ),
    "no attempts": (
        "service-mode-invalid", p.DECIDED,
        replace(p.SERVE, mode=ServiceMode.ANNOUNCEMENT, ground="MODES_FAILED"),
    ),
    "posted today": (
        "service-mode-invalid", p.DECIDED,
        replace(
            p.SERVE, mode=ServiceMode.ANNOUNCEMENT, ground="WHEREABOUTS_UNKNOWN",
            announced_on=date(2026, 6, 25), manifest=p.WHOLE,
        ),
    ),
    "secret": (
        "publicity-forbidden", of(p.DISCUSSED, replace(p.DECIDE, secret=True), p.SERVE), p.PUBLISH,
    ),
    "unmasked": ("publicity-forbidden", p.SERVED, replace(p.PUBLISH, masked_hash=p.HASH)),
    "not approved": ("publicity-forbidden", p.SERVED, replace(p.PUBLISH, approver=None)),
    "head collects": (
        "collector-is-decider", p.SERVED, replace(p.PAY, signed=p.signed(p.HEAD, p.ONE)),
    ),
    "paid before": (
        "request-malformed", p.SERVED, replace(p.PAY, paid_on=date(2026, 6, 1)),
    ),
    "paid back": ("request-malformed", p.SERVED, replace(p.PAY, amount_fen=-1)),
    "same voucher": (
        "idempotency-conflict", p.PAID, replace(p.PAY, amount_fen=1),
    ),
    "parts": (
        "instalment-sum", p.SERVED, replace(p.PARTS, schedule=p.PARTS.schedule[:1]),
    ),
    "demand early": ("out-of-turn", p.PUBLISHED, replace(p.DEMAND, at=p.on("08-28"))),
    "court early": ("court-too-early", p.DEMANDED, replace(p.APPLY, at=p.on("09-14"))),
    "fine early": ("court-too-early", p.DEMANDED, replace(p.APPLY, scope=Scope.FINE)),
    "court late": ("court-too-late", p.DEMANDED, replace(p.APPLY, at=p.on("12-01"))),
    "not this court": (
        "request-unknown", p.APPLIED, replace(p.RULED, handoff_id=ELSEWHERE),
    ),
    "two rulings": (
        "request-unknown", p.GRANTED, replace(p.RULED, ruling=enforcement.Ruling.REFUSED),
    ),
    "at night": (
        "out-of-turn", p.GRANTED,
        replace(p.FORCE, executed_at=p.on("10-20", 22), at=p.on("10-20", 23)),
    ),
    "on a holiday": (
        "out-of-turn", p.GRANTED, replace(p.FORCE, executed_at=p.on("10-05")),
    ),
    "not filmed": ("record-incomplete", p.GRANTED, replace(p.FORCE, manifest=Manifest())),
    "still owed": ("out-of-turn", p.FORCED, p.COMPLETE),
    "remedy": (
        "remedy-open", of(p.PUBLISHED, p.RECON, p.COMPLETED_OTHERWISE), p.CLOSE,
    ),
    "no report": ("record-incomplete", p.INVESTIGATED, p.TRANSFER),
    "four documents": (
        "transfer-documents-missing", p.TRANSFERRED,
        replace(p.HAND_OVER, docs={**p.HAND_OVER.docs, "APPRAISAL": ""}),
    ),
    "nobody has it": ("request-unknown", p.INVESTIGATED, p.FILED),
    "not transferred": ("request-unknown", p.INVESTIGATED, p.RETURN),
    "not this decision": (
        "request-unknown", p.PUBLISHED, replace(p.RECON, decision_no=DecisionNo("X")),
    ),
    "worse": (
        "heavier-than-noticed", p.RECON_ENDED, replace(p.MODIFY, amount_fen=21_333_441),
    ),
    "another case": ("idempotency-conflict", p.OPENED, replace(p.OPEN, lead_id=LeadId(p.ID))),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "events", "command"), REFUSALS.values(), ids=REFUSALS)
def test_a_rule_says_no(rule: str, events: list[CaseEvent], command: Any) -> None:
    with refused(rule):
        given(CASE, *events).when(command)


def test_nothing_can_be_asked_of_a_case_nobody_filed() -> None:
    with pytest.raises(NotFound):
        given(CASE).when(p.STEP)


def test_only_the_police_detain() -> None:
    """Told of it, a department may still not do it."""
    told = of(
        p.INVESTIGATED,
        replace(p.CONCLUDE, proposal=replace(p.PROPOSAL, penalties=(p.FINE, DETENTION))),
        p.NOTICE, p.WAIVE, p.ASK_REVIEW, p.PASS, p.DISCUSS,
    )  # fmt: skip
    ask = replace(p.DECIDE, penalties=(p.FINE, DETENTION))
    with refused("detention-not-allowed"):
        given(CASE, *told).when(ask)
    assert given(CASE, *told).when(replace(ask, family="POLICE"))


def test_two_heads_who_decide_differently_do_not_both_decide() -> None:
    other = replace(p.DECIDE, approver=PersonId("GZJ/deputy-1"))
    with refused("out-of-turn"):
        given(CASE, *p.DECIDED).when(other)


class TestAllTheRules(AllTheRules):
    decider = CASE
    commands = p.COMMANDS
    pasts = p.PASTS
    events = CaseEvent
    # A clock that runs again says so, and says no to being started twice.
    repeatable = (PauseClock,)


def test_a_case_remembers_who_has_investigated() -> None:
    state = CASE.fold(p.INVESTIGATED)
    assert isinstance(state, Case)
    assert state.investigators == {p.ONE, p.TWO}
    third = AssignOfficers(
        case_id=p.ID, signed=p.signed(p.TWO, p.THREE), at=p.on("04-20") + timedelta(days=1)
    )
    state = CASE.fold(of(p.INVESTIGATED, third))
    assert isinstance(state, Case)
    assert state.officers == (p.TWO, p.THREE)
    assert state.investigators == {p.ONE, p.TWO, p.THREE}


def test_every_kind_of_evidence_has_a_name() -> None:
    assert len(EvidenceKind) == 9
    with pytest.raises(Refused):
        given(CASE, *p.OPENED).when(p.COLLECT)
