"""The decisions that everybody may read: masked, by agency and date, until they fall or are old.

A row is begun with the decision; the document comes with its publication, and is shown then.
"""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Index,
    Named,
    Table,
    TypedColumns,
    select,
)

from libs.contracts import enforcement
from libs.contracts.vocabulary import AgencyCode, DecisionNo
from libs.events.core.kernel import Envelope, Event, Hidden
from libs.events.store.read_models import PERSONAL, Rows, beyond
from libs.events.store.tables import Moment, metadata

PAGE_SIZE_LIMIT: Final = 100
SHOWN: Final = "SHOWN"
WITHDRAWN: Final = "WITHDRAWN"


class DecisionColumns(TypedColumns):
    decision_no: Named[str] = Column(primary_key=True)
    case_id: Named[UUID]
    correlation_id: Named[str]
    agency_code: Named[str]
    power_item_code: Named[str]
    decided_on: Named[date]
    document: Named[dict[str, Any] | None] = Column(JSON, info=PERSONAL)
    publicity: Named[str]
    published_at: Named[datetime | None] = Column(Moment)
    display_until: Named[date | None]
    masked_hash: Named[str | None]
    reason_text: Named[str | None]
    withdrawn_on: Named[datetime | None] = Column(Moment)


public_decisions = Table(
    "public_decisions",
    metadata,
    DecisionColumns,
    Index("decisions_by_day", "publicity", "published_at", "case_id"),
    Index("decisions_by_agency", "agency_code", "publicity", "published_at", "case_id"),
)


class PublicDecision(BaseModel):
    """A decision as everybody may read it; of one that was withdrawn only that, and why."""

    decision_no: DecisionNo
    agency_code: AgencyCode
    power_item_code: str
    decided_on: date
    publicity: str
    document: dict[str, Any] | None
    masked_hash: str | None
    published_at: datetime | None
    display_until: date | None
    reason_text: str | None
    withdrawn_on: datetime | None


class Page(BaseModel):
    decisions: Sequence[PublicDecision]
    last: tuple[datetime, UUID] | None


def project(mask: Callable[[str], str], tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
    rows = Rows(public_decisions)
    for fact in facts:
        match fact.data:
            case enforcement.PenaltyDecided() as event:
                rows.set(
                    decision_no=event.decision_no,
                    case_id=event.case_id,
                    correlation_id=fact.correlation_id,
                    agency_code=event.agency_code,
                    power_item_code=event.power_item_code,
                    decided_on=event.decided_on,
                    document=None,
                    publicity="NONE",
                )
            case enforcement.DecisionPublished() as event:
                rows.set(
                    decision_no=event.decision_no,
                    document=None
                    if isinstance(event.document, Hidden)
                    else json.loads(event.document),
                    publicity=SHOWN,
                    published_at=fact.happened,
                    display_until=event.display_until,
                    masked_hash=event.masked_hash,
                    reason_text=None,
                    withdrawn_on=None,
                )
            case enforcement.DecisionPublicityWithdrawn() as event:
                rows.set(
                    decision_no=event.decision_no,
                    publicity=WITHDRAWN,
                    reason_text=mask(event.reason_text),
                    withdrawn_on=fact.happened,
                )
            case _:
                pass
    rows.write(tx)


def find_public(tx: Connection, decision_no: str, today: date) -> PublicDecision | None:
    """Nothing where it was never published, or its time to be shown is over."""
    found = select(public_decisions).where(public_decisions.c.decision_no == decision_no)
    row = tx.execute(found).mappings().one_or_none()
    if row is None or row["publicity"] not in (SHOWN, WITHDRAWN):
        return None
    if row["publicity"] == SHOWN and row["display_until"] < today:
        return None
    return shown(dict(row))


def shown(row: dict[str, Any]) -> PublicDecision:
    if row["publicity"] == WITHDRAWN:
        row |= {"document": None, "display_until": None}
    return PublicDecision.model_validate(row)


def find_page(
    tx: Connection,
    today: date,
    *,
    agency_code: AgencyCode | None = None,
    since: date | None = None,
    until: date | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 20,
) -> Page:
    """What is shown now, the oldest first, after the last row of the page before."""
    table = public_decisions.c
    wanted = [table.publicity == SHOWN, table.display_until >= today]
    if agency_code is not None:
        wanted.append(table.agency_code == agency_code)
    if since is not None:
        wanted.append(table.decided_on >= since)
    if until is not None:
        wanted.append(table.decided_on <= until)
    if after is not None:
        wanted.append(beyond((table.published_at, table.case_id), after))
    found = select(public_decisions).where(*wanted)
    rows = list(
        tx.execute(found.order_by(table.published_at, table.case_id).limit(limit)).mappings()
    )
    last = (rows[-1]["published_at"], rows[-1]["case_id"]) if len(rows) == limit else None
    return Page(decisions=[shown(dict(row)) for row in rows], last=last)
