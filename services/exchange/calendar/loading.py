"""Which rows of the pack become a published year."""

from collections import defaultdict
from datetime import date

from sqlalchemy import Connection

from libs.statute.pack import Pack, Row
from services.exchange.calendar.commands import PublishCalendar
from services.exchange.calendar.projection import find_years

SATURDAY = 5


def differences(pack: Pack, tx: Connection) -> list[PublishCalendar]:
    years: dict[int, list[Row]] = defaultdict(list)
    for row in pack.tables["calendar"]:
        years[row.parsed(date.fromisoformat, "date").year].append(row)
    known = find_years(tx)
    wanted = [publication(year, rows, pack.rules.version) for year, rows in years.items()]
    return [one for one in wanted if known.get(one.year) != days_of(one)]


def publication(year: int, rows: list[Row], source: str) -> PublishCalendar:
    """Off days are weekdays on which nobody works, on days weekends on which all do."""
    days = {row.parsed(date.fromisoformat, "date"): row.flag("workday") for row in rows}
    return PublishCalendar(
        year=year,
        days=tuple(days),
        off_days=tuple(d for d, works in days.items() if not works and d.weekday() < SATURDAY),
        on_days=tuple(d for d, works in days.items() if works and d.weekday() >= SATURDAY),
        source=source,
    )


def days_of(command: PublishCalendar) -> tuple[list[str], list[str]]:
    return (
        [one.isoformat() for one in command.off_days],
        [one.isoformat() for one in command.on_days],
    )
