"""The rules of a subject: an adult person or an organisation; only organisations have a score.

Source: 国办发〔2020〕49号; 个人信息保护法 24; docs/domain/credit.md.
"""

from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final, TypeAlias, assert_never

from libs.contracts.credit import (
    Grade,
    GradeChanged,
    ReportQueried,
    ScoreRecalculated,
    SubjectEvent,
    SubjectHistoryLengthened,
    SubjectRegistered,
)
from libs.contracts.vocabulary import Role, SubjectKind
from libs.events.core.deciders import Nothing, build_decider
from libs.events.core.kernel import Decider, Hidden, NotFound, Refused, State
from libs.statute.rulebook import Rulebook
from services.credit.subject.commands import (
    QueryReport,
    RecalculateScore,
    RegisterSubject,
    Scored,
    SubjectCommand,
)
from services.credit.subject.rules.scoring import base, grade_of

# Whose duty it is to read what is remembered of anybody.
ON_DUTY: Final = (Role.CREDIT_OFFICER, Role.LISTING_AUTHORITY, Role.SUPERVISOR)


class Subject(State):
    registered: SubjectRegistered
    history_from: date
    rescore_at: datetime | None
    score: ScoreRecalculated | None = None


AnySubject: TypeAlias = Nothing | Subject


def decide(rules: Rulebook, command: SubjectCommand, subject: AnySubject) -> list[SubjectEvent]:
    match command:
        case RegisterSubject():
            if isinstance(subject, Nothing):
                return register(rules, command)
            return repeat(rules, command, subject)
        case RecalculateScore():
            if command.subject_kind is SubjectKind.PERSON:
                raise Refused(
                    "person-not-scored",
                    "A natural person has records, and never a score",
                    basis="个人信息保护法 24",
                )
            if isinstance(subject, Nothing) or not rules.scoring.version:
                return []  # what was captured before counts from the registration on
            return recalculate(rules, command, subject)
        case QueryReport():
            if isinstance(subject, Nothing):
                raise NotFound("There is no subject {subject_id}", subject_id=command.subject_id)
            return query(command)
        case _:
            assert_never(command)


def register(rules: Rulebook, command: RegisterSubject) -> list[SubjectEvent]:
    ref, today = command.subject_ref, rules.day(command.at)
    if ref.kind is SubjectKind.PERSON and (ref.adult_on is None or ref.adult_on > today):
        raise Refused(
            "subject-not-eligible",
            "A person is a credit subject from eighteen on, and the day of birth must be known",
            basis="民法典 17, 18",
        )
    start = command.history_from or today
    if start > today:
        raise Refused(
            "request-malformed",
            "A history does not begin in the future: {history_from}",
            history_from=start,
            field="history_from",
        )
    if not rules.reaches(start):
        raise Refused(
            "request-malformed",
            "{history_from} is older than every calendar of this place",
            history_from=start,
            field="history_from",
        )
    person = ref.kind is SubjectKind.PERSON
    scored = None if person else command.scored
    registered = SubjectRegistered(
        subject_id=command.subject_id,
        subject_kind=ref.kind,
        subject_ref=ref,
        registered_name=command.registered_name,
        history_from=start,
        rescore_at=None if scored is None else scored.rescore_at,
    )
    if scored is None or len(scored.explanation) == 1:
        return [registered]
    first = evolve(Nothing(), registered)
    return [registered, *settled(rules, command.subject_id, scored, first, registered.event_type)]


def repeat(rules: Rulebook, command: RegisterSubject, subject: Subject) -> list[SubjectEvent]:
    """Known already; under the same number with another name somebody is mistaken.

    What tells of it may come late: then it was known from an earlier day on, whatever came first.
    """
    known = subject.registered.registered_name
    if not isinstance(known, Hidden) and known != command.registered_name:
        raise Refused(
            "name-mismatch",
            "This number is registered under another name",
            field="name",
        )
    start = rules.day(command.at)
    if command.history_from is not None or start >= subject.history_from:
        return []
    lengthened = SubjectHistoryLengthened(
        subject_id=command.subject_id,
        history_from=start,
        rescore_at=None if command.scored is None else command.scored.rescore_at,
    )
    longer = evolve(subject, lengthened)
    if command.scored is None:
        return [lengthened]
    return [lengthened, *compared(rules, command.scored, longer, lengthened.event_type)]


