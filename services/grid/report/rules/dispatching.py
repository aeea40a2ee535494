"""Asking agencies: dispatched, accepted or returned, arbitrated, escalated, disposed of.

What an agency does it does in the exchange; here its consequence is recorded. Source:
docs/domain/grid.md.
"""

from typing import assert_never

from libs.contracts.grid import (
    CompetentBy,
    DispatchAccepted,
    DispatchArbitrated,
    DispatchReturned,
    DisposalProgressed,
    DisposalReported,
    ReportDispatched,
    ReportEscalated,
    ReportEvent,
)
from libs.contracts.vocabulary import AgencyCode
from libs.events.core.kernel import Refused
from libs.statute.rulebook import Rulebook
from services.grid.report.commands import (
    AcceptDispatch,
    ArbitrateDispatch,
    DispatchCommand,
    DispatchReport,
    EscalateReport,
    RecordProgress,
    ReportDisposal,
    ReturnDispatch,
)
from services.grid.report.rules.state import (
    Accepted,
    Checking,
    Closed,
    Dispatched,
    Disposed,
    Registered,
    Report,
    Returned,
)

GIVEN_BY_DISPATCHER = "GRID.DISPOSE.SET"


def decide(rules: Rulebook, command: DispatchCommand, report: Report) -> list[ReportEvent]:
    require_same_handoff(command, report)
    match command, report.stage:
        case DispatchReport(), Registered() | Returned():
            return [dispatch(rules, command, report)]
        case DispatchReport(), Dispatched(assignment=now) if (
            command.assignment_id == now.assignment_id
            and command.agency_code in (None, now.agency_code)
        ):
            return []
        case DispatchReport(undeliverable=True), Dispatched():
            return [dispatch(rules, command, report)]
        case AcceptDispatch(), Dispatched() as stage:
            return [accept(command, stage)]
        case ReturnDispatch(), Dispatched() as stage:
            return [return_dispatch(rules, command, stage, report)]
        case ArbitrateDispatch(), Returned() | Disposed() | Checking(disposal=DisposalReported()):
            return [arbitrate(command)]
        case EscalateReport(), stage if not isinstance(stage, Closed):
            return escalate(command, report)
        case RecordProgress(), Accepted():
            return [progress(command)]
        case ReportDisposal(), Accepted():
            return [dispose(command)]
        case ArbitrateDispatch(), Accepted(assignment=now) if (
            command.assignment_id == now.assignment_id
        ):
            return []
        case (
            (AcceptDispatch(), Accepted())
            | (ReturnDispatch(), Returned())
            | (ReportDisposal(), Disposed())
        ):
            return []
        case (
            (DispatchReport() | AcceptDispatch() | ReturnDispatch() | ArbitrateDispatch())
            | (EscalateReport() | RecordProgress() | ReportDisposal()),
            stage,
        ):
            asked, stands = type(command).__name__, type(stage).__name__
            raise Refused(
                "out-of-turn",
                "{asked} does not apply to a report in the state {stands}",
                asked=asked,
                stands=stands,
            )
        case _:
            assert_never(command)


def require_same_handoff(command: DispatchCommand, report: Report) -> None:
    """A report has one handoff, whoever has it now, and only who has it answers for it."""
    now = report.assignment
    if now is None or isinstance(command, EscalateReport):
        return
    if command.handoff_id != now.handoff_id:
        raise Refused(
            "handoff-mismatch",
            "This report is handed off under {handoff_id}",
            handoff_id=now.handoff_id,
        )
    answers = isinstance(command, AcceptDispatch | ReturnDispatch | RecordProgress | ReportDisposal)
    if answers and command.agency_code != now.agency_code:
        raise Refused(
            "handoff-mismatch", "This report is with {agency_code}", agency_code=now.agency_code
        )


def dispatch(rules: Rulebook, command: DispatchReport, report: Report) -> ReportDispatched:
    """Whoever is asked is competent, nobody is asked twice, nor too many in turn."""
    returns = len(report.returned_by)
    if returns >= rules.limit("GRID.RETURN.MAX", command.at):
        raise Refused(
            "arbitration-due",
            "{returns} agencies have returned this report: a supervisor arbitrates",
            returns=returns,
        )
    agency_code, competent_by = chosen(rules, command, report)
    sla_class = report.registration.sla_class if report.registration else None
    assert sla_class is not None
    if command.dispose_due_at is not None and not rules.says(GIVEN_BY_DISPATCHER, command.at):
        raise Refused(
            "due-date-by-rule",
            "The due date follows from the rules and cannot be set",
            field="dispose_due_at",
        )
    codes = [rules.clock(sla_class, name) for name in ("receipt", "accept")]
    receipt_due_at, accept_due_at = (rules.due(code, command.at) for code in codes)
    dispose_rule = rules.clock(sla_class, "dispose")
    dispose_due_at = command.dispose_due_at
    if dispose_due_at is not None:
        codes.append(GIVEN_BY_DISPATCHER)
    elif dispose_rule:
        codes.append(dispose_rule)
        dispose_due_at = rules.due(dispose_rule, command.at)
    submission = report.submission
    return ReportDispatched(
        report_id=command.report_id,
        report_no=submission.report_no,
        assignment_id=command.assignment_id,
        handoff_id=command.handoff_id,
        agency_code=agency_code,
        competent_by=competent_by,
        co_agencies=co_handlers(command, report, agency_code),
        returns_count=returns,
        from_agency=command.from_agency,
        category_code=submission.category_code,
        sla_class=sla_class,
        location=submission.location,
        media=submission.media,
        description=submission.description,
        privacy_class="P2",
        at=command.at,
        receipt_due_at=receipt_due_at,
        accept_due_at=accept_due_at,
        dispose_due_at=dispose_due_at,
        rule_codes=tuple(codes),
        rule_pack_version=rules.version,
    )


