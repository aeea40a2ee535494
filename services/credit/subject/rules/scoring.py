"""What the facts about an organisation come to: a score that explains itself, and its grade.

The table is the pack's (`credit_score.csv`). A contribution counts from the moment of its event, or
from the first instant after a term; and until 24:00 of the last day of its term.
Source: docs/domain/credit.md.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from libs.contracts.credit import Contribution, Grade
from libs.contracts.enforcement import CreditClass
from libs.statute.rulebook import Rulebook
from libs.statute.scoring import ScoreRow
from services.credit.subject.commands import Fact, FactKind, Scored

INSTANT: Final = timedelta(microseconds=1)
BREACHED: Final = "COMMITMENT_BREACHED"
FULFILLED: Final = "COMMITMENT_FULFILLED"
LISTED: Final = "LISTED"
CLEAN: Final = "CLEAN_24M"
AGAIN: Final = "GENERAL_AGAIN"
DISPLAY: Final = "DISPLAY"
# Of these only so many points count in total.
CAPPED: Final = (CreditClass.MINOR, FULFILLED)


class Entry(NamedTuple):
    """Something that counts, from `since` up to and with `until`."""

    code: str
    source_id: UUID
    since: datetime
    until: datetime | None
    item_code: str = ""
    behaviour_date: date = date.min

    def counts(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at <= self.until)

    @property
    def negative(self) -> bool:
        return self.code != FULFILLED

    def cut(self, until: datetime) -> "Entry":
        earlier = until if self.until is None else min(self.until, until)
        return self._replace(until=earlier)


@dataclass(kw_only=True)
class History:
    """The entries that the facts leave, each by what it is of; `ended` is when one was ended."""

    rules: Rulebook
    entries: dict[UUID, Entry] = field(default_factory=dict)
    ended: dict[UUID, datetime] = field(default_factory=dict)
    dues: dict[tuple[str, date], datetime] = field(default_factory=dict)

    def take(self, fact: Fact) -> None:
        known = self.entries.get(fact.source_id)
        match fact.kind:
            case FactKind.CAPTURED | FactKind.LISTED | FactKind.FULFILLED:
                if (entry := self.entry(fact, fact.at)) is not None:
                    self.entries[fact.source_id] = entry
            case FactKind.CORRECTED if known is not None:
                self.correct(fact, known)
            case FactKind.ENDED | FactKind.DELISTED if known is not None and not fact.revoked:
                self.ended[fact.source_id] = fact.at - INSTANT
                self.entries[fact.source_id] = known.cut(fact.at - INSTANT)
            case FactKind.WITHDRAWN | FactKind.DELISTED:
                self.entries.pop(fact.source_id, None)
            case _:
                pass

    def correct(self, fact: Fact, known: Entry) -> None:
        """As it is known now, it has always been so."""
        entry = self.entry(fact, known.since)
        if entry is None:
            del self.entries[fact.source_id]
            return
        ended = self.ended.get(fact.source_id)
        self.entries[fact.source_id] = entry if ended is None else entry.cut(ended)

    def entry(self, fact: Fact, since: datetime) -> Entry | None:
        code = code_of(fact)
        if code is None:
            return None
        return Entry(
            code=code,
            source_id=fact.source_id,
            since=since,
            until=self.end(code, since, fact.until),
            item_code=fact.item_code,
            behaviour_date=fact.behaviour_date or date.min,
        )

    def end(self, code: str, since: datetime, until: date | None) -> datetime | None:
        """By its own term, if the table gives it one; else at the end of its display."""
        row = self.rules.scoring.counts[code]
        if row.term is not None and code != AGAIN:
            # A term in months is over when that of the same day is.
            key = (code, self.rules.day(since))
            if key not in self.dues:
                self.dues[key] = self.rules.run(row.term, row.unit, since).due
            return self.dues[key]
        if until is None:
            return None
        # Many records are shown up to the same day.
        if (DISPLAY, until) not in self.dues:
            self.dues[DISPLAY, until] = self.rules.calendar.end_of(until)
        return self.dues[DISPLAY, until]


def code_of(fact: Fact) -> str | None:
    if fact.kind == FactKind.LISTED:
        return LISTED
    if fact.kind == FactKind.FULFILLED:
        return FULFILLED
    if fact.of_breach:
        return BREACHED
    return fact.credit_class


def scored(rules: Rulebook, history_from: date, facts: Iterable[Fact], at: datetime) -> Scored:
    """As of a moment, by all that the facts say. The points of the explanation sum to the score."""
    history = History(rules=rules)
    for fact in facts:
        history.take(fact)
    entries = sorted(history.entries.values(), key=lambda one: (one.since, one.source_id))
    whole = span(rules, CLEAN, rules.calendar.midnight(history_from)) + INSTANT
    clean = clean_since(rules, history_from, entries, at)
    found = [base(rules, history_from), *counted(rules, [o for o in entries if o.counts(at)])]
    if clean is not None and clean <= at:
        found.append(said(rules.scoring.counts[CLEAN], since=clean, until=None))
    found += bounded(rules, sum(one.points for one in found), found[0].since)
    score = sum(one.points for one in found)
    listed = any(one.rule_code == LISTED for one in found)
    return Scored(
        as_of=at,
        score=score,
        grade=grade_of(rules, score, history_from, at, listed=listed),
        explanation=tuple(found),
        rescore_at=next_change(rules, entries, clean, score, whole, at),
    )


def base(rules: Rulebook, history_from: date) -> Contribution:
    start = rules.calendar.midnight(history_from)
    return said(rules.scoring.bounds["BASE"], since=start, until=None)


def said(
    row: ScoreRow,
    *,
    since: datetime,
    until: datetime | None,
    record_id: UUID | None = None,
    points: int | None = None,
) -> Contribution:
    return Contribution(
        record_id=record_id,
        rule_code=row.code,
        points=row.points if points is None else points,
        since=since,
        until=until,
        text_zh=row.text_zh,
    )


def counted(rules: Rulebook, live: Sequence[Entry]) -> Iterator[Contribution]:
    """Each with its points: further ones of an item count more, some only up to a total."""
    rows, again = rules.scoring.counts, repeated(rules, live)
    left = {code: abs(rows[code].cap or 0) for code in CAPPED}
    for one in live:
        row = rows[AGAIN] if one.source_id in again else rows[one.code]
        points = row.points
        if one.code in left and row.cap is not None:
            size = min(abs(points), left[one.code])
            left[one.code] -= size
            points = size if points > 0 else -size
        yield said(row, since=one.since, until=one.until, record_id=one.source_id, points=points)


def repeated(rules: Rulebook, live: Sequence[Entry]) -> set[UUID]:
    """Of an item, those whose behaviour is within the term of the one before that counts."""
    term = rules.scoring.counts[AGAIN].term or 0
    last: dict[str, date] = {}
    found: set[UUID] = set()
    general = [one for one in live if one.code == CreditClass.GENERAL]
    for one in sorted(general, key=lambda one: (one.behaviour_date, str(one.source_id))):
        before = last.get(one.item_code)
        if before is not None and one.behaviour_date <= rules.calendar.same_day(before, term):
            found.add(one.source_id)
        last[one.item_code] = one.behaviour_date
    return found


def bounded(rules: Rulebook, total: int, since: datetime) -> Iterator[Contribution]:
    """What keeps the sum within its bounds is a contribution too, so that the list sums exactly."""
    least, most = rules.scoring.bounds["LEAST"], rules.scoring.bounds["MOST"]
    if total < least.points:
        yield said(least, since=since, until=None, points=least.points - total)
    if total > most.points:
        yield said(most, since=since, until=None, points=most.points - total)


def span(rules: Rulebook, code: str, start: datetime) -> datetime:
    """When the term of a row of the table is over that starts then."""
    row = rules.scoring.counts[code]
    return rules.run(row.term or 0, row.unit, start).due


def clean_since(
    rules: Rulebook, history_from: date, entries: Sequence[Entry], at: datetime
) -> datetime | None:
    """From when nothing negative counts or counted for the whole term; nothing if something counts
    now."""
    begun = [one for one in entries if one.negative and one.since <= at]
    if any(one.counts(at) for one in begun):
        return None
    days = [rules.calendar.day_before(one.until) for one in begun if one.until is not None]
    start = max([history_from, *days])
    return span(rules, CLEAN, rules.calendar.midnight(start)) + INSTANT


def grade_of(
    rules: Rulebook, score: int, history_from: date, at: datetime, *, listed: bool
) -> Grade:
    """The best whose points are reached; some want a history too. Who is listed has the last."""
    grades = rules.scoring.grades
    if not listed:
        for row in grades[:-1]:
            if score >= row.points and at > seasoned(rules, row, history_from):
                return Grade(row.code)
    return Grade(grades[-1].code)


def seasoned(rules: Rulebook, row: ScoreRow, history_from: date) -> datetime:
    """The last instant at which a history is too short for a grade."""
    start = rules.calendar.midnight(history_from)
    return start - INSTANT if row.term is None else rules.run(row.term, row.unit, start).due


def next_change(
    rules: Rulebook,
    entries: Sequence[Entry],
    clean: datetime | None,
    score: int,
    whole: datetime,
    at: datetime,
) -> datetime | None:
    """The first instant after `at` at which something ends, or begins, by itself."""
    moments = [one.until + INSTANT for one in entries if one.counts(at) and one.until is not None]
    if clean is not None:
        moments.append(clean)
    # A history that is long enough for a better grade, where the points are.
    best = rules.scoring.grades[0]
    if score >= best.points:
        moments.append(whole)
    return min((one for one in moments if one > at), default=None)
