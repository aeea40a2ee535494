"""What a handoff does when mediation speaks: a dispute came with one, or needs somebody else."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import uuid5

from libs.contracts import mediation as m
from libs.contracts import vocabulary as v
from libs.contracts.exchange import ClosedBecause
from libs.events.core.kernel import ANY, Command, Envelope, Event, ForEachStream, Hidden
from libs.events.core.reactions import Reactions
from services.exchange.handoff.commands import (
    AcceptHandoff,
    CloseHandoff,
    ConfirmHandoff,
    FeedBackHandoff,
    OfferHandoff,
    ReturnHandoff,
    SignHandoff,
)
from services.exchange.handoff.reactions.crediting import said

OF_SOURCE: Final = "open_handoffs"
MEDIATION: Final = "MEDIATION"
LEAD: Final = "LEAD"
PETITION: Final = "PETITION"
POLICE: Final = "POLICE"
ENFORCEMENT: Final = "enforcement"
NOT_MEDIABLE: Final = v.ReasonCode("NOT_MEDIABLE")
ALERTED: Final = m.RiskLevel.R4

on = Reactions[Command | ForEachStream]()
react = on.react


def handed(fact: Envelope[Any]) -> bool:
    """from MEDIATE"""
    return fact.data.handoff_id is not None


def in_parallel(fact: Envelope[m.DisputeReceived]) -> bool:
    """a lead of its category goes out at once, unless only mediation was asked for"""
    return fact.data.to_agency is not None


def to_enforcement(fact: Envelope[m.DisputeDiverted]) -> bool:
    """ENFORCEMENT, POLICE"""
    return fact.data.to_service == ENFORCEMENT


def to_agency(fact: Envelope[m.AgreementBreached]) -> bool:
    """police mediation, or a category whose breach is a lead"""
    return fact.data.to_agency is not None


def elsewhere(fact: Envelope[m.PetitionSeparated]) -> bool:
    """ADMIN_PROCEDURE, DUTY, PETITION_OPINION"""
    return fact.data.to_agency is not None


def imminent(fact: Envelope[m.RiskAlertRaised]) -> bool:
    """R4"""
    return fact.data.level is ALERTED


# What mediation makes of the handoff that a dispute came with


@on(when=handed)
def received(fact: Envelope[m.DisputeReceived]) -> SignHandoff:
    assert fact.data.handoff_id is not None
    return SignHandoff(
        handoff_id=fact.data.handoff_id,
        agency_code=fact.data.agency_code,
        person_id=v.PersonId(fact.actor),
        at=fact.happened,
    )


@on(when=handed)
def accepted(fact: Envelope[m.MediationAccepted]) -> AcceptHandoff:
    return taken_on(fact, fact.data.handoff_id, fact.data.agency_code)


def taken_on(
    fact: Envelope[Event], handoff_id: v.HandoffId | None, agency_code: v.AgencyCode
) -> AcceptHandoff:
    assert handoff_id is not None
    return AcceptHandoff(
        handoff_id=handoff_id,
        agency_code=agency_code,
        handler_id=v.PersonId(fact.actor),
        at=fact.happened,
    )


@on(when=handed)
def declined(fact: Envelope[m.MediationDeclined]) -> ReturnHandoff:
    event = fact.data
    return given_back(fact, event.handoff_id, event.agency_code, event.text, event.basis)


@on(when=handed)
def diverted(fact: Envelope[m.DisputeDiverted]) -> ReturnHandoff:
    event = fact.data
    basis = event.basis or event.reason
    return given_back(fact, event.handoff_id, event.agency_code, event.text, basis)


def given_back(
    fact: Envelope[Event],
    handoff_id: v.HandoffId | None,
    agency_code: v.AgencyCode,
    text: str | Hidden,
    basis: str,
) -> ReturnHandoff:
    """The centre has decided so: that is late or not, and no reason to leave the sender waiting."""
    assert handoff_id is not None
    return ReturnHandoff(
        handoff_id=handoff_id,
        agency_code=agency_code,
        reason=NOT_MEDIABLE,
        text=text,
        proposed_agency=None,
        basis=basis,
        at=fact.happened,
        decided=True,
    )


@on(when=handed)
def agreed(fact: Envelope[m.AgreementSigned]) -> FeedBackHandoff:
    return answered(fact, fact.data, "AGREED", fact.data.form)


@on(when=handed)
def failed(fact: Envelope[m.MediationFailed]) -> FeedBackHandoff:
    return answered(fact, fact.data, "FAILED", fact.data.text)


@on(when=handed)
def terminated(fact: Envelope[m.MediationTerminated]) -> list[AcceptHandoff | FeedBackHandoff]:
    """Who ends it has taken it on, whenever that was."""
    event = fact.data
    return [
        taken_on(fact, event.handoff_id, event.agency_code),
        answered(fact, event, "TERMINATED", event.text),
    ]


def answered(
    fact: Envelope[Event],
    event: m.AgreementSigned | m.MediationFailed | m.MediationTerminated,
    outcome: str,
    text: str | Hidden,
) -> FeedBackHandoff:
    assert event.handoff_id is not None
    return FeedBackHandoff(
        handoff_id=event.handoff_id,
        agency_code=event.agency_code,
        outcome_code=outcome,
        text=text,
        proposed_agency=None,
        power_item_code=None,
        handler_id=v.PersonId(fact.actor),
        at=fact.happened,
    )


@on
def closed(fact: Envelope[m.DisputeClosed]) -> list[CloseHandoff | ForEachStream[CloseHandoff]]:
    """Those that it has called to join; and the one it came with, if that was given back."""
    over = CloseHandoff(
        handoff_id=v.HandoffId(ANY), closed_because=ClosedBecause.SUPERSEDED, agency_code=None
    )
    of_source = ForEachStream(index=OF_SOURCE, key=f"{fact.source}/{fact.subject}", command=over)
    if fact.data.handoff_id is None or fact.data.outcome is not m.DisputeOutcome.DIVERTED:
        return [of_source]
    return [replace(over, handoff_id=fact.data.handoff_id), of_source]


# Whom a dispute needs


@on(when=in_parallel)
def parallel(fact: Envelope[m.DisputeReceived]) -> OfferHandoff:
    return lead(fact, fact.data.parties)


@on(when=to_enforcement)
def sent_on(fact: Envelope[m.DisputeDiverted]) -> OfferHandoff:
    return lead(fact, ())


@on(when=to_agency)
def breached(fact: Envelope[m.AgreementBreached]) -> OfferHandoff:
    return lead(fact, fact.data.parties)


def lead(
    fact: Envelope[m.DisputeReceived | m.DisputeDiverted | m.AgreementBreached],
    parties: tuple[m.DisputeParty, ...] | Hidden,
) -> OfferHandoff:
    """As `lead.v1` has it. Who has applied stands in it only where the lead is of a breach."""
    event = fact.data
    hidden = isinstance(event.facts, Hidden) or isinstance(event.location, Hidden)
    body: dict[str, Any] | Hidden = Hidden.ERASED
    if not hidden and not isinstance(event.location, Hidden):
        body = {
            "source_channel": MEDIATION,
            "discovered_at": fact.happened.isoformat(),
            "facts": event.facts,
        }
        if event.power_item_code is not None:
            body["power_item_code"] = event.power_item_code
        if event.location is not None:
            body["location"] = {
                name: value for name, value in vars(event.location).items() if value is not None
            }
    offer = offered(fact, made(fact, LEAD), v.Kind.LEAD, event.to_agency, body)
    return replace(offer, subject_refs=refs_of(parties))


def refs_of(parties: tuple[m.DisputeParty, ...] | Hidden) -> tuple[v.SubjectRef, ...]:
    """Those on the other side: who complains is never told to whom it is about (grid I9)."""
    if isinstance(parties, Hidden):
        return ()
    return tuple(one.subject_ref for one in parties if one.role is m.PartyRole.RESPONDENT)


@on
def convened(fact: Envelope[m.JointMediationConvened]) -> list[OfferHandoff]:
    event = fact.data
    body: dict[str, Any] | Hidden = Hidden.ERASED
    if not isinstance(event.place, Hidden):
        body = {
            "topic": event.topic,
            "place": event.place,
            "at": event.at.isoformat(),
            "agencies": list(event.units),
            "lead_unit": event.lead_unit,
        }
    return [
        replace(
            offered(fact, made(fact, one), v.Kind.JOINT, one, body),
            lead=one == event.lead_unit,
            group_id=event.group_id,
        )
        for one in event.units
    ]


@on(when=imminent)
def alerted(fact: Envelope[m.RiskAlertRaised]) -> OfferHandoff:
    """The police, at once: 人民调解法 25."""
    event = fact.data
    body: dict[str, Any] | Hidden = Hidden.ERASED
    if not isinstance(event.facts, Hidden) and not isinstance(event.location, Hidden):
        body = {"level": event.level, "facts": event.facts}
        if event.location is not None:
            body["location"] = {
                name: value for name, value in vars(event.location).items() if value is not None
            }
    offer = offered(fact, made(fact, POLICE), v.Kind.ALERT, v.AgencyCode(""), body)
    return replace(offer, to_kind=POLICE)


@on
def to_court(fact: Envelope[m.JudicialConfirmationApplied]) -> OfferHandoff:
    event = fact.data
    body: dict[str, Any] | Hidden = Hidden.ERASED
    if not isinstance(event.parties, Hidden):
        body = {
            "dispute_no": event.dispute_no,
            "agreement_id": str(event.agreement_id),
            "effective_on": event.effective_on.isoformat(),
            "parties": [
                {"subject_ref": said(one.subject_ref), "role": one.role} for one in event.parties
            ],
        }
    offer = offered(fact, event.handoff_id, v.Kind.CONFIRM, event.court, body)
    refs = () if isinstance(event.parties, Hidden) else event.parties
    return replace(offer, subject_refs=tuple(one.subject_ref for one in refs))


@on
def referred(fact: Envelope[m.LegalAidReferred]) -> OfferHandoff:
    event = fact.data
    body: dict[str, Any] | Hidden = Hidden.ERASED
    if not isinstance(event.applicant, Hidden) and not isinstance(event.matter, Hidden):
        body = {
            "dispute_no": event.dispute_no,
            "applicant": said(event.applicant),
            "matter": event.matter,
        }
    offer = offered(fact, event.handoff_id, v.Kind.LEGAL_AID, event.aid_centre, body)
    if isinstance(event.applicant, Hidden):
        return offer
    return replace(offer, subject_refs=(event.applicant,))


@on(when=elsewhere)
def separated(fact: Envelope[m.PetitionSeparated]) -> OfferHandoff:
    """A procedure of the law is a lead; a duty or an opinion is asked of the responsible body."""
    event = fact.data
    body: dict[str, Any] | Hidden = Hidden.ERASED
    if event.route is m.PetitionRoute.ADMIN_PROCEDURE:
        if not isinstance(event.matter, Hidden):
            body = {
                "source_channel": PETITION,
                "discovered_at": fact.happened.isoformat(),
                "facts": event.matter,
            }
            if event.power_item_code is not None:
                body["power_item_code"] = event.power_item_code
        return offered(fact, made(fact, LEAD), v.Kind.LEAD, event.to_agency, body)
    if not isinstance(event.matter, Hidden):
        body = {"petition_no": event.petition_no, "matter": event.matter}
    return offered(fact, made(fact, PETITION), v.Kind.PETITION, event.to_agency, body)


@on
def decided(
    fact: Envelope[m.JudicialConfirmationDecided | m.LegalAidDecided],
) -> ConfirmHandoff:
    return ConfirmHandoff(
        handoff_id=fact.data.handoff_id,
        confirmed_by=v.PersonId(fact.actor),
        agency_code=None,
    )


def made(fact: Envelope[Event], purpose: str) -> v.HandoffId:
    """The handoff that is the consequence of this: consumed again, it is the same."""
    return v.HandoffId(uuid5(fact.id, purpose))


def offered(
    fact: Envelope[Event],
    handoff_id: v.HandoffId,
    kind: v.HandoffKindCode,
    to: v.AgencyCode | None,
    body: Mapping[str, Any] | Hidden,
) -> OfferHandoff:
    agency: v.AgencyCode = vars(fact.data)["agency_code"]
    return OfferHandoff(
        handoff_id=handoff_id,
        kind=kind,
        from_service=fact.source,
        from_agency=agency,
        to_agency=to or v.AgencyCode(""),
        lead=True,
        group_id=None,
        source_ref=v.SourceRef(f"{fact.source}/{fact.subject}"),
        body=body,
        at=fact.happened,
    )
