"""Who looks after what is dangerous, large or old: a named official, a list, a higher level.

Source: 天津市矛盾纠纷多元化解条例; 人民调解法 25; docs/domain/mediation.md.
"""

from typing import Final, assert_never

from libs.contracts import mediation as m
from libs.contracts.vocabulary import AgencyCode
from libs.events.core.kernel import Hidden, Refused
from libs.statute.rulebook import Rulebook
from services.mediation.dispute import commands as c
from services.mediation.dispute.rules.guards import level_term
from services.mediation.dispute.rules.state import OVER, UNSOLVED, Dispute, out_of_turn

PERSONS: Final = "MED.LEAD.PERSONS"
OPEN: Final = "MED.LEAD.OPEN"
FIRST: Final = "MED.LEAD.FIRST"
LISTED: Final = "MED.LISTED"
CROWD: Final = "MED.LISTED.PERSONS"
PETITIONS: Final = "MED.LISTED.PETITIONS"
DANGEROUS: Final = frozenset({m.RiskLevel.R3, m.RiskLevel.R4})
NEXT_LEVEL: Final = {m.Level.COMMUNITY: m.Level.STREET, m.Level.STREET: m.Level.DISTRICT}


def decide(rules: Rulebook, command: c.WatchingCommand, dispute: Dispute) -> list[m.DisputeEvent]:
    if dispute.stage in OVER and not isinstance(command, c.EscalateLevel):
        raise out_of_turn(command, dispute)
    match command:
        case c.AssignLeadOfficial():
            return assign(rules, command, dispute)
        case c.ListForSupervision():
            return enlist(rules, command, dispute)
        case c.DelistDispute():
            if dispute.listed is None:
                raise Refused("out-of-turn", "It is on no list")
            return [m.DisputeDelisted(dispute_id=command.dispute_id, result=command.result)]
        case c.EscalateLevel():
            return escalate(rules, command, dispute)
        case c.RaiseRiskAlert():
            return alert(command, dispute)
        case _:
            assert_never(command)


def assign(
    rules: Rulebook, command: c.AssignLeadOfficial, dispute: Dispute
) -> list[m.DisputeEvent]:
    today = rules.day(command.at)
    known = dispute.official
    said = (command.official_id, command.agency_code, command.target_on)
    if known is not None and (known.official_id, known.agency_code, known.target_on) == said:
        return []
    least = rules.limit(PERSONS, command.at)
    old = today > rules.last_day(OPEN, dispute.received.received_on)
    if dispute.risk not in DANGEROUS and dispute.persons < least and not old:
        raise Refused(
            "lead-official-unneeded",
            "An official is named for what is dangerous (R3, R4), for {least} persons or more, or "
            "for what is open too long: this is {risk}, of {persons} persons, since {since}",
            least=least,
            risk=dispute.risk,
            persons=dispute.persons,
            since=dispute.received.received_on,
        )
    if command.target_on < today:
        raise Refused("request-malformed", "The target lies in the past", field="target_on")
    return [
        m.LeadOfficialAssigned(
            dispute_id=command.dispute_id,
            official_id=command.official_id,
            agency_code=command.agency_code,
            target_on=command.target_on,
            first_action_due_on=rules.last_day(FIRST, today),
            rule_code=FIRST,
            rule_pack_version=rules.version,
        )
    ]


def enlist(
    rules: Rulebook, command: c.ListForSupervision, dispute: Dispute
) -> list[m.DisputeEvent]:
    """On the list of the district, with a day: for the largest, the most dangerous, and what an
    official has not ended in time."""
    known = dispute.listed
    if known is not None:
        same = known.reason in (command.reason, Hidden.ERASED, Hidden.WITHHELD)
        if known.due_on == command.due_on and same:
            return []
        raise Refused(
            "out-of-turn", "It is on the list already, until {due_on}", due_on=known.due_on
        )
    today = rules.day(command.at)
    missed = dispute.official is not None and today > dispute.official.target_on
    crowd = dispute.persons >= rules.limit(CROWD, command.at)
    again = command.petitions >= rules.limit(PETITIONS, command.at)
    last = rules.last_day(LISTED, today)
    grounds = dispute.risk is m.RiskLevel.R4 or crowd or missed or again
    if not grounds or not today < command.due_on <= last:
        raise Refused(
            "listing-unneeded",
            "The district lists what is dangerous (R4), of many persons, missed by its official or "
            "petitioned for again and again, until {last} at the latest: this is {risk}, of "
            "{persons} persons, with {petitions} petitions",
            last=last,
            risk=dispute.risk,
            persons=dispute.persons,
            petitions=command.petitions,
        )
    return [
        m.DisputeListedForSupervision(
            dispute_id=command.dispute_id,
            level=m.Level.DISTRICT,
            due_on=command.due_on,
            reason=command.reason,
            rule_code=LISTED,
            rule_pack_version=rules.version,
        )
    ]


def escalate(rules: Rulebook, command: c.EscalateLevel, dispute: Dispute) -> list[m.DisputeEvent]:
    today = rules.day(command.at)
    last = dispute.level_due_on
    late = last is not None and today > last
    if dispute.stage not in UNSOLVED or dispute.level is None or last is None:
        if command.by_time:
            return []
        raise out_of_turn(command, dispute)
    if not late and not (dispute.grown and not command.by_time):
        if command.by_time:
            return []
        raise Refused(
            "out-of-turn",
            "It may stay on its level until {last}, and no greater danger was reported",
            last=last,
        )
    level = NEXT_LEVEL[dispute.level]
    code, due_on = level_term(rules, level, today)
    higher = level is m.Level.DISTRICT and bool(rules.mediation_agency)
    return [
        m.DisputeEscalated(
            dispute_id=command.dispute_id,
            from_level=dispute.level,
            to_level=level,
            agency_code=AgencyCode(rules.mediation_agency) if higher else dispute.agency_code,
            on=today,
            level_due_on=due_on,
            rule_code=code,
            rule_pack_version=rules.version,
        )
    ]


def alert(command: c.RaiseRiskAlert, dispute: Dispute) -> list[m.DisputeEvent]:
    return [
        m.RiskAlertRaised(
            dispute_id=command.dispute_id,
            agency_code=dispute.agency_code,
            level=command.level,
            facts=command.facts,
            location=dispute.received.location,
            police_ref=command.police_ref,
        )
    ]
