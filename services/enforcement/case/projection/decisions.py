"""The decisions that everybody may read: masked, by agency and date, until they fall or are old.

A row is begun with the decision; the document comes with its publication, and is shown then.
"""

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Final

from sqlalchemy import Connection

from libs.contracts import enforcement
from libs.contracts.vocabulary import AgencyCode, CaseId, DecisionNo
from libs.events.core.fields import Paging
from libs.events.core.kernel import Envelope, Hidden
from libs.events.declaring.projections import Changes, Projection, projection
from libs.events.declaring.rows import KEY, PERSONAL, UNSHOWN, Row

PAGE_SIZE_LIMIT: Final = 100
SHOWN: Final = "SHOWN"
WITHDRAWN: Final = "WITHDRAWN"


class PublicDecision(
    Row,
    table="public_decisions",
    indexes=(
        ("decisions_by_day", "publicity", "published_at", "case_id"),
        ("decisions_by_agency", "agency_code", "publicity", "published_at", "case_id"),
    ),
):
    """A decision as everybody may read it; of one that was withdrawn only that, and why."""

    decision_no: Annotated[DecisionNo, KEY]
    case_id: Annotated[CaseId, UNSHOWN]
    correlation_id: Annotated[str, UNSHOWN]
    agency_code: AgencyCode
    power_item_code: str
    decided_on: date
    document: Annotated[dict[str, Any] | None, PERSONAL]
    publicity: str
    published_at: datetime | None
    display_until: date | None
    masked_hash: str | None
    reason_text: str | None
    withdrawn_on: datetime | None


def project(mask: Callable[[str], str]) -> Projection:
    """`mask` takes out of a reason what tells who."""

    @projection(PublicDecision)
    def of_decisions(
        decisions: Changes,
        fact: Envelope[
            enforcement.PenaltyDecided
            | enforcement.DecisionPublished
            | enforcement.DecisionPublicityWithdrawn
        ],
    ) -> None:
        match fact.data:
            case enforcement.PenaltyDecided() as event:
                decisions.set(
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
                document = event.document
                decisions.set(
                    decision_no=event.decision_no,
                    document=None if isinstance(document, Hidden) else json.loads(document),
                    publicity=SHOWN,
                    published_at=fact.happened,
                    display_until=event.display_until,
                    masked_hash=event.masked_hash,
                    reason_text=None,
                    withdrawn_on=None,
                )
            case enforcement.DecisionPublicityWithdrawn() as event:
                decisions.set(
                    decision_no=event.decision_no,
                    publicity=WITHDRAWN,
                    reason_text=mask(event.reason_text),
                    withdrawn_on=fact.happened,
                )

    return of_decisions


def find_public(tx: Connection, decision_no: str, today: date) -> PublicDecision | None:
    """Nothing where it was never published, or its time to be shown is over."""
    row = PublicDecision.first(tx, PublicDecision.where(decision_no=decision_no))
    if row is None or row.publicity not in (SHOWN, WITHDRAWN):
        return None
    if row.publicity == WITHDRAWN:
        return row.model_copy(update={"document": None, "display_until": None})
    return row if row.display_until and row.display_until >= today else None


def find_page(
    tx: Connection,
    today: date,
    *,
    agency_code: AgencyCode | None = None,
    since: date | None = None,
    until: date | None = None,
    page: Paging,
) -> tuple[list[PublicDecision], str | None]:
    """What is shown now, the oldest first, after the last row of the page before."""
    c = PublicDecision.c
    found = PublicDecision.where(publicity=SHOWN, agency_code=agency_code)
    found = found.where(c.display_until >= today)
    if since is not None:
        found = found.where(c.decided_on >= since)
    if until is not None:
        found = found.where(c.decided_on <= until)
    return PublicDecision.page(tx, found, page, "published_at", "case_id")
