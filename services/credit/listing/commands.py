"""What may be asked of a listing.

What is `Completed` is filled in under the lock. Its default is the answer of someone who knows
nothing: with it, the rule says no.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import date
from typing import Annotated, TypeAlias
from uuid import UUID

from libs.contracts import vocabulary as v
from libs.contracts.asking import CallingAgency, Numbered, SecondPerson
from libs.contracts.credit import DelistedBecause
from libs.events.core import fields as f
from libs.events.core.kernel import Command, Hidden, Record


class Claim(Record):
    """What a matter says of unpaid wages: ordered to be paid by when, and what was found then."""

    subject_ref: v.SubjectRef | Hidden
    subject_id: UUID
    workers: int
    months: int
    amount_fen: int
    due_on: date
    verified_on: date | None = None
    paid: bool = False


class ServeListNotice(Command):
    """`incident` is the document that states a mass or extreme incident, where there is one;
    `subject_id` is needed where the matter has several parties. `live` says which parties of the
    matter have a listing, or the notice of one, already."""

    listing_id: v.ListingId
    list_code: v.ListCode
    matter: v.Matter
    agency_code: CallingAgency
    grounds: f.Text
    legal_basis: Annotated[tuple[v.LegalBasis, ...], f.Limits(min_length=1, max_length=20)]
    at: f.Now
    incident: f.Short | None = None
    subject_id: UUID | None = None
    claims: f.Completed[tuple[Claim, ...]] = ()
    live: f.Completed[Mapping[UUID, v.ListingId]] = field(default_factory=dict)


class ListSubject(Command):
    """`warned` are the measures that the decision warns of and that there are; `taken` says whether
    the number is that of another listing."""

    listing_id: v.ListingId
    decision_no: Numbered
    measures_warned: Annotated[tuple[v.MeasureCode, ...], f.at_most(20)]
    legal_basis: Annotated[tuple[v.LegalBasis, ...], f.Limits(min_length=1, max_length=20)]
    agency_code: CallingAgency
    approver: SecondPerson
    at: f.Now
    claims: f.Completed[tuple[Claim, ...]] = ()
    warned: f.Completed[frozenset[v.MeasureCode]] = frozenset()
    taken: f.Completed[bool] = True
    effective_from: f.Completed[date | None] = None


class DelistSubject(Command):
    listing_id: v.ListingId
    cause: DelistedBecause
    at: f.Now
    reacted: f.Internal[bool] = False
    approver: SecondPerson = None


ListingCommand: TypeAlias = ServeListNotice | ListSubject | DelistSubject
