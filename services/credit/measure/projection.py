"""The measures: who has ordered what of whom, how far it has come, and what it rests on.

The tables may be dropped at any time and rebuilt from the log. They decide nothing.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from sqlalchemy import Connection, and_, func, or_, select

from libs.contracts import credit
from libs.contracts.vocabulary import AgencyCode, HandoffId, MeasureCode, MeasureId, Role
from libs.events.core.fields import AGENCY, FIRST_PAGE, ROLE, Paging
from libs.events.core.kernel import Envelope, NotFound
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import KEY, Row

LIVE: Final = ("ORDERED", "ACKNOWLEDGED", "APPLIED")


class MeasureRow(
    Row,
    table="credit_measures",
    indexes=(
        ("measures_by_subject", "subject_id"),
        ("measures_by_agency", "agency_code", "ordered_at", "measure_id"),
        ("measures_by_stage", "stage", "ordered_at", "measure_id"),
        ("measures_by_arrival", "ordered_at", "measure_id"),
        ("measures_by_term", "stage", "until"),
    ),
):
    """`acknowledge_by` and `lift_by` are what the agency is late against."""

    measure_id: Annotated[MeasureId, KEY]
    correlation_id: str
    measure_code: MeasureCode
    subject_id: UUID
    agency_code: AgencyCode
    handoff_id: HandoffId
    stage: str
    until: date
    acknowledge_by: date
    approver: str
    ordered_by: str
    ordering_agency: AgencyCode
    acknowledged_by: str | None
    refused_for: str | None
    applied_on: date | None
    lift_cause: str | None
    lift_by: date | None
    lift_handoff_id: HandoffId | None
    lifted_on: date | None
    ordered_at: datetime


class SupportRow(Row, table="measure_supports", indexes=[("supports_by_ground", "ground_id")]):
    measure_id: Annotated[MeasureId, KEY]
    ground_id: Annotated[UUID, KEY]
    lost_because: str | None


@projection(MeasureRow, SupportRow)
def project(measures: Changes, supports: Changes, fact: Envelope[credit.MeasureEvent]) -> None:
    event = fact.data
    match event:
        case credit.MeasureOrdered():
            names = ("measure_code", "subject_id", "agency_code", "handoff_id", "until", "approver")
            measures.take(
                fact,
                *names,
                "acknowledge_by",
                correlation_id=fact.correlation_id,
                stage="ORDERED",
                ordered_by=fact.actor,
                ordering_agency=event.ordered_by,
                acknowledged_by=None,
                refused_for=None,
                applied_on=None,
                lift_cause=None,
                lift_by=None,
                lift_handoff_id=None,
                lifted_on=None,
                ordered_at=fact.happened,
            )
            for one in event.supported_by:
                ground_id = one.record_id or one.listing_id
                supports.set(measure_id=event.measure_id, ground_id=ground_id, lost_because=None)
        case credit.MeasureAcknowledged():
            measures.set(
                measure_id=event.measure_id, stage="ACKNOWLEDGED", acknowledged_by=event.handler_id
            )
        case credit.MeasureRefused():
            # Why, in its own words, stands in the handoff: sealed.
            measures.set(measure_id=event.measure_id, stage="REFUSED", refused_for=event.reason)
        case credit.MeasureApplied():
            measures.take(fact, "applied_on", stage="APPLIED")
        case credit.MeasureSupportLost():
            supports.set(
                measure_id=event.measure_id, ground_id=event.record_id, lost_because=event.cause
            )
        case credit.MeasureLiftOrdered():
            measures.set(
                measure_id=event.measure_id,
                stage="LIFT_ORDERED",
                lift_cause=event.cause,
                lift_by=event.due_on,
                lift_handoff_id=event.handoff_id,
            )
        case credit.MeasureLifted():
            measures.take(fact, "lifted_on", stage="LIFTED")


def find_same(
    tx: Connection,
    subject_id: UUID,
    code: MeasureCode,
    agency_code: AgencyCode,
    grounds: Collection[UUID],
) -> MeasureId | None:
    """The one in force of this subject, measure and agency that rests on all of these already."""
    c, s = MeasureRow.c, SupportRow.c
    found = (
        select(c.measure_id)
        .join(SupportRow.table, s.measure_id == c.measure_id)
        .where(
            c.subject_id == subject_id,
            c.measure_code == code,
            c.agency_code == agency_code,
            c.stage.in_(LIVE),
            s.ground_id.in_(grounds),
        )
        .group_by(c.measure_id)
        .having(func.count() == len(set(grounds)))
        .order_by(c.measure_id)
    )
    known: MeasureId | None = tx.execute(found.limit(1)).scalar()
    return known


def find_of_support(tx: Connection, ground_id: str) -> Sequence[UUID]:
    c = SupportRow.c
    found = select(c.measure_id).where(c.ground_id == UUID(ground_id)).order_by(c.measure_id)
    return list(tx.execute(found).scalars())


def get_measure(
    tx: Connection,
    measure_id: MeasureId,
    role: Annotated[str, ROLE],
    agency: Annotated[str, AGENCY],
) -> MeasureRow:
    """A handler sees those of its own agency."""
    theirs = AgencyCode(agency) if role == Role.AGENCY_HANDLER else None
    row = MeasureRow.first(tx, MeasureRow.where(measure_id=measure_id, agency_code=theirs))
    if row is None:
        raise NotFound("There is no measure {measure_id}", measure_id=measure_id)
    return row


def find_page(
    tx: Connection,
    *,
    agency_code: AgencyCode | None = None,
    stage: str | None = None,
    measure_code: str | None = None,
    ordered_by: str | None = None,
    late_on: date | None = None,
    page: Paging = FIRST_PAGE,
) -> tuple[list[MeasureRow], str | None]:
    """The oldest first; `late_on` asks for those that are late on a day, and those refused."""
    c = MeasureRow.c
    found = MeasureRow.where(
        agency_code=agency_code, stage=stage, measure_code=measure_code, ordered_by=ordered_by
    )
    if late_on is not None:
        unanswered = and_(c.stage == "ORDERED", c.acknowledge_by < late_on)
        unlifted = and_(c.stage == "LIFT_ORDERED", c.lift_by < late_on)
        found = found.where(or_(unanswered, unlifted, c.stage == "REFUSED"))
    return MeasureRow.page(tx, found, page, "ordered_at", "measure_id")
