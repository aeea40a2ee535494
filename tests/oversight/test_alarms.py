"""The completeness rules: each set off, each satisfied, in any order in which the topics come."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import Engine

from libs.contracts import enforcement, grid
from libs.events.core.kernel import Envelope, Event
from services.oversight.alarm.projection import find_open, watching
from tests.conftest import RULES
from tests.conftest import engine as engine
from tests.credit import past as p
from tests.enforcement.case import past as case
from tests.grid.report import past as report
from tests.mediation import past as dispute
from tests.oversight import fallen as f
from tests.scenario import heard

AT = p.on("06-01")
LATER = AT + timedelta(days=60)


def last(past: Sequence[Event], kind: type[Any]) -> Any:
    return next(one for one in reversed(past) if isinstance(one, kind))


# What stands in a lead beside its handoff is of no matter here.
of_lead: Any = enforcement.LeadReceived
HANDED = last(report.HANDED_OFF, grid.ReportHandedOff)
DISPUTE = replace(HANDED, target=grid.HandOffTarget.MEDIATION)
RECEIVED = replace(dispute.RECEIVED[0], handoff_id=HANDED.handoff_id)
NOTICE = last(case.NOTICED, enforcement.PenaltyNoticeServed)
ASKED = last(case.REVIEWING, enforcement.LegalReviewRequested)
PASSED = last(case.REVIEWED, enforcement.LegalReviewPassed)
DECIDED = last(case.DECIDED, enforcement.PenaltyDecided)
SERVED = last(case.SERVED, enforcement.DecisionServed)
LEAD = of_lead(
    lead_id=p.uid(1), lead_no="L", source_channel="GRID", source_ref="grid/report/1",
    handoff_id=HANDED.handoff_id, agency_code=p.CGW, subject=None, power_item_code=None,
    facts="", location=None, discovered_at=AT, check_due_on=AT.date(), rule_code="",
    rule_pack_version="",
)  # fmt: skip
HEARD_OF = replace(
    f.CAPTURED,
    subject_id=SERVED.subjects[0].subject_id,
    basis_document=replace(f.CAPTURED.basis_document, no=SERVED.decision_no),
)

# What starts it, what satisfies it, what was there before and makes it due, and in how many days.
RULES_OF: dict[str, tuple[Event, Event, list[Event], int]] = {
    "LEAD_ARRIVED": (HANDED, LEAD, [], 1),
    "DISPUTE_ARRIVED": (DISPUTE, RECEIVED, [], 1),
    "DECISION_SERVED": (DECIDED, SERVED, [], 14),
    "RECORD_CAPTURED": (SERVED, HEARD_OF, [], 14),
    "PUBLICITY_ENDED": (f.REVOKED, f.HIDDEN_AGAIN, [f.PUBLISHED], 10),
    "RECORD_GONE": (f.CAPTURED, f.WITHDRAWN, [f.REVOKED], 10),
    "MEASURES_LIFTED": (f.LIFTING, f.LIFTED, [], 60),
}
BEFORE: dict[str, tuple[Event, Event, list[Event]]] = {
    "DECISION_NOTICED": (DECIDED, NOTICE, []),
    "DECISION_REVIEWED": (DECIDED, PASSED, [ASKED]),
    "MEASURE_SUPPORTED": (f.ORDERED, f.CAPTURED, []),
}


class Watch:
    """The alarms after these events."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.project = watching(RULES)
        self.places = 0

    def hears(self, *told: tuple[Event, datetime]) -> None:
        with self.engine.begin() as tx:
            for event, at in told:
                self.places += 1
                fact: Envelope[Any] = replace(heard(event, after=self.places), time=at)
                self.project(tx, [fact])

    def rules(self, now: datetime) -> set[str]:
        with self.engine.connect() as tx:
            return {one.rule for one in find_open(tx, now, 100)}


@pytest.fixture
def watch(engine: Engine) -> Watch:
    return Watch(engine)


@pytest.mark.parametrize("rule", RULES_OF)
def test_what_does_not_follow_in_time_is_an_alarm_until_it_does(watch: Watch, rule: str) -> None:
    start, end, past, days = RULES_OF[rule]
    watch.hears(*((one, AT) for one in past), (start, AT))
    assert rule not in watch.rules(AT + timedelta(minutes=30))
    assert rule in watch.rules(AT + timedelta(days=days))
    watch.hears((end, LATER))
    assert rule not in watch.rules(LATER + timedelta(days=1))


@pytest.mark.parametrize("rule", BEFORE)
def test_what_was_not_there_before_is_an_alarm(watch: Watch, rule: str) -> None:
    start, before, past = BEFORE[rule]
    watch.hears(*((one, AT - timedelta(days=9)) for one in past), (start, AT))
    assert rule in watch.rules(LATER)
    # What comes afterwards was not there.
    watch.hears((before, AT + timedelta(days=1)))
    assert rule in watch.rules(LATER)


@pytest.mark.parametrize("rule", BEFORE)
def test_what_was_there_may_be_heard_of_late(watch: Watch, rule: str) -> None:
    start, before, past = BEFORE[rule]
    watch.hears((start, AT), *((one, AT - timedelta(days=9)) for one in past))
    watch.hears((before, AT - timedelta(days=1)))
    assert rule not in watch.rules(LATER)


def test_a_measure_that_rests_on_what_has_fallen_is_an_alarm(watch: Watch) -> None:
    watch.hears((f.CAPTURED, AT), (f.WITHDRAWN, AT + timedelta(days=1)))
    watch.hears((f.ORDERED, AT + timedelta(days=2)))
    assert "MEASURE_SUPPORTED" in watch.rules(LATER)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_in_any_order_it_comes_to_the_same(watch: Watch, order: tuple[int, ...]) -> None:
    told = [(f.CAPTURED, AT), (f.REVOKED, AT + timedelta(days=1))]
    told.append((f.PUBLISHED, AT))
    watch.hears(*(told[one] for one in order))
    assert watch.rules(LATER) >= {"RECORD_GONE", "PUBLICITY_ENDED"}
    watch.hears((f.WITHDRAWN, LATER), (f.HIDDEN_AGAIN, LATER))
    assert not watch.rules(LATER) & {"RECORD_GONE", "PUBLICITY_ENDED"}


def test_what_was_never_published_need_not_be_hidden(watch: Watch) -> None:
    watch.hears((f.REVOKED, AT))
    assert "PUBLICITY_ENDED" not in watch.rules(LATER)
