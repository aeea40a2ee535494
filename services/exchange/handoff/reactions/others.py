"""What a handoff does when others speak, and when handoffs themselves do."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias
from uuid import uuid5

from libs.contracts import enforcement, exchange, grid
from libs.contracts import vocabulary as v
from libs.contracts.exchange import ClosedBecause, DueAts, ReassignedBecause
from libs.events.core.kernel import ANY, Command, Envelope, Event, ForEachStream, Hidden
from libs.events.core.reactions import Reactions
from services.exchange.handoff.commands import (
    CloseHandoff,
    ConfirmHandoff,
    DeliverHandoff,
    EscalateHandoff,
    FeedBackHandoff,
    OfferHandoff,
    ProgressHandoff,
    ReassignHandoff,
)
from services.exchange.handoff.reactions.crediting import said

GROUP: Final = "handoffs_of_group"
PROCURATORATE: Final = "PROCURATORATE"
ESCALATING: Final = (100, 150, 200)
# A dispute says how it came; what came any other way came by the grid.
CHANNELS: Final = frozenset({"HOTLINE", "PETITION"})
GRID: Final = "GRID"
APPLICANT: Final = "APPLICANT"


Ending: TypeAlias = ConfirmHandoff | ForEachStream[CloseHandoff]

on = Reactions[Command | ForEachStream]()
react = on.react


def first(fact: Envelope[grid.ReportDispatched]) -> bool:
    """it was never returned"""
    return fact.data.returns_count == 0


def again(fact: Envelope[grid.ReportDispatched]) -> bool:
    """it was returned before"""
    return fact.data.returns_count > 0


def dispatched(fact: Envelope[Any]) -> bool:
    """of a dispatch"""
    return fact.data.handoff_id is not None


def final(fact: Envelope[grid.HandoffOutcomeRecorded]) -> bool:
    """the last outcome"""
    return bool(fact.data.final)


def of_lead(fact: Envelope[Any]) -> bool:
    """the case came as a handoff"""
    return fact.data.handoff_id is not None


def last_allowed(fact: Envelope[exchange.HandoffReturned]) -> bool:
    """no further return is allowed"""
    return bool(fact.data.last_allowed)


def escalating(fact: Envelope[exchange.HandoffOverdue]) -> bool:
    """a share that is escalated"""
    return fact.data.percent in ESCALATING


# What the grid has decided


@on(when=first)
def offers(fact: Envelope[grid.ReportDispatched]) -> list[OfferHandoff]:
    """One to the lead and one to each co-handler, tied by the lead's id."""
    dispatched = fact.data
    lead = dispatched.handoff_id
    receivers = [(lead, dispatched.agency_code)]
    receivers += [(v.HandoffId(uuid5(lead, one)), one) for one in dispatched.co_agencies]
    return [
        OfferHandoff(
            handoff_id=handoff_id,
            kind=v.Kind.DISPATCH,
            from_service=fact.source,
            from_agency=dispatched.from_agency,
            to_agency=agency_code,
            lead=handoff_id == lead,
            group_id=v.GroupId(lead),
            source_ref=v.SourceRef(f"{fact.source}/{fact.subject}"),
            body=body_of(dispatched),
            at=fact.happened,
            due_ats=due_ats_of(dispatched),
            rule_codes=dispatched.rule_codes,
        )
        for handoff_id, agency_code in receivers
    ]


def body_of(dispatched: grid.ReportDispatched) -> dict[str, object] | Hidden:
    """As `dispatch.v1` has it. The reporter of a complaint never stands there (grid I9)."""
    place, media = dispatched.location, dispatched.media
    if isinstance(place, Hidden) or isinstance(media, Hidden):
        return Hidden.ERASED
    if isinstance(dispatched.description, Hidden):
        return dispatched.description
    return {
        "report_no": dispatched.report_no,
        "category_code": dispatched.category_code,
        "sla_class": dispatched.sla_class,
        "location": {name: value for name, value in vars(place).items() if value is not None},
        "description": dispatched.description,
        "media": [{"sha256": one.sha256, "kind": one.kind} for one in media],
    }


def due_ats_of(event: grid.ReportDispatched | grid.CheckFailed) -> DueAts:
    return DueAts(
        receipt=event.receipt_due_at, accept=event.accept_due_at, result=event.dispose_due_at
    )


@on(when=again)
def reassigned(fact: Envelope[grid.ReportDispatched]) -> ReassignHandoff:
    dispatched = fact.data
    return ReassignHandoff(
        handoff_id=dispatched.handoff_id,
        to_agency=dispatched.agency_code,
        because=ReassignedBecause.RETURNED,
        at=fact.happened,
        due_ats=due_ats_of(dispatched),
        rule_codes=dispatched.rule_codes,
        rule_pack_version=dispatched.rule_pack_version,
    )


