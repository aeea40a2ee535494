"""What may be asked of an inspection.

What is `Completed` is filled in under the lock. Its default is the answer of someone who knows
nothing: with it, the rule says no.
"""

from datetime import datetime
from typing import Annotated, TypeAlias

from libs.contracts import vocabulary as v
from libs.contracts.asking import OFFICERS, CallingAgency
from libs.contracts.enforcement import InspectionPurpose, InspectionResult, Manifest
from libs.events.core.fields import Completed, Now, Text
from libs.events.core.kernel import Command, Record


class Plan(Record):
    """What all draws of one plan share."""

    seed: str
    list_hash: str
    count: int


class DrawInspection(Command):
    """One of `count` that were drawn from `candidates`; `witness` is what nobody chose.

    `officers` are those of the agency with a certificate in force, from whom two are drawn;
    `witnessed` says whether the log has stood where the witness says, `plan` is the seed, the list
    and the count of the plan where something was drawn by it already.
    """

    inspection_id: v.InspectionId
    plan_no: str
    agency_code: v.AgencyCode
    subject: v.SubjectRef
    candidates: tuple[str, ...]
    count: int
    nonce: str
    witness: str
    purpose: InspectionPurpose
    source_ref: v.SourceRef | None
    at: datetime
    officers: Completed[tuple[v.Officer, ...]] = ()
    witnessed: Completed[bool] = False
    # Where the log stands now: what a draw rests on for which nobody has named a witness.
    stands: Completed[str] = ""
    plan: Completed[Plan | None] = None


class CompleteInspection(Command):
    inspection_id: v.InspectionId
    agency_code: CallingAgency
    result: InspectionResult
    power_item_code: v.PowerItemCode | None
    text: Text
    manifest: Manifest
    officers: Annotated[tuple[v.PersonId, ...], OFFICERS]
    at: Now
    certified: Completed[frozenset[v.PersonId]] = frozenset()


InspectionCommand: TypeAlias = DrawInspection | CompleteInspection
