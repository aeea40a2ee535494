"""What ends by itself: the term of a mediation, and how long a dispute may stay on a level."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final

from sqlalchemy import and_

from libs.contracts.vocabulary import DisputeId
from libs.events.process.deadlines import Deadline, LastDay, day_over
from services.mediation.dispute.commands import EscalateLevel, FailMediation
from services.mediation.dispute.projection import RUNNING, UNSOLVED, DisputeRow

OVER_ZH: Final = "调解期限届满，未达成调解协议"


def failed(dispute_id: DisputeId, last: date, at: datetime) -> FailMediation:
    return FailMediation(dispute_id=dispute_id, text=OVER_ZH, at=at, by_time=True)


def escalated(dispute_id: DisputeId, last: date, at: datetime) -> EscalateLevel:
    return EscalateLevel(dispute_id=dispute_id, at=at, by_time=True)


def deadlines(end_of: Callable[[date], datetime]) -> Mapping[str, Deadline]:
    c = DisputeRow.c
    term = LastDay(
        key=c.dispute_id,
        day=c.due_on,
        agency=c.agency_code,
        runs=and_(c.stage.in_(RUNNING), c.paused.is_(False), c.due_on.is_not(None)),
    )
    level = LastDay(
        key=c.dispute_id,
        day=c.level_due_on,
        agency=c.agency_code,
        runs=and_(c.stage.in_(UNSOLVED), c.level_due_on.is_not(None)),
    )
    return {
        "mediation.term-over": day_over(end_of, term, failed),
        "mediation.level-over": day_over(end_of, level, escalated),
    }
