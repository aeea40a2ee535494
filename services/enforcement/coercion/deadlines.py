"""A seizure whose last day is over is lifted by itself, right after: 行政强制法 27, 28."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final, TypeAlias

from sqlalchemy import Connection

from libs.contracts.vocabulary import ReasonCode
from libs.events.process.deadlines import Deadline, Due
from services.enforcement.coercion.commands import LiftCoerciveMeasure
from services.enforcement.coercion.projection import find_expired, find_next_expiry

INSTANT: Final = timedelta(microseconds=1)
DAY: Final = timedelta(days=1)
EXPIRED: Final = ReasonCode("EXPIRED")

EndOf: TypeAlias = Callable[[date], datetime]


def expired(end_of: EndOf, tx: Connection, moment: datetime, limit: int) -> Sequence[Due]:
    # No day of the place: where nothing was consumed yet, the moment is the first there is.
    return [
        Due(
            command=LiftCoerciveMeasure(
                coercion_id=coercion_id,
                ground=EXPIRED,
                returned=(),
                on=on + DAY,
            ),
            at=end_of(on) + INSTANT,
            agency=agency,
        )
        for coercion_id, agency, on in find_expired(tx, moment.date() + DAY, limit)
        if end_of(on) < moment
    ]


def next_expiry(end_of: EndOf, tx: Connection) -> datetime | None:
    on = find_next_expiry(tx)
    return None if on is None else end_of(on)


def deadlines(end_of: EndOf) -> dict[str, Deadline]:
    """`end_of` says when a day is over here."""
    return {
        "enforcement.seizure-over": Deadline(
            due=partial(expired, end_of), next_due=partial(next_expiry, end_of)
        )
    }
