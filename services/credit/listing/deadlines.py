"""A listing whose term is over ends by itself, right after."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import Connection

from libs.contracts.credit import DelistedBecause
from libs.events.process.deadlines import Deadline, Due
from services.credit.listing.commands import DelistSubject
from services.credit.listing.projection import find_next_over, find_over

INSTANT: Final = timedelta(microseconds=1)
DAY: Final = timedelta(days=1)


def over(
    end_of: Callable[[date], datetime], tx: Connection, moment: datetime, limit: int
) -> Sequence[Due]:
    # No day of the place: where nothing was consumed yet, the moment is the first there is.
    return [
        Due(
            command=DelistSubject(
                listing_id=listing_id,
                cause=DelistedBecause.EXPIRED,
                at=end_of(on) + INSTANT,
                reacted=True,
            ),
            at=end_of(on) + INSTANT,
            agency=agency,
        )
        for listing_id, on, agency in find_over(tx, moment.date() + DAY, limit)
        if end_of(on) < moment
    ]


def next_over(end_of: Callable[[date], datetime], tx: Connection) -> datetime | None:
    on = find_next_over(tx)
    return None if on is None else end_of(on)


def deadlines(end_of: Callable[[date], datetime]) -> dict[str, Deadline]:
    """`end_of` says when a day is over here."""
    return {
        "credit.listing-over": Deadline(
            due=partial(over, end_of), next_due=partial(next_over, end_of)
        )
    }
