"""Where a record stands, and what has happened to it."""

from dataclasses import replace
from datetime import date
from typing import TypeAlias
from uuid import UUID

from libs.contracts.credit import (
    AnnotationKind,
    Corrected,
    PublicityEnd,
    RecordAnnotated,
    RecordCaptured,
    RecordCorrected,
    RecordDutiesConfirmed,
    RecordEvent,
    RecordFlagged,
    RecordPublicityEnded,
    RecordPublished,
    RecordUnflagged,
    RecordWithdrawn,
)
from libs.events.core.deciders import Nothing
from libs.events.core.kernel import State
from services.credit.known import Standing


class Record(State):
    captured: RecordCaptured
    says: Corrected
    standing: Standing = Standing.CAPTURED
    published: bool = False
    flags: frozenset[UUID] = frozenset()
    under_remedy: bool = False
    corrected_on: date | None = None
    # What it was corrected for.
    sources: frozenset[UUID] = frozenset()

    @property
    def over(self) -> bool:
        return self.standing in (Standing.REPAIRED, Standing.WITHDRAWN)

    @property
    def shown(self) -> bool:
        return self.standing is Standing.PUBLISHED

    def says_already(self, kind: AnnotationKind) -> bool:
        match kind:
            case AnnotationKind.DUTIES_PERFORMED:
                return self.corrected_on is not None
            case AnnotationKind.UNDER_REMEDY:
                return self.under_remedy
            case AnnotationKind.REMEDY_ENDED:
                return not self.under_remedy


AnyRecord: TypeAlias = Nothing | Record


def evolve(record: AnyRecord, event: RecordEvent) -> Record:
    if isinstance(record, Nothing):
        if not isinstance(event, RecordCaptured):
            raise AssertionError(f"{event.event_type} cannot be the first")
        return Record(
            captured=event,
            says=Corrected(
                credit_class=event.credit_class,
                basis_document=event.basis_document,
                behaviour_date=event.behaviour_date,
                display_until=event.display_until,
            ),
        )
    match event:
        case RecordPublished():
            return replace(record, standing=Standing.PUBLISHED, published=True)
        case RecordPublicityEnded(cause=cause):
            repaired = cause is PublicityEnd.REPAIRED
            standing = Standing.REPAIRED if repaired else Standing.ENDED
            return replace(record, standing=standing)
        case RecordAnnotated(kind=AnnotationKind.DUTIES_PERFORMED):
            return replace(record, corrected_on=event.corrected_on)
        case RecordDutiesConfirmed(performed_on=on):
            return replace(record, corrected_on=on)
        case RecordAnnotated(kind=kind):
            return replace(record, under_remedy=kind is AnnotationKind.UNDER_REMEDY)
        case RecordFlagged():
            return replace(record, flags=record.flags | {event.objection_id})
        case RecordUnflagged():
            return replace(record, flags=record.flags - {event.objection_id})
        case RecordCorrected(source_event_id=source):
            sources = record.sources | ({source} if source else set())
            return replace(record, says=event.after, sources=sources)
        case RecordWithdrawn():
            return replace(record, standing=Standing.WITHDRAWN)
        case _:
            raise AssertionError(f"{event.event_type} is always the first")
