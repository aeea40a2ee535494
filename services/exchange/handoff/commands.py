"""What may be asked of a handoff.

What is `Completed` is filled in under the lock. Its default is the answer of someone who knows
nothing: with it, the rule says no.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, TypeAlias

from libs.contracts import vocabulary as v
from libs.contracts.asking import CallingAgency, CallingPerson
from libs.contracts.exchange import Clock, ClosedBecause, DeliveryMode, DueAts, ReassignedBecause
from libs.events.core import fields as f
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

    handoff_id: v.HandoffId
    kind: v.HandoffKindCode
    from_service: f.Internal[str] = "exchange"
    from_agency: CallingAgency
    to_agency: v.AgencyCode
    lead: f.Internal[bool] = True
    group_id: v.GroupId | None
    source_ref: v.SourceRef = v.SourceRef("-")
    body: Annotated[Mapping[str, Any] | Hidden, f.at_most(1_000)]
    at: f.Now
    copy: f.Internal[bool] = False
    subject_refs: f.Internal[tuple[v.SubjectRef, ...]] = ()
    purpose: f.Internal[str | None] = None
    basis: f.Short | None = None
    due_ats: f.Internal[DueAts | None] = None
    rule_codes: f.Internal[tuple[str, ...]] = ()
    matter: v.Matter | None = None
    # Whether a person offers it, and in which role. With `to_kind` it goes to the agency of a kind.
    person: f.Internal[bool] = False
    role: Annotated[str, f.ROLE] = ""
    to_kind: f.Internal[str] = ""
    receiver: f.Completed[Receiver] = Receiver()
    # The decision of a remedy has been served; the caller was sent the criminal case.
    known_decision: f.Completed[bool] = False
    was_sent: f.Completed[bool] = False
    matter_open: f.Completed[bool] = False
    matter_held: f.Completed[bool] = False
    matter_source: f.Completed[v.SourceRef | None] = None


class DeliverHandoff(Command):
    handoff_id: v.HandoffId
    at: datetime
    by_deliverer: bool = False
    receiver: f.Completed[Receiver] = Receiver()


class SignHandoff(Command):
    handoff_id: v.HandoffId
    agency_code: CallingAgency
    person_id: CallingPerson
    at: f.Now


class AcceptHandoff(Command):
    handoff_id: v.HandoffId
    agency_code: CallingAgency
    handler_id: CallingPerson
    at: f.Now


class ReturnHandoff(Command):
    handoff_id: v.HandoffId
    agency_code: CallingAgency
    reason: v.ReasonCode
    text: f.Text | Hidden
    proposed_agency: v.AgencyCode | None
    basis: f.Short | None
    at: f.Now
    # A service of ours has decided so: that it is late is on record, and nobody is left waiting.
    decided: f.Internal[bool] = False


class ProgressHandoff(Command):
    handoff_id: v.HandoffId
    agency_code: v.AgencyCode
    progress_code: str
    text: str
    media: tuple[v.Media, ...]
    location: v.Location | None


class FeedBackHandoff(Command):
    """`handler_id` is whoever did the work: the caller, if nobody is named."""

    handoff_id: v.HandoffId
    agency_code: CallingAgency
    outcome_code: f.Code
    text: f.Text | Hidden
    proposed_agency: v.AgencyCode | None
    power_item_code: v.PowerItemCode | None
    files: Annotated[tuple[v.FileRef, ...], f.at_most(100)] = ()
    media: v.Pictures = ()
    handler_id: Annotated[v.PersonId, f.Else(source=f.ACTOR)]
    at: f.Now


class ReassignHandoff(Command):
    handoff_id: v.HandoffId
    to_agency: v.AgencyCode
    because: ReassignedBecause
    at: datetime
    due_ats: DueAts
    rule_codes: tuple[str, ...]
    rule_pack_version: str
    receiver: f.Completed[Receiver] = Receiver()


class ArbitrateHandoff(Command):
    handoff_id: v.HandoffId
    to_agency: v.AgencyCode
    decided_by: CallingPerson
    basis: f.Text
    at: f.Now
    receiver: f.Completed[Receiver] = Receiver()


class ConfirmHandoff(Command):
    """By its sender; by time itself, or by a service that has decided so, for no agency. `ahead`
    says that the answer may be still on its way."""

    handoff_id: v.HandoffId
    confirmed_by: CallingPerson
    agency_code: Annotated[v.AgencyCode | None, f.AGENCY]
    ahead: f.Internal[bool] = False


class CloseHandoff(Command):
    handoff_id: v.HandoffId
    closed_because: ClosedBecause
    agency_code: Annotated[v.AgencyCode | None, f.AGENCY]


class MarkHandoffOverdue(Command):
    handoff_id: v.HandoffId
    clock: Clock
    percent: int


class EscalateHandoff(Command):
    handoff_id: v.HandoffId
    percent: int | None
    reason: v.EscalationReason


OfferingCommand: TypeAlias = OfferHandoff | DeliverHandoff | ReassignHandoff | ArbitrateHandoff
AnsweringCommand: TypeAlias = (
    SignHandoff | AcceptHandoff | ReturnHandoff | ProgressHandoff | FeedBackHandoff
)
EndingCommand: TypeAlias = ConfirmHandoff | CloseHandoff | MarkHandoffOverdue | EscalateHandoff
HandoffCommand: TypeAlias = OfferingCommand | AnsweringCommand | EndingCommand
