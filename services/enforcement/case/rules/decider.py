"""The rules of a case: which chapter of its life a command belongs to.

What is remembered stands in `state`, the acts in `filing`, `investigating`, `hearing`, `deciding`,
`serving`, `executing`, `criminal` and `remedying`; what several of them ask for in `guards`.
"""

from typing import assert_never

from libs.contracts.enforcement import CaseEvent
from libs.contracts.vocabulary import Role
from libs.events.core.deciders import Nothing, build_decider
from libs.events.core.kernel import Context, Decider, NotFound, Refused
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
from services.enforcement.case.rules.state import AnyCase, Case


def decide(rules: Rulebook, command: CaseCommand, case: AnyCase) -> list[CaseEvent]:
    if isinstance(case, Nothing):
        if isinstance(command, OpenCase):
            return [filing.open_case(rules, command)]
        raise NotFound("There is no case {case_id}", case_id=command.case_id)
    if isinstance(command, OpenCase):
        if case.filed.lead_id != command.lead_id:
            raise Refused(
                "idempotency-conflict", "This id already names another case: make a new one"
            )
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


def owned(case: AnyCase, caller: Context) -> bool:
    """Its agency's, and its parties'; of one whose parties are forgotten, no party's any more."""
    if not isinstance(case, Case):
        return False
    if caller.role != Role.PARTY:
        return case.filed.agency_code == caller.agency
    return case.is_of(caller.actor)


def decider(rules: Rulebook) -> Decider[CaseCommand, AnyCase, CaseEvent]:
    return build_decider(
        "case", decide, evolve, rules, key="case_id", owned=owned, opens=(OpenCase,)
    )
