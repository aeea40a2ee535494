"""What may be asked of an officer."""

from datetime import date
from typing import Annotated

from libs.contracts.vocabulary import AgencyCode, CertificateNo, PersonId
from libs.events.core.fields import Short, at_most
from libs.events.core.kernel import Command


class CertifyOfficer(Command):
    officer_id: PersonId
    certificate_no: CertificateNo
    domains: Annotated[tuple[Short, ...], at_most(50)]
    agency_code: AgencyCode
    valid_until: date
