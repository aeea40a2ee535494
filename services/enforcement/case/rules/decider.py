"""The rules of a case: which chapter of its life a command belongs to.

What is remembered stands in `state`, the acts in `filing`, `investigating`, `hearing`, `deciding`,
`serving`, `executing`, `criminal` and `remedying`; what several of them ask for in `guards`.
"""

from functools import partial
from typing import assert_never, get_args

from libs.contracts.enforcement import CaseEvent
from libs.events.core.kernel import Decider, NotFound, Refused
from libs.statute.rulebook import Rulebook
from services.enforcement.case.commands.executing import (
    CriminalCommand,
    ExecutionCommand,
    RemedyCommand,
    ServiceCommand,
)
from services.enforcement.case.commands.preparing import (
    CaseCommand,
    DecidingCommand,
    HearingCommand,
    InvestigatingCommand,
    OpenCase,
)
from services.enforcement.case.rules import (
    criminal,
    deciding,
    executing,
    filing,
    hearing,
    investigating,
    remedying,
    serving,
)
from services.enforcement.case.rules.evolving import evolve
from services.enforcement.case.rules.state import AnyCase, Unfiled


def decide(rules: Rulebook, command: CaseCommand, case: AnyCase) -> list[CaseEvent]:
    if isinstance(case, Unfiled):
        if isinstance(command, OpenCase):
            return [filing.open_case(rules, command)]
        raise NotFound(f"there is no case {command.case_id}")
    if isinstance(command, OpenCase):
        if case.filed.lead_id != command.lead_id:
            raise Refused("idempotency-conflict", "this id already names another case")
        return []
    if isinstance(command, InvestigatingCommand):
        return investigating.decide(rules, command, case)
    if isinstance(command, HearingCommand):
        return hearing.decide(rules, command, case)
    if isinstance(command, DecidingCommand):
        return deciding.decide(rules, command, case)
    if isinstance(command, ServiceCommand):
        return serving.decide(rules, command, case)
    if isinstance(command, ExecutionCommand):
        return executing.decide(rules, command, case)
    if isinstance(command, CriminalCommand):
        return criminal.decide(rules, command, case)
    if isinstance(command, RemedyCommand):
        return remedying.decide(rules, command, case)
    assert_never(command)


def decider(rules: Rulebook) -> Decider[CaseCommand, AnyCase, CaseEvent]:
    return Decider(
        stream="case",
        commands=get_args(CaseCommand),
        key=lambda command: command.case_id,
        initial=Unfiled(),
        decide=partial(decide, rules),
        evolve=evolve,
    )
