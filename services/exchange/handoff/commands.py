"""What may be asked of a handoff.

What is `Completed` is filled in under the lock. Its default is the answer of someone who knows
nothing: with it, the rule says no.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, TypeAlias

from libs.contracts.asking import CallingAgency, CallingPerson
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
    Pictures,
    PowerItemCode,
    ReasonCode,
    SourceRef,
    SubjectRef,
)
from libs.events.core.fields import (
    ACTOR,
    AGENCY,
    ROLE,
    Code,
    Completed,
    Else,
    Internal,
    Now,
    Short,
    Text,
    at_most,
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
    """Somebody offers what is theirs to ask for; services offer what they have decided."""

    handoff_id: HandoffId
    kind: HandoffKindCode
    from_service: Internal[str] = "exchange"
    from_agency: CallingAgency
    to_agency: AgencyCode
    lead: Internal[bool] = True
    group_id: GroupId | None
    source_ref: SourceRef = SourceRef("-")
    body: Annotated[Mapping[str, Any] | Hidden, at_most(1_000)]
    at: Now
    copy: Internal[bool] = False
    subject_refs: Internal[tuple[SubjectRef, ...]] = ()
    purpose: Internal[str | None] = None
    basis: Short | None = None
    due_ats: Internal[DueAts | None] = None
    rule_codes: Internal[tuple[str, ...]] = ()
    matter: Matter | None = None
    # Whether a person offers it, and in which role. With `to_kind` it goes to the agency of a kind.
    person: Internal[bool] = False
    role: Annotated[str, ROLE] = ""
    to_kind: Internal[str] = ""
    receiver: Completed[Receiver] = Receiver()
    # The decision of a remedy has been served; the caller was sent the criminal case.
    known_decision: Completed[bool] = False
    was_sent: Completed[bool] = False
    matter_open: Completed[bool] = False
    matter_held: Completed[bool] = False
    matter_source: Completed[SourceRef | None] = None


class DeliverHandoff(Command):
    handoff_id: HandoffId
    at: datetime
    by_deliverer: bool = False
    receiver: Completed[Receiver] = Receiver()


class SignHandoff(Command):
    handoff_id: HandoffId
    agency_code: CallingAgency
    person_id: CallingPerson
    at: Now


class AcceptHandoff(Command):
    handoff_id: HandoffId
    agency_code: CallingAgency
    handler_id: CallingPerson
    at: Now


class ReturnHandoff(Command):
    handoff_id: HandoffId
    agency_code: CallingAgency
    reason: ReasonCode
    text: Text
    proposed_agency: AgencyCode | None
    basis: Short | None
    at: Now


class ProgressHandoff(Command):
    handoff_id: HandoffId
    agency_code: AgencyCode
    progress_code: str
    text: str
    media: tuple[Media, ...]
    location: Location | None


class FeedBackHandoff(Command):
    """`handler_id` is whoever did the work: the caller, if nobody is named."""

    handoff_id: HandoffId
    agency_code: CallingAgency
    outcome_code: Code
    text: Text
    proposed_agency: AgencyCode | None
    power_item_code: PowerItemCode | None
    files: Annotated[tuple[FileRef, ...], at_most(100)] = ()
    media: Pictures = ()
    handler_id: Annotated[PersonId, Else(source=ACTOR)]
    at: Now


class ReassignHandoff(Command):
    handoff_id: HandoffId
    to_agency: AgencyCode
    because: ReassignedBecause
    at: datetime
    due_ats: DueAts
    rule_codes: tuple[str, ...]
    rule_pack_version: str
    receiver: Completed[Receiver] = Receiver()


class ArbitrateHandoff(Command):
    handoff_id: HandoffId
    to_agency: AgencyCode
    decided_by: CallingPerson
    basis: Text
    at: Now
    receiver: Completed[Receiver] = Receiver()


class ConfirmHandoff(Command):
    """By its sender; by time itself, or by a service that has decided so, for no agency. `ahead`
    says that the answer may be still on its way."""

    handoff_id: HandoffId
    confirmed_by: CallingPerson
    agency_code: Annotated[AgencyCode | None, AGENCY]
    ahead: Internal[bool] = False


class CloseHandoff(Command):
    handoff_id: HandoffId
    closed_because: ClosedBecause
    agency_code: Annotated[AgencyCode | None, AGENCY]


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
