"""What is asked about reports over HTTP, and the one body that is not its command.

Agencies are not callers here: what they do with a report comes as events of the exchange.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field, model_validator
from sqlalchemy import Connection

from libs.contracts import vocabulary as v
from libs.edge.parties import PartyBody, subject_ref
from libs.events.core.fields import FIRST_PAGE, Call, Now, Paging
from libs.events.core.kernel import NotFound
from libs.events.http.bodies import Code, Instant, Latitude, Longitude, Pictures, Short, Text
from services.grid.report.commands import SubmitReport
from services.grid.report.projection.board import ReportRow, Status, find_board, find_report
from services.grid.report.projection.punctuality import Group, Punctuality
from services.grid.report.projection.punctuality import find_punctuality as find_on_time


class Whereabouts(BaseModel):
    lon: Longitude | None = None
    lat: Latitude | None = None
    accuracy_m: int | None = Field(default=None, ge=0, le=1_000_000)
    cell_code: Code | None = None
    address_text: Short | None = None

    @model_validator(mode="after")
    def says_where(self) -> Self:
        if (self.lon is None) is not (self.lat is None):
            raise ValueError("a point has two coordinates")
        if (self.lon, self.cell_code, self.address_text) == (None, None, None):
            raise ValueError("a point, a cell or an address is needed")
        return self


class Submission(BaseModel):
    report_id: v.ReportId
    channel: Code
    category_code: Code
    description: Text
    location: Whereabouts
    media: Pictures = ()
    captured_at: Instant
    sent_at: Instant | None = None
    severity: Code | None = None
    reporter: PartyBody | None = None


def submitted(key: bytes, body: Submission, call: Call) -> SubmitReport:
    """What was sent later than it was seen was offline; how far its clock is off is said too. Who
    reports is a party where a dispute comes of it: the number becomes a token, and goes no further.
    """
    caller, sent = call.caller, body.sent_at
    skew = 0 if sent is None else abs((caller.at - sent).total_seconds())
    return SubmitReport(
        report_id=body.report_id,
        channel=v.ChannelCode(body.channel),
        category_code=v.CategoryCode(body.category_code),
        description=body.description,
        location=v.Location(**body.location.model_dump()),
        media=tuple(v.Media(**one.model_dump()) for one in body.media),
        captured_at=body.captured_at,
        at=caller.at,
        worker_id=v.PersonId(caller.actor) if caller.role == v.Role.GRID_WORKER else None,
        offline=sent is not None and body.captured_at < sent,
        clock_skew_sec=int(skew),
        severity=body.severity,
        reporter_ref=None
        if body.reporter is None
        else subject_ref(body.reporter, key, call.day(caller.at)),
    )


class Board(BaseModel):
    """A page; `next` asks for the one after it."""

    reports: Sequence[ReportRow]
    next: str | None


def find_reports(
    tx: Connection,
    *,
    now: Now,
    status: Status | None = None,
    agency: v.AgencyCode | None = None,
    cell: v.CellCode | None = None,
    overdue: bool = False,
    on_time: bool | None = None,
    page: Paging = FIRST_PAGE,
) -> Board:
    rows, following = find_board(
        tx,
        status=status,
        agency_code=agency,
        cell_code=cell,
        overdue_at=now if overdue else None,
        on_time=on_time,
        page=page,
    )
    return Board(reports=rows, next=following)


def find_punctuality(
    tx: Connection, *, since: datetime, until: datetime, by: Group = Group.AGENCY
) -> list[Punctuality]:
    return list(find_on_time(tx, by, since=since, until=until))


def get_report(tx: Connection, report_id: v.ReportId) -> ReportRow:
    row = find_report(tx, report_id)
    if row is None:
        raise NotFound("There is no report {report_id}", report_id=report_id)
    return row
