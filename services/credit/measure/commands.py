"""What may be asked of a measure.

What is `Completed` is filled in under the lock. Its default is the answer of someone who knows
nothing: with it, the rule says no.
"""

from datetime import date, datetime
from typing import Annotated, TypeAlias
from uuid import UUID

from libs.contracts import vocabulary as v
from libs.contracts.asking import CallingAgency, SecondPerson
from libs.contracts.credit import LiftedBecause, SupportLostBecause
from libs.events.core import fields as f
from libs.events.core.kernel import Command, Hidden
from services.credit.known import Ground, MeasureItem


class OrderMeasure(Command):
    """One agency, one measure, one subject; `supported_by` are records and listings.

    `grounds` is what of them there is, `item` the row of the list, `targeted` whether the agency is
    one of its targets, `grade` that of the subject, `matter` that of the first ground, `same` the
    one in force that is like it and rests on all of these.
    """

    measure_id: v.MeasureId
    measure_code: v.MeasureCode
    subject_id: UUID
    agency_code: v.AgencyCode
    supported_by: Annotated[tuple[UUID, ...], f.Limits(min_length=1, max_length=50)]
    until: date
    legal_basis: Annotated[tuple[v.LegalBasis, ...], f.Limits(min_length=1, max_length=20)]
    approver: SecondPerson
    ordered_by: CallingAgency
    at: f.Now
    grounds: f.Completed[tuple[Ground, ...]] = ()
    item: f.Completed[MeasureItem | None] = None
    targeted: f.Completed[bool] = False
    grade: f.Completed[str | None] = None
    matter: f.Completed[v.Matter | None] = None
    same: f.Completed[v.MeasureId | None] = None


class AcknowledgeMeasure(Command):
    measure_id: v.MeasureId
    handler_id: v.PersonId
    at: datetime


class RefuseMeasure(Command):
    measure_id: v.MeasureId
    handoff_id: v.HandoffId
    reason: v.ReasonCode
    text: str | Hidden


class ApplyMeasure(Command):
    measure_id: v.MeasureId
    at: datetime


class LoseSupport(Command):
    """Of a record or a listing. Where its class has dropped, `ground` is the record as it stands
    now, `item` the row of the list and `grade` that of the subject: it may carry the measure still.
    """

    measure_id: v.MeasureId
    ground_id: UUID
    cause: SupportLostBecause
    at: datetime
    ground: f.Completed[Ground | None] = None
    item: f.Completed[MeasureItem | None] = None
    grade: f.Completed[str | None] = None


class OrderLift(Command):
    """An officer ends it before anything falls; or its own last day is over."""

    measure_id: v.MeasureId
    cause: LiftedBecause
    at: f.Now


class LiftMeasure(Command):
    measure_id: v.MeasureId
    handoff_id: v.HandoffId
    at: datetime


MeasureCommand: TypeAlias = (
    OrderMeasure
    | AcknowledgeMeasure
    | RefuseMeasure
    | ApplyMeasure
    | LoseSupport
    | OrderLift
    | LiftMeasure
)
