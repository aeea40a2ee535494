"""A calendar: which days of a year are worked, from the pack or by hand."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final

from sqlalchemy import Connection

from libs.contracts.exchange import CalendarPublished
from libs.contracts.vocabulary import Role
from libs.events.declaring.projections import latest
from libs.events.declaring.routes import get, post
from libs.events.declaring.rows import KEY, Row
from libs.events.declaring.stream import Load, Stream
from libs.statute.pack import Pack
from libs.statute.pack import Row as PackRow
from services.exchange.calendar.commands import PublishCalendar
from services.exchange.calendar.rules import DECIDER

SATURDAY: Final = 5


class YearRow(Row, table="published_years"):
    """Weekdays off and weekends on; on all other days one works from Monday to Friday."""

    year: Annotated[int, KEY]
    off_days: tuple[date, ...]
    on_days: tuple[date, ...]


def find_calendars(tx: Connection) -> Sequence[YearRow]:
    return YearRow.all(tx)


def publications(pack: Pack) -> Sequence[PublishCalendar]:
    years: dict[int, list[PackRow]] = defaultdict(list)
    for row in pack.tables["calendar"]:
        years[row.parsed(date.fromisoformat, "date").year].append(row)
    return [publication(year, rows, pack.rules.version) for year, rows in years.items()]


def publication(year: int, rows: list[PackRow], source: str) -> PublishCalendar:
    """Off days are weekdays on which nobody works, on days weekends on which all do."""
    days = {row.parsed(date.fromisoformat, "date"): row.flag("workday") for row in rows}
    return PublishCalendar(
        year=year,
        days=tuple(days),
        off_days=tuple(d for d, works in days.items() if not works and d.weekday() < SATURDAY),
        on_days=tuple(d for d, works in days.items() if works and d.weekday() >= SATURDAY),
        source=source,
    )


def calendar(pack: Pack) -> Stream:
    return Stream(
        name="calendar",
        decider=DECIDER,
        projections=[latest(YearRow, CalendarPublished)],
        loads=[Load(wanted=lambda: publications(pack), shown=YearRow)],
        commands=[post(PublishCalendar, "/calendars", (Role.OPS,), "calendar-incomplete")],
        queries=[get("/calendars", find_calendars, anybody=True)],
    )
