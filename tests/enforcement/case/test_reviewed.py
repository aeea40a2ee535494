"""What a lawyer has found between the rules: each stays found."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from libs.contracts import enforcement
from libs.contracts.enforcement import (
    Authority,
    CreditClass,
    Instalment,
    Penalty,
    PenaltyKind,
    Ruling,
    ServiceMode,
    Waiver,
)
from libs.contracts.vocabulary import (
    STREET,
    AgencyCode,
    PowerItemCode,
    ReasonCode,
    SubjectKind,
    TerritoryCode,
)
from services.enforcement.case.rules import document
from services.enforcement.case.rules.state import Case
from services.enforcement.known import Agency, Item
from tests.conftest import RULES
from tests.enforcement.case import past as p
from tests.scenario import refused


def asked(past: Sequence[Any], command: Any) -> list[Any]:
    return p.CASE.decide(command, p.CASE.fold(list(past)))


def case_of(past: Sequence[Any]) -> Case:
    case = p.CASE.fold(list(past))
    assert isinstance(case, Case)
    return case


OWN = replace(p.MODIFY, authority=Authority.SELF, credit_class=CreditClass.MINOR)
SMALLER = p.after(p.DECIDED, OWN)


def test_what_was_changed_before_it_is_served_is_served_as_it_stands() -> None:
    (served,) = asked(SMALLER, p.SERVE)
    assert isinstance(served, enforcement.DecisionServed)
    fine = next(one for one in served.penalties if one.kind is PenaltyKind.FINE)
    assert fine.amount_fen == 15_000_000
    assert served.credit_class is CreditClass.MINOR
    decided = case_of([*SMALLER, served]).decided
    assert decided is not None
    assert decided.ledger.principal_fen == 15_000_000


def test_what_is_published_again_says_what_stands() -> None:
    changed = p.after(p.PUBLISHED, replace(OWN, credit_class=None), p.WITHDRAW)
    with refused("publicity-forbidden"):
        asked(changed, p.PUBLISH)
    decided = case_of(changed).decided
    assert decided is not None
    copy = document.written(decided.as_it_stands, RULES.names, masked=True)
    assert "150,000.00 元" in copy.text
    (published,) = asked(changed, replace(p.PUBLISH, masked_hash=copy.digest))
    assert "150,000.00 元" in published.document
    assert "213,334.40" not in published.document


def test_what_is_confirmed_illegal_is_not_published_again() -> None:
    illegal = p.after(p.PUBLISHED, p.PAY, p.RECON, p.RECON_ACCEPTED, p.RECON_DECIDED, p.ILLEGAL,
                      p.WITHDRAW)  # fmt: skip
    with refused("publicity-forbidden"):
        asked(illegal, p.PUBLISH)
    with refused("out-of-turn"):
        asked(illegal, replace(p.MODIFY, basis_ref="another"))


def test_a_fine_in_parts_is_one_fine() -> None:
    part = Penalty(kind=PenaltyKind.FINE, amount_fen=7_000_000)
    proposal = replace(p.PROPOSAL, penalties=(part,) * 12)
    with refused("penalty-out-of-range"):
        asked(p.INVESTIGATED, replace(p.CONCLUDE, proposal=proposal))


def at_noise(item: str, case: str, *penalties: Penalty) -> list[Any]:
    opened = replace(p.OPEN, power_item_code=PowerItemCode(item))
    past = p.after([], opened, p.ASSIGN, p.COLLECT)
    proposal = replace(p.PROPOSAL, penalties=penalties, case=case, base=None)
    return asked(past, replace(p.CONCLUDE, proposal=proposal, family="POLICE"))


def test_what_the_law_says_of_the_very_case_goes_first() -> None:
    low = Penalty(kind=PenaltyKind.FINE, amount_fen=500_000)
    high = Penalty(kind=PenaltyKind.FINE, amount_fen=6_000_000)
    with refused("penalty-out-of-range"):
        at_noise("P-NOISE-01", "REFUSES", low)
    assert at_noise("P-NOISE-01", "REFUSES", high)


def test_what_was_found_in_favour_of_the_party_cannot_be_left_out() -> None:
    factors = tuple(map(ReasonCode, ("MINOR", "CORRECTED", "NO_HARM")))
    past = p.after(p.INVESTIGATED, replace(p.CONCLUDE, factors=factors), p.NOTICE, p.WAIVE,
                   p.ASK_REVIEW, p.PASS, p.DISCUSS)  # fmt: skip
    with refused("minor-violation-exempt"):
        asked(past, p.DECIDE)


@pytest.mark.parametrize("kind", ["DEPARTMENT", "STREET"])
def test_a_power_of_the_street_is_the_streets(kind: str) -> None:
    item = Item(
        owners=(STREET,),
        delegated_to=(),
        hearing_hint=(),
        may_seize=True,
        effective_from=date(2021, 1, 1),
        effective_to=date(2099, 1, 1),
    )
    agency = Agency(
        kind=kind, territory=TerritoryCode("120116"), rule_family="OTHER", status="ACTIVE"
    )
    owned = item.owned_by(AgencyCode("ANY"), date(2026, 6, 1), local=agency.is_street)
    assert owned is (kind == "STREET")


@pytest.mark.parametrize("announced", [date(2026, 1, 5), date(1990, 1, 1), date(2027, 1, 1)])
def test_nothing_is_announced_before_it_is_decided(announced: date) -> None:
    command = replace(p.SERVE, mode=ServiceMode.ANNOUNCEMENT, ground="WHEREABOUTS_UNKNOWN",
                      manifest=p.WHOLE, announced_on=announced)  # fmt: skip
    with refused("service-mode-invalid"):
        asked(p.DECIDED, command)


def test_a_notice_by_announcement_needs_its_ground_and_its_time() -> None:
    bare = replace(p.NOTICE, mode=ServiceMode.ANNOUNCEMENT, manifest=p.WHOLE, at=p.on("07-01"))
    with refused("service-mode-invalid"):
        asked(p.CONCLUDED, bare)
    grounded = replace(bare, ground="WHEREABOUTS_UNKNOWN", announced_on=date(2026, 5, 20))
    (noticed,) = asked(p.CONCLUDED, grounded)
    assert noticed.served_on == date(2026, 6, 22)
    assert noticed.statement_due_on > noticed.served_on


def test_no_court_is_asked_while_a_remedy_is_sought() -> None:
    sought = p.after(p.DEMANDED, p.RECON)
    with refused("court-too-early"):
        asked(sought, p.APPLY)
    with refused("out-of-turn"):
        asked(p.after(p.PUBLISHED, p.RECON), p.DEMAND)


def test_who_pays_in_parts_is_left_in_peace_until_the_last() -> None:
    assert isinstance(p.PARTS.schedule, tuple)
    last = replace(p.PARTS.schedule[1], due_on=date(2027, 12, 14))
    parts = replace(p.PARTS, schedule=(p.PARTS.schedule[0], last))
    agreed = p.after(p.PUBLISHED, parts)
    with refused("out-of-turn"):
        asked(agreed, replace(p.DEMAND, at=p.on("12-31")))
    assert isinstance(last, Instalment)


def test_what_the_court_has_not_granted_is_not_enforced() -> None:
    with refused("out-of-turn"):
        asked(p.APPLIED, p.FORCE)
    denied = p.after(p.APPLIED, replace(p.RULED, ruling=Ruling.REFUSED))
    with refused("out-of-turn"):
        asked(denied, p.FORCE)
    with refused("request-malformed"):
        asked(p.GRANTED, replace(p.FORCE, executed_at=p.on("12-20")))


def test_one_party_gives_up_its_own_rights_and_nobody_elses() -> None:
    other = replace(p.SUBJECT, subject_id=UUID(int=9))
    opened = replace(p.OPEN, subjects=(p.SUBJECT, other),
                     parties=(p.PARTY, replace(p.PARTY, subject_id=other.subject_id)))  # fmt: skip
    noticed = p.after([], opened, p.ASSIGN, p.COLLECT, p.CONCLUDE, p.NOTICE)
    review = replace(p.ASK_REVIEW, at=p.on("05-22"))
    with refused("request-malformed"):
        asked(noticed, p.WAIVE)
    first = replace(p.WAIVE, subject_id=p.SUBJECT.subject_id)
    once = p.after(noticed, first)
    with refused("rights-period-open"):
        asked(once, review)
    twice = p.after(once, replace(first, subject_id=other.subject_id))
    assert asked(twice, review)


def test_statement_and_hearing_are_given_up_apart() -> None:
    stated = p.after(p.NOTICED, replace(p.WAIVE, scope=Waiver.STATEMENT))
    with refused("rights-period-open"):
        asked(stated, replace(p.ASK_REVIEW, at=p.on("05-22")))
    assert asked(
        p.after(stated, replace(p.WAIVE, scope=Waiver.HEARING)),
        replace(p.ASK_REVIEW, at=p.on("05-22")),
    )


def test_a_clock_that_stands_still_is_not_missed() -> None:
    paused = p.after(p.DISCUSSED, replace(p.PAUSE, at=p.on("06-20")))
    (decided,) = asked(paused, replace(p.DECIDE, at=p.on("08-20")))
    assert decided.on_time
    (late,) = asked(p.DISCUSSED, replace(p.DECIDE, at=p.on("08-20")))
    assert not late.on_time


def test_pauses_of_a_redecision_are_merged_too() -> None:
    appraisal = ReasonCode("EXPERT_APPRAISAL")
    both = p.after(
        p.REOPENED,
        replace(p.PAUSE, at=p.on("08-25")),
        replace(p.PAUSE, reason=appraisal, at=p.on("08-25")),
        replace(p.RESUME, at=p.on("09-04")),
    )
    (resumed,) = asked(both, replace(p.RESUME, reason=appraisal, at=p.on("09-04")))
    assert resumed.new_due_on == date(2026, 10, 29)


def test_no_hearing_waits_while_the_police_have_it() -> None:
    heard = p.after(p.REPORTED, p.CONCLUDE, p.NOTICE, p.HEAR)
    events = asked(heard, replace(p.TRANSFER, at=p.on("05-28")))
    assert "HEARING" not in case_of([*heard, *events]).running


def test_the_same_in_other_words_is_the_same() -> None:
    again = p.after(p.REOPENED, p.COLLECT_AGAIN, replace(p.CONCLUDE, at=p.on("08-24")),
                    replace(p.NOTICE, at=p.on("08-25")))  # fmt: skip
    waived = p.after(again, replace(p.WAIVE, at=p.on("08-26")),
                     replace(p.ASK_REVIEW, at=p.on("08-27")), p.PASS,
                     replace(p.DISCUSS, at=p.on("08-28")))  # fmt: skip
    turned = replace(p.DECIDE, penalties=(p.ORDERS, p.FINE), at=p.on("09-01"))
    with refused("same-decision-barred"):
        asked(waived, turned)


def test_another_order_than_the_party_was_told_needs_a_new_notice() -> None:
    harder = replace(p.ORDERS, detail="拆除并永久关闭")
    with refused("heavier-than-noticed"):
        asked(p.DISCUSSED, replace(p.DECIDE, penalties=(p.FINE, harder)))


def test_goods_have_a_value_and_it_counts() -> None:
    goods = Penalty(kind=PenaltyKind.CONFISCATE_GOODS, detail="设备")
    with refused("request-malformed"):
        asked(p.INVESTIGATED, replace(p.CONCLUDE, proposal=replace(p.PROPOSAL, penalties=(goods,))))
    dear = replace(goods, value_fen=1_000_000_000)
    proposal = replace(p.PROPOSAL, penalties=(dear,))
    concluded = p.after(p.INVESTIGATED, replace(p.CONCLUDE, proposal=proposal))
    quiet = replace(p.NOTICE, hearing_right=False, power=replace(p.NOTICE.power, hearing_hint=()))
    with refused("hearing-right-missing"):
        asked(concluded, quiet)


def test_evidence_that_was_excluded_meanwhile_carries_no_decision() -> None:
    with refused("evidence-inadmissible"):
        asked(p.after(p.DISCUSSED, p.EXCLUDE), p.DECIDE)


def test_a_device_that_no_step_verified_proves_nothing() -> None:
    past = p.after(p.ASSIGNED, replace(p.MEASURED, verified_by_step=True))
    with refused("evidence-inadmissible"):
        asked(past, replace(p.CONCLUDE, evidence=(p.MONITOR,)))


def test_who_signed_the_conclusion_does_not_review_it() -> None:
    three = p.signed(p.ONE, p.REVIEWER)
    past = p.after(p.INVESTIGATED, replace(p.CONCLUDE, signed=three), p.NOTICE, p.WAIVE,
                   p.ASK_REVIEW)  # fmt: skip
    with refused("role-conflict"):
        asked(past, p.PASS)


@pytest.mark.parametrize(
    "text",
    [
        "电话 138-1234-5678", "电话 022-66301234", "电话 １３８１２３４５６７８",
        "身份证 120199 19900101 0194", "卡号 6222 0202 0001 2345 678", "车牌 津A·12345",
        "护照 E12345678", "身份证 120199199001010194",
    ],
)  # fmt: skip
def test_what_tells_who_it_was_is_blotted_out(text: str) -> None:
    masked = document.mask_text(text, (), frozenset())
    assert masked == f"{text.split()[0]} ＊＊＊"


@pytest.mark.parametrize("text", ["罚款 213,334.40 元", "2026年06月24日", "3.2 亩", "〔2026〕45号"])
def test_what_tells_nobody_stands(text: str) -> None:
    assert document.mask_text(text, (), frozenset()) == text


def test_a_person_of_unknown_age_is_not_published() -> None:
    unknown = replace(p.SUBJECT, kind=SubjectKind.PERSON, adult_on=None)
    steps = (p.ASSIGN, p.COLLECT, p.CONCLUDE, p.NOTICE, p.WAIVE, p.ASK_REVIEW, p.PASS, p.DISCUSS)
    past = p.after([], replace(p.OPEN, subjects=(unknown,)), *steps, p.DECIDE, p.SERVE)
    with refused("publicity-forbidden"):
        asked(past, p.PUBLISH)


def test_what_is_verified_is_shown_and_what_is_recorded_is_over() -> None:
    with refused("record-incomplete"):
        asked(p.CORRECTING, replace(p.VERIFY, media=()))
    with refused("request-malformed"):
        asked(p.ASSIGNED, replace(p.STEP, ended_at=p.on("12-01")))


def test_what_falls_in_part_leaves_the_rest_to_be_paid() -> None:
    """The money of the part that fell goes back; the surcharge grows on the rest alone."""
    in_part = p.after(p.RECON_ENDED, replace(p.REVOKE_PART, amount_fen=10_000_000), p.REFUND)
    decided = case_of(in_part).decided
    assert decided is not None
    assert decided.ledger.principal_fen == 10_000_000
    back = [one.amount_fen for one in in_part if isinstance(one, enforcement.FineRefunded)]
    assert back == [21_333_440 - 10_000_000]
    assert [one.kind for one in decided.penalties] == [PenaltyKind.FINE, PenaltyKind.OTHER]
    with refused("heavier-than-noticed"):
        asked(p.RECON_ENDED, replace(p.REVOKE_PART, amount_fen=30_000_000))
