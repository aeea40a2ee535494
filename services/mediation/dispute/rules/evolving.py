"""How a dispute is folded from its events."""

from dataclasses import replace
from typing import Final

from libs.contracts import mediation as m
from libs.events.core.deciders import Nothing
from libs.events.core.kernel import Hidden
from libs.statute.calendar import Pause
from services.mediation.dispute.rules.state import AnyDispute, Dispute, Stage

DONE: Final = {True: Stage.PERFORMED, False: Stage.PERFORMING}


def evolve(dispute: AnyDispute, event: m.DisputeEvent) -> Dispute:
    if isinstance(dispute, Nothing):
        assert isinstance(event, m.DisputeReceived), f"{event.event_type} begins no dispute"
        return begun(event)
    found = intake(dispute, event) or mediating(dispute, event) or agreeing(dispute, event)
    found = found or ending(dispute, event) or beside(dispute, event)
    assert found is not None, f"{event.event_type} cannot follow {dispute.stage}"
    return found


def begun(event: m.DisputeReceived) -> Dispute:
    return Dispute(
        received=event,
        stage=Stage.RECEIVED,
        agency_code=event.agency_code,
        handoff_id=event.handoff_id,
        parties=event.parties,
    )


def intake(dispute: Dispute, event: m.DisputeEvent) -> Dispute | None:
    match event:
        case m.DisputeTriaged():
            parties: tuple[m.DisputeParty, ...] | Hidden = Hidden.ERASED
            if not isinstance(dispute.parties, Hidden) and not isinstance(event.joined, Hidden):
                parties = (*dispute.parties, *event.joined)
            return replace(
                dispute,
                stage=Stage.TRIAGED,
                triaged=event,
                parties=parties,
                level=event.level,
                level_due_on=event.level_due_on,
                risk=max(event.risk_level, dispute.risk),
            )
        case m.ConsentRecorded():
            said = {**dispute.consents, event.party_id: event.consent}
            return replace(dispute, consents=said)
        case m.MediationAccepted():
            return replace(dispute, stage=Stage.ACCEPTED, accepted=event, due_on=event.due_on)
        case m.MediationDeclined():
            return replace(dispute, stage=Stage.DECLINED, ended=event)
        case m.DisputeDiverted():
            return replace(dispute, stage=Stage.DIVERTED, diverted=event)
        case m.DisputeReopened():
            again = begun(dispute.received)
            return replace(
                again,
                handoff_id=None,
                agency_code=dispute.agency_code,
                parties=dispute.parties,
                recused=dispute.recused,
                claim=dispute.claim,
                payments=dispute.payments,
            )
        case _:
            return None


def mediating(dispute: Dispute, event: m.DisputeEvent) -> Dispute | None:
    match event:
        case m.MediatorAssigned():
            return replace(dispute, stage=Stage.ASSIGNED, mediators=event.mediator_ids)
        case m.MediatorRecused():
            recused = dispute.recused | {event.mediator_id}
            return replace(dispute, stage=Stage.ACCEPTED, mediators=(), recused=recused)
        case m.JointMediationConvened():
            return replace(dispute, convened=event, joined=frozenset())
        case m.JointMediationJoined():
            return replace(dispute, joined=dispute.joined | {event.unit})
        case m.SessionScheduled():
            return replace(dispute, stage=Stage.MEDIATING, scheduled=event)
        case m.SessionHeld():
            return replace(dispute, held=(*dispute.held, event))
        case m.ClockPaused():
            return replace(dispute, paused_on=event.on)
        case m.ClockResumed():
            assert dispute.paused_on is not None, "it was paused"
            pause = Pause(dispute.paused_on, event.on)
            pauses = (*dispute.pauses, pause)
            return replace(dispute, paused_on=None, pauses=pauses, due_on=event.new_due_on)
        case m.MediationExtended():
            return replace(dispute, due_on=event.new_due_on, extensions=dispute.extensions + 1)
        case m.MediationFailed():
            return replace(dispute, stage=Stage.FAILED, ended=event, paused_on=None)
        case m.MediationTerminated():
            return replace(dispute, stage=Stage.TERMINATED, ended=event, paused_on=None)
        case _:
            return None


def agreeing(dispute: Dispute, event: m.DisputeEvent) -> Dispute | None:
    match event:
        case m.AgreementReached():
            return replace(dispute, stage=Stage.AGREED, reached=event)
        case m.AgreementSigned():
            return replace(dispute, stage=Stage.SIGNED, signed=event)
        case m.JudicialConfirmationApplied():
            return replace(dispute, stage=Stage.CONFIRMING, application=event)
        case m.JudicialConfirmationDecided():
            confirmed = event.result is m.ConfirmationResult.CONFIRMED
            stage = Stage.CONFIRMED if confirmed else Stage.SIGNED
            return replace(dispute, stage=stage, confirmation=event.result)
        case m.AgreementPerformed():
            performed = {**dispute.performed, event.item_id: event}
            return replace(dispute, stage=DONE[event.done], performed=performed)
        case m.AgreementBreached():
            return replace(dispute, stage=Stage.BREACHED, breached=event)
        case _:
            return None


def ending(dispute: Dispute, event: m.DisputeEvent) -> Dispute | None:
    match event:
        case m.GuidanceIssued():
            return replace(dispute, stage=Stage.GUIDED, guidance=event)
        case m.FollowUpRecorded():
            return replace(dispute, stage=Stage.FOLLOWED_UP, followed_up=event)
        case m.DisputeClosed():
            return replace(dispute, stage=Stage.CLOSED, closed=event, closed_on=event.on)
        case _:
            return None


def beside(dispute: Dispute, event: m.DisputeEvent) -> Dispute | None:
    """What changes no stage."""
    match event:
        case m.LeadOfficialAssigned():
            return replace(dispute, official=event)
        case m.DisputeListedForSupervision():
            return replace(dispute, listed=event)
        case m.DisputeDelisted():
            return replace(dispute, listed=None)
        case m.DisputeEscalated():
            return replace(
                dispute,
                level=event.to_level,
                level_due_on=event.level_due_on,
                agency_code=event.agency_code,
                grown=False,
            )
        case m.RiskAlertRaised():
            return replace(dispute, risk=event.level, grown=event.level > dispute.risk)
        case m.LegalAidReferred():
            return replace(dispute, aid={**dispute.aid, event.handoff_id: None})
        case m.LegalAidDecided():
            return replace(dispute, aid={**dispute.aid, event.handoff_id: event.granted})
        case m.WageClaimVerified():
            return replace(dispute, claim=event)
        case m.WagePaid():
            return replace(dispute, payments=(*dispute.payments, event))
        case _:
            return None
