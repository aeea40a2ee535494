"""What may be asked of a coercive measure.

What is `Completed` is filled in under the lock. Its default is the answer of someone who knows
nothing: with it, the rule says no.
"""

from datetime import date
from typing import Annotated, TypeAlias
from uuid import UUID

from libs.contracts.asking import HEAD, OFFICERS, CallingAgency, CallingPerson
from libs.contracts.enforcement import ExtendedBecause, Manifest, SeizedItem
from libs.contracts.vocabulary import (
    CaseId,
    CoercionId,
    LeadId,
    LegalBasis,
    Matter,
    PersonId,
    PowerItemCode,
    ReasonCode,
    SubjectRef,
)
from libs.events.core.fields import (
    ACTOR,
    Code,
    Completed,
    Internal,
    Now,
    Short,
    Today,
    at_most,
)
from libs.events.core.kernel import Command, Hidden


class ImposeCoerciveMeasure(Command):
    """Under a lead or a case; without the head's word where it cannot wait.

    `may_seize` says whether a law lets the owner of the item seize, and the agency owns it;
    `under` whether the lead or case is known and the agency's, `taken` what is seized already.
    """

    coercion_id: CoercionId
    lead_id: LeadId | None
    case_id: CaseId | None
    agency_code: CallingAgency
    power_item_code: PowerItemCode
    kind: Code
    items: Annotated[tuple[SeizedItem, ...], at_most(500)]
    legal_basis: Annotated[tuple[LegalBasis, ...], at_most(20)]
    urgent: bool = False
    approver: Annotated[PersonId | None, HEAD]
    manifest: Manifest
    officers: Annotated[tuple[PersonId, ...], OFFICERS]
    at: Now
    certified: Completed[frozenset[PersonId]] = frozenset()
    may_seize: Completed[bool] = False
    under: Completed[bool] = False
    subjects: Completed[tuple[SubjectRef, ...] | Hidden] = ()
    matter: Completed[Matter | None] = None
    taken: Completed[frozenset[UUID]] = frozenset()


class ApproveCoerciveMeasure(Command):
    coercion_id: CoercionId
    approver: CallingPerson
    at: Now


class ExtendCoerciveMeasure(Command):
    """By the head, to a day; or because a test took from one day to another."""

    coercion_id: CoercionId
    because: ExtendedBecause
    approver: Annotated[PersonId | None, ACTOR]
    at: Now
    paused_from: Internal[date | None] = None
    paused_until: Internal[date | None] = None


class LiftCoerciveMeasure(Command):
    """`returned` are the ids of what goes back; nothing named means all."""

    coercion_id: CoercionId
    ground: ReasonCode
    returned: Annotated[tuple[Short, ...] | Hidden, at_most(500)] = ()
    on: Today


CoercionCommand: TypeAlias = (
    ImposeCoerciveMeasure | ApproveCoerciveMeasure | ExtendCoerciveMeasure | LiftCoerciveMeasure
)