def recalculate(rules: Rulebook, command: RecalculateScore, subject: Subject) -> list[SubjectEvent]:
    if command.scored is None:
        raise Refused("explanation-mismatch", "Nothing is known that the score could be made of")
    return compared(rules, command.scored, subject, command.cause)


def compared(rules: Rulebook, scored: Scored, subject: Subject, cause: str) -> list[SubjectEvent]:
    """Recorded if the score, what it is made of or its next change is another than before."""
    last = subject.score
    if last is None:
        start = base(rules, subject.history_from)
        before: tuple[Any, ...] = (start.points, (start,), subject.rescore_at)
    else:
        before = (last.score, last.explanation, subject.rescore_at)
    if before == (scored.score, scored.explanation, scored.rescore_at):
        return []
    return settled(rules, subject.registered.subject_id, scored, subject, cause)


def settled(
    rules: Rulebook, subject_id: Any, scored: Scored, subject: Subject, cause: str
) -> list[SubjectEvent]:
    if sum(one.points for one in scored.explanation) != scored.score:
        raise Refused(
            "explanation-mismatch",
            "The contributions do not sum to the score {score}",
            score=scored.score,
        )
    events: list[SubjectEvent] = [
        ScoreRecalculated(
            subject_id=subject_id,
            as_of=scored.as_of,
            score=scored.score,
            grade=scored.grade,
            explanation=scored.explanation,
            model_version=rules.scoring.version,
            rescore_at=scored.rescore_at,
        )
    ]
    before = grade(rules, subject)
    if before is not scored.grade:
        events.append(
            GradeChanged(
                subject_id=subject_id, from_grade=before, to_grade=scored.grade, cause=cause
            )
        )
    return events


def grade(rules: Rulebook, subject: Subject) -> Grade:
    """That of the last score; before there is one, that of the base without a history."""
    if subject.score is not None:
        return subject.score.grade
    start = rules.calendar.midnight(subject.history_from)
    return grade_of(rules, rules.scoring.base, subject.history_from, start, listed=False)


def query(command: QueryReport) -> list[SubjectEvent]:
    """By the subject itself, by duty, or with what authorises it."""
    own = command.role == Role.PARTY and command.by == str(command.subject_id)
    duty = command.role in ON_DUTY
    if not (own or duty or (command.role != Role.PARTY and command.authorisation_ref)):
        raise Refused(
            "query-unauthorised",
            "Say what allows you to read it: the authorisation of the subject, or your duty",
            field="authorisation_ref",
            basis="个人信息保护法 23; 国办发〔2020〕49号",
        )
    return [
        ReportQueried(
            subject_id=command.subject_id,
            by=command.by,
            agency_code=command.agency_code,
            purpose=command.purpose,
            authorisation_ref=command.authorisation_ref,
        )
    ]


def evolve(subject: AnySubject, event: SubjectEvent) -> Subject:
    match subject, event:
        case Nothing(), SubjectRegistered():
            return Subject(
                registered=event, history_from=event.history_from, rescore_at=event.rescore_at
            )
        case Subject(), SubjectHistoryLengthened():
            return replace(subject, history_from=event.history_from, rescore_at=event.rescore_at)
        case Subject(), ScoreRecalculated():
            return replace(subject, score=event, rescore_at=event.rescore_at)
        case Subject(), GradeChanged() | ReportQueried():
            return subject
        case _:
            raise AssertionError(f"{event.event_type} cannot follow {subject}")


def decider(rules: Rulebook) -> Decider[SubjectCommand, AnySubject, SubjectEvent]:
    return build_decider("subject", decide, evolve, rules, key="subject_id", shared=True)
