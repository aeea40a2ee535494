"""What may be asked of a subject.

What is `Completed` is filled in under the lock. Its default is the answer of someone who knows
nothing: with it, the rule says no.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, NamedTuple, TypeAlias
from uuid import UUID

from libs.contracts.asking import CallingAgency, CallingPerson
from libs.contracts.credit import Contribution, Grade
from libs.contracts.enforcement import CreditClass
from libs.contracts.vocabulary import SubjectKind, SubjectRef
from libs.events.core import fields as f
from libs.events.core.kernel import Command, Record


class FactKind(StrEnum):
    """What may count for or against somebody."""

    CAPTURED = "CAPTURED"
    CORRECTED = "CORRECTED"
    ENDED = "ENDED"
    WITHDRAWN = "WITHDRAWN"
    LISTED = "LISTED"
    DELISTED = "DELISTED"
    FULFILLED = "FULFILLED"


class Fact(NamedTuple):
    """One thing that counts, or counts no more, from a moment. `source_id` is the record, listing
    or licence; `until` the last day of its term, where it has one of its own."""

    kind: FactKind
    source_id: UUID
    at: datetime
    item_code: str = ""
    credit_class: CreditClass | None = None
    of_breach: bool = False
    behaviour_date: date | None = None
    until: date | None = None
    revoked: bool = False


class Scored(Record):
    """What the facts come to as of a moment; `rescore_at` is when that changes by itself."""

    as_of: datetime
    score: int
    grade: Grade
    explanation: tuple[Contribution, ...]
    rescore_at: datetime | None


class RegisterSubject(Command):
    """`history_from` is the day from which its records are known to be whole; today, if nobody
    says."""

    subject_id: UUID
    subject_ref: SubjectRef
    registered_name: str
    history_from: date | None
    at: datetime
    scored: f.Completed[Scored | None] = None


class RecalculateScore(Command):
    """Because of what happened then; `cause` names it."""

    subject_id: UUID
    subject_kind: SubjectKind
    cause: str
    at: datetime
    scored: f.Completed[Scored | None] = None


class QueryReport(Command):
    """Who wants to read it, for what, and what allows them to."""

    subject_id: UUID
    purpose: f.Short
    authorisation_ref: f.Short | None = None
    by: CallingPerson
    agency_code: CallingAgency
    role: Annotated[str, f.ROLE]


SubjectCommand: TypeAlias = RegisterSubject | RecalculateScore | QueryReport
