"""What may be asked of a coercive measure.

A field with a default is left open by whoever asks, and completed before it is decided. Its default
is the answer of someone who knows nothing: with it, the rule says no.
"""

from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

from libs.contracts.enforcement import ExtendedBecause, Manifest, SeizedItem
from libs.contracts.vocabulary import (
    AgencyCode,
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
from libs.events.kernel import Command, Hidden


class ImposeCoerciveMeasure(Command):
    """Under a lead or a case; without the head's word where it cannot wait.

    `may_seize` says whether a law lets the owner of the item seize, and the agency owns it;
    `under` whether the lead or case is known and the agency's, `taken` what is seized already.
    """

    coercion_id: CoercionId
    lead_id: LeadId | None
    case_id: CaseId | None
    agency_code: AgencyCode
    power_item_code: PowerItemCode
    kind: str
    items: tuple[SeizedItem, ...]
    legal_basis: tuple[LegalBasis, ...]
    urgent: bool
    approver: PersonId | None
    manifest: Manifest
    officers: tuple[PersonId, ...]
    at: datetime
    certified: frozenset[PersonId] = frozenset()
    may_seize: bool = False
    under: bool = False
    subjects: tuple[SubjectRef, ...] | Hidden = ()
    matter: Matter | None = None
    taken: frozenset[UUID] = frozenset()


class ApproveCoerciveMeasure(Command):
    coercion_id: CoercionId
    agency_code: AgencyCode
    approver: PersonId
    at: datetime


class ExtendCoerciveMeasure(Command):
    """By the head, to a day; or because a test took from one day to another."""

    coercion_id: CoercionId
    because: ExtendedBecause
    approver: PersonId | None
    agency_code: AgencyCode | None
    at: datetime
    paused_from: date | None = None
    paused_until: date | None = None


class LiftCoerciveMeasure(Command):
    """`returned` are the ids of what goes back; nothing named means all."""

    coercion_id: CoercionId
    ground: ReasonCode
    returned: tuple[str, ...] | Hidden
    agency_code: AgencyCode | None
    on: date


CoercionCommand: TypeAlias = (
    ImposeCoerciveMeasure | ApproveCoerciveMeasure | ExtendCoerciveMeasure | LiftCoerciveMeasure
)
