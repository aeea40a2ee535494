"""What a case does when others speak, and when its own streams do: their events, as commands.

A reaction only asks. Whether it happens is for `decide` to say, as with any other command.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from libs.contracts import enforcement, exchange
from libs.contracts.enforcement import (
    AssistanceResult,
    Authority,
    Ground,
    ReconOutcome,
    ReconProcedure,
    RevokedScope,
    Ruling,
)
from libs.contracts.vocabulary import (
    CaseId,
    DecisionNo,
    Kind,
    SourceRef,
    SubjectKind,
    SubjectRef,
)
from libs.events.core.kernel import ANY, Command, Each, Envelope, Event, Hidden
from services.enforcement.case.commands.executing import (
    AccrueSurcharge,
    ConfirmIllegality,
    DeclareInvalid,
    ModifyDecision,
    OrderRedecision,
    RecordCourtRuling,
    RecordCriminalFiling,
    RecordCriminalReturn,
    RecordReconsiderationAccepted,
    RecordReconsiderationDecision,
    RecordReconsiderationFiled,
    RefundFine,
    RevokeDecision,
    WithdrawPublicity,
)
from services.enforcement.case.commands.preparing import OpenCase, RecordAssistance

OURS: Final = "enforcement/case/"
OF_DECISION: Final = "cases_of_decision"
FILED: Final = "FILED"


def react(fact: Envelope[Event]) -> list[Command | Each]:
    match fact.data:
        case exchange.HandoffOffered() as offered if not isinstance(offered.body, Hidden):
            return offered_to_us(fact, offered, offered.body)
        case exchange.HandoffFedBack() | exchange.HandoffReturned() as answer if (
            answer.source_ref.startswith(OURS)
        ):
            return answered(fact, answer)
        case enforcement.LeadFiled() as filed:
            return [opened(fact, filed)]
        case enforcement.FinePaid() as paid:
            return [
                AccrueSurcharge(
                    case_id=paid.case_id,
                    decision_no=paid.decision_no,
                    as_of=paid.on,
                    at=fact.happened,
                )
            ]
        case enforcement.ReconsiderationDecided() as decided:
            return reconsidered(decided)
        case (
            enforcement.DecisionModified()
            | enforcement.DecisionRevoked()
            | enforcement.DecisionConfirmedIllegal()
            | enforcement.DecisionDeclaredInvalid()
        ) as undone:
            return undoing(fact, undone)
        case _:
            return []


def case_of(source_ref: SourceRef) -> CaseId:
    return CaseId(UUID(source_ref.removeprefix(OURS)))


def offered_to_us(
    fact: Envelope[Event], offered: exchange.HandoffOffered, body: Mapping[str, Any]
) -> list[Command | Each]:
    """A case that comes back from the police; a document of a remedy."""
    if offered.kind == Kind.CRIMINAL_RETURN and offered.source_ref.startswith(OURS):
        return [
            RecordCriminalReturn(
                case_id=case_of(offered.source_ref),
                from_stage=body["from_stage"],
                reason=body["reason"],
                returned_on=day(body["on"]),
            )
        ]
    if offered.kind == Kind.REMEDY and (command := remedy(fact, body)) is not None:
        return [Each(index=OF_DECISION, key=body["decision_no"], command=command, required=True)]
    return []


def remedy(fact: Envelope[Event], body: Mapping[str, Any]) -> Command | None:
    decision_no = DecisionNo(body["decision_no"])
    match body["stage"]:
        case "RECON_FILED":
            return RecordReconsiderationFiled(
                case_id=CaseId(ANY),
                decision_no=decision_no,
                applicant=applicant_in(body),
                filed_on=day(body["on"]),
            )
        case "RECON_ACCEPTED":
            return RecordReconsiderationAccepted(
                case_id=CaseId(ANY),
                decision_no=decision_no,
                recon_no=body.get("recon_no", ""),
                procedure=ReconProcedure(body.get("procedure", ReconProcedure.ORDINARY)),
                accepted_on=day(body["on"]),
                at=fact.happened,
            )
        case "RECON_DECIDED":
            ground = body.get("ground")
            redecide = body.get("redecide_by")
            return RecordReconsiderationDecision(
                case_id=CaseId(ANY),
                decision_no=decision_no,
                recon_no=body.get("recon_no", ""),
                outcome=ReconOutcome(body["outcome"]),
                ground=Ground(ground) if ground else None,
                outcome_detail=body.get("outcome_detail"),
                amount_fen=body.get("amount_fen"),
                served_on=day(body.get("served_on") or body["on"]),
                redecide_by=day(redecide) if redecide else None,
            )
        case _:  # a suit: what courts say of it is not taken in yet
            return None


def applicant_in(body: Mapping[str, Any]) -> SubjectRef | None:
    ref = body.get("applicant")
    return None if not ref else SubjectRef(**{**ref, "kind": SubjectKind(ref["kind"])})


def day(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(value)


def answered(
    fact: Envelope[Event], answer: exchange.HandoffFedBack | exchange.HandoffReturned
) -> list[Command | Each]:
    """What came of asking for help, of handing over to the police, of going to court."""
    case_id = case_of(answer.source_ref)
    if isinstance(answer, exchange.HandoffReturned):
        if answer.kind != Kind.ASSIST:
            return []
        returned = AssistanceResult.RETURNED
        return [
            RecordAssistance(
                case_id=case_id, handoff_id=answer.handoff_id, result=returned, files=()
            )
        ]
    if answer.kind == Kind.ASSIST:
        return [
            RecordAssistance(
                case_id=case_id,
                handoff_id=answer.handoff_id,
                result=AssistanceResult(answer.outcome_code),
                files=answer.files,
            )
        ]
    if answer.kind == Kind.CRIMINAL and answer.outcome_code == FILED:
        return [RecordCriminalFiling(case_id=case_id, handoff_id=answer.handoff_id, at=answer.at)]
    if answer.kind == Kind.COURT_ENFORCE:
        return [
            RecordCourtRuling(
                case_id=case_id,
                handoff_id=answer.handoff_id,
                ruling=Ruling(answer.outcome_code),
                ruling_no=None,
            )
        ]
    return []


def opened(fact: Envelope[Event], filed: enforcement.LeadFiled) -> OpenCase:
    return OpenCase(
        case_id=filed.case_id,
        lead_id=filed.lead_id,
        lead_no=filed.lead_no,
        source_channel=filed.source_channel,
        source_ref=filed.source_ref,
        handoff_id=filed.handoff_id,
        agency_code=filed.agency_code,
        subjects=filed.subjects,
        parties=filed.parties,
        power_item_code=filed.power_item_code,
        act_date=filed.act_date,
        act_end_date=filed.act_end_date,
        location=filed.location,
        discovered_on=filed.discovered_on,
        safety_harm=filed.safety_harm,
        filed_on=filed.filed_on,
        approver=filed.approver,
        at=fact.happened,
    )


def reconsidered(decided: enforcement.ReconsiderationDecided) -> list[Command | Each]:
    """What the outcome means for the decision; then, in the same turn, that it is made anew."""
    told: dict[str, Any] = {
        "case_id": decided.case_id,
        "decision_no": decided.decision_no,
        "authority": Authority.RECON,
        "basis_ref": decided.recon_no,
        "ground": decided.ground or Ground.LAW,
    }
    commands: list[Command | Each] = []
    match decided.outcome:
        case ReconOutcome.MODIFIED:
            commands.append(ModifyDecision(**told, amount_fen=decided.amount_fen))
        case ReconOutcome.REVOKED:
            commands.append(RevokeDecision(**told, scope=RevokedScope.FULL))
        case ReconOutcome.PARTLY_REVOKED:
            commands.append(
                RevokeDecision(**told, scope=RevokedScope.PART, amount_fen=decided.amount_fen)
            )
        case ReconOutcome.CONFIRMED_ILLEGAL:
            commands.append(ConfirmIllegality(**told))
        case ReconOutcome.INVALID:
            commands.append(DeclareInvalid(**told))
        case _:
            pass
    if decided.redecide_by is not None:
        commands.append(
            OrderRedecision(
                case_id=decided.case_id,
                decision_no=decided.decision_no,
                ground=decided.ground or Ground.LAW,
                deadline=decided.redecide_by,
            )
        )
    return commands


def undoing(
    fact: Envelope[Event],
    undone: enforcement.DecisionModified
    | enforcement.DecisionRevoked
    | enforcement.DecisionConfirmedIllegal
    | enforcement.DecisionDeclaredInvalid,
) -> list[Command | Each]:
    """Publicity is withdrawn with the reason; money goes back, unless the decision stays."""
    withdraw = WithdrawPublicity(
        case_id=undone.case_id,
        decision_no=undone.decision_no,
        reason_text=undone.ground,
        cause=fact.type,
    )
    if isinstance(undone, enforcement.DecisionConfirmedIllegal):
        return [withdraw]
    refund = RefundFine(
        case_id=undone.case_id,
        decision_no=undone.decision_no,
        cause=fact.type,
        at=fact.happened,
    )
    return [withdraw, refund]
