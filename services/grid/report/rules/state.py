"""What is remembered of a report: where it stands, and what outlives that."""

from dataclasses import replace
from datetime import datetime
from typing import Final, TypeAlias

from libs.contracts.grid import (
    CheckFailed,
    CheckPassed,
    CheckRequested,
    CloseType,
    DispatchAccepted,
    DispatchArbitrated,
    DispatchReturned,
    DisposalProgressed,
    DisposalReported,
    HandoffOutcomeRecorded,
    JointInspectionCalled,
    JointInspectionResponded,
    ReportClosed,
    ReportDispatched,
    ReporterInformed,
    ReportEscalated,
    ReportEvent,
    ReportHandedOff,
    ReportMerged,
    ReportRefused,
    ReportRegistered,
    ReportSubmitted,
    SatisfactionRecorded,
)
from libs.contracts.vocabulary import AgencyCode, AssignmentId, HandoffId, PersonId, ReportId
from libs.events.core.deciders import Nothing
from libs.events.core.kernel import State

# What enforcement says where it opens no case.
DISMISSED: Final = "DISMISSED"


class Assignment(State):
    """Who was asked, from when to when, and whose rule the term is. The handoff stays the same,
    whoever is asked next."""

    assignment_id: AssignmentId
    handoff_id: HandoffId
    agency_code: AgencyCode
    since: datetime
    dispose_due_at: datetime | None
    dispose_rule: str | None


class Submitted(State):
    """Waiting to be registered, merged or refused."""


class Registered(State):
    """Waiting to be dispatched."""


class Dispatched(State):
    """Waiting for the agency's answer."""

    assignment: Assignment


class Returned(State):
    """Waiting to be dispatched again."""

    assignment: Assignment
    proposed: AgencyCode | None


class Accepted(State):
    """The agency is putting it right; `begun` once it has said so."""

    assignment: Assignment
    begun: bool = False


class Disposed(State):
    """Waiting for a check to be asked for."""

    assignment: Assignment
    disposal: DisposalReported


class HandedOff(State):
    """Waiting for what the law makes of it."""

    assignment: Assignment
    handed: ReportHandedOff


class Answered(State):
    """The law has run its course; a check is asked for only if somebody wants one."""

    assignment: Assignment
    outcome: HandoffOutcomeRecorded


class Checking(State):
    """Waiting for someone else to look; `disposal` is what a unit reported, if it was one."""

    assignment: Assignment
    disposal: DisposalReported | None
    checker_id: PersonId | None


class Merged(State):
    """It is handled under another report."""

    target_report_id: ReportId


class Concluded(State):
    """Waiting for the reporter to be answered."""

    close_type: CloseType


class Closed(State):
    """Over."""

    closed: ReportClosed


Stage: TypeAlias = (
    Submitted
    | Registered
    | Dispatched
    | Returned
    | Accepted
    | Disposed
    | HandedOff
    | Answered
    | Checking
    | Merged
    | Concluded
    | Closed
)


class Report(State):
    """Where a report stands, and what is remembered wherever that is."""

    stage: Stage
    submission: ReportSubmitted
    registration: ReportRegistered | None = None
    assignment: Assignment | None = None
    disposal: DisposalReported | None = None
    returned_by: tuple[AgencyCode, ...] = ()
    fails: int = 0
    escalation: ReportEscalated | None = None
    rating: SatisfactionRecorded | None = None
    joint_calls: tuple[JointInspectionCalled, ...] = ()
    joint_answers: tuple[JointInspectionResponded, ...] = ()
    outcomes: tuple[HandoffOutcomeRecorded, ...] = ()
    informed: tuple[ReporterInformed, ...] = ()


AnyReport: TypeAlias = Nothing | Report


def evolve(report: AnyReport, event: ReportEvent) -> Report:
    match report, event:
        case Nothing(), ReportSubmitted():
            return Report(stage=Submitted(), submission=event)
        case Report(), ReportSubmitted():
            raise AssertionError(f"{event.event_type} is always the first")
        case Report(), ReportEscalated():
            return replace(report, escalation=event)
        case Report(), SatisfactionRecorded():
            return replace(report, rating=event)
        case Report(), JointInspectionCalled():
            return replace(report, joint_calls=(*report.joint_calls, event))
        case Report(), JointInspectionResponded():
            return replace(report, joint_answers=(*report.joint_answers, event))
        case Report(), ReporterInformed():
            return replace(report, informed=(*report.informed, event))
        case Report(), _:
            return replace(remembering(report, event), stage=advance(report, event))
        case _:
            raise AssertionError(f"{event.event_type} cannot be the first")


