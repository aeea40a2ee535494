"""Who mediates, when they meet, and how long it may take.

Source: 人民调解法 19-26; 法释〔2016〕14号 15, 27; 公安程序规定 183; docs/domain/mediation.md.
"""

from datetime import date
from typing import Final, assert_never

from libs.contracts import mediation as m
from libs.events.core.kernel import Refused
from libs.statute.calendar import Pause
from libs.statute.rulebook import Rulebook
from services.mediation.dispute import commands as c
from services.mediation.dispute.rules.guards import (
    require_past,
    require_running,
    require_stored,
    require_willing,
)
from services.mediation.dispute.rules.intake import term_of
from services.mediation.dispute.rules.state import (
    UNDER_WAY,
    UNSOLVED,
    Dispute,
    Stage,
    group_of,
    out_of_turn,
)

EXTEND: Final = "MED.EXTEND"
EXTENSIONS: Final = "MED.EXTEND.MAX"
SECOND: Final = "MED.POLICE.SECOND"
CONFLICT: Final = "法释〔2016〕14号 15"
LEAST_UNITS: Final = 2


def decide(rules: Rulebook, command: c.MediatingCommand, dispute: Dispute) -> list[m.DisputeEvent]:
    match command:
        case c.AssignMediator():
            return assign(command, dispute)
        case c.RecuseMediator():
            return recuse(command, dispute)
        case c.ConveneJointMediation():
            return convene(command, dispute)
        case c.JoinJointMediation():
            return join(command, dispute)
        case c.ScheduleSession():
            return schedule(rules, command, dispute)
        case c.HoldSession():
            return hold(rules, command, dispute)
        case c.PauseMediation():
            return pause(rules, command, dispute)
        case c.ResumeMediation():
            return resume(rules, command, dispute)
        case c.ExtendMediation():
            return extend(rules, command, dispute)
        case c.FailMediation():
            return fail(rules, command, dispute)
        case c.TerminateMediation():
            return terminate(rules, command, dispute)
        case _:
            assert_never(command)


def assign(command: c.AssignMediator, dispute: Dispute) -> list[m.DisputeEvent]:
    named = tuple(dict.fromkeys(command.mediator_ids))
    if dispute.stage is Stage.ASSIGNED and dispute.mediators == named:
        return []
    if dispute.stage is not Stage.ACCEPTED:
        raise out_of_turn(command, dispute)
    if command.lead_mediator not in named:
        raise Refused("request-malformed", "One of the mediators leads", field="lead_mediator")
    barred = {str(one) for one in dispute.party_ids} | guardians(dispute)
    for one in named:
        if one in dispute.recused:
            raise Refused(
                "mediator-conflict",
                "{mediator_id} was recused from this dispute",
                mediator_id=one,
                basis=CONFLICT,
            )
        if one in barred:
            raise Refused(
                "mediator-conflict",
                "{mediator_id} is a party, or speaks for one",
                mediator_id=one,
                basis=CONFLICT,
            )
    for relation in command.relations:
        waived = dispute.party_ids <= set(relation.waived_by) and bool(dispute.party_ids)
        if relation.mediator_id in named and not waived:
            raise Refused(
                "mediator-conflict",
                "{mediator_id} is related to a party ({kind}), and not all parties have waived it",
                mediator_id=relation.mediator_id,
                kind=relation.kind,
                basis=CONFLICT,
            )
    return [
        m.MediatorAssigned(
            dispute_id=command.dispute_id,
            mediator_ids=named,
            lead_mediator=command.lead_mediator,
            relations=command.relations,
        )
    ]


def guardians(dispute: Dispute) -> set[str]:
    if not isinstance(dispute.parties, tuple):
        return set()
    return {str(one.guardian.subject_id) for one in dispute.parties if one.guardian is not None}


def recuse(command: c.RecuseMediator, dispute: Dispute) -> list[m.DisputeEvent]:
    if dispute.stage is Stage.ACCEPTED and command.mediator_id in dispute.recused:
        return []
    if dispute.stage not in UNDER_WAY:
        raise out_of_turn(command, dispute)
    if command.mediator_id not in dispute.mediators:
        raise Refused(
            "out-of-turn",
            "{mediator_id} does not mediate this dispute",
            mediator_id=command.mediator_id,
        )
    return [
        m.MediatorRecused(
            dispute_id=command.dispute_id,
            mediator_id=command.mediator_id,
            ground=command.ground,
            decided_by=command.decided_by,
        )
    ]


