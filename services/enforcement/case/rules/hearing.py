"""Notice and hearing: what the party is told, and how it is heard before anything is decided.

Source: 行政处罚法 44, 45, 62-65; docs/domain/enforcement.md.
"""

from datetime import date
from typing import Final, assert_never

from libs.contracts.enforcement import (
    CaseClockPaused,
    CaseEvent,
    HearingHeld,
    HearingRequested,
    HearingScheduled,
    Manifest,
    PartyRightsWaived,
    PenaltyNoticeServed,
    ServiceMode,
    Waiver,
)
from libs.contracts.vocabulary import ReasonCode
from libs.events.core.kernel import Hidden, NotFound, Refused
from libs.statute.rulebook import Rulebook
from services.enforcement.case.commands.executing import ServeDecision
from services.enforcement.case.commands.preparing import (
    HearingCommand,
    HoldHearing,
    RecordWaiver,
    RequestHearing,
    ScheduleHearing,
    ServePenaltyNotice,
)
from services.enforcement.case.rules.guards import (
    hearing_due,
    named,
    out_of_turn,
    require_range,
    require_record,
    require_two,
)
from services.enforcement.case.rules.investigating import resumed
from services.enforcement.case.rules.state import Case, Concluded, Noticed, Stage

HEARING: Final = ReasonCode("HEARING")
STATEMENT_TERM: Final = "ENF.STATEMENT.TERM"
REQUEST_TERM: Final = "ENF.HEARING.REQUEST"
ANNOUNCED: Final = frozenset({"WHEREABOUTS_UNKNOWN", "MODES_FAILED"})
RECORDS: Final = {
    ServiceMode.RETAINED: "SERVICE_RETAINED",
    ServiceMode.ANNOUNCEMENT: "SERVICE_ANNOUNCEMENT",
}


def decide(rules: Rulebook, command: HearingCommand, case: Case) -> list[CaseEvent]:
    match command, case.stage, case.round:
        case ServePenaltyNotice(), Stage.CONCLUDED, Concluded() as now:
            return [give_notice(rules, command, case, now)]
        case ServePenaltyNotice(), Stage.NOTICED, Noticed() as now if noticed_so(
            rules, command, case, now
        ):
            return []
        case RecordWaiver(), Stage.NOTICED, _:
            return waive(rules, command, case)
        case RequestHearing(), Stage.NOTICED, Noticed() as now:
            return request_hearing(rules, command, case, now)
        case ScheduleHearing(), Stage.HEARING_PENDING, _:
            return schedule(rules, command, case)
        case HoldHearing(), Stage.HEARING_PENDING, _:
            return hold(rules, command, case)
        case RequestHearing(), Stage.HEARING_PENDING, _:
            require_party(command, case)
            return []
        case HoldHearing(), Stage.HEARD, now if now.heard == held(command):
            return []
        case (
            (ServePenaltyNotice() | RecordWaiver() | RequestHearing())
            | (ScheduleHearing() | HoldHearing()),
            _,
            _,
        ):
            raise out_of_turn(command, case)
        case _:
            assert_never(command)


def give_notice(
    rules: Rulebook, command: ServePenaltyNotice, case: Case, now: Concluded
) -> PenaltyNoticeServed:
    """Facts, reasons, basis and rights, before anything is decided: 44, 63, 64."""
    require_two(rules, command.signed, case.filed.agency_code, command.at)
    require_service(rules, command.mode, command.consent_hash, command.manifest, command)
    concluded = now.conclusion
    if not command.legal_basis:
        raise Refused("request-malformed", "The legal basis is missing", field="legal_basis")
    proposal = concluded.proposal
    needed = hearing_due(rules, command.family, command.power, case, proposal.penalties, command.at)
    if needed and not command.hearing_right:
        raise Refused(
            "hearing-right-missing",
            "The notice must state the right to a hearing",
            basis="行政处罚法 63",
        )
    require_range(rules, case, proposal, concluded.tier, concluded.factors)
    on = require_mode(rules, command, case.filed.filed_on)
    codes = [STATEMENT_TERM]
    request_due = None
    if command.hearing_right:
        request_due = rules.last_day(REQUEST_TERM, on)
        codes.append(REQUEST_TERM)
    return PenaltyNoticeServed(
        case_id=command.case_id,
        proposal=proposal,
        hearing_right=command.hearing_right,
        served_on=on,
        mode=command.mode,
        statement_due_on=rules.last_day(STATEMENT_TERM, on),
        hearing_request_due_on=request_due,
        legal_basis=command.legal_basis,
        officers=named(command.signed),
        rule_codes=tuple(codes),
        rule_pack_version=rules.version,
    )


