"""What oversight tells the others: whose certificate is valid, and what was forgotten."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, TypeAlias
from uuid import UUID

from libs.contracts.vocabulary import (
    AgencyCode,
    CaseNo,
    CertificateNo,
    DecisionNo,
    InquiryId,
    InquiryNo,
    PersonId,
    Role,
)
from libs.events.core.kernel import Event, Hidden, Number, Personal, Record


class OfficerCertified(Event, name="oversight.officer_certified.v1"):
    """An officer may enforce, in these domains and for this agency: 执法证核发."""

    officer_id: PersonId
    certificate_no: CertificateNo
    domains: tuple[str, ...]
    agency_code: AgencyCode
    valid_until: date


class InvolvedRole(StrEnum):
    """承办, 审核, 批准, 集体讨论."""

    HANDLER = "HANDLER"
    REVIEWER = "REVIEWER"
    APPROVER = "APPROVER"
    DISCUSSANT = "DISCUSSANT"


class ResponsibilityLevel(StrEnum):
    NONE = "NONE"
    MINOR = "MINOR"
    GENERAL = "GENERAL"
    SERIOUS = "SERIOUS"


class Involved(Record):
    """Somebody who had a hand in it: in which role, and by which acts."""

    officer_id: PersonId
    role: InvolvedRole
    acts: tuple[str, ...]


class WrongCaseInquiryOpened(Event, name="oversight.wrong_case_inquiry_opened.v1"):
    """A decision did not stand, and it is asked why: 启动错案倒查."""

    inquiry_id: InquiryId
    inquiry_no: Annotated[InquiryNo, Number(kind="inquiry")]
    source_event_id: UUID
    decision_no: DecisionNo | None
    case_no: CaseNo | None
    involved: tuple[Involved, ...]
    due_on: date
    rule_code: str
    rule_pack_version: str


class WrongCaseResponsibilityFound(Event, name="oversight.wrong_case_responsibility_found.v1"):
    """Somebody was heard, and it was found how far they answer for it: 责任认定."""

    inquiry_id: InquiryId
    officer_id: PersonId
    role: InvolvedRole
    level: ResponsibilityLevel
    heard_on: date
    reason: Annotated[str | Hidden, Personal(level="P3")]
    exemption: str | None


class WrongCaseInquiryClosed(Event, name="oversight.wrong_case_inquiry_closed.v1"):
    """Everybody was found about, and it has its consequence: 倒查办结."""

    inquiry_id: InquiryId
    consequence: Annotated[str | Hidden, Personal(level="P3")]


InquiryEvent: TypeAlias = (
    WrongCaseInquiryOpened | WrongCaseResponsibilityFound | WrongCaseInquiryClosed
)


class AccessKind(StrEnum):
    READ = "READ"
    ERASED = "ERASED"


class AccessAudited(Event, name="oversight.access_audited.v1"):
    """Somebody read what is sensitive, or it was erased for ever: 敏感信息访问留痕."""

    day: date
    by: PersonId
    role: Role
    purpose: str
    fields: tuple[str, ...]
    at: datetime
    kind: AccessKind
