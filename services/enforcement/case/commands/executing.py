"""What may be asked of a case once it is decided: served, published, executed, transferred, undone.

What is left open, and by what it is answered, is as in `preparing`.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, TypeAlias

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
from libs.contracts.vocabulary import (
    AgencyCode,
    CaseId,
    DecisionNo,
    HandoffId,
    Pictures,
    SubjectRef,
)
from libs.events.core.fields import (
    Code,
    Completed,
    Default,
    Digest,
    Fen,
    Internal,
    Now,
    Said,
    Short,
    Text,
    at_most,
)
from libs.events.core.kernel import Command, Hidden
from services.enforcement.case.commands.known import Approver, SignedBy, Texts


class ServeDecision(Command):
    """`announced_on` and what the attempts before were, where it was announced."""

    case_id: CaseId
    mode: ServiceMode
    receipt_hash: Digest
    manifest: Annotated[Manifest, Default(value=Manifest())]
    signed: SignedBy
    at: Now
    ground: Code | None = None
    attempts: Texts = ()
    announced_on: date | None = None
    consent_hash: Digest | None = None


class PublishDecision(Command):
    """`masked_hash` is of the masked copy as the head has approved it."""

    case_id: CaseId
    masked_hash: Digest
    approver: Approver
    at: Now
    family: Completed[str] = ""


class WithdrawPublicity(Command):
    case_id: CaseId
    decision_no: Numbered
    reason_text: Text
    cause: str


class RecordPayment(Command):
    case_id: CaseId
    amount_fen: Fen
    voucher_no: Short
    paid_on: Annotated[date, Said(name="on")]
    signed: SignedBy
    at: Now


class ApproveInstalment(Command):
    case_id: CaseId
    schedule: Annotated[tuple[Instalment, ...], at_most(120)]
    approver: CallingPerson


class AccrueSurcharge(Command):
    case_id: CaseId
    decision_no: DecisionNo
    as_of: date
    at: datetime


class RefundFine(Command):
    case_id: CaseId
    decision_no: Numbered
    cause: str
    at: Now


class ServeDemand(Command):
    case_id: CaseId
    signed: SignedBy
    at: Now


class ApplyCourtEnforcement(Command):
    case_id: CaseId
    handoff_id: HandoffId
    court: AgencyCode
    scope: Scope
    at: Now


class RecordCourtRuling(Command):
    case_id: CaseId
    handoff_id: HandoffId
    ruling: Ruling
    ruling_no: str | None


class CompleteForcedExecution(Command):
    case_id: CaseId
    result: Text
    media: Annotated[Pictures, Default(value=())]
    step_kind: Code
    manifest: Manifest
    executed_at: datetime
    signed: SignedBy
    at: Now


class CompleteExecution(Command):
    case_id: CaseId
    how: ExecutedHow
    signed: SignedBy
    at: Now


class CloseCase(Command):
    case_id: CaseId


class ApproveCriminalTransfer(Command):
    case_id: CaseId
    crime: Short
    approver: CallingPerson
    at: Now


class HandOverCriminalCase(Command):
    case_id: CaseId
    handoff_id: HandoffId
    police_unit: AgencyCode
    docs: Annotated[Mapping[Code, Digest], at_most(20)]
    signed: SignedBy
    at: Now


class RecordCriminalFiling(Command):
    case_id: CaseId
    handoff_id: HandoffId
    at: datetime


class HandOverMaterials(Command):
    case_id: CaseId
    items: Texts
    signed: SignedBy
    at: Now


class RecordCriminalReturn(Command):
    case_id: CaseId
    from_stage: str
    reason: str
    returned_on: date


class RecordReconsiderationFiled(Command):
    case_id: CaseId
    decision_no: DecisionNo
    applicant: SubjectRef | Hidden | None
    filed_on: date


class RecordReconsiderationAccepted(Command):
    case_id: CaseId
    decision_no: DecisionNo
    recon_no: str
    procedure: ReconProcedure
    accepted_on: date
    at: datetime


class RecordReconsiderationDecision(Command):
    case_id: CaseId
    decision_no: DecisionNo
    recon_no: str
    outcome: ReconOutcome
    ground: Ground | None
    outcome_detail: str | Hidden | None
    amount_fen: int | None
    served_on: date
    redecide_by: date | None


class ModifyDecision(Command):
    """Without penalties of its own it is the fine that becomes `amount_fen`."""

    case_id: CaseId
    decision_no: Numbered
    authority: Authority
    basis_ref: Short
    ground: Ground
    penalties: Penalties | None = None
    amount_fen: Internal[int | None] = None
    credit_class: CreditClass | None = None


class RevokeDecision(Command):
    """In part, `penalties` are what is left of it, or `amount_fen` of the fine."""

    case_id: CaseId
    decision_no: Numbered
    authority: Authority
    basis_ref: Short
    scope: RevokedScope
    ground: Ground
    penalties: Penalties | None = None
    amount_fen: Internal[int | None] = None


class ConfirmIllegality(Command):
    case_id: CaseId
    decision_no: DecisionNo
    authority: Authority
    basis_ref: str
    ground: Ground


class DeclareInvalid(Command):
    case_id: CaseId
    decision_no: DecisionNo
    authority: Authority
    basis_ref: str
    ground: Ground


class OrderRedecision(Command):
    case_id: CaseId
    decision_no: DecisionNo
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