@on(when=dispatched)
def failed_check(fact: Envelope[grid.CheckFailed]) -> ReassignHandoff:
    """The same unit once more, with a shorter clock."""
    failed = fact.data
    assert failed.handoff_id is not None
    return ReassignHandoff(
        handoff_id=failed.handoff_id,
        to_agency=v.AgencyCode(failed.agency_code or ""),
        because=ReassignedBecause.CHECK_FAILED,
        at=fact.happened,
        due_ats=due_ats_of(failed),
        rule_codes=failed.rule_codes,
        rule_pack_version=failed.rule_pack_version,
    )


@on(when=dispatched)
def passed_check(fact: Envelope[grid.CheckPassed]) -> list[Ending]:
    lead = fact.data.handoff_id
    assert lead is not None
    return [confirmed(fact, lead), superseded(lead)]


@on(when=dispatched)
def refused(fact: Envelope[grid.ReportRefused]) -> list[CloseHandoff | ForEachStream[CloseHandoff]]:
    lead = fact.data.handoff_id
    assert lead is not None
    withdrawn = CloseHandoff(
        handoff_id=lead, closed_because=ClosedBecause.WITHDRAWN, agency_code=None
    )
    return [withdrawn, superseded(lead)]


@on(when=final)
def answered(fact: Envelope[grid.HandoffOutcomeRecorded]) -> ConfirmHandoff:
    return confirmed(fact, fact.data.handoff_id, ahead=True)


def confirmed(
    fact: Envelope[Event], handoff_id: v.HandoffId, *, ahead: bool = False
) -> ConfirmHandoff:
    return ConfirmHandoff(
        handoff_id=handoff_id,
        confirmed_by=v.PersonId(fact.actor),
        agency_code=None,
        ahead=ahead,
    )


@on
def handed_off(fact: Envelope[grid.ReportHandedOff]) -> list[Ending | OfferHandoff]:
    """The agency that the law names gets a lead, or the centre a dispute; what was dispatched
    before is over with that."""
    handed = fact.data
    enforced = handed.target is grid.HandOffTarget.ENFORCEMENT
    offer = OfferHandoff(
        handoff_id=handed.handoff_id,
        kind=v.Kind.LEAD if enforced else v.Kind.MEDIATE,
        from_service=fact.source,
        from_agency=v.AgencyCode(fact.agency),
        to_agency=handed.to_agency,
        lead=True,
        group_id=None,
        source_ref=v.SourceRef(f"{fact.source}/{fact.subject}"),
        subject_refs=() if isinstance(handed.parties, Hidden) else handed.parties,
        body=lead_body(handed) if enforced else dispute_body(handed),
        at=fact.happened,
    )
    over: list[Ending | OfferHandoff] = []
    if handed.initiated_by is grid.InitiatedBy.AGENCY:
        over.append(confirmed(fact, handed.dispatch_handoff_id))
    return [*over, superseded(handed.dispatch_handoff_id), offer]


def lead_body(handed: grid.ReportHandedOff) -> dict[str, object] | Hidden:
    """As `lead.v1` has it. The reporter of a complaint never stands there (grid I9)."""
    place, facts = handed.location, handed.facts
    if isinstance(place, Hidden) or isinstance(facts, Hidden):
        return Hidden.ERASED
    body: dict[str, object] = {
        "source_channel": handed.source_channel,
        "category_code": handed.category_code,
        "discovered_at": handed.received_at.isoformat(),
        "facts": facts,
        "location": {name: value for name, value in vars(place).items() if value is not None},
    }
    if handed.power_item_code is not None:
        body["power_item_code"] = handed.power_item_code
    if handed.evidence and not isinstance(handed.evidence, Hidden):
        body["evidence"] = [{"sha256": one.sha256, "name": one.name} for one in handed.evidence]
    return body


def dispute_body(handed: grid.ReportHandedOff) -> dict[str, object] | Hidden:
    """As `mediate.v1` has it: who has reported it applies."""
    place, facts, reporter = handed.location, handed.facts, handed.reporter_ref
    if isinstance(place, Hidden) or isinstance(facts, Hidden) or isinstance(reporter, Hidden):
        return Hidden.ERASED
    applicants = [] if reporter is None else [{"subject_ref": said(reporter), "role": APPLICANT}]
    return {
        "channel": handed.source_channel if handed.source_channel in CHANNELS else GRID,
        "category_code": handed.category_code,
        "received_at": handed.received_at.isoformat(),
        "parties": applicants,
        "facts": facts,
        "location": {name: value for name, value in vars(place).items() if value is not None},
    }


# What enforcement asks others for, and what it has made of what it was handed


