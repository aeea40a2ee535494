"""A record whose term is over is shown and used no more, right after."""

from collections.abc import Callable, Mapping
from datetime import date, datetime

from libs.contracts.credit import PublicityEnd
from libs.contracts.vocabulary import RecordId
from libs.events.process.deadlines import Deadline, LastDay, day_over
from services.credit.record.commands import EndPublicity
from services.credit.record.projection import OPEN, RecordRow


def ended(record_id: RecordId, last: date, at: datetime) -> EndPublicity:
    return EndPublicity(record_id=record_id, cause=PublicityEnd.EXPIRED, at=at)


def deadlines(end_of: Callable[[date], datetime]) -> Mapping[str, Deadline]:
    c = RecordRow.c
    last = LastDay(
        key=c.record_id, day=c.display_until, agency=c.agency_code, runs=c.standing.in_(OPEN)
    )
    return {"credit.display-over": day_over(end_of, last, ended)}
