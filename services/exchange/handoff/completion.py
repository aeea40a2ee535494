"""What the commands of a handoff leave open: who the receiver is, and what is open to the caller.

It is asked under the lock; the questions are other files', and come from `main`.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import TypeAlias, TypeVar

from sqlalchemy import Connection

from libs.contracts.exchange import DeliveryMode
from libs.contracts.vocabulary import AgencyCode, HandoffKindCode, Kind, SourceRef
from libs.events.core.deciders import Nothing
from libs.events.core.kernel import Hidden
from libs.statute.numbering import normalised
from libs.statute.rulebook import Rulebook
from services.exchange.handoff.commands import (
    ArbitrateHandoff,
    DeliverHandoff,
    OfferHandoff,
    ReassignHandoff,
    Receiver,
)
from services.exchange.handoff.projection.register import Sent
from services.exchange.handoff.rules.state import AnyHandoff
from services.exchange.known import FindAccess, FindDecision, FindTerms, ReadAgencies

Redirecting = TypeVar("Redirecting", ReassignHandoff, ArbitrateHandoff)


FindSent: TypeAlias = Callable[[Connection, SourceRef], Sent | None]


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
        self,
        find_access: FindAccess,
        find_decision: FindDecision,
        find_sent: FindSent,
        tx: Connection,
        command: OfferHandoff,
        handoff: AnyHandoff,
    ) -> OfferHandoff:
        on = self._rules.day(command.at)
        if command.to_kind:
            found = self._agencies(tx).of_kind(command.to_kind)
            command = replace(command, to_agency=found or command.to_agency)
        command = of_remedy(find_decision, tx, command)
        command = of_crime(find_sent, tx, command)
        receiver = self.of(tx, command.to_agency, command.kind, on)
        named = command.person and command.kind not in (Kind.REMEDY, Kind.CRIMINAL_RETURN)
        if not named or command.matter is None:
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
        if isinstance(handoff, Nothing):
            return command
        on = self._rules.day(command.at)
        return replace(command, receiver=self.of(tx, command.to_agency, handoff.kind, on))

    def delivered(
        self, tx: Connection, command: DeliverHandoff, handoff: AnyHandoff
    ) -> DeliverHandoff:
        if isinstance(handoff, Nothing):
            return command
        on = self._rules.day(command.at)
        return replace(command, receiver=self.of(tx, handoff.to_agency, handoff.kind, on))


def of_remedy(find: FindDecision, tx: Connection, command: OfferHandoff) -> OfferHandoff:
    """A remedy continues the case of its decision, whatever its sender calls it, and in whatever
    style its number is written."""
    if command.kind != Kind.REMEDY or not command.person or isinstance(command.body, Hidden):
        return command
    number = normalised(str(command.body.get("decision_no")))
    found = find(tx, number)
    if found is None:
        return command
    return replace(
        command,
        known_decision=True,
        matter=found.correlation_id,
        source_ref=found.source_ref,
        body={**command.body, "decision_no": number},
    )


def of_crime(find: FindSent, tx: Connection, command: OfferHandoff) -> OfferHandoff:
    """What comes back from the police continues the case that was sent there."""
    if command.kind != Kind.CRIMINAL_RETURN or not command.person:
        return command
    sent = find(tx, command.source_ref)
    if sent is None:
        return command
    return replace(command, matter=sent.matter, was_sent=command.from_agency in sent.receivers)
