"""The applications; for which records they were denied; and what checks found afterwards.

The tables may be dropped at any time and rebuilt from the log. They decide nothing.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from sqlalchemy import Connection, select

from libs.contracts import credit, enforcement
from libs.contracts.credit import Tier
from libs.contracts.enforcement import InspectionResult
from libs.contracts.sources import key_of
from libs.contracts.vocabulary import (
    AgencyCode,
    ApprovalId,
    ApprovalItemCode,
    RecordId,
    Role,
    SourceRef,
)
from libs.events.core.fields import ACTOR, AGENCY, ROLE, Paging
from libs.events.core.kernel import Envelope, Hidden, NotFound
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import KEY, Row

OURS: Final = "credit/approval"


class ApprovalRow(
    Row,
    table="credit_approvals",
    indexes=(
        ("approvals_by_subject", "subject_id"),
        ("approvals_by_breach", "breach_no"),
        ("approvals_by_agency", "agency_code", "applied_at", "approval_id"),
        ("approvals_by_arrival", "applied_at", "approval_id"),
    ),
):
    approval_id: Annotated[ApprovalId, KEY]
    correlation_id: str
    item_code: ApprovalItemCode
    subject_id: UUID
    agency_code: AgencyCode
    stage: str
    tier: Tier | None
    explanation: tuple[str, ...]
    due_on: date | None
    check_due_on: date | None
    licence_no: str | None
    invited_by: date | None
    breach_no: str | None
    applied_at: datetime


class DeniedRow(Row, table="denied_for", indexes=[("denials_by_record", "record_id")]):
    """Which records an application was denied for."""

    approval_id: Annotated[ApprovalId, KEY]
    record_id: Annotated[RecordId, KEY]


class CheckRow(Row, table="post_checks"):
    """The last check after a licence, by each agency, at each subject: which of them counts is
    said by the licence."""

    approval_id: Annotated[ApprovalId, KEY]
    agency_code: Annotated[AgencyCode, KEY]
    subject_id: Annotated[UUID, KEY]
    source_ref: SourceRef
    failed: bool
    on: date


@projection(ApprovalRow, DeniedRow)
def project(approvals: Changes, denied: Changes, fact: Envelope[credit.ApprovalEvent]) -> None:
    event = fact.data
    match event:
        case credit.ApprovalApplied():
            approvals.take(
                fact,
                "item_code",
                "subject_id",
                "agency_code",
                correlation_id=fact.correlation_id,
                stage="APPLIED",
                tier=None,
                explanation=(),
                due_on=None,
                check_due_on=None,
                licence_no=None,
                invited_by=None,
                breach_no=None,
                applied_at=fact.happened,
            )
        case credit.ApprovalTierAssigned():
            approvals.take(fact, "tier", "explanation", "due_on", stage="TIERED")
        case credit.CommitmentSigned():
            approvals.take(fact, "check_due_on", stage="COMMITTED")
        case credit.ApprovalGranted():
            approvals.take(fact, "licence_no", stage="GRANTED")
        case credit.ApprovalDenied():
            approvals.set(approval_id=event.approval_id, stage="DENIED")
            for one in event.denied_for:
                denied.set(approval_id=event.approval_id, record_id=one)
        case credit.ReapplicationInvited():
            approvals.set(approval_id=event.approval_id, invited_by=event.due_on)
        case credit.CommitmentFulfilled():
            approvals.set(approval_id=event.approval_id, stage="FULFILLED")
        case credit.CommitmentBreached():
            approvals.set(approval_id=event.approval_id, stage="BREACHED", breach_no=event.doc_no)
        case credit.ApprovalRevoked():
            approvals.set(approval_id=event.approval_id, stage="REVOKED")


@projection(CheckRow)
def project_checks(checks: Changes, fact: Envelope[enforcement.InspectionCompleted]) -> None:
    event = fact.data
    approval_id = key_of(event.source_ref, OURS)
    if approval_id is None:
        return
    if isinstance(event.subject, Hidden):
        return
    checks.set(
        approval_id=approval_id,
        agency_code=event.agency_code,
        subject_id=event.subject.subject_id,
        source_ref=f"{fact.source}/{fact.subject}",
        failed=event.result is InspectionResult.LEAD_RAISED,
        on=event.on,
    )


def find_check(
    tx: Connection, approval_id: UUID, agency_code: AgencyCode, subject_id: UUID
) -> CheckRow | None:
    found = CheckRow.where(approval_id=approval_id, agency_code=agency_code, subject_id=subject_id)
    return CheckRow.first(tx, found)


def is_taken(tx: Connection, doc_no: str, besides: UUID) -> bool:
    """Whether a document of this number states another breach."""
    found = ApprovalRow.where(breach_no=doc_no).where(ApprovalRow.c.approval_id != besides)
    return ApprovalRow.first(tx, found) is not None


def find_denied_for(tx: Connection, record_id: str) -> Sequence[UUID]:
    c = DeniedRow.c
    found = select(c.approval_id).where(c.record_id == UUID(record_id)).order_by(c.approval_id)
    return list(tx.execute(found).scalars())


def get_approval(
    tx: Connection,
    approval_id: ApprovalId,
    role: Annotated[str, ROLE],
    actor: Annotated[str, ACTOR],
    agency: Annotated[str, AGENCY],
) -> ApprovalRow:
    """The applicant's own, or the agency's."""
    found = ApprovalRow.where(approval_id=approval_id)
    if role == Role.PARTY:
        found = found.where(ApprovalRow.c.subject_id == uuid_of(actor))
    elif role == Role.APPROVAL_CLERK:
        found = found.where(ApprovalRow.c.agency_code == agency)
    row = ApprovalRow.first(tx, found)
    if row is None:
        raise NotFound("There is no application {approval_id}", approval_id=approval_id)
    return row


def uuid_of(actor: str) -> UUID:
    """Of a party; who is called otherwise is nobody's."""
    try:
        return UUID(actor)
    except ValueError:
        return UUID(int=0)


def find_page(
    tx: Connection, *, agency_code: AgencyCode | None, stage: str | None, page: Paging
) -> tuple[list[ApprovalRow], str | None]:
    found = ApprovalRow.where(agency_code=agency_code, stage=stage)
    return ApprovalRow.page(tx, found, page, "applied_at", "approval_id")
