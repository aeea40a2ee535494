"""What may be asked of an officer."""

from datetime import date

from libs.contracts.vocabulary import AgencyCode, CertificateNo, PersonId
from libs.events.kernel import Command


class CertifyOfficer(Command):
    officer_id: PersonId
    certificate_no: CertificateNo
    domains: tuple[str, ...]
    agency_code: AgencyCode
    valid_until: date
