"""HTTP for the calendar: on which days of a year one works."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Engine

from libs.contracts.vocabulary import Role
from libs.events.edge import Day, Short
from libs.events.http import Caller, PostingOn
from libs.events.settling import Receipt, Settler
from services.exchange.calendar.commands import PublishCalendar
from services.exchange.calendar.projection import YearRow, find_calendars

Days = Annotated[tuple[Day, ...], Field(max_length=400)]


class Publication(BaseModel):
    """Every day of the year, and which weekdays are off and which weekends are not."""

    year: Annotated[int, Field(ge=1950, le=2199)]
    days: Days
    off_days: Days
    on_days: Days
    source: Short


def routes(
    settler: Settler,
    engine: Engine,
    posting: PostingOn,
) -> APIRouter:
    router = APIRouter(prefix="/calendars", tags=["calendars"])
    post = posting(router)

    @post("", "PublishCalendar", Role.OPS)
    async def publish(body: Publication, caller: Caller) -> Receipt:
        return await settler.ask(PublishCalendar(**dict(body)), caller)

    @router.get("", operation_id="FindCalendars")
    def calendars(caller: Caller) -> Sequence[YearRow]:
        with engine.connect() as tx:
            return find_calendars(tx)

    return router
