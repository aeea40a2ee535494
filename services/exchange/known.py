"""What streams of the exchange know of one another, as values: contracts, agencies, matters."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Protocol, TypeAlias

from sqlalchemy import Connection

from libs.contracts.exchange import DeliveryMode
from libs.contracts.vocabulary import AgencyCode, HandoffKindCode, Matter, SourceRef
from libs.events.core.kernel import Record


class Terms(Record):
    """What a contract says: for which kinds, how, which fields, up to which class, from when."""

    kinds: frozenset[str]
    mode: DeliveryMode
    fields: frozenset[str]
    max_class: str
    valid_from: date
    valid_until: date

    def shows(self, kind: str, field: str) -> bool:
        return f"{kind}.*" in self.fields or f"{kind}.{field}" in self.fields


class Agencies(Protocol):
    def known(self, agency_code: AgencyCode) -> bool: ...
    def of_kind(self, kind: str) -> AgencyCode | None: ...
    def active(self, agency_code: AgencyCode) -> bool: ...


class Access(Record):
    """Whether a matter is open to an agency, and whether it holds it: its street, or its task."""

    open: bool
    held: bool
    source_ref: SourceRef | None


class Decision(Protocol):
    """A decision that has been served: of which case and matter."""

    source_ref: SourceRef
    correlation_id: Matter


ReadAgencies: TypeAlias = Callable[[Connection], Agencies]
# The terms of an agency in force on a day that name the kind.
FindTerms: TypeAlias = Callable[[Connection, AgencyCode, HandoffKindCode, date], Terms | None]
FindDecision: TypeAlias = Callable[[Connection, str], Decision | None]
FindAccess: TypeAlias = Callable[[Connection, Matter, AgencyCode], Access]
DayOf: TypeAlias = Callable[[datetime], date]
