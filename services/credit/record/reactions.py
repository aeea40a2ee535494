"""What a record does when others speak: a decision that was served is remembered; what becomes of
it, or of the one it is about, is noted; when it falls, the record goes with it."""

from typing import Any, Final
from uuid import UUID, uuid5

from libs.contracts import credit, enforcement, mediation
from libs.contracts import vocabulary as v
from libs.contracts.credit import (
    AnnotationKind,
    BasisDocument,
    BasisType,
    DelistedBecause,
    PublicityEnd,
    WithdrawnBecause,
)
from libs.events.core.kernel import ANY, Envelope, ForEachStream, Hidden
from libs.events.core.reactions import Reactions
from services.credit.known import BREACH_ITEM
from services.credit.record.commands import (
    AnnotateRecord,
    CaptureRecord,
    CorrectRecord,
    EndPublicity,
    FlagRecord,
    PublishRecord,
    RecordCommand,
    UnflagRecord,
    WithdrawRecord,
)

OF_DECISION: Final = "records_of_decision"
LISTED_OF_MATTER: Final = "list_records_of_matter"
OF_LISTING: Final = "records_of_listing"
RECORDS: Final = UUID("7e0c7f5a-53a5-5a0b-9d0e-1c3f6e2b9a44")
PENALTY: Final = v.CatalogueItemCode("R-PEN")

# With any other outcome the record stays, and the remedy is over: with these it goes.
FALLS: Final = frozenset(
    {
        enforcement.ReconOutcome.REVOKED,
        enforcement.ReconOutcome.CONFIRMED_ILLEGAL,
        enforcement.ReconOutcome.INVALID,
    }
)

on = Reactions[RecordCommand | ForEachStream]()
react = on.react


def classed(fact: Envelope[enforcement.DecisionServed]) -> bool:
    """with a credit_class"""
    return fact.data.credit_class is not None


def whole(fact: Envelope[enforcement.DecisionRevoked]) -> bool:
    """FULL"""
    return fact.data.scope is enforcement.RevokedScope.FULL


def settled(fact: Envelope[enforcement.FinePaid]) -> bool:
    """settled"""
    return fact.data.settled


def done(fact: Envelope[enforcement.CorrectionVerified]) -> bool:
    """done"""
    return fact.data.done


def all_paid(fact: Envelope[mediation.WagePaid]) -> bool:
    """settled"""
    return fact.data.settled


def granted(fact: Envelope[credit.RepairDecided]) -> bool:
    """granted"""
    return fact.data.granted


def upheld(fact: Envelope[enforcement.ReconsiderationDecided]) -> bool:
    """something of the decision stays"""
    return fact.data.outcome not in FALLS


def revoked(fact: Envelope[credit.SevereDelisted]) -> bool:
    """REVOKED"""
    return fact.data.cause is DelistedBecause.REVOKED


def record_of(*named: object) -> v.RecordId:
    """One for what it is of, however often that is told."""
    return v.RecordId(uuid5(RECORDS, "/".join(map(str, named))))


# What is remembered


@on(when=classed)
def served(fact: Envelope[enforcement.DecisionServed]) -> list[CaptureRecord]:
    """One of each party."""
    event = fact.data
    if isinstance(event.subjects, Hidden):
        return []
    return [
        CaptureRecord(
            record_id=record_of(event.decision_no, one.subject_id),
            item_code=PENALTY,
            subject_ref=one,
            credit_class=event.credit_class,
            basis_document=BasisDocument(
                type=BasisType.PENALTY_DECISION,
                no=event.decision_no,
                agency_code=event.agency_code,
                decided_on=event.decided_on,
            ),
            behaviour_date=event.act_date,
            legal_basis=event.legal_basis,
            at=fact.happened,
            reacted=True,
        )
        for one in event.subjects
    ]


@on
def listed(fact: Envelope[credit.SevereListed]) -> CaptureRecord | None:
    event = fact.data
    if isinstance(event.subject_ref, Hidden):
        return None
    return CaptureRecord(
        record_id=record_of(event.listing_id, event.item_code),
        item_code=event.item_code,
        subject_ref=event.subject_ref,
        credit_class=enforcement.CreditClass.SEVERE,
        basis_document=BasisDocument(
            type=BasisType.LISTING_DECISION,
            no=event.decision_no,
            agency_code=event.agency_code,
            decided_on=event.decided_on,
        ),
        behaviour_date=event.behaviour_date,
        legal_basis=event.legal_basis,
        at=fact.happened,
        listing_id=event.listing_id,
        listed_until=event.listed_until,
        reacted=True,
    )


@on
def breached(fact: Envelope[credit.CommitmentBreached]) -> CaptureRecord | None:
    event = fact.data
    if isinstance(event.applicant, Hidden):
        return None
    return CaptureRecord(
        record_id=record_of(event.approval_id, BREACH_ITEM),
        item_code=BREACH_ITEM,
        subject_ref=event.applicant,
        credit_class=event.credit_class,
        basis_document=BasisDocument(
            type=BasisType.BREACH_DECISION,
            no=event.doc_no,
            agency_code=event.licensed_by,
            decided_on=event.decided_on,
        ),
        behaviour_date=event.behaviour_date,
        legal_basis=event.legal_basis,
        at=fact.happened,
        reacted=True,
    )


