"""The agencies' window: what an agency has to do, and a handoff as its reader may see it."""

from collections.abc import Sequence
from typing import Any, Final, Literal

from pydantic import BaseModel
from sqlalchemy import Connection

from libs.contracts import exchange
from libs.contracts.vocabulary import AgencyCode, HandoffId, HandoffKindCode, Role
from libs.events.core.fields import FIRST_PAGE, CallContext, Code, Paging
from libs.events.core.kernel import Context, Hidden, NotFound
from libs.events.store.log import Log
from services.exchange.handoff.projection.inbox import find_inbox
from services.exchange.handoff.projection.register import HandoffRow, find_handoff
from services.exchange.known import DayOf, FindTerms, Terms

# They see the heads of all; senders see what they sent.
WATCHERS: Final = (Role.SUPERVISOR, Role.OPS)
SENDERS: Final = (Role.GRID_DISPATCHER, Role.GRID_RECEIVER)


class Inbox(BaseModel):
    """A page; `next` asks for the one after it."""

    handoffs: Sequence[HandoffRow]
    next: str | None


class HandoffView(BaseModel):
    """A handoff as its reader may see it: a field that the contract leaves out is absent."""

    handoff: HandoffRow
    purpose: str
    body: dict[str, Any]


def find_handoffs(
    tx: Connection,
    *,
    caller: CallContext,
    wanted: Literal["to_sign", "to_accept", "to_answer"] | None = None,
    overdue: bool = False,
    source_ref: Code | None = None,
    page: Paging = FIRST_PAGE,
) -> Inbox:
    watches, sends = caller.role in WATCHERS, caller.role in SENDERS
    agency = AgencyCode(caller.agency)
    rows, following = find_inbox(
        tx,
        agency=None if watches or sends else agency,
        sender=agency if sends else None,
        wanted=wanted,
        overdue_at=caller.at if overdue else None,
        source_ref=source_ref,
        page=page,
    )
    return Inbox(handoffs=rows, next=following)


def get_handoff(
    log: Log,
    find_terms: FindTerms,
    day: DayOf,
    tx: Connection,
    handoff_id: HandoffId,
    caller: CallContext,
) -> HandoffView:
    row = find_handoff(tx, handoff_id)
    if row is None or not may_see(row, caller):
        raise NotFound("There is no handoff {handoff_id} that you may see", handoff_id=handoff_id)
    terms = find_terms(tx, AgencyCode(caller.agency), HandoffKindCode(row.kind), day(caller.at))
    offered = log.stream(tx, f"handoff/{handoff_id}")[0].data
    assert isinstance(offered, exchange.HandoffOffered)
    body = shown(row, offered, caller, terms)
    return HandoffView(handoff=row, purpose=offered.purpose, body=body)


def may_see(row: HandoffRow, caller: Context) -> bool:
    return caller.role in WATCHERS or caller.agency in (row.to_agency, row.from_agency)


def shown(
    row: HandoffRow, offered: exchange.HandoffOffered, caller: Context, terms: Terms | None
) -> dict[str, Any]:
    """The sender sees what it sent; the receiver what its contract lists; who watches nothing."""
    if isinstance(offered.body, Hidden):
        return {"hidden": offered.body.value}
    if caller.agency == row.from_agency:
        return dict(offered.body)
    if caller.agency != row.to_agency or terms is None:
        return {}
    return {name: one for name, one in offered.body.items() if terms.shows(row.kind, name)}
