"""What a case does when others speak, and when its own streams do: their events, as commands.

A reaction only asks. Whether it happens is for `decide` to say, as with any other command.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final, TypeAlias

from libs.contracts import enforcement, exchange
from libs.contracts import vocabulary as v
from libs.contracts.enforcement import (
    AssistanceResult,
    Authority,
    Ground,
    ReconOutcome,
    ReconProcedure,
    RevokedScope,
    Ruling,
)
from libs.contracts.sources import key_of
from libs.events.core.kernel import ANY, Envelope, Event, ForEachStream, Hidden
from libs.events.core.reactions import Reactions
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
from services.enforcement.case.commands.preparing import CaseCommand, OpenCase, RecordAssistance

OURS: Final = "enforcement/case"
OF_DECISION: Final = "cases_of_decision"
FILED: Final = "FILED"


Remedy: TypeAlias = (
    RecordReconsiderationFiled | RecordReconsiderationAccepted | RecordReconsiderationDecision
)
Undone: TypeAlias = (
    enforcement.DecisionModified
    | enforcement.DecisionRevoked
    | enforcement.DecisionConfirmedIllegal
    | enforcement.DecisionDeclaredInvalid
)

on = Reactions[CaseCommand | ForEachStream]()
react = on.react


def returned_by_police(fact: Envelope[exchange.HandoffOffered]) -> bool:
    """CRIMINAL_RETURN of a case of ours"""
    offered = fact.data
    return offered.kind == v.Kind.CRIMINAL_RETURN and of_ours(fact)


def of_remedy(fact: Envelope[exchange.HandoffOffered]) -> bool:
    """REMEDY"""
    return fact.data.kind == v.Kind.REMEDY


def of_ours(fact: Envelope[Any]) -> bool:
    """of a case of ours"""
    return key_of(fact.data.source_ref, OURS) is not None


def case_of(source_ref: v.SourceRef) -> v.CaseId:
    key = key_of(source_ref, OURS)
    assert key is not None, "asked about a case of ours only"
    return v.CaseId(key)


@on(when=returned_by_police)
def came_back(fact: Envelope[exchange.HandoffOffered]) -> RecordCriminalReturn | None:
    """A case that comes back from the police."""
    body = fact.data.body
    if isinstance(body, Hidden):
        return None
    return RecordCriminalReturn(
        case_id=case_of(fact.data.source_ref),
        from_stage=body["from_stage"],
        reason=body["reason"],
        returned_on=day(body["on"]),
    )


@on(when=of_remedy)
def remedied(fact: Envelope[exchange.HandoffOffered]) -> ForEachStream[Remedy] | None:
    """A document of a remedy, of whichever case its decision is."""
    body = fact.data.body
    if isinstance(body, Hidden) or (command := remedy(fact, body)) is None:
        return None
    return ForEachStream(index=OF_DECISION, key=body["decision_no"], command=command, required=True)


def remedy(fact: Envelope[Event], body: Mapping[str, Any]) -> Remedy | None:
    decision_no = v.DecisionNo(body["decision_no"])
    match body["stage"]:
        case "RECON_FILED":
            return RecordReconsiderationFiled(
                case_id=v.CaseId(ANY),
                decision_no=decision_no,
                applicant=applicant_in(body),
                filed_on=day(body["on"]),
            )
        case "RECON_ACCEPTED":
            return RecordReconsiderationAccepted(
                case_id=v.CaseId(ANY),
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
                case_id=v.CaseId(ANY),
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


def applicant_in(body: Mapping[str, Any]) -> v.SubjectRef | None:
    ref = body.get("applicant")
    return exchange.subject_in(ref) if ref else None


def day(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(value)


@on(when=of_ours)
def returned(fact: Envelope[exchange.HandoffReturned]) -> RecordAssistance | None:
    """Help that was returned is help that did not come."""
    if fact.data.kind != v.Kind.ASSIST:
        return None
    return RecordAssistance(
        case_id=case_of(fact.data.source_ref),
        handoff_id=fact.data.handoff_id,
        result=AssistanceResult.RETURNED,
        files=(),
    )


@on(when=of_ours)
def fed_back(
    fact: Envelope[exchange.HandoffFedBack],
) -> RecordAssistance | RecordCriminalFiling | RecordCourtRuling | None:
    """What came of asking for help, of handing over to the police, of going to court."""
    answer, case_id = fact.data, case_of(fact.data.source_ref)
    if answer.kind == v.Kind.ASSIST:
        return RecordAssistance(
            case_id=case_id,
            handoff_id=answer.handoff_id,
            result=AssistanceResult(answer.outcome_code),
            files=answer.files,
        )
    if answer.kind == v.Kind.CRIMINAL and answer.outcome_code == FILED:
        return RecordCriminalFiling(case_id=case_id, handoff_id=answer.handoff_id, at=answer.at)
    if answer.kind == v.Kind.COURT_ENFORCE:
        return RecordCourtRuling(
            case_id=case_id,
            handoff_id=answer.handoff_id,
            ruling=Ruling(answer.outcome_code),
            ruling_no=None,
        )
    return None


@on
def opened(fact: Envelope[enforcement.LeadFiled]) -> OpenCase:
    filed = fact.data
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


@on
def paid(fact: Envelope[enforcement.FinePaid]) -> AccrueSurcharge:
    return AccrueSurcharge(
        case_id=fact.data.case_id,
        decision_no=fact.data.decision_no,
        as_of=fact.data.on,
        at=fact.happened,
    )


@on
def reconsidered(
    fact: Envelope[enforcement.ReconsiderationDecided],
) -> list[ModifyDecision | RevokeDecision | ConfirmIllegality | DeclareInvalid | OrderRedecision]:
    """What the outcome means for the decision; then, in the same turn, that it is made anew."""
    decided = fact.data
    told: dict[str, Any] = {
        "case_id": decided.case_id,
        "decision_no": decided.decision_no,
        "authority": Authority.RECON,
        "basis_ref": decided.recon_no,
        "ground": decided.ground or Ground.LAW,
    }
    commands: list[
        ModifyDecision | RevokeDecision | ConfirmIllegality | DeclareInvalid | OrderRedecision
    ] = []
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


@on
def withdrawn(fact: Envelope[Undone]) -> WithdrawPublicity:
    """Publicity is withdrawn with the reason."""
    return WithdrawPublicity(
        case_id=fact.data.case_id,
        decision_no=fact.data.decision_no,
        reason_text=fact.data.ground,
        cause=fact.type,
    )


@on
def refunded(
    fact: Envelope[
        enforcement.DecisionModified
        | enforcement.DecisionRevoked
        | enforcement.DecisionDeclaredInvalid
    ],
) -> RefundFine:
    """Money goes back, unless the decision stays."""
    return RefundFine(
        case_id=fact.data.case_id,
        decision_no=fact.data.decision_no,
        cause=fact.type,
        at=fact.happened,
    )
