"""What is asked of decisions that fell."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, select

from libs.events.core.fields import Paging
from services.oversight.rollback.projection.undone import (
    CaseRow,
    CountedRow,
    DecisionFactRow,
    DenialRow,
    FallenRow,
    InformedRow,
    MeasureRow,
    RecordRow,
    ReporterRow,
    SeizureRow,
    SupportRow,
)


def find_fallen(tx: Connection, decision_no: str) -> FallenRow | None:
    return FallenRow.first(tx, FallenRow.where(decision_no=decision_no))


def find_page(tx: Connection, page: Paging) -> tuple[list[FallenRow], str | None]:
    """The oldest first."""
    return FallenRow.page(tx, FallenRow.where(), page, "fallen_at", "event_id")


def find_facts(tx: Connection, decision_no: str) -> Sequence[DecisionFactRow]:
    c = DecisionFactRow.c
    found = DecisionFactRow.where(decision_no=decision_no)
    return DecisionFactRow.read(tx, found.order_by(c.happened, c.event_id))


def find_seizures(tx: Connection, case_id: UUID) -> Sequence[SeizureRow]:
    """Of the case, and of the lead it came from."""
    case = CaseRow.first(tx, CaseRow.where(case_id=case_id))
    found = SeizureRow.all(tx, case_id=case_id)
    if case is not None:
        known = {one.coercion_id for one in found}
        found += [o for o in SeizureRow.all(tx, lead_id=case.lead_id) if o.coercion_id not in known]
    return found


def find_records(tx: Connection, decision_no: str) -> Sequence[RecordRow]:
    return RecordRow.all(tx, basis_no=decision_no)


def find_counted(tx: Connection, subject_id: UUID) -> CountedRow | None:
    return CountedRow.first(tx, CountedRow.where(subject_id=subject_id))


def find_measures(
    tx: Connection, record_ids: Sequence[UUID]
) -> Sequence[tuple[MeasureRow, Sequence[SupportRow]]]:
    """The measures that rest on one of these, each with all that it rests on."""
    c = SupportRow.c
    found = select(c.measure_id).where(c.ground_id.in_(record_ids)).distinct()
    ids = sorted(tx.execute(found).scalars(), key=str)
    some: list[tuple[MeasureRow, Sequence[SupportRow]]] = []
    for one in ids:
        measure = MeasureRow.first(tx, MeasureRow.where(measure_id=one))
        if measure is not None:
            some.append((measure, SupportRow.all(tx, measure_id=one)))
    return some


def find_denials(tx: Connection, record_ids: Sequence[UUID]) -> Sequence[DenialRow]:
    c = DenialRow.c
    found = select(DenialRow.table).where(c.record_id.in_(record_ids))
    return DenialRow.read(tx, found.order_by(c.approval_id, c.record_id))


def find_reporters(tx: Connection, matter: str) -> Sequence[ReporterRow]:
    return ReporterRow.all(tx, correlation_id=matter)


def find_informed(tx: Connection, event_id: UUID) -> InformedRow | None:
    return InformedRow.first(tx, InformedRow.where(source_event_id=event_id))
