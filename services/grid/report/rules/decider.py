"""The rules of a report: which chapter of its life a command belongs to.

The stages and what is remembered stand in `state`, the acts in `intake`, `dispatching`,
`handing_off` and `closing`.
"""

from typing import assert_never

from libs.contracts.grid import ReportEvent
from libs.events.core.deciders import Nothing, build_decider
from libs.events.core.kernel import Decider, NotFound
from libs.statute.rulebook import Rulebook
from services.grid.report.commands import (
    ClosingCommand,
    DispatchCommand,
    HandingOffCommand,
    IntakeCommand,
    ReportCommand,
    SubmitReport,
)
from services.grid.report.rules import closing, dispatching, handing_off, intake
from services.grid.report.rules.state import AnyReport, evolve


def decide(rules: Rulebook, command: ReportCommand, report: AnyReport) -> list[ReportEvent]:
    if isinstance(report, Nothing):
        if isinstance(command, SubmitReport):
            return [intake.submit(rules, command)]
        raise NotFound("There is no report {report_id}", report_id=command.report_id)
    if isinstance(command, IntakeCommand):
        return intake.decide(rules, command, report)
    if isinstance(command, DispatchCommand):
        return dispatching.decide(rules, command, report)
    if isinstance(command, ClosingCommand):
        return closing.decide(rules, command, report)
    if isinstance(command, HandingOffCommand):
        return handing_off.decide(rules, command, report)
    assert_never(command)


def decider(rules: Rulebook) -> Decider[ReportCommand, AnyReport, ReportEvent]:
    return build_decider("report", decide, evolve, rules, key="report_id")
