"""What a dispute does when others speak: a handoff brings it, units join, a court and a legal-aid
centre answer."""

from typing import Any, Final
from uuid import uuid5

from libs.contracts import exchange
from libs.contracts import mediation as m
from libs.contracts import vocabulary as v
from libs.contracts.sources import key_of
from libs.events.core.kernel import Envelope, Hidden
from libs.events.core.reactions import Reactions
from services.mediation.dispute.commands import (
    DisputeCommand,
    JoinJointMediation,
    ReceiveDispute,
    RecordConfirmation,
    RecordLegalAid,
)

OURS: Final = "mediation/dispute"
GRANTED: Final = "GRANTED"
PARTY_ROLES: Final = frozenset(m.PartyRole)
CHANNELS: Final = frozenset(m.DisputeChannel)

on = Reactions[DisputeCommand]()
react = on.react


def to_mediate(fact: Envelope[exchange.HandoffOffered]) -> bool:
    """MEDIATE"""
    return fact.data.kind == v.Kind.MEDIATE


def on_a_dispute(fact: Envelope[exchange.HandoffAccepted]) -> bool:
    """JOINT, on a dispute"""
    return fact.data.kind == v.Kind.JOINT and key_of(fact.data.source_ref, OURS) is not None


def answers(fact: Envelope[exchange.HandoffFedBack], kind: v.HandoffKindCode) -> bool:
    return fact.data.kind == kind and key_of(fact.data.source_ref, OURS) is not None


def of_court(fact: Envelope[exchange.HandoffFedBack]) -> bool:
    """CONFIRM"""
    return answers(fact, v.Kind.CONFIRM)


def of_aid(fact: Envelope[exchange.HandoffFedBack]) -> bool:
    """LEGAL_AID"""
    return answers(fact, v.Kind.LEGAL_AID)


def dispute_of(source_ref: v.SourceRef) -> v.DisputeId:
    key = key_of(source_ref, OURS)
    assert key is not None, "asked about a dispute of ours only"
    return v.DisputeId(key)


@on(when=to_mediate)
def handed(fact: Envelope[exchange.HandoffOffered]) -> ReceiveDispute:
    """The centre or the street that it goes to has it with that; its grid category stands for the
    one of disputes beside it, any other for OTHER."""
    handoff, body = fact.data, fact.data.body
    hidden = isinstance(body, Hidden)
    said: dict[str, Any] = {} if isinstance(body, Hidden) else dict(body)
    channel = said.get("channel")
    return ReceiveDispute(
        dispute_id=v.DisputeId(uuid5(fact.id, "dispute")),
        agency_code=handoff.to_agency,
        channel=m.DisputeChannel(channel if channel in CHANNELS else "AGENCY"),
        source_ref=handoff.source_ref,
        handoff_id=handoff.handoff_id,
        parties=Hidden.ERASED if hidden else parties_in(said),
        category=v.DisputeCategory(said.get("category") or said.get("category_code") or ""),
        facts=Hidden.ERASED if hidden else said["facts"],
        amount_fen=said.get("amount_fen"),
        location=Hidden.ERASED if hidden else place_in(said),
        applied_at=fact.happened if hidden else exchange.moment(said["received_at"]),
        first_receiver=None,
        mediation_only=bool(said.get("mediation_only")),
        at=fact.happened,
    )


def parties_in(said: dict[str, Any]) -> tuple[m.DisputeParty, ...]:
    """Those that are named as parties: `[{subject_ref, role}]`."""
    found = []
    for one in said.get("parties") or ():
        ref = one.get("subject_ref") if isinstance(one, dict) else None
        if not isinstance(ref, dict):
            continue
        role = one.get("role")
        found.append(
            m.DisputeParty(
                subject_ref=exchange.subject_in(ref),
                role=m.PartyRole(role if role in PARTY_ROLES else "APPLICANT"),
                name=str(one.get("name") or ""),
            )
        )
    return tuple(found)


def place_in(said: dict[str, Any]) -> v.Location | None:
    place = said.get("location")
    return None if place is None else v.Location(**place)


@on(when=on_a_dispute)
def joined(fact: Envelope[exchange.HandoffAccepted]) -> JoinJointMediation:
    handoff = fact.data
    return JoinJointMediation(
        dispute_id=dispute_of(handoff.source_ref),
        unit=handoff.agency_code,
        group_id=handoff.group_id,
    )


@on(when=of_court)
def confirmed(fact: Envelope[exchange.HandoffFedBack]) -> RecordConfirmation:
    return RecordConfirmation(
        dispute_id=dispute_of(fact.data.source_ref),
        handoff_id=fact.data.handoff_id,
        result=fact.data.outcome_code,
    )


@on(when=of_aid)
def aided(fact: Envelope[exchange.HandoffFedBack]) -> RecordLegalAid:
    return RecordLegalAid(
        dispute_id=dispute_of(fact.data.source_ref),
        handoff_id=fact.data.handoff_id,
        granted=fact.data.outcome_code == GRANTED,
        lawyer=fact.data.text,
    )