# What becomes of it


def of_decision(decision_no: v.DecisionNo, command: Any) -> ForEachStream[Any]:
    return ForEachStream(index=OF_DECISION, key=decision_no, command=command)


def annotated(
    fact: Envelope[Any], kind: AnnotationKind, corrected_on: Any = None
) -> AnnotateRecord:
    return AnnotateRecord(
        record_id=v.RecordId(ANY),
        kind=kind,
        corrected_on=corrected_on,
        source_event_id=fact.id,
        at=fact.happened,
    )


@on
def published(fact: Envelope[enforcement.DecisionPublished]) -> ForEachStream[PublishRecord]:
    command = PublishRecord(record_id=v.RecordId(ANY), at=fact.happened, reacted=True)
    return of_decision(fact.data.decision_no, command)


@on(when=settled)
def paid(fact: Envelope[enforcement.FinePaid]) -> ForEachStream[AnnotateRecord]:
    performed = annotated(fact, AnnotationKind.DUTIES_PERFORMED, fact.data.on)
    return of_decision(fact.data.decision_no, performed)


@on
def executed(fact: Envelope[enforcement.ExecutionCompleted]) -> ForEachStream[AnnotateRecord]:
    performed = annotated(fact, AnnotationKind.DUTIES_PERFORMED)
    return of_decision(fact.data.decision_no, performed)


@on(when=done)
def corrected(fact: Envelope[enforcement.CorrectionVerified]) -> ForEachStream[AnnotateRecord]:
    performed = annotated(fact, AnnotationKind.DUTIES_PERFORMED, fact.data.on)
    return ForEachStream(index=LISTED_OF_MATTER, key=fact.correlation_id, command=performed)


@on(when=all_paid)
def wages_paid(fact: Envelope[mediation.WagePaid]) -> ForEachStream[AnnotateRecord]:
    performed = annotated(fact, AnnotationKind.DUTIES_PERFORMED, fact.data.on)
    return ForEachStream(index=LISTED_OF_MATTER, key=fact.correlation_id, command=performed)


@on
def disputed(
    fact: Envelope[enforcement.ReconsiderationFiled],
) -> ForEachStream[AnnotateRecord]:
    return of_decision(fact.data.decision_no, annotated(fact, AnnotationKind.UNDER_REMEDY))


@on(when=upheld)
def stays(fact: Envelope[enforcement.ReconsiderationDecided]) -> ForEachStream[AnnotateRecord]:
    return of_decision(fact.data.decision_no, annotated(fact, AnnotationKind.REMEDY_ENDED))


@on
def modified(fact: Envelope[enforcement.DecisionModified]) -> ForEachStream[CorrectRecord]:
    command = CorrectRecord(
        record_id=v.RecordId(ANY),
        credit_class=fact.data.credit_class,
        at=fact.happened,
        source_event_id=fact.id,
        reacted=True,
    )
    return of_decision(fact.data.decision_no, command)


def withdrawn(fact: Envelope[Any]) -> WithdrawRecord:
    return WithdrawRecord(
        record_id=v.RecordId(ANY),
        cause=WithdrawnBecause.DECISION_FELL,
        document_no=None,
        at=fact.happened,
        basis_event_id=fact.id,
        reacted=True,
    )


@on(when=whole)
def fell(fact: Envelope[enforcement.DecisionRevoked]) -> ForEachStream[WithdrawRecord]:
    return of_decision(fact.data.decision_no, withdrawn(fact))


@on
def wrong(
    fact: Envelope[enforcement.DecisionDeclaredInvalid | enforcement.DecisionConfirmedIllegal],
) -> ForEachStream[WithdrawRecord]:
    return of_decision(fact.data.decision_no, withdrawn(fact))


@on(when=revoked)
def delisted(fact: Envelope[credit.SevereDelisted]) -> ForEachStream[WithdrawRecord]:
    """A listing that should not have been takes its record with it."""
    key = str(fact.data.listing_id)
    return ForEachStream(index=OF_LISTING, key=key, command=withdrawn(fact))


@on(when=granted)
def repaired(fact: Envelope[credit.RepairDecided]) -> EndPublicity:
    return EndPublicity(
        record_id=fact.data.record_id, cause=PublicityEnd.REPAIRED, at=fact.happened
    )


@on
def objected(fact: Envelope[credit.ObjectionFiled]) -> FlagRecord:
    return FlagRecord(record_id=fact.data.record_id, objection_id=fact.data.objection_id)


@on
def answered(fact: Envelope[credit.ObjectionResolved]) -> UnflagRecord:
    return UnflagRecord(record_id=fact.data.record_id, objection_id=fact.data.objection_id)
