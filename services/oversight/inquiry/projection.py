"""The inquiries; the outcomes that open them; and who had a hand in what, as enforcement tells."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Column, Connection, Named, Table, TypedColumns, select

from libs.contracts import enforcement, oversight
from libs.contracts.oversight import Involved, InvolvedRole
from libs.contracts.vocabulary import CaseNo, DecisionNo, InquiryId, Matter, PersonId
from libs.events.core.kernel import Envelope, Event, Record
from libs.events.store.read_models import Rows
from libs.events.store.tables import metadata

OPEN: Final = "OPEN"


class ActColumns(TypedColumns):
    subject: Named[str] = Column(primary_key=True)
    officer_id: Named[str] = Column(primary_key=True)
    role: Named[str] = Column(primary_key=True)
    act: Named[str] = Column(primary_key=True)


class UndoneColumns(TypedColumns):
    """What undid a decision; `event_id` is empty as long as nothing has."""

    decision_no: Named[str] = Column(primary_key=True)
    subject: Named[str]
    correlation_id: Named[str]
    case_no: Named[str | None]
    event_id: Named[UUID | None]


class CaseColumns(TypedColumns):
    subject: Named[str] = Column(primary_key=True)
    case_no: Named[str]


class InquiryColumns(TypedColumns):
    inquiry_id: Named[UUID] = Column(primary_key=True)
    inquiry_no: Named[str]
    correlation_id: Named[str]
    decision_no: Named[str | None]
    case_no: Named[str | None]
    status: Named[str]
    due_on: Named[date]


acts = Table("acts_of_officers", metadata, ActColumns)
undone = Table("undone_decisions", metadata, UndoneColumns)
case_numbers = Table("case_numbers", metadata, CaseColumns)
inquiries = Table("inquiries", metadata, InquiryColumns)


class InquiryRow(BaseModel):
    inquiry_id: InquiryId
    inquiry_no: str
    correlation_id: str
    decision_no: DecisionNo | None
    case_no: CaseNo | None
    status: str
    due_on: date


class Undone(Record):
    event_id: UUID
    subject: str
    matter: Matter
    case_no: CaseNo | None


def project(tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
    rows = Rows(inquiries)
    for fact in facts:
        match fact.data:
            case oversight.WrongCaseInquiryOpened() as event:
                rows.set(
                    inquiry_id=event.inquiry_id,
                    inquiry_no=event.inquiry_no,
                    correlation_id=fact.correlation_id,
                    decision_no=event.decision_no,
                    case_no=event.case_no,
                    status=OPEN,
                    due_on=event.due_on,
                )
            case oversight.WrongCaseInquiryClosed() as event:
                rows.set(inquiry_id=event.inquiry_id, status="CLOSED")
            case _:
                pass
    rows.write(tx)


def project_heard(tx: Connection, heard: Sequence[Envelope[Event]]) -> None:
    acted, fallen, numbers = Rows(acts), Rows(undone), Rows(case_numbers)
    known: dict[str, str] = {}
    for fact in heard:
        for officer_id, role in hands(fact):
            acted.set(
                subject=fact.subject,
                officer_id=officer_id,
                role=role,
                act=fact.type,
            )
        match fact.data:
            case enforcement.CaseFiled(case_no=case_no):
                known[fact.subject] = case_no
                numbers.set(subject=fact.subject, case_no=case_no)
            case enforcement.PenaltyDecided(decision_no=no):
                fallen.set(
                    decision_no=no,
                    subject=fact.subject,
                    correlation_id=fact.correlation_id,
                    case_no=known.get(fact.subject) or number_of(tx, fact.subject),
                    event_id=None,
                )
            case (
                enforcement.DecisionRevoked(decision_no=no)
                | enforcement.DecisionModified(decision_no=no)
                | enforcement.DecisionConfirmedIllegal(decision_no=no)
                | enforcement.DecisionDeclaredInvalid(decision_no=no)
            ):
                fallen.set(decision_no=no, event_id=fact.id)
            case _:
                pass
    for rows in (acted, fallen, numbers):
        rows.write(tx)


def number_of(tx: Connection, subject: str) -> str | None:
    found = select(case_numbers.c.case_no).where(case_numbers.c.subject == subject)
    number: str | None = tx.execute(found).scalar()
    return number


def hands(fact: Envelope[Event]) -> Iterable[tuple[str, InvolvedRole]]:
    """Who had a hand in this, and in which role: who was assigned and who has signed."""
    data, by = fact.data, InvolvedRole
    match data:
        case enforcement.CaseOfficersAssigned() | enforcement.InvestigationStepRecorded():
            return [(one.officer_id, by.HANDLER) for one in data.officers]
        case enforcement.EvidenceCollected():
            return [(one, by.HANDLER) for one in data.collected_by]
        case enforcement.PartyRightsWaived() if fact.role == "OFFICER":
            return [(fact.actor, by.HANDLER)]
        case enforcement.LegalReviewPassed():
            return [(data.reviewer, by.REVIEWER)]
        case enforcement.CollectiveDiscussionHeld():
            return [(one, by.DISCUSSANT) for one in data.participants]
        case enforcement.PenaltyDecided():
            return [(data.approver, by.APPROVER)]
        case _:
            return ()


def find_undone(tx: Connection, decision_no: DecisionNo) -> Undone | None:
    row = tx.execute(select(undone).where(undone.c.decision_no == decision_no)).first()
    if row is None or row.event_id is None:
        return None
    number = CaseNo(row.case_no) if row.case_no else None
    return Undone(
        event_id=row.event_id,
        subject=row.subject,
        matter=Matter(row.correlation_id),
        case_no=number,
    )


def find_involved(tx: Connection, subject: str) -> tuple[Involved, ...]:
    """Whoever had a hand in this very case; a matter may have others, of other agencies."""
    found = select(acts).where(acts.c.subject == subject)
    by: dict[tuple[str, str], list[str]] = {}
    for row in tx.execute(found.order_by(acts.c.officer_id, acts.c.role, acts.c.act)):
        by.setdefault((row.officer_id, row.role), []).append(row.act)
    return tuple(
        Involved(officer_id=PersonId(who), role=InvolvedRole(role), acts=tuple(some))
        for (who, role), some in by.items()
    )


def find_inquiries(tx: Connection) -> Sequence[InquiryRow]:
    found = tx.execute(select(inquiries).order_by(inquiries.c.due_on, inquiries.c.inquiry_no))
    return [InquiryRow.model_validate(dict(row)) for row in found.mappings()]
