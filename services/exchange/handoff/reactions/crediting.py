"""What a handoff does when credit speaks: an order, its lift, a lead, and their end."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias
from uuid import uuid5

from libs.contracts import credit
from libs.contracts import vocabulary as v
from libs.contracts.exchange import ClosedBecause
from libs.events.core.kernel import Envelope, Event, Hidden
from libs.events.core.reactions import Reactions
from services.exchange.handoff.commands import CloseHandoff, ConfirmHandoff, OfferHandoff

LEAD: Final = "LEAD"
ORDER: Final = "MEASURE"
LIFTING: Final = "LIFT"
CHANNEL: Final = "CREDIT_POSTCHECK"

Body: TypeAlias = Mapping[str, Any] | Hidden

on = Reactions[OfferHandoff | ConfirmHandoff | CloseHandoff]()
react = on.react


def of_lift(fact: Envelope[credit.MeasureLifted]) -> bool:
    """of LIFT"""
    return fact.data.handoff_id is not None


def of_order(fact: Envelope[credit.IncentiveRevoked]) -> bool:
    """it was granted with an order to its agency"""
    return fact.data.granted_by is not None


@on
def ordered(fact: Envelope[credit.MeasureOrdered]) -> OfferHandoff:
    event, body = fact.data, erased()
    if not isinstance(event.subject_ref, Hidden):
        body = {
            "measure_id": str(event.measure_id),
            "measure_code": event.measure_code,
            "subject_ref": said(event.subject_ref),
            "until": event.until.isoformat(),
        }
    return replace(
        offered(fact, event.handoff_id, v.Kind.MEASURE, event.subject_ref, body),
        from_agency=event.ordered_by,
        to_agency=event.agency_code,
    )


@on
def lift_ordered(fact: Envelope[credit.MeasureLiftOrdered]) -> OfferHandoff:
    event = fact.data
    body: Body = {
        "measure_id": str(event.measure_id),
        "cause": event.cause,
        "due_on": event.due_on.isoformat(),
    }
    return replace(
        offered(fact, event.handoff_id, v.Kind.LIFT, event.subject_ref, body),
        from_agency=event.ordered_by,
        to_agency=event.agency_code,
    )


@on
def granted(fact: Envelope[credit.IncentiveGranted]) -> OfferHandoff:
    """An advantage is an order like any other: its agency takes it on, or says why not."""
    event, body = fact.data, erased()
    if not isinstance(event.subject_ref, Hidden):
        body = {
            "measure_id": str(event.incentive_id),
            "measure_code": event.measure_code,
            "subject_ref": said(event.subject_ref),
            "until": event.until.isoformat(),
        }
    order = incentive_handoff(event, ORDER)
    return replace(
        offered(fact, order, v.Kind.MEASURE, event.subject_ref, body),
        from_agency=event.granted_by or v.AgencyCode(fact.agency),
        to_agency=event.agency_code,
    )


@on(when=of_order)
def revoked(fact: Envelope[credit.IncentiveRevoked]) -> list[OfferHandoff | CloseHandoff]:
    """It is to be lifted by its agency; with that its order is over."""
    event = fact.data
    assert event.granted_by is not None
    assert event.due_on is not None
    body: Body = {
        "measure_id": str(event.incentive_id),
        "cause": event.cause,
        "due_on": event.due_on.isoformat(),
    }
    lift = replace(
        offered(fact, incentive_handoff(event, LIFTING), v.Kind.LIFT, event.subject_ref, body),
        from_agency=event.granted_by,
        to_agency=event.agency_code,
    )
    return [lift, withdrawn(incentive_handoff(event, ORDER))]


def incentive_handoff(
    event: credit.IncentiveGranted | credit.IncentiveRevoked, purpose: str
) -> v.HandoffId:
    return v.HandoffId(uuid5(event.incentive_id, purpose))


@on
def breached(fact: Envelope[credit.CommitmentBreached]) -> OfferHandoff:
    """The checking agency gets it as a lead: the licence was obtained by a false commitment."""
    event, body = fact.data, erased()
    if not isinstance(event.facts, Hidden) and not isinstance(event.applicant, Hidden):
        body = {
            "source_channel": CHANNEL,
            "power_item_code": event.power_item_code,
            "discovered_at": fact.happened.isoformat(),
            "facts": event.facts,
            "parties": [{"subject_ref": said(event.applicant)}],
        }
    lead_id = v.HandoffId(uuid5(event.approval_id, LEAD))
    return replace(
        offered(fact, lead_id, v.Kind.LEAD, event.applicant, body),
        from_agency=event.licensed_by,
        to_agency=event.agency_code,
    )


@on
def refused(fact: Envelope[credit.MeasureRefused]) -> CloseHandoff:
    return withdrawn(fact.data.handoff_id)


@on(when=of_lift)
def lifted(fact: Envelope[credit.MeasureLifted]) -> ConfirmHandoff:
    assert fact.data.handoff_id is not None
    return ConfirmHandoff(
        handoff_id=fact.data.handoff_id, confirmed_by=v.PersonId(fact.actor), agency_code=None
    )


@on
def over(fact: Envelope[credit.MeasureLifted]) -> CloseHandoff:
    """Of MEASURE: with the lift its order is over."""
    return withdrawn(fact.data.order_handoff_id)


def withdrawn(handoff_id: v.HandoffId) -> CloseHandoff:
    return CloseHandoff(
        handoff_id=handoff_id, closed_because=ClosedBecause.WITHDRAWN, agency_code=None
    )


def erased() -> Body:
    """Who was forgotten is in no body either."""
    return Hidden.ERASED


def offered(
    fact: Envelope[Event],
    handoff_id: v.HandoffId,
    kind: v.HandoffKindCode,
    subject: v.SubjectRef | Hidden,
    body: Body,
) -> OfferHandoff:
    return OfferHandoff(
        handoff_id=handoff_id,
        kind=kind,
        from_service=fact.source,
        from_agency=v.AgencyCode(fact.agency),
        to_agency=v.AgencyCode(fact.agency),
        lead=True,
        group_id=None,
        source_ref=v.SourceRef(f"{fact.source}/{fact.subject}"),
        subject_refs=() if isinstance(subject, Hidden) else (subject,),
        body=body,
        at=fact.happened,
    )


def said(subject: v.SubjectRef) -> dict[str, object]:
    """Whom the order is about, as a body says it."""
    return {
        name: value.isoformat() if name == "adult_on" else str(value)
        for name, value in vars(subject).items()
        if value is not None
    }
