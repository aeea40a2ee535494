"""What completion knows when a command of a case is decided: certificates, powers, other fines."""

from libs.contracts.vocabulary import AgencyCode, CertificateNo, DecisionNo, PersonId
from libs.events.core.kernel import Record


class Certificate(Record):
    """What is known of an officer's certificate on the day; without one there is no number."""

    officer_id: PersonId
    certificate_no: CertificateNo | None = None
    agency_code: AgencyCode | None = None
    in_force: bool = False


class Power(Record):
    """Whether the agency owns the item on the day, and what the item says of hearings."""

    owned: bool = False
    hearing_hint: tuple[str, ...] = ()


class OtherFine(Record):
    """A fine in force for the same act, from elsewhere."""

    decision_no: DecisionNo
    agency_code: AgencyCode


class Signed(Record):
    """Who has signed a step, each with their own token; their certificates are completed."""

    officers: tuple[PersonId, ...]
    certificates: tuple[Certificate, ...] = ()
