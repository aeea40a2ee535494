"""The listings, and what enforcement tells of unpaid wages.

The tables may be dropped at any time and rebuilt from the log. They decide nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from sqlalchemy import Connection, select

from libs.contracts import credit, enforcement, mediation
from libs.contracts.asking import Watched
from libs.contracts.credit import BasisDocument, BasisType
from libs.contracts.enforcement import CreditClass
from libs.contracts.vocabulary import (
    AgencyCode,
    CatalogueItemCode,
    ListCode,
    ListingId,
    Matter,
    SubjectKind,
)
from libs.events.core.fields import Paging
from libs.events.core.kernel import Envelope, Hidden, NotFound
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import KEY, PERSONAL, UNSHOWN, Row
from libs.suite.subjects import kept, ref_of
from services.credit.known import Ground, Standing

LISTED: Final = Standing.LISTED


class ListingRow(
    Row,
    table="credit_listings",
    indexes=(
        ("listings_by_subject", "subject_id"),
        ("listings_by_number", "decision_no"),
        ("listings_by_matter", "correlation_id"),
        ("listings_by_term", "standing", "listed_until"),
        ("listings_by_agency", "agency_code", "noticed_at", "listing_id"),
        ("listings_by_arrival", "noticed_at", "listing_id"),
    ),
):
    listing_id: Annotated[ListingId, KEY]
    correlation_id: str
    list_code: ListCode
    agency_code: AgencyCode
    subject_id: UUID
    subject_kind: SubjectKind
    subject_ref: Annotated[dict[str, Any] | None, PERSONAL, UNSHOWN]
    standing: Standing
    rights_until: date
    decision_no: str | None
    item_code: CatalogueItemCode | None
    behaviour_date: date | None
    decided_on: date | None
    listed_until: date | None
    noticed_at: Annotated[datetime, UNSHOWN]


class ClaimRow(Row, table="wage_claims"):
    """What a matter says of unpaid wages, one row a party: the last order to pay, and what came of
    it."""

    correlation_id: Annotated[str, KEY]
    subject_id: Annotated[UUID, KEY]
    correction_id: UUID
    subject_ref: Annotated[dict[str, Any] | None, PERSONAL]
    workers: int
    months: int
    amount_fen: int
    due_on: date
    verified_on: date | None
    paid: bool


@projection(ListingRow)
def project(listings: Changes, fact: Envelope[credit.ListingEvent]) -> None:
    match fact.data:
        case credit.SevereListNoticeServed() as event:
            names = ("list_code", "agency_code", "subject_id", "subject_kind", "rights_until")
            listings.take(
                fact,
                *names,
                correlation_id=fact.correlation_id,
                subject_ref=kept(event.subject_ref),
                standing=Standing.NOTICED,
                decision_no=None,
                item_code=None,
                behaviour_date=None,
                decided_on=None,
                listed_until=None,
                noticed_at=fact.happened,
            )
        case credit.SevereListed():
            names = ("decision_no", "item_code", "behaviour_date", "decided_on", "listed_until")
            listings.take(fact, *names, standing=LISTED)
        case credit.SevereDelisted() as event:
            listings.set(listing_id=event.listing_id, standing=Standing.DELISTED)


@projection(ClaimRow)
def project_claims(
    tx: Connection,
    claims: Changes,
    fact: Envelope[
        enforcement.CorrectionOrdered | enforcement.CorrectionVerified | mediation.WagePaid
    ],
) -> None:
    event = fact.data
    if isinstance(event, mediation.WagePaid):
        for row in find_claims(tx, fact.correlation_id) if event.settled else ():
            claims.set(
                correlation_id=fact.correlation_id,
                subject_id=row.subject_id,
                verified_on=event.on,
                paid=True,
            )
        return
    if isinstance(event, enforcement.CorrectionOrdered):
        parties = () if isinstance(event.subjects, Hidden) else event.subjects
        if event.amount_fen is None or event.workers is None:
            return
        for one in parties:
            claims.set(
                correlation_id=fact.correlation_id,
                subject_id=one.subject_id,
                correction_id=event.correction_id,
                subject_ref=kept(one),
                workers=event.workers,
                months=event.months or 0,
                amount_fen=event.amount_fen,
                due_on=event.due_on,
                verified_on=None,
                paid=False,
            )
        return
    for row in find_claims(tx, fact.correlation_id):
        if row.correction_id == event.correction_id:
            claims.set(
                correlation_id=fact.correlation_id,
                subject_id=row.subject_id,
                verified_on=event.on,
                paid=event.done,
            )


def find_claims(tx: Connection, matter: str) -> Sequence[ClaimRow]:
    found = ClaimRow.where(correlation_id=matter).order_by(ClaimRow.c.subject_id)
    return ClaimRow.read(tx, found)


def find_listing(tx: Connection, listing_id: UUID) -> ListingRow | None:
    return ListingRow.first(tx, ListingRow.where(listing_id=listing_id))


def get_listing(tx: Connection, listing_id: ListingId, agency: Watched) -> ListingRow:
    """The authority's own; those who watch over them see all."""
    found = ListingRow.where(listing_id=listing_id, agency_code=agency)
    row = ListingRow.first(tx, found)
    if row is None:
        raise NotFound("There is no listing {listing_id}", listing_id=listing_id)
    return row


