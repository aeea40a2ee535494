"""What a rollback shows: each step done, open with its limit, or not applicable with the reason."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from libs.contracts.enforcement import Ground
from libs.events.core.kernel import Envelope, Event
from services.oversight.rollback.projection.undone import HEARD, project_inquiries
from services.oversight.rollback.questions import Rollback, Rollbacks, Status
from tests.conftest import RULES
from tests.conftest import engine as engine
from tests.credit import past as p
from tests.oversight.fallen import (
    AGAIN,
    BOTH,
    CAPTURED,
    CORRECTED,
    DENIED,
    FELL_AT,
    GIVEN_BACK,
    HIDDEN_AGAIN,
    ILLEGAL,
    INQUIRY,
    INVITED,
    LIFTED,
    LIFTING,
    LOST,
    MODIFIED,
    NO,
    NO_THANKS,
    ORDERED,
    PAID,
    PARTLY,
    PERSONS,
    PUBLISHED,
    REFUNDED,
    REVOKED,
    SEIZED,
    TO_REDECIDE,
    WITHDRAWN,
    informed,
    reported,
    scored,
    served,
)
from tests.scenario import heard


class Told:
    """Rollbacks as they are shown after these events."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.now = FELL_AT
        self.refused = False
        self.places = 0
        self.fallen: UUID = uuid4()

    def tell(self, *events: Event, at: datetime = FELL_AT) -> None:
        with self.engine.begin() as tx:
            for event in events:
                self.places += 1
                fact: Envelope[Any] = replace(heard(event, after=self.places), time=at)
                if isinstance(event, type(REVOKED) | type(ILLEGAL) | type(MODIFIED)):
                    self.fallen = fact.id
                for one in (*HEARD, project_inquiries):
                    one(tx, [fact])

    def before(self, *events: Event) -> None:
        self.tell(*events, at=FELL_AT - timedelta(days=30))

    def shown(self) -> Rollback:
        rollbacks = Rollbacks(RULES, lambda: self.now, lambda *_: self.refused)
        with self.engine.connect() as tx:
            return rollbacks.get_rollback(tx, NO)

    def step(self, name: str) -> Any:
        (found,) = [one for one in self.shown().steps if one.step == name]
        return found


@pytest.fixture
def told(engine: Engine) -> Told:
    return Told(engine)


ABSENT: dict[str, tuple[list[Event], Event, str, str]] = {
    "not published": ([], REVOKED, "PUBLICITY", "NOT_PUBLISHED"),
    "nothing paid": ([], REVOKED, "MONEY", "NOTHING_PAID_OR_CLAIMED"),
    "it stays": ([PAID], ILLEGAL, "MONEY", "CONFIRMED_ILLEGAL"),
    "paid as it is owed now": ([PAID], MODIFIED, "MONEY", "NOTHING_PAID_TOO_MUCH"),
    "nothing seized": ([], REVOKED, "GOODS", "NOTHING_SEIZED"),
    "given back before": ([SEIZED, GIVEN_BACK], REVOKED, "GOODS", "NOTHING_SEIZED"),
    "seized by what stays": ([SEIZED], ILLEGAL, "GOODS", "CONFIRMED_ILLEGAL"),
    "seized by what stands": ([SEIZED], PARTLY, "GOODS", "STILL_STANDS"),
    "no record": ([served(None)], REVOKED, "RECORD", "NO_RECORD"),
    "in part": ([served(), CAPTURED], PARTLY, "RECORD", "STILL_STANDS"),
    "no score": ([PERSONS], REVOKED, "SCORE", "NATURAL_PERSON"),
    "no record to count": ([], REVOKED, "SCORE", "NO_RECORD"),
    "not counted": ([CAPTURED, WITHDRAWN, scored()], REVOKED, "SCORE", "NOT_COUNTED"),
    "counted in part": ([CAPTURED, scored(p.RECORD)], PARTLY, "SCORE", "STILL_STANDS"),
    "no list": ([], REVOKED, "LIST", "NOT_LISTED_ON_IT"),
    "no measure": ([CAPTURED], REVOKED, "MEASURES", "NO_MEASURE"),
    "refused measure": ([CAPTURED, ORDERED, NO_THANKS], REVOKED, "MEASURES", "NO_MEASURE"),
    "other support": ([CAPTURED, BOTH, LOST], REVOKED, "MEASURES", "OTHER_SUPPORT"),
    "measure in part": ([CAPTURED, ORDERED], PARTLY, "MEASURES", "STILL_STANDS"),
    "no denial": ([CAPTURED], REVOKED, "APPROVALS", "NONE_DENIED_FOR_IT"),
    "denial in part": ([CAPTURED, DENIED], PARTLY, "APPROVALS", "STILL_STANDS"),
    "no report": ([], REVOKED, "REPORTER", "NO_REPORT"),
    "a worker's": ([reported("worker-1")], REVOKED, "REPORTER", "ANONYMOUS"),
    "wrong procedure": (
        [], replace(MODIFIED, ground=Ground.PROCEDURE), "INQUIRY", "NEITHER_LAW_NOR_FACT",
    ),
    "not ordered": ([], REVOKED, "REDECISION", "NOT_ORDERED"),
}  # fmt: skip


