"""The rules of a dispute: given these events, when this is asked, …"""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from libs.contracts import mediation as m
from libs.contracts import vocabulary as v
from services.mediation.dispute import commands as c
from tests.mediation import past as p
from tests.rules import AllTheRules
from tests.scenario import after, given, refused

COMMANDS = (
    p.RECEIVE, p.TRIAGE, p.DIVERT, p.consent(p.ONE), p.ACCEPT, p.DECLINE, p.ASSIGN, p.RECUSE,
    p.CONVENE, p.JOIN, p.OFFICIAL, p.LIST, p.DELIST, p.ESCALATE, p.ALERT, p.SCHEDULE, p.HOLD,
    p.PAUSE, p.RESUME, p.EXTEND, p.AGREE, p.SIGN, p.APPLY, p.CONFIRM, p.perform(p.ITEM), p.BREACH,
    p.FAIL, p.OVER, p.TERMINATE, p.GUIDE, p.FOLLOW_UP, p.CLOSE, p.REOPEN, p.AID, p.AIDED, p.CLAIM,
    p.PAY,
)  # fmt: skip
PASTS = (
    p.NOTHING, p.RECEIVED, p.WAGES, p.TRIAGED, p.WILLING, p.ACCEPTED, p.ASSIGNED, p.RECUSED,
    p.CONVENED, p.MEDIATING, p.HELD, p.PAUSED, p.RESUMED, p.EXTENDED, p.AGREED, p.SIGNED,
    p.CONFIRMING, p.CONFIRMED, p.PERFORMING, p.PERFORMED, p.BREACHED, p.FAILED, p.TERMINATED,
    p.DECLINED, p.DIVERTED, p.GUIDED, p.FOLLOWED_UP, p.CLOSED, p.REOPENED, p.DANGEROUS, p.LISTED,
    p.OFFICIALLY, p.HELPED, p.CLAIMED, p.PAID,
)  # fmt: skip


class TestDisputes(AllTheRules):
    decider = p.DISPUTE
    commands = COMMANDS
    pasts = PASTS
    # A danger is reported as often as it is seen, and a term is extended twice.
    repeatable = (c.RaiseRiskAlert, c.ExtendMediation)


def joined(*parties: m.DisputeParty) -> c.TriageDispute:
    return replace(p.TRIAGE, joined=parties)


CHILD = m.DisputeParty(subject_ref=p.CHILD, role=m.PartyRole.RESPONDENT)
RELATION = m.Relation(mediator_id=p.MEDIATOR, party_id=p.ONE, kind=m.RelationKind.NEAR_RELATIVE)
AT_DESK = replace(p.RECEIVE, person=True, handoff_id=None)
UNWILLING = after(p.DISPUTE, p.HELD, p.consent(p.TWO, yes=False))
IDENTITY = after(p.DISPUTE, p.HELD, replace(p.AGREE, marks=(m.Mark.IDENTITY_RELATION,)), p.SIGN)
ADVANCED = replace(p.PAY, via=m.PaidBy.EMERGENCY_FUND)


def named(*items: c.Owed) -> c.RecordAgreement:
    return replace(p.AGREE, items=items)


OWED = p.AGREE.items[0]

