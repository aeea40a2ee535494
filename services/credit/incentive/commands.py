"""What may be asked of an incentive.

What is `Completed` is filled in under the lock. Its default is the answer of someone who knows
nothing: with it, the rule says no.
"""

from datetime import date
from typing import TypeAlias
from uuid import UUID

from libs.contracts import vocabulary as v
from libs.contracts.asking import CallingAgency, SecondPerson
from libs.events.core import fields as f
from libs.events.core.kernel import Command, Hidden
from services.credit.known import MeasureItem, SubjectKnown


class GrantIncentive(Command):
    """`subject` is who is on the register, with the grade of now; `targeted` whether the agency
    gives the incentive of that `item`."""

    incentive_id: v.IncentiveId
    measure_code: v.MeasureCode
    subject_id: UUID
    agency_code: v.AgencyCode
    until: date
    granted_by: CallingAgency
    approver: SecondPerson
    at: f.Now
    item: f.Completed[MeasureItem | None] = None
    targeted: f.Completed[bool] = False
    subject: f.Completed[SubjectKnown | None] = None
    subject_ref: f.Completed[v.SubjectRef | Hidden] = Hidden.ERASED


class RevokeIncentive(Command):
    """By hand signed by a second person; or because the grade is gone, or its last day over."""

    incentive_id: v.IncentiveId
    cause: f.Short
    at: f.Now
    approver: SecondPerson = None
    reacted: f.Internal[bool] = False


IncentiveCommand: TypeAlias = GrantIncentive | RevokeIncentive
