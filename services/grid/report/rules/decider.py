"""The rules of a report: which chapter of its life a command belongs to.

The stages and what is remembered stand in `state`, the acts in `intake`, `dispatching`,
`handing_off` and `closing`.
"""

from functools import partial
from typing import assert_never, get_args

from libs.contracts.grid import ReportEvent
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
from services.grid.report.rules.state import AnyReport, Unsubmitted, evolve


def decide(rules: Rulebook, command: ReportCommand, report: AnyReport) -> list[ReportEvent]:
    if isinstance(report, Unsubmitted):
        if isinstance(command, SubmitReport):
            return [intake.submit(rules, command)]
        raise NotFound(f"there is no report {command.report_id}")
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
    return Decider(
        stream="report",
        commands=get_args(ReportCommand),
        key=lambda command: command.report_id,
        initial=Unsubmitted(),
        decide=partial(decide, rules),
        evolve=evolve,
    )
