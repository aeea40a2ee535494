"""Leads that follow from events: handed over by the exchange, or found at an inspection."""

from typing import Any, Final
from uuid import uuid5

from libs.contracts import enforcement, exchange
from libs.contracts import vocabulary as v
from libs.events.core.kernel import Envelope, Event, Hidden
from libs.events.core.reactions import Reactions
from services.enforcement.lead.commands import ReceiveLead

KINDS: Final = (v.Kind.LEAD, v.Kind.TRANSFER)
DRAWN: Final = "DUAL_RANDOM"


on = Reactions[ReceiveLead]()
react = on.react


def of_a_lead(fact: Envelope[Any]) -> bool:
    """a lead or a transfer, and no copy of one"""
    return fact.data.kind in KINDS and not getattr(fact.data, "copy", False)


def raised(fact: Envelope[enforcement.InspectionCompleted]) -> bool:
    """a lead was raised, and it was no post-check"""
    inspected = fact.data
    lead = inspected.result is enforcement.InspectionResult.LEAD_RAISED
    return lead and inspected.source_ref is None


def lead_of(fact: Envelope[Event]) -> v.LeadId:
    """The lead that is the consequence of this: consumed again, it is the same."""
    return v.LeadId(uuid5(fact.id, "lead"))


@on(when=of_a_lead)
def handed(
    fact: Envelope[
        exchange.HandoffOffered | exchange.HandoffReassigned | exchange.HandoffArbitrated
    ],
) -> ReceiveLead:
    handoff, body = fact.data, fact.data.body
    hidden = isinstance(body, Hidden)
    said: dict[str, Any] = {} if isinstance(body, Hidden) else dict(body)
    item = said.get("power_item_code")
    return ReceiveLead(
        lead_id=lead_of(fact),
        source_channel=said.get("source_channel", "AGENCY_TRANSFER"),
        source_ref=handoff.source_ref,
        handoff_id=handoff.handoff_id,
        agency_code=handoff.to_agency,
        subject=Hidden.ERASED if hidden else party_in(said),
        power_item_code=v.PowerItemCode(item) if item else None,
        facts=Hidden.ERASED if hidden else said["facts"],
        location=Hidden.ERASED if hidden else place_in(said),
        discovered_at=fact.happened if hidden else exchange.moment(said["discovered_at"]),
        at=fact.happened,
    )


def place_in(said: dict[str, Any]) -> v.Location | None:
    place = said.get("location")
    return None if place is None else v.Location(**place)


def party_in(said: dict[str, Any]) -> v.SubjectRef | None:
    """The first party that the sender names, where it is named as one."""
    for one in said.get("parties") or ():
        ref = one.get("subject_ref") if isinstance(one, dict) else None
        if ref:
            return exchange.subject_in(ref)
    return None


@on(when=raised)
def found(fact: Envelope[enforcement.InspectionCompleted]) -> ReceiveLead:
    inspected = fact.data
    return ReceiveLead(
        lead_id=lead_of(fact),
        source_channel=DRAWN,
        source_ref=v.SourceRef(f"{fact.source}/{fact.subject}"),
        handoff_id=None,
        agency_code=v.AgencyCode(inspected.agency_code),
        subject=inspected.subject,
        power_item_code=inspected.power_item_code,
        facts=inspected.text,
        location=None,
        discovered_at=fact.happened,
        at=fact.happened,
    )
