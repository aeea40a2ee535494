"""How a handoff ends, and what time does to it: confirmed, closed, overdue, escalated.

Source: docs/domain/exchange.md.
"""

from typing import Final, assert_never

from libs.contracts.exchange import (
    ClosedBecause,
    HandoffClosed,
    HandoffConfirmed,
    HandoffEscalated,
    HandoffEvent,
    HandoffOverdue,
)
from libs.contracts.vocabulary import AgencyCode, EscalationReason
from libs.events.core.kernel import Refused
from libs.statute.rulebook import Rulebook
from services.exchange.handoff.commands import (
    CloseHandoff,
    ConfirmHandoff,
    EndingCommand,
    EscalateHandoff,
    MarkHandoffOverdue,
)
from services.exchange.handoff.rules.answering import in_time
from services.exchange.handoff.rules.state import Handoff, Stage

# Which share of a clock, in per cent, is told to whom.
LEVELS: Final = {100: 1, 150: 2, 200: 3}
HIGHEST: Final = 3


def decide(rules: Rulebook, command: EndingCommand, handoff: Handoff) -> list[HandoffEvent]:
    if isinstance(command, ConfirmHandoff | CloseHandoff):
        require_sender(command.agency_code, handoff)
    match command, handoff.stage:
        case _, Stage.CLOSED:
            return []
        case ConfirmHandoff(), Stage.FED_BACK:
            return confirm(command, handoff)
        case ConfirmHandoff(ahead=True), Stage.SIGNED | Stage.ACCEPTED | Stage.IN_PROGRESS:
            return confirm_ahead(command, handoff)
        case ConfirmHandoff(), stage:
            raise Refused(
                "out-of-turn",
                "There is no feedback to confirm: the handoff is {stage}",
                stage=stage,
            )
        case CloseHandoff(), _:
            closed = HandoffClosed(
                handoff_id=command.handoff_id,
                closed_because=command.closed_because,
                on_time=on_time(handoff),
            )
            return [closed]
        case MarkHandoffOverdue(), _:
            return mark(command, handoff)
        case EscalateHandoff(), _:
            return escalate(rules, command, handoff)
        case _:
            assert_never(command)


def require_sender(agency: AgencyCode | None, handoff: Handoff) -> None:
    """A service acts for no agency: it has decided in a stream of its own."""
    if agency is not None and agency != handoff.offered.from_agency:
        raise Refused(
            "not-sender",
            "The handoff was sent by {from_agency}",
            from_agency=handoff.offered.from_agency,
        )


def confirm(command: ConfirmHandoff, handoff: Handoff) -> list[HandoffEvent]:
    return [
        HandoffConfirmed(handoff_id=command.handoff_id, confirmed_by=command.confirmed_by),
        HandoffClosed(
            handoff_id=command.handoff_id,
            closed_because=ClosedBecause.CONFIRMED,
            on_time=on_time(handoff),
        ),
    ]


def confirm_ahead(command: ConfirmHandoff, handoff: Handoff) -> list[HandoffEvent]:
    """Before its answer was consumed here: two topics come in either order. It is remembered."""
    if handoff.confirmed is not None:
        return []
    return [HandoffConfirmed(handoff_id=command.handoff_id, confirmed_by=command.confirmed_by)]


def on_time(handoff: Handoff) -> bool | None:
    """Whether the answer came by its due instant, where there is one of both."""
    if handoff.fed_back is None:
        return None
    return in_time(handoff.fed_back.at, handoff.result_due_at)


def mark(command: MarkHandoffOverdue, handoff: Handoff) -> list[HandoffEvent]:
    """Each share once, for each who has it."""
    if (command.clock, command.percent) in handoff.marked:
        return []
    due = {
        "RECEIPT": handoff.due_ats.receipt,
        "ACCEPT": handoff.due_ats.accept,
        "RESULT": handoff.result_due_at,
    }[command.clock]
    if due is None:
        raise Refused(
            "out-of-turn", "The clock {clock} does not run on this handoff", clock=command.clock
        )
    overdue = HandoffOverdue(
        handoff_id=command.handoff_id,
        kind=handoff.kind,
        source_ref=handoff.offered.source_ref,
        agency_code=handoff.to_agency,
        lead=handoff.offered.lead,
        clock=command.clock,
        percent=command.percent,
        due_at=due,
    )
    return [overdue]


def escalate(rules: Rulebook, command: EscalateHandoff, handoff: Handoff) -> list[HandoffEvent]:
    """To the agency's own leader, to the sender, to whoever supervises: each once."""
    level = HIGHEST if command.percent is None else LEVELS[command.percent]
    if level in handoff.levels:
        return []
    whom = {
        1: handoff.to_agency,
        2: handoff.offered.from_agency,
        3: AgencyCode(rules.supervisor_agency),
    }
    escalated = HandoffEscalated(
        handoff_id=command.handoff_id,
        kind=handoff.kind,
        source_ref=handoff.offered.source_ref,
        agency_code=handoff.to_agency,
        lead=handoff.offered.lead,
        level=level,
        escalated_to=whom[level],
        reason=EscalationReason(command.reason),
    )
    return [escalated]
