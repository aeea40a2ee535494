"""How each event changes what is remembered of a case."""

from dataclasses import replace
from typing import assert_never

from libs.contracts.enforcement import (
    AssistanceProvided,
    AssistanceRequested,
    CaseClockPaused,
    CaseClockResumed,
    CaseClosed,
    CaseEvent,
    CaseFiled,
    CaseOfficersAssigned,
    CollectiveDiscussionHeld,
    CorrectionOrdered,
    CorrectionVerified,
    CourtEnforcementApplied,
    CourtEnforcementRuled,
    CriminalCaseReturned,
    CriminalEvent,
    CriminalFilingDecided,
    CriminalMaterialsHandedOver,
    CriminalTransferApproved,
    CriminalTransferred,
    DecidingEvent,
    DecisionConfirmedIllegal,
    DecisionDeclaredInvalid,
    DecisionModified,
    DecisionPublicityWithdrawn,
    DecisionPublished,
    DecisionRevoked,
    DecisionServed,
    DemandNoticeServed,
    EvidenceCollected,
    EvidenceExcluded,
    ExecutionCompleted,
    FineInstalmentApproved,
    FinePaid,
    FineRefunded,
    FineSurchargeAccrued,
    ForcedExecutionCompleted,
    Ground,
    HearingHeld,
    HearingRequested,
    HearingScheduled,
    InvestigationConcluded,
    InvestigationStepRecorded,
    LegalReviewPassed,
    LegalReviewRequested,
    PartyRightsWaived,
    PenaltyDecided,
    PenaltyNoticeServed,
    ReconsiderationAccepted,
    ReconsiderationDecided,
    ReconsiderationFiled,
    RedecisionOrdered,
    RevokedScope,
)
from libs.events.core.deciders import Nothing
from libs.statute.calendar import Pause
from services.enforcement.case.rules.state import (
    AnyCase,
    Case,
    Concluded,
    Decided,
    Noticed,
    Redo,
    Round,
    Served,
    Stage,
    Standing,
    Transfer,
)


def evolve(case: AnyCase, event: CaseEvent) -> Case:
    if isinstance(case, Nothing):
        if not isinstance(event, CaseFiled):
            raise AssertionError(f"{event.event_type} cannot be the first")
        return Case(stage=Stage.FILED, filed=event)
    match event:
        case CaseFiled():
            raise AssertionError(f"{event.event_type} is always the first")
        case CaseOfficersAssigned():
            named = tuple(one.officer_id for one in event.officers)
            return replace(
                case,
                stage=Stage.INVESTIGATING,
                officers=named,
                investigators=case.investigators | set(named),
            )
        case InvestigationStepRecorded():
            acted = {one.officer_id for one in event.officers}
            return replace(
                case, steps=(*case.steps, event), investigators=case.investigators | acted
            )
        case EvidenceCollected():
            return replace(
                case,
                evidence={**case.evidence, event.evidence_id: event},
                investigators=case.investigators | set(event.collected_by),
            )
        case EvidenceExcluded():
            return replace(case, excluded=case.excluded | {event.evidence_id})
        case CaseClockPaused():
            return replace(case, running={**case.running, event.reason: event.on})
        case CaseClockResumed():
            left = {name: on for name, on in case.running.items() if name != event.reason}
            pause = Pause(event.paused_from, event.on)
            reasons = (*case.reasons, event.reason)
            return replace(case, running=left, pauses=(*case.pauses, pause), reasons=reasons)
        case AssistanceRequested():
            return replace(case, requests={**case.requests, event.handoff_id: event})
        case AssistanceProvided():
            return replace(case, answered=case.answered | {event.handoff_id})
        case CorrectionOrdered():
            return replace(case, corrections={**case.corrections, event.correction_id: event})
        case CorrectionVerified():
            return replace(case, verified=(*case.verified, event))
        case InvestigationConcluded():
            acted = {one.officer_id for one in event.officers}
            return replace(
                case,
                stage=Stage.CONCLUDED,
                round=Concluded(conclusion=event),
                investigators=case.investigators | acted,
            )
        case RedecisionOrdered():
            return ordered_anew(case, event)
        case CaseClosed():
            return replace(case, stage=Stage.CLOSED, closed=event)
        case event if isinstance(event, CriminalEvent):
            return transferred(case, event)
        case event if isinstance(event, DecidingEvent):
            return heard(case, event)
        case _:
            return of_decision(case, event)


def heard(case: Case, event: DecidingEvent) -> Case:
    """From the notice to the decision, each step of the round."""
    now = case.round
    match event:
        case PenaltyDecided():
            decided = Decided(decision=event, penalties=event.penalties)
            earlier = (*case.earlier, *((case.decided,) if case.decided else ()))
            return replace(case, stage=Stage.DECIDED, decided=decided, earlier=earlier, redo=None)
        case PenaltyNoticeServed():
            if not isinstance(now, Concluded):
                raise out_of_order(event)
            stage, now = Stage.NOTICED, Noticed(conclusion=now.conclusion, notice=event)
        case PartyRightsWaived():
            stage, now = case.stage, replace(now, waivers=(*now.waivers, event))
        case HearingRequested():
            stage, now = Stage.HEARING_PENDING, replace(now, hearing_requested=event)
        case HearingScheduled():
            stage, now = case.stage, replace(now, hearing=event)
        case HearingHeld():
            stage, now = Stage.HEARD, replace(now, heard=event)
        case LegalReviewRequested():
            stage, now = Stage.REVIEWING, replace(now, review=event)
        case LegalReviewPassed():
            stage, now = Stage.REVIEWED, replace(now, reviewed=event)
        case CollectiveDiscussionHeld():
            stage, now = Stage.DISCUSSED, replace(now, discussed=event)
        case _:
            assert_never(event)
    return replace(case, stage=stage, round=now)