def require_service(
    rules: Rulebook,
    mode: ServiceMode,
    consent_hash: str | None,
    manifest: Manifest,
    command: object,
) -> None:
    """Electronically only with a signed consent; left behind or announced only with its record:
    民事诉讼法(2023) 89, 90, 95."""
    if mode is ServiceMode.ELECTRONIC and not consent_hash:
        raise Refused(
            "eservice-no-consent",
            "Electronic service needs a consent that the party has signed: give its digest",
            basis="行政处罚法 61(2)",
        )
    if mode in RECORDS and RECORDS[mode] in rules.records:
        kind = RECORDS[mode]
        if type(command).__name__ in rules.records[kind].commands:
            require_record(rules, kind, type(command).__name__, manifest)


def require_mode(
    rules: Rulebook, command: ServeDecision | ServePenaltyNotice, not_before: date
) -> date:
    """The day on which it counts as served. An announcement is the last resort, and served when its
    term is over: 民事诉讼法(2023) 95."""
    today = rules.day(command.at)
    if command.mode is not ServiceMode.ANNOUNCEMENT:
        return today
    grounded = command.ground in ANNOUNCED
    if not grounded or (command.ground == "MODES_FAILED" and not command.attempts):
        raise Refused(
            "service-mode-invalid",
            "Service by announcement needs a listed ground, and the attempts made before it",
            known=sorted(ANNOUNCED),
            basis="民事诉讼法(2023) 95",
        )
    announced_on = command.announced_on or today
    if not not_before <= announced_on <= today:
        raise Refused(
            "service-mode-invalid",
            "{announced_on} cannot be the day of the announcement",
            announced_on=announced_on,
            not_before=not_before,
            basis="民事诉讼法(2023) 95",
        )
    over = rules.last_day("ENF.SERVE.ANNOUNCE", announced_on)
    if over > today:
        raise Refused(
            "service-mode-invalid",
            "It counts as served on {served_on}: record it then",
            served_on=over,
            basis="民事诉讼法(2023) 95",
        )
    return over


def noticed_so(rules: Rulebook, command: ServePenaltyNotice, case: Case, now: Noticed) -> bool:
    notice = now.notice
    return (
        notice.hearing_right == command.hearing_right
        and notice.mode is command.mode
        and notice.served_on == require_mode(rules, command, case.filed.filed_on)
    )


def require_party(command: RecordWaiver | RequestHearing, case: Case) -> None:
    """A party acts in its own matter only; of another's it knows nothing."""
    if command.party is None:
        return
    if not case.is_of(command.party):
        raise NotFound("There is no case {case_id}", case_id=command.case_id)


def require_author(rules: Rulebook, command: RecordWaiver | RequestHearing, case: Case) -> None:
    """The party, or two officers from the form that it has signed."""
    require_party(command, case)
    if command.party is None:
        require_two(rules, command.signed, case.filed.agency_code, command.at)


def waive(rules: Rulebook, command: RecordWaiver, case: Case) -> list[CaseEvent]:
    """For oneself only: what one party gives up, the others keep."""
    require_author(rules, command, case)
    waived = PartyRightsWaived(
        case_id=command.case_id,
        scope=command.scope,
        signature=command.signature,
        party=command.party or party_of(command, case),
    )
    return [] if waived in case.round.waivers else [waived]


