"""What may be asked of a record.

What is `Completed` is filled in under the lock. Its default is the answer of someone who knows
nothing: with it, the rule says no.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from libs.contracts import vocabulary as v
from libs.contracts.asking import CallingAgency, SecondPerson
from libs.contracts.credit import (
    AnnotationKind,
    BasisDocument,
    PublicityEnd,
    WithdrawnBecause,
)
from libs.contracts.enforcement import CreditClass
from libs.events.core import fields as f
from libs.events.core.kernel import Command
from services.credit.known import CatalogueItem, KnownDecision


class Basis(StrEnum):
    """What this suite knows of the document that a record rests on."""

    UNKNOWN = "UNKNOWN"
    IN_FORCE = "IN_FORCE"
    FELL = "FELL"


class CaptureRecord(Command):
    """`reacted` says that a decision, a listing or a breach on record asks, and not a person.

    `provided` says whether the document's agency provides the item, `basis` what is known of the
    document, `decision` what enforcement has told of it, `same` the record that it has led to
    already, `registered` whether the number is on the register, `registered_name` under which name,
    if that was not forgotten, `needs_listing` whether the item is that of a list.
    """

    record_id: v.RecordId
    item_code: v.CatalogueItemCode
    subject_ref: v.SubjectRef
    credit_class: CreditClass | None
    basis_document: BasisDocument
    behaviour_date: date
    legal_basis: tuple[v.LegalBasis, ...]
    at: datetime
    listing_id: v.ListingId | None = None
    listed_until: date | None = None
    reacted: bool = False
    item: f.Completed[CatalogueItem | None] = None
    provided: f.Completed[bool] = False
    basis: f.Completed[Basis] = Basis.FELL
    decision: f.Completed[KnownDecision | None] = None
    same: f.Completed[v.RecordId | None] = None
    registered: f.Completed[bool] = False
    registered_name: f.Completed[str | None] = None
    needs_listing: f.Completed[bool] = True


class PublishRecord(Command):
    record_id: v.RecordId
    at: f.Now
    reacted: f.Internal[bool] = False


class EndPublicity(Command):
    """Its term is over, or it is repaired."""

    record_id: v.RecordId
    cause: PublicityEnd
    at: datetime


class AnnotateRecord(Command):
    record_id: v.RecordId
    kind: AnnotationKind
    corrected_on: date | None
    source_event_id: UUID
    at: datetime


class ConfirmDuties(Command):
    """By who issued the document, signed by a second person, where no other service tells of it.
    `decision` is what enforcement has told of the document."""

    record_id: v.RecordId
    performed_on: date
    document_no: f.Short
    agency_code: CallingAgency
    approver: SecondPerson = None
    at: f.Now
    decision: f.Completed[KnownDecision | None] = None


class FlagRecord(Command):
    record_id: v.RecordId
    objection_id: v.ObjectionId


class UnflagRecord(Command):
    record_id: v.RecordId
    objection_id: v.ObjectionId


class CorrectRecord(Command):
    """What the provider's document says now, signed by a second person; or because what it rests on
    was modified. `provided`, `basis`, `decision` and `same` are of the new document, as for
    capturing; `decided_here` says whether enforcement tells of the one it rests on."""

    record_id: v.RecordId
    credit_class: CreditClass | None
    basis_document: BasisDocument | None = None
    behaviour_date: date | None = None
    approver: SecondPerson = None
    at: f.Now
    source_event_id: f.Internal[UUID | None] = None
    reacted: f.Internal[bool] = False
    item: f.Completed[CatalogueItem | None] = None
    provided: f.Completed[bool] = False
    basis: f.Completed[Basis] = Basis.FELL
    decision: f.Completed[KnownDecision | None] = None
    same: f.Completed[v.RecordId | None] = None
    decided_here: f.Completed[bool] = True


class WithdrawRecord(Command):
    """By a person on a document, signed by a second one; or because what it rests on fell.

    `basis` says what is known of the document that it rests on, `item` which row it was of.
    """

    record_id: v.RecordId
    cause: WithdrawnBecause
    document_no: f.Short | None
    approver: SecondPerson = None
    at: f.Now
    basis_event_id: f.Internal[UUID | None] = None
    reacted: f.Internal[bool] = False
    basis: f.Completed[Basis] = Basis.IN_FORCE
    item: f.Completed[CatalogueItem | None] = None


RecordCommand: TypeAlias = (
    CaptureRecord
    | PublishRecord
    | EndPublicity
    | AnnotateRecord
    | ConfirmDuties
    | FlagRecord
    | UnflagRecord
    | CorrectRecord
    | WithdrawRecord
)
