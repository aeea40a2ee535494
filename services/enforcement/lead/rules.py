"""The rules of a lead: received once from each source, checked, and filed on two officers' word.

Source: 行政处罚法 36, 42, 54; SAMR 处罚程序规定 18; docs/domain/enforcement.md.
"""

from dataclasses import replace
from datetime import date
from typing import TypeAlias, assert_never

from libs.contracts.enforcement import LeadEvent, LeadFiled, LeadReceived
from libs.contracts.vocabulary import LeadNo
from libs.events.core.deciders import Nothing, build_decider
from libs.events.core.kernel import NEXT, Context, Decider, Hidden, NotFound, Refused, State
from libs.statute.limitation import limitation
from libs.statute.rulebook import Rulebook
from services.enforcement.lead.commands import FileCase, LeadCommand, ReceiveLead


class Lead(State):
    received: LeadReceived
    filed: LeadFiled | None = None


AnyLead: TypeAlias = Nothing | Lead


def decide(rules: Rulebook, command: LeadCommand, lead: AnyLead) -> list[LeadEvent]:
    if isinstance(lead, Nothing):
        if isinstance(command, ReceiveLead):
            return [receive(rules, command)]
        raise NotFound("There is no lead {lead_id}", lead_id=command.lead_id)
    match command:
        case ReceiveLead():
            known = (lead.received.agency_code, lead.received.source_ref)
            if known != (command.agency_code, command.source_ref):
                raise Refused(
                    "idempotency-conflict", "This id already names another lead: make a new one"
                )
            return []
        case FileCase() if lead.filed is None:
            return [file(rules, command, lead.received)]
        case FileCase():
            if lead.filed.case_id != command.case_id:
                raise Refused("out-of-turn", "A case has been filed on this lead already")
            return []
        case _:
            assert_never(command)


def receive(rules: Rulebook, command: ReceiveLead) -> LeadReceived:
    """Once from each source for each agency; checked within its term."""
    if command.person and command.matter is not None and not command.matter_open:
        raise NotFound("There is no such matter that is open to you")
    if command.same_source is not None and command.same_source != command.lead_id:
        raise Refused(
            "lead-duplicate",
            "{agency_code} has a lead from {source_ref} already",
            agency_code=command.agency_code,
            source_ref=command.source_ref,
            lead_id=command.same_source,
        )
    if command.discovered_at > command.at:
        raise Refused("request-malformed", "The moment of discovery lies in the future",
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
    least = rules.limit("ENF.OFFICERS.MIN", command.at)
    if len(command.certified) < least:
        raise Refused(
            "two-officers-required",
            "{count} officers with certificates have proposed it, and {least} are required",
            least=least,
            count=len(command.certified),
            basis="行政处罚法 42",
        )
    require_standard(rules, command, received)
    if command.case_taken:
        raise Refused("idempotency-conflict", "This id already names another case: make a new one",
                      field="case_id")  # fmt: skip
    if not command.owned:
        raise Refused(
            "no-power",
            "{power_item_code} is not a power of {agency_code} at this place on this day",
            power_item_code=command.power_item_code,
            agency_code=command.agency_code,
            basis="行政处罚法 17, 38",
        )
    discovered_on = rules.day(received.discovered_at)
    act_end = command.act_end_date or command.act_date
    last = limitation(rules, act_end, safety_harm=command.safety_harm)
    if discovered_on > last:
        raise Refused(
            "time-barred",
            "The act could be punished until {last}",
            last=last,
            basis="行政处罚法 36",
        )
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
            "filing-standard-unmet",
            "These are missing to file a case: {missing}",
            missing=missing,
            basis="行政处罚法 22, 54",
        )


def evolve(lead: AnyLead, event: LeadEvent) -> Lead:
    match lead, event:
        case Nothing(), LeadReceived():
            return Lead(received=event)
        case Lead(filed=None), LeadFiled():
            return replace(lead, filed=event)
        case _:
            raise AssertionError(f"{event.event_type} cannot follow {lead}")


def owned(lead: AnyLead, caller: Context) -> bool:
    return isinstance(lead, Lead) and lead.received.agency_code == caller.agency


def decider(rules: Rulebook) -> Decider[LeadCommand, AnyLead, LeadEvent]:
    return build_decider(
        "lead", decide, evolve, rules, key="lead_id", owned=owned, opens=(ReceiveLead,)
    )
