"""The on-time register 按期办结: of what was closed, how much was put right in time, by whom."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, computed_field
from sqlalchemy import Connection, func, select

from services.grid.report.projection.board import ReportRow


class Group(StrEnum):
    """What is told apart."""

    AGENCY = "agency_code"
    CATEGORY = "category_code"
    CELL = "cell_code"


class Punctuality(BaseModel):
    """How many of a group were closed, and how many in time (docs/domain/grid.md, 按期办结率).

    A report that was refused, or merged, or sent elsewhere has no verdict.
    """

    group: str | None
    closed: int
    on_time: int
    overdue: int

    @computed_field  # type: ignore[prop-decorator]  # how pydantic shows a property
    @property
    def without_verdict(self) -> int:
        return self.closed - self.on_time - self.overdue

    @computed_field  # type: ignore[prop-decorator]  # how pydantic shows a property
    @property
    def on_time_bp(self) -> int | None:
        """Of those judged, in hundredths of a percent, rounded down; nothing if none was."""
        judged = self.on_time + self.overdue
        return self.on_time * 10_000 // judged if judged else None


def find_punctuality(
    tx: Connection, by: Group, *, since: datetime, until: datetime
) -> Sequence[Punctuality]:
    """Of what was closed from `since` on and before `until`, group by group."""
    board = ReportRow.c
    group = board[by.value]
    found = (
        select(
            group.label("group"),
            func.count().label("closed"),
            func.count().filter(board.on_time.is_(True)).label("on_time"),
            func.count().filter(board.on_time.is_(False)).label("overdue"),
        )
        .where(board.closed_at >= since, board.closed_at < until)
        .group_by(group)
        .order_by(group)
    )
    return [Punctuality.model_validate(dict(row)) for row in tx.execute(found).mappings()]
