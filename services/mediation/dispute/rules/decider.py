"""A dispute, decided: which chapter a command belongs to, and whose the dispute is.

Source: docs/domain/mediation.md.
"""

from typing import Final, get_args

from libs.contracts import mediation as m
from libs.contracts.vocabulary import Role
from libs.events.core.deciders import Nothing, build_decider
from libs.events.core.kernel import Context, Decider, NotFound
from libs.statute.rulebook import Rulebook
from services.mediation.dispute import commands as c
from services.mediation.dispute.rules import (
    agreeing,
    closing,
    helping,
    intake,
    mediating,
    watching,
)
from services.mediation.dispute.rules.evolving import evolve
from services.mediation.dispute.rules.state import AnyDispute, Dispute

INTAKE: Final = get_args(c.IntakeCommand)
MEDIATING: Final = get_args(c.MediatingCommand)
AGREEING: Final = get_args(c.AgreeingCommand)
WATCHING: Final = get_args(c.WatchingCommand)
ENDING: Final = get_args(c.EndingCommand)
HELPING: Final = get_args(c.HelpingCommand)


def decide(rules: Rulebook, command: c.DisputeCommand, dispute: AnyDispute) -> list[m.DisputeEvent]:
    if isinstance(dispute, Nothing):
        if isinstance(command, c.ReceiveDispute):
            return [intake.receive(rules, command)]
        raise NotFound("There is no dispute {dispute_id}", dispute_id=command.dispute_id)
    if isinstance(command, INTAKE):
        return intake.decide(rules, command, dispute)
    if isinstance(command, MEDIATING):
        return mediating.decide(rules, command, dispute)
    if isinstance(command, AGREEING):
        return agreeing.decide(rules, command, dispute)
    if isinstance(command, WATCHING):
        return watching.decide(rules, command, dispute)
    if isinstance(command, ENDING):
        return closing.decide(rules, command, dispute)
    assert isinstance(command, HELPING)
    return helping.decide(rules, command, dispute)


def owned(dispute: AnyDispute, caller: Context) -> bool:
    """A party's own; a mediator's, who mediates it, or whose centre has it while nobody does; a
    manager's, whose centre has it."""
    if not isinstance(dispute, Dispute):
        return False
    if caller.role == Role.PARTY:
        return caller.actor in {str(one) for one in dispute.party_ids}
    if caller.role == Role.MEDIATOR and dispute.mediators:
        return caller.actor in dispute.mediators
    return caller.agency == dispute.agency_code


def decider(rules: Rulebook) -> Decider[c.DisputeCommand, AnyDispute, m.DisputeEvent]:
    return build_decider(
        "dispute",
        decide,
        evolve,
        rules,
        key="dispute_id",
        owned=owned,
        opens=(c.ReceiveDispute,),
    )
