"""What may be asked of a coercive measure.

What is `Completed` is filled in under the lock. Its default is the answer of someone who knows
nothing: with it, the rule says no.
"""

from datetime import date
from typing import Annotated, TypeAlias
from uuid import UUID

from libs.contracts import vocabulary as v
from libs.contracts.asking import HEAD, OFFICERS, CallingAgency, CallingPerson
from libs.contracts.enforcement import ExtendedBecause, Manifest, SeizedItem
from libs.events.core import fields as f
from libs.events.core.kernel import Command, Hidden


class ImposeCoerciveMeasure(Command):
    """Under a lead or a case; without the head's word where it cannot wait.

    `may_seize` says whether a law lets the owner of the item seize, and the agency owns it;
    `under` whether the lead or case is known and the agency's, `taken` what is seized already.
    """

    coercion_id: v.CoercionId
    lead_id: v.LeadId | None
    case_id: v.CaseId | None
    agency_code: CallingAgency
    power_item_code: v.PowerItemCode
    kind: f.Code
    items: Annotated[tuple[SeizedItem, ...], f.at_most(500)]
    legal_basis: Annotated[tuple[v.LegalBasis, ...], f.at_most(20)]
    urgent: bool = False
    approver: Annotated[v.PersonId | None, HEAD]
    manifest: Manifest
    officers: Annotated[tuple[v.PersonId, ...], OFFICERS]
    at: f.Now
    certified: f.Completed[frozenset[v.PersonId]] = frozenset()
    may_seize: f.Completed[bool] = False
    under: f.Completed[bool] = False
    subjects: f.Completed[tuple[v.SubjectRef, ...] | Hidden] = ()
    matter: f.Completed[v.Matter | None] = None
    taken: f.Completed[frozenset[UUID]] = frozenset()


class ApproveCoerciveMeasure(Command):
    coercion_id: v.CoercionId
    approver: CallingPerson
    at: f.Now


class ExtendCoerciveMeasure(Command):
    """By the head, to a day; or because a test took from one day to another."""

    coercion_id: v.CoercionId
    because: ExtendedBecause
    approver: Annotated[v.PersonId | None, f.ACTOR]
    at: f.Now
    paused_from: f.Internal[date | None] = None
    paused_until: f.Internal[date | None] = None


class LiftCoerciveMeasure(Command):
    """`returned` are the ids of what goes back; nothing named means all."""

    coercion_id: v.CoercionId
    ground: v.ReasonCode
    returned: Annotated[tuple[f.Short, ...] | Hidden, f.at_most(500)] = ()
    on: f.Today


CoercionCommand: TypeAlias = (
    ImposeCoerciveMeasure | ApproveCoerciveMeasure | ExtendCoerciveMeasure | LiftCoerciveMeasure
)
