"""What may be asked of a calendar."""

from datetime import date
from typing import Annotated, TypeAlias

from libs.events.core.fields import Limits, Short, at_most
from libs.events.core.kernel import Command

Days: TypeAlias = Annotated[tuple[date, ...], at_most(400)]


class PublishCalendar(Command):
    """Every day of the year stands in one of the two lists, or by its weekday in neither."""

    year: Annotated[int, Limits(ge=1950, le=2199)]
    days: Days
    off_days: Days
    on_days: Days
    source: Short
