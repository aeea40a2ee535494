"""Which years are published."""

from collections.abc import Sequence
from datetime import date

from pydantic import BaseModel
from sqlalchemy import JSON, Column, Connection, Named, Table, TypedColumns, select

from libs.contracts.exchange import CalendarPublished
from libs.events.kernel import Envelope, Event
from libs.events.readmodels import Rows
from libs.events.tables import metadata


class YearColumns(TypedColumns):
    year: Named[int] = Column(primary_key=True, autoincrement=False)
    off_days: Named[list[str]] = Column(JSON)
    on_days: Named[list[str]] = Column(JSON)


published_years = Table("published_years", metadata, YearColumns)


class YearRow(BaseModel):
    """Weekdays off and weekends on; on all other days one works from Monday to Friday."""

    year: int
    off_days: tuple[date, ...]
    on_days: tuple[date, ...]


def project(tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
    rows = Rows(published_years)
    for fact in facts:
        if isinstance(fact.data, CalendarPublished):
            rows.set(
                year=fact.data.year,
                off_days=[one.isoformat() for one in fact.data.off_days],
                on_days=[one.isoformat() for one in fact.data.on_days],
            )
    rows.write(tx)


def find_calendars(tx: Connection) -> Sequence[YearRow]:
    found = tx.execute(select(published_years).order_by(published_years.c.year))
    return [YearRow.model_validate(dict(row)) for row in found.mappings()]


def find_years(tx: Connection) -> dict[int, tuple[list[str], list[str]]]:
    return {row.year: (row.off_days, row.on_days) for row in tx.execute(select(published_years))}
