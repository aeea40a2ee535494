"""The rules of a handoff: which chapter of its life a command belongs to.

What is remembered stands in `state`, the acts in `offering`, `answering` and `ending`.
"""

from typing import assert_never

from libs.contracts.exchange import HandoffEvent
from libs.contracts.vocabulary import Role
from libs.events.core.deciders import Nothing, build_decider
from libs.events.core.kernel import Context, Decider, NotFound
from libs.statute.rulebook import Rulebook
from services.exchange.handoff.commands import (
    AnsweringCommand,
    EndingCommand,
    HandoffCommand,
    OfferHandoff,
    OfferingCommand,
)
from services.exchange.handoff.rules import answering, ending, offering
from services.exchange.handoff.rules.state import AnyHandoff, Handoff, evolve


def decide(rules: Rulebook, command: HandoffCommand, handoff: AnyHandoff) -> list[HandoffEvent]:
    if isinstance(handoff, Nothing):
        if isinstance(command, OfferHandoff):
            return [offering.offer(rules, command)]
        raise NotFound(
            "There is no handoff {handoff_id} that you may see", handoff_id=command.handoff_id
        )
    if isinstance(command, OfferingCommand):
        return offering.decide(rules, command, handoff)
    if isinstance(command, AnsweringCommand):
        return answering.decide(rules, command, handoff)
    if isinstance(command, EndingCommand):
        return ending.decide(rules, command, handoff)
    assert_never(command)


def owned(handoff: AnyHandoff, caller: Context) -> bool:
    """Its sender's, its receiver's and that of who returned it; an arbiter's, if it has begun."""
    if not isinstance(handoff, Handoff):
        return False
    returned = handoff.returned.agency_code if handoff.returned else None
    agencies = (handoff.offered.from_agency, handoff.to_agency, returned)
    return caller.role == Role.SUPERVISOR or caller.agency in agencies


def decider(rules: Rulebook) -> Decider[HandoffCommand, AnyHandoff, HandoffEvent]:
    return build_decider(
        "handoff", decide, evolve, rules, key="handoff_id", owned=owned, opens=(OfferHandoff,)
    )
