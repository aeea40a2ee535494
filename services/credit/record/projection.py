"""The records, and the decisions that they rest on.

The tables may be dropped at any time and rebuilt from the log. They decide nothing.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from sqlalchemy import Connection, select

from libs.contracts import credit, enforcement
from libs.contracts.credit import AnnotationKind, BasisDocument, BasisType, PublicityEnd
from libs.contracts.enforcement import CreditClass
from libs.contracts.vocabulary import (
    AgencyCode,
    CatalogueItemCode,
    ListingId,
    Matter,
    RecordId,
    RecordNo,
    SubjectKind,
)
from libs.events.core.fields import Paging
from libs.events.core.kernel import Envelope, Hidden, NotFound
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import KEY, PERSONAL, UNSHOWN, Row
from libs.suite.subjects import kept, ref_of
from services.credit.known import Ground, KnownDecision, Standing

OPEN: Final = (Standing.CAPTURED, Standing.PUBLISHED)


class RecordRow(
    Row,
    table="credit_records",
    indexes=(
        ("records_by_subject", "subject_id", "captured_at", "record_id"),
        ("records_by_basis", "basis_no"),
        ("records_by_matter", "correlation_id"),
        ("records_by_term", "standing", "display_until"),
        ("records_by_arrival", "captured_at", "record_id"),
    ),
):
    record_id: Annotated[RecordId, KEY]
    record_no: RecordNo
    correlation_id: str
    subject_id: UUID
    subject_kind: SubjectKind
    subject_ref: Annotated[dict[str, Any] | None, PERSONAL, UNSHOWN]
    item_code: CatalogueItemCode
    listing_id: ListingId | None
    credit_class: CreditClass | None
    basis_type: BasisType
    basis_no: str
    agency_code: AgencyCode
    decided_on: date
    behaviour_date: date
    standing: Standing
    late: bool
    display_from: date | None
    display_until: date | None
    flags: tuple[str, ...]
    under_remedy: bool
    corrected_on: date | None
    captured_at: datetime
    changed_at: Annotated[datetime, UNSHOWN]


class DecisionRow(Row, table="credit_decisions"):
    """A decision that was served, as enforcement tells of it, and whether it still holds."""

    decision_no: Annotated[str, KEY]
    holds: bool
    agency_code: AgencyCode | None
    decided_on: date | None
    behaviour_date: date | None
    credit_class: CreditClass | None
    subjects: tuple[str, ...] | None
    pays: bool | None


@projection(RecordRow)
def project(records: Changes, fact: Envelope[credit.RecordEvent]) -> None:
    event = fact.data
    said: dict[str, Any] = {"record_id": event.record_id, "changed_at": fact.happened}
    match event:
        case credit.RecordCaptured(basis_document=document):
            said |= captured(event, document, fact)
        case credit.RecordPublished():
            said |= {
                "standing": Standing.PUBLISHED,
                "display_from": event.display_from,
                "display_until": event.display_until,
            }
        case credit.RecordPublicityEnded(cause=cause):
            repaired = cause is PublicityEnd.REPAIRED
            said["standing"] = Standing.REPAIRED if repaired else Standing.ENDED
        case credit.RecordAnnotated(kind=AnnotationKind.DUTIES_PERFORMED):
            said["corrected_on"] = event.corrected_on
        case credit.RecordDutiesConfirmed(performed_on=on):
            said["corrected_on"] = on
        case credit.RecordAnnotated(kind=kind):
            said["under_remedy"] = kind is AnnotationKind.UNDER_REMEDY
        case credit.RecordFlagged() | credit.RecordUnflagged():
            flags = set(records.now(record_id=event.record_id).get("flags") or ())
            one = str(event.objection_id)
            flags = flags | {one} if isinstance(event, credit.RecordFlagged) else flags - {one}
            said["flags"] = tuple(sorted(flags))
        case credit.RecordCorrected(after=after):
            said |= {
                "credit_class": after.credit_class,
                "behaviour_date": after.behaviour_date,
                "display_until": after.display_until,
                **of_basis(after.basis_document),
            }
        case credit.RecordWithdrawn():
            said["standing"] = Standing.WITHDRAWN
    records.set(**said)


def captured(
    event: credit.RecordCaptured, document: BasisDocument, fact: Envelope[Any]
) -> dict[str, Any]:
    names = ("record_no", "subject_id", "subject_kind", "item_code", "listing_id", "credit_class")
    return {
        **{name: getattr(event, name) for name in (*names, "behaviour_date", "late")},
        **of_basis(document),
        "correlation_id": fact.correlation_id,
        "subject_ref": kept(event.subject_ref),
        "standing": Standing.CAPTURED,
        "display_from": None,
        "display_until": event.display_until,
        "flags": (),
        "under_remedy": False,
        "corrected_on": None,
        "captured_at": fact.happened,
    }


def of_basis(document: BasisDocument) -> dict[str, Any]:
    return {
        "basis_type": document.type,
        "basis_no": document.no,
        "agency_code": document.agency_code,
        "decided_on": document.decided_on,
    }


@projection(DecisionRow)
def project_decisions(
    decisions: Changes,
    fact: Envelope[
        enforcement.DecisionServed
        | enforcement.DecisionModified
        | enforcement.DecisionRevoked
        | enforcement.DecisionDeclaredInvalid
        | enforcement.DecisionConfirmedIllegal
    ],
) -> None:
    event = fact.data
    match event:
        case enforcement.DecisionServed():
            subjects = () if isinstance(event.subjects, Hidden) else event.subjects
            decisions.set(
                decision_no=event.decision_no,
                holds=True,
                agency_code=event.agency_code,
                decided_on=event.decided_on,
                behaviour_date=event.act_date,
                credit_class=event.credit_class,
                subjects=tuple(str(one.subject_id) for one in subjects),
                pays=event.payment_due_on is not None,
            )
        case enforcement.DecisionModified():
            decisions.set(decision_no=event.decision_no, credit_class=event.credit_class)
        case enforcement.DecisionRevoked(scope=enforcement.RevokedScope.PART):
            pass
        case _:
            decisions.set(decision_no=event.decision_no, holds=False)


# Questions


def find_decision(tx: Connection, decision_no: str) -> KnownDecision | None:
    row = DecisionRow.first(tx, DecisionRow.where(decision_no=decision_no))
    if row is None:
        return None
    return KnownDecision(
        holds=row.holds,
        agency_code=row.agency_code,
        decided_on=row.decided_on,
        behaviour_date=row.behaviour_date,
        credit_class=row.credit_class,
        subjects=frozenset(map(UUID, row.subjects or ())),
        pays=bool(row.pays),
    )


def find_same(
    tx: Connection, item_code: str, subject_id: UUID, basis_no: str, besides: UUID
) -> RecordId | None:
    """The record that this document has led to for this subject and item; also one that was
    withdrawn: what was taken back is not remembered again from the same paper."""
    found = RecordRow.where(item_code=item_code, subject_id=subject_id, basis_no=basis_no)
    row = RecordRow.first(tx, found.where(RecordRow.c.record_id != besides))
    return None if row is None else row.record_id


def find_of_decision(tx: Connection, decision_no: str) -> Sequence[UUID]:
    c = RecordRow.c
    found = select(c.record_id).where(
        c.basis_no == decision_no, c.basis_type == BasisType.PENALTY_DECISION
    )
    return list(tx.execute(found.order_by(c.record_id)).scalars())


def find_listed_of_matter(tx: Connection, matter: str) -> Sequence[UUID]:
    c = RecordRow.c
    found = select(c.record_id).where(c.correlation_id == matter, c.listing_id.is_not(None))
    return list(tx.execute(found.order_by(c.record_id)).scalars())


def find_of_listing(tx: Connection, listing_id: str) -> Sequence[UUID]:
    c = RecordRow.c
    found = select(c.record_id).where(c.listing_id == UUID(listing_id))
    return list(tx.execute(found.order_by(c.record_id)).scalars())


def find_record(tx: Connection, record_id: UUID) -> RecordRow | None:
    return RecordRow.first(tx, RecordRow.where(record_id=record_id))


def get_record(tx: Connection, record_id: RecordId) -> RecordRow:
    row = find_record(tx, record_id)
    if row is None:
        raise NotFound("There is no record {record_id}", record_id=record_id)
    return row


def find_page(
    tx: Connection,
    *,
    item_code: str | None,
    standing: Standing | None,
    agency_code: AgencyCode | None,
    page: Paging,
) -> tuple[list[RecordRow], str | None]:
    found = RecordRow.where(item_code=item_code, standing=standing, agency_code=agency_code)
    return RecordRow.page(tx, found, page, "captured_at", "record_id")


def find_grounds(tx: Connection, record_ids: Sequence[UUID]) -> Sequence[Ground]:
    """Records as others build on them."""
    c = RecordRow.c
    found = select(RecordRow.table).where(c.record_id.in_(record_ids)).order_by(c.record_id)
    return [ground(row) for row in RecordRow.read(tx, found)]


def find_of_subject(tx: Connection, subject_id: UUID) -> Sequence[RecordRow]:
    c = RecordRow.c
    found = RecordRow.where(subject_id=subject_id)
    return RecordRow.read(tx, found.order_by(c.captured_at, c.record_id))


def ground(row: RecordRow) -> Ground:
    return Ground(
        ground_id=row.record_id,
        is_listing=False,
        subject_id=row.subject_id,
        subject_kind=row.subject_kind,
        subject_ref=Hidden.ERASED if row.subject_ref is None else ref_of(row.subject_ref),
        item_code=row.item_code,
        credit_class=row.credit_class,
        basis=BasisDocument(
            type=row.basis_type,
            no=row.basis_no,
            agency_code=row.agency_code,
            decided_on=row.decided_on,
        ),
        behaviour_date=row.behaviour_date,
        until=row.display_until,
        standing=row.standing,
        matter=Matter(row.correlation_id),
        listing_id=row.listing_id,
        flagged=bool(row.flags),
        under_remedy=row.under_remedy,
        corrected_on=row.corrected_on,
    )