def convene(command: c.ConveneJointMediation, dispute: Dispute) -> list[m.DisputeEvent]:
    if dispute.stage not in UNDER_WAY:
        raise out_of_turn(command, dispute)
    units = tuple(dict.fromkeys(command.units))
    event = m.JointMediationConvened(
        dispute_id=command.dispute_id,
        agency_code=dispute.agency_code,
        group_id=command.group_id,
        units=units,
        lead_unit=command.lead_unit,
        topic=command.topic,
        place=command.place,
        at=command.held_at,
    )
    if group_of(dispute) == command.group_id:
        if dispute.convened != event:
            raise Refused("idempotency-conflict", "This id already names another call")
        return []
    active = [one for one in units if one in command.active]
    if len(active) < LEAST_UNITS or len(active) < len(units) or command.lead_unit not in units:
        raise Refused(
            "joint-lead-missing",
            "At least {least} units that take part are called, and one of them leads; these do "
            "not: {missing}",
            least=LEAST_UNITS,
            missing=[one for one in units if one not in active],
            field="units",
        )
    if command.held_at < command.at:
        raise Refused("request-malformed", "It would have been already", field="held_at")
    return [event]


def join(command: c.JoinJointMediation, dispute: Dispute) -> list[m.DisputeEvent]:
    """A unit of the call of now, once; what was called to before is over."""
    called = dispute.convened
    if called is None or called.group_id != command.group_id or command.unit not in called.units:
        return []
    if command.unit in dispute.joined:
        return []
    return [m.JointMediationJoined(dispute_id=command.dispute_id, unit=command.unit)]


def schedule(rules: Rulebook, command: c.ScheduleSession, dispute: Dispute) -> list[m.DisputeEvent]:
    if dispute.stage not in UNDER_WAY:
        raise out_of_turn(command, dispute)
    known = dispute.scheduled
    if known is not None and (known.at, known.place) == (command.held_at, command.place):
        return []
    require_willing(dispute)
    if command.held_at < command.at:
        raise Refused("request-malformed", "It would have been already", field="held_at")
    require_running(dispute, rules.day(command.held_at))
    return [
        m.SessionScheduled(dispute_id=command.dispute_id, at=command.held_at, place=command.place)
    ]


def hold(rules: Rulebook, command: c.HoldSession, dispute: Dispute) -> list[m.DisputeEvent]:
    """The rights were read, and all have signed what was written down: 人民调解法 23, 27."""
    if dispute.stage is not Stage.MEDIATING or dispute.accepted is None:
        raise out_of_turn(command, dispute)
    for one in dispute.held:
        if (one.on, one.summary_hash) == (command.on, command.summary_hash):
            return []
    require_willing(dispute)
    first = dispute.held[-1].on if dispute.held else dispute.accepted.on
    require_past(command.on, first, rules.day(command.at), "on")
    require_running(dispute, command.on)
    require_police_term(rules, command.on, dispute)
    if not command.rights_read:
        raise Refused(
            "record-incomplete",
            "The parties are told their rights at the beginning, and the record says so",
            field="rights_read",
            basis="人民调解法 23",
        )
    there = set(command.attendance)
    if len({str(one) for one in dispute.party_ids} & there) < LEAST_UNITS:
        raise Refused(
            "record-incomplete",
            "A session has both sides in it: name the parties who came",
            field="attendance",
            basis="人民调解法 22",
        )
    require_stored(command.summary_hash, command.stored, "summary_hash")
    came = tuple(dict.fromkeys((command.mediator, *command.attendance)))
    return [
        m.SessionHeld(
            dispute_id=command.dispute_id,
            session_no=len(dispute.held) + 1,
            on=command.on,
            attendance=came,
            summary_hash=command.summary_hash,
            proposals=command.proposals,
        )
    ]


def require_police_term(rules: Rulebook, on: date, dispute: Dispute) -> None:
    """The police mediate once, and a second time soon after: 公安程序规定 183."""
    triaged = dispute.triaged
    if triaged is None or triaged.type is not m.MediationType.POLICE or not dispute.held:
        return
    last = rules.last_day(SECOND, dispute.held[0].on)
    if len(dispute.held) > 1 or on > last:
        raise Refused(
            "out-of-turn",
            "The police mediate once, and a second time until {last}",
            last=last,
            basis="公安机关办理行政案件程序规定 183",
        )