def remembering(report: Report, event: ReportEvent) -> Report:
    """What outlives the stage."""
    match event:
        case ReportRegistered():
            return replace(report, registration=event)
        case ReportDispatched() | DispatchArbitrated():
            return replace(report, assignment=assignment_of(event))
        case DispatchReturned():
            return replace(report, returned_by=(*report.returned_by, event.agency_code))
        case DisposalReported():
            return replace(report, disposal=event)
        case CheckFailed(handoff_id=None):
            return replace(report, fails=event.fail_count, assignment=None, returned_by=())
        case CheckFailed():
            return replace(report, fails=event.fail_count)
        case HandoffOutcomeRecorded(outcome=outcome, final=True) if outcome == DISMISSED:
            told = (*report.outcomes, event)
            return replace(report, outcomes=told, assignment=None, returned_by=())
        case HandoffOutcomeRecorded():
            return replace(report, outcomes=(*report.outcomes, event))
        case _:
            return report


def advance(report: Report, event: ReportEvent) -> Stage:
    stage = report.stage
    match stage, event:
        case Submitted(), ReportRegistered():
            return Registered()
        case Submitted(), ReportMerged():
            return Merged(target_report_id=event.target_report_id)
        case Submitted() | Returned(), ReportRefused():
            return Concluded(close_type=CloseType.REFUSED)
        case Registered() | Returned() | Dispatched(), ReportDispatched():
            return Dispatched(assignment=assignment_of(event))
        case Dispatched(), DispatchReturned():
            return Returned(assignment=stage.assignment, proposed=event.proposed_agency)
        case Returned() | Disposed() | Checking(), DispatchArbitrated():
            return Accepted(assignment=assignment_of(event))
        case Dispatched(), DispatchAccepted():
            return Accepted(assignment=stage.assignment)
        case Accepted(), DisposalProgressed():
            return replace(stage, begun=True)
        case Accepted(), DisposalReported():
            return Disposed(assignment=stage.assignment, disposal=event)
        case Disposed(), CheckRequested():
            return Checking(
                assignment=stage.assignment, disposal=stage.disposal, checker_id=event.checker_id
            )
        case Accepted(), ReportHandedOff():
            return HandedOff(assignment=stage.assignment, handed=event)
        case HandedOff() | Answered(), HandoffOutcomeRecorded():
            return after_outcome(stage, event)
        case Answered(), CheckRequested():
            return Checking(assignment=stage.assignment, disposal=None, checker_id=event.checker_id)
        case Answered(), ReportClosed():
            return Closed(closed=event)
        case Checking(), CheckPassed():
            statutory = stage.disposal is None
            return Concluded(
                close_type=CloseType.STATUTORY_OUTCOME if statutory else CloseType.SOLVED
            )
        case Checking(disposal=None), CheckFailed():
            return Registered()
        case Checking(), CheckFailed():
            return Dispatched(assignment=stage.assignment)
        case Concluded() | Merged(), ReportClosed():
            return Closed(closed=event)
        case _:
            raise AssertionError(f"{event.event_type} cannot follow {stage}")


def after_outcome(stage: HandedOff | Answered, event: HandoffOutcomeRecorded) -> Stage:
    """Interim it stays where it is; nobody goes on with it and the problem is still there, it is
    to be dispatched anew; else it is answered."""
    if not event.final:
        return stage
    if event.outcome == DISMISSED:
        return Registered()
    return Answered(assignment=stage.assignment, outcome=event)


def assignment_of(asked: ReportDispatched | DispatchArbitrated) -> Assignment:
    if isinstance(asked, DispatchArbitrated):
        rule = asked.rule_code
    else:
        rule = asked.rule_codes[-1] if asked.dispose_due_at else None
    return Assignment(
        assignment_id=asked.assignment_id,
        handoff_id=asked.handoff_id,
        agency_code=asked.agency_code,
        since=asked.at,
        dispose_due_at=asked.dispose_due_at,
        dispose_rule=rule,
    )
