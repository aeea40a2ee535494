"""The register of subjects, and what counts for whom, one row a fact.

The tables may be dropped at any time and rebuilt from the log. They decide nothing.
"""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, Select, bindparam, func, select

from libs.contracts import credit
from libs.contracts.credit import BasisType, DelistedBecause, Grade
from libs.contracts.enforcement import CreditClass
from libs.contracts.vocabulary import AgencyCode, SubjectKind
from libs.events.core.kernel import Envelope, Hidden
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import COUNTER, KEY, PERSONAL, UNSHOWN, Row
from libs.events.store.read_models import Which
from libs.suite.subjects import kept

NEW: Final = Grade.B


class SubjectRow(
    Row,
    table="credit_subjects",
    indexes=(("subjects_by_change", "rescore_at"), ("subjects_by_grade", "grade", "subject_id")),
):
    """`correlation_id` is the name of the key that its name is under: the subject's own."""

    subject_id: Annotated[UUID, KEY]
    correlation_id: Annotated[str, UNSHOWN]
    kind: SubjectKind
    registered_name: Annotated[str | None, PERSONAL]
    subject_ref: Annotated[dict[str, Any] | None, PERSONAL, UNSHOWN]
    history_from: date
    score: int | None
    grade: Grade | None
    model_version: str | None
    as_of: datetime | None
    rescore_at: datetime | None
    registered_at: datetime


class FactRow(Row, table="credit_facts"):
    """What counts, or counts no more; in the order in which the log knows it."""

    subject_id: Annotated[UUID, KEY]
    position: Annotated[int, KEY, COUNTER]
    kind: str
    source_id: UUID
    at: datetime
    item_code: str
    credit_class: CreditClass | None
    of_breach: bool
    behaviour_date: date | None
    until: date | None
    revoked: bool


class QueryRow(Row, table="report_queries"):
    """Who has said last when what for that they read the sheet of a subject; what for stands in the
    event, sealed."""

    subject_id: Annotated[UUID, KEY]
    by: Annotated[str, KEY]
    role: Annotated[str, KEY]
    agency_code: Annotated[AgencyCode, KEY]
    asked_at: datetime


Counted: TypeAlias = (
    credit.RecordCaptured
    | credit.RecordCorrected
    | credit.RecordPublicityEnded
    | credit.RecordWithdrawn
    | credit.SevereListed
    | credit.SevereDelisted
    | credit.CommitmentFulfilled
)


@projection(SubjectRow)
def project(
    subjects: Changes,
    fact: Envelope[
        credit.SubjectRegistered | credit.SubjectHistoryLengthened | credit.ScoreRecalculated
    ],
) -> None:
    match fact.data:
        case credit.SubjectRegistered() as event:
            person = event.subject_kind is SubjectKind.PERSON
            subjects.set(
                subject_id=event.subject_id,
                correlation_id=fact.subject,
                kind=event.subject_kind,
                registered_name=None if isinstance(event.registered_name, Hidden)
                else event.registered_name,
                subject_ref=kept(event.subject_ref),
                history_from=event.history_from,
                score=None,
                grade=None if person else NEW,
                model_version=None,
                as_of=None,
                rescore_at=event.rescore_at,
                registered_at=fact.happened,
            )  # fmt: skip
        case credit.SubjectHistoryLengthened():
            subjects.take(fact, "history_from", "rescore_at")
        case credit.ScoreRecalculated():
            subjects.take(fact, "score", "grade", "model_version", "as_of", "rescore_at")


@projection(FactRow)
def project_facts(facts: Changes, fact: Envelope[Counted]) -> None:
    event = fact.data
    row: dict[str, Any] = {
        "item_code": "", "credit_class": None, "of_breach": False, "behaviour_date": None,
        "until": None, "revoked": False,
    }  # fmt: skip
    match event:
        case credit.RecordCaptured():
            negative = event.polarity is credit.Polarity.NEGATIVE
            row |= {
                "kind": "CAPTURED",
                "source_id": event.record_id,
                "item_code": event.item_code,
                "credit_class": event.credit_class if negative else None,
                "of_breach": event.basis_document.type is BasisType.BREACH_DECISION,
                "behaviour_date": event.behaviour_date,
                "until": event.display_until,
            }
        case credit.RecordCorrected(after=after):
            row |= {
                "kind": "CORRECTED",
                "source_id": event.record_id,
                "item_code": event.item_code,
                "credit_class": after.credit_class,
                "of_breach": after.basis_document.type is BasisType.BREACH_DECISION,
                "behaviour_date": after.behaviour_date,
                "until": after.display_until,
            }
        case credit.RecordPublicityEnded(cause=credit.PublicityEnd.EXPIRED):
            return  # `until` says so, or the table has a term of its own
        case credit.RecordPublicityEnded():
            row |= {"kind": "ENDED", "source_id": event.record_id}
        case credit.RecordWithdrawn():
            row |= {"kind": "WITHDRAWN", "source_id": event.record_id}
        case credit.SevereListed():
            row |= {"kind": "LISTED", "source_id": event.listing_id, "until": event.listed_until}
        case credit.SevereDelisted():
            revoked = event.cause is DelistedBecause.REVOKED
            row |= {"kind": "DELISTED", "source_id": event.listing_id, "revoked": revoked}
        case credit.CommitmentFulfilled():
            row |= {"kind": "FULFILLED", "source_id": event.approval_id}
    facts.set(subject_id=event.subject_id, position=fact.position, at=fact.happened, **row)


@projection(QueryRow)
def project_queries(queries: Changes, fact: Envelope[credit.ReportQueried]) -> None:
    queries.take(fact, role=fact.role, asked_at=fact.happened)


def find_subject(tx: Connection, subject_id: UUID) -> SubjectRow | None:
    return SubjectRow.first(tx, SubjectRow.where(subject_id=subject_id))


def find_facts(tx: Connection, subject_id: UUID, fields: Sequence[str]) -> Sequence[Any]:
    """As the table has them, in the order of the log: they may be many, and no page shows them."""
    return tx.execute(facts_in_order(tuple(fields)), {"subject_id": subject_id}).all()


@lru_cache
def facts_in_order(fields: tuple[str, ...]) -> Select[Any]:
    c = FactRow.c
    found = select(*(c[one] for one in fields)).where(c.subject_id == bindparam("subject_id"))
    return found.order_by(c.position)


def find_changing(tx: Connection, which: Which) -> Sequence[SubjectRow]:
    """Whose score changes by itself by then, the first to change first."""
    c = SubjectRow.c
    found = select(SubjectRow.table).where(c.rescore_at <= which.moment)
    return SubjectRow.read(tx, which.of(found.order_by(c.rescore_at, c.subject_id), c.subject_id))


def find_next_change(tx: Connection) -> datetime | None:
    found: datetime | None = tx.execute(select(func.min(SubjectRow.c.rescore_at))).scalar()
    return found


def find_asked_at(
    tx: Connection, subject_id: UUID, by: str, role: str, agency_code: AgencyCode
) -> datetime | None:
    """When somebody has said what for, in this role and for this agency."""
    found = QueryRow.where(subject_id=subject_id, by=by, role=role, agency_code=agency_code)
    row = QueryRow.first(tx, found)
    return None if row is None else row.asked_at
