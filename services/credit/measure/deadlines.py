"""A measure whose last day is over is lifted, right after: it was ordered for no longer."""

from collections.abc import Callable, Mapping
from datetime import date, datetime

from libs.contracts.credit import LiftedBecause
from libs.contracts.vocabulary import MeasureId
from libs.events.process.deadlines import Deadline, LastDay, day_over
from services.credit.measure.commands import OrderLift
from services.credit.measure.projection import LIVE, MeasureRow


def lifted(measure_id: MeasureId, last: date, at: datetime) -> OrderLift:
    return OrderLift(measure_id=measure_id, cause=LiftedBecause.EXPIRED, at=at)


def deadlines(end_of: Callable[[date], datetime]) -> Mapping[str, Deadline]:
    c = MeasureRow.c
    last = LastDay(key=c.measure_id, day=c.until, agency=c.ordering_agency, runs=c.stage.in_(LIVE))
    return {"credit.measure-over": day_over(end_of, last, lifted)}
