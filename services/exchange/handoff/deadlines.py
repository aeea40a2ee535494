"""Clocks of a handoff that have run: a share of one, and the time to confirm an answer."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from libs.contracts.vocabulary import PersonId
from libs.events.core.kernel import SYSTEM
from libs.events.process.deadlines import Deadline, Due
from libs.events.store.read_models import Which
from services.exchange.handoff.commands import ConfirmHandoff, MarkHandoffOverdue
from services.exchange.handoff.projection.register import (
    find_next_share,
    find_next_unconfirmed,
    find_shares,
    find_unconfirmed,
)

# An act at the due instant is in time: what is over is over at the first instant after.
INSTANT: Final = timedelta(microseconds=1)


def overdue(tx: Connection, which: Which) -> Sequence[Due]:
    return [
        Due(
            key=row.handoff_id,
            command=MarkHandoffOverdue(
                handoff_id=row.handoff_id, clock=row.clock, percent=row.percent
            ),
            at=row.at if row.percent < 100 else row.at + INSTANT,
            agency=row.agency,
        )
        for row in find_shares(tx, which)
    ]


def unconfirmed(tx: Connection, which: Which) -> Sequence[Due]:
    return [
        Due(
            key=row.handoff_id,
            command=ConfirmHandoff(
                handoff_id=row.handoff_id, confirmed_by=PersonId(SYSTEM), agency_code=None
            ),
            at=row.confirm_due_at + INSTANT,
            agency=row.to_agency,
        )
        for row in find_unconfirmed(tx, which)
        if row.confirm_due_at is not None
    ]


DEADLINES: Final = {
    "exchange.handoff-clock": Deadline(due=overdue, next_due=find_next_share),
    "exchange.feedback-unconfirmed": Deadline(due=unconfirmed, next_due=find_next_unconfirmed),
}
