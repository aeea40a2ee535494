"""What streams of enforcement know of one another, as values: agencies, powers, certificates,
leads and cases."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Final, TypeAlias
from uuid import UUID

from sqlalchemy import Connection

from libs.contracts.vocabulary import (
    STREET,
    AgencyCode,
    CaseId,
    CertificateNo,
    Location,
    Matter,
    PersonId,
    PowerItemCode,
    Resolver,
    SubjectRef,
    TerritoryCode,
)
from libs.events.core.kernel import Hidden, Record

DEFAULT_FAMILY: Final = "OTHER"
STREET_KIND: Final = "STREET"


class Agency(Record):
    kind: str
    territory: TerritoryCode
    rule_family: str
    status: str

    @property
    def is_street(self) -> bool:
        return self.kind == STREET_KIND


class Item(Record):
    """A power item; its span is whole (from the first day there is to the last)."""

    owners: tuple[Resolver, ...]
    delegated_to: tuple[AgencyCode, ...]
    hearing_hint: tuple[str, ...]
    may_seize: bool
    effective_from: date
    effective_to: date

    def owned_by(self, agency_code: AgencyCode, on: date, *, local: bool) -> bool:
        """Its own, or delegated to it by a decision; or of the street of the place, where the law
        names nobody else. `local` says whether the agency is that street."""
        if not self.effective_from <= on <= self.effective_to:
            return False
        if Resolver(agency_code) in self.owners or agency_code in self.delegated_to:
            return True
        return local and set(self.owners) == {STREET}


class Issued(Record):
    """An officer's certificate."""

    certificate_no: CertificateNo
    agency_code: AgencyCode
    valid_until: date


class Known(Record):
    """Everybody and everything that is known, as one value."""

    agencies: Mapping[AgencyCode, Agency]
    items: Mapping[PowerItemCode, Item]
    officers: Mapping[PersonId, Issued]

    def family(self, agency_code: AgencyCode) -> str:
        row = self.agencies.get(agency_code)
        return row.rule_family if row else DEFAULT_FAMILY

    def certified(self, agency_code: AgencyCode, on: date) -> Sequence[PersonId]:
        """The officers of an agency whose certificates hold on a day."""
        return [
            one
            for one, row in sorted(self.officers.items())
            if row.agency_code == agency_code and on <= row.valid_until
        ]


class Under(Record):
    """What a measure is imposed under: whose lead or case, of which matter, against whom."""

    agency_code: AgencyCode
    matter: Matter
    subjects: tuple[SubjectRef, ...] | Hidden
    location: Location | Hidden | None


ReadKnown: TypeAlias = Callable[[Connection], Known]
# Whether an agency has sent or been sent something of a matter.
IsOpen: TypeAlias = Callable[[Connection, Matter, AgencyCode], bool]
IsCase: TypeAlias = Callable[[Connection, CaseId], bool]
FindUnder: TypeAlias = Callable[[Connection, UUID | None, UUID | None], Under | None]
DayOf: TypeAlias = Callable[[datetime], date]
