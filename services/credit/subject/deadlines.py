"""A score changes by itself when something that counts is over, or a history is long enough."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from libs.events.process.deadlines import Deadline, Due
from libs.events.store.read_models import Which
from services.credit.subject.commands import RecalculateScore
from services.credit.subject.projection import find_changing, find_next_change

CAUSE: Final = "TERM"


def changing(agency: str, tx: Connection, which: Which) -> Sequence[Due]:
    return [
        Due(
            key=row.subject_id,
            command=RecalculateScore(
                subject_id=row.subject_id, subject_kind=row.kind, cause=CAUSE, at=row.rescore_at
            ),
            at=row.rescore_at,
            agency=agency,
        )
        for row in find_changing(tx, which)
        if row.rescore_at is not None
    ]


def deadlines(agency: str) -> dict[str, Deadline]:
    return {
        "credit.score-changes": Deadline(
            due=lambda tx, which: changing(agency, tx, which),
            next_due=find_next_change,
        )
    }
