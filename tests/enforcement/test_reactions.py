"""What is asked for when something happens around a case: each reaction of the domain's table."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid5

import pytest

from libs.contracts import enforcement, exchange, grid
from libs.contracts.enforcement import Ground, InspectionResult, ReconOutcome
from libs.contracts.vocabulary import (
    AgencyCode,
    CellCode,
    HandoffId,
    InspectionId,
    Kind,
    LeadId,
    Location,
    PowerItemCode,
    SourceRef,
)
from libs.events.core.kernel import ANY, Event, Hidden
from services.enforcement.case.commands.executing import (
    AccrueSurcharge,
    ConfirmIllegality,
    DeclareInvalid,
    ModifyDecision,
    OrderRedecision,
    RecordCourtRuling,
    RecordCriminalFiling,
    RecordCriminalReturn,
    RecordReconsiderationAccepted,
    RecordReconsiderationDecision,
    RecordReconsiderationFiled,
    RefundFine,
    RevokeDecision,
    WithdrawPublicity,
)
from services.enforcement.case.commands.preparing import OpenCase, RecordAssistance
from services.enforcement.case.reactions import react as case
from services.enforcement.coercion.commands import ExtendCoerciveMeasure, LiftCoerciveMeasure
from services.enforcement.coercion.reactions import react as coercion
from services.enforcement.lead.commands import ReceiveLead
from services.enforcement.lead.reactions import react as lead
from services.exchange.handoff.commands import (
    ConfirmHandoff,
    FeedBackHandoff,
    OfferHandoff,
    ProgressHandoff,
)
from services.exchange.handoff.reactions.others import react as handoff
from services.grid.report.commands import HandOffReport, InformReporter, RecordHandoffOutcome
from services.grid.report.reactions import react as report
from services.oversight.inquiry.commands import OpenInquiry
from services.oversight.inquiry.reactions import react as inquiry
from tests.conftest import needs_shared
from tests.enforcement.case import past as p
from tests.grid.report.test_reactions import CALLED, FED_BACK, RETURNED
from tests.reactions import React, Row, commands, untested
from tests.scenario import heard

CASE: Final = SourceRef(f"enforcement/case/{p.ID}")
REMEDY: Final[dict[str, Any]] = {"decision_no": p.NUMBER, "recon_no": "R-1", "on": "2026-08-20"}


def last(past: Sequence[Event], kind: type[Any]) -> Any:
    return next(one for one in reversed(past) if isinstance(one, kind))


def offered(kind: Any, body: Any, source_ref: SourceRef = CASE) -> exchange.HandoffOffered:
    return replace(CALLED, kind=kind, to_agency=p.GZJ, source_ref=source_ref, body=body)


def fed_back(kind: Any, outcome: str) -> exchange.HandoffFedBack:
    return replace(FED_BACK, kind=kind, outcome_code=outcome, source_ref=CASE)


FILED = enforcement.LeadFiled(
    **{
        name: getattr(p.OPEN, name)
        for name in (
            "lead_id", "lead_no", "case_id", "agency_code", "source_channel", "source_ref",
            "handoff_id", "subjects", "parties", "power_item_code", "act_date", "act_end_date",
            "location", "discovered_on", "safety_harm", "filed_on", "approver",
        )
    },
    proposed_by=(p.ONE, p.TWO),
)  # fmt: skip
CASE_FILED = last(p.OPENED, enforcement.CaseFiled)
RESUMED = last(p.RESUMED, enforcement.CaseClockResumed)
DECIDED = last(p.RECON_ENDED, enforcement.ReconsiderationDecided)
MODIFIED = last(p.MODIFIED, enforcement.DecisionModified)
REVOKED = last(p.REVOKED, enforcement.DecisionRevoked)
ILLEGAL = last(p.after(p.RECON_ENDED, p.ILLEGAL), enforcement.DecisionConfirmedIllegal)
INVALID = last(p.after(p.RECON_ENDED, p.INVALID), enforcement.DecisionDeclaredInvalid)
LEAD_BODY: dict[str, Any] = {
    "source_channel": "GRID",
    "discovered_at": "2026-04-08T10:00:00+08:00",
    "facts": "a hall",
    "location": {"cell_code": "120116157202001"},
    "power_item_code": "P-LAND-01",
}
INSPECTED = enforcement.InspectionCompleted(
    inspection_id=InspectionId(UUID(int=5)),
    agency_code=p.GZJ,
    subject=p.SUBJECT,
    result=InspectionResult.LEAD_RAISED,
    text="the extinguishers are missing",
    power_item_code=PowerItemCode("P-FIRE-01"),
    source_ref=None,
    on=date(2026, 6, 1),
    public_at=p.on("06-12"),
)


def back(stage: str, **more: Any) -> exchange.HandoffOffered:
    return offered(Kind.REMEDY, {**REMEDY, "stage": stage, **more}, SourceRef("-"))


ROWS: list[Row] = [
    (case, FILED, OpenCase),
    (report, CASE_FILED, RecordHandoffOutcome),
    (handoff, CASE_FILED, ProgressHandoff),
    (coercion, RESUMED, ExtendCoerciveMeasure),
    (handoff, last(p.ASKED, enforcement.AssistanceRequested), OfferHandoff),
    (handoff, last(p.ANSWERED, enforcement.AssistanceProvided), ConfirmHandoff),
    (case, last(p.PAID, enforcement.FinePaid), AccrueSurcharge),
    (handoff, last(p.APPLIED, enforcement.CourtEnforcementApplied), OfferHandoff),
    (handoff, last(p.GRANTED, enforcement.CourtEnforcementRuled), ConfirmHandoff),
    (report, last(p.CLOSED, enforcement.CaseClosed), RecordHandoffOutcome),
    (handoff, last(p.CLOSED, enforcement.CaseClosed), FeedBackHandoff),
    (handoff, last(p.HANDED_OVER, enforcement.CriminalTransferred), OfferHandoff),
    (handoff, last(p.CRIMINAL, enforcement.CriminalFilingDecided), ConfirmHandoff),
    (coercion, last(p.WITH_POLICE, enforcement.CriminalMaterialsHandedOver), LiftCoerciveMeasure),
    (case, replace(DECIDED, outcome=ReconOutcome.MODIFIED, amount_fen=1), ModifyDecision),
    (case, DECIDED, RevokeDecision),
    (case, replace(DECIDED, outcome=ReconOutcome.CONFIRMED_ILLEGAL), ConfirmIllegality),
    (case, replace(DECIDED, outcome=ReconOutcome.INVALID), DeclareInvalid),
    (case, DECIDED, OrderRedecision),
    (case, MODIFIED, WithdrawPublicity),
    (case, MODIFIED, RefundFine),
    (inquiry, MODIFIED, OpenInquiry),
    (report, MODIFIED, InformReporter),
    (case, REVOKED, WithdrawPublicity),
    (case, REVOKED, RefundFine),
    (coercion, REVOKED, LiftCoerciveMeasure),
    (inquiry, REVOKED, OpenInquiry),
    (report, REVOKED, InformReporter),
    (case, ILLEGAL, WithdrawPublicity),
    (inquiry, ILLEGAL, OpenInquiry),
    (report, ILLEGAL, InformReporter),
    (case, INVALID, WithdrawPublicity),
    (case, INVALID, RefundFine),
    (coercion, INVALID, LiftCoerciveMeasure),
    (inquiry, INVALID, OpenInquiry),
    (report, INVALID, InformReporter),
    (lead, offered(Kind.LEAD, LEAD_BODY, SourceRef("grid/report/1")), ReceiveLead),
    (lead, INSPECTED, ReceiveLead),
    (
        case,
        offered(Kind.CRIMINAL_RETURN, {"from_stage": "X", "reason": "Y", "on": "2026-08-10"}),
        RecordCriminalReturn,
    ),
    (case, back("RECON_FILED"), RecordReconsiderationFiled),
    (case, back("RECON_ACCEPTED"), RecordReconsiderationAccepted),
    (case, back("RECON_DECIDED", outcome="REVOKED"), RecordReconsiderationDecision),
    (case, fed_back(Kind.ASSIST, "DONE"), RecordAssistance),
    (case, fed_back(Kind.CRIMINAL, "FILED"), RecordCriminalFiling),
    (case, fed_back(Kind.COURT_ENFORCE, "GRANTED"), RecordCourtRuling),
]
SERVICES = {"grid", "enforcement", "exchange", "oversight"}


@pytest.mark.parametrize(
    ("react", "event", "command"),
    ROWS,
    ids=[f"{type(event).__name__}-{command.__name__}" for _, event, command in ROWS],
)
def test_what_is_heard_is_asked_for(react: React, event: Event, command: type) -> None:
    fact = heard(event)
    asked = commands(react, fact)
    assert command in map(type, asked)
    # Nothing is coined anew: heard twice, it asks for the same streams and the same facts.
    assert commands(react, fact) == asked


@needs_shared
def test_every_reaction_of_the_domain_that_touches_a_case_is_here() -> None:
    """Read from its table; what touches credit is with credit."""
    assert untested(ROWS, "enforcement", SERVICES) == []


def test_a_lead_is_the_same_however_often_it_is_heard() -> None:
    fact = heard(offered(Kind.LEAD, LEAD_BODY, SourceRef("grid/report/1")))
    (once,), (again,) = lead(fact), lead(fact)
    assert once == again
    assert isinstance(once, ReceiveLead)
    assert once.lead_id == LeadId(uuid5(fact.id, "lead"))
    assert once.location == Location(cell_code=CellCode("120116157202001"))


def test_a_forgotten_lead_is_still_received() -> None:
    (asked,) = lead(heard(offered(Kind.LEAD, Hidden.ERASED)))
    assert isinstance(asked, ReceiveLead)
    assert asked.facts is Hidden.ERASED


def test_the_procuratorate_gets_a_copy_of_what_the_police_get() -> None:
    original, copy = commands(handoff, heard(last(p.HANDED_OVER, enforcement.CriminalTransferred)))
    assert (original.copy, copy.copy) == (False, True)
    assert original.to_agency == AgencyCode("GAJ")
    assert copy.to_kind == "PROCURATORATE"
    assert original.body == copy.body


def test_a_revocation_that_orders_a_new_decision_asks_for_both_in_this_order() -> None:
    assert [type(one) for one in commands(case, heard(DECIDED))] == [
        RevokeDecision,
        OrderRedecision,
    ]


@pytest.mark.parametrize("outcome", [ReconOutcome.REJECTED, ReconOutcome.UPHELD])
def test_an_outcome_that_leaves_the_decision_asks_for_nothing(outcome: ReconOutcome) -> None:
    assert case(heard(replace(DECIDED, outcome=outcome, redecide_by=None))) == []


def test_only_what_is_wrong_in_law_or_fact_is_inquired_into_when_it_is_modified() -> None:
    assert inquiry(heard(replace(MODIFIED, ground=Ground.DISCRETION))) == []


def test_two_who_undo_one_decision_open_one_inquiry() -> None:
    (first,) = inquiry(heard(REVOKED))
    (second,) = inquiry(heard(INVALID))
    assert first.inquiry_id == second.inquiry_id


def test_a_case_of_no_handoff_tells_the_exchange_nothing() -> None:
    closed = replace(last(p.CLOSED, enforcement.CaseClosed), handoff_id=None)
    assert handoff(heard(replace(CASE_FILED, handoff_id=None))) == []
    assert handoff(heard(closed)) == []


@pytest.mark.parametrize(
    "event",
    [
        fed_back(Kind.CRIMINAL, "NOT_FILED"),
        replace(RETURNED, kind=Kind.COURT_ENFORCE, source_ref=CASE),
        offered(Kind.CRIMINAL_RETURN, {}, SourceRef("grid/report/1")),
        back("SUIT_FILED"),
        replace(RESUMED, reason="HEARING"),
        replace(INSPECTED, result=InspectionResult.NORMAL, power_item_code=None),
        replace(INSPECTED, source_ref=SourceRef("credit/approval/1")),
    ],
)
def test_what_is_nobodys_business_here_asks_for_nothing(event: Event) -> None:
    assert case(heard(event)) == []
    assert coercion(heard(event)) == []
    assert lead(heard(event)) == []


def test_help_that_was_returned_is_help_that_did_not_come() -> None:
    (asked,) = commands(case, heard(replace(RETURNED, kind=Kind.ASSIST, source_ref=CASE)))
    assert asked.result is enforcement.AssistanceResult.RETURNED


def test_a_report_that_an_agency_hands_off_is_confirmed_and_becomes_a_lead() -> None:
    (asked,) = report(heard(replace(FED_BACK, outcome_code="REFER_ENFORCEMENT")))
    assert isinstance(asked, HandOffReport)
    assert asked.initiated_by is grid.InitiatedBy.AGENCY
    fact = heard(
        grid.HandoffOutcomeRecorded(
            report_id=asked.report_id,
            source_event_id=UUID(int=9),
            source_event_type="enforcement.case_closed.v1",
            source_ref=CASE,
            outcome="EXECUTED",
            final=True,
            handoff_id=HandoffId(UUID(int=4)),
            reply_due_at=None,
            rule_code=None,
            rule_pack_version=None,
        )
    )
    (confirmed,) = handoff(fact)
    assert isinstance(confirmed, ConfirmHandoff)
    assert confirmed.ahead


def test_what_is_lifted_or_extended_is_every_seizure_of_the_case() -> None:
    for event, command in ((REVOKED, LiftCoerciveMeasure), (RESUMED, ExtendCoerciveMeasure)):
        (each,) = coercion(heard(event))
        assert each.key == str(p.ID)
        assert isinstance(each.command, command)
        assert each.command.coercion_id == ANY
    assert isinstance(each.command, ExtendCoerciveMeasure)
    assert each.command.paused_from == date(2026, 4, 20)
