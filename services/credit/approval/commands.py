"""What may be asked of an approval.

What is `Completed` is filled in under the lock. Its default is the answer of someone who knows
nothing: with it, the rule says no.
"""

from datetime import date, datetime
from typing import Annotated, TypeAlias
from uuid import UUID

from libs.contracts import vocabulary as v
from libs.contracts.asking import CallingPerson, Numbered, SecondPerson
from libs.contracts.credit import Tier
from libs.contracts.enforcement import CreditClass
from libs.events.core import fields as f
from libs.events.core.kernel import Command, Record
from services.credit.known import Ground


class Graded(Record):
    """How the applicant stands: its grade, if it has one, and whether a breach is unrepaired."""

    grade: str | None = None
    breached: bool = True


class PostCheck(Record):
    """What the last check after the licence found."""

    source_ref: v.SourceRef
    failed: bool
    on: date


class ApplyApproval(Command):
    """`wants` is a route that the applicant would rather take: who declines to commit wants T3."""

    approval_id: v.ApprovalId
    item_code: v.ApprovalItemCode
    applicant: v.SubjectRef
    acting: str | None
    at: datetime
    wants: Tier | None = None
    graded: f.Completed[Graded] = Graded()


class AssignTier(Command):
    approval_id: v.ApprovalId
    at: datetime
    graded: f.Completed[Graded] = Graded()


class SignCommitment(Command):
    approval_id: v.ApprovalId
    commitment_id: v.CommitmentId
    items: Annotated[tuple[f.Short, ...], f.Limits(min_length=1, max_length=50)]
    at: f.Now


class GrantApproval(Command):
    approval_id: v.ApprovalId
    licence_no: f.Code
    approver: CallingPerson
    at: f.Now


class DenyApproval(Command):
    """`denied_for` are the records it rests on, as far as it rests on records."""

    approval_id: v.ApprovalId
    denied_for: Annotated[tuple[v.RecordId, ...], f.at_most(50), f.Default(value=())]
    reasons: f.Text
    remedies: f.Short
    legal_basis: Annotated[tuple[v.LegalBasis, ...], f.Limits(min_length=1, max_length=20)]
    approver: SecondPerson
    grounds: f.Completed[tuple[Ground, ...]] = ()


class InviteReapplication(Command):
    approval_id: v.ApprovalId
    record_id: v.RecordId
    at: datetime


class FulfilCommitment(Command):
    """After a check by that agency, at that subject."""

    approval_id: v.ApprovalId
    checked_by: v.PersonId
    agency_code: v.AgencyCode
    subject_id: UUID | None


class BreachCommitment(Command):
    """`check` is the last one by the checking agency after the licence; `taken` says whether the
    number is that of another breach."""

    approval_id: v.ApprovalId
    doc_no: Numbered
    facts: f.Text
    credit_class: CreditClass
    legal_basis: Annotated[tuple[v.LegalBasis, ...], f.Limits(min_length=1, max_length=20)]
    approver: SecondPerson
    at: f.Now
    check: f.Completed[PostCheck | None] = None
    taken: f.Completed[bool] = True


class RevokeApproval(Command):
    approval_id: v.ApprovalId
    basis: f.Short
    legal_basis: Annotated[tuple[v.LegalBasis, ...], f.Limits(min_length=1, max_length=20)]
    approver: SecondPerson


ApprovalCommand: TypeAlias = (
    ApplyApproval
    | AssignTier
    | SignCommitment
    | GrantApproval
    | DenyApproval
    | InviteReapplication
    | FulfilCommitment
    | BreachCommitment
    | RevokeApproval
)
