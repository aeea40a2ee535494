"""How leads, coercive measures, disputes and inspections go when nothing is refused."""

from dataclasses import replace
from datetime import date, timedelta

from libs.contracts import enforcement
from libs.events.core.kernel import Hidden
from libs.statute.drawing import drawn, list_hash, seed_of
from tests.enforcement.case import past as p
from tests.enforcement.test_streams import (
    APPROVE,
    APPROVED,
    CANDIDATES,
    CHOSEN,
    COERCION,
    DRAWN,
    EXTEND,
    EXTENDED,
    FILE,
    FILED,
    HALF,
    JURISDICTION,
    LEAD,
    LIFT,
    LIFTED,
    PLACE,
    RAISED,
    RECEIVED,
    SEIZED,
    TESTED,
    THEIRS,
    TOWN,
    WITNESS,
)
from tests.scenario import after, given, refused


class TestLead:
    def test_it_is_checked_in_time_and_filed_at_its_place(self) -> None:
        received, filed = FILED
        assert isinstance(received, enforcement.LeadReceived)
        assert received.check_due_on == date(2026, 5, 7)
        assert isinstance(filed, enforcement.LeadFiled)
        assert (filed.location, filed.discovered_on) == (PLACE, date(2026, 4, 8))

    def test_an_act_that_went_on_counts_from_its_end_and_harm_to_safety_for_longer(self) -> None:
        long = replace(FILE, act_date=date(2020, 1, 1), act_end_date=date(2024, 4, 8))
        assert given(LEAD, *RECEIVED).when(long)
        harmful = replace(FILE, act_date=date(2021, 7, 15), safety_harm=True)
        assert given(LEAD, *RECEIVED).when(harmful)
        with refused("time-barred"):
            given(LEAD, *RECEIVED).when(replace(harmful, safety_harm=False))
        with refused("time-barred"):  # before the law knew five years
            given(LEAD, *RECEIVED).when(replace(harmful, act_date=date(2021, 7, 14)))


class TestCoercion:
    def test_the_dates_of_the_story(self) -> None:
        """S3: seized on 05-11 until 06-10; a test of 13 days, until 06-23."""
        imposed, approved, longer, lifted = LIFTED
        assert isinstance(imposed, enforcement.CoerciveMeasureImposed)
        assert imposed.expires_on == date(2026, 6, 10)
        assert imposed.due_at == p.on("05-12", 11)
        assert isinstance(approved, enforcement.CoerciveMeasureApproved)
        assert approved.on_time
        assert isinstance(longer, enforcement.CoerciveMeasureExtended)
        assert longer.new_expires_on == date(2026, 6, 23)
        assert isinstance(lifted, enforcement.CoerciveMeasureLifted)
        assert lifted.returned == ("all of it",)

    def test_late_is_on_record_as_late(self) -> None:
        late = replace(APPROVE, at=p.on("05-12", 11) + timedelta(microseconds=1))
        (event,) = given(COERCION, *SEIZED).when(late)
        assert isinstance(event, enforcement.CoerciveMeasureApproved)
        assert not event.on_time

    def test_thirty_days_more_and_the_test_besides_in_either_order(self) -> None:
        first = after(COERCION, after(COERCION, APPROVED, EXTEND), TESTED)
        ends = [
            event.new_expires_on
            for past in (EXTENDED, first)
            if isinstance(event := past[-1], enforcement.CoerciveMeasureExtended)
        ]
        assert ends == [date(2026, 7, 23)] * 2

    def test_what_was_forgotten_is_still_lifted(self) -> None:
        hidden = [replace(SEIZED[0], items=Hidden.ERASED)]  # type: ignore[arg-type]  # imposed
        (event,) = given(COERCION, *hidden).when(replace(LIFT, returned=()))
        assert isinstance(event, enforcement.CoerciveMeasureLifted)
        assert event.returned is Hidden.ERASED


class TestJurisdiction:
    def test_a_later_word_replaces_the_earlier_one(self) -> None:
        changed = after(JURISDICTION, HALF, replace(THEIRS, designated=TOWN))
        both = given(JURISDICTION, *changed).when(THEIRS)
        assert [type(one).__name__ for one in both] == [
            "JurisdictionConsented",
            "JurisdictionAgreed",
        ]

    def test_it_should_be_agreed_within_five_working_days(self) -> None:
        (raised,) = RAISED
        assert isinstance(raised, enforcement.JurisdictionDisputeRaised)
        assert raised.due_on == date(2026, 4, 17)


class TestInspection:
    def test_anybody_may_draw_again(self) -> None:
        (event,) = DRAWN
        assert isinstance(event, enforcement.InspectionTaskDrawn)
        assert event.seed == seed_of(event.nonce, event.witness)
        assert event.list_hash == list_hash(CANDIDATES)
        assert CHOSEN[0] in drawn(event.seed, reversed(CANDIDATES), event.count)
        assert len({one.officer_id for one in event.officers}) == 2

    def test_another_order_of_the_list_draws_the_same_and_another_list_says_so(self) -> None:
        seed = seed_of("nonce", WITNESS)
        assert drawn(seed, sorted(CANDIDATES, reverse=True), 3) == list(CHOSEN)
        assert list_hash(CANDIDATES[1:]) != list_hash(CANDIDATES)