@on(when=of_lead)
def filed(fact: Envelope[enforcement.CaseFiled]) -> ProgressHandoff:
    assert fact.data.handoff_id is not None
    return ProgressHandoff(
        handoff_id=fact.data.handoff_id,
        agency_code=fact.data.agency_code,
        progress_code="FILED",
        text=fact.data.case_no,
        media=(),
        location=None,
    )


@on(when=of_lead)
def closed(fact: Envelope[enforcement.CaseClosed]) -> FeedBackHandoff:
    assert fact.data.handoff_id is not None
    return FeedBackHandoff(
        handoff_id=fact.data.handoff_id,
        agency_code=v.AgencyCode(fact.agency),
        outcome_code="CLOSED",
        text=fact.data.outcome,
        proposed_agency=None,
        power_item_code=None,
        handler_id=v.PersonId(fact.actor),
        at=fact.happened,
    )


@on
def helped(fact: Envelope[enforcement.AssistanceRequested]) -> OfferHandoff:
    event = fact.data
    body = {"case_no": event.case_no, "matter": event.matter}
    return offered(fact, event.handoff_id, v.Kind.ASSIST, event.to_agency, body)


@on
def to_court(fact: Envelope[enforcement.CourtEnforcementApplied]) -> OfferHandoff:
    event = fact.data
    asked: dict[str, object] = {
        "case_no": event.case_no,
        "decision_no": event.decision_no,
        "scope": event.scope,
        "apply_by": event.apply_by.isoformat(),
    }
    if event.amount_fen is not None:
        asked["amount_fen"] = event.amount_fen
    return offered(fact, event.handoff_id, v.Kind.COURT_ENFORCE, event.court, asked)


@on
def decided(
    fact: Envelope[
        enforcement.AssistanceProvided
        | enforcement.CourtEnforcementRuled
        | enforcement.CriminalFilingDecided
    ],
) -> ConfirmHandoff:
    return confirmed(fact, fact.data.handoff_id)


@on
def to_police(fact: Envelope[enforcement.CriminalTransferred]) -> list[OfferHandoff]:
    """The police get it, and the procuratorate a copy: 310号 6."""
    event = fact.data
    hidden = isinstance(event.docs, Hidden) or isinstance(event.crime, Hidden)
    body = (
        Hidden.ERASED
        if hidden
        else {"case_no": event.case_no, "crime": event.crime, "docs": event.docs}
    )
    original = offered(fact, event.handoff_id, v.Kind.CRIMINAL, event.police_unit, body)
    copy_id = v.HandoffId(uuid5(event.handoff_id, PROCURATORATE))
    copy = offered(fact, copy_id, v.Kind.CRIMINAL, v.AgencyCode(""), body)
    return [original, replace(copy, copy=True, lead=False, to_kind=PROCURATORATE)]


def offered(
    fact: Envelope[Event],
    handoff_id: v.HandoffId,
    kind: v.HandoffKindCode,
    to_agency: v.AgencyCode,
    body: Mapping[str, Any] | Hidden,
) -> OfferHandoff:
    """A handoff for which the event carries the whole body."""
    subjects = getattr(fact.data, "subjects", ())
    erased = any(isinstance(one, Hidden) for one in vars(fact.data).values())
    return OfferHandoff(
        handoff_id=handoff_id,
        kind=kind,
        from_service=fact.source,
        from_agency=v.AgencyCode(fact.agency),
        to_agency=to_agency,
        lead=True,
        group_id=None,
        source_ref=v.SourceRef(f"{fact.source}/{fact.subject}"),
        subject_refs=() if isinstance(subjects, Hidden) else subjects,
        body=Hidden.ERASED if erased else body,
        at=fact.happened,
    )


# What handoffs themselves do


@on
def delivered(
    fact: Envelope[exchange.HandoffOffered | exchange.HandoffReassigned],
) -> DeliverHandoff:
    return DeliverHandoff(handoff_id=fact.data.handoff_id, at=fact.happened)


@on(when=last_allowed)
def returned_twice(fact: Envelope[exchange.HandoffReturned]) -> EscalateHandoff:
    return EscalateHandoff(
        handoff_id=fact.data.handoff_id, percent=None, reason=v.EscalationReason.RETURNED_TWICE
    )


@on(when=escalating)
def overdue(fact: Envelope[exchange.HandoffOverdue]) -> EscalateHandoff:
    return EscalateHandoff(
        handoff_id=fact.data.handoff_id,
        percent=fact.data.percent,
        reason=v.EscalationReason.OVERDUE,
    )


def superseded(lead: v.HandoffId) -> ForEachStream[CloseHandoff]:
    """The co-handlers' handoffs close with the lead's."""
    command = CloseHandoff(
        handoff_id=v.HandoffId(ANY), closed_because=ClosedBecause.SUPERSEDED, agency_code=None
    )
    return ForEachStream(index=GROUP, key=str(lead), command=command)
