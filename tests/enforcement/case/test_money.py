"""Money and clocks, whatever comes in which order: found by an oracle that counts day by day."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.contracts.enforcement import (
    CaseClockResumed,
    DecisionServed,
    FinePaid,
    FineRefunded,
    FineSurchargeAccrued,
    Instalment,
    Penalty,
    PenaltyKind,
)
from libs.contracts.vocabulary import ReasonCode
from libs.events.core.kernel import Refused
from libs.statute.calendar import Pause
from services.enforcement.case.commands.preparing import PauseClock, ResumeClock
from services.enforcement.case.rules.ledger import Ledger, Payment
from services.enforcement.case.rules.state import Case
from tests.conftest import RULES
from tests.enforcement.case import past as p
from tests.scenario import numbered

SERVED = next(one for one in p.SERVED if isinstance(one, DecisionServed))
DUE = SERVED.payment_due_on
RATE, CAP = 300, 10_000
DAY = timedelta(days=1)

sums = st.integers(1, 3_000_000)
days = st.integers(-10, 90).map(lambda n: DUE + n * DAY if DUE else date.min)
payments = st.lists(st.tuples(sums, days), max_size=6)
holds = st.lists(st.tuples(days, st.integers(0, 40)), max_size=3)


def ledger(fine: int, paid: Sequence[tuple[int, date]] = (), held: Any = ()) -> Ledger:
    served = replace(SERVED, penalties=(Penalty(kind=PenaltyKind.FINE, amount_fen=fine),))
    return replace(
        Ledger().due(served),
        payments=tuple(
            Payment(amount_fen=amount, on=on, voucher_no=f"V-{n}")
            for n, (amount, on) in enumerate(paid)
        ),
        held=tuple(Pause(on, on + length * DAY) for on, length in held),
    )


def counted(
    fine: int, paid: Sequence[tuple[int, date]], held: Any, since: date, until: date
) -> int:
    """The surcharge as a clerk would count it: 3 % of what is open, for each day that counts."""
    hundredths, day = 0, since
    while day < until:
        day += DAY
        stands_still = any(on <= day < on + length * DAY for on, length in held)
        open_ = fine - sum(amount for amount, on in paid if on < day)
        if not stands_still and open_ > 0:
            hundredths += 3 * open_
    return min(hundredths // 100, fine)


@given(sums, payments, holds, days)
@settings(max_examples=300, deadline=None)
def test_the_surcharge_is_what_a_clerk_would_count(
    fine: int, paid: list[tuple[int, date]], held: list[tuple[date, int]], until: date
) -> None:
    assert DUE is not None
    money = ledger(fine, paid, held)
    assert money.accrued(until, RATE, CAP) == counted(fine, paid, held, DUE, until)


@given(sums, payments, holds, st.randoms())
@settings(max_examples=200, deadline=None)
def test_the_order_of_recording_changes_nothing(
    fine: int, paid: list[tuple[int, date]], held: list[tuple[date, int]], chance: Any
) -> None:
    assert DUE is not None
    mixed, mixed_held = list(paid), list(held)
    chance.shuffle(mixed)
    chance.shuffle(mixed_held)
    until = DUE + 60 * DAY
    first, second = ledger(fine, paid, held), ledger(fine, mixed, mixed_held)
    assert first.owed(until, RATE, CAP) == second.owed(until, RATE, CAP)


@given(sums, payments, holds)
@settings(max_examples=200, deadline=None)
def test_it_only_grows_never_beyond_the_fine_and_not_before_it_is_due(
    fine: int, paid: list[tuple[int, date]], held: list[tuple[date, int]]
) -> None:
    assert DUE is not None
    money = ledger(fine, paid, held)
    grown = [money.accrued(DUE + n * DAY, RATE, CAP) for n in range(-5, 60)]
    assert grown == sorted(grown)
    assert grown[:6] == [0] * 6
    assert grown[-1] <= fine


@given(st.lists(sums, min_size=1, max_size=6), sums, st.integers(0, 80))
@settings(max_examples=200, deadline=None)
def test_instalments_come_to_the_whole_or_are_refused(
    parts: list[int], off: int, late: int
) -> None:
    """Paid as agreed nothing grows; with one missed, all the rest is due from that day."""
    assert DUE is not None
    fine = sum(parts)
    past = [
        replace(one, penalties=(Penalty(kind=PenaltyKind.FINE, amount_fen=fine),))
        if isinstance(one, DecisionServed)
        else one
        for one in p.SERVED
    ]
    schedule = tuple(
        Instalment(due_on=DUE + 10 * n * DAY, amount_fen=part) for n, part in enumerate(parts)
    )
    wanted = replace(p.PARTS, schedule=schedule)
    (approved,) = p.CASE.decide(wanted, p.CASE.fold(past))
    more = replace(schedule[0], amount_fen=schedule[0].amount_fen + off)
    wrong = replace(wanted, schedule=(more, *schedule[1:]))
    with pytest.raises(Refused, match="come to"):
        p.CASE.decide(wrong, p.CASE.fold(past))
    case = p.CASE.fold([*past, approved])
    assert isinstance(case, Case)
    assert case.decided is not None
    money = case.decided.ledger
    as_agreed = replace(
        money,
        payments=tuple(
            Payment(amount_fen=one.amount_fen, on=one.due_on, voucher_no=str(one.due_on))
            for one in schedule
        ),
    )
    end = schedule[-1].due_on + 90 * DAY
    assert as_agreed.owed(end, RATE, CAP) == 0
    none_paid = money.accrued(DUE + late * DAY, RATE, CAP)
    assert none_paid == counted(fine, [], [], DUE, DUE + late * DAY)


@given(st.lists(sums, min_size=1, max_size=5), st.integers(1, 2_999_999), st.booleans())
@settings(max_examples=150, deadline=None)
def test_what_falls_is_paid_back_whole_and_once(amounts: list[int], left: int, fell: bool) -> None:
    """Whatever was paid and added: after the refund nobody owes what nobody may claim."""
    fine = 3_000_000
    events = [
        replace(one, penalties=(Penalty(kind=PenaltyKind.FINE, amount_fen=fine),))
        if isinstance(one, DecisionServed)
        else one
        for one in p.SERVED
    ]
    for n, amount in enumerate(amounts):
        on = date(2026, 7, 10) + 9 * n * DAY
        at = p.on(f"{on:%m-%d}", 15)
        events += take(events, replace(p.PAY, amount_fen=amount, voucher_no=f"V-{n}", paid_on=on,
                                       at=at))  # fmt: skip
        events += take(events, replace(p.ACCRUE, as_of=on, at=at))
    undo = p.REVOKE if fell else replace(p.MODIFY, amount_fen=left)
    events += take(events, undo)
    events += take(events, replace(p.REFUND, at=p.on("12-20")))
    assert take(events, replace(p.REFUND, at=p.on("12-20"))) == []
    paid = sum(one.amount_fen for one in events if isinstance(one, FinePaid))
    back = sum(one.amount_fen for one in events if isinstance(one, FineRefunded))
    case = p.CASE.fold(events)
    assert isinstance(case, Case)
    assert case.decided is not None
    money = case.decided.ledger
    owed = money.owed(date(2026, 12, 20), RATE, CAP)
    assert 0 <= back <= paid
    assert owed >= 0
    assert paid - back + owed == money.principal_fen + money.accrued(date(2026, 12, 20), RATE, CAP)
    if fell:
        assert back == paid
    claims = [one.total_fen for one in events if isinstance(one, FineSurchargeAccrued)]
    assert claims == sorted(claims)


def take(events: Sequence[Any], command: Any) -> list[Any]:
    return [numbered(one) for one in p.CASE.decide(command, p.CASE.fold(events))]


REASONS = ("TEST", "INSPECTION", "QUARANTINE", "EXPERT_APPRAISAL")


@given(
    st.lists(
        st.tuples(st.sampled_from(REASONS), st.integers(2, 60), st.integers(0, 30)),
        max_size=4,
        unique_by=lambda one: one[0],
    )
)
@settings(max_examples=150, deadline=None)
def test_the_clock_of_a_case_counts_a_paused_day_once(pauses: list[tuple[str, int, int]]) -> None:
    """However the pauses overlap, and in whatever order they end."""
    filed = p.OPEN.filed_on
    marks = sorted(
        [(start, 0, reason) for reason, start, _ in pauses]
        + [(start + length, 1, reason) for reason, start, length in pauses]
    )
    events: list[Any] = list(p.INVESTIGATED)
    for day, ends, reason in marks:
        at = p.on(f"{filed + day * DAY:%m-%d}")
        code = ReasonCode(reason)
        command = (
            ResumeClock(case_id=p.ID, reason=code, signed=p.BOTH, at=at)
            if ends
            else PauseClock(case_id=p.ID, reason=code, signed=p.BOTH, approver=p.HEAD, at=at)
        )
        events += take(events, command)
    resumed = [one for one in events if isinstance(one, CaseClockResumed)]
    assert len(resumed) == len(pauses)
    still = {filed + n * DAY for _, start, length in pauses for n in range(start, start + length)}
    last = filed + (90 + len(still)) * DAY
    while not RULES.calendar.works(last):
        last += DAY
    if resumed:
        assert resumed[-1].new_due_on == last
