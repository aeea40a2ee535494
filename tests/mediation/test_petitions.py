"""The rules of a petition, and of a screening: given these events, when this is asked, …"""

from dataclasses import replace
from datetime import date
from typing import Any, Final
from uuid import UUID

import pytest

from libs.contracts import mediation as m
from libs.contracts import vocabulary as v
from libs.events.core.kernel import Decider
from services.mediation.petition import commands as c
from services.mediation.petition.rules import decider as petitions
from services.mediation.petition.rules import owned
from services.mediation.petition.stream import token_of_matter
from services.mediation.screening.stream import OpenScreening, RecordFinding
from services.mediation.screening.stream import decider as screenings
from tests.conftest import RULES
from tests.mediation import past as p
from tests.rules import AllTheRules
from tests.scenario import after, caller, given, refused

PETITION: Final[Decider[Any, Any, Any]] = petitions(RULES)
SCREENING: Final[Decider[Any, Any, Any]] = screenings(RULES)
ID: Final = v.PetitionId(UUID(int=1))
XFB, ZJW, HBJ, SFJ = map(v.AgencyCode, ("XFB", "ZJW", "HBJ", "SFJ"))

REGISTER: Final = c.RegisterPetition(
    petition_id=ID,
    agency_code=XFB,
    kind=m.PetitionKind.VISIT,
    persons=12,
    petitioners=(p.BELOW,),
    matter_text="the lift has stood still for a year",
    matter_token="t",
    about_agency=ZJW,
    accusation=False,
    repeats=None,
    at=p.on("03-02"),
    earlier=(),
)
SEPARATE: Final = c.SeparatePetition(
    petition_id=ID,
    route=m.PetitionRoute.PETITION_OPINION,
    basis="信访工作条例 31",
    to_agency=HBJ,
    power_item_code=None,
    agency_code=XFB,
    at=p.on("03-04"),
    takes=True,
)
AWAY: Final = replace(SEPARATE, route=m.PetitionRoute.LITIGATION, to_agency=None)
REPLY: Final = c.ReplyPetition(
    petition_id=ID, opinion="it will be repaired", agency_code=HBJ, at=p.on("03-20"), handed=True
)
REQUEST: Final = c.RequestReview(petition_id=ID, at=p.on("04-10"))
DECIDE: Final = c.DecideReview(
    petition_id=ID,
    result=m.ReviewResult.UPHELD,
    opinion="it stays so",
    agency_code=SFJ,
    at=p.on("04-20"),
)
AGAIN: Final = replace(REQUEST, at=p.on("05-08"))
RECHECK: Final = replace(DECIDE, agency_code=v.AgencyCode("ZFW"), at=p.on("05-20"))
FINISH: Final = c.FinalizePetition(petition_id=ID, agency_code=XFB, at=p.on("05-21"))
RATE: Final = c.RecordPetitionSatisfaction(
    petition_id=ID, rating=m.Satisfaction.UNSATISFIED, by=v.PersonId(str(p.ONE))
)

REGISTERED: Final = after(PETITION, [], REGISTER)
SEPARATED: Final = after(PETITION, REGISTERED, SEPARATE)
OUTSIDE: Final = after(PETITION, REGISTERED, AWAY)
REPLIED: Final = after(PETITION, SEPARATED, REPLY)
REVIEWING: Final = after(PETITION, REPLIED, REQUEST)
REVIEWED: Final = after(PETITION, REVIEWING, DECIDE)
RECHECKING: Final = after(PETITION, REVIEWED, AGAIN)
RECHECKED: Final = after(PETITION, RECHECKING, RECHECK)
FINAL: Final = after(PETITION, RECHECKED, FINISH)


class TestPetitions(AllTheRules):
    decider = PETITION
    commands = (REGISTER, SEPARATE, REPLY, REQUEST, DECIDE, FINISH, RATE)
    pasts = (
        [], REGISTERED, SEPARATED, OUTSIDE, REPLIED, REVIEWING, REVIEWED, RECHECKING, RECHECKED,
        FINAL,
    )  # fmt: skip


EARLIER = c.Earlier(petition_id=v.PetitionId(UUID(int=2)), final=True)
SIX = tuple(p.person(n) for n in range(10, 16))
ACCUSING = after(PETITION, [], replace(REGISTER, accusation=True))

REFUSALS: dict[str, tuple[str, list[Any], Any]] = {
    "six representatives": ("too-many-representatives", [], replace(REGISTER, petitioners=SIX)),
    "finally closed": ("petition-finalized", [], replace(REGISTER, earlier=(EARLIER,))),
    "nobody has looked whether it is": ("petition-finalized", [], replace(REGISTER, earlier=None)),
    "another by that id": (
        "idempotency-conflict", REGISTERED, replace(REGISTER, matter_text="the roof"),
    ),
    "no petition": ("not-found", [], SEPARATE),
    "about who separates it": ("role-conflict", REGISTERED, replace(SEPARATE, agency_code=ZJW)),
    "an accusation to the accused": (
        "role-conflict", ACCUSING, replace(SEPARATE, to_agency=ZJW),
    ),
    "sent to nobody": ("agency-unknown", REGISTERED, replace(SEPARATE, to_agency=None)),
    "sent to who takes none": ("agency-unknown", REGISTERED, replace(SEPARATE, takes=False)),
    "answered about oneself": (
        "role-conflict", SEPARATED, replace(REPLY, agency_code=ZJW, handed=False),
    ),
    "answered before it was sent": ("out-of-turn", REGISTERED, REPLY),
    "review after the term": ("review-late", REPLIED, replace(REQUEST, at=p.on("04-21"))),
    "a third look": ("out-of-turn", RECHECKED, replace(REQUEST, at=p.on("06-01"))),
    "reviewed by who has answered": (
        "role-conflict", REVIEWING, replace(DECIDE, agency_code=HBJ),
    ),
    "rechecked by who has reviewed": (
        "role-conflict", RECHECKING, replace(RECHECK, agency_code=SFJ),
    ),
    "final while it can be asked for": (
        "out-of-turn", REPLIED, replace(FINISH, at=p.on("04-10")),
    ),
    "rated before there is an answer": ("out-of-turn", SEPARATED, RATE),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "past", "command"), REFUSALS.values(), ids=REFUSALS)
