"""Bringing a report to its end: checked by someone else, answered, rated.

Source: docs/domain/grid.md.
"""

from typing import assert_never

from libs.contracts.grid import (
    CheckFailed,
    CheckPassed,
    CheckRequested,
    CloseType,
    DisposalReported,
    Rating,
    ReportClosed,
    ReportEvent,
    SatisfactionRecorded,
)
from libs.contracts.vocabulary import AgencyCode, PersonId
from libs.events.core.kernel import Refused
from libs.statute.rulebook import Rulebook
from services.grid.report.commands import (
    CloseReport,
    ClosingCommand,
    FailCheck,
    PassCheck,
    RecordSatisfaction,
    RequestCheck,
)
from services.grid.report.rules.state import (
    Answered,
    Assignment,
    Checking,
    Closed,
    Concluded,
    Dispatched,
    Disposed,
    Merged,
    Report,
)

UNSATISFIED = "unsatisfied"


def decide(rules: Rulebook, command: ClosingCommand, report: Report) -> list[ReportEvent]:
    match command, report.stage:
        case RequestCheck(), Disposed() | Answered() as stage:
            return [request_check(rules, command, stage, report)]
        case PassCheck(), Checking() as stage:
            require_checker(command, stage, report)
            return [pass_check(rules, command, stage)]
        case FailCheck(), Checking() as stage:
            require_checker(command, stage, report)
            return [fail_check(rules, command, stage, report)]
        case CloseReport(), Concluded(close_type=close_type):
            return [close(command, close_type, report)]
        case CloseReport(), Answered():
            return [close(command, CloseType.STATUTORY_OUTCOME, report)]
        case CloseReport(), Merged():
            if not command.target_closed:
                raise Refused("merge-target-open", "The report it was merged into is still open")
            return [close(command, CloseType.MERGED, report)]
        case RecordSatisfaction(), Closed(closed=closed):
            return rate(rules, command, closed, report)
        case (
            (RequestCheck(), Checking())
            | (PassCheck(), Concluded(close_type=CloseType.SOLVED | CloseType.STATUTORY_OUTCOME))
            | (CloseReport(), Closed())
        ):
            return []
        case FailCheck(), Dispatched() if report.fails:
            return []
        case CloseReport(), _:
            raise Refused("not-checked", "A report is closed after it has been checked")
        case ((RequestCheck() | PassCheck() | FailCheck() | RecordSatisfaction()), stage):
            asked, stands = type(command).__name__, type(stage).__name__
            raise Refused(
                "out-of-turn",
                "{asked} does not apply to a report in the state {stands}",
                asked=asked,
                stands=stands,
            )
        case _:
            assert_never(command)


def request_check(
    rules: Rulebook, command: RequestCheck, stage: Disposed | Answered, report: Report
) -> CheckRequested:
    """The first worker of the cell who had no hand in it; else any receiver."""
    disposal = stage.disposal if isinstance(stage, Disposed) else None
    if command.checker_id is not None and not independent(
        command.checker_id, command.reporter_agency, stage.assignment, disposal, report
    ):
        raise Refused(
            "checker-not-independent",
            "{checker_id} took part in reporting or handling and cannot check it",
            checker_id=command.checker_id,
        )
    handler = disposal.handler_id if disposal else None
    checker_id = command.checker_id or next(
        (
            worker.worker_id
            for worker in command.workers
            if worker.worker_id not in (handler, report.submission.worker_id)
        ),
        None,
    )
    rule_code = rules.clock(report.submission.sla_class, "check")
    return CheckRequested(
        report_id=command.report_id,
        checker_id=checker_id,
        due_at=rules.due(rule_code, command.at),
        rule_code=rule_code,
        rule_pack_version=rules.version,
    )


def require_checker(command: PassCheck | FailCheck, stage: Checking, report: Report) -> None:
    """Who is named, or any receiver where nobody is; and nobody checks their own work."""
    named = stage.checker_id
    if command.checker_id != named and (named is not None or not command.receives):
        raise Refused(
            "checker-not-named", "{named} was named to check this", named=named or "a receiver"
        )
    if not independent(
        command.checker_id, command.reporter_agency, stage.assignment, stage.disposal, report
    ):
        raise Refused(
            "checker-not-independent",
            "{checker_id} took part in reporting or handling and cannot check it",
            checker_id=command.checker_id,
        )


