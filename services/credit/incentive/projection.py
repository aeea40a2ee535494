"""The incentives: who has which, until when."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import Connection, select

from libs.contracts import credit
from libs.contracts.vocabulary import AgencyCode, IncentiveId, MeasureCode
from libs.events.core.fields import Paging
from libs.events.core.kernel import Envelope
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import KEY, Row


class IncentiveRow(
    Row,
    table="credit_incentives",
    indexes=[
        ("incentives_by_subject", "subject_id"),
        ("incentives_by_term", "until"),
        ("incentives_by_arrival", "granted_at", "incentive_id"),
    ],
):
    incentive_id: Annotated[IncentiveId, KEY]
    correlation_id: str
    measure_code: MeasureCode
    subject_id: UUID
    agency_code: AgencyCode
    granting_agency: AgencyCode
    until: date
    approver: str
    revoked_for: str | None
    granted_at: datetime


@projection(IncentiveRow)
def project(incentives: Changes, fact: Envelope[credit.IncentiveEvent]) -> None:
    match fact.data:
        case credit.IncentiveGranted():
            names = ("measure_code", "subject_id", "agency_code", "until", "approver")
            incentives.take(
                fact,
                *names,
                correlation_id=fact.correlation_id,
                granting_agency=fact.agency,
                revoked_for=None,
                granted_at=fact.happened,
            )
        case credit.IncentiveRevoked() as event:
            incentives.set(incentive_id=event.incentive_id, revoked_for=event.cause)


def find_live_of_subject(tx: Connection, subject_id: str) -> Sequence[UUID]:
    c = IncentiveRow.c
    found = select(c.incentive_id).where(c.subject_id == UUID(subject_id), c.revoked_for.is_(None))
    return list(tx.execute(found.order_by(c.incentive_id)).scalars())


def find_page(
    tx: Connection,
    *,
    subject_id: UUID | None,
    agency_code: AgencyCode | None,
    live: bool,
    page: Paging,
) -> tuple[list[IncentiveRow], str | None]:
    found = IncentiveRow.where(subject_id=subject_id, agency_code=agency_code)
    if live:
        found = found.where(IncentiveRow.c.revoked_for.is_(None))
    return IncentiveRow.page(tx, found, page, "granted_at", "incentive_id")
