"""The register of cases, an officer's desk, and the fines in force.

The tables may be dropped at any time and rebuilt from the log. They decide nothing.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Index,
    Named,
    Table,
    TypedColumns,
    select,
    update,
)

from libs.contracts import enforcement
from libs.contracts.enforcement import CaseEvent, PenaltyKind
from libs.contracts.vocabulary import AgencyCode, CaseId, CaseNo, CellCode, DecisionNo
from libs.events.core.kernel import Envelope, Event, Hidden, Record
from libs.events.store.read_models import PERSONAL, Rows, beyond
from libs.events.store.tables import Moment, metadata

PAGE_SIZE_LIMIT: Final = 200
ENDED: Final = ("CLOSED",)
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


class CaseColumns(TypedColumns):
    case_id: Named[UUID] = Column(primary_key=True)
    case_no: Named[str]
    correlation_id: Named[str]
    lead_id: Named[UUID]
    agency_code: Named[str]
    power_item_code: Named[str]
    status: Named[str]
    waits_for: Named[str]
    officers: Named[list[str]] = Column(JSON)
    filed_on: Named[date]
    decision_due_on: Named[date]
    due_on: Named[date | None]
    decision_no: Named[str | None]
    decided_on: Named[date | None]
    on_time: Named[bool | None]
    standing: Named[str | None]
    publicity: Named[str]
    payment_due_on: Named[date | None]
    outcome: Named[str | None]
    filed_at: Named[datetime] = Column(Moment)
    changed_at: Named[datetime] = Column(Moment)


cases = Table(
    "cases",
    metadata,
    CaseColumns,
    Index("cases_by_agency", "agency_code", "filed_at", "case_id"),
    Index("cases_by_status", "agency_code", "status", "filed_at", "case_id"),
    Index("cases_by_arrival", "filed_at", "case_id"),
    Index("cases_by_number", "case_no"),
    Index("cases_by_decision", "decision_no"),
)


class DeskColumns(TypedColumns):
    """Whose case it is, one row an officer."""

    officer_id: Named[str] = Column(primary_key=True)
    case_id: Named[UUID] = Column(primary_key=True)
    assigned: Named[bool]


desks = Table("officers_cases", metadata, DeskColumns)


class FineColumns(TypedColumns):
    """A fine that stands. Whom and where it is of is blanked with its matter."""

    case_id: Named[UUID] = Column(primary_key=True)
    decision_no: Named[str]
    correlation_id: Named[str]
    agency_code: Named[str]
    subjects: Named[list[str] | None] = Column(JSON, info=PERSONAL)
    cell_code: Named[str | None] = Column(info=PERSONAL)
    act_from: Named[date]
    act_to: Named[date]
    stands: Named[bool]


fines_in_force = Table(
    "fines_in_force", metadata, FineColumns, Index("fines_by_cell", "cell_code", "stands")
)


class DecisionColumns(TypedColumns):
    """Which case a decision is of, whatever became of it."""

    decision_no: Named[str] = Column(primary_key=True)
    case_id: Named[UUID]


decided_cases = Table("cases_of_decision", metadata, DecisionColumns)


class CaseRow(BaseModel):
    """A case as the register shows it."""

    case_id: CaseId
    case_no: CaseNo
    correlation_id: str
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


class Fine(Record):
    decision_no: DecisionNo
    agency_code: AgencyCode


def project(tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
    rows, fines, decisions = Rows(cases), Rows(fines_in_force), Rows(decided_cases)
    staff: list[tuple[UUID, list[str]]] = []
    for fact in facts:
        if not isinstance(fact.data, CaseEvent):
            continue
        event, case_id = fact.data, fact.data.case_id
        columns = changes(event)
        if "status" in columns:
            columns["waits_for"] = WAITS_FOR[columns["status"]]
        if isinstance(event, enforcement.CaseFiled):
            columns |= {"correlation_id": fact.correlation_id, "filed_at": fact.happened}
        rows.set(case_id=case_id, changed_at=fact.time, **columns)
        if isinstance(event, enforcement.CaseOfficersAssigned):
            staff.append((case_id, columns["officers"]))
        if isinstance(event, enforcement.PenaltyDecided):
            decisions.set(decision_no=event.decision_no, case_id=case_id)
            fines.set(case_id=case_id, correlation_id=fact.correlation_id, **fine_of(event))
        elif (stands := still_fined(event)) is not None:
            fines.set(case_id=case_id, stands=stands)
    for each in (rows, fines, decisions):
        each.write(tx)
    assign(tx, staff)


def assign(tx: Connection, staff: Sequence[tuple[UUID, list[str]]]) -> None:
    """Who is assigned from now on; who was keeps the row, marked."""
    for case_id, officers in staff:
        tx.execute(update(desks).where(desks.c.case_id == case_id).values(assigned=False))
        mine = Rows(desks)
        for one in officers:
            mine.set(officer_id=one, case_id=case_id, assigned=True)
        mine.write(tx)


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
) -> Fine | None:
    """A fine in force for the same act: same subject, same cell, days that overlap."""
    found = select(fines_in_force).where(
        fines_in_force.c.cell_code == cell_code,
        fines_in_force.c.stands.is_(True),
        fines_in_force.c.act_from <= last,
        fines_in_force.c.act_to >= first,
        fines_in_force.c.case_id != UUID(besides),
    )
    for row in tx.execute(found):
        if not set(subjects).isdisjoint(row.subjects or ()):
            return Fine(
                decision_no=DecisionNo(row.decision_no), agency_code=AgencyCode(row.agency_code)
            )
    return None


def find_cases_of_decision(tx: Connection, decision_no: str) -> Sequence[UUID]:
    found = select(decided_cases.c.case_id).where(decided_cases.c.decision_no == decision_no)
    return list(tx.execute(found).scalars())


def find_case(tx: Connection, case: str) -> CaseRow | None:
    """By its id or by its number."""
    try:
        wanted = cases.c.case_id == UUID(case)
    except ValueError:
        wanted = cases.c.case_no == case
    row = tx.execute(select(cases).where(wanted)).mappings().one_or_none()
    return None if row is None else CaseRow.model_validate(dict(row))


def find_cases(
    tx: Connection,
    *,
    agency_code: AgencyCode | None,
    officer_id: str | None = None,
    status: str | None = None,
    waits_for: str | None = None,
    power_item_code: str | None = None,
    due_by: date | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> Sequence[CaseRow]:
    """A page of the register, the oldest first, after the last row of the page before."""
    wanted = [
        column == value
        for column, value in (
            (cases.c.agency_code, agency_code),
            (cases.c.status, status),
            (cases.c.waits_for, waits_for),
            (cases.c.power_item_code, power_item_code),
        )
        if value is not None
    ]
    if officer_id is not None:
        mine = select(desks.c.case_id).where(
            desks.c.officer_id == officer_id, desks.c.assigned.is_(True)
        )
        wanted.append(cases.c.case_id.in_(mine))
    if due_by is not None:
        wanted.append(cases.c.due_on <= due_by)
    if after is not None:
        wanted.append(beyond((cases.c.filed_at, cases.c.case_id), after))
    found = (
        select(cases)
        .where(*wanted)
        .order_by(cases.c.filed_at, cases.c.case_id)
        .limit(min(limit, PAGE_SIZE_LIMIT))
    )
    return [CaseRow.model_validate(dict(row)) for row in tx.execute(found).mappings()]
