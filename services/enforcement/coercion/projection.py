"""What is seized: under which lead and case, until when, and which items."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Named,
    Table,
    TypedColumns,
    and_,
    exists,
    func,
    or_,
    select,
    update,
)

from libs.contracts import enforcement
from libs.contracts.asking import WATCHED
from libs.contracts.enforcement import TESTS
from libs.contracts.vocabulary import AgencyCode, CaseId, CoercionId, LeadId
from libs.events.core.kernel import Envelope, Event, Hidden
from libs.events.declaring.rows import KEY, UNSHOWN, Row
from libs.events.store.read_models import Rows
from libs.events.store.tables import metadata

IN_FORCE = "IN_FORCE"
LIFTED = "LIFTED"


class CoercionRow(
    Row,
    table="coercions",
    indexes=(
        ("coercions_by_case", "case_id"),
        ("coercions_by_lead", "lead_id"),
        ("coercions_by_expiry", "status", "expires_on"),
    ),
):
    coercion_id: Annotated[CoercionId, KEY]
    correlation_id: str
    lead_id: LeadId | None
    case_id: CaseId | None
    agency_code: AgencyCode
    kind: str
    status: str
    urgent: bool
    due_at: datetime | None
    approved: bool
    expires_on: date
    ground: str | None
    imposed_at: Annotated[datetime, UNSHOWN]


coercions = CoercionRow.table


class ItemColumns(TypedColumns):
    item_id: Named[UUID] = Column(primary_key=True)
    coercion_id: Named[UUID]
    seized: Named[bool]


seized_items = Table("seized_items", metadata, ItemColumns, Index("items_seized", "coercion_id"))


class TestColumns(TypedColumns):
    """Whether a case waits for a test: so long no seizure of it runs out."""

    case_id: Named[UUID] = Column(primary_key=True)
    reason: Named[str] = Column(primary_key=True)
    running: Named[bool]


case_tests = Table("case_tests", metadata, TestColumns)


def project(tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
    rows, items, tests = Rows(coercions), Rows(seized_items), Rows(case_tests)
    under: list[tuple[UUID, UUID]] = []
    lifted: list[UUID] = []
    for fact in facts:
        match fact.data:
            case enforcement.CoerciveMeasureImposed() as event:
                rows.set(
                    coercion_id=event.coercion_id,
                    correlation_id=fact.correlation_id,
                    lead_id=event.lead_id,
                    case_id=event.case_id,
                    agency_code=event.agency_code,
                    kind=event.kind,
                    status=IN_FORCE,
                    urgent=event.urgent,
                    due_at=event.due_at,
                    approved=event.approver is not None,
                    expires_on=event.expires_on,
                    imposed_at=fact.happened,
                )
                for one in () if isinstance(event.items, Hidden) else event.items:
                    items.set(item_id=one.item_id, coercion_id=event.coercion_id, seized=True)
            case enforcement.CoerciveMeasureApproved() as event:
                rows.set(coercion_id=event.coercion_id, approved=True)
            case enforcement.CoerciveMeasureExtended() as event:
                rows.set(coercion_id=event.coercion_id, expires_on=event.new_expires_on)
            case enforcement.CoerciveMeasureLifted() as event:
                rows.set(coercion_id=event.coercion_id, status=LIFTED, ground=event.ground)
                lifted.append(event.coercion_id)
            case enforcement.CaseFiled() as event:
                under.append((event.lead_id, event.case_id))
            case enforcement.CaseClockPaused() as event if event.reason in TESTS:
                tests.set(case_id=event.case_id, reason=event.reason, running=True)
            case enforcement.CaseClockResumed() as event if event.reason in TESTS:
                tests.set(case_id=event.case_id, reason=event.reason, running=False)
            case _:
                pass
    rows.write(tx)
    items.write(tx)
    tests.write(tx)
    for lead_id, case_id in under:
        found = update(coercions).where(coercions.c.lead_id == lead_id)
        tx.execute(found.values(case_id=case_id))
    if lifted:
        free = update(seized_items).where(seized_items.c.coercion_id.in_(lifted))
        tx.execute(free.values(seized=False))


# In force, and no test stops its days.
RUNS: Final = and_(
    coercions.c.status == IN_FORCE,
    ~exists().where(case_tests.c.case_id == coercions.c.case_id, case_tests.c.running.is_(True)),
)


def find_taken(tx: Connection, items: Sequence[UUID]) -> frozenset[UUID]:
    """Which of these are seized now."""
    found = select(seized_items.c.item_id).where(
        seized_items.c.item_id.in_(items), seized_items.c.seized.is_(True)
    )
    return frozenset(tx.execute(found).scalars())


def find_of_case(tx: Connection, case_id: str) -> Sequence[UUID]:
    """What is still seized in a case."""
    found = select(coercions.c.coercion_id).where(
        coercions.c.case_id == UUID(case_id), coercions.c.status == IN_FORCE
    )
    return list(tx.execute(found.order_by(coercions.c.coercion_id)).scalars())


def find_expired(
    tx: Connection, before: date, limit: int
) -> Sequence[tuple[CoercionId, AgencyCode, date]]:
    """What is in force although its last day is over."""
    found = (
        select(coercions.c.coercion_id, coercions.c.agency_code, coercions.c.expires_on)
        .where(RUNS, coercions.c.expires_on < before)
        .order_by(coercions.c.expires_on, coercions.c.coercion_id)
        .limit(limit)
    )
    return [(CoercionId(one), AgencyCode(who), on) for one, who, on in tx.execute(found)]


def find_next_expiry(tx: Connection) -> date | None:
    found = select(func.min(coercions.c.expires_on)).where(RUNS)
    on: date | None = tx.execute(found).scalar()
    return on


def find_coercions(
    tx: Connection, *, agency_code: Annotated[AgencyCode | None, WATCHED], under: UUID | None = None
) -> Sequence[CoercionRow]:
    """Those of an agency, or of a lead or case, the first to end first."""
    wanted = []
    if agency_code is not None:
        wanted.append(coercions.c.agency_code == agency_code)
    if under is not None:
        wanted.append(or_(coercions.c.case_id == under, coercions.c.lead_id == under))
    found = select(coercions).where(*wanted).order_by(coercions.c.expires_on).limit(200)
    return CoercionRow.read(tx, found)
