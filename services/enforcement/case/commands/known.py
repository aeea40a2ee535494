"""What the commands of a case are made of: who has signed, and what completion finds out."""

from typing import Annotated, Final, TypeAlias

from libs.contracts import vocabulary as v
from libs.contracts.asking import HEAD, officers_of
from libs.events.core.fields import Call, Default, Limits, Source, Text, at_most
from libs.events.core.kernel import Record

Count: TypeAlias = Annotated[int, Limits(strict=True, ge=0, le=1_000_000)]
Texts: TypeAlias = Annotated[tuple[Text, ...], at_most(50)]
Bases: TypeAlias = Annotated[tuple[v.LegalBasis, ...], at_most(20)]
Factors: TypeAlias = Annotated[tuple[v.ReasonCode, ...], at_most(20), Default(value=())]


class Certificate(Record):
    """What is known of an officer's certificate on the day; without one there is no number."""

    officer_id: v.PersonId
    certificate_no: v.CertificateNo | None = None
    agency_code: v.AgencyCode | None = None
    in_force: bool = False


class Power(Record):
    """Whether the agency owns the item on the day, and what the item says of hearings."""

    owned: bool = False
    hearing_hint: tuple[str, ...] = ()


class OtherFine(Record):
    """A fine in force for the same act, from elsewhere."""

    decision_no: v.DecisionNo
    agency_code: v.AgencyCode


class Signed(Record):
    """Who has signed a step, each with their own token; their certificates are completed."""

    officers: tuple[v.PersonId, ...]
    certificates: tuple[Certificate, ...] = ()


def acting_party(call: Call) -> str | None:
    """A party acts under the id of its subject; an officer enters what the party has signed."""
    return call.caller.actor if call.caller.role == v.Role.PARTY else None


def signed_by(call: Call) -> Signed:
    return Signed(officers=officers_of(call.caller, call.signatures))


PARTY: Final = Source(name="the party, where it acts itself", take=acting_party)
SIGNED: Final = Source(name="the officers who signed", take=signed_by, signed=True)
ActingParty: TypeAlias = Annotated[str | None, PARTY]
SignedBy: TypeAlias = Annotated[Signed, SIGNED]
Approver: TypeAlias = Annotated[v.PersonId | None, HEAD]
