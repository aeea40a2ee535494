"""A record whose term is over is shown and used no more, right after."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import Connection

from libs.contracts.credit import PublicityEnd
from libs.events.process.deadlines import Deadline, Due
from services.credit.record.commands import EndPublicity
from services.credit.record.projection import find_next_over, find_over

INSTANT: Final = timedelta(microseconds=1)
DAY: Final = timedelta(days=1)


def over(
    end_of: Callable[[date], datetime], tx: Connection, moment: datetime, limit: int
) -> Sequence[Due]:
    # No day of the place: where nothing was consumed yet, the moment is the first there is.
    return [
        Due(
            command=EndPublicity(
                record_id=record_id, cause=PublicityEnd.EXPIRED, at=end_of(on) + INSTANT
            ),
            at=end_of(on) + INSTANT,
            agency=agency,
        )
        for record_id, on, agency in find_over(tx, moment.date() + DAY, limit)
        if end_of(on) < moment
    ]


def next_over(end_of: Callable[[date], datetime], tx: Connection) -> datetime | None:
    on = find_next_over(tx)
    return None if on is None else end_of(on)


def deadlines(end_of: Callable[[date], datetime]) -> dict[str, Deadline]:
    """`end_of` says when a day is over here."""
    return {
        "credit.display-over": Deadline(
            due=partial(over, end_of), next_due=partial(next_over, end_of)
        )
    }
