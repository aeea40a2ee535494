"""What an agency has to do: the register of handoffs, asked page after page."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, and_, or_, select

from libs.contracts.vocabulary import AgencyCode
from libs.events.store.read_models import beyond
from services.exchange.handoff.projection.register import HandoffRow, handoffs

PAGE_SIZE_LIMIT: Final = 200

# What an inbox may be asked for, and the states in which that is.
WANTED: Final[dict[str, tuple[str, ...]]] = {
    "to_sign": ("OFFERED", "DELIVERED"),
    "to_accept": ("SIGNED",),
    "to_answer": ("ACCEPTED", "IN_PROGRESS"),
}


def find_inbox(
    tx: Connection,
    *,
    agency: AgencyCode | None,
    sender: AgencyCode | None = None,
    wanted: str | None = None,
    overdue_at: datetime | None = None,
    source_ref: str | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> Sequence[HandoffRow]:
    """A page of what an agency has, the oldest first."""
    where = []
    if agency is not None:
        where.append(handoffs.c.to_agency == agency)
    if sender is not None:
        where.append(handoffs.c.from_agency == sender)
    if source_ref is not None:
        where.append(handoffs.c.source_ref == source_ref)
    if wanted is not None:
        where.append(handoffs.c.status.in_(WANTED[wanted]))
    if overdue_at is not None:
        where.append(overdue(overdue_at))
    if after is not None:
        where.append(beyond((handoffs.c.offered_at, handoffs.c.handoff_id), after))
    found = (
        select(handoffs)
        .where(*where)
        .order_by(handoffs.c.offered_at, handoffs.c.handoff_id)
        .limit(min(limit, PAGE_SIZE_LIMIT))
    )
    return [HandoffRow.model_validate(dict(row)) for row in tx.execute(found).mappings()]


def overdue(at: datetime) -> Any:
    """What is to be done now, and should have been done by now."""
    return or_(
        and_(handoffs.c.status.in_(WANTED["to_sign"]), handoffs.c.receipt_due_at < at),
        and_(handoffs.c.status.in_(WANTED["to_accept"]), handoffs.c.accept_due_at < at),
        and_(handoffs.c.status.in_(WANTED["to_answer"]), handoffs.c.result_due_at < at),
    )
