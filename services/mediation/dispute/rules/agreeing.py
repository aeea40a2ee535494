"""What they have agreed on: written down, signed, confirmed by a court, kept or broken.

Source: 人民调解法 28-33; 法释〔2011〕5号; docs/domain/mediation.md.
"""

from typing import Final, assert_never
from uuid import UUID

from libs.contracts import mediation as m
from libs.contracts.vocabulary import AgencyCode, PowerItemCode, Role
from libs.events.core.kernel import NotFound, Refused
from libs.statute.rulebook import Rulebook
from services.mediation.dispute import commands as c
from services.mediation.dispute.rules.guards import (
    require_past,
    require_running,
    require_stored,
    require_willing,
)
from services.mediation.dispute.rules.state import BINDING, Dispute, Stage, out_of_turn

APPLY: Final = "MED.CONFIRM.APPLY"
GRACE: Final = "MED.GRACE"
ON_BREACH: Final = "BREACH"
NOT_MEDIABLE: Final = frozenset(set(m.Mark) - {m.Mark.IDENTITY_RELATION})
FORM: Final = "人民调解法 28, 29"
CONFIRMATION: Final = "人民调解法 33; 法释〔2011〕5号 4"


def decide(rules: Rulebook, command: c.AgreeingCommand, dispute: Dispute) -> list[m.DisputeEvent]:
    match command:
        case c.RecordAgreement():
            return agree(rules, command, dispute)
        case c.SignAgreement():
            return sign(rules, command, dispute)
        case c.ApplyJudicialConfirmation():
            return apply(rules, command, dispute)
        case c.RecordConfirmation():
            return confirm(command, dispute)
        case c.RecordPerformance():
            return perform(rules, command, dispute)
        case c.RecordBreach():
            return breach(rules, command, dispute)
        case _:
            assert_never(command)


def agree(rules: Rulebook, command: c.RecordAgreement, dispute: Dispute) -> list[m.DisputeEvent]:
    if dispute.stage is not Stage.MEDIATING:
        known = dispute.reached
        if dispute.stage is Stage.AGREED and known is not None and repeats(command, known):
            return []
        raise out_of_turn(command, dispute)
    require_willing(dispute)
    today = rules.day(command.at)
    require_running(dispute, today)
    if barred := sorted(NOT_MEDIABLE.intersection(command.marks)):
        raise Refused(
            "not-mediable",
            "What touches {marks} is no matter of the parties alone",
            marks=barred,
            field="marks",
            basis="法释〔2011〕5号 7",
        )
    items = []
    for one in command.items:
        debtors = {one.obligor, one.obligee}
        named = debtors <= dispute.party_ids and len(debtors) > 1
        if not named or one.due_on is None or one.due_on < today:
            raise Refused(
                "agreement-incomplete",
                "Each item says which party owes it to which, and until which day from today on: "
                "{item_id} does not",
                item_id=one.item_id,
                field="items",
                basis=FORM,
            )
        assert one.obligor is not None
        assert one.obligee is not None
        items.append(
            m.AgreementItem(
                item_id=one.item_id, obligor=one.obligor, obligee=one.obligee, due_on=one.due_on
            )
        )
    if len({one.item_id for one in items}) < len(items):
        raise Refused("request-malformed", "An item stands there twice", field="items")
    return [
        m.AgreementReached(
            dispute_id=command.dispute_id,
            on=today,
            items=tuple(items),
            terms=terms_of(command),
            marks=tuple(dict.fromkeys(command.marks)),
        )
    ]


def terms_of(command: c.RecordAgreement) -> tuple[m.ItemTerms, ...]:
    return tuple(
        m.ItemTerms(content=one.content, amount_fen=one.amount_fen) for one in command.items
    )


