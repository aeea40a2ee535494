"""The decisions that everybody may read, without a token."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.responses import HTMLResponse
from pydantic import BaseModel
from sqlalchemy import Connection, Engine

from libs.contracts.vocabulary import AgencyCode
from libs.edge.numbering import Numbered
from libs.events.core.fields import Limits, Paging
from libs.events.core.kernel import NotFound
from libs.events.http.edge import refusals
from services.enforcement.case import pages
from services.enforcement.case.projection.decisions import (
    PAGE_SIZE_LIMIT,
    PublicDecision,
    find_page,
    find_public,
)
from services.enforcement.known import DayOf

Page = Annotated[Paging, Limits(le=PAGE_SIZE_LIMIT)]
FIRST = Paging(limit=20)


class DecisionPage(BaseModel):
    decisions: Sequence[PublicDecision]
    next: str | None


def find_decisions(
    day: DayOf,
    now: Callable[[], datetime],
    tx: Connection,
    agency: AgencyCode | None = None,
    since: date | None = None,
    until: date | None = None,
    page: Page = FIRST,
) -> DecisionPage:
    """What is shown now, the oldest first; whom it is about is masked."""
    found, following = find_page(
        tx, day(now()), agency_code=agency, since=since, until=until, page=page
    )
    return DecisionPage(decisions=found, next=following)


def public(engine: Engine, day: DayOf, now: Callable[[], datetime]) -> APIRouter:
    """One of them, as JSON, or as a page for who asks for HTML."""
    router = APIRouter(prefix="/decisions", tags=["public decisions"])

    @router.get(
        "/{decision_no}",
        operation_id="GetDecision",
        responses=refusals({}, "not-found"),
        response_model=PublicDecision,
    )
    def decision(decision_no: Numbered, accept: Annotated[str, Header()] = "") -> Any:
        with engine.connect() as tx:
            found = find_public(tx, decision_no, day(now()))
        if found is None:
            raise NotFound("No decision {decision_no} is published", decision_no=decision_no)
        if "text/html" not in accept:
            return found
        if found.document is None:
            return HTMLResponse(pages.html("gone.html", decision=found))
        return HTMLResponse(pages.decision_html(found.document))

    return router
