"""The rules of a lead: received once from each source, checked, and filed on two officers' word.

Source: 行政处罚法 36, 42, 54; SAMR 处罚程序规定 18; the domain's enforcement.md, B.2.4.
"""

from dataclasses import replace
from datetime import date
from functools import partial
from typing import TypeAlias, assert_never, get_args

from libs.contracts.enforcement import LeadEvent, LeadFiled, LeadReceived
from libs.contracts.vocabulary import LeadNo
from libs.events.core.kernel import NEXT, Decider, Hidden, NotFound, Refused, State
from libs.statute.limitation import limitation
from libs.statute.rulebook import Rulebook
from services.enforcement.lead.commands import FileCase, LeadCommand, ReceiveLead


class Unreceived(State):
    """Nothing has happened yet."""


class Lead(State):
    received: LeadReceived
    filed: LeadFiled | None = None


AnyLead: TypeAlias = Unreceived | Lead


def decide(rules: Rulebook, command: LeadCommand, lead: AnyLead) -> list[LeadEvent]:
    if isinstance(lead, Unreceived):
        if isinstance(command, ReceiveLead):
            return [receive(rules, command)]
        raise NotFound(f"there is no lead {command.lead_id}")
    match command:
        case ReceiveLead():
            known = (lead.received.agency_code, lead.received.source_ref)
            if known != (command.agency_code, command.source_ref):
                raise Refused("idempotency-conflict", "this id already names another lead")
            return []
        case FileCase() if lead.filed is None:
            return [file(rules, command, lead.received)]
        case FileCase():
            if lead.filed.case_id != command.case_id:
                raise Refused("out-of-turn", "a case has been filed on it already")
            return []
        case _:
            assert_never(command)


def receive(rules: Rulebook, command: ReceiveLead) -> LeadReceived:
    """Once from each source for each agency; checked within its term."""
    if command.person and command.matter is not None and not command.matter_open:
        raise NotFound("there is no such matter")
    if command.same_source is not None and command.same_source != command.lead_id:
        raise Refused(
            "lead-duplicate", f"{command.agency_code} has it from {command.source_ref} already",
            lead_id=command.same_source,
        )  # fmt: skip
    if command.discovered_at > command.at:
        raise Refused("request-malformed", "nobody discovers what is to come",
                      field="discovered_at")  # fmt: skip
    rule_code = "ENF.LEAD.CHECK"
    return LeadReceived(
        lead_id=command.lead_id,
        lead_no=LeadNo(NEXT),
        source_channel=command.source_channel,
        source_ref=command.source_ref,
        handoff_id=command.handoff_id,
        agency_code=command.agency_code,
        subject=command.subject,
        power_item_code=command.power_item_code,
        facts=command.facts,
        location=command.location,
        discovered_at=command.discovered_at,
        check_due_on=rules.last_day(rule_code, rules.day(command.at)),
        rule_code=rule_code,
        rule_pack_version=rules.version,
    )


def file(rules: Rulebook, command: FileCase, received: LeadReceived) -> LeadFiled:
    """The head, on the proposal of two officers: whose act, which day, where, and it is theirs."""
    if command.agency_code != received.agency_code:
        raise NotFound(f"there is no lead {command.lead_id}")
    least = rules.limit("ENF.OFFICERS.MIN", command.at)
    if len(command.certified) < least:
        raise Refused(
            "two-officers-required",
            f"{least} officers with certificates propose it, not {len(command.certified)}",
            basis="行政处罚法 42",
        )
    require_standard(rules, command, received)
    if command.case_taken:
        raise Refused("idempotency-conflict", "this id already names another case",
                      field="case_id")  # fmt: skip
    if not command.owned:
        raise Refused("no-power", f"{command.power_item_code} is not {command.agency_code}'s",
                      basis="行政处罚法 17, 38")  # fmt: skip
    discovered_on = rules.day(received.discovered_at)
    act_end = command.act_end_date or command.act_date
    last = limitation(rules, act_end, safety_harm=command.safety_harm)
    if discovered_on > last:
        raise Refused("time-barred", f"it could be punished until {last}", last=last,
                      basis="行政处罚法 36")  # fmt: skip
    place = command.location or received.location
    assert place is not None
    return LeadFiled(
        lead_id=command.lead_id,
        case_id=command.case_id,
        lead_no=received.lead_no,
        agency_code=received.agency_code,
        source_channel=received.source_channel,
        source_ref=received.source_ref,
        handoff_id=received.handoff_id,
        subjects=command.subjects,
        parties=command.parties,
        power_item_code=command.power_item_code,
        act_date=command.act_date,
        act_end_date=command.act_end_date,
        location=place,
        discovered_on=discovered_on,
        safety_harm=command.safety_harm,
        proposed_by=command.proposed_by,
        approver=command.approver,
        filed_on=rules.day(command.at),
    )


def require_standard(rules: Rulebook, command: FileCase, received: LeadReceived) -> None:
    """An act on a day, by somebody, at a place of the agency's: 54; 机关的地域管辖 22."""
    today: date = rules.day(command.at)
    missing = []
    if not command.subjects or len(command.parties) != len(command.subjects):
        missing.append("subjects")
    if command.act_date > today or (command.act_end_date or today) > today:
        missing.append("act_date")
    if command.act_end_date is not None and command.act_end_date < command.act_date:
        missing.append("act_end_date")
    place = command.location or received.location
    if place is None or (not isinstance(place, Hidden) and not place.cell_code):
        missing.append("location")
    elif not command.place_inside:
        missing.append("jurisdiction")
    if missing:
        raise Refused(
            "filing-standard-unmet", f"what is missing: {', '.join(missing)}", missing=missing,
            basis="行政处罚法 22, 54",
        )  # fmt: skip


def evolve(lead: AnyLead, event: LeadEvent) -> Lead:
    match lead, event:
        case Unreceived(), LeadReceived():
            return Lead(received=event)
        case Lead(filed=None), LeadFiled():
            return replace(lead, filed=event)
        case _:
            raise AssertionError(f"{event.event_type} cannot follow {lead}")


def decider(rules: Rulebook) -> Decider[LeadCommand, AnyLead, LeadEvent]:
    return Decider(
        stream="lead",
        commands=get_args(LeadCommand),
        key=lambda command: command.lead_id,
        initial=Unreceived(),
        decide=partial(decide, rules),
        evolve=evolve,
    )
