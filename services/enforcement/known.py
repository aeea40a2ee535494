"""What streams of enforcement know of one another, as values: agencies, powers, certificates,
leads and cases."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Final, TypeAlias
from uuid import UUID

from sqlalchemy import Connection

from libs.contracts import vocabulary as v
from libs.events.core.kernel import Hidden, Record

DEFAULT_FAMILY: Final = "OTHER"
STREET_KIND: Final = "STREET"


class Agency(Record):
    kind: str
    territory: v.TerritoryCode
    rule_family: str
    status: str

    @property
    def is_street(self) -> bool:
        return self.kind == STREET_KIND


class Item(Record):
    """A power item; its span is whole (from the first day there is to the last)."""

    owners: tuple[v.Resolver, ...]
    delegated_to: tuple[v.AgencyCode, ...]
    hearing_hint: tuple[str, ...]
    may_seize: bool
    effective_from: date
    effective_to: date

    def owned_by(self, agency_code: v.AgencyCode, on: date, *, local: bool) -> bool:
        """Its own, or delegated to it by a decision; or of the street of the place, where the law
        names nobody else. `local` says whether the agency is that street."""
        if not self.effective_from <= on <= self.effective_to:
            return False
        if v.Resolver(agency_code) in self.owners or agency_code in self.delegated_to:
            return True
        return local and set(self.owners) == {v.STREET}


class Issued(Record):
    """An officer's certificate."""

    certificate_no: v.CertificateNo
    agency_code: v.AgencyCode
    valid_until: date


class Known(Record):
    """Everybody and everything that is known, as one value."""

    agencies: Mapping[v.AgencyCode, Agency]
    items: Mapping[v.PowerItemCode, Item]
    officers: Mapping[v.PersonId, Issued]

    def family(self, agency_code: v.AgencyCode) -> str:
        row = self.agencies.get(agency_code)
        return row.rule_family if row else DEFAULT_FAMILY

    def certified(self, agency_code: v.AgencyCode, on: date) -> Sequence[v.PersonId]:
        """The officers of an agency whose certificates hold on a day."""
        return [
            one
            for one, row in sorted(self.officers.items())
            if row.agency_code == agency_code and on <= row.valid_until
        ]


class Under(Record):
    """What a measure is imposed under: whose lead or case, of which matter, against whom."""

    agency_code: v.AgencyCode
    matter: v.Matter
    subjects: tuple[v.SubjectRef, ...] | Hidden
    location: v.Location | Hidden | None


ReadKnown: TypeAlias = Callable[[Connection], Known]
# Whether an agency has sent or been sent something of a matter.
IsOpen: TypeAlias = Callable[[Connection, v.Matter, v.AgencyCode], bool]
IsCase: TypeAlias = Callable[[Connection, v.CaseId], bool]
FindUnder: TypeAlias = Callable[[Connection, UUID | None, UUID | None], Under | None]
DayOf: TypeAlias = Callable[[datetime], date]
