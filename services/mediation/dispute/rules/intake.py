"""A dispute comes in, is looked at, and is taken on, sent on or declined.

Source: 人民调解法 17, 18, 25; 天津市矛盾纠纷多元化解条例; docs/domain/mediation.md.
"""

from datetime import date
from typing import Final, assert_never

from libs.contracts import mediation as m
from libs.contracts.vocabulary import AgencyCode, DisputeCategory, DisputeNo, PowerItemCode, Role
from libs.events.core.kernel import NEXT, Hidden, NotFound, Refused
from libs.statute.mediation import DisputeKind
from libs.statute.rulebook import Rulebook
from services.mediation.dispute import commands as c
from services.mediation.dispute.rules.exits import ways
from services.mediation.dispute.rules.guards import (
    level_term,
    require_guardians,
    require_party,
    require_willing,
)
from services.mediation.dispute.rules.state import Dispute, Stage, out_of_turn

TRIAGE: Final = "MED.TRIAGE"
PEOPLE: Final = "MED.PEOPLE"
TERMS: Final = {
    m.MediationType.LABOUR: "MED.LABOUR",
    m.MediationType.CONSUMER: "MED.CONSUMER.END",
}
COURT: Final = {
    m.CourtStage.PRE_FILING: "MED.COURT.PRE",
    m.CourtStage.POST_ORDINARY: "MED.COURT.POST_ORD",
    m.CourtStage.POST_SUMMARY: "MED.COURT.POST_SUM",
}
REOPEN: Final = "MED.REOPEN"
DIVERSIONS: Final = "dispute-diversion"
OTHER: Final = "OTHER"
ON_RECEIPT: Final = "RECEIPT"
# Until mediation has come to something, a party may say that it wants no more of it.
OPEN_TO_CONSENT: Final = frozenset({Stage.TRIAGED, Stage.ACCEPTED, Stage.ASSIGNED, Stage.MEDIATING})
TO_SERVICE: Final = {"ENFORCEMENT": "enforcement", "POLICE": "enforcement", "PETITION": "mediation"}


def decide(rules: Rulebook, command: c.IntakeCommand, dispute: Dispute) -> list[m.DisputeEvent]:
    match command:
        case c.ReceiveDispute():
            return again(rules, command, dispute)
        case c.TriageDispute():
            return triage(rules, command, dispute)
        case c.RecordConsent():
            return consent(command, dispute)
        case c.AcceptMediation():
            return accept(rules, command, dispute)
        case c.DeclineMediation():
            return decline(rules, command, dispute)
        case c.DivertDispute():
            return divert(rules, command, dispute)
        case c.ReopenDispute():
            return reopen(rules, command, dispute)
        case _:
            assert_never(command)


def receive(rules: Rulebook, command: c.ReceiveDispute) -> m.DisputeReceived:
    if command.person and command.matter is not None and not command.matter_open:
        raise NotFound("There is no such matter that is open to you")
    today = rules.day(command.at)
    if isinstance(command.parties, tuple):
        if command.person:
            require_applicant(command.parties)
        require_distinct(command.parties)
        require_guardians(command.parties, today)
    kind = kind_of(rules, command)
    if kind is None:
        raise Refused(
            "request-malformed",
            "There is no category {category}; there are {known}",
            category=command.category,
            known=sorted(rules.disputes),
            field="category",
        )
    applied_on = rules.day(command.applied_at)
    if applied_on > today:
        raise Refused(
            "request-malformed",
            "The day of the application lies in the future",
            field="applied_at",
        )
    in_parallel = kind.lead_on == ON_RECEIPT and not command.mediation_only
    return m.DisputeReceived(
        dispute_id=command.dispute_id,
        dispute_no=DisputeNo(NEXT),
        agency_code=command.agency_code,
        channel=command.channel,
        source_ref=command.source_ref,
        handoff_id=command.handoff_id,
        parties=command.parties,
        category=DisputeCategory(kind.category),
        facts=command.facts,
        amount_fen=command.amount_fen,
        location=command.location,
        applied_on=applied_on,
        received_on=today,
        first_receiver=command.first_receiver,
        mediation_only=command.mediation_only,
        to_agency=AgencyCode(kind.lead_to) if in_parallel else None,
        power_item_code=PowerItemCode(kind.item) if in_parallel and kind.item else None,
        triage_due_on=rules.last_day(TRIAGE, today),
        rule_code=TRIAGE,
        rule_pack_version=rules.version,
    )


