"""What is known of each decision that fell, and of all that was built on it.

The tables may be dropped at any time and rebuilt from what was consumed. They decide nothing.
"""

from datetime import date, datetime
from typing import Annotated, Final, TypeAlias
from uuid import UUID

from libs.contracts import credit, enforcement, grid, oversight
from libs.contracts.credit import BasisType
from libs.contracts.enforcement import RevokedScope
from libs.contracts.vocabulary import (
    AgencyCode,
    ApprovalId,
    CaseId,
    CoercionId,
    DecisionNo,
    LeadId,
    MeasureId,
    RecordId,
    ReportId,
    SubjectKind,
)
from libs.events.core.kernel import Envelope
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import KEY, UNSHOWN, Row


class FallenRow(
    Row, table="fallen_decisions", indexes=[("fallen_by_day", "fallen_at", "event_id")]
):
    """A decision that fell, and by which event: the last one, if several undid it."""

    decision_no: Annotated[DecisionNo, KEY]
    correlation_id: str
    case_id: CaseId
    fell_by: str
    ground: str
    partly: bool
    fallen_at: datetime
    event_id: UUID
    agency_code: Annotated[str, UNSHOWN]


class DecisionFactRow(
    Row, table="facts_of_decisions", indexes=[("facts_by_decision", "decision_no")]
):
    """What was told of a decision, by its type; `said` is what of it matters here."""

    event_id: Annotated[UUID, KEY]
    decision_no: DecisionNo
    type: str
    said: str
    happened: datetime


class CaseRow(Row, table="leads_of_cases"):
    case_id: Annotated[CaseId, KEY]
    lead_id: LeadId


class SeizureRow(
    Row,
    table="seizures_of_cases",
    indexes=(("seizures_by_case", "case_id"), ("seizures_by_lead", "lead_id")),
):
    coercion_id: Annotated[CoercionId, KEY]
    case_id: CaseId | None
    lead_id: LeadId | None
    agency_code: AgencyCode
    lifted_by: UUID | None
    lifted_at: datetime | None


class RecordRow(Row, table="records_of_decisions", indexes=[("records_by_decision", "basis_no")]):
    record_id: Annotated[RecordId, KEY]
    basis_no: str
    subject_id: UUID
    subject_kind: SubjectKind
    withdrawn_by: UUID | None
    withdrawn_at: datetime | None
    corrected_by: UUID | None
    corrected_at: datetime | None


class CountedRow(Row, table="counted_records"):
    """Which records the last score of a subject counts."""

    subject_id: Annotated[UUID, KEY]
    records: tuple[str, ...]
    event_id: UUID
    scored_at: datetime


class MeasureRow(Row, table="measures_ordered"):
    measure_id: Annotated[MeasureId, KEY]
    agency_code: AgencyCode
    refused: bool
    lift_by: date | None
    lifted_by: UUID | None
    lifted_at: datetime | None


class SupportRow(Row, table="supports_of_measures", indexes=[("supports_by_record", "ground_id")]):
    measure_id: Annotated[MeasureId, KEY]
    ground_id: Annotated[UUID, KEY]
    lost_by: UUID | None
    lost_at: datetime | None


class DenialRow(Row, table="denials_for_records", indexes=[("denials_for", "record_id")]):
    approval_id: Annotated[ApprovalId, KEY]
    record_id: Annotated[RecordId, KEY]
    invited_by: UUID | None
    invited_at: datetime | None


class ReporterRow(Row, table="reporters_of_matters", indexes=[("reporters_by", "correlation_id")]):
    """Whether somebody is known who could be told."""

    report_id: Annotated[ReportId, KEY]
    correlation_id: str
    reachable: bool


class InformedRow(Row, table="reporters_informed"):
    """Who was told of which event."""

    event_id: Annotated[UUID, KEY]
    source_event_id: UUID
    happened: datetime


Fell: TypeAlias = (
    enforcement.DecisionRevoked
    | enforcement.DecisionModified
    | enforcement.DecisionConfirmedIllegal
    | enforcement.DecisionDeclaredInvalid
)
OfDecision: TypeAlias = (
    enforcement.DecisionServed
    | enforcement.DecisionPublished
    | enforcement.DecisionPublicityWithdrawn
    | enforcement.FinePaid
    | enforcement.FineSurchargeAccrued
    | enforcement.FineRefunded
    | enforcement.ReconsiderationDecided
    | enforcement.RedecisionOrdered
)


@projection(FallenRow)
def project_fallen(fallen: Changes, fact: Envelope[Fell]) -> None:
    event = fact.data
    partly = isinstance(event, enforcement.DecisionModified) or (
        isinstance(event, enforcement.DecisionRevoked) and event.scope is not RevokedScope.FULL
    )
    fallen.set(
        decision_no=event.decision_no,
        correlation_id=fact.correlation_id,
        case_id=event.case_id,
        fell_by=fact.type,
        ground=event.ground,
        partly=partly,
        fallen_at=fact.happened,
        event_id=fact.id,
        agency_code=fact.agency,
    )


@projection(DecisionFactRow)
def project_facts(facts: Changes, fact: Envelope[OfDecision]) -> None:
    facts.set(
        event_id=fact.id,
        decision_no=fact.data.decision_no,
        type=type(fact.data).__name__,
        said=said(fact.data),
        happened=fact.happened,
    )


