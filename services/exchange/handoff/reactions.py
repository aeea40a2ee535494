"""What a handoff does when others speak, and when handoffs themselves do."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import uuid5

from libs.contracts import enforcement, exchange, grid
from libs.contracts.exchange import ClosedBecause, DueAts, ReassignedBecause
from libs.contracts.vocabulary import (
    AgencyCode,
    EscalationReason,
    GroupId,
    HandoffId,
    HandoffKindCode,
    Kind,
    PersonId,
    SourceRef,
)
from libs.events.core.kernel import ANY, Command, Each, Envelope, Event, Hidden
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

GROUP: Final = "handoffs_of_group"
PROCURATORATE: Final = "PROCURATORATE"
ESCALATING: Final = (100, 150, 200)


def react(fact: Envelope[Event]) -> list[Command | Each]:
    if isinstance(fact.data, enforcement.CaseEvent):
        return of_cases(fact, fact.data)
    match fact.data:
        case grid.ReportHandedOff() as handed:
            return handed_off(fact, handed)
        case grid.HandoffOutcomeRecorded(final=True) as recorded:
            return [confirmed(fact, recorded.handoff_id, ahead=True)]
        case grid.ReportDispatched(returns_count=0) as dispatched:
            return offers(fact, dispatched)
        case grid.ReportDispatched() as dispatched:
            return [reassigned(fact, dispatched)]
        case grid.CheckPassed(handoff_id=handoff_id) if handoff_id is not None:
            return [confirmed(fact, handoff_id), superseded(handoff_id)]
        case grid.CheckFailed() as failed if failed.handoff_id is not None:
            return [failed_check(fact, failed)]
        case grid.ReportRefused(handoff_id=handoff_id) if handoff_id is not None:
            return [
                CloseHandoff(
                    handoff_id=handoff_id,
                    closed_because=ClosedBecause.WITHDRAWN,
                    agency_code=None,
                ),
                superseded(handoff_id),
            ]
        case exchange.HandoffOffered() | exchange.HandoffReassigned() as offered:
            return [DeliverHandoff(handoff_id=offered.handoff_id, at=fact.happened)]
        case exchange.HandoffReturned(last_allowed=True) as returned:
            return [
                EscalateHandoff(
                    handoff_id=returned.handoff_id,
                    percent=None,
                    reason=EscalationReason.RETURNED_TWICE,
                )
            ]
        case exchange.HandoffOverdue() as overdue if overdue.percent in ESCALATING:
            return [
                EscalateHandoff(
                    handoff_id=overdue.handoff_id,
                    percent=overdue.percent,
                    reason=EscalationReason.OVERDUE,
                )
            ]
        case _:
            return []


def offers(fact: Envelope[Event], dispatched: grid.ReportDispatched) -> list[Command | Each]:
    """One to the lead and one to each co-handler, tied by the lead's id."""
    lead = dispatched.handoff_id
    receivers = [(lead, dispatched.agency_code)]
    receivers += [(HandoffId(uuid5(lead, one)), one) for one in dispatched.co_agencies]
    return [
        OfferHandoff(
            handoff_id=handoff_id,
            kind=Kind.DISPATCH,
            from_service=fact.source,
            from_agency=dispatched.from_agency,
            to_agency=agency_code,
            lead=handoff_id == lead,
            group_id=GroupId(lead),
            source_ref=SourceRef(f"{fact.source}/{fact.subject}"),
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


def reassigned(fact: Envelope[Event], dispatched: grid.ReportDispatched) -> ReassignHandoff:
    return ReassignHandoff(
        handoff_id=dispatched.handoff_id,
        to_agency=dispatched.agency_code,
        because=ReassignedBecause.RETURNED,
        at=fact.happened,
        due_ats=due_ats_of(dispatched),
        rule_codes=dispatched.rule_codes,
        rule_pack_version=dispatched.rule_pack_version,
    )


def failed_check(fact: Envelope[Event], failed: grid.CheckFailed) -> ReassignHandoff:
    """The same unit once more, with a shorter clock."""
    assert failed.handoff_id is not None
    return ReassignHandoff(
        handoff_id=failed.handoff_id,
        to_agency=AgencyCode(failed.agency_code or ""),
        because=ReassignedBecause.CHECK_FAILED,
        at=fact.happened,
        due_ats=due_ats_of(failed),
        rule_codes=failed.rule_codes,
        rule_pack_version=failed.rule_pack_version,
    )


def confirmed(
    fact: Envelope[Event], handoff_id: HandoffId, *, ahead: bool = False
) -> ConfirmHandoff:
    return ConfirmHandoff(
        handoff_id=handoff_id,
        confirmed_by=PersonId(fact.actor),
        agency_code=None,
        ahead=ahead,
    )


def handed_off(fact: Envelope[Event], handed: grid.ReportHandedOff) -> list[Command | Each]:
    """The agency that the law names gets a lead; what was dispatched before is over with that."""
    if handed.target is not grid.HandOffTarget.ENFORCEMENT:
        return []
    offer = OfferHandoff(
        handoff_id=handed.handoff_id,
        kind=Kind.LEAD,
        from_service=fact.source,
        from_agency=AgencyCode(fact.agency),
        to_agency=handed.to_agency,
        lead=True,
        group_id=None,
        source_ref=SourceRef(f"{fact.source}/{fact.subject}"),
        subject_refs=() if isinstance(handed.parties, Hidden) else handed.parties,
        body=lead_body(handed),
        at=fact.happened,
    )
    over: list[Command | Each] = []
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


def of_cases(fact: Envelope[Event], event: enforcement.CaseEvent) -> list[Command | Each]:
    """What enforcement asks others for, and what it has made of what it was handed."""
    match event:
        case enforcement.CaseFiled(handoff_id=handoff_id) if handoff_id is not None:
            return [
                ProgressHandoff(
                    handoff_id=handoff_id,
                    agency_code=event.agency_code,
                    progress_code="FILED",
                    text=event.case_no,
                    media=(),
                    location=None,
                )
            ]
        case enforcement.CaseClosed(handoff_id=handoff_id) if handoff_id is not None:
            return [
                FeedBackHandoff(
                    handoff_id=handoff_id,
                    agency_code=AgencyCode(fact.agency),
                    outcome_code="CLOSED",
                    text=event.outcome,
                    proposed_agency=None,
                    power_item_code=None,
                    files=(),
                    media=(),
                    handler_id=PersonId(fact.actor),
                    at=fact.happened,
                )
            ]
        case enforcement.AssistanceRequested():
            body = {"case_no": event.case_no, "matter": event.matter}
            return [offered(fact, event.handoff_id, Kind.ASSIST, event.to_agency, body)]
        case enforcement.CourtEnforcementApplied():
            asked: dict[str, object] = {
                "case_no": event.case_no,
                "decision_no": event.decision_no,
                "scope": event.scope,
                "apply_by": event.apply_by.isoformat(),
            }
            if event.amount_fen is not None:
                asked["amount_fen"] = event.amount_fen
            return [offered(fact, event.handoff_id, Kind.COURT_ENFORCE, event.court, asked)]
        case enforcement.CriminalTransferred():
            return to_police(fact, event)
        case (
            enforcement.AssistanceProvided()
            | enforcement.CourtEnforcementRuled()
            | enforcement.CriminalFilingDecided()
        ):
            return [confirmed(fact, event.handoff_id)]
        case _:
            return []


def to_police(
    fact: Envelope[Event], event: enforcement.CriminalTransferred
) -> list[Command | Each]:
    """The police get it, and the procuratorate a copy: 310号 6."""
    hidden = isinstance(event.docs, Hidden) or isinstance(event.crime, Hidden)
    body = (
        Hidden.ERASED
        if hidden
        else {"case_no": event.case_no, "crime": event.crime, "docs": event.docs}
    )
    original = offered(fact, event.handoff_id, Kind.CRIMINAL, event.police_unit, body)
    copy_id = HandoffId(uuid5(event.handoff_id, PROCURATORATE))
    copy = offered(fact, copy_id, Kind.CRIMINAL, AgencyCode(""), body)
    return [original, replace(copy, copy=True, lead=False, to_kind=PROCURATORATE)]


def offered(
    fact: Envelope[Event],
    handoff_id: HandoffId,
    kind: HandoffKindCode,
    to_agency: AgencyCode,
    body: Mapping[str, Any] | Hidden,
) -> OfferHandoff:
    """A handoff for which the event carries the whole body."""
    subjects = getattr(fact.data, "subjects", ())
    erased = any(isinstance(one, Hidden) for one in vars(fact.data).values())
    return OfferHandoff(
        handoff_id=handoff_id,
        kind=kind,
        from_service=fact.source,
        from_agency=AgencyCode(fact.agency),
        to_agency=to_agency,
        lead=True,
        group_id=None,
        source_ref=SourceRef(f"{fact.source}/{fact.subject}"),
        subject_refs=() if isinstance(subjects, Hidden) else subjects,
        body=Hidden.ERASED if erased else body,
        at=fact.happened,
    )


def superseded(lead: HandoffId) -> Each:
    """The co-handlers' handoffs close with the lead's."""
    command = CloseHandoff(
        handoff_id=HandoffId(ANY), closed_because=ClosedBecause.SUPERSEDED, agency_code=None
    )
    return Each(index=GROUP, key=str(lead), command=command)
