"""The clocks of a dispute, its levels, its ways out, its money, and whose it is."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from libs.contracts import mediation as m
from libs.contracts import vocabulary as v
from libs.events.core.kernel import Hidden
from services.mediation.dispute import commands as c
from services.mediation.dispute.rules.decider import owned
from tests.conftest import RULES
from tests.mediation import past as p
from tests.scenario import after, caller, given, refused

CHILD = m.DisputeParty(subject_ref=p.CHILD, role=m.PartyRole.RESPONDENT)
RELATION = m.Relation(mediator_id=p.MEDIATOR, party_id=p.ONE, kind=m.RelationKind.NEAR_RELATIVE)
ADVANCED = replace(p.PAY, via=m.PaidBy.EMERGENCY_FUND)


def joined(*parties: m.DisputeParty) -> c.TriageDispute:
    return replace(p.TRIAGE, joined=parties)


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
