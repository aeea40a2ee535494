"""What is shown now. When it is shown no more, the row says nothing of whom it was about.

Source: docs/domain/privacy.md, E.5.
"""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import Connection

from libs.contracts import credit
from libs.contracts.enforcement import CreditClass
from libs.contracts.vocabulary import AgencyCode, CatalogueItemCode, RecordId, SubjectRef
from libs.events.core.fields import Paging
from libs.events.core.kernel import Envelope, Hidden
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import KEY, PERSONAL, UNSHOWN, Row


class PublicRow(
    Row,
    table="public_records",
    indexes=(
        ("public_by_day", "shown", "published_at", "record_id"),
        ("public_by_subject", "subject_id", "shown", "published_at", "record_id"),
        ("public_by_name", "name", "shown", "published_at", "record_id"),
        ("public_by_item", "item_code", "shown", "published_at", "record_id"),
    ),
):
    record_id: Annotated[RecordId, KEY]
    correlation_id: Annotated[str, UNSHOWN]
    subject_id: Annotated[UUID, UNSHOWN]
    name: Annotated[str | None, PERSONAL]
    item_code: CatalogueItemCode
    credit_class: CreditClass | None
    basis_no: str
    agency_code: AgencyCode
    decided_on: date
    display_from: date | None
    display_until: date | None
    published: Annotated[bool, UNSHOWN]
    shown: Annotated[bool, UNSHOWN]
    published_at: Annotated[datetime, UNSHOWN]


@projection(PublicRow)
def project(
    records: Changes,
    fact: Envelope[
        credit.RecordCaptured
        | credit.RecordPublished
        | credit.RecordCorrected
        | credit.RecordPublicityEnded
        | credit.RecordWithdrawn
    ],
) -> None:
    event = fact.data
    match event:
        case credit.RecordCaptured(basis_document=document):
            records.set(
                record_id=event.record_id,
                correlation_id=fact.correlation_id,
                subject_id=event.subject_id,
                name=None,
                item_code=event.item_code,
                credit_class=event.credit_class,
                basis_no=document.no,
                agency_code=document.agency_code,
                decided_on=document.decided_on,
                display_from=None,
                display_until=event.display_until,
                published=False,
                shown=False,
                published_at=fact.happened,
            )
        case credit.RecordPublished(subject_ref=ref):
            records.take(
                fact,
                "display_from",
                "display_until",
                name=name_of(ref),
                published=True,
                shown=True,
                published_at=fact.happened,
            )
        case credit.RecordCorrected(after=after):
            records.set(
                record_id=event.record_id,
                credit_class=after.credit_class,
                basis_no=after.basis_document.no,
                agency_code=after.basis_document.agency_code,
                decided_on=after.basis_document.decided_on,
                display_until=after.display_until,
            )
            if records.now(record_id=event.record_id).get("published"):
                shown = after.credit_class is not CreditClass.MINOR
                name = name_of(event.subject_ref) if shown else None
                records.set(record_id=event.record_id, shown=shown, name=name)
        case credit.RecordPublicityEnded() | credit.RecordWithdrawn():
            records.set(record_id=event.record_id, published=False, shown=False, name=None)


def name_of(ref: SubjectRef | Hidden) -> str | None:
    return None if isinstance(ref, Hidden) else ref.display_name


def find_shown(
    tx: Connection,
    today: date,
    *,
    subject_id: UUID | None,
    name: str | None,
    item_code: str | None,
    page: Paging,
) -> tuple[list[PublicRow], str | None]:
    """The oldest first. What is over today is not there, whether it was ended already or not."""
    c = PublicRow.c
    found = PublicRow.where(shown=True, subject_id=subject_id, name=name, item_code=item_code)
    found = found.where(c.display_until >= today)
    return PublicRow.page(tx, found, page, "published_at", "record_id")
