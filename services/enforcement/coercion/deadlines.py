"""A seizure whose last day is over is lifted by itself, right after: 行政强制法 27, 28."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final

from libs.contracts.vocabulary import CoercionId, ReasonCode
from libs.events.process.deadlines import DAY, Deadline, LastDay, day_over
from services.enforcement.coercion.commands import LiftCoerciveMeasure
from services.enforcement.coercion.projection import RUNS, CoercionRow

EXPIRED: Final = ReasonCode("EXPIRED")


def lifted(coercion_id: CoercionId, last: date, at: datetime) -> LiftCoerciveMeasure:
    return LiftCoerciveMeasure(coercion_id=coercion_id, ground=EXPIRED, returned=(), on=last + DAY)


def deadlines(end_of: Callable[[date], datetime]) -> Mapping[str, Deadline]:
    c = CoercionRow.c
    last = LastDay(key=c.coercion_id, day=c.expires_on, agency=c.agency_code, runs=RUNS)
    return {"enforcement.seizure-over": day_over(end_of, last, lifted)}
