"""How a case goes: its terms, what is decided, and how that is carried out."""

from dataclasses import replace
from datetime import date
from typing import Any

from libs.contracts import enforcement
from libs.contracts.enforcement import (
    CaseEvent,
    ExecutedHow,
)
from libs.contracts.vocabulary import (
    ReasonCode,
)
from libs.events.core.kernel import Hidden
from tests.enforcement.case import past as p
from tests.enforcement.case.test_domain import CASE, of
from tests.scenario import given, refused


class TestClocks:
    def test_the_dates_of_the_story(self) -> None:
        opened = p.OPENED[0]
        assert isinstance(opened, enforcement.CaseFiled)
        assert opened.decision_due_on == date(2026, 7, 14)
        assert the(p.NOTICED, enforcement.PenaltyNoticeServed).hearing_request_due_on == date(
            2026, 5, 27
        )
        assert the(p.HEARD, enforcement.CaseClockResumed).new_due_on == date(2026, 7, 28)
        served = the(p.SERVED, enforcement.DecisionServed)
        assert served.payment_due_on == date(2026, 7, 14)
        assert [(one.path, one.penalty, one.until) for one in served.remedy_until] == [
            ("RECONSIDERATION", None, date(2026, 8, 28)),
            ("LITIGATION", "FINE", date(2026, 12, 29)),
            ("LITIGATION", "ORDERS", date(2026, 7, 14)),
        ]
        assert the(p.DEMANDED, enforcement.DemandNoticeServed).due_on == date(2026, 9, 14)
        assert the(p.APPLIED, enforcement.CourtEnforcementApplied).apply_by == date(2026, 11, 30)

    def test_a_day_that_two_pauses_share_is_counted_once(self) -> None:
        """S3's case: a test for 13 days, then the police for 74."""
        opened = p.after([], replace(p.OPEN, filed_on=date(2026, 5, 13)))
        began = of(opened, p.ASSIGN, replace(p.PAUSE, at=p.on("05-13")))
        inside = of(
            began, replace(p.PAUSE, reason=ReasonCode("EXPERT_APPRAISAL"), at=p.on("05-20"))
        )
        first = of(inside, replace(p.RESUME, at=p.on("05-26")))
        assert the(first, enforcement.CaseClockResumed).new_due_on == date(2026, 8, 24)
        both = of(first, replace(p.RESUME, reason=ReasonCode("EXPERT_APPRAISAL"), at=p.on("05-26")))
        assert the(both, enforcement.CaseClockResumed).new_due_on == date(2026, 8, 24)

    def test_a_hearing_that_nobody_has_scheduled_stops_the_decision(self) -> None:
        with refused("out-of-turn"):
            given(CASE, *p.HEARING).when(replace(p.DECIDE, at=p.on("12-30")))

    def test_late_is_allowed_and_said(self) -> None:
        for at, on_time in ((p.on("07-28"), True), (p.on("07-29"), False)):
            (event,) = given(CASE, *p.DISCUSSED).when(replace(p.DECIDE, at=at))
            assert isinstance(event, enforcement.PenaltyDecided)
            assert event.on_time is on_time