@pytest.mark.parametrize(("past", "fell", "step", "reason"), ABSENT.values(), ids=ABSENT)
def test_a_step_that_does_not_apply_says_why(
    told: Told, past: list[Event], fell: Event, step: str, reason: str
) -> None:
    told.before(*past)
    told.tell(fell)
    found = told.step(step)
    assert (found.status, found.reason) == (Status.NOT_APPLICABLE, reason)


def event_informing(told: Told) -> Any:
    return informed(told.fallen)


Later = Event | Callable[[Told], Event]
OPEN: dict[str, tuple[list[Event], Event, str, str, list[Later]]] = {
    "publicity": ([PUBLISHED], REVOKED, "PUBLICITY", "2026-06-23", [HIDDEN_AGAIN]),
    "money": ([PAID], REVOKED, "MONEY", "2026-06-17", [REFUNDED]),
    "goods": ([SEIZED], REVOKED, "GOODS", "2026-06-17", [GIVEN_BACK]),
    "no capture yet": ([served()], REVOKED, "RECORD", "2026-06-23", [CAPTURED, WITHDRAWN]),
    "record": ([served(), CAPTURED], REVOKED, "RECORD", "2026-06-23", [WITHDRAWN]),
    "corrected": ([served(), CAPTURED], MODIFIED, "RECORD", "2026-06-23", [CORRECTED]),
    "score": ([CAPTURED, scored(p.RECORD)], REVOKED, "SCORE", "2026-06-23",
              [WITHDRAWN, scored()]),
    "measures": ([CAPTURED, ORDERED], REVOKED, "MEASURES", "2026-06-23", [LOST, LIFTING, LIFTED]),
    "approvals": ([CAPTURED, DENIED], REVOKED, "APPROVALS", "2026-06-25", [INVITED]),
    "reporter": ([reported()], REVOKED, "REPORTER", "2026-06-23", [event_informing]),
    "inquiry": ([], REVOKED, "INQUIRY", "2026-06-17", [INQUIRY]),
    "redecision": ([TO_REDECIDE], REVOKED, "REDECISION", "2026-06-17", [AGAIN]),
}  # fmt: skip


@pytest.mark.parametrize(("past", "fell", "step", "until", "later"), OPEN.values(), ids=OPEN)
def test_a_step_is_open_until_its_event_and_late_after_its_limit(
    told: Told, past: list[Event], fell: Event, step: str, until: str, later: list[Later]
) -> None:
    told.before(*past)
    told.tell(fell)
    found = told.step(step)
    assert (found.status, str(found.until), found.late) == (Status.OPEN, until, False)
    assert not told.shown().green
    told.now = FELL_AT + timedelta(days=30)
    assert told.step(step).late
    events = [one(told) if not isinstance(one, Event) else one for one in later]
    told.tell(*events, at=FELL_AT + timedelta(hours=1))
    done = told.step(step)
    assert done.status is Status.DONE
    assert (done.event_id is not None, done.at) == (True, FELL_AT + timedelta(hours=1))


def test_who_is_late_is_the_agency_that_has_not_lifted(told: Told) -> None:
    told.before(CAPTURED, ORDERED)
    told.tell(REVOKED)
    assert told.step("MEASURES").who == ["credit"]
    told.tell(LOST, LIFTING)
    assert told.step("MEASURES").who == ["SCJ"]


def test_a_record_that_a_rule_did_not_let_in_is_none(told: Told) -> None:
    told.before(served())
    told.tell(REVOKED)
    assert told.step("RECORD").status is Status.OPEN
    told.refused = True
    assert told.step("RECORD").reason == "CAPTURE_WAS_REFUSED"


def test_a_decision_that_stands_has_no_rollback(told: Told) -> None:
    told.before(served(), CAPTURED)
    with told.engine.connect() as tx, pytest.raises(Exception, match="has not fallen"):
        Rollbacks(RULES, lambda: told.now, lambda *_: False).get_rollback(tx, NO)


def test_the_list_shows_what_is_open(told: Told) -> None:
    told.before(PUBLISHED)
    told.tell(REVOKED, INQUIRY)
    rollbacks = Rollbacks(RULES, lambda: told.now, lambda *_: False)
    with told.engine.connect() as tx:
        assert len(rollbacks.find_rollbacks(tx, open_only=True).rollbacks) == 1
    told.tell(HIDDEN_AGAIN)
    with told.engine.connect() as tx:
        assert rollbacks.find_rollbacks(tx, open_only=True).rollbacks == []
        (green,) = rollbacks.find_rollbacks(tx).rollbacks
    assert green.green
