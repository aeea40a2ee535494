"""What oversight tells the others: whose certificate is valid, and what was forgotten."""

from datetime import date, datetime
from enum import StrEnum

from libs.contracts.vocabulary import AgencyCode, CertificateNo, PersonId, Role
from libs.events.kernel import Event


class OfficerCertified(Event, name="oversight.officer_certified.v1"):
    """An officer may enforce, in these domains and for this agency: 执法证核发."""

    officer_id: PersonId
    certificate_no: CertificateNo
    domains: tuple[str, ...]
    agency_code: AgencyCode
    valid_until: date


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
