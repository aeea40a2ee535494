"""Handing a report to a procedure of the law, and hearing what came of it.

Source: docs/domain/grid.md.
"""

from typing import Final, assert_never

from libs.contracts.grid import (
    HandoffOutcomeRecorded,
    InitiatedBy,
    ReporterInformed,
    ReportEvent,
    ReportHandedOff,
)
from libs.events.core.kernel import Refused
from libs.statute.rulebook import Rulebook
from services.grid.report.commands import (
    HandingOffCommand,
    HandOffReport,
    InformReporter,
    RecordHandoffOutcome,
)
from services.grid.report.rules.state import (
    Accepted,
    Answered,
    Closed,
    HandedOff,
    Report,
)

REPLY: Final = "GRID.REPLY"
# Neutral, and without any party: the reporter is told that it was corrected, not whom it concerned.
CORRECTED_ZH: Final = "您反映的问题所涉处理决定已依法纠正，后续处理结果将另行告知。"


def decide(rules: Rulebook, command: HandingOffCommand, report: Report) -> list[ReportEvent]:
    match command, report.stage:
        case HandOffReport(), Accepted() as stage:
            return [hand_off(rules, command, stage, report)]
        case HandOffReport(), HandedOff(handed=handed) if (
            handed.handoff_id == command.handoff_id
            and command.to_agency in (None, handed.to_agency)
        ):
            return []
        case RecordHandoffOutcome(), HandedOff() | Answered():
            return record_outcome(rules, command, report)
        case RecordHandoffOutcome(), Closed() if report.outcomes:
            return []  # it was answered: what comes of it later is in the trace
        case InformReporter(), _:
            return inform(command, report)
        case ((HandOffReport() | RecordHandoffOutcome()), stage):
            asked, stands = type(command).__name__, type(stage).__name__
            raise Refused(
                "out-of-turn",
                "{asked} does not apply to a report in the state {stands}",
                asked=asked,
                stands=stands,
            )
        case _:
            assert_never(command)


def hand_off(
    rules: Rulebook, command: HandOffReport, stage: Accepted, report: Report
) -> ReportHandedOff:
    """By the unit that has it, or the dispatcher; to an agency whose power it is."""
    now = stage.assignment
    mine = command.agency_code in (None, now.agency_code)
    same = command.dispatch_handoff_id in (None, now.handoff_id)
    if command.initiated_by is InitiatedBy.AGENCY and not (mine and same):
        raise Refused(
            "handoff-mismatch", "This report is with {agency_code}", agency_code=now.agency_code
        )
    why = {one.agency_code: one.competent_by for one in reversed(command.competent)}
    named = command.to_agency or next((one.agency_code for one in command.competent), None)
    if named is None or named not in why:
        competent = [
            {"agency_code": one.agency_code, "competent_by": one.competent_by}
            for one in command.competent
        ]
        raise Refused(
            "agency-not-competent",
            "The agency is not competent here; competent are: {competent}",
            competent=competent,
        )
    submission = report.submission
    return ReportHandedOff(
        report_id=command.report_id,
        target=command.target,
        handoff_id=command.handoff_id,
        dispatch_handoff_id=now.handoff_id,
        initiated_by=command.initiated_by,
        from_agency=now.agency_code,
        to_agency=named,
        competent_by=why[named],
        report_no=submission.report_no,
        channel=submission.channel,
        source_channel=rules.channels[submission.channel].source_channel,
        received_at=submission.received_at,
        category_code=submission.category_code,
        power_item_code=command.power_item_code,
        location=submission.location,
        facts=command.facts,
        reason=command.facts,
        evidence=command.evidence,
        parties=(),
        reporter_ref=submission.reporter_ref,
        privacy_class="P3",
    )


def record_outcome(
    rules: Rulebook, command: RecordHandoffOutcome, report: Report
) -> list[ReportEvent]:
    """Once for each event; when it is the last, the reporter waits for an answer."""
    if any(one.source_event_id == command.source_event_id for one in report.outcomes):
        return []
    stage = report.stage
    assert isinstance(stage, HandedOff | Answered)
    handoff_id = (
        stage.handed.handoff_id if isinstance(stage, HandedOff) else stage.outcome.handoff_id
    )
    due = rules.due(REPLY, command.at) if command.final else None
    return [
        HandoffOutcomeRecorded(
            report_id=command.report_id,
            handoff_id=handoff_id,
            source_event_id=command.source_event_id,
            source_event_type=command.source_event_type,
            source_ref=command.source_ref,
            outcome=command.outcome,
            final=command.final,
            reply_due_at=due,
            rule_code=REPLY if due else None,
            rule_pack_version=rules.version if due else None,
        )
    ]


def inform(command: InformReporter, report: Report) -> list[ReportEvent]:
    """Once for each event; nobody is told where nobody is known."""
    submission = report.submission
    known = submission.reporter_ref is not None or submission.worker_id is None
    told = any(one.source_event_id == command.source_event_id for one in report.informed)
    if told or not known:
        return []
    return [
        ReporterInformed(
            report_id=command.report_id,
            source_event_id=command.source_event_id,
            source_event_type=command.source_event_type,
            channel=submission.channel,
            reply_text=CORRECTED_ZH,
        )
    ]