def test_what_is_refused_of_a_petition(rule: str, past: list[Any], command: Any) -> None:
    with refused(rule):
        given(PETITION, *past).when(command)


def test_each_clock_of_a_petition() -> None:
    first = REGISTERED[0]
    assert (first.notify_due_on, first.reply_due_on) == (date(2026, 3, 17), date(2026, 5, 6))
    assert RULES.last_day("PET.HANDLE", p.day("03-02")) == date(2026, 5, 6)
    assert (REPLIED[-1].on_time, REPLIED[-1].review_until) == (True, date(2026, 4, 20))
    assert (REVIEWING[-1].stage, REVIEWING[-1].due_on) == ("REVIEW", date(2026, 5, 11))
    assert (REVIEWED[-1].on_time, REVIEWED[-1].review_until) == (True, date(2026, 5, 20))
    assert (RECHECKED[-1].stage, RECHECKED[-1].review_until) == ("RECHECK", None)
    (late,) = given(PETITION, *SEPARATED).when(replace(REPLY, at=p.on("05-07")))
    assert not late.on_time


def test_why_a_petition_is_final() -> None:
    assert FINAL[-1].reason is m.FinalBecause.RECHECKED
    (over,) = given(PETITION, *REPLIED).when(replace(FINISH, at=p.on("04-21")))
    assert over.reason is m.FinalBecause.TERM_OVER
    (outside,) = given(PETITION, *OUTSIDE).when(FINISH)
    assert outside.reason is m.FinalBecause.OUTSIDE_PETITION


def test_a_petitioner_who_comes_again_is_known() -> None:
    before = replace(EARLIER, final=False)
    (event,) = given(PETITION).when(replace(REGISTER, earlier=(before,)))
    assert event.repeats == before.petition_id
    key = b"k" * 32
    assert token_of_matter(key, "The lift  stands") == token_of_matter(key, "the lift stands")
    assert token_of_matter(key, "the lift") != token_of_matter(key, "the roof")


def test_one_that_was_given_back_is_sent_elsewhere() -> None:
    (event,) = given(PETITION, *SEPARATED).when(replace(SEPARATE, to_agency=SFJ))
    assert event.to_agency == SFJ


def test_whose_a_petition_is() -> None:
    state = PETITION.fold(REGISTERED)
    assert owned(state, caller("XFB", "PETITION_CLERK"))
    party = replace(caller("PUBLIC", "PARTY"), actor=str(p.ONE))
    assert owned(state, party)
    assert not owned(state, replace(party, actor=str(p.TWO)))


OPEN: Final = OpenScreening(
    screening_id=v.ScreeningId(UUID(int=1)),
    agency_code=p.STREET,
    scope="all stairs of the community",
    period=m.ScreeningPeriod.WEEKLY,
    begins_on=p.day("05-04"),
    ends_on=p.day("05-10"),
)
FIND: Final = RecordFinding(
    screening_id=OPEN.screening_id,
    cell_code=v.CellCode("120116005001001"),
    found=True,
    dispute_no=v.DisputeNo("BHTJ-20260507-000001"),
    by=p.MEDIATOR,
    at=p.on("05-07"),
    known=True,
)
NONE: Final = replace(FIND, found=False, dispute_no=None)
OPENED: Final = after(SCREENING, [], OPEN)
FOUND: Final = after(SCREENING, OPENED, FIND)


class TestScreenings(AllTheRules):
    decider = SCREENING
    commands = (OPEN, FIND, NONE)
    pasts = ([], OPENED, FOUND)


SCREENING_REFUSALS: dict[str, tuple[str, list[Any], Any]] = {
    "no screening": ("not-found", [], FIND),
    "ends first": ("request-malformed", [], replace(OPEN, ends_on=p.day("05-01"))),
    "another by that id": ("idempotency-conflict", OPENED, replace(OPEN, scope="elsewhere")),
    "after it": ("out-of-turn", OPENED, replace(FIND, at=p.on("05-11"))),
    "found nothing with a number": ("request-malformed", OPENED, replace(FIND, found=False)),
    "found something without": ("request-malformed", OPENED, replace(FIND, dispute_no=None)),
    "a number that is nobody's": ("request-malformed", OPENED, replace(FIND, known=False)),
}


@pytest.mark.parametrize(
    ("rule", "past", "command"), SCREENING_REFUSALS.values(), ids=SCREENING_REFUSALS
)
def test_what_is_refused_of_a_screening(rule: str, past: list[Any], command: Any) -> None:
    with refused(rule):
        given(SCREENING, *past).when(command)


def test_a_finding_is_recorded_once() -> None:
    assert given(SCREENING, *FOUND).when(FIND) == []
    assert given(SCREENING, *FOUND).when(NONE) != []
