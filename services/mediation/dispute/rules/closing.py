"""How a dispute ends: the parties are told which ways are open, asked how it went on, and the file
is closed when it is whole.

Source: 人民调解法 26, 31; docs/domain/mediation.md.
"""

from datetime import date
from typing import Final, assert_never

from libs.contracts import mediation as m
from libs.events.core.kernel import Refused
from libs.statute.rulebook import Rulebook
from services.mediation.dispute import commands as c
from services.mediation.dispute.rules.exits import due_ways, ways
from services.mediation.dispute.rules.guards import require_past
from services.mediation.dispute.rules.state import (
    WITHOUT_AGREEMENT,
    Dispute,
    Stage,
    out_of_turn,
)

FOLLOW_UP: Final = "MED.FOLLOWUP"
ASKED_AFTER: Final = frozenset({Stage.PERFORMED, Stage.GUIDED, Stage.SIGNED, Stage.CONFIRMED})


def decide(rules: Rulebook, command: c.EndingCommand, dispute: Dispute) -> list[m.DisputeEvent]:
    match command:
        case c.IssueGuidance():
            return guide(rules, command, dispute)
        case c.RecordFollowUp():
            return follow_up(rules, command, dispute)
        case c.CloseDispute():
            return close(rules, command, dispute)
        case _:
            assert_never(command)


def guide(rules: Rulebook, command: c.IssueGuidance, dispute: Dispute) -> list[m.DisputeEvent]:
    if dispute.stage is Stage.GUIDED:
        if dispute.guidance is not None and dispute.guidance.served_on == command.served_on:
            return []
        raise out_of_turn(command, dispute)
    if dispute.stage not in WITHOUT_AGREEMENT:
        raise out_of_turn(command, dispute)
    today = rules.day(command.at)
    require_past(command.served_on, ended_on(dispute), today, "served_on")
    told = (*due_ways(dispute), *command.paths)
    return [
        m.GuidanceIssued(
            dispute_id=command.dispute_id,
            paths=ways(rules, told, dispute, command.served_on),
            served_on=command.served_on,
        )
    ]


def ended_on(dispute: Dispute) -> date:
    if dispute.stage is Stage.BREACHED and dispute.breached is not None:
        return dispute.breached.on
    assert dispute.ended is not None, "without agreement, it was ended or breached"
    return dispute.ended.on


def last_happened(dispute: Dispute) -> date | None:
    """From when a visit is due: what was done or told last. Nothing, while items are still open
    that are not yet due."""
    days = [one.on for one in dispute.performed.values()]
    days += [one.on for one in dispute.payments if one.settled]
    if dispute.guidance is not None:
        days.append(dispute.guidance.served_on)
    if dispute.stage in (Stage.SIGNED, Stage.CONFIRMED) and dispute.reached is not None:
        days += [one.due_on for one in dispute.reached.items]
    return max(days, default=None)


def follow_up(rules: Rulebook, command: c.RecordFollowUp, dispute: Dispute) -> list[m.DisputeEvent]:
    if dispute.stage is Stage.FOLLOWED_UP and dispute.followed_up is not None:
        known = dispute.followed_up
        same_text = known.result == command.result or not isinstance(known.result, str)
        if known.rating is command.rating and same_text:
            return []
    if dispute.stage not in ASKED_AFTER:
        raise out_of_turn(command, dispute)
    today, since = rules.day(command.at), last_happened(dispute)
    assert since is not None, "something was done, told or signed"
    if today < since:
        raise Refused(
            "out-of-turn", "What was agreed is due until {since}: ask afterwards", since=since
        )
    return [
        m.FollowUpRecorded(
            dispute_id=command.dispute_id,
            result=command.result,
            rating=command.rating,
            late=today > rules.last_day(FOLLOW_UP, since),
            on=today,
        )
    ]


def close(rules: Rulebook, command: c.CloseDispute, dispute: Dispute) -> list[m.DisputeEvent]:
    if dispute.stage is Stage.CLOSED:
        return []
    if dispute.stage in WITHOUT_AGREEMENT:
        raise Refused(
            "guidance-required",
            "It ended without an agreement that holds: tell the parties first which ways are open",
            basis="人民调解法 26",
        )
    if dispute.stage not in (Stage.FOLLOWED_UP, Stage.DIVERTED):
        missing = ["follow_up"] if dispute.stage in ASKED_AFTER else ["result"]
        raise incomplete(missing)
    missing = []
    if dispute.listed is not None:
        missing.append("delisting")
    if any(one is None for one in dispute.aid.values()):
        missing.append("legal_aid")
    if missing:
        raise incomplete(missing)
    received = dispute.received
    return [
        m.DisputeClosed(
            dispute_id=command.dispute_id,
            agency_code=received.agency_code,
            source_ref=received.source_ref,
            handoff_id=dispute.handoff_id,
            outcome=outcome(dispute),
            on=rules.day(command.at),
        )
    ]


def incomplete(missing: list[str]) -> Refused:
    return Refused("file-incomplete", "These are missing in the file: {missing}", missing=missing)


def outcome(dispute: Dispute) -> m.DisputeOutcome:
    if dispute.stage is Stage.DIVERTED:
        return m.DisputeOutcome.DIVERTED
    if dispute.guidance is not None:
        return m.DisputeOutcome.GUIDED
    items = () if dispute.reached is None else dispute.reached.items
    done = all(one.item_id in dispute.performed for one in items)
    return m.DisputeOutcome.PERFORMED if done else m.DisputeOutcome.SIGNED