class TestDeciding:
    def test_on_which_grounds_it_is_reviewed(self) -> None:
        concluded = the(p.CONCLUDED, enforcement.InvestigationConcluded)
        assert concluded.review_grounds == ("LARGE_AMOUNT", "COMPLEX")
        asked = the(p.REVIEWING, enforcement.LegalReviewRequested)
        assert asked.review_grounds == ("HEARD", "LARGE_AMOUNT", "COMPLEX")

    def test_what_was_revoked_for_procedure_may_be_decided_the_same_way(self) -> None:
        told = of(
            p.REOPENED_AT_NOTICE, replace(p.NOTICE, at=p.on("08-26")),
            replace(p.WAIVE, at=p.on("08-27")), replace(p.ASK_REVIEW, at=p.on("08-28")), p.PASS,
            replace(p.DISCUSS, at=p.on("08-31")),
        )  # fmt: skip
        (event,) = given(CASE, *told).when(replace(p.DECIDE, at=p.on("09-01")))
        assert isinstance(event, enforcement.PenaltyDecided)
        assert (event.supersedes, event.on_time) == (p.NUMBER, True)

    def test_who_was_forgotten_counts_as_a_person(self) -> None:
        """The lower limits hold, and nothing of theirs is published."""
        opened = p.after(
            [],
            replace(p.OPEN, subjects=Hidden.ERASED, parties=Hidden.ERASED, location=Hidden.ERASED),
        )
        told = of(
            opened, p.ASSIGN, p.STEP, p.COLLECT, p.CONCLUDE, p.NOTICE, p.WAIVE, p.ASK_REVIEW,
            p.PASS, p.DISCUSS,
        )  # fmt: skip
        (event,) = given(CASE, *told).when(p.DECIDE)
        assert isinstance(event, enforcement.PenaltyDecided)
        assert event.publishable is False

    def test_below_the_range_only_with_what_mitigates(self) -> None:
        less = replace(p.PROPOSAL, penalties=(replace(p.FINE, amount_fen=1_000_000), p.ORDERS))
        with refused("penalty-out-of-range"):
            given(CASE, *p.INVESTIGATED).when(replace(p.CONCLUDE, proposal=less))
        merit = (ReasonCode("MERIT"),)
        assert given(CASE, *p.INVESTIGATED).when(replace(p.CONCLUDE, proposal=less, factors=merit))

    def test_a_warning_alone_is_not_published(self) -> None:
        (event,) = given(CASE, *p.DISCUSSED).when(replace(p.DECIDE, penalties=(p.ORDERS,)))
        assert isinstance(event, enforcement.PenaltyDecided)
        assert event.publishable


class TestExecuting:
    def test_all_of_it_at_its_cap(self) -> None:
        paid = the(p.SETTLED, enforcement.FinePaid)
        assert (paid.amount_fen, paid.settled) == (2 * 21_333_440, True)
        (accrued,) = given(CASE, *p.SETTLED).when(
            replace(p.ACCRUE, as_of=date(2026, 10, 20), at=p.on("10-20"))
        )
        assert isinstance(accrued, enforcement.FineSurchargeAccrued)
        assert accrued.total_fen == 21_333_440

    def test_money_alone_does_not_execute_what_was_ordered(self) -> None:
        paid = replace(p.COMPLETE, how=ExecutedHow.PAID, at=p.on("07-10"))
        with refused("out-of-turn"):
            given(CASE, *p.PAID).when(paid)
        assert given(CASE, *p.PAID).when(replace(paid, how=ExecutedHow.PERFORMED))

    def test_a_decision_that_fell_gives_everything_back(self) -> None:
        (refunded,) = given(CASE, *p.REVOKED).when(p.REFUND)
        assert isinstance(refunded, enforcement.FineRefunded)
        assert (refunded.amount_fen, refunded.cancelled_fen) == (21_333_440, 0)
        assert given(CASE, *p.REVOKED, refunded).when(p.REFUND) == []

    def test_a_claim_that_fell_is_dropped(self) -> None:
        """S6: paid after the application, the surcharge until then was never paid."""
        filed = of(p.PUBLISHED, p.RECON, replace(p.PAY, paid_on=date(2026, 8, 1), at=p.on("08-03")))
        fallen = of(filed, p.RECON_ACCEPTED, p.RECON_DECIDED, p.REVOKE)
        (refunded,) = given(CASE, *fallen).when(p.REFUND)
        assert isinstance(refunded, enforcement.FineRefunded)
        five_days = 21_333_440 * 5 * 300 // 10_000
        assert (refunded.amount_fen, refunded.cancelled_fen) == (21_333_440, five_days)

    def test_what_is_over_the_new_amount_goes_back(self) -> None:
        (refunded,) = given(CASE, *p.MODIFIED).when(p.REFUND)
        assert isinstance(refunded, enforcement.FineRefunded)
        assert refunded.amount_fen == 21_333_440 - 15_000_000

    def test_a_fallen_decision_closes_as_overturned(self) -> None:
        (closed,) = given(CASE, *p.REVOKED).when(p.CLOSE)
        assert isinstance(closed, enforcement.CaseClosed)
        assert closed.outcome == "OVERTURNED"


def the(events: list[CaseEvent], kind: type[Any]) -> Any:
    """The last event of a kind."""
    return next(one for one in reversed(events) if isinstance(one, kind))
