"""A measure: ordered on what stands, applied by an agency, lifted when nothing supports it."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Final

from pydantic import BaseModel
from sqlalchemy import Connection

from libs.contracts.credit import LiftedBecause
from libs.contracts.vocabulary import AgencyCode, MeasureCode, Role
from libs.events.core import fields as f
from libs.events.deciding.turn import Completion, Index
from libs.events.declaring.routes import DayOf, get, post
from libs.events.declaring.stream import Stream
from libs.statute.rulebook import Rulebook
from services.credit.measure.commands import LoseSupport, OrderLift, OrderMeasure
from services.credit.measure.completion import Asked, complete_loss, complete_order
from services.credit.measure.deadlines import deadlines
from services.credit.measure.projection import (
    MeasureRow,
    find_of_support,
    find_page,
    get_measure,
    project,
)
from services.credit.measure.reactions import OF_SUPPORT, on
from services.credit.measure.rules.decider import decider

OFFICERS: Final = (Role.CREDIT_OFFICER,)
READERS: Final = (Role.CREDIT_OFFICER, Role.SUPERVISOR, Role.OPS, Role.AGENCY_HANDLER)
ORDERING: Final = (
    "basis-invalid measure-not-allowed disproportionate retroactive no-association-penalty "
    "objection-pending approver-required signature-invalid idempotency-conflict"
)


class MeasurePage(BaseModel):
    measures: Sequence[MeasureRow]
    next: str | None


class Measures:
    """The measures that somebody has to look after."""

    def __init__(self, day: DayOf) -> None:
        self._day = day

    def find_measures(
        self,
        tx: Connection,
        at: f.Now,
        role: Annotated[str, f.ROLE],
        agency: Annotated[str, f.AGENCY],
        actor: Annotated[str, f.ACTOR],
        stage: f.Code | None = None,
        measure_code: MeasureCode | None = None,
        late: bool = False,
        mine: bool = False,
        page: f.Paging = f.FIRST_PAGE,
    ) -> MeasurePage:
        """The oldest first; with `late`, those whose agency has not answered or lifted in time, and
        those that it refused. A handler sees those of its own agency."""
        theirs = AgencyCode(agency) if role == Role.AGENCY_HANDLER else None
        found, following = find_page(
            tx,
            agency_code=theirs,
            stage=stage,
            measure_code=measure_code,
            ordered_by=actor if mine else None,
            late_on=self._day(at) if late else None,
            page=page,
        )
        return MeasurePage(measures=found, next=following)


def measure(rules: Rulebook, asked: Asked) -> Stream:
    return Stream(
        name="measure",
        decider=decider(rules),
        completions={
            OrderMeasure: Completion(
                asks=("measure", "measure_item", "record", "listing", "objection", "subject"),
                complete=partial(complete_order, asked),
            ),
            LoseSupport: Completion(
                asks=("measure_item", "record", "listing", "objection", "subject"),
                complete=partial(complete_loss, asked),
            ),
        },
        indexes={OF_SUPPORT: Index(find=find_of_support, asks=("measure",))},
        projections=[project],
        reactions=on,
        deadlines=deadlines(rules.calendar.end_of),
        commands=[
            post(OrderMeasure, "/measures", OFFICERS, ORDERING, status=201),
            post(
                OrderLift,
                "/measures/{measure_id}/lift",
                OFFICERS,
                "not-found",
                sets={"cause": LiftedBecause.OFFICER},
            ),
        ],
        queries=[
            get("/measures", Measures(rules.day).find_measures, READERS),
            get(
                "/measures/{measure_id}",
                get_measure,
                READERS,
                "not-found",
                stream="measure/{measure_id}",
            ),
        ],
    )