def chosen(
    rules: Rulebook, command: DispatchReport, report: Report
) -> tuple[AgencyCode, CompetentBy]:
    """The agency that was named, or the first that is competent and has not returned it."""
    proposes = rules.says("GRID.DISPATCH.PROPOSED", command.at)
    why = {
        one.agency_code: one.competent_by
        for one in command.competent
        if proposes or one.competent_by is not CompetentBy.PROPOSED
    }
    named = command.agency_code
    if named is None:
        named = next((one for one in why if one not in report.returned_by), None)
    if named in report.returned_by:
        raise Refused(
            "asked-before",
            "{named} has already returned this report: choose another agency",
            named=named,
        )
    if named is None or named not in why:
        competent = [{"agency_code": one, "competent_by": rule} for one, rule in why.items()]
        raise Refused(
            "agency-not-competent",
            "The agency is not competent here; competent are: {competent}",
            competent=competent,
        )
    return named, why[named]


def co_handlers(
    command: DispatchReport, report: Report, lead: AgencyCode
) -> tuple[AgencyCode, ...]:
    """Named with the first dispatch of a handoff, and they stay."""
    if report.assignment is not None:
        return ()
    named = command.default_co if command.co_agencies is None else command.co_agencies
    strangers = [one for one in named if one not in command.co_competent]
    if strangers:
        raise Refused(
            "agency-not-competent",
            "These agencies are not competent to help here: {strangers}",
            strangers=strangers,
            competent=[{"agency_code": one} for one in command.co_competent],
        )
    return tuple(one for one in dict.fromkeys(named) if one != lead)


def accept(command: AcceptDispatch, stage: Dispatched) -> DispatchAccepted:
    return DispatchAccepted(
        report_id=command.report_id,
        assignment_id=stage.assignment.assignment_id,
        handoff_id=command.handoff_id,
        handler_id=command.handler_id,
    )


def return_dispatch(
    rules: Rulebook, command: ReturnDispatch, stage: Dispatched, report: Report
) -> DispatchReturned:
    """Somebody else is to be found, and the clock of the dispatcher runs from the return."""
    rule_code = rules.clock(report.submission.sla_class, "dispatch")
    return DispatchReturned(
        report_id=command.report_id,
        assignment_id=stage.assignment.assignment_id,
        handoff_id=command.handoff_id,
        agency_code=command.agency_code,
        reason=command.reason,
        text=command.text,
        proposed_agency=command.proposed_agency,
        basis=command.basis,
        returns_count=len(report.returned_by) + 1,
        dispatch_due_at=rules.due(rule_code, command.at),
        rule_code=rule_code,
        rule_pack_version=rules.version,
    )


def arbitrate(command: ArbitrateDispatch) -> DispatchArbitrated:
    """It binds: there is nothing left to accept."""
    return DispatchArbitrated(
        report_id=command.report_id,
        assignment_id=command.assignment_id,
        handoff_id=command.handoff_id,
        agency_code=command.agency_code,
        arbiter=command.arbiter,
        basis=command.basis,
        at=command.at,
        dispose_due_at=command.dispose_due_at,
        rule_code=command.rule_code,
        rule_pack_version=command.rule_pack_version,
    )


def escalate(command: EscalateReport, report: Report) -> list[ReportEvent]:
    """The exchange has told somebody higher; here it is only repeated."""
    escalated = ReportEscalated(
        report_id=command.report_id,
        level=command.level,
        escalated_to=command.escalated_to,
        reason=command.reason,
    )
    return [] if escalated == report.escalation else [escalated]


def progress(command: RecordProgress) -> DisposalProgressed:
    return DisposalProgressed(report_id=command.report_id, text=command.text, media=command.media)


def dispose(command: ReportDisposal) -> DisposalReported:
    return DisposalReported(
        report_id=command.report_id,
        handoff_id=command.handoff_id,
        result=command.result,
        text=command.text,
        media=command.media,
        handler_id=command.handler_id,
        at=command.at,
    )
