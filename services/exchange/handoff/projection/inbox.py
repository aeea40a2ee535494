"""What an agency has to do: the register of handoffs, asked page after page."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, or_

from libs.contracts.vocabulary import AgencyCode
from libs.events.core.fields import FIRST_PAGE, Paging
from services.exchange.handoff.projection.register import HandoffRow

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
    page: Paging = FIRST_PAGE,
) -> tuple[list[HandoffRow], str | None]:
    """A page of what an agency has, the oldest first."""
    found = HandoffRow.where(to_agency=agency, from_agency=sender, source_ref=source_ref)
    if wanted is not None:
        found = found.where(HandoffRow.c.status.in_(WANTED[wanted]))
    if overdue_at is not None:
        found = found.where(overdue(overdue_at))
    return HandoffRow.page(tx, found, page, "offered_at", "handoff_id")


def overdue(at: datetime) -> Any:
    """What is to be done now, and should have been done by now."""
    c = HandoffRow.c
    return or_(
        and_(c.status.in_(WANTED["to_sign"]), c.receipt_due_at < at),
        and_(c.status.in_(WANTED["to_accept"]), c.accept_due_at < at),
        and_(c.status.in_(WANTED["to_answer"]), c.result_due_at < at),
    )
