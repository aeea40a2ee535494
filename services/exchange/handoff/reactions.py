"""What a handoff does when others speak, and when handoffs themselves do."""

from dataclasses import asdict
from typing import Final
from uuid import uuid5

from libs.contracts import exchange, grid
from libs.contracts.exchange import ClosedBecause, DueAts, ReassignedBecause
from libs.contracts.vocabulary import (
    AgencyCode,
    EscalationReason,
    GroupId,
    HandoffId,
    Kind,
    PersonId,
    SourceRef,
)
from libs.events.kernel import ANY, Command, Each, Envelope, Event, Hidden
from services.exchange.handoff.commands import (
    CloseHandoff,
    ConfirmHandoff,
    DeliverHandoff,
    EscalateHandoff,
    OfferHandoff,
    ReassignHandoff,
)

GROUP: Final = "handoffs_of_group"
ESCALATING: Final = (100, 150, 200)


def react(fact: Envelope[Event]) -> list[Command | Each]:
    match fact.data:
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
        "location": {name: value for name, value in asdict(place).items() if value is not None},
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


def confirmed(fact: Envelope[Event], handoff_id: HandoffId) -> ConfirmHandoff:
    return ConfirmHandoff(
        handoff_id=handoff_id, confirmed_by=PersonId(fact.actor), agency_code=None
    )


def superseded(lead: HandoffId) -> Each:
    """The co-handlers' handoffs close with the lead's."""
    command = CloseHandoff(
        handoff_id=HandoffId(ANY), closed_because=ClosedBecause.SUPERSEDED, agency_code=None
    )
    return Each(index=GROUP, key=str(lead), command=command)
