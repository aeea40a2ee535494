"""The rules of the lists and of a subject: given these events, when …"""

from dataclasses import replace
from datetime import date
from typing import Any, TypeAlias

import pytest

from libs.contracts.credit import (
    MeasureKind,
)
from libs.contracts.vocabulary import (
    MeasureCode,
    PersonId,
    Resolver,
    Role,
    SubjectKind,
)
from libs.events.core.kernel import Decider
from services.credit.catalogue_item import rules as catalogue
from services.credit.catalogue_item.commands import PublishCatalogueItem
from services.credit.measure_item import rules as measure_list
from services.credit.measure_item.commands import PublishMeasureItem
from services.credit.subject.commands import QueryReport, RecalculateScore, RegisterSubject
from services.credit.subject.rules.decider import decider as subjects
from services.credit.subject.rules.scoring import scored
from tests.conftest import RULES
from tests.credit import past as p
from tests.rules import AllTheRules
from tests.scenario import after, given, refused

Rules: TypeAlias = Decider[Any, Any, Any]
SUBJECT: Rules = subjects(RULES)

# Catalogue and measures list

ITEM = PublishCatalogueItem(
    code=p.PENALTIES.code,
    name_zh="行政处罚信息",
    polarity=p.PENALTIES.polarity,
    classes=p.PENALTIES.classes,
    providers=p.PENALTIES.providers,
    documents=p.PENALTIES.documents,
    display_policy=p.PENALTIES.display_policy,
    basis="处罚法 48",
    effective_from=date(2021, 1, 1),
    effective_to=None,
)
BY_HAND = replace(ITEM, role=Role.CREDIT_OFFICER, approver=p.SECOND)
MEASURE = PublishMeasureItem(
    code=MeasureCode("M-P05"),
    name_zh="列为重点监管",
    kind=MeasureKind.MANAGEMENT,
    targets=(Resolver("@ENFORCEMENT"),),
    allowed_for=("GENERAL",),
    basis="惩戒措施清单",
    effective_from=None,
    effective_to=None,
)


@pytest.mark.parametrize(
    ("decider", "command"), [(catalogue.DECIDER, ITEM), (measure_list.DECIDER, MEASURE)]
)
def test_a_row_of_a_list_has_a_basis_and_no_single_clerk_adds_it(
    decider: Any, command: Any
) -> None:
    assert len(given(decider).when(command)) == 1
    with refused("basis-invalid"):
        given(decider).when(replace(command, basis=""))
    with refused("approver-required"):
        given(decider).when(replace(command, role=Role.CREDIT_OFFICER))
    published = after(decider, [], command)
    with refused("idempotency-conflict"):
        given(decider, *published).when(replace(command, name_zh="另一名称"))


class TestCatalogue(AllTheRules):
    decider = catalogue.DECIDER
    commands = (ITEM, BY_HAND)
    pasts = ([], after(catalogue.DECIDER, [], ITEM))


class TestMeasureList(AllTheRules):
    decider = measure_list.DECIDER
    commands = (MEASURE,)
    pasts = ([], after(measure_list.DECIDER, [], MEASURE))


# Subjects

START = date(2026, 1, 12)
NEW = scored(RULES, START, (), p.on("01-12"))
REGISTER = RegisterSubject(
    subject_id=p.FIRM.subject_id,
    subject_ref=p.FIRM,
    registered_name=p.FIRM.display_name,
    history_from=START,
    at=p.on("01-12"),
    scored=NEW,
)
OLD = scored(RULES, date(2024, 1, 1), (), p.on("01-12"))
TRUSTED = replace(REGISTER, history_from=date(2024, 1, 1), scored=OLD)
RECALCULATE = RecalculateScore(
    subject_id=p.FIRM.subject_id,
    subject_kind=SubjectKind.ENTERPRISE,
    cause="credit.record_captured.v1",
    at=p.on("01-13"),
    scored=replace(OLD, as_of=p.on("01-13")),
)
QUERY = QueryReport(
    subject_id=p.FIRM.subject_id,
    purpose="a tender",
    by=PersonId("credit-1"),
    agency_code=p.FGW,
    role=Role.CREDIT_OFFICER,
)
PERSON = replace(REGISTER, subject_id=p.MAN.subject_id, subject_ref=p.MAN, registered_name="虚某")
REGISTERED = after(SUBJECT, [], REGISTER)
SCORED = after(SUBJECT, REGISTERED, RECALCULATE)

