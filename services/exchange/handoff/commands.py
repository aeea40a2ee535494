"""What may be asked of a handoff.

A field with a default is left open by whoever asks, and completed before it is decided. Its default
is the answer of someone who knows nothing: with it, the rule says no.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

from libs.contracts.exchange import Clock, ClosedBecause, DeliveryMode, DueAts, ReassignedBecause
from libs.contracts.vocabulary import (
    AgencyCode,
    EscalationReason,
    FileRef,
    GroupId,
    HandoffId,
    HandoffKindCode,
    Location,
    Matter,
    Media,
    PersonId,
    PowerItemCode,
    ReasonCode,
    SourceRef,
    SubjectRef,
)
from libs.events.core.kernel import Command, Hidden, Record


class Receiver(Record):
    """What is known of whoever is to have it: in the register, active, and under which contract.

    `max_class` is that of a contract in force that names the kind; without one there is none.
    """

    known: bool = False
    active: bool = False
    max_class: str | None = None
    mode: DeliveryMode = DeliveryMode.PULL


class OfferHandoff(Command):
    """`person` says whether somebody offers it, in which `role`: services offer what they have
    decided. With `to_kind` it goes to the agency of that kind. `known_decision` says that the
    decision of a remedy has been served, `was_sent` that the caller was sent the criminal case.
    """

    handoff_id: HandoffId
    kind: HandoffKindCode
    from_service: str
    from_agency: AgencyCode
    to_agency: AgencyCode
    lead: bool
    group_id: GroupId | None
    source_ref: SourceRef
    body: Mapping[str, Any] | Hidden
    at: datetime
    copy: bool = False
    subject_refs: tuple[SubjectRef, ...] = ()
    purpose: str | None = None
    basis: str | None = None
    due_ats: DueAts | None = None
    rule_codes: tuple[str, ...] = ()
    matter: Matter | None = None
    person: bool = False
    role: str = ""
    to_kind: str = ""
    receiver: Receiver = Receiver()
    known_decision: bool = False
    was_sent: bool = False
    matter_open: bool = False
    matter_held: bool = False
    matter_source: SourceRef | None = None


class DeliverHandoff(Command):
    handoff_id: HandoffId
    at: datetime
    by_deliverer: bool = False
    receiver: Receiver = Receiver()


class SignHandoff(Command):
    handoff_id: HandoffId
    agency_code: AgencyCode
    person_id: PersonId
    at: datetime
    receiver: Receiver = Receiver()


class AcceptHandoff(Command):
    handoff_id: HandoffId
    agency_code: AgencyCode
    handler_id: PersonId
    at: datetime


class ReturnHandoff(Command):
    handoff_id: HandoffId
    agency_code: AgencyCode
    reason: ReasonCode
    text: str
    proposed_agency: AgencyCode | None
    basis: str | None
    at: datetime


class ProgressHandoff(Command):
    handoff_id: HandoffId
    agency_code: AgencyCode
    progress_code: str
    text: str
    media: tuple[Media, ...]
    location: Location | None


class FeedBackHandoff(Command):
    handoff_id: HandoffId
    agency_code: AgencyCode
    outcome_code: str
    text: str
    proposed_agency: AgencyCode | None
    power_item_code: PowerItemCode | None
    files: tuple[FileRef, ...]
    media: tuple[Media, ...]
    handler_id: PersonId
    at: datetime


class ReassignHandoff(Command):
    handoff_id: HandoffId
    to_agency: AgencyCode
    because: ReassignedBecause
    at: datetime
    due_ats: DueAts
    rule_codes: tuple[str, ...]
    rule_pack_version: str
    receiver: Receiver = Receiver()


class ArbitrateHandoff(Command):
    handoff_id: HandoffId
    to_agency: AgencyCode
    decided_by: PersonId
    basis: str
    at: datetime
    receiver: Receiver = Receiver()


class ConfirmHandoff(Command):
    """By its sender; by time itself, or by a service that has decided so, for no agency. `ahead`
    says that the answer may be still on its way."""

    handoff_id: HandoffId
    confirmed_by: PersonId
    agency_code: AgencyCode | None
    ahead: bool = False


class CloseHandoff(Command):
    handoff_id: HandoffId
    closed_because: ClosedBecause
    agency_code: AgencyCode | None


class MarkHandoffOverdue(Command):
    handoff_id: HandoffId
    clock: Clock
    percent: int


class EscalateHandoff(Command):
    handoff_id: HandoffId
    percent: int | None
    reason: EscalationReason


OfferingCommand: TypeAlias = OfferHandoff | DeliverHandoff | ReassignHandoff | ArbitrateHandoff
AnsweringCommand: TypeAlias = (
    SignHandoff | AcceptHandoff | ReturnHandoff | ProgressHandoff | FeedBackHandoff
)
EndingCommand: TypeAlias = ConfirmHandoff | CloseHandoff | MarkHandoffOverdue | EscalateHandoff
HandoffCommand: TypeAlias = OfferingCommand | AnsweringCommand | EndingCommand