def independent(
    checker: PersonId,
    reporter_agency: AgencyCode | None,
    assignment: Assignment,
    disposal: DisposalReported | None,
    report: Report,
) -> bool:
    """I8: not who did the work, nor who reported it from the unit that did."""
    reported = checker == report.submission.worker_id
    handler = disposal.handler_id if disposal else None
    return checker != handler and not (reported and reporter_agency == assignment.agency_code)


def pass_check(rules: Rulebook, command: PassCheck, stage: Checking) -> CheckPassed:
    """By a photo or the record of a call."""
    if not command.media:
        raise Refused("media-required", "A photo or the record of a call is needed", field="media")
    rule_code = "GRID.REPLY"
    return CheckPassed(
        report_id=command.report_id,
        handoff_id=stage.assignment.handoff_id if stage.disposal else None,
        checker_id=command.checker_id,
        media=command.media,
        reply_due_at=rules.due(rule_code, command.at),
        rule_code=rule_code,
        rule_pack_version=rules.version,
    )


def fail_check(rules: Rulebook, command: FailCheck, stage: Checking, report: Report) -> CheckFailed:
    """The same unit again, with a shorter term; too often, and the arbiter chooses."""
    most = rules.limit("GRID.CHECK.FAILS", command.at)
    if report.fails >= most:
        raise Refused(
            "check-limit-reached",
            "{limit} checks have failed: a supervisor decides now",
            limit=most,
        )
    now, sla_class = stage.assignment, report.submission.sla_class
    if stage.disposal is None:
        return nobody_has_it(rules, command, report)
    codes = [rules.clock(sla_class, name) for name in ("receipt", "accept")]
    receipt, accept = (rules.due(code, command.at) for code in codes)
    dispose = None
    if now.dispose_due_at is not None and now.dispose_rule is not None:
        working = rules.in_office_hours(now.dispose_rule, now.since, sla_class)
        dispose = rules.shortened(
            now.since, now.dispose_due_at, command.at, in_office_hours=working
        )
        receipt, accept = min(receipt, dispose), min(accept, dispose)
        codes.append("GRID.RECHECK.SHARE")
    return CheckFailed(
        report_id=command.report_id,
        handoff_id=now.handoff_id,
        agency_code=now.agency_code,
        checker_id=command.checker_id,
        reason=command.reason,
        media=command.media,
        fail_count=report.fails + 1,
        receipt_due_at=receipt,
        accept_due_at=accept,
        dispose_due_at=dispose,
        rule_codes=tuple(codes),
        rule_pack_version=rules.version,
    )


def nobody_has_it(rules: Rulebook, command: FailCheck, report: Report) -> CheckFailed:
    """After a statutory outcome no unit holds it: it is dispatched anew."""
    return CheckFailed(
        report_id=command.report_id,
        handoff_id=None,
        agency_code=None,
        checker_id=command.checker_id,
        reason=command.reason,
        media=command.media,
        fail_count=report.fails + 1,
        receipt_due_at=None,
        accept_due_at=None,
        dispose_due_at=None,
        rule_codes=(),
        rule_pack_version=rules.version,
    )


def close(command: CloseReport, close_type: CloseType, report: Report) -> ReportClosed:
    """The reporter is answered, and it is said whether it was done in time."""
    span = command.at - report.submission.received_at
    return ReportClosed(
        report_id=command.report_id,
        close_type=close_type,
        reply_text=command.reply_text,
        total_minutes=int(span.total_seconds() // 60),
        on_time=on_time(report) if close_type is CloseType.SOLVED else None,
        first_pass=report.fails == 0,
        at=command.at,
    )


def on_time(report: Report) -> bool | None:
    """Whether the last disposal came by the due instant of the assignment that delivered it."""
    if report.assignment is None or report.disposal is None:
        return None
    due = report.assignment.dispose_due_at
    return None if due is None else report.disposal.at <= due


def rate(
    rules: Rulebook, command: RecordSatisfaction, closed: ReportClosed, report: Report
) -> list[ReportEvent]:
    """Once, while it is fresh; and if it is bad, why."""
    rated = SatisfactionRecorded(
        report_id=command.report_id,
        rating=command.rating,
        reason_code=command.reason_code,
        channel=command.channel,
        callback_by=command.callback_by,
    )
    if rated == report.rating:
        return []
    if command.at > rules.due("GRID.SATISFACTION.WINDOW", closed.at):
        raise Refused(
            "satisfaction-window-closed", "The report was closed too long ago to be rated"
        )
    unsatisfied = command.rating is Rating.UNSATISFIED
    if unsatisfied and rules.needs(UNSATISFIED, command.reason_code or "") is None:
        raise Refused("reason-not-listed", "A bad rating needs a reason", field="reason_code")
    return [rated]