def require_applicant(parties: tuple[m.DisputeParty, ...]) -> None:
    if not any(one.role is m.PartyRole.APPLICANT for one in parties):
        raise Refused(
            "party-required",
            "Name who applies: mediation is between identified parties",
            field="parties",
            basis="人民调解法 18",
        )


def require_distinct(parties: tuple[m.DisputeParty, ...]) -> None:
    if len({one.subject_ref.subject_id for one in parties}) < len(parties):
        raise Refused("request-malformed", "Somebody is named as a party twice", field="parties")


def kind_of(rules: Rulebook, command: c.ReceiveDispute) -> DisputeKind | None:
    """Of a category of disputes, or, from a handoff, of the grid: any other is OTHER there."""
    kind = rules.disputes.get(command.category)
    if kind is not None or command.person:
        return kind
    named = (one for one in rules.disputes.values() if one.grid_category)
    short = next((one for one in named if command.category.endswith(one.grid_category)), None)
    return short or rules.disputes.get(OTHER)


def again(rules: Rulebook, command: c.ReceiveDispute, dispute: Dispute) -> list[m.DisputeEvent]:
    known, kind = dispute.received, kind_of(rules, command)
    said = (known.agency_code, known.source_ref, known.handoff_id, known.category, known.applied_on)
    asked = (
        command.agency_code, command.source_ref, command.handoff_id,
        None if kind is None else kind.category, rules.day(command.applied_at),
    )  # fmt: skip
    same_facts = known.facts in (command.facts, Hidden.ERASED, Hidden.WITHHELD)
    if said != asked or not same_facts:
        raise Refused(
            "idempotency-conflict", "This id already names another dispute: make a new one"
        )
    return []


def triage(rules: Rulebook, command: c.TriageDispute, dispute: Dispute) -> list[m.DisputeEvent]:
    today = rules.day(command.at)
    code, level_due_on = level_term(rules, command.level, today)
    event = m.DisputeTriaged(
        dispute_id=command.dispute_id,
        type=command.type,
        court_stage=command.court_stage,
        risk_level=command.risk_level,
        level=command.level,
        first_receiver=command.first_receiver,
        joined=command.joined,
        level_due_on=level_due_on,
        rule_code=code,
        rule_pack_version=rules.version,
    )
    if dispute.stage is not Stage.RECEIVED:
        if dispute.triaged is not None and said_of(dispute.triaged) == said_of(event):
            return []
        raise out_of_turn(command, dispute)
    invited = command.type is m.MediationType.COURT_INVITED
    if invited is (command.court_stage is None):
        raise Refused(
            "request-malformed",
            "Of what a court has invited to, and of nothing else, it is said whether it was filed",
            field="court_stage",
        )
    if isinstance(dispute.parties, tuple):
        require_applicant((*dispute.parties, *command.joined))
        require_distinct((*dispute.parties, *command.joined))
    require_guardians(command.joined, today)
    return [event]


def said_of(event: m.DisputeTriaged) -> tuple[object, ...]:
    """What a manager has said, without what follows from the day."""
    said = (event.type, event.court_stage, event.risk_level, event.level, event.first_receiver)
    return (*said, None if isinstance(event.joined, Hidden) else event.joined)


def consent(command: c.RecordConsent, dispute: Dispute) -> list[m.DisputeEvent]:
    """A party says it for itself, or withdraws it; what has come to an end needs none."""
    if command.role == Role.PARTY and command.by != str(command.party_id):
        raise Refused("role-not-allowed", "Each party consents for itself", field="party_id")
    party = require_party(dispute, command.party_id)
    if dispute.stage not in OPEN_TO_CONSENT:
        raise out_of_turn(command, dispute)
    if dispute.consents.get(command.party_id) is command.consent:
        return []
    return [
        m.ConsentRecorded(
            dispute_id=command.dispute_id,
            party_id=command.party_id,
            party=party.subject_ref,
            consent=command.consent,
            method=command.method,
        )
    ]


