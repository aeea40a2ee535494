"""The rules of a dispute: given these events, when this is asked, …"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from libs.contracts import mediation as m
from libs.contracts import vocabulary as v
from libs.events.core.kernel import Hidden
from services.mediation.dispute import commands as c
from services.mediation.dispute.rules.decider import owned
from tests.conftest import RULES
from tests.mediation import past as p
from tests.rules import AllTheRules
from tests.scenario import after, caller, given, refused

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


TERMS: dict[str, tuple[m.MediationType, m.CourtStage | None, str, date]] = {
    "people": (m.MediationType.PEOPLE, None, "MED.PEOPLE", date(2026, 6, 8)),
    "industry": (m.MediationType.INDUSTRY, None, "MED.PEOPLE", date(2026, 6, 8)),
    "police": (m.MediationType.POLICE, None, "MED.PEOPLE", date(2026, 6, 8)),
    "labour, from the application": (m.MediationType.LABOUR, None, "MED.LABOUR", date(2026, 5, 21)),
    "consumers": (m.MediationType.CONSUMER, None, "MED.CONSUMER.END", date(2026, 7, 10)),
    "a court, before filing": (
        m.MediationType.COURT_INVITED, m.CourtStage.PRE_FILING, "MED.COURT.PRE", date(2026, 6, 8),
    ),
    "a court, ordinary": (
        m.MediationType.COURT_INVITED, m.CourtStage.POST_ORDINARY, "MED.COURT.POST_ORD",
        date(2026, 5, 22),
    ),
    "a court, summary": (
        m.MediationType.COURT_INVITED, m.CourtStage.POST_SUMMARY, "MED.COURT.POST_SUM",
        date(2026, 5, 14),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "stage", "rule", "due"), TERMS.values(), ids=TERMS)
def test_each_type_has_its_own_clock(
    kind: m.MediationType, stage: m.CourtStage | None, rule: str, due: date
) -> None:
    triage = replace(p.TRIAGE, type=kind, court_stage=stage)
    past = after(p.DISPUTE, p.RECEIVED, triage, p.consent(p.ONE), p.consent(p.TWO))
    (accepted,) = given(p.DISPUTE, *past).when(p.ACCEPT)
    assert (accepted.rule_code, accepted.due_on) == (rule, due)


def test_the_police_mediate_twice_at_most_and_soon() -> None:
    triage = replace(p.TRIAGE, type=m.MediationType.POLICE)
    consents = (p.consent(p.ONE), p.consent(p.TWO))
    once = after(p.DISPUTE, p.RECEIVED, triage, *consents, p.ACCEPT, p.ASSIGN, p.SCHEDULE, p.HOLD)
    second = replace(p.HOLD, on=p.day("05-25"), at=p.on("05-25"))
    assert RULES.last_day("MED.POLICE.SECOND", p.day("05-14")) == p.day("05-25")
    twice = after(p.DISPUTE, once, second)
    with refused("out-of-turn"):
        given(p.DISPUTE, *once).when(replace(p.HOLD, on=p.day("05-26"), at=p.on("05-26")))
    with refused("out-of-turn"):
        given(p.DISPUTE, *twice).when(
            replace(
                p.HOLD,
                on=p.day("05-25"),
                summary_hash=p.OTHER_PAPER,
                at=p.on("05-25"),
                stored=frozenset({p.OTHER_PAPER}),
            )
        )


def test_days_that_stand_still_do_not_count_and_it_is_extended_twice() -> None:
    (resumed,) = given(p.DISPUTE, *p.PAUSED).when(p.RESUME)
    assert resumed.new_due_on == date(2026, 6, 15)  # 06-13 is a Saturday
    (longer,) = given(p.DISPUTE, *p.HELD).when(p.EXTEND)
    assert longer.new_due_on == RULES.last_day("MED.EXTEND", date(2026, 6, 8))


def test_a_term_that_is_over_ends_it_by_itself_unless_it_stands_still() -> None:
    (failed,) = given(p.DISPUTE, *p.HELD).when(p.OVER)
    assert failed.reason is m.FailedBecause.TERM_OVER
    (failed,) = given(p.DISPUTE, *p.RECUSED).when(p.OVER)
    assert failed.reason is m.FailedBecause.TERM_OVER
    assert given(p.DISPUTE, *p.PAUSED).when(p.OVER) == []
    assert given(p.DISPUTE, *p.HELD).when(replace(p.OVER, at=p.on("06-08", 23))) == []
    with refused("out-of-turn"):
        given(p.DISPUTE, *p.AGREED).when(p.OVER)


def test_it_climbs_three_levels_and_the_districts_centre_has_it_then() -> None:
    by_time = replace(p.ESCALATE, by_time=True)
    (up,) = given(p.DISPUTE, *p.HELD).when(by_time)
    assert (up.from_level, up.to_level, up.agency_code) == ("COMMUNITY", "STREET", p.STREET)
    assert given(p.DISPUTE, *p.HELD).when(replace(by_time, at=p.on("05-22"))) == []
    street = after(p.DISPUTE, p.HELD, by_time)
    later = replace(by_time, at=p.on("06-25"))
    (top,) = given(p.DISPUTE, *street).when(later)
    assert (top.to_level, top.agency_code, top.level_due_on) == ("DISTRICT", p.CENTRE, None)
    at_top = after(p.DISPUTE, street, later)
    assert given(p.DISPUTE, *at_top).when(replace(by_time, at=p.on("12-01"))) == []
    (asked,) = given(p.DISPUTE, *p.DANGEROUS).when(replace(p.ESCALATE, at=p.on("05-15")))
    assert asked.to_level == "STREET"


def test_what_an_official_is_named_for() -> None:
    crowd = after(p.DISPUTE, p.WAGES, p.CLAIM)
    assert given(p.DISPUTE, *crowd).when(p.OFFICIAL)
    (old,) = given(p.DISPUTE, *p.HELD).when(
        replace(p.OFFICIAL, at=p.on("07-08"), target_on=p.day("07-30"))
    )
    assert old.first_action_due_on == date(2026, 7, 13)


def test_what_the_district_lists() -> None:
    missed = replace(p.LIST, at=p.on("06-01"))
    (listed,) = given(p.DISPUTE, *p.OFFICIALLY).when(missed)
    assert listed.level is m.Level.DISTRICT
    assert given(p.DISPUTE, *p.HELD).when(replace(p.LIST, petitions=3))
    crowd = after(p.DISPUTE, p.WAGES, replace(p.CLAIM, workers=30))
    assert given(p.DISPUTE, *crowd).when(p.LIST)


def test_a_relation_that_all_waive_is_none() -> None:
    waived = replace(p.ASSIGN, relations=(replace(RELATION, waived_by=p.BOTH),))
    assert given(p.DISPUTE, *p.ACCEPTED).when(waived)


def test_a_guardian_speaks_for_a_minor_and_does_not_mediate() -> None:
    child = replace(CHILD, guardian=p.FIRM)
    past = after(p.DISPUTE, p.RECEIVED, joined(child))
    past = after(p.DISPUTE, past, p.consent(p.ONE), p.consent(p.CHILD.subject_id), p.ACCEPT)
    guardian = v.PersonId(str(p.FIRM.subject_id))
    with refused("mediator-conflict"):
        given(p.DISPUTE, *past).when(
            replace(p.ASSIGN, mediator_ids=(guardian,), lead_mediator=guardian)
        )


def test_a_category_of_the_grid_stands_for_the_one_beside_it() -> None:
    for code, category in (("1201162201", "NOISE"), ("2301", "WAGE"), ("1201160409", "OTHER")):
        (event,) = given(p.DISPUTE).when(replace(p.RECEIVE, category=v.DisputeCategory(code)))
        assert event.category == category


def test_wages_lead_in_parallel_unless_only_mediation_is_wanted() -> None:
    assert (p.WAGES[0].to_agency, p.WAGES[0].power_item_code) == ("RSJ", "P-WAGE-03")
    only = replace(p.RECEIVE, category=v.DisputeCategory("WAGE"), mediation_only=True)
    (event,) = given(p.DISPUTE).when(only)
    assert (event.to_agency, event.power_item_code) == (None, None)
    assert p.RECEIVED[0].to_agency is None


def test_a_breach_is_a_lead_where_the_pack_or_the_police_say_so_and_nobodys_credit() -> None:
    (noise,) = given(p.DISPUTE, *p.CONFIRMED).when(p.BREACH)
    assert (noise.to_agency, noise.power_item_code, noise.confirmed) == ("GAJ", "P-NOISE-03", True)
    quarrel = replace(p.RECEIVE, category=v.DisputeCategory("NEIGHBOUR"))
    steps = (p.consent(p.ONE), p.consent(p.TWO), p.ACCEPT, p.ASSIGN, p.SCHEDULE, p.HOLD)
    for kind, agency in ((m.MediationType.PEOPLE, None), (m.MediationType.POLICE, "GAJ")):
        triage = replace(p.TRIAGE, type=kind)
        past = after(p.DISPUTE, [], quarrel, triage, *steps, p.AGREE, p.SIGN)
        (event,) = given(p.DISPUTE, *past).when(p.BREACH)
        assert event.to_agency == agency


def test_the_ways_follow_from_the_kind_of_dispute() -> None:
    (civil,) = given(p.DISPUTE, *p.FAILED).when(p.GUIDE)
    assert [one.path for one in civil.paths] == ["CIVIL_SUIT"]
    (court,) = given(p.DISPUTE, *p.BREACHED).when(replace(p.GUIDE, paths=(m.Exit.POLICE,)))
    assert [(one.path, one.until) for one in court.paths] == [
        ("COURT_ENFORCEMENT", date(2028, 6, 5)), ("ENFORCEMENT_REPORT", None), ("POLICE", None),
    ]  # fmt: skip
    triage = replace(p.TRIAGE, type=m.MediationType.LABOUR)
    consents = (p.consent(p.ONE), p.consent(p.TWO))
    past = after(
        p.DISPUTE, p.WAGES, triage, *consents, p.ACCEPT, p.ASSIGN, replace(p.FAIL, at=p.on("05-12"))
    )
    (labour,) = given(p.DISPUTE, *past).when(p.GUIDE)
    assert {one.path for one in labour.paths} == {
        "ARBITRATION",
        "PAYMENT_ORDER",
        "LABOUR_COMPLAINT",
    }
    assert labour.paths[0].until == date(2027, 6, 16)


def test_what_the_fund_advances_settles_nothing() -> None:
    (advance,) = given(p.DISPUTE, *p.CLAIMED).when(ADVANCED)
    assert not advance.settled
    past = after(p.DISPUTE, p.CLAIMED, ADVANCED)
    half = replace(
        p.PAY, amount_fen=9_000_000, proof=p.OTHER_PAPER, stored=frozenset({p.OTHER_PAPER})
    )
    (part,) = given(p.DISPUTE, *past).when(half)
    assert not part.settled
    rest = replace(p.PAY, amount_fen=9_600_000, proof="c" * 64, stored=frozenset({"c" * 64}))
    (last,) = given(p.DISPUTE, *after(p.DISPUTE, past, half)).when(rest)
    assert last.settled


def test_what_is_opened_again_answers_no_handoff() -> None:
    again = after(p.DISPUTE, p.REOPENED, replace(p.TRIAGE, joined=(), at=p.on("07-27")))
    consents = (p.consent(p.ONE), p.consent(p.TWO), replace(p.ACCEPT, at=p.on("07-27")))
    past = after(p.DISPUTE, again, *consents)
    assert past[-1].handoff_id is None
    assert p.ACCEPTED[-1].handoff_id == p.HANDOFF


def test_a_visit_after_its_day_is_late_and_recorded() -> None:
    (visit,) = given(p.DISPUTE, *p.PERFORMED).when(p.FOLLOW_UP)
    assert not visit.late
    (late,) = given(p.DISPUTE, *p.PERFORMED).when(replace(p.FOLLOW_UP, at=p.on("07-13")))
    assert late.late


def test_whose_a_dispute_is() -> None:
    held, accepted = p.DISPUTE.fold(p.HELD), p.DISPUTE.fold(p.ACCEPTED)
    manager = caller(p.STREET, "MEDIATION_MANAGER")
    assert owned(held, manager)
    assert not owned(held, caller("ZFW", "MEDIATION_MANAGER"))
    mediator = replace(caller(p.STREET, "MEDIATOR"), actor=p.MEDIATOR)
    assert owned(held, mediator)
    assert not owned(held, replace(mediator, actor=p.COLLEAGUE))
    assert owned(accepted, replace(mediator, actor=p.COLLEAGUE))
    party = replace(caller("PUBLIC", "PARTY"), actor=str(p.ONE))
    assert owned(held, party)
    assert not owned(held, replace(party, actor=str(UUID(int=9))))


def test_a_dispute_whose_parties_were_forgotten_goes_on_without_them() -> None:
    (event,) = given(p.DISPUTE).when(replace(p.RECEIVE, parties=Hidden.ERASED, facts=Hidden.ERASED))
    with refused("consent-required"):
        given(p.DISPUTE, event, *p.TRIAGED[1:]).when(p.ACCEPT)
