"""What is seized: under which lead and case, until when, and which items."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from sqlalchemy import Connection, and_, exists, or_, select, update

from libs.contracts import enforcement
from libs.contracts.asking import WATCHED
from libs.contracts.enforcement import TESTS
from libs.contracts.vocabulary import AgencyCode, CaseId, CoercionId, LeadId
from libs.events.core.kernel import Envelope, Event, Hidden
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import KEY, UNSHOWN, Row

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


class ItemRow(Row, table="seized_items", indexes=[("items_seized", "coercion_id")]):
    item_id: Annotated[UUID, KEY]
    coercion_id: CoercionId
    seized: bool


class CaseTestRow(Row, table="case_tests"):
    """Whether a case waits for a test: so long no seizure of it runs out."""

    case_id: Annotated[CaseId, KEY]
    reason: Annotated[str, KEY]
    running: bool


@projection(CoercionRow, ItemRow, CaseTestRow)
def project_measures(
    coercions: Changes,
    items: Changes,
    tests: Changes,
    fact: Envelope[
        enforcement.CoercionEvent | enforcement.CaseClockPaused | enforcement.CaseClockResumed
    ],
) -> None:
    match fact.data:
        case enforcement.CoerciveMeasureImposed() as event:
            coercions.take(
                fact,
                status=IN_FORCE,
                approved=event.approver is not None,
                imposed_at=fact.happened,
            )
            for one in () if isinstance(event.items, Hidden) else event.items:
                items.set(item_id=one.item_id, coercion_id=event.coercion_id, seized=True)
        case enforcement.CoerciveMeasureApproved() as event:
            coercions.set(coercion_id=event.coercion_id, approved=True)
        case enforcement.CoerciveMeasureExtended() as event:
            coercions.set(coercion_id=event.coercion_id, expires_on=event.new_expires_on)
        case enforcement.CoerciveMeasureLifted():
            coercions.take(fact, "ground", status=LIFTED)
        case enforcement.CaseClockPaused() | enforcement.CaseClockResumed() as clock:
            if clock.reason in TESTS:
                running = isinstance(clock, enforcement.CaseClockPaused)
                tests.set(case_id=clock.case_id, reason=clock.reason, running=running)


def project(tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
    """What is imposed under a lead is of the case that is filed on it; what is lifted is free."""
    project_measures(tx, facts)
    c, lifted = CoercionRow.c, []
    for fact in facts:
        match fact.data:
            case enforcement.CaseFiled() as filed:
                under = update(CoercionRow.table).where(c.lead_id == filed.lead_id)
                tx.execute(under.values(case_id=filed.case_id))
            case enforcement.CoerciveMeasureLifted() as event:
                lifted.append(event.coercion_id)
            case _:
                pass
    if lifted:
        free = update(ItemRow.table).where(ItemRow.c.coercion_id.in_(lifted))
        tx.execute(free.values(seized=False))


# In force, and no test stops its days.
RUNS: Final = and_(
    CoercionRow.c.status == IN_FORCE,
    ~exists().where(
        CaseTestRow.c.case_id == CoercionRow.c.case_id, CaseTestRow.c.running.is_(True)
    ),
)


def find_taken(tx: Connection, items: Sequence[UUID]) -> frozenset[UUID]:
    """Which of these are seized now."""
    found = select(ItemRow.c.item_id).where(
        ItemRow.c.item_id.in_(items), ItemRow.c.seized.is_(True)
    )
    return frozenset(tx.execute(found).scalars())


def find_of_case(tx: Connection, case_id: str) -> Sequence[UUID]:
    """What is still seized in a case."""
    found = select(CoercionRow.c.coercion_id).where(
        CoercionRow.c.case_id == UUID(case_id), CoercionRow.c.status == IN_FORCE
    )
    return list(tx.execute(found.order_by(CoercionRow.c.coercion_id)).scalars())


def find_coercions(
    tx: Connection, *, agency_code: Annotated[AgencyCode | None, WATCHED], under: UUID | None = None
) -> Sequence[CoercionRow]:
    """Those of an agency, or of a lead or case, the first to end first."""
    wanted = []
    if agency_code is not None:
        wanted.append(CoercionRow.c.agency_code == agency_code)
    if under is not None:
        wanted.append(or_(CoercionRow.c.case_id == under, CoercionRow.c.lead_id == under))
    found = select(CoercionRow.table).where(*wanted).order_by(CoercionRow.c.expires_on).limit(200)
    return CoercionRow.read(tx, found)