def find_number(tx: Connection, decision_no: str, besides: UUID) -> bool:
    """Whether a decision of this number has listed somebody else."""
    found = ListingRow.where(decision_no=decision_no).where(ListingRow.c.listing_id != besides)
    return ListingRow.first(tx, found) is not None


def find_live(tx: Connection, matter: str, list_code: ListCode) -> Mapping[UUID, ListingId]:
    """Who of a matter has been given notice, or listed, and is not off the list again."""
    found = ListingRow.where(correlation_id=matter, list_code=list_code)
    rows = ListingRow.read(tx, found.where(ListingRow.c.standing != Standing.DELISTED))
    return {row.subject_id: row.listing_id for row in rows}


def holds(tx: Connection, listing_id: UUID) -> bool | None:
    row = find_listing(tx, listing_id)
    return None if row is None else row.standing == LISTED


def find_grounds(tx: Connection, listing_ids: Sequence[UUID]) -> Sequence[Ground]:
    """Listings as others build on them; a notice alone is nothing to build on."""
    c = ListingRow.c
    found = select(ListingRow.table).where(c.listing_id.in_(listing_ids)).order_by(c.listing_id)
    return [ground(row) for row in ListingRow.read(tx, found) if row.decision_no is not None]


def ground(row: ListingRow) -> Ground:
    assert row.decided_on is not None
    assert row.item_code is not None
    assert row.behaviour_date is not None
    return Ground(
        ground_id=row.listing_id,
        is_listing=True,
        subject_id=row.subject_id,
        subject_kind=row.subject_kind,
        subject_ref=Hidden.ERASED if row.subject_ref is None else ref_of(row.subject_ref),
        item_code=row.item_code,
        credit_class=CreditClass.SEVERE,
        basis=BasisDocument(
            type=BasisType.LISTING_DECISION,
            no=row.decision_no or "",
            agency_code=row.agency_code,
            decided_on=row.decided_on,
        ),
        behaviour_date=row.behaviour_date,
        until=row.listed_until,
        standing=row.standing,
        matter=Matter(row.correlation_id),
        listing_id=row.listing_id,
    )


def find_page(
    tx: Connection,
    *,
    agency_code: AgencyCode | None,
    list_code: ListCode | None,
    standing: Standing | None,
    page: Paging,
) -> tuple[list[ListingRow], str | None]:
    found = ListingRow.where(agency_code=agency_code, list_code=list_code, standing=standing)
    return ListingRow.page(tx, found, page, "noticed_at", "listing_id")