def transferred(case: Case, event: CriminalEvent) -> Case:
    if isinstance(event, CriminalTransferApproved):
        return replace(case, stage=Stage.TRANSFERRED, transfer=Transfer(approved=event))
    if isinstance(event, CriminalCaseReturned):
        return replace(case, stage=Stage.INVESTIGATING, transfer=None, round=Round())
    return replace(case, transfer=followed(case.transfer, event))


def followed(
    transfer: Transfer | None,
    event: CriminalTransferred | CriminalFilingDecided | CriminalMaterialsHandedOver,
) -> Transfer:
    match transfer, event:
        case Transfer(), CriminalTransferred():
            return replace(transfer, handed_over=event)
        case Transfer(), CriminalFilingDecided():
            return replace(transfer, filing=event)
        case Transfer(), CriminalMaterialsHandedOver():
            return replace(transfer, materials=event)
        case _:
            raise out_of_order(event)


def out_of_order(event: CaseEvent) -> ValueError:
    """A log that no rule of ours has written."""
    return ValueError(f"{event.event_type} follows nothing that it could follow")


def begun_again(now: Round) -> Round:
    """As it was when the investigation had ended."""
    return Concluded(conclusion=now.conclusion) if isinstance(now, Concluded) else Round()


def ordered_anew(case: Case, event: RedecisionOrdered) -> Case:
    """Back to where it went wrong: the procedure alone, or what was found."""
    if case.decided is None:
        raise out_of_order(event)
    procedural = event.ground is Ground.PROCEDURE
    return replace(
        case,
        stage=Stage.CONCLUDED if procedural else Stage.INVESTIGATING,
        round=begun_again(case.round) if procedural else Round(),
        redo=Redo(ordered=event, fallen=case.decided),
        running={},
        pauses=(),
        reasons=(),
    )


def of_decision(case: Case, event: CaseEvent) -> Case:
    """What happens to the decision there is now; or still to one that it superseded."""
    now = case.decided
    if now is None:
        raise AssertionError(f"{event.event_type} needs a decision")
    no = getattr(event, "decision_no", now.no)
    if no == now.no:
        return after(case, now, event)
    earlier = tuple(
        one if one.no != no or (changed := after(case, one, event).decided) is None else changed
        for one in case.earlier
    )
    return replace(case, earlier=earlier)


def after(case: Case, now: Decided, event: CaseEvent) -> Case:
    """What happens to a decision once it is there."""
    stage = case.stage
    match event:
        case DecisionServed():
            stage = Stage.SERVED if stage is Stage.DECIDED else stage
            now = Served(**{**vars(now), "served": event, "ledger": now.ledger.due(event)})
        case DecisionPublished():
            now = replace(now, published=event)
        case DecisionPublicityWithdrawn():
            now = replace(now, published=None)
        case FinePaid():
            stage, now = Stage.EXECUTING, replace(now, ledger=now.ledger.paid(event))
        case FineInstalmentApproved():
            stage, now = Stage.EXECUTING, replace(now, ledger=now.ledger.in_parts(event))
        case FineSurchargeAccrued():
            now = replace(now, ledger=now.ledger.recorded(event))
        case FineRefunded():
            now = replace(now, ledger=now.ledger.refunded(event))
        case DemandNoticeServed():
            stage, now = Stage.EXECUTING, replace(now, demand=event)
        case CourtEnforcementApplied():
            now = replace(now, applications=(*now.applications, event))
        case CourtEnforcementRuled():
            now = replace(now, rulings=(*now.rulings, event))
        case ForcedExecutionCompleted():
            now = replace(now, forced=event)
        case ExecutionCompleted():
            stage, now = Stage.EXECUTED, replace(now, executed=event)
        case ReconsiderationFiled():
            now = replace(now, recon_filed=event, ledger=now.ledger.held_from(event.on))
        case ReconsiderationAccepted():
            now = replace(now, recon_accepted=event)
        case ReconsiderationDecided():
            now = replace(now, recon_decided=event, ledger=now.ledger.held_until(event.served_on))
        case DecisionModified():
            now = replace(
                now,
                standing=Standing.MODIFIED,
                changed=event,
                penalties=event.new_penalties,
                ledger=now.ledger.owing(event.new_penalties),
                undone_by=event.basis_ref,
            )
        case DecisionRevoked(scope=RevokedScope.PART):
            now = replace(
                now,
                standing=Standing.PARTLY_REVOKED,
                penalties=event.left,
                ledger=now.ledger.owing(event.left),
                undone_by=event.basis_ref,
            )
        case DecisionRevoked() | DecisionDeclaredInvalid():
            revoked = isinstance(event, DecisionRevoked)
            stage = Stage.OVERTURNED
            now = replace(
                now,
                standing=Standing.REVOKED if revoked else Standing.INVALID,
                ledger=now.ledger.owing(()),
                undone_by=event.basis_ref,
            )
        case DecisionConfirmedIllegal():
            now = replace(now, standing=Standing.CONFIRMED_ILLEGAL, undone_by=event.basis_ref)
        case _:
            raise AssertionError(f"{event.event_type} cannot follow {case.stage}")
    return replace(case, stage=stage, decided=now)