def party_of(command: RecordWaiver, case: Case) -> str | Hidden:
    """Whose signed form two officers have entered."""
    subjects = case.filed.subjects
    if isinstance(subjects, Hidden):
        return subjects
    known = [str(one.subject_id) for one in subjects]
    said = str(command.subject_id or "") or (known[0] if len(known) == 1 else None)
    if said not in known:
        raise Refused(
            "request-malformed",
            "Several parties are known: say whose signature it is (`subject_id`)",
            field="subject_id",
        )
    return said


def request_hearing(
    rules: Rulebook, command: RequestHearing, case: Case, now: Noticed
) -> list[CaseEvent]:
    """In the term that the notice names; from that day the clock stands still: 64(1)."""
    require_author(rules, command, case)
    notice = now.notice
    on = rules.day(command.at)
    if notice.hearing_request_due_on is None:
        raise Refused("hearing-request-late", "The notice states no right to a hearing",
                      basis="行政处罚法 63")  # fmt: skip
    if on > notice.hearing_request_due_on:
        raise Refused(
            "hearing-request-late",
            "A hearing could be asked for until {last}",
            last=notice.hearing_request_due_on,
            basis="行政处罚法 64(1)",
        )
    asked: list[CaseEvent] = [HearingRequested(case_id=command.case_id, on=on)]
    if HEARING not in case.running:
        asked.append(CaseClockPaused(case_id=command.case_id, reason=HEARING, on=on))
    return asked


def schedule(rules: Rulebook, command: ScheduleHearing, case: Case) -> list[CaseEvent]:
    """By somebody who did not investigate, and told early enough: 64(2), (4)."""
    require_independent(command.host, case)
    earliest = rules.last_day("ENF.HEARING.NOTICE_BEFORE", rules.day(command.at))
    if rules.day(command.heard_at) < earliest:
        raise Refused(
            "hearing-notice-short",
            "The hearing is held on {earliest} at the earliest",
            earliest=earliest,
            basis="行政处罚法 64(2)",
        )
    scheduled = HearingScheduled(
        case_id=command.case_id,
        at=command.heard_at,
        place=command.place,
        host=command.host,
        public=command.public,
    )
    return [] if scheduled == case.round.hearing else [scheduled]


def require_independent(person: str, case: Case) -> None:
    if person in case.investigators:
        raise Refused(
            "role-conflict",
            "{person} has investigated this case and cannot take this part",
            person=person,
            basis="行政处罚法 58, 64(4)",
        )


def held(command: HoldHearing) -> HearingHeld:
    return HearingHeld(case_id=command.case_id, minutes_hash=command.minutes_hash)


def hold(rules: Rulebook, command: HoldHearing, case: Case) -> list[CaseEvent]:
    """When it was said that it would be, with signed minutes: 64(8). The clock goes on."""
    scheduled = case.round.hearing
    if scheduled is None or command.at < scheduled.at:
        raise Refused("out-of-turn", "No hearing has been scheduled for a moment that has passed")
    require_independent(command.host, case)
    require_record(rules, "HEARING", type(command).__name__, command.manifest)
    events: list[CaseEvent] = [held(command)]
    if HEARING in case.running:
        events.append(resumed(rules, case, HEARING, rules.day(command.at)))
    return events


def rights_open_until(case: Case, notice: PenaltyNoticeServed) -> date | None:
    """The last day on which a party may still be heard that has not waived that: 44, 63-64."""
    days = []
    if not all_waived(case, Waiver.STATEMENT):
        days.append(notice.statement_due_on)
    asked = case.round.hearing_requested is not None
    if notice.hearing_request_due_on and not asked and not all_waived(case, Waiver.HEARING):
        days.append(notice.hearing_request_due_on)
    return max(days, default=None)


def all_waived(case: Case, right: Waiver) -> bool:
    """Whether every party has given up this right. Of who is forgotten any waiver is taken."""
    given = [one.party for one in case.round.waivers if one.scope in (right, Waiver.BOTH)]
    subjects = case.filed.subjects
    if isinstance(subjects, Hidden) or any(isinstance(one, Hidden) for one in given):
        return bool(given)
    return {str(one.subject_id) for one in subjects} <= set(given)
