"""Taking a report in: submitted, registered, merged or refused; and called to, on the spot.

Source: docs/domain/grid.md.
"""

from dataclasses import replace
from typing import Final, assert_never

from libs.contracts.grid import (
    CloseType,
    JointInspectionCalled,
    JointInspectionResponded,
    ReportEvent,
    ReportMerged,
    ReportRefused,
    ReportRegistered,
    ReportSubmitted,
)
from libs.contracts.vocabulary import ReasonCode, ReportNo
from libs.events.core.kernel import NEXT, Hidden, Refused
from libs.statute.rulebook import Rulebook
from services.grid.report.commands import (
    CallJointInspection,
    IntakeCommand,
    MergeReport,
    MergeTarget,
    RefuseReport,
    RegisterReport,
    RespondJointInspection,
    SubmitReport,
)
from services.grid.report.rules.state import (
    Closed,
    Concluded,
    Merged,
    Registered,
    Report,
    Returned,
    Submitted,
)

# After a return only these are left: it is not for this place, or for nobody of ours.
ELSEWHERE: Final = (ReasonCode("OUT_OF_AREA"), ReasonCode("OUT_OF_SCOPE"))
REFUSAL: Final = "report-refusal"


def decide(rules: Rulebook, command: IntakeCommand, report: Report) -> list[ReportEvent]:
    match command, report.stage:
        case SubmitReport(), _ if repeats(command, report.submission):
            return []
        case SubmitReport(), _:
            raise Refused(
                "idempotency-conflict", "This id already names another report: make a new one"
            )
        case RegisterReport(), Submitted():
            return [register(rules, command, report)]
        case RefuseReport(), Submitted() | Returned():
            return [refuse(rules, command, report)]
        case MergeReport(), Submitted():
            return [merge(rules, command, report)]
        case CallJointInspection(), stage if not isinstance(stage, Closed | Concluded | Merged):
            return call_joint(rules, command, report)
        case RespondJointInspection(), stage if not isinstance(stage, Closed | Concluded | Merged):
            return respond_joint(command, report)
        case MergeReport(), Merged(target_report_id=known) if known == command.target_report_id:
            return []
        case (RegisterReport(), Registered()) | (
            RefuseReport(),
            Concluded(close_type=CloseType.REFUSED),
        ):
            return []
        case (
            (RegisterReport() | RefuseReport() | MergeReport())
            | (CallJointInspection() | RespondJointInspection()),
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


def repeats(command: SubmitReport, submission: ReportSubmitted) -> bool:
    """Whether the device says what it said before. What we made of it does not matter."""
    place = submission.location
    if not isinstance(place, Hidden):
        place = replace(place, cell_code=command.location.cell_code)
    return (
        command.channel == submission.channel
        and command.category_code == submission.category_code
        and command.captured_at == submission.captured_at
        and place in (command.location, Hidden.ERASED, Hidden.WITHHELD)
        and submission.media in (command.media, Hidden.ERASED, Hidden.WITHHELD)
        and submission.description in (command.description, Hidden.ERASED, Hidden.WITHHELD)
    )


def submit(rules: Rulebook, command: SubmitReport) -> ReportSubmitted:
    """It lies here, is of a kind that is still reported, and is shown where that is needed."""
    if not command.inside:
        raise Refused(
            "location-out-of-area", "The place does not lie in this district", field="location"
        )
    require_precise(rules, command)
    if command.sla_class is None or command.catalogue_version is None:
        raise Refused(
            "category-unknown",
            "There is no category {category_code}",
            category_code=command.category_code,
        )
    if not command.live:
        raise Refused(
            "category-retired",
            "The category {category_code} is no longer in use",
            category_code=command.category_code,
        )
    if command.worker_id is not None and not command.own_cell:
        raise Refused(
            "cell-not-assigned",
            "{worker_id} does not work in this cell",
            worker_id=command.worker_id,
        )
    if command.channel not in rules.channels:
        raise Refused(
            "request-malformed",
            "There is no channel {channel}",
            channel=command.channel,
            field="channel",
        )
    if rules.channels[command.channel].needs_photo and not command.media:
        raise Refused("media-required", "Reports of this channel need a photo", field="media")
    if command.captured_at > rules.due("GRID.OFFLINE.FUTURE", command.at):
        raise Refused(
            "capture-time-invalid",
            "The moment of capture lies in the future: check the clock of the device",
            field="captured_at",
        )
    require_length(rules, command)
    rule_code = rules.clock(command.sla_class, "register")
    return ReportSubmitted(
        report_id=command.report_id,
        report_no=ReportNo(NEXT),
        client_report_id=command.report_id,
        channel=command.channel,
        reporter_ref=command.reporter_ref,
        worker_id=command.worker_id,
        category_code=command.category_code,
        catalogue_version=command.catalogue_version,
        sla_class=command.sla_class,
        description=command.description,
        location=replace(command.location, cell_code=command.cell_code),
        media=command.media,
        captured_at=command.captured_at,
        received_at=command.at,
        offline=command.offline,
        clock_skew_sec=command.clock_skew_sec,
        severity=command.severity,
        register_due_at=rules.due(rule_code, command.at),
        rule_code=rule_code,
        rule_pack_version=rules.version,
    )


def require_precise(rules: Rulebook, command: SubmitReport) -> None:
    """A point counts that is precise enough, or a cell, or an address."""
    place, limit = command.location, rules.limit("GRID.LOCATION.ACCURACY", command.at)
    vague = place.accuracy_m is not None and place.accuracy_m > limit
    if vague and place.cell_code is None and place.address_text is None:
        raise Refused(
            "location-too-vague",
            "The position must be accurate to {limit} m",
            limit=limit,
            field="location",
        )


def require_length(rules: Rulebook, command: SubmitReport) -> None:
    least = rules.limit("GRID.TEXT.MIN", command.at)
    most = rules.limit("GRID.TEXT.MAX", command.at)
    if not least <= len(command.description) <= most:
        raise Refused(
            "request-malformed",
            "The text must have {least} to {most} characters",
            least=least,
            most=most,
            field="description",
        )


def register(rules: Rulebook, command: RegisterReport, report: Report) -> ReportRegistered:
    """Someone will be sent there, so it must be clear where that is, and what for."""
    if command.sla_class is None or command.category_code is None:
        raise Refused("category-unknown", "There is no such category")
    if command.cell_code is None or not command.cell_in_force:
        raise Refused("location-too-vague", "The cell is not known: name it when registering")
    rule_code = rules.clock(command.sla_class, "dispatch")
    return ReportRegistered(
        report_id=command.report_id,
        category_code=command.category_code,
        cell_code=command.cell_code,
        sla_class=command.sla_class,
        dispatch_due_at=rules.due(rule_code, command.at),
        rule_code=rule_code,
        rule_pack_version=rules.version,
    )


def refuse(rules: Rulebook, command: RefuseReport, report: Report) -> ReportRefused:
    """For a listed reason with what it needs; after a return only to send it elsewhere."""
    needs = rules.needs(REFUSAL, command.reason)
    if needs is None:
        raise Refused(
            "reason-not-listed",
            "{reason} is not on the list of reasons",
            reason=command.reason,
            field="reason",
        )
    named = {"text": command.text, "referred_to": command.referred_to}
    missing = [one for one in needs if not named.get(one, command.referred_to)]
    least = rules.limit("GRID.REFUSE.TEXT", command.at)
    stage = report.stage
    if isinstance(stage, Returned) and command.reason not in ELSEWHERE:
        raise Refused(
            "reason-not-listed",
            "A report that was returned may only be refused as belonging elsewhere",
        )
    if isinstance(stage, Returned) and command.referred_to is None:
        missing.append("referred_to")
    if missing:
        raise Refused(
            "reason-not-listed",
            "The reason {reason} needs a legal basis or a proposed agency",
            reason=command.reason,
            needs=missing,
        )
    if isinstance(stage, Returned) and stage.proposed is not None:
        raise Refused(
            "out-of-turn",
            "{proposed} was proposed and has not been asked: dispatch to it first",
            proposed=stage.proposed,
        )
    if len(command.text) < least:
        raise Refused(
            "request-malformed",
            "The text must have at least {least} characters",
            least=least,
            field="text",
        )
    rule_code = "GRID.REPLY"
    return ReportRefused(
        report_id=command.report_id,
        reason=command.reason,
        text=command.text,
        referred_to=command.referred_to,
        handoff_id=stage.assignment.handoff_id if isinstance(stage, Returned) else None,
        reply_due_at=rules.due(rule_code, command.at),
        rule_code=rule_code,
        rule_pack_version=rules.version,
    )


def merge(rules: Rulebook, command: MergeReport, report: Report) -> ReportMerged:
    """Into another one that is open, of the same kind, near and not long ago."""
    target = command.target
    if target is None:
        raise not_merged("TARGET", str(command.target_report_id))
    if command.target_report_id == command.report_id:
        raise not_merged("ITSELF", target.report_no)
    if not target.open:
        raise not_merged("OPEN", target.report_no)
    require_likeness(rules, command, report, target)
    return ReportMerged(
        report_id=command.report_id,
        target_report_id=command.target_report_id,
        target_report_no=target.report_no,
        distance_m=target.distance_m,
        hours_apart=target.apart_sec // 3600,
        decided_by=command.decided_by,
    )


def require_likeness(
    rules: Rulebook, command: MergeReport, report: Report, target: MergeTarget
) -> None:
    category = report.submission.category_code
    if rules.says("GRID.MERGE.SAME_MINOR", command.at) and target.category_code != category:
        raise not_merged("CATEGORY", target.category_code)
    if target.distance_m is not None:
        if target.distance_m > rules.limit("GRID.MERGE.DIST", command.at):
            raise not_merged("DISTANCE", target.distance_m)
    elif not target.same_cell and not target.hidden:
        raise not_merged("CELL", None)
    window = rules.due("GRID.MERGE.WINDOW", command.at) - command.at
    if target.apart_sec > window.total_seconds():
        raise not_merged("WINDOW", target.apart_sec // 3600)


def not_merged(limit: str, found: object) -> Refused:
    return Refused(
        "merge-invalid",
        "The reports cannot be merged: the limit {limit} is not kept",
        limit=limit,
        found=found,
    )


def call_joint(rules: Rulebook, command: CallJointInspection, report: Report) -> list[ReportEvent]:
    """Once for each group of handoffs; enough agencies, and not at once."""
    if any(call.group_id == command.group_id for call in report.joint_calls):
        return []
    least = rules.limit("GRID.JOINT.AGENCIES", command.at)
    if len(set(command.agencies)) < least:
        raise Refused("joint-call-invalid", "At least {least} agencies must be called", least=least)
    if command.inspected_at < rules.due("GRID.JOINT.NOTICE", command.at):
        raise Refused(
            "joint-call-invalid", "The agencies need longer notice", rule_code="GRID.JOINT.NOTICE"
        )
    called = JointInspectionCalled(
        report_id=command.report_id,
        group_id=command.group_id,
        agencies=command.agencies,
        place=command.place,
        at=command.inspected_at,
        topic=command.topic,
    )
    return [called]


def respond_joint(command: RespondJointInspection, report: Report) -> list[ReportEvent]:
    """One that was called came, or said why not."""
    calls = [call for call in report.joint_calls if call.group_id == command.group_id]
    if not any(command.agency_code in call.agencies for call in calls):
        raise Refused(
            "handoff-mismatch",
            "{agency_code} was not called to this inspection",
            agency_code=command.agency_code,
        )
    if any(
        (one.group_id, one.agency_code) == (command.group_id, command.agency_code)
        for one in report.joint_answers
    ):
        return []
    answer = JointInspectionResponded(
        report_id=command.report_id,
        group_id=command.group_id,
        agency_code=command.agency_code,
        arrived_at=command.arrived_at,
        refusal_reason=command.refusal_reason,
    )
    return [answer]