def said(event: OfDecision) -> str:
    match event:
        case enforcement.DecisionServed():
            return event.credit_class or ""
        case enforcement.FineSurchargeAccrued():
            return str(event.total_fen)
        case enforcement.ReconsiderationDecided():
            return "" if event.redecide_by is None else event.redecide_by.isoformat()
        case _:
            return ""


@projection(DecisionFactRow)
def project_inquiries(facts: Changes, fact: Envelope[oversight.WrongCaseInquiryOpened]) -> None:
    if fact.data.decision_no is not None:
        facts.set(
            event_id=fact.id,
            decision_no=fact.data.decision_no,
            type=type(fact.data).__name__,
            said="",
            happened=fact.happened,
        )


@projection(CaseRow, SeizureRow)
def project_seizures(
    cases: Changes,
    seizures: Changes,
    fact: Envelope[
        enforcement.CaseFiled
        | enforcement.CoerciveMeasureImposed
        | enforcement.CoerciveMeasureLifted
    ],
) -> None:
    match fact.data:
        case enforcement.CaseFiled():
            cases.take(fact)
        case enforcement.CoerciveMeasureImposed():
            seizures.take(fact, "case_id", "lead_id", "agency_code", lifted_by=None, lifted_at=None)
        case enforcement.CoerciveMeasureLifted(coercion_id=coercion_id):
            seizures.set(coercion_id=coercion_id, lifted_by=fact.id, lifted_at=fact.happened)


@projection(RecordRow, CountedRow)
def project_records(
    records: Changes,
    counted: Changes,
    fact: Envelope[
        credit.RecordCaptured
        | credit.RecordCorrected
        | credit.RecordWithdrawn
        | credit.ScoreRecalculated
    ],
) -> None:
    event = fact.data
    match event:
        case credit.RecordCaptured(basis_document=document):
            if document.type is BasisType.PENALTY_DECISION:
                records.set(
                    record_id=event.record_id,
                    basis_no=document.no,
                    subject_id=event.subject_id,
                    subject_kind=event.subject_kind,
                    withdrawn_by=None,
                    withdrawn_at=None,
                    corrected_by=None,
                    corrected_at=None,
                )
        case credit.RecordCorrected():
            records.set(record_id=event.record_id, corrected_by=fact.id, corrected_at=fact.happened)
        case credit.RecordWithdrawn():
            records.set(record_id=event.record_id, withdrawn_by=fact.id, withdrawn_at=fact.happened)
        case credit.ScoreRecalculated():
            named = [str(one.record_id) for one in event.explanation if one.record_id is not None]
            counted.set(
                subject_id=event.subject_id,
                records=named,
                event_id=fact.id,
                scored_at=fact.happened,
            )


@projection(MeasureRow, SupportRow)
def project_measures(
    measures: Changes,
    supports: Changes,
    fact: Envelope[
        credit.MeasureOrdered
        | credit.MeasureRefused
        | credit.MeasureSupportLost
        | credit.MeasureLiftOrdered
        | credit.MeasureLifted
    ],
) -> None:
    event = fact.data
    match event:
        case credit.MeasureOrdered():
            measures.take(
                fact, "agency_code", refused=False, lift_by=None, lifted_by=None, lifted_at=None
            )
            for one in event.supported_by:
                ground_id = one.record_id or one.listing_id
                supports.set(
                    measure_id=event.measure_id, ground_id=ground_id, lost_by=None, lost_at=None
                )
        case credit.MeasureRefused():
            measures.set(measure_id=event.measure_id, refused=True)
        case credit.MeasureSupportLost():
            supports.set(
                measure_id=event.measure_id,
                ground_id=event.record_id,
                lost_by=fact.id,
                lost_at=fact.happened,
            )
        case credit.MeasureLiftOrdered():
            measures.set(measure_id=event.measure_id, lift_by=event.due_on)
        case credit.MeasureLifted():
            measures.set(measure_id=event.measure_id, lifted_by=fact.id, lifted_at=fact.happened)


@projection(DenialRow)
def project_denials(
    denials: Changes, fact: Envelope[credit.ApprovalDenied | credit.ReapplicationInvited]
) -> None:
    event = fact.data
    match event:
        case credit.ApprovalDenied():
            for one in event.denied_for:
                denials.set(
                    approval_id=event.approval_id, record_id=one, invited_by=None, invited_at=None
                )
        case credit.ReapplicationInvited():
            denials.set(
                approval_id=event.approval_id,
                record_id=event.record_id,
                invited_by=fact.id,
                invited_at=fact.happened,
            )


@projection(ReporterRow, InformedRow)
def project_reporters(
    reporters: Changes,
    informed: Changes,
    fact: Envelope[grid.ReportSubmitted | grid.ReporterInformed],
) -> None:
    event = fact.data
    match event:
        case grid.ReportSubmitted():
            known = event.reporter_ref is not None or event.worker_id is None
            reporters.set(
                report_id=event.report_id, correlation_id=fact.correlation_id, reachable=known
            )
        case grid.ReporterInformed():
            informed.set(
                event_id=fact.id, source_event_id=event.source_event_id, happened=fact.happened
            )


HEARD: Final = [
    project_fallen,
    project_facts,
    project_seizures,
    project_records,
    project_measures,
    project_denials,
    project_reporters,
]