SUBJECT_REFUSALS: dict[str, tuple[str, list[Any], Any]] = {
    "under age": (
        "subject-not-eligible", [],
        replace(PERSON, subject_ref=replace(p.MAN, adult_on=date(2026, 1, 13))),
    ),
    "of unknown age": (
        "subject-not-eligible", [], replace(PERSON, subject_ref=replace(p.MAN, adult_on=None)),
    ),
    "in the future": ("request-malformed", [], replace(REGISTER, history_from=date(2026, 1, 13))),
    "another name": ("name-mismatch", REGISTERED, replace(REGISTER, registered_name="另一名称")),
    "a person's score": (
        "person-not-scored", REGISTERED, replace(RECALCULATE, subject_kind=SubjectKind.PERSON),
    ),
    "of nothing": ("explanation-mismatch", REGISTERED, replace(RECALCULATE, scored=None)),
    "that does not sum": (
        "explanation-mismatch", REGISTERED, replace(RECALCULATE, scored=replace(NEW, score=799)),
    ),
    "nobody": ("not-found", [], QUERY),
    "without a reason": ("query-unauthorised", REGISTERED, replace(QUERY, role=Role.OFFICER)),
    "another party": ("query-unauthorised", REGISTERED, replace(QUERY, role=Role.PARTY)),
}  # fmt: skip


def test_who_is_known_already_is_registered_once() -> None:
    assert given(SUBJECT, *REGISTERED).when(REGISTER) == []


def test_a_long_history_without_a_record_is_a_grade_from_the_first_day() -> None:
    events = given(SUBJECT).when(TRUSTED)
    assert [type(one).__name__ for one in events] == [
        "SubjectRegistered", "ScoreRecalculated", "GradeChanged",
    ]  # fmt: skip
    assert events[1].score == 850


def test_the_same_score_for_the_same_reasons_is_not_said_twice() -> None:
    assert given(SUBJECT, *REGISTERED).when(replace(RECALCULATE, scored=NEW)) == []
    later = replace(NEW, as_of=p.on("01-20"))
    assert given(SUBJECT, *REGISTERED).when(replace(RECALCULATE, scored=later)) == []


def test_what_is_captured_before_the_registration_waits_for_it() -> None:
    assert given(SUBJECT).when(RECALCULATE) == []


def test_a_party_reads_what_is_its_own_and_an_officer_says_what_allows_it() -> None:
    own = replace(QUERY, role=Role.PARTY, by=PersonId(str(p.FIRM.subject_id)))
    assert len(given(SUBJECT, *REGISTERED).when(own)) == 1
    allowed = replace(QUERY, role=Role.OFFICER, authorisation_ref="case 1")
    assert len(given(SUBJECT, *REGISTERED).when(allowed)) == 1


EARLIER = replace(REGISTER, history_from=None, at=p.on("01-05"), scored=OLD)


def test_what_tells_of_it_late_makes_its_history_longer() -> None:
    (first, *more) = given(SUBJECT, *REGISTERED).when(EARLIER)
    assert first.history_from == date(2026, 1, 5)
    assert [one.score for one in more[:1]] == [850]
    assert given(SUBJECT, *REGISTERED).when(replace(EARLIER, at=p.on("01-20"))) == []
    # What an officer says of an earlier day is not taken: it is known already.
    said = replace(REGISTER, history_from=date(2020, 1, 1), scored=OLD)
    assert given(SUBJECT, *REGISTERED).when(said) == []


class TestSubjects(AllTheRules):
    decider = SUBJECT
    commands = (REGISTER, TRUSTED, PERSON, EARLIER, RECALCULATE, QUERY)
    pasts = ([], REGISTERED, SCORED)
    # Who reads is written down each time.
    repeatable = (QueryReport,)


@pytest.mark.parametrize(
    ("rule", "past", "command"), SUBJECT_REFUSALS.values(), ids=SUBJECT_REFUSALS
)
def test_what_is_refused_of_a_subject(rule: str, past: list[Any], command: Any) -> None:
    with refused(rule):
        given(SUBJECT, *past).when(command)
