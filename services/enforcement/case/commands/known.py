"""What the commands of a case are made of: who has signed, and what completion finds out."""

from typing import Annotated, Final, TypeAlias

from libs.contracts.asking import HEAD, officers_of
from libs.contracts.vocabulary import (
    AgencyCode,
    CertificateNo,
    DecisionNo,
    LegalBasis,
    PersonId,
    ReasonCode,
    Role,
)
from libs.events.core.fields import Call, Default, Limits, Source, Text, at_most
from libs.events.core.kernel import Record

Count: TypeAlias = Annotated[int, Limits(strict=True, ge=0, le=1_000_000)]
Texts: TypeAlias = Annotated[tuple[Text, ...], at_most(50)]
Bases: TypeAlias = Annotated[tuple[LegalBasis, ...], at_most(20)]
Factors: TypeAlias = Annotated[tuple[ReasonCode, ...], at_most(20), Default(value=())]


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


def acting_party(call: Call) -> str | None:
    """A party acts under the id of its subject; an officer enters what the party has signed."""
    return call.caller.actor if call.caller.role == Role.PARTY else None


def signed_by(call: Call) -> Signed:
    return Signed(officers=officers_of(call.caller, call.signatures))


PARTY: Final = Source(name="the party, where it acts itself", take=acting_party)
SIGNED: Final = Source(name="the officers who signed", take=signed_by, signed=True)
ActingParty: TypeAlias = Annotated[str | None, PARTY]
SignedBy: TypeAlias = Annotated[Signed, SIGNED]
Approver: TypeAlias = Annotated[PersonId | None, HEAD]