def repeats(command: c.RecordAgreement, known: m.AgreementReached) -> bool:
    said = [(one.item_id, one.obligor, one.obligee, one.due_on) for one in command.items]
    return said == [
        (one.item_id, one.obligor, one.obligee, one.due_on) for one in known.items
    ] and (not isinstance(known.terms, tuple) or known.terms == terms_of(command))


def sign(rules: Rulebook, command: c.SignAgreement, dispute: Dispute) -> list[m.DisputeEvent]:
    """In writing by all, with the seal, and the paper lies in the store; by word of mouth it is
    written down (人民调解法 28-30)."""
    signed, reached = dispute.signed, dispute.reached
    said = (command.agreement_id, command.form, command.effective_on, command.seal_hash)
    if dispute.stage is Stage.SIGNED and signed is not None and said_of(signed) == said:
        return []
    if dispute.stage is not Stage.AGREED or reached is None:
        raise out_of_turn(command, dispute)
    unsigned = dispute.party_ids - set(command.signed_by)
    if unsigned or (command.form is m.AgreementForm.WRITTEN and command.seal_hash is None):
        raise Refused(
            "agreement-incomplete",
            "All parties sign, and what is written has the seal (`seal_hash`): {count} have not "
            "signed",
            count=len(unsigned),
            field="signed_by" if unsigned else "seal_hash",
            basis=FORM,
        )
    if command.seal_hash is not None:
        require_stored(command.seal_hash, command.stored, "seal_hash")
    require_past(command.effective_on, reached.on, rules.day(command.at), "effective_on")
    received = dispute.received
    return [
        m.AgreementSigned(
            dispute_id=command.dispute_id,
            agency_code=received.agency_code,
            agreement_id=command.agreement_id,
            form=command.form,
            effective_on=command.effective_on,
            confirm_until=rules.last_day(APPLY, command.effective_on),
            seal_hash=command.seal_hash,
            source_ref=received.source_ref,
            handoff_id=dispute.handoff_id,
            rule_code=APPLY,
            rule_pack_version=rules.version,
        )
    ]


def said_of(signed: m.AgreementSigned) -> tuple[object, ...]:
    return (signed.agreement_id, signed.form, signed.effective_on, signed.seal_hash)


def apply(
    rules: Rulebook, command: c.ApplyJudicialConfirmation, dispute: Dispute
) -> list[m.DisputeEvent]:
    signed, reached = dispute.signed, dispute.reached
    known = dispute.application
    asked = None if known is None else (known.handoff_id, known.court)
    if dispute.stage is Stage.CONFIRMING and asked == (command.handoff_id, command.court):
        return []
    if dispute.stage is not Stage.SIGNED or signed is None or reached is None:
        raise out_of_turn(command, dispute)
    if {str(one) for one in dispute.party_ids} - set(command.applicants):
        raise Refused(
            "confirmation-joint",
            "All parties ask for it together: each signs the application",
            basis=CONFIRMATION,
        )
    if command.application_hash is not None:
        require_stored(command.application_hash, command.stored, "application_hash")
    today = rules.day(command.at)
    if today > signed.confirm_until:
        raise Refused(
            "confirmation-late",
            "It could be asked for until {confirm_until}",
            confirm_until=signed.confirm_until,
            basis=CONFIRMATION,
        )
    if m.Mark.IDENTITY_RELATION in reached.marks:
        raise Refused(
            "confirmation-excluded",
            "No court confirms what is agreed about who is related to whom",
            basis="法释〔2011〕5号 4",
        )
    if not command.competent:
        raise Refused(
            "agency-unknown",
            "{court} takes no such applications",
            court=command.court,
            field="court",
        )
    return [
        m.JudicialConfirmationApplied(
            dispute_id=command.dispute_id,
            dispute_no=dispute.received.dispute_no,
            agency_code=dispute.agency_code,
            agreement_id=signed.agreement_id,
            effective_on=signed.effective_on,
            parties=dispute.parties,
            handoff_id=command.handoff_id,
            court=command.court,
            on=today,
        )
    ]


