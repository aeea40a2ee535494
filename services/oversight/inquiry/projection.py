"""The inquiries; the outcomes that open them; and who had a hand in what, as enforcement tells."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Final
from uuid import UUID

from sqlalchemy import Connection, select

from libs.contracts import enforcement, oversight
from libs.contracts.oversight import Involved, InvolvedRole
from libs.contracts.vocabulary import CaseNo, DecisionNo, InquiryId, PersonId
from libs.events.core.kernel import Envelope, NotFound
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import KEY, Row

OPEN: Final = "OPEN"


class ActRow(Row, table="acts_of_officers"):
    subject: Annotated[str, KEY]
    officer_id: Annotated[str, KEY]
    role: Annotated[str, KEY]
    act: Annotated[str, KEY]


class UndoneRow(Row, table="undone_decisions"):
    """What undid a decision; `event_id` is empty as long as nothing has."""

    decision_no: Annotated[str, KEY]
    subject: str
    correlation_id: str
    case_no: CaseNo | None
    event_id: UUID | None


class CaseNumberRow(Row, table="case_numbers"):
    subject: Annotated[str, KEY]
    case_no: str


class InquiryRow(Row, table="inquiries"):
    inquiry_id: Annotated[InquiryId, KEY]
    inquiry_no: str
    correlation_id: str
    decision_no: DecisionNo | None
    case_no: CaseNo | None
    status: str
    due_on: date


@projection(InquiryRow)
def project(inquiries: Changes, fact: Envelope[oversight.InquiryEvent]) -> None:
    match fact.data:
        case oversight.WrongCaseInquiryOpened():
            inquiries.take(fact, status=OPEN)
        case oversight.WrongCaseInquiryClosed() as event:
            inquiries.set(inquiry_id=event.inquiry_id, status="CLOSED")
        case oversight.WrongCaseResponsibilityFound():
            pass


@projection(ActRow, UndoneRow, CaseNumberRow)
def project_heard(
    acts: Changes,
    undone: Changes,
    numbers: Changes,
    fact: Envelope[enforcement.CaseEvent],
) -> None:
    for officer_id, role in hands(fact):
        acts.set(subject=fact.subject, officer_id=officer_id, role=role, act=fact.type)
    match fact.data:
        case enforcement.CaseFiled(case_no=case_no):
            numbers.set(subject=fact.subject, case_no=case_no)
        case enforcement.PenaltyDecided(decision_no=no):
            undone.set(
                decision_no=no,
                subject=fact.subject,
                correlation_id=fact.correlation_id,
                case_no=numbers.now(subject=fact.subject).get("case_no"),
                event_id=None,
            )
        case (
            enforcement.DecisionRevoked(decision_no=no)
            | enforcement.DecisionModified(decision_no=no)
            | enforcement.DecisionConfirmedIllegal(decision_no=no)
            | enforcement.DecisionDeclaredInvalid(decision_no=no)
        ):
            undone.set(decision_no=no, event_id=fact.id)
        case _:
            pass


def hands(fact: Envelope[enforcement.CaseEvent]) -> Iterable[tuple[str, InvolvedRole]]:
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


def find_undone(tx: Connection, decision_no: DecisionNo) -> UndoneRow | None:
    row = UndoneRow.first(tx, UndoneRow.where(decision_no=decision_no))
    return row if row is not None and row.event_id is not None else None


def find_involved(tx: Connection, subject: str) -> tuple[Involved, ...]:
    """Whoever had a hand in this very case; a matter may have others, of other agencies."""
    by: dict[tuple[str, str], list[str]] = {}
    c = ActRow.c
    for row in ActRow.read(tx, ActRow.where(subject=subject).order_by(c.officer_id, c.role, c.act)):
        by.setdefault((row.officer_id, row.role), []).append(row.act)
    return tuple(
        Involved(officer_id=PersonId(who), role=InvolvedRole(role), acts=tuple(some))
        for (who, role), some in by.items()
    )


def find_inquiries(tx: Connection) -> Sequence[InquiryRow]:
    c = InquiryRow.c
    return InquiryRow.read(tx, select(InquiryRow.table).order_by(c.due_on, c.inquiry_no))


def get_inquiry(tx: Connection, inquiry_id: InquiryId) -> InquiryRow:
    row = InquiryRow.first(tx, InquiryRow.where(inquiry_id=inquiry_id))
    if row is None:
        raise NotFound("There is no inquiry {inquiry_id}", inquiry_id=inquiry_id)
    return row
