"""What a measure does when its agency answers, and when something that it rests on is gone."""

from typing import Any, Final
from uuid import UUID

from libs.contracts import credit, exchange
from libs.contracts import vocabulary as v
from libs.contracts.credit import SupportLostBecause
from libs.contracts.sources import key_of
from libs.events.core.kernel import ANY, Envelope, ForEachStream
from libs.events.core.reactions import Reactions
from services.credit.measure.commands import (
    AcknowledgeMeasure,
    ApplyMeasure,
    LiftMeasure,
    LoseSupport,
    MeasureCommand,
    RefuseMeasure,
)

OURS: Final = "credit/measure"
OF_SUPPORT: Final = "measures_of_support"
APPLIED: Final = "APPLIED"

on = Reactions[MeasureCommand | ForEachStream]()
react = on.react


def of_measure(fact: Envelope[Any]) -> bool:
    """MEASURE"""
    event = fact.data
    return event.kind == v.Kind.MEASURE and key_of(event.source_ref, OURS) is not None


def of_lift(fact: Envelope[exchange.HandoffFedBack]) -> bool:
    """LIFT"""
    event = fact.data
    return event.kind == v.Kind.LIFT and key_of(event.source_ref, OURS) is not None


def applied(fact: Envelope[exchange.HandoffProgressed]) -> bool:
    """MEASURE: APPLIED"""
    return of_measure(fact) and fact.data.progress_code == APPLIED


def dropped(fact: Envelope[credit.RecordCorrected]) -> bool:
    """class dropped"""
    return fact.data.class_dropped


def measure_of(source_ref: v.SourceRef) -> v.MeasureId:
    key = key_of(source_ref, OURS)
    assert key is not None, "asked about a measure of ours only"
    return v.MeasureId(key)


@on(when=of_measure)
def accepted(fact: Envelope[exchange.HandoffAccepted]) -> AcknowledgeMeasure:
    return AcknowledgeMeasure(
        measure_id=measure_of(fact.data.source_ref),
        handler_id=v.PersonId(fact.actor),
        at=fact.happened,
    )


@on(when=of_measure)
def returned(fact: Envelope[exchange.HandoffReturned]) -> RefuseMeasure:
    return RefuseMeasure(
        measure_id=measure_of(fact.data.source_ref),
        handoff_id=fact.data.handoff_id,
        reason=fact.data.reason,
        text=fact.data.text,
    )


@on(when=applied)
def in_force(fact: Envelope[exchange.HandoffProgressed]) -> ApplyMeasure:
    return ApplyMeasure(measure_id=measure_of(fact.data.source_ref), at=fact.happened)


@on(when=of_lift)
def lifted(fact: Envelope[exchange.HandoffFedBack]) -> LiftMeasure:
    return LiftMeasure(
        measure_id=measure_of(fact.data.source_ref),
        handoff_id=fact.data.handoff_id,
        at=fact.happened,
    )


def lost(
    fact: Envelope[Any], ground_id: UUID, cause: SupportLostBecause
) -> ForEachStream[LoseSupport]:
    command = LoseSupport(
        measure_id=v.MeasureId(ANY), ground_id=ground_id, cause=cause, at=fact.happened
    )
    return ForEachStream(index=OF_SUPPORT, key=str(ground_id), command=command)


@on
def withdrawn(fact: Envelope[credit.RecordWithdrawn]) -> ForEachStream[LoseSupport]:
    return lost(fact, fact.data.record_id, SupportLostBecause.WITHDRAWN)


@on
def ended(fact: Envelope[credit.RecordPublicityEnded]) -> ForEachStream[LoseSupport]:
    return lost(fact, fact.data.record_id, SupportLostBecause.PUBLICITY_ENDED)


@on(when=dropped)
def lighter(fact: Envelope[credit.RecordCorrected]) -> ForEachStream[LoseSupport]:
    return lost(fact, fact.data.record_id, SupportLostBecause.CLASS_DROPPED)


@on
def delisted(fact: Envelope[credit.SevereDelisted]) -> ForEachStream[LoseSupport]:
    return lost(fact, fact.data.listing_id, SupportLostBecause.DELISTED)
