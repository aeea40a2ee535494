"""What may be asked of a case once it is decided: served, published, executed, transferred, undone.

What is left open, and by what it is answered, is as in `preparing`.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, TypeAlias

from libs.contracts import vocabulary as v
from libs.contracts.asking import CallingPerson, Numbered
from libs.contracts.enforcement import (
    Authority,
    CreditClass,
    ExecutedHow,
    Ground,
    Instalment,
    Manifest,
    Penalties,
    ReconOutcome,
    ReconProcedure,
    RevokedScope,
    Ruling,
    Scope,
    ServiceMode,
)
from libs.events.core import fields as f
from libs.events.core.kernel import Command, Hidden
from services.enforcement.case.commands.known import Approver, SignedBy, Texts


class ServeDecision(Command):
    """`announced_on` and what the attempts before were, where it was announced."""

    case_id: v.CaseId
    mode: ServiceMode
    receipt_hash: f.Digest
    manifest: Annotated[Manifest, f.Default(value=Manifest())]
    signed: SignedBy
    at: f.Now
    ground: f.Code | None = None
    attempts: Texts = ()
    announced_on: date | None = None
    consent_hash: f.Digest | None = None


class PublishDecision(Command):
    """`masked_hash` is of the masked copy as the head has approved it."""

    case_id: v.CaseId
    masked_hash: f.Digest
    approver: Approver
    at: f.Now
    family: f.Completed[str] = ""


class WithdrawPublicity(Command):
    case_id: v.CaseId
    decision_no: Numbered
    reason_text: f.Text
    cause: str


class RecordPayment(Command):
    case_id: v.CaseId
    amount_fen: f.Fen
    voucher_no: f.Short
    paid_on: Annotated[date, f.Said(name="on")]
    signed: SignedBy
    at: f.Now


class ApproveInstalment(Command):
    case_id: v.CaseId
    schedule: Annotated[tuple[Instalment, ...], f.at_most(120)]
    approver: CallingPerson


class AccrueSurcharge(Command):
    case_id: v.CaseId
    decision_no: v.DecisionNo
    as_of: date
    at: datetime


class RefundFine(Command):
    case_id: v.CaseId
    decision_no: Numbered
    cause: str
    at: f.Now


class ServeDemand(Command):
    case_id: v.CaseId
    signed: SignedBy
    at: f.Now


class ApplyCourtEnforcement(Command):
    case_id: v.CaseId
    handoff_id: v.HandoffId
    court: v.AgencyCode
    scope: Scope
    at: f.Now


class RecordCourtRuling(Command):
    case_id: v.CaseId
    handoff_id: v.HandoffId
    ruling: Ruling
    ruling_no: str | None


class CompleteForcedExecution(Command):
    case_id: v.CaseId
    result: f.Text
    media: Annotated[v.Pictures, f.Default(value=())]
    step_kind: f.Code
    manifest: Manifest
    executed_at: datetime
    signed: SignedBy
    at: f.Now


class CompleteExecution(Command):
    case_id: v.CaseId
    how: ExecutedHow
    signed: SignedBy
    at: f.Now


class CloseCase(Command):
    case_id: v.CaseId


class ApproveCriminalTransfer(Command):
    case_id: v.CaseId
    crime: f.Short
    approver: CallingPerson
    at: f.Now


class HandOverCriminalCase(Command):
    case_id: v.CaseId
    handoff_id: v.HandoffId
    police_unit: v.AgencyCode
    docs: Annotated[Mapping[f.Code, f.Digest], f.at_most(20)]
    signed: SignedBy
    at: f.Now


class RecordCriminalFiling(Command):
    case_id: v.CaseId
    handoff_id: v.HandoffId
    at: datetime


class HandOverMaterials(Command):
    case_id: v.CaseId
    items: Texts
    signed: SignedBy
    at: f.Now


class RecordCriminalReturn(Command):
    case_id: v.CaseId
    from_stage: str
    reason: str
    returned_on: date


class RecordReconsiderationFiled(Command):
    case_id: v.CaseId
    decision_no: v.DecisionNo
    applicant: v.SubjectRef | Hidden | None
    filed_on: date


class RecordReconsiderationAccepted(Command):
    case_id: v.CaseId
    decision_no: v.DecisionNo
    recon_no: str
    procedure: ReconProcedure
    accepted_on: date
    at: datetime


class RecordReconsiderationDecision(Command):
    case_id: v.CaseId
    decision_no: v.DecisionNo
    recon_no: str
    outcome: ReconOutcome
    ground: Ground | None
    outcome_detail: str | Hidden | None
    amount_fen: int | None
    served_on: date
    redecide_by: date | None


class ModifyDecision(Command):
    """Without penalties of its own it is the fine that becomes `amount_fen`."""

    case_id: v.CaseId
    decision_no: Numbered
    authority: Authority
    basis_ref: f.Short
    ground: Ground
    penalties: Penalties | None = None
    amount_fen: f.Internal[int | None] = None
    credit_class: CreditClass | None = None


class RevokeDecision(Command):
    """In part, `penalties` are what is left of it, or `amount_fen` of the fine."""

    case_id: v.CaseId
    decision_no: Numbered
    authority: Authority
    basis_ref: f.Short
    scope: RevokedScope
    ground: Ground
    penalties: Penalties | None = None
    amount_fen: f.Internal[int | None] = None


class ConfirmIllegality(Command):
    case_id: v.CaseId
    decision_no: v.DecisionNo
    authority: Authority
    basis_ref: str
    ground: Ground


class DeclareInvalid(Command):
    case_id: v.CaseId
    decision_no: v.DecisionNo
    authority: Authority
    basis_ref: str
    ground: Ground


class OrderRedecision(Command):
    case_id: v.CaseId
    decision_no: v.DecisionNo
    ground: Ground
    deadline: date


ServiceCommand: TypeAlias = ServeDecision | PublishDecision | WithdrawPublicity
ExecutionCommand: TypeAlias = (
    RecordPayment | ApproveInstalment | AccrueSurcharge | RefundFine | ServeDemand
    | ApplyCourtEnforcement | RecordCourtRuling | CompleteForcedExecution | CompleteExecution
    | CloseCase
)  # fmt: skip
CriminalCommand: TypeAlias = (
    ApproveCriminalTransfer | HandOverCriminalCase | RecordCriminalFiling | HandOverMaterials
    | RecordCriminalReturn
)  # fmt: skip
RemedyCommand: TypeAlias = (
    RecordReconsiderationFiled | RecordReconsiderationAccepted | RecordReconsiderationDecision
    | ModifyDecision | RevokeDecision | ConfirmIllegality | DeclareInvalid | OrderRedecision
)  # fmt: skip
