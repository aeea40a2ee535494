"""Wages that are owed, and a lawyer for who cannot pay one.

Source: 保障农民工工资支付条例 29-30, 63; 法律援助法 43-45; docs/domain/mediation.md.
"""

from typing import Final, assert_never

from libs.contracts import mediation as m
from libs.events.core.kernel import Refused
from libs.statute.rulebook import Rulebook
from services.mediation.dispute import commands as c
from services.mediation.dispute.rules.guards import require_party, require_past, require_stored
from services.mediation.dispute.rules.state import OVER, Dispute, out_of_turn

WAGES: Final = "保障农民工工资支付条例 29-30"
# Of these categories a claim is verified, in parallel with the labour inspection.
ON_RECEIPT: Final = "RECEIPT"


def decide(rules: Rulebook, command: c.HelpingCommand, dispute: Dispute) -> list[m.DisputeEvent]:
    match command:
        case c.ReferLegalAid():
            return refer(rules, command, dispute)
        case c.RecordLegalAid():
            return record_aid(command, dispute)
        case c.VerifyWageClaim():
            return verify(rules, command, dispute)
        case c.RecordWagePayment():
            return pay(rules, command, dispute)
        case _:
            assert_never(command)


def refer(rules: Rulebook, command: c.ReferLegalAid, dispute: Dispute) -> list[m.DisputeEvent]:
    if command.handoff_id in dispute.aid:
        return []
    if dispute.stage in OVER:
        raise out_of_turn(command, dispute)
    party = require_party(dispute, command.party_id)
    if not command.centre:
        raise Refused(
            "agency-unknown",
            "{aid_centre} gives no legal aid here",
            aid_centre=command.aid_centre,
            field="aid_centre",
        )
    return [
        m.LegalAidReferred(
            dispute_id=command.dispute_id,
            dispute_no=dispute.received.dispute_no,
            agency_code=dispute.agency_code,
            handoff_id=command.handoff_id,
            aid_centre=command.aid_centre,
            applicant=party.subject_ref,
            matter=command.request,
            on=rules.day(command.at),
        )
    ]


def record_aid(command: c.RecordLegalAid, dispute: Dispute) -> list[m.DisputeEvent]:
    if command.handoff_id not in dispute.aid:
        raise Refused("out-of-turn", "Nobody was referred to legal aid with this handoff")
    if dispute.aid[command.handoff_id] is not None:
        return []
    return [
        m.LegalAidDecided(
            dispute_id=command.dispute_id,
            handoff_id=command.handoff_id,
            granted=command.granted,
            lawyer=command.lawyer,
        )
    ]


def verify(rules: Rulebook, command: c.VerifyWageClaim, dispute: Dispute) -> list[m.DisputeEvent]:
    if dispute.stage in OVER:
        raise out_of_turn(command, dispute)
    kind = rules.disputes[dispute.received.category]
    known = (command.workers, command.months, command.amount_fen)
    if kind.lead_on != ON_RECEIPT or min(known) < 1 or command.employer is None:
        raise Refused(
            "claim-incomplete",
            "A claim for wages has workers, months, an amount and an employer",
            category=dispute.received.category,
            basis=WAGES,
        )
    event = m.WageClaimVerified(
        dispute_id=command.dispute_id,
        workers=command.workers,
        months=command.months,
        amount_fen=command.amount_fen,
        employer=command.employer,
        general_contractor=command.general_contractor,
    )
    if dispute.claim == event:
        return []
    if dispute.settled:
        raise Refused("out-of-turn", "The wages were paid already")
    return [event]


def pay(rules: Rulebook, command: c.RecordWagePayment, dispute: Dispute) -> list[m.DisputeEvent]:
    """What the emergency fund advances settles nothing: it is still owed, to the fund."""
    for one in dispute.payments:
        if one.proof == command.proof:
            if (one.amount_fen, one.via, one.on) == (command.amount_fen, command.via, command.on):
                return []
            raise Refused(
                "idempotency-conflict", "This proof already shows another payment", field="proof"
            )
    if dispute.stage in OVER:
        raise out_of_turn(command, dispute)
    claim = dispute.claim
    if claim is None:
        raise Refused("claim-incomplete", "Verify first who is owed how much by whom", basis=WAGES)
    if dispute.settled:
        raise Refused("out-of-turn", "The wages were paid already")
    require_past(command.on, dispute.received.applied_on, rules.day(command.at), "on")
    require_stored(command.proof, command.stored, "proof")
    advanced = command.via is m.PaidBy.EMERGENCY_FUND
    paid = sum(one.amount_fen for one in dispute.payments if one.via is not m.PaidBy.EMERGENCY_FUND)
    settled = not advanced and paid + command.amount_fen >= claim.amount_fen
    return [
        m.WagePaid(
            dispute_id=command.dispute_id,
            employer=claim.employer,
            amount_fen=command.amount_fen,
            via=command.via,
            settled=settled,
            on=command.on,
            proof=command.proof,
        )
    ]
