"""What the commands of a handoff leave open: who the receiver is, and what is open to the caller.

It is asked under the lock; the questions are other files', and come from `main`.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Protocol, TypeAlias, TypeVar

from sqlalchemy import Connection

from libs.contracts.exchange import DeliveryMode
from libs.contracts.vocabulary import AgencyCode, HandoffKindCode, Matter, SourceRef
from libs.statute.rulebook import Rulebook
from services.exchange.handoff.commands import (
    ArbitrateHandoff,
    DeliverHandoff,
    OfferHandoff,
    ReassignHandoff,
    Receiver,
)
from services.exchange.handoff.state import AnyHandoff, Unoffered

Redirecting = TypeVar("Redirecting", ReassignHandoff, ArbitrateHandoff)


class Terms(Protocol):
    @property
    def mode(self) -> DeliveryMode: ...
    @property
    def max_class(self) -> str: ...


class Agencies(Protocol):
    def known(self, agency_code: AgencyCode) -> bool: ...
    def active(self, agency_code: AgencyCode) -> bool: ...


class Access(Protocol):
    @property
    def open(self) -> bool: ...
    @property
    def held(self) -> bool: ...
    @property
    def source_ref(self) -> SourceRef | None: ...


ReadAgencies: TypeAlias = Callable[[Connection], Agencies]
# The terms of an agency in force on a day that name the kind.
FindTerms: TypeAlias = Callable[[Connection, AgencyCode, HandoffKindCode, date], Terms | None]
FindAccess: TypeAlias = Callable[[Connection, Matter, AgencyCode], Access]


class Receivers:
    """Who a receiver is: asked for an offer, a reassignment, an arbitration and a delivery."""

    def __init__(self, rules: Rulebook, read_agencies: ReadAgencies, find_terms: FindTerms) -> None:
        self._rules = rules
        self._agencies = read_agencies
        self._terms = find_terms

    def of(self, tx: Connection, agency: AgencyCode, kind: HandoffKindCode, on: date) -> Receiver:
        agencies, terms = self._agencies(tx), self._terms(tx, agency, kind, on)
        return Receiver(
            known=agencies.known(agency),
            active=agencies.active(agency),
            max_class=terms.max_class if terms else None,
            mode=terms.mode if terms else DeliveryMode.PULL,
        )

    def offered(
        self, find_access: FindAccess, tx: Connection, command: OfferHandoff, handoff: AnyHandoff
    ) -> OfferHandoff:
        on = self._rules.day(command.at)
        receiver = self.of(tx, command.to_agency, command.kind, on)
        if not command.person or command.matter is None:
            return replace(command, receiver=receiver)
        access = find_access(tx, command.matter, command.from_agency)
        return replace(
            command,
            receiver=receiver,
            matter_open=access.open,
            matter_held=access.held,
            matter_source=access.source_ref,
        )

    def redirected(self, tx: Connection, command: Redirecting, handoff: AnyHandoff) -> Redirecting:
        if isinstance(handoff, Unoffered):
            return command
        on = self._rules.day(command.at)
        return replace(command, receiver=self.of(tx, command.to_agency, handoff.kind, on))

    def delivered(
        self, tx: Connection, command: DeliverHandoff, handoff: AnyHandoff
    ) -> DeliverHandoff:
        if isinstance(handoff, Unoffered):
            return command
        on = self._rules.day(command.at)
        return replace(command, receiver=self.of(tx, handoff.to_agency, handoff.kind, on))
