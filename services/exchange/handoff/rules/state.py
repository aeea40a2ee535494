"""What is remembered of a handoff: where it stands, and what outlives that."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, TypeAlias, assert_never

from libs.contracts.exchange import (
    Clock,
    DueAts,
    HandoffAccepted,
    HandoffArbitrated,
    HandoffClosed,
    HandoffConfirmed,
    HandoffDelivered,
    HandoffEscalated,
    HandoffEvent,
    HandoffFedBack,
    HandoffOffered,
    HandoffOverdue,
    HandoffProgressed,
    HandoffReassigned,
    HandoffReturned,
    HandoffSigned,
    ReassignedBecause,
)
from libs.contracts.vocabulary import AgencyCode, HandoffKindCode
from libs.events.core.deciders import Nothing
from libs.events.core.kernel import Hidden, State


class Stage(StrEnum):
    OFFERED = "OFFERED"
    DELIVERED = "DELIVERED"
    SIGNED = "SIGNED"
    ACCEPTED = "ACCEPTED"
    IN_PROGRESS = "IN_PROGRESS"
    RETURNED = "RETURNED"
    FED_BACK = "FED_BACK"
    CLOSED = "CLOSED"


AT_WORK: Final = (Stage.ACCEPTED, Stage.IN_PROGRESS)


class Handoff(State):
    """One has it, or had it last; what counts for that one begins anew with the next."""

    stage: Stage
    offered: HandoffOffered
    to_agency: AgencyCode
    due_ats: DueAts
    rule_codes: tuple[str, ...]
    body: Mapping[str, Any] | Hidden
    returns: int = 0
    fails: int = 0
    bound: bool = False
    deliveries: int = 0
    fed_back: HandoffFedBack | None = None
    confirmed: HandoffConfirmed | None = None
    result_due_at: datetime | None = None
    result_rule: str | None = None
    returned: HandoffReturned | None = None
    signed: HandoffSigned | None = None
    marked: frozenset[tuple[Clock, int]] = frozenset()
    levels: frozenset[int] = frozenset()

    @property
    def kind(self) -> HandoffKindCode:
        return self.offered.kind


AnyHandoff: TypeAlias = Nothing | Handoff


def evolve(handoff: AnyHandoff, event: HandoffEvent) -> Handoff:
    if isinstance(handoff, Nothing):
        if not isinstance(event, HandoffOffered):
            raise AssertionError(f"{event.event_type} cannot be the first")
        return Handoff(
            stage=Stage.OFFERED,
            offered=event,
            to_agency=event.to_agency,
            due_ats=event.due_ats,
            rule_codes=event.rule_codes,
            body=event.body,
            result_due_at=event.due_ats.result,
            result_rule=result_rule_of(event),
        )
    match event:
        case HandoffOffered():
            raise AssertionError(f"{event.event_type} is always the first")
        case HandoffDelivered():
            return replace(handoff, stage=Stage.DELIVERED, deliveries=handoff.deliveries + 1)
        case HandoffSigned():
            due = event.result_due_at or handoff.result_due_at
            return replace(handoff, stage=Stage.SIGNED, signed=event, result_due_at=due)
        case HandoffAccepted():
            due = event.result_due_at or handoff.result_due_at
            return replace(handoff, stage=Stage.ACCEPTED, result_due_at=due)
        case HandoffReturned():
            return replace(
                handoff, stage=Stage.RETURNED, returned=event, returns=event.returns_count
            )
        case HandoffReassigned():
            return reassigned(handoff, event)
        case HandoffArbitrated():
            return replace(
                anew(handoff),
                stage=Stage.ACCEPTED,
                to_agency=event.to_agency,
                body=event.body,
                bound=True,
                result_due_at=event.result_due_at,
            )
        case HandoffProgressed():
            return replace(handoff, stage=Stage.IN_PROGRESS)
        case HandoffFedBack():
            return replace(handoff, stage=Stage.FED_BACK, fed_back=event)
        case HandoffConfirmed():
            return replace(handoff, confirmed=event)
        case HandoffClosed():
            return replace(handoff, stage=Stage.CLOSED)
        case HandoffOverdue():
            return replace(handoff, marked=handoff.marked | {(event.clock, event.percent)})
        case HandoffEscalated():
            return replace(handoff, levels=handoff.levels | {event.level})
        case _:
            assert_never(event)


def reassigned(handoff: Handoff, event: HandoffReassigned) -> Handoff:
    failed = event.because is ReassignedBecause.CHECK_FAILED
    return replace(
        anew(handoff),
        stage=Stage.OFFERED,
        to_agency=event.to_agency,
        due_ats=event.due_ats,
        body=event.body,
        rule_codes=event.rule_codes,
        result_due_at=event.due_ats.result,
        # The shorter term after a failed check is no rule to count a new one by.
        result_rule=handoff.result_rule if failed else result_rule_of(event),
        fails=handoff.fails + failed,
    )


def result_rule_of(event: HandoffOffered | HandoffReassigned) -> str | None:
    return event.rule_codes[-1] if event.due_ats.result and event.rule_codes else None


def anew(handoff: Handoff) -> Handoff:
    """What counts once for each who has it."""
    return replace(
        handoff,
        marked=frozenset(),
        levels=frozenset(),
        fed_back=None,
        signed=None,
        confirmed=None,
    )