def pause(rules: Rulebook, command: c.PauseMediation, dispute: Dispute) -> list[m.DisputeEvent]:
    if dispute.stage is not Stage.MEDIATING:
        raise out_of_turn(command, dispute)
    if dispute.paused_on is not None:
        return []
    today = rules.day(command.at)
    require_running(dispute, today)
    return [m.ClockPaused(dispute_id=command.dispute_id, reason=command.reason, on=today)]


def resume(rules: Rulebook, command: c.ResumeMediation, dispute: Dispute) -> list[m.DisputeEvent]:
    if dispute.stage not in (Stage.MEDIATING, Stage.ACCEPTED, Stage.ASSIGNED):
        raise out_of_turn(command, dispute)
    if dispute.paused_on is None:
        return []
    today = rules.day(command.at)
    pauses = (*dispute.pauses, Pause(dispute.paused_on, today))
    code, due_on = due(rules, dispute, pauses)
    return [
        m.ClockResumed(
            dispute_id=command.dispute_id,
            on=today,
            new_due_on=due_on,
            rule_code=code,
            rule_pack_version=rules.version,
        )
    ]


def due(rules: Rulebook, dispute: Dispute, pauses: tuple[Pause, ...]) -> tuple[str, date]:
    """The last day, of which no day counts on which it stood still; and then what was added."""
    assert dispute.accepted is not None, "a term runs from its acceptance"
    code, start = term_of(dispute, dispute.accepted.on)
    last = rules.last_day(code, start, pauses)
    for _ in range(dispute.extensions):
        last = rules.last_day(EXTEND, last, [one for one in pauses if one.paused_on > last])
    return code, last


def extend(rules: Rulebook, command: c.ExtendMediation, dispute: Dispute) -> list[m.DisputeEvent]:
    if dispute.stage is not Stage.MEDIATING or dispute.due_on is None:
        raise out_of_turn(command, dispute)
    today = rules.day(command.at)
    require_running(dispute, today)
    most = rules.limit(EXTENSIONS, command.at)
    against = dispute.party_ids - set(command.agreed_by)
    if dispute.extensions >= most or against:
        raise Refused(
            "extension-limit",
            "It can be extended {most} times, and all parties must want it: it was {count} times, "
            "and {against} are not named",
            most=most,
            count=dispute.extensions,
            against=len(against),
        )
    return [
        m.MediationExtended(
            dispute_id=command.dispute_id,
            new_due_on=rules.last_day(EXTEND, dispute.due_on),
            rule_code=EXTEND,
            rule_pack_version=rules.version,
        )
    ]


def fail(rules: Rulebook, command: c.FailMediation, dispute: Dispute) -> list[m.DisputeEvent]:
    """By who mediates; or by time itself, also where nobody mediates it just now."""
    if dispute.stage is Stage.FAILED:
        return []
    today = rules.day(command.at)
    stages = {*UNDER_WAY, Stage.ACCEPTED} if command.by_time else UNDER_WAY
    if dispute.stage not in stages:
        raise out_of_turn(command, dispute)
    over = dispute.due_on is not None and today > dispute.due_on and dispute.paused_on is None
    if command.by_time and not over:
        return []
    received = dispute.received
    return [
        m.MediationFailed(
            dispute_id=command.dispute_id,
            agency_code=received.agency_code,
            handoff_id=dispute.handoff_id,
            reason=m.FailedBecause.TERM_OVER if over else m.FailedBecause.NO_AGREEMENT,
            text=command.text,
            on=today,
        )
    ]


def terminate(
    rules: Rulebook, command: c.TerminateMediation, dispute: Dispute
) -> list[m.DisputeEvent]:
    """Before anything binds: what was signed is performed or breached, and not taken back."""
    if dispute.stage not in {*UNSOLVED, Stage.AGREED}:
        raise out_of_turn(command, dispute)
    received = dispute.received
    return [
        m.MediationTerminated(
            dispute_id=command.dispute_id,
            agency_code=received.agency_code,
            handoff_id=dispute.handoff_id,
            reason=command.reason,
            text=command.text,
            on=rules.day(command.at),
        )
    ]