REFUSALS: dict[str, tuple[str, list[Any], Any]] = {
    "nobody applies at a desk": ("party-required", [], replace(AT_DESK, parties=())),
    "only who is complained of": ("party-required", [], replace(AT_DESK, parties=(p.RESPONDENT,))),
    "nobody by the triage": (
        "party-required",
        after(p.DISPUTE, [], replace(p.RECEIVE, parties=())),
        p.TRIAGE,
    ),
    "a minor alone": ("guardian-required", p.RECEIVED, joined(CHILD)),
    "no such category": (
        "request-malformed",
        [],
        replace(AT_DESK, category=v.DisputeCategory("9999")),
    ),
    "applied for tomorrow": ("request-malformed", [], replace(p.RECEIVE, applied_at=p.on("05-09"))),
    "twice a party": (
        "request-malformed",
        p.RECEIVED,
        joined(replace(p.RESPONDENT, subject_ref=p.BELOW)),
    ),
    "a matter that is not theirs": ("not-found", [], replace(AT_DESK, matter=v.Matter("M"))),
    "another by that id": ("idempotency-conflict", p.RECEIVED, replace(p.RECEIVE, facts="a drum")),
    "a court that says nothing": (
        "request-malformed",
        p.RECEIVED,
        replace(p.TRIAGE, type=m.MediationType.COURT_INVITED),
    ),
    "no dispute": ("not-found", [], p.ACCEPT),
    "one has not answered": (
        "consent-required",
        after(p.DISPUTE, p.TRIAGED, p.consent(p.ONE)),
        p.ACCEPT,
    ),
    "nobody on the other side": (
        "consent-required",
        after(p.DISPUTE, p.RECEIVED, joined(), p.consent(p.ONE)),
        p.ACCEPT,
    ),
    "for another party": (
        "role-not-allowed",
        p.TRIAGED,
        replace(p.consent(p.ONE), role="PARTY", by=v.PersonId(str(p.TWO))),
    ),
    "no party": ("not-found", p.TRIAGED, p.consent(UUID(int=9))),
    "nobody refused": (
        "out-of-turn",
        p.WILLING,
        replace(p.DECLINE, reason=m.DeclinedBecause.REFUSED),
    ),
    "diverted for a reason of one's own": (
        "reason-not-listed",
        p.TRIAGED,
        replace(p.DIVERT, reason=v.ReasonCode("BUSY")),
    ),
    "diverted to nobody": ("agency-unknown", p.TRIAGED, replace(p.DIVERT, receiver_known=False)),
    "diverted without a way": (
        "guidance-required",
        p.TRIAGED,
        replace(p.DIVERT, reason=v.ReasonCode("LITIGATION")),
    ),
    "the mediator is a party": (
        "mediator-conflict",
        p.ACCEPTED,
        replace(
            p.ASSIGN, mediator_ids=(v.PersonId(str(p.ONE)),), lead_mediator=v.PersonId(str(p.ONE))
        ),
    ),
    "recused and named again": ("mediator-conflict", p.RECUSED, p.ASSIGN),
    "a relative": ("mediator-conflict", p.ACCEPTED, replace(p.ASSIGN, relations=(RELATION,))),
    "a relative whom one has waived": (
        "mediator-conflict",
        p.ACCEPTED,
        replace(p.ASSIGN, relations=(replace(RELATION, waived_by=(p.ONE,)),)),
    ),
    "nobody leads": (
        "request-malformed",
        p.ACCEPTED,
        replace(p.ASSIGN, lead_mediator=p.COLLEAGUE),
    ),
    "recused who does not mediate": (
        "out-of-turn",
        p.ASSIGNED,
        replace(p.RECUSE, mediator_id=p.COLLEAGUE),
    ),
    "one unit": ("joint-lead-missing", p.ASSIGNED, replace(p.CONVENE, units=p.UNITS[:1])),
    "a unit that takes no part": (
        "joint-lead-missing",
        p.ASSIGNED,
        replace(p.CONVENE, active=frozenset(p.UNITS[:1])),
    ),
    "led from outside": (
        "joint-lead-missing",
        p.ASSIGNED,
        replace(p.CONVENE, lead_unit=v.AgencyCode("HBJ")),
    ),
    "another call by that id": (
        "idempotency-conflict",
        p.CONVENED,
        replace(p.CONVENE, topic="rats"),
    ),
    "no need of an official": ("lead-official-unneeded", p.HELD, p.OFFICIAL),
    "a target of yesterday": (
        "request-malformed",
        p.DANGEROUS,
        replace(p.OFFICIAL, target_on=p.day("05-01")),
    ),
    "no need of the list": ("listing-unneeded", p.HELD, p.LIST),
    "listed for too long": (
        "listing-unneeded",
        p.DANGEROUS,
        replace(p.LIST, due_on=p.day("08-30")),
    ),
    "listed otherwise": ("out-of-turn", p.LISTED, replace(p.LIST, reason="something else")),
    "delisted from nothing": ("out-of-turn", p.HELD, p.DELIST),
    "escalated too early": ("out-of-turn", p.HELD, replace(p.ESCALATE, at=p.on("05-22"))),
    "consent taken back: no session": (
        "consent-required",
        UNWILLING,
        replace(p.SCHEDULE, held_at=p.on("05-20")),
    ),
    "consent taken back: nothing held": (
        "consent-required",
        UNWILLING,
        replace(p.HOLD, on=p.day("05-15")),
    ),
    "consent taken back: no agreement": ("consent-required", UNWILLING, p.AGREE),
    "after the term": (
        "out-of-turn",
        p.HELD,
        replace(p.HOLD, on=p.day("06-09"), at=p.on("06-09")),
    ),
    "planned after the term": ("out-of-turn", p.HELD, replace(p.SCHEDULE, held_at=p.on("06-09"))),
    "while it stands still": (
        "out-of-turn",
        p.PAUSED,
        replace(p.HOLD, on=p.day("05-16"), at=p.on("05-16")),
    ),
    "rights not read": (
        "record-incomplete",
        p.MEDIATING,
        replace(p.HOLD, rights_read=False),
    ),
    "one side there": (
        "record-incomplete",
        p.MEDIATING,
        replace(p.HOLD, attendance=p.ATTENDED[:1]),
    ),
    "no record in the store": (
        "record-incomplete",
        p.MEDIATING,
        replace(p.HOLD, stored=frozenset()),
    ),
    "held tomorrow": ("request-malformed", p.MEDIATING, replace(p.HOLD, on=p.day("05-20"))),
    "extended against one": ("extension-limit", p.HELD, replace(p.EXTEND, agreed_by=(p.ONE,))),
    "extended a third time": ("extension-limit", after(p.DISPUTE, p.EXTENDED, p.EXTEND), p.EXTEND),
    "what cannot be mediated": (
        "not-mediable",
        p.HELD,
        replace(p.AGREE, marks=(m.Mark.CRIMINAL_LIABILITY,)),
    ),
    "an item without a day": ("agreement-incomplete", p.HELD, named(replace(OWED, due_on=None))),
    "an item that nobody owes": (
        "agreement-incomplete",
        p.HELD,
        named(replace(OWED, obligor=None)),
    ),
    "an item that a stranger owes": (
        "agreement-incomplete",
        p.HELD,
        named(replace(OWED, obligor=UUID(int=9))),
    ),
    "an item twice": ("request-malformed", p.HELD, named(OWED, OWED)),
    "signed by one": ("agreement-incomplete", p.AGREED, replace(p.SIGN, signed_by=(p.ONE,))),
    "signed without a seal": ("agreement-incomplete", p.AGREED, replace(p.SIGN, seal_hash=None)),
    "a seal that nobody holds": (
        "record-incomplete",
        p.AGREED,
        replace(p.SIGN, stored=frozenset()),
    ),
    "in force before it was agreed": (
        "request-malformed",
        p.AGREED,
        replace(p.SIGN, effective_on=p.day("05-24")),
    ),
    "confirmation by one": (
        "confirmation-joint",
        p.SIGNED,
        replace(p.APPLY, applicants=(str(p.ONE),)),
    ),
    "confirmation too late": ("confirmation-late", p.SIGNED, replace(p.APPLY, at=p.on("06-25"))),
    "confirmation of who is related to whom": ("confirmation-excluded", IDENTITY, p.APPLY),
    "no court": ("agency-unknown", p.SIGNED, replace(p.APPLY, competent=False)),
    "an application that nobody holds": (
        "record-incomplete",
        p.SIGNED,
        replace(p.APPLY, application_hash=p.OTHER_PAPER),
    ),
    "an outcome from somebody else": (
        "out-of-turn",
        p.CONFIRMING,
        replace(p.CONFIRM, handoff_id=p.HANDOFF),
    ),
    "performed by the debtor's word": (
        "role-not-allowed",
        p.CONFIRMED,
        replace(p.perform(p.ITEM), role="PARTY", by=v.PersonId(str(p.TWO))),
    ),
    "performed, says a file that nobody holds": (
        "record-incomplete",
        p.CONFIRMED,
        replace(p.perform(p.ITEM), stored=frozenset()),
    ),
    "performed before it was owed": ("request-malformed", p.CONFIRMED, p.perform(p.ITEM, "05-01")),
    "no such item": ("not-found", p.CONFIRMED, p.perform(v.ItemId(UUID(int=9)))),
    "performed on another day": ("out-of-turn", p.PERFORMING, p.perform(p.ITEM, "06-09")),
    "inside the days of grace": (
        "breach-too-early",
        p.CONFIRMED,
        replace(p.BREACH, at=p.on("06-08", 23)),
    ),
    "nobody was heard": ("record-incomplete", p.CONFIRMED, replace(p.BREACH, heard=(p.ONE,))),
    "breached what was done": ("out-of-turn", p.PERFORMING, p.BREACH),
    "told before it ended": (
        "request-malformed",
        p.FAILED,
        replace(p.GUIDE, served_on=p.day("05-25")),
    ),
    "asked before it was due": (
        "out-of-turn",
        p.SIGNED,
        replace(p.FOLLOW_UP, at=p.on("06-01")),
    ),
    "closed without a way": ("guidance-required", p.FAILED, p.CLOSE),
    "closed after a breach without a way": ("guidance-required", p.BREACHED, p.CLOSE),
    "closed without a visit": ("file-incomplete", p.PERFORMED, p.CLOSE),
    "closed in the midst of it": ("file-incomplete", p.HELD, p.CLOSE),
    "closed while it is listed": (
        "file-incomplete",
        after(p.DISPUTE, p.LISTED, p.FAIL, p.GUIDE, p.FOLLOW_UP),
        p.CLOSE,
    ),
    "closed while legal aid is open": (
        "file-incomplete",
        after(p.DISPUTE, p.HELPED, p.FAIL, p.GUIDE, p.FOLLOW_UP),
        p.CLOSE,
    ),
    "opened again too late": (
        "reopen-window-closed",
        p.CLOSED,
        replace(p.REOPEN, at=p.on("06-26") + timedelta(days=370)),
    ),
    "no legal aid there": ("agency-unknown", p.HELD, replace(p.AID, centre=False)),
    "aid that nobody asked for": ("out-of-turn", p.HELD, p.AIDED),
    "a claim of zero workers": ("claim-incomplete", p.WAGES, replace(p.CLAIM, workers=0)),
    "a claim against nobody": ("claim-incomplete", p.WAGES, replace(p.CLAIM, employer=None)),
    "wages of a quarrel over noise": ("claim-incomplete", p.HELD, p.CLAIM),
    "paid without a claim": ("claim-incomplete", p.WAGES, p.PAY),
    "paid by a file that nobody holds": (
        "record-incomplete",
        p.CLAIMED,
        replace(p.PAY, stored=frozenset()),
    ),
    "paid twice with one slip": ("idempotency-conflict", p.PAID, replace(p.PAY, amount_fen=1)),
    "paid when all was paid": (
        "out-of-turn",
        p.PAID,
        replace(p.PAY, proof=p.OTHER_PAPER, stored=frozenset({p.OTHER_PAPER})),
    ),
    "paid tomorrow": ("request-malformed", p.CLAIMED, replace(p.PAY, on=p.day("05-21"))),
}


@pytest.mark.parametrize(("rule", "past", "command"), REFUSALS.values(), ids=REFUSALS)
def test_what_is_refused(rule: str, past: list[Any], command: Any) -> None:
    with refused(rule):
        given(p.DISPUTE, *past).when(command)
