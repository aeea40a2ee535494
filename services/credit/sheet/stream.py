"""A subject's sheet: what is remembered of it, what follows from it, and what it comes to; the last
on any day, as it was known then or as it is known now."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Connection

from libs.contracts.credit import Contribution, Grade
from libs.contracts.vocabulary import AgencyCode, Role, SubjectKind
from libs.events.core import fields as f
from libs.events.core.kernel import NotFound, Record, Refused
from libs.events.declaring.routes import get
from libs.events.declaring.rows import Row
from libs.events.declaring.stream import Stream
from libs.statute.rulebook import Rulebook

READERS: Final = (
    Role.CREDIT_OFFICER, Role.LISTING_AUTHORITY, Role.APPROVAL_CLERK, Role.OFFICER, Role.SUPERVISOR,
)  # fmt: skip
# Whoever reads the sheet of a person has said what for, not longer ago than this.
ASKED: Final = timedelta(hours=24)
INSTANT: Final = timedelta(microseconds=1)


class Sheet(BaseModel):
    """`as_of` is the day that is asked about, `known_at` the day whose knowledge is used: score,
    grade and explanation are of that day. The lists below are as they stand now, and hold what had
    begun by then. A natural person has no score."""

    subject_id: UUID
    kind: SubjectKind
    registered_name: str | None
    history_from: date
    as_of: date
    known_at: date
    score: int | None
    grade: Grade | None
    model_version: str | None
    explanation: Sequence[Contribution]
    records: Sequence[Any]
    listings: Sequence[Any]
    measures: Sequence[Any]
    incentives: Sequence[Any]
    objections: Sequence[Any]
    repairs: Sequence[Any]
    approvals: Sequence[Any]


class Asked(Record):
    """What a sheet shows of each stream, and how a score is made as of a moment, by what was known
    by another."""

    subject: Callable[[Connection, UUID], Any]
    scored: Callable[[Connection, UUID, date, datetime, datetime], Any]
    asked_at: Callable[[Connection, UUID, str, str, AgencyCode], datetime | None]
    # The rows of each list of the sheet, and the column that says when one began.
    lists: Mapping[str, tuple[type[Row], str]]


class Sheets:
    def __init__(self, rules: Rulebook, asked: Asked) -> None:
        self._rules = rules
        self._asked = asked

    def get_subject(
        self,
        tx: Connection,
        subject_id: UUID,
        actor: Annotated[str, f.ACTOR],
        role: Annotated[str, f.ROLE],
        agency: Annotated[str, f.AGENCY],
        now: f.Now,
        as_of: date | None = None,
        known_at: date | None = None,
    ) -> Sheet:
        """Of a person only for who has said what for (`POST /subjects/{subject_id}/query`)."""
        found = self._asked.subject(tx, subject_id)
        if found is None:
            raise NotFound("There is no subject {subject_id}", subject_id=subject_id)
        if found.kind is SubjectKind.PERSON:
            asked_at = self._asked.asked_at(tx, subject_id, actor, role, AgencyCode(agency))
            if asked_at is None or now - asked_at > ASKED:
                raise Refused(
                    "query-unauthorised",
                    "Say first what you read it for: what is remembered of a person is not for all",
                    basis="个人信息保护法 13, 23",
                )
        return self.sheet(tx, found, now, as_of, known_at)

    def get_my_credit(
        self,
        tx: Connection,
        actor: Annotated[str, f.ACTOR],
        now: f.Now,
        as_of: date | None = None,
        known_at: date | None = None,
    ) -> Sheet:
        """A party's own: whatever is remembered of it, it may see."""
        try:
            found = self._asked.subject(tx, UUID(actor))
        except ValueError:
            found = None
        if found is None:
            raise NotFound("Nothing is remembered of you")
        return self.sheet(tx, found, now, as_of, known_at)

    def sheet(
        self, tx: Connection, found: Any, now: datetime, as_of: date | None, known_at: date | None
    ) -> Sheet:
        today = self._rules.day(now)
        on, known = as_of or today, known_at or today
        subject_id = found.subject_id
        scored = self.scored(tx, found, on, known)
        end = self._rules.calendar.end_of(min(on, known))
        listed = {
            name: kind.as_shown(tx, began, end, subject_id=subject_id)
            for name, (kind, began) in self._asked.lists.items()
        }
        return Sheet(
            subject_id=subject_id,
            kind=found.kind,
            registered_name=found.registered_name,
            history_from=found.history_from,
            as_of=on,
            known_at=known,
            score=None if scored is None else scored.score,
            grade=None if scored is None else scored.grade,
            model_version=None if scored is None else self._rules.scoring.version,
            explanation=() if scored is None else scored.explanation,
            **listed,
        )

    def scored(self, tx: Connection, found: Any, on: date, known: date) -> Any:
        """At the end of a day. Of a person there is none; nor on a day before its history."""
        if found.kind is SubjectKind.PERSON or on < found.history_from:
            return None
        if not self._rules.scoring.version:
            return None
        end_of = self._rules.calendar.end_of
        return self._asked.scored(
            tx, found.subject_id, found.history_from, end_of(on) - INSTANT, end_of(known) - INSTANT
        )


def sheet(rules: Rulebook, asked: Asked) -> Stream:
    sheets = Sheets(rules, asked)
    return Stream(
        name="sheet",
        queries=[
            get(
                "/subjects/{subject_id}",
                sheets.get_subject,
                READERS,
                "not-found query-unauthorised",
                stream="subject/{subject_id}",
            ),
            get("/me/credit", sheets.get_my_credit, (Role.PARTY,), "not-found"),
        ],
    )
