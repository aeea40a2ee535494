"""What may be asked of a calendar."""

from datetime import date

from libs.events.kernel import Command


class PublishCalendar(Command):
    """Every day of the year stands in one of the two lists, or by its weekday in neither."""

    year: int
    days: tuple[date, ...]
    off_days: tuple[date, ...]
    on_days: tuple[date, ...]
    source: str
