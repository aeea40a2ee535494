"""The rules of a calendar: every day of its year once."""

from datetime import date, timedelta
from typing import Final

from libs.contracts.exchange import CalendarPublished
from libs.events.core.deciders import Last, register
from libs.events.core.kernel import Refused
from services.exchange.calendar.commands import PublishCalendar


def decide(command: PublishCalendar, last: Last[CalendarPublished]) -> list[CalendarPublished]:
    first = date(command.year, 1, 1)
    length = (date(command.year + 1, 1, 1) - first).days
    wanted = [first + timedelta(days=number) for number in range(length)]
    if sorted(command.days) != wanted:
        raise Refused(
            "calendar-incomplete",
            "The calendar of {year} has {length} days, each exactly once",
            year=command.year,
            length=length,
        )
    named = [*command.off_days, *command.on_days]
    if strays := [one for one in named if one not in wanted or named.count(one) > 1]:
        raise Refused(
            "calendar-incomplete",
            "These days are not of the year, or stand twice: {strays}",
            strays=strays[0],
        )
    published = CalendarPublished(
        year=command.year,
        off_days=command.off_days,
        on_days=command.on_days,
        source=command.source,
    )
    return [] if published == last.event else [published]


DECIDER: Final = register("calendar", decide, key="year")
