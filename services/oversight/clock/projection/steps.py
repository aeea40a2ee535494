"""What an event does to which clock. Source: docs/domain/oversight.md.

Nothing here is shared with the services that own the clocks, but the rules of the pack.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import Any, Final

from libs.contracts import credit, enforcement, exchange, grid, mediation, oversight
from libs.events.core.kernel import Envelope, Record
from libs.statute.rulebook import Rulebook

SEIZURE: Final = "SEIZURE"
REPORT: Final = "REPORT"
HANDOFF: Final = "HANDOFF"
# Watched by their owners: what they say is shown, and nothing is computed a second time.
OWNERS_OWN: Final = frozenset({REPORT, HANDOFF})
APPLIED: Final = "APPLIED"
RECEIVED: Final = "RECEIVED"
# What starts so runs to what was noted, where it says nothing itself.
TO_ACCEPT: Final = "TO_ACCEPT"
CRIMINAL: Final = "CRIMINAL"
REMEDY: Final = "REMEDY"
CRIME: Final = "REPORT_CRIME"
TERMS: Final = {
    mediation.MediationType.LABOUR: ("MED.LABOUR", APPLIED),
    mediation.MediationType.CONSUMER: ("MED.CONSUMER.END", ""),
}
COURT: Final = {
    mediation.CourtStage.PRE_FILING: "MED.COURT.PRE",
    mediation.CourtStage.POST_ORDINARY: "MED.COURT.POST_ORD",
    mediation.CourtStage.POST_SUMMARY: "MED.COURT.POST_SUM",
}
REPLIES: Final = {
    enforcement.ReconProcedure.ORDINARY: "RECON.REPLY",
    enforcement.ReconProcedure.SIMPLE: "RECON.SIMPLE.REPLY",
}


class Kind(StrEnum):
    """NOTED: a day or a rule that a start will need. VOID: this clock never runs."""

    NOTED = "NOTED"
    START = "START"
    PAUSED = "PAUSED"
    RESUMED = "RESUMED"
    EXTENDED = "EXTENDED"
    END = "END"
    VOID = "VOID"


class Step(Record):
    """`on` is the day it counts from, `said` what the owner says its clock ends at, both or neither
    may be there. `reason` tells pauses that overlap apart, and names what is noted; `holder` is the
    agency that has it from here."""

    clock: str
    thing: str
    kind: Kind
    at: datetime
    rule: str = ""
    on: date | None = None
    until: date | None = None
    said: datetime | None = None
    reason: str = ""
    holder: str = ""


HEARD = (
    grid.ReportSubmitted
    | grid.ReportRegistered
    | grid.ReportDispatched
    | grid.DispatchReturned
    | grid.DispatchArbitrated
    | grid.DisposalReported
    | grid.ReportHandedOff
    | grid.HandoffOutcomeRecorded
    | grid.CheckRequested
    | grid.CheckPassed
    | grid.CheckFailed
    | grid.ReportRefused
    | grid.ReportMerged
    | grid.ReportClosed
    | exchange.HandoffOffered
    | exchange.HandoffSigned
    | exchange.HandoffAccepted
    | exchange.HandoffReassigned
    | exchange.HandoffArbitrated
    | exchange.HandoffFedBack
    | exchange.HandoffClosed
    | enforcement.LeadReceived
    | enforcement.LeadFiled
    | enforcement.CaseFiled
    | enforcement.CaseClockPaused
    | enforcement.CaseClockResumed
    | enforcement.CaseClosed
    | enforcement.PenaltyDecided
    | enforcement.DecisionServed
    | enforcement.DecisionPublished
    | enforcement.FinePaid
    | enforcement.FineInstalmentApproved
    | enforcement.ExecutionCompleted
    | enforcement.DecisionRevoked
    | enforcement.DecisionConfirmedIllegal
    | enforcement.DecisionDeclaredInvalid
    | enforcement.RedecisionOrdered
    | enforcement.ReconsiderationAccepted
    | enforcement.CoerciveMeasureImposed
    | enforcement.CoerciveMeasureExtended
    | enforcement.CoerciveMeasureLifted
    | enforcement.InvestigationStepRecorded
    | enforcement.CriminalTransferApproved
    | enforcement.CriminalTransferred
    | enforcement.CriminalFilingDecided
    | enforcement.CriminalMaterialsHandedOver
    | mediation.DisputeReceived
    | mediation.DisputeTriaged
    | mediation.DisputeDiverted
    | mediation.MediationDeclined
    | mediation.MediationAccepted
    | mediation.ClockPaused
    | mediation.ClockResumed
    | mediation.MediationExtended
    | mediation.AgreementSigned
    | mediation.MediationFailed
    | mediation.MediationTerminated
    | credit.RepairApplied
    | credit.RepairAccepted
    | credit.RepairReturned
    | credit.RepairDecided
    | credit.MeasureLiftOrdered
    | credit.MeasureLifted
    | oversight.WrongCaseInquiryOpened
    | oversight.WrongCaseInquiryClosed
)


def holder_of(fact: Envelope[Any]) -> str:
    """Who has what this event starts: the agency it goes to, or it names, or it comes from."""
    named = (getattr(fact.data, one, None) for one in ("to_agency", "agency_code"))
    return next((str(one) for one in named if isinstance(one, str) and one), fact.agency)


# Of which family of rules an agency is: it decides by its own term, where it has one.
Family = Callable[[str], str]


class Reader:
    """Reads events into steps, by the rules of the pack and the families of its agencies."""

    def __init__(self, rules: Rulebook, family: Family) -> None:
        self.rules = rules
        self.family = family

    def steps(self, fact: Envelope[Any]) -> Iterator[Step]:
        kind = type(fact.data).__module__.rpartition(".")[2]
        reads = {
            "grid": self.of_a_report,
            "exchange": self.of_a_handoff,
            "enforcement": self.of_enforcement,
            "mediation": self.of_a_dispute,
            "credit": self.of_credit,
            "oversight": self.of_an_inquiry,
        }
        holder = holder_of(fact)
        for one in reads[kind](fact.data, fact.happened):
            yield replace(one, holder=holder) if one.kind is Kind.START else one

    def step(
        self, at: datetime, thing: object, clock: str, kind: Kind, rule: str = "",
        on: date | None = None, said: date | None = None, until: date | None = None,
        reason: str = "",
    ) -> Step:  # fmt: skip
        """Of a clock in days: it is over at the end of the one that its owner says."""
        last = None if said is None else self.rules.calendar.end_of(said)
        return Step(clock=clock, thing=str(thing), kind=kind, at=at, rule=rule, on=on, said=last,
                    until=until, reason=reason)  # fmt: skip

    def of_a_report(self, event: Any, at: datetime) -> Iterator[Step]:
        def step(kind: Kind, said: datetime | None = None) -> Step:
            return Step(clock=REPORT, thing=str(event.report_id), kind=kind, at=at, said=said)

        match event:
            case grid.ReportSubmitted():
                yield step(Kind.START, event.register_due_at)
            case grid.ReportRegistered():
                yield step(Kind.START, event.dispatch_due_at)
            case grid.DispatchReturned():
                yield step(Kind.START, event.dispatch_due_at)
            case grid.ReportDispatched() | grid.DispatchArbitrated() | grid.CheckFailed():
                yield step(Kind.START, event.dispose_due_at)
            case grid.DisposalReported() | grid.ReportHandedOff():
                yield step(Kind.START)  # somebody else is at it: no limit of its own runs
            case grid.CheckRequested():
                yield step(Kind.START, event.due_at)
            case grid.CheckPassed() | grid.HandoffOutcomeRecorded() | grid.ReportRefused():
                yield step(Kind.START, event.reply_due_at)
            case grid.ReportMerged() | grid.ReportClosed():
                yield step(Kind.END)

    def of_a_handoff(self, event: Any, at: datetime) -> Iterator[Step]:
        def step(kind: Kind, said: datetime | None = None) -> Step:
            return Step(clock=HANDOFF, thing=str(event.handoff_id), kind=kind, at=at, said=said)

        match event:
            case exchange.HandoffOffered() | exchange.HandoffReassigned():
                due = event.due_ats
                yield step(Kind.START, due.receipt or due.accept or due.result)
                yield step(Kind.NOTED, due.accept)
                if isinstance(event, exchange.HandoffOffered) and event.copy:
                    yield Step(clock="POLICE_DECIDES", thing=str(event.handoff_id),
                               kind=Kind.VOID, at=at)  # fmt: skip
            case exchange.HandoffSigned():
                yield replace(step(Kind.START, event.result_due_at), reason=TO_ACCEPT)
                if event.kind == CRIMINAL:
                    yield Step(
                        clock="POLICE_DECIDES", thing=str(event.handoff_id), kind=Kind.START,
                        at=at, rule="CRIM.POLICE_DECIDE", on=self.rules.day(at),
                        said=event.result_due_at,
                    )  # fmt: skip
            case exchange.HandoffAccepted() | exchange.HandoffArbitrated():
                yield step(Kind.START, event.result_due_at)
            case exchange.HandoffFedBack():
                yield step(Kind.END)
                if event.kind == REMEDY:
                    case_id = event.source_ref.rpartition("/")[2]
                    yield Step(clock="REPLY_TO_REMEDY", thing=case_id, kind=Kind.END, at=at)
            case exchange.HandoffClosed():
                yield step(Kind.END)

    def of_enforcement(self, event: Any, at: datetime) -> Iterator[Step]:
        yield from self.of_a_case(event, at)
        yield from self.of_a_decision(event, at)
        yield from self.of_goods_and_crimes(event, at)

    def of_a_case(self, event: Any, at: datetime) -> Iterator[Step]:
        step = partial(self.step, at)
        e, today = enforcement, self.rules.day(at)
        match event:
            case e.LeadReceived():
                yield step(event.lead_id, "LEAD_CHECK", Kind.START, "ENF.LEAD.CHECK", today,
                           event.check_due_on)  # fmt: skip
            case e.LeadFiled():
                yield step(event.lead_id, "LEAD_CHECK", Kind.END)
            case e.CaseFiled():
                yield step(event.case_id, "DECISION", Kind.START, self.to_decide(event),
                           event.filed_on, event.decision_due_on)  # fmt: skip
            case e.CaseClockPaused():
                for clock in ("DECISION", "REDECISION"):
                    yield step(event.case_id, clock, Kind.PAUSED, on=event.on, reason=event.reason)
            case e.CaseClockResumed():
                for clock in ("DECISION", "REDECISION"):
                    yield step(event.case_id, clock, Kind.RESUMED, until=event.on,
                               said=event.new_due_on, reason=event.reason)  # fmt: skip
            case e.PenaltyDecided():
                yield step(event.case_id, "DECISION", Kind.END)
                yield step(event.case_id, "REDECISION", Kind.END)
            case e.CaseClosed():
                yield step(event.case_id, "DECISION", Kind.END)
                yield step(event.case_id, "REDECISION", Kind.END)
            case e.RedecisionOrdered():
                yield step(event.case_id, "REDECISION", Kind.START, until=event.deadline,
                           on=today, said=event.deadline)  # fmt: skip

    def of_a_decision(self, event: Any, at: datetime) -> Iterator[Step]:
        """When it is made, and after."""
        step, e = partial(self.step, at), enforcement
        match event:
            case e.PenaltyDecided():
                number, on = event.decision_no, event.decided_on
                yield step(number, "SERVICE", Kind.START, "ENF.SERVE", on)
                if event.publishable:
                    yield step(number, "PUBLICITY", Kind.START, "ENF.PUBLISH.PENALTY", on)
            case e.DecisionServed():
                yield step(event.decision_no, "SERVICE", Kind.END)
                if event.payment_due_on is not None:
                    yield step(event.case_id, "FINE", Kind.START, "ENF.FINE.DUE",
                               event.served_on, event.payment_due_on)  # fmt: skip
            case e.DecisionPublished():
                yield step(event.decision_no, "PUBLICITY", Kind.END)
            case e.FinePaid(settled=True) | e.ExecutionCompleted():
                yield step(event.case_id, "FINE", Kind.END)
            case e.FineInstalmentApproved():
                last = max(one.due_on for one in event.schedule)
                yield step(event.case_id, "FINE", Kind.START, on=self.rules.day(at), until=last)
            case e.DecisionRevoked() | e.DecisionConfirmedIllegal() | e.DecisionDeclaredInvalid():
                yield step(event.decision_no, "SERVICE", Kind.END)
                yield step(event.decision_no, "PUBLICITY", Kind.END)
                yield step(event.case_id, "FINE", Kind.END)
            case e.ReconsiderationAccepted():
                yield step(event.case_id, "REPLY_TO_REMEDY", Kind.START,
                           REPLIES[event.procedure], event.on, event.reply_due_on)  # fmt: skip

    def of_goods_and_crimes(self, event: Any, at: datetime) -> Iterator[Step]:
        """Seizures, and what goes to the police."""
        step, e, today = partial(self.step, at), enforcement, self.rules.day(at)
        match event:
            case e.CoerciveMeasureImposed():
                yield step(event.coercion_id, SEIZURE, Kind.START, "ENF.SEIZE.TERM",
                           event.imposed_on, event.expires_on)  # fmt: skip
            case e.CoerciveMeasureExtended(paused_from=since, paused_until=until):
                tested = since is not None
                yield step(event.coercion_id, SEIZURE, Kind.PAUSED if tested else Kind.EXTENDED,
                           "" if tested else "ENF.SEIZE.EXT", since, event.new_expires_on, until,
                           event.because)  # fmt: skip
            case e.CoerciveMeasureLifted():
                yield step(event.coercion_id, SEIZURE, Kind.END)
            case e.InvestigationStepRecorded(step_kind=kind) if kind == CRIME:
                yield step(event.case_id, "HEAD_DECIDES", Kind.START, "CRIM.HEAD_DECIDE",
                           self.rules.day(event.ended_at))  # fmt: skip
            case e.CriminalTransferApproved():
                yield step(event.case_id, "HEAD_DECIDES", Kind.END)
                yield step(event.case_id, "HANDOVER", Kind.START, "CRIM.HANDOVER", today)
            case e.CriminalTransferred():
                yield step(event.case_id, "HANDOVER", Kind.END)
            case e.CriminalFilingDecided():
                yield step(event.handoff_id, "POLICE_DECIDES", Kind.END)
                if event.filed:
                    yield step(event.case_id, "MATERIALS", Kind.START, "CRIM.GOODS", event.on)
            case e.CriminalMaterialsHandedOver():
                yield step(event.case_id, "MATERIALS", Kind.END)

    def to_decide(self, event: enforcement.CaseFiled) -> str:
        own = f"ENF.DECISION.{self.family(event.agency_code)}"
        return own if self.rules.known(own, event.filed_on) else "ENF.DECISION.MAX"

    def of_a_dispute(self, event: Any, at: datetime) -> Iterator[Step]:
        step = partial(self.step, at, str(event.dispute_id))
        m = mediation
        match event:
            case m.DisputeReceived():
                yield step("TRIAGE", Kind.START, "MED.TRIAGE", event.received_on,
                           event.triage_due_on)  # fmt: skip
                yield step("MEDIATION", Kind.NOTED, on=event.received_on, reason=RECEIVED)
                yield step("MEDIATION", Kind.NOTED, on=event.applied_on, reason=APPLIED)
            case m.DisputeTriaged():
                yield step("TRIAGE", Kind.END)
                if event.court_stage is not None:
                    rule, counted = COURT[event.court_stage], RECEIVED
                else:
                    rule, counted = TERMS.get(event.type, ("MED.PEOPLE", ""))
                yield step("MEDIATION", Kind.NOTED, rule, reason=counted)
            case m.DisputeDiverted() | m.MediationDeclined():
                yield step("TRIAGE", Kind.END)
                yield step("MEDIATION", Kind.END)
            case m.MediationAccepted():
                yield step("MEDIATION", Kind.START, on=event.on, said=event.due_on)
            case m.ClockPaused():
                yield step("MEDIATION", Kind.PAUSED, on=event.on)
            case m.ClockResumed():
                yield step("MEDIATION", Kind.RESUMED, until=event.on, said=event.new_due_on)
            case m.MediationExtended():
                yield step("MEDIATION", Kind.EXTENDED, "MED.EXTEND", said=event.new_due_on)
            case m.AgreementSigned() | m.MediationFailed() | m.MediationTerminated():
                yield step("TRIAGE", Kind.END)
                yield step("MEDIATION", Kind.END)

    def of_credit(self, event: Any, at: datetime) -> Iterator[Step]:
        step = partial(self.step, at)
        c, today = credit, self.rules.day(at)
        match event:
            case c.RepairApplied():
                yield step(event.repair_id, "REPAIR_ACCEPTED", Kind.START, "CRED.REPAIR.ACCEPT",
                           today)  # fmt: skip
            case c.RepairAccepted():
                yield step(event.repair_id, "REPAIR_ACCEPTED", Kind.END)
                yield step(event.repair_id, "REPAIR_DECIDED", Kind.START, "CRED.REPAIR.DECIDE",
                           event.on, event.due_on)  # fmt: skip
            case c.RepairReturned():
                yield step(event.repair_id, "REPAIR_ACCEPTED", Kind.END)
            case c.RepairDecided():
                yield step(event.repair_id, "REPAIR_DECIDED", Kind.END)
            case c.MeasureLiftOrdered():
                yield step(event.measure_id, "LIFT", Kind.START, "CRED.LIFT", today, event.due_on)
            case c.MeasureLifted():
                yield step(event.measure_id, "LIFT", Kind.END)

    def of_an_inquiry(self, event: Any, at: datetime) -> Iterator[Step]:
        thing = str(event.inquiry_id)
        match event:
            case oversight.WrongCaseInquiryOpened():
                yield Step(
                    clock="INQUIRY", thing=thing, kind=Kind.START, at=at, rule="OVS.INQUIRY",
                    on=self.rules.day(at), said=self.rules.calendar.end_of(event.due_on),
                )  # fmt: skip
            case oversight.WrongCaseInquiryClosed():
                yield Step(clock="INQUIRY", thing=thing, kind=Kind.END, at=at)
