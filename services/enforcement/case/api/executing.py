"""HTTP for cases that are decided, and for those that go to the police."""

from typing import Any

from fastapi import APIRouter

from libs.contracts.enforcement import Authority, Instalment
from libs.contracts.vocabulary import AgencyCode, CaseId, PersonId, Role
from libs.edge.numbering import Numbered
from libs.edge.signing import head_of
from libs.events.core.kernel import Context
from libs.events.deciding.settling import Receipt, Settler
from libs.events.http.cosigning import Cosigned
from libs.events.http.edge import Caller, PostingOn
from services.enforcement.case.api import bodies as b
from services.enforcement.case.api.preparing import HEAD, OFFICER, Require, signed_by
from services.enforcement.case.commands.executing import (
    ApplyCourtEnforcement,
    ApproveCriminalTransfer,
    ApproveInstalment,
    CloseCase,
    CompleteExecution,
    CompleteForcedExecution,
    HandOverCriminalCase,
    HandOverMaterials,
    ModifyDecision,
    PublishDecision,
    RecordPayment,
    RefundFine,
    RevokeDecision,
    ServeDecision,
    ServeDemand,
    WithdrawPublicity,
)

BY_HAND = "AGENCY"


def commands(settler: Settler, posting: PostingOn, require: Require) -> APIRouter:
    router = APIRouter(prefix="/cases", tags=["cases"])
    post = posting(router)

    async def ask(command: Any, caller: Context) -> Receipt:
        require(command.case_id, caller)
        return await settler.ask(command, caller)

    @post("/{case_id}/serve", "ServeDecision", OFFICER)
    async def serve(case_id: CaseId, body: b.Service, caller: Caller, also: Cosigned) -> Receipt:
        command = ServeDecision(
            case_id=case_id,
            mode=body.mode,
            receipt_hash=body.receipt_hash,
            manifest=b.manifest(body.manifest),
            signed=signed_by(caller, also),
            at=caller.at,
            ground=body.ground,
            attempts=body.attempts,
            announced_on=body.announced_on,
            consent_hash=body.consent_hash,
        )
        return await ask(command, caller)

    @post("/{case_id}/publish", "PublishDecision", Role.ARCHIVIST)
    async def publish(
        case_id: CaseId, body: b.Publication, caller: Caller, also: Cosigned
    ) -> Receipt:
        command = PublishDecision(
            case_id=case_id,
            masked_hash=body.masked_hash,
            approver=head_of(caller, also),
            at=caller.at,
        )
        return await ask(command, caller)

    @post("/{case_id}/decisions/{decision_no}/withdraw", "WithdrawPublicity", Role.ARCHIVIST)
    async def withdraw(
        case_id: CaseId, decision_no: Numbered, body: b.Withdrawal, caller: Caller
    ) -> Receipt:
        command = WithdrawPublicity(
            case_id=case_id,
            decision_no=decision_no,
            reason_text=body.reason_text,
            cause=BY_HAND,
        )
        return await ask(command, caller)

    @post("/{case_id}/payments", "RecordPayment", OFFICER)
    async def pay(case_id: CaseId, body: b.Payment, caller: Caller, also: Cosigned) -> Receipt:
        command = RecordPayment(
            case_id=case_id,
            amount_fen=body.amount_fen,
            voucher_no=body.voucher_no,
            paid_on=body.on,
            signed=signed_by(caller, also),
            at=caller.at,
        )
        return await ask(command, caller)

    @post("/{case_id}/instalments", "ApproveInstalment", HEAD)
    async def instalments(case_id: CaseId, body: b.Schedule, caller: Caller) -> Receipt:
        parts = tuple(
            Instalment(due_on=one.due_on, amount_fen=one.amount_fen) for one in body.schedule
        )
        command = ApproveInstalment(
            case_id=case_id, schedule=parts, approver=PersonId(caller.actor)
        )
        return await ask(command, caller)

    @post("/{case_id}/decisions/{decision_no}/refund", "RefundFine", HEAD)
    async def refund(case_id: CaseId, decision_no: Numbered, caller: Caller) -> Receipt:
        command = RefundFine(case_id=case_id, decision_no=decision_no, cause=BY_HAND, at=caller.at)
        return await ask(command, caller)

    @post("/{case_id}/demand", "ServeDemand", OFFICER)
    async def demand(
        case_id: CaseId, caller: Caller, also: Cosigned, body: b.Demand | None = None
    ) -> Receipt:
        command = ServeDemand(case_id=case_id, signed=signed_by(caller, also), at=caller.at)
        return await ask(command, caller)

    @post("/{case_id}/court", "ApplyCourtEnforcement", HEAD)
    async def court(case_id: CaseId, body: b.CourtWish, caller: Caller) -> Receipt:
        command = ApplyCourtEnforcement(
            case_id=case_id,
            handoff_id=body.handoff_id,
            court=AgencyCode(body.court),
            scope=body.scope,
            at=caller.at,
        )
        return await ask(command, caller)

    @post("/{case_id}/forced", "CompleteForcedExecution", OFFICER)
    async def force(case_id: CaseId, body: b.Forced, caller: Caller, also: Cosigned) -> Receipt:
        command = CompleteForcedExecution(
            case_id=case_id,
            result=body.result,
            media=b.pictures(body.media),
            step_kind=body.step_kind,
            manifest=b.manifest(body.manifest),
            executed_at=body.executed_at,
            signed=signed_by(caller, also),
            at=caller.at,
        )
        return await ask(command, caller)

    @post("/{case_id}/complete", "CompleteExecution", OFFICER)
    async def complete(
        case_id: CaseId, body: b.Execution, caller: Caller, also: Cosigned
    ) -> Receipt:
        command = CompleteExecution(
            case_id=case_id, how=body.how, signed=signed_by(caller, also), at=caller.at
        )
        return await ask(command, caller)

    @post("/{case_id}/close", "CloseCase", HEAD)
    async def close(case_id: CaseId, caller: Caller) -> Receipt:
        return await ask(CloseCase(case_id=case_id), caller)

    @post("/{case_id}/crime/approve", "ApproveCriminalTransfer", HEAD)
    async def approve(case_id: CaseId, body: b.Crime, caller: Caller) -> Receipt:
        command = ApproveCriminalTransfer(
            case_id=case_id,
            crime=body.crime,
            approver=PersonId(caller.actor),
            at=caller.at,
        )
        return await ask(command, caller)

    @post("/{case_id}/crime/transfer", "HandOverCriminalCase", OFFICER)
    async def hand_over(
        case_id: CaseId, body: b.CrimeDocuments, caller: Caller, also: Cosigned
    ) -> Receipt:
        command = HandOverCriminalCase(
            case_id=case_id,
            handoff_id=body.handoff_id,
            police_unit=AgencyCode(body.police_unit),
            docs=body.docs,
            signed=signed_by(caller, also),
            at=caller.at,
        )
        return await ask(command, caller)

    @post("/{case_id}/crime/materials", "HandOverMaterials", OFFICER)
    async def materials(
        case_id: CaseId, body: b.Materials, caller: Caller, also: Cosigned
    ) -> Receipt:
        command = HandOverMaterials(
            case_id=case_id, items=body.items, signed=signed_by(caller, also), at=caller.at
        )
        return await ask(command, caller)

    @post("/{case_id}/decisions/{decision_no}/modify", "ModifyDecision", HEAD)
    async def modify(
        case_id: CaseId, decision_no: Numbered, body: b.Change, caller: Caller
    ) -> Receipt:
        command = ModifyDecision(
            case_id=case_id,
            decision_no=decision_no,
            authority=Authority.SELF,
            basis_ref=body.basis_ref,
            ground=body.ground,
            penalties=b.penalties(body.penalties),
            credit_class=body.credit_class,
        )
        return await ask(command, caller)

    @post("/{case_id}/decisions/{decision_no}/revoke", "RevokeDecision", HEAD)
    async def revoke(
        case_id: CaseId, decision_no: Numbered, body: b.Revocation, caller: Caller
    ) -> Receipt:
        command = RevokeDecision(
            case_id=case_id,
            decision_no=decision_no,
            authority=Authority.SELF,
            basis_ref=body.basis_ref,
            scope=body.scope,
            ground=body.ground,
            penalties=None if body.penalties is None else b.penalties(body.penalties),
        )
        return await ask(command, caller)

    return router
