"""What a score leaves open: all that counts for the subject, asked under the lock."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection

from libs.contracts.vocabulary import SubjectKind
from libs.events.core.deciders import Nothing
from libs.statute.rulebook import Rulebook
from services.credit.subject.commands import (
    Fact,
    RecalculateScore,
    RegisterSubject,
    Scored,
)
from services.credit.subject.projection import find_facts
from services.credit.subject.rules.decider import AnySubject
from services.credit.subject.rules.scoring import scored


def facts_of(tx: Connection, subject_id: UUID) -> Sequence[Fact]:
    """All that counts for it, in the order of the log; as light as can be, for they may be a
    thousand, and each is looked at once."""
    return list(map(Fact._make, find_facts(tx, subject_id, Fact._fields)))


def score_now(
    rules: Rulebook,
    tx: Connection,
    subject_id: UUID,
    history_from: date,
    at: datetime,
    last: datetime | None = None,
) -> Scored:
    """As of the latest moment there is: what arrives late makes no score younger."""
    facts = facts_of(tx, subject_id)
    moments = [at, *(one.at for one in facts), *([last] if last else [])]
    return scored(rules, history_from, facts, max(moments))


def complete_registration(
    rules: Rulebook, tx: Connection, command: RegisterSubject, subject: AnySubject
) -> RegisterSubject:
    if not rules.scoring.version:
        return command  # a city without a table of scores has none
    start, last = command.history_from or rules.day(command.at), None
    if not rules.reaches(start):
        return command  # no calendar knows of it: the rule says no
    if not isinstance(subject, Nothing):
        if subject.registered.subject_kind is SubjectKind.PERSON or start >= subject.history_from:
            return command
        last = None if subject.score is None else subject.score.as_of
    now = score_now(rules, tx, command.subject_id, start, command.at, last)
    return replace(command, scored=now)


def complete_score(
    rules: Rulebook, tx: Connection, command: RecalculateScore, subject: AnySubject
) -> RecalculateScore:
    if isinstance(subject, Nothing) or not rules.scoring.version:
        return command
    last = None if subject.score is None else subject.score.as_of
    start = subject.history_from
    now = score_now(rules, tx, command.subject_id, start, command.at, last)
    return replace(command, scored=now)
