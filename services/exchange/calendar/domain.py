"""The rules of a calendar: every day of its year once."""

from datetime import date, timedelta

from libs.contracts.exchange import CalendarPublished
from libs.events.kernel import Decider, Refused, State
from services.exchange.calendar.commands import PublishCalendar


class Year(State):
    published: CalendarPublished | None = None


def decide(command: PublishCalendar, year: Year) -> list[CalendarPublished]:
    first = date(command.year, 1, 1)
    length = (date(command.year + 1, 1, 1) - first).days
    wanted = [first + timedelta(days=number) for number in range(length)]
    if sorted(command.days) != wanted:
        raise Refused("calendar-incomplete", f"{command.year} has {length} days, each once")
    named = [*command.off_days, *command.on_days]
    if strays := [one for one in named if one not in wanted or named.count(one) > 1]:
        raise Refused("calendar-incomplete", f"{strays[0]} is no day of it, or said twice")
    published = CalendarPublished(
        year=command.year,
        off_days=command.off_days,
        on_days=command.on_days,
        source=command.source,
    )
    return [] if published == year.published else [published]


def evolve(year: Year, event: CalendarPublished) -> Year:
    return Year(published=event)


DECIDER: Decider[PublishCalendar, Year, CalendarPublished] = Decider(
    stream="calendar",
    commands=(PublishCalendar,),
    key=lambda command: str(command.year),
    initial=Year(),
    decide=decide,
    evolve=evolve,
    shared=True,
)