def confirm(command: c.RecordConfirmation, dispute: Dispute) -> list[m.DisputeEvent]:
    """Only what the court has answered to this application."""
    known = dispute.application
    if known is None or known.handoff_id != command.handoff_id:
        raise out_of_turn(command, dispute)
    if dispute.stage is not Stage.CONFIRMING:
        if dispute.confirmation is not None:
            return []
        raise out_of_turn(command, dispute)
    return [
        m.JudicialConfirmationDecided(
            dispute_id=command.dispute_id,
            handoff_id=command.handoff_id,
            result=m.ConfirmationResult(command.result),
            ruling_no=None,
        )
    ]


def perform(
    rules: Rulebook, command: c.RecordPerformance, dispute: Dispute
) -> list[m.DisputeEvent]:
    """Who is owed it says so itself; a debtor's word goes through the mediator."""
    item = find_item(dispute, command.item_id)
    known = dispute.performed.get(command.item_id)
    if known is not None:
        if (known.on, known.proof) != (command.on, command.proof):
            raise Refused("out-of-turn", "That it was done on {on} is on record", on=known.on)
        return []
    if dispute.stage not in BINDING or dispute.signed is None:
        raise out_of_turn(command, dispute)
    if command.role == Role.PARTY and command.by != str(item.obligee):
        raise Refused(
            "role-not-allowed", "That it was done is said by whom it was owed to, or the mediator"
        )
    require_past(command.on, dispute.signed.effective_on, rules.day(command.at), "on")
    require_stored(command.proof, command.stored, "proof")
    assert dispute.reached is not None, "it has items"
    open_ = {one.item_id for one in dispute.reached.items} - {*dispute.performed, command.item_id}
    return [
        m.AgreementPerformed(
            dispute_id=command.dispute_id,
            item_id=command.item_id,
            on=command.on,
            proof=command.proof,
            done=not open_,
        )
    ]


def find_item(dispute: Dispute, item_id: UUID) -> m.AgreementItem:
    items = () if dispute.reached is None else dispute.reached.items
    for one in items:
        if one.item_id == item_id:
            return one
    raise NotFound("There is no item {item_id} in this agreement", item_id=item_id)


def breach(rules: Rulebook, command: c.RecordBreach, dispute: Dispute) -> list[m.DisputeEvent]:
    """Overdue, and the days of grace are over. Nothing of it enters anybody's credit (M12)."""
    item = find_item(dispute, command.item_id)
    if dispute.breached is not None and dispute.breached.item_id == command.item_id:
        return []
    if dispute.stage not in BINDING or command.item_id in dispute.performed:
        raise out_of_turn(command, dispute)
    today = rules.day(command.at)
    last = rules.last_day(GRACE, item.due_on)
    if today <= last:
        raise Refused(
            "breach-too-early",
            "It was due on {due_on}, and the days of grace run until {last}",
            due_on=item.due_on,
            last=last,
        )
    if item.obligor not in command.heard:
        raise Refused(
            "record-incomplete",
            "Who owes it is asked first why it was not done",
            field="heard",
        )
    triaged, received = dispute.triaged, dispute.received
    assert triaged is not None, "agreed after its triage"
    kind = rules.disputes[received.category]
    leads = kind.lead_on == ON_BREACH or triaged.type is m.MediationType.POLICE
    return [
        m.AgreementBreached(
            dispute_id=command.dispute_id,
            agency_code=dispute.agency_code,
            type=triaged.type,
            category=received.category,
            item_id=command.item_id,
            overdue_days=(today - item.due_on).days,
            confirmed=dispute.confirmation is m.ConfirmationResult.CONFIRMED,
            facts=command.facts,
            location=received.location,
            parties=dispute.parties,
            to_agency=AgencyCode(kind.lead_to) if leads else None,
            power_item_code=PowerItemCode(kind.item) if leads and kind.item else None,
            on=today,
        )
    ]