def accept(rules: Rulebook, command: c.AcceptMediation, dispute: Dispute) -> list[m.DisputeEvent]:
    if dispute.stage is not Stage.TRIAGED:
        if dispute.accepted is not None and dispute.stage is Stage.ACCEPTED:
            return []
        raise out_of_turn(command, dispute)
    require_willing(dispute)
    today = rules.day(command.at)
    code, start = term_of(dispute, today)
    return [
        m.MediationAccepted(
            dispute_id=command.dispute_id,
            handoff_id=dispute.handoff_id,
            agency_code=dispute.received.agency_code,
            due_on=rules.last_day(code, start),
            rule_code=code,
            rule_pack_version=rules.version,
            on=today,
        )
    ]


def term_of(dispute: Dispute, accepted_on: date) -> tuple[str, date]:
    """Which term an acceptance starts, and from which day it counts. A court's invitation counts
    from the day on which its handoff was signed, which is when the dispute was received."""
    triaged = dispute.triaged
    assert triaged is not None, "accepted after its triage"
    if triaged.court_stage is not None:
        return COURT[triaged.court_stage], dispute.received.received_on
    if triaged.type is m.MediationType.LABOUR:
        return TERMS[triaged.type], dispute.received.applied_on
    return TERMS.get(triaged.type, PEOPLE), accepted_on


def decline(rules: Rulebook, command: c.DeclineMediation, dispute: Dispute) -> list[m.DisputeEvent]:
    if dispute.stage is not Stage.TRIAGED:
        raise out_of_turn(command, dispute)
    refused = any(not one for one in dispute.consents.values())
    if command.reason is m.DeclinedBecause.REFUSED and not refused:
        raise Refused(
            "out-of-turn", "No party has refused: record first what each of them has said"
        )
    return [
        m.MediationDeclined(
            dispute_id=command.dispute_id,
            handoff_id=dispute.handoff_id,
            agency_code=dispute.received.agency_code,
            reason=command.reason,
            text=command.text,
            basis=command.basis,
            on=rules.day(command.at),
        )
    ]


def divert(rules: Rulebook, command: c.DivertDispute, dispute: Dispute) -> list[m.DisputeEvent]:
    """For a listed reason, with what it needs: who takes it, or which way was shown."""
    if dispute.stage is not Stage.TRIAGED:
        raise out_of_turn(command, dispute)
    needs = rules.needs(DIVERSIONS, command.reason)
    if needs is None:
        raise Refused(
            "reason-not-listed",
            "{reason} is not a listed reason to divert a dispute",
            reason=command.reason,
            known=sorted(rules.reasons.get(DIVERSIONS, ())),
            field="reason",
        )
    if "receiver" in needs and (command.to_agency is None or not command.receiver_known):
        raise Refused(
            "agency-unknown",
            "Name an agency that takes leads: {to_agency} does not",
            to_agency=command.to_agency,
            field="to_agency",
        )
    if "guidance" in needs and not command.paths:
        raise Refused(
            "guidance-required",
            "Who is sent elsewhere is told which way is open",
            field="paths",
            basis="人民调解法 26",
        )
    received = dispute.received
    today = rules.day(command.at)
    return [
        m.DisputeDiverted(
            dispute_id=command.dispute_id,
            handoff_id=dispute.handoff_id,
            agency_code=received.agency_code,
            reason=command.reason,
            text=command.text,
            to_service=TO_SERVICE.get(command.reason),
            to_agency=command.to_agency,
            power_item_code=command.power_item_code,
            facts=received.facts,
            location=received.location,
            paths=ways(rules, command.paths, dispute, today),
            basis=command.basis,
        )
    ]


def reopen(rules: Rulebook, command: c.ReopenDispute, dispute: Dispute) -> list[m.DisputeEvent]:
    if dispute.stage is not Stage.CLOSED or dispute.closed_on is None:
        raise out_of_turn(command, dispute)
    last = rules.last_day(REOPEN, dispute.closed_on)
    if rules.day(command.at) > last:
        raise Refused(
            "reopen-window-closed", "It could be opened again until {last}: begin a new one",
            last=last,
        )  # fmt: skip
    return [
        m.DisputeReopened(
            dispute_id=command.dispute_id,
            reason=command.reason,
            text=command.text,
            on=rules.day(command.at),
        )
    ]
