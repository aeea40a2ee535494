"""An incentive whose last day is over ends by itself, right after: it was granted for no longer."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final

from libs.contracts.vocabulary import IncentiveId
from libs.events.process.deadlines import Deadline, LastDay, day_over
from services.credit.incentive.commands import RevokeIncentive
from services.credit.incentive.projection import IncentiveRow

EXPIRED: Final = "EXPIRED"


def ended(incentive_id: IncentiveId, last: date, at: datetime) -> RevokeIncentive:
    return RevokeIncentive(incentive_id=incentive_id, cause=EXPIRED, at=at, reacted=True)


def deadlines(end_of: Callable[[date], datetime]) -> Mapping[str, Deadline]:
    c = IncentiveRow.c
    last = LastDay(
        key=c.incentive_id, day=c.until, agency=c.granting_agency, runs=c.revoked_for.is_(None)
    )
    return {"credit.incentive-over": day_over(end_of, last, ended)}
