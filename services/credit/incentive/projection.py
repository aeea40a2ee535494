"""The incentives: who has which, until when."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import Connection, select

from libs.contracts import credit
from libs.contracts.vocabulary import AgencyCode, IncentiveId, MeasureCode
from libs.events.core.kernel import Envelope
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import KEY, Row


class IncentiveRow(
    Row, table="credit_incentives", indexes=[("incentives_by_subject", "subject_id")]
):
    incentive_id: Annotated[IncentiveId, KEY]
    correlation_id: str
    measure_code: MeasureCode
    subject_id: UUID
    agency_code: AgencyCode
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
                revoked_for=None,
                granted_at=fact.happened,
            )
        case credit.IncentiveRevoked() as event:
            incentives.set(incentive_id=event.incentive_id, revoked_for=event.cause)


def find_live_of_subject(tx: Connection, subject_id: str) -> Sequence[UUID]:
    c = IncentiveRow.c
    found = select(c.incentive_id).where(c.subject_id == UUID(subject_id), c.revoked_for.is_(None))
    return list(tx.execute(found.order_by(c.incentive_id)).scalars())


def find_incentives(
    tx: Connection, subject_id: UUID | None = None, agency_code: AgencyCode | None = None
) -> Sequence[IncentiveRow]:
    found = IncentiveRow.where(subject_id=subject_id, agency_code=agency_code)
    c = IncentiveRow.c
    return IncentiveRow.read(tx, found.order_by(c.granted_at, c.incentive_id))
