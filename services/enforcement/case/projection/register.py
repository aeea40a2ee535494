"""The register of cases, an officer's desk, and the fines in force.

The tables may be dropped at any time and rebuilt from the log. They decide nothing.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from sqlalchemy import Connection, update

from libs.contracts import enforcement
from libs.contracts.enforcement import CaseEvent, PenaltyKind
from libs.contracts.vocabulary import AgencyCode, CaseId, CaseNo, CellCode, DecisionNo, LeadId
from libs.events.core.fields import FIRST_PAGE, Paging
from libs.events.core.kernel import Envelope, Event, Hidden
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import KEY, PERSONAL, UNSHOWN, Row
from libs.events.store.read_models import Rows

# Who is to act next, by where a case stands.
WAITS_FOR: Final = {
    "FILED": "AGENCY_HEAD",
    "INVESTIGATING": "OFFICER",
    "CONCLUDED": "OFFICER",
    "NOTICED": "PARTY",
    "HEARING_PENDING": "HEARING_HOST",
    "HEARD": "OFFICER",
    "REVIEWING": "LEGAL_REVIEWER",
    "REVIEWED": "AGENCY_HEAD",
    "DISCUSSED": "AGENCY_HEAD",
    "TRANSFERRED": "EXT_POLICE",
    "DECIDED": "OFFICER",
    "SERVED": "PARTY",
    "EXECUTING": "OFFICER",
    "EXECUTED": "AGENCY_HEAD",
    "OVERTURNED": "AGENCY_HEAD",
    "CLOSED": "",
}


class CaseRow(
    Row,
    table="cases",
    indexes=(
        ("cases_by_agency", "agency_code", "filed_at", "case_id"),
        ("cases_by_status", "agency_code", "status", "filed_at", "case_id"),
        ("cases_by_arrival", "filed_at", "case_id"),
        ("cases_by_number", "case_no"),
        ("cases_by_decision", "decision_no"),
    ),
):
    """A case as the register shows it."""

    case_id: Annotated[CaseId, KEY]
    case_no: CaseNo
    correlation_id: str
    lead_id: Annotated[LeadId, UNSHOWN]
    agency_code: AgencyCode
    power_item_code: str
    status: str
    waits_for: str
    officers: tuple[str, ...]
    filed_on: date
    decision_due_on: date
    due_on: date | None
    decision_no: DecisionNo | None
    decided_on: date | None
    on_time: bool | None
    standing: str | None
    publicity: str
    payment_due_on: date | None
    outcome: str | None
    filed_at: datetime
    changed_at: Annotated[datetime, UNSHOWN]


class DeskRow(Row, table="officers_cases"):
    """Whose case it is, one row an officer."""

    officer_id: Annotated[str, KEY]
    case_id: Annotated[CaseId, KEY]
    assigned: bool


class FineRow(Row, table="fines_in_force", indexes=[("fines_by_cell", "cell_code", "stands")]):
    """A fine that stands. Whom and where it is of is blanked with its matter."""

    case_id: Annotated[CaseId, KEY]
    decision_no: DecisionNo
    correlation_id: str
    agency_code: AgencyCode
    subjects: Annotated[tuple[str, ...] | None, PERSONAL]
    cell_code: Annotated[str | None, PERSONAL]
    act_from: date
    act_to: date
    stands: bool


class DecidedRow(Row, table="cases_of_decision"):
    """Which case a decision is of, whatever became of it."""

    decision_no: Annotated[str, KEY]
    case_id: CaseId


@projection(CaseRow, FineRow, DecidedRow)
def project_cases(
    cases: Changes, fines: Changes, decided: Changes, fact: Envelope[CaseEvent]
) -> None:
    event, case_id = fact.data, fact.data.case_id
    columns = changes(event)
    if "status" in columns:
        columns["waits_for"] = WAITS_FOR[columns["status"]]
    if isinstance(event, enforcement.CaseFiled):
        columns |= {"correlation_id": fact.correlation_id, "filed_at": fact.happened}
    cases.set(case_id=case_id, changed_at=fact.time, **columns)
    if isinstance(event, enforcement.PenaltyDecided):
        decided.set(decision_no=event.decision_no, case_id=case_id)
        fines.set(case_id=case_id, correlation_id=fact.correlation_id, **fine_of(event))
    elif (stands := still_fined(event)) is not None:
        fines.set(case_id=case_id, stands=stands)


def project(tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
    """Who is assigned from now on; who was keeps the row, marked."""
    project_cases(tx, facts)
    for fact in facts:
        if isinstance(fact.data, enforcement.CaseOfficersAssigned):
            before = update(DeskRow.table).where(DeskRow.c.case_id == fact.data.case_id)
            tx.execute(before.values(assigned=False))
            desks = Rows(DeskRow.table)
            for one in fact.data.officers:
                desks.set(officer_id=one.officer_id, case_id=fact.data.case_id, assigned=True)
            desks.write(tx)


def fine_of(event: enforcement.PenaltyDecided) -> dict[str, Any]:
    subjects, place = event.subjects, event.location
    return {
        "decision_no": event.decision_no,
        "agency_code": event.agency_code,
        "subjects": None
        if isinstance(subjects, Hidden)
        else [str(one.subject_id) for one in subjects],
        "cell_code": None if isinstance(place, Hidden) else place.cell_code,
        "act_from": event.act_date,
        "act_to": event.act_end_date or event.act_date,
        "stands": any(one.kind is PenaltyKind.FINE for one in event.penalties),
    }


def still_fined(event: CaseEvent) -> bool | None:
    """Whether the fine still stands after this; nothing where it is not about that."""
    match event:
        case enforcement.DecisionModified():
            return any(one.kind is PenaltyKind.FINE for one in event.new_penalties)
        case enforcement.DecisionRevoked(scope=enforcement.RevokedScope.FULL):
            return False
        case enforcement.DecisionDeclaredInvalid():
            return False
        case _:
            return None


def changes(event: CaseEvent) -> dict[str, Any]:
    """What one event changes in the register."""
    match event:
        case enforcement.CaseFiled():
            return {
                "status": "FILED",
                "case_no": event.case_no,
                "lead_id": event.lead_id,
                "agency_code": event.agency_code,
                "power_item_code": event.power_item_code,
                "officers": [],
                "filed_on": event.filed_on,
                "decision_due_on": event.decision_due_on,
                "due_on": event.decision_due_on,
                "publicity": "NONE",
            }
        case enforcement.CaseOfficersAssigned():
            named = [one.officer_id for one in event.officers]
            return {"status": "INVESTIGATING", "officers": named}
        case enforcement.CaseClockResumed():
            return {"decision_due_on": event.new_due_on, "due_on": event.new_due_on}
        case enforcement.InvestigationConcluded():
            return {"status": "CONCLUDED"}
        case enforcement.PenaltyNoticeServed():
            return {"status": "NOTICED"}
        case enforcement.HearingRequested():
            return {"status": "HEARING_PENDING"}
        case enforcement.HearingHeld():
            return {"status": "HEARD"}
        case enforcement.LegalReviewRequested():
            return {"status": "REVIEWING"}
        case enforcement.LegalReviewPassed():
            return {"status": "REVIEWED"}
        case enforcement.CollectiveDiscussionHeld():
            return {"status": "DISCUSSED"}
        case enforcement.CriminalTransferApproved():
            return {"status": "TRANSFERRED"}
        case enforcement.CriminalCaseReturned():
            return {"status": "INVESTIGATING"}
        case enforcement.PenaltyDecided():
            return {
                "status": "DECIDED",
                "decision_no": event.decision_no,
                "decided_on": event.decided_on,
                "on_time": event.on_time,
                "standing": "IN_FORCE",
                "due_on": None,
            }
        case enforcement.RedecisionOrdered():
            procedural = event.ground is enforcement.Ground.PROCEDURE
            return {
                "status": "CONCLUDED" if procedural else "INVESTIGATING",
                "decision_due_on": event.deadline,
                "due_on": event.deadline,
            }
        case _:
            return after_decision(event)


def after_decision(event: CaseEvent) -> dict[str, Any]:
    match event:
        case enforcement.DecisionServed():
            due = event.payment_due_on
            return {"status": "SERVED", "payment_due_on": due, "due_on": due}
        case enforcement.DecisionPublished():
            return {"publicity": "SHOWN"}
        case enforcement.DecisionPublicityWithdrawn():
            return {"publicity": "WITHDRAWN"}
        case enforcement.FinePaid() | enforcement.FineInstalmentApproved():
            return {"status": "EXECUTING"}
        case enforcement.DemandNoticeServed():
            return {"status": "EXECUTING", "due_on": event.due_on}
        case enforcement.ExecutionCompleted():
            return {"status": "EXECUTED", "due_on": None}
        case enforcement.DecisionModified():
            return {"standing": "MODIFIED"}
        case enforcement.DecisionRevoked(scope=enforcement.RevokedScope.PART):
            return {"standing": "PARTLY_REVOKED"}
        case enforcement.DecisionRevoked():
            return {"standing": "REVOKED", "status": "OVERTURNED"}
        case enforcement.DecisionDeclaredInvalid():
            return {"standing": "INVALID", "status": "OVERTURNED"}
        case enforcement.DecisionConfirmedIllegal():
            return {"standing": "CONFIRMED_ILLEGAL"}
        case enforcement.CaseClosed():
            return {"status": "CLOSED", "outcome": event.outcome, "due_on": None}
        case _:
            return {}


def find_fine(
    tx: Connection,
    subjects: Sequence[str],
    cell_code: CellCode,
    first: date,
    last: date,
    besides: str,
) -> FineRow | None:
    """A fine in force for the same act: same subject, same cell, days that overlap."""
    c = FineRow.c
    found = FineRow.where(cell_code=cell_code, stands=True).where(
        c.act_from <= last, c.act_to >= first, c.case_id != UUID(besides)
    )
    # A cell may have many: none is read whole but the one that it is.
    for case_id, fined in tx.execute(found.with_only_columns(c.case_id, c.subjects)):
        if not set(subjects).isdisjoint(fined or ()):
            return FineRow.first(tx, FineRow.where(case_id=case_id))
    return None


def find_cases_of_decision(tx: Connection, decision_no: str) -> Sequence[UUID]:
    return [row.case_id for row in DecidedRow.read(tx, DecidedRow.where(decision_no=decision_no))]


def find_case(tx: Connection, case: str) -> CaseRow | None:
    """By its id or by its number."""
    try:
        found = CaseRow.where(case_id=UUID(case))
    except ValueError:
        found = CaseRow.where(case_no=case)
    return CaseRow.first(tx, found)


def find_cases(
    tx: Connection,
    *,
    agency_code: AgencyCode | None,
    officer_id: str | None = None,
    status: str | None = None,
    waits_for: str | None = None,
    power_item_code: str | None = None,
    due_by: date | None = None,
    page: Paging = FIRST_PAGE,
) -> tuple[list[CaseRow], str | None]:
    """A page of the register, the oldest first, after the last row of the page before."""
    found = CaseRow.where(
        agency_code=agency_code,
        status=status,
        waits_for=waits_for,
        power_item_code=power_item_code,
    )
    if officer_id is not None:
        mine = DeskRow.where(officer_id=officer_id, assigned=True)
        found = found.where(CaseRow.c.case_id.in_(mine.with_only_columns(DeskRow.c.case_id)))
    if due_by is not None:
        found = found.where(CaseRow.c.due_on <= due_by)
    return CaseRow.page(tx, found, page, "filed_at", "case_id")
