"""What may be asked of a case once it is decided: served, published, executed, transferred, undone.

What is left open, and by what it is answered, is as in `commands`.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TypeAlias

from libs.contracts.enforcement import (
    Authority,
    CreditClass,
    ExecutedHow,
    Ground,
    Instalment,
    Manifest,
    Penalty,
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
    Media,
    PersonId,
    SubjectRef,
)
from libs.events.core.kernel import Command, Hidden
from services.enforcement.case.commands.known import Signed


class ServeDecision(Command):
    """`announced_on` and what the attempts before were, where it was announced."""

    case_id: CaseId
    mode: ServiceMode
    receipt_hash: str
    manifest: Manifest
    signed: Signed
    at: datetime
    ground: str | None = None
    attempts: tuple[str, ...] = ()
    announced_on: date | None = None
    consent_hash: str | None = None


class PublishDecision(Command):
    """`masked_hash` is of the masked copy as the head has approved it."""

    case_id: CaseId
    masked_hash: str
    approver: PersonId | None
    at: datetime
    family: str = ""


class WithdrawPublicity(Command):
    case_id: CaseId
    decision_no: DecisionNo
    reason_text: str
    cause: str


class RecordPayment(Command):
    case_id: CaseId
    amount_fen: int
    voucher_no: str
    paid_on: date
    signed: Signed
    at: datetime


class ApproveInstalment(Command):
    case_id: CaseId
    schedule: tuple[Instalment, ...]
    approver: PersonId


class AccrueSurcharge(Command):
    case_id: CaseId
    decision_no: DecisionNo
    as_of: date
    at: datetime


class RefundFine(Command):
    case_id: CaseId
    decision_no: DecisionNo
    cause: str
    at: datetime


class ServeDemand(Command):
    case_id: CaseId
    signed: Signed
    at: datetime


class ApplyCourtEnforcement(Command):
    case_id: CaseId
    handoff_id: HandoffId
    court: AgencyCode
    scope: Scope
    at: datetime


class RecordCourtRuling(Command):
    case_id: CaseId
    handoff_id: HandoffId
    ruling: Ruling
    ruling_no: str | None


class CompleteForcedExecution(Command):
    case_id: CaseId
    result: str
    media: tuple[Media, ...]
    step_kind: str
    manifest: Manifest
    executed_at: datetime
    signed: Signed
    at: datetime


class CompleteExecution(Command):
    case_id: CaseId
    how: ExecutedHow
    signed: Signed
    at: datetime


class CloseCase(Command):
    case_id: CaseId


class ApproveCriminalTransfer(Command):
    case_id: CaseId
    crime: str
    approver: PersonId
    at: datetime


class HandOverCriminalCase(Command):
    case_id: CaseId
    handoff_id: HandoffId
    police_unit: AgencyCode
    docs: Mapping[str, str]
    signed: Signed
    at: datetime


class RecordCriminalFiling(Command):
    case_id: CaseId
    handoff_id: HandoffId
    at: datetime


class HandOverMaterials(Command):
    case_id: CaseId
    items: tuple[str, ...]
    signed: Signed
    at: datetime


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
    decision_no: DecisionNo
    authority: Authority
    basis_ref: str
    ground: Ground
    penalties: tuple[Penalty, ...] | None = None
    amount_fen: int | None = None
    credit_class: CreditClass | None = None


class RevokeDecision(Command):
    """In part, `penalties` are what is left of it, or `amount_fen` of the fine."""

    case_id: CaseId
    decision_no: DecisionNo
    authority: Authority
    basis_ref: str
    scope: RevokedScope
    ground: Ground
    penalties: tuple[Penalty, ...] | None = None
    amount_fen: int | None = None


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
