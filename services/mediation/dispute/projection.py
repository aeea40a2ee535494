"""The register of disputes, who mediates which, whose they are, and what is due from agreements.

No name, no text and nothing that was said stands here: what tells of somebody is read from the log.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import Connection, and_, or_, select

from libs.contracts import mediation as m
from libs.contracts import vocabulary as v
from libs.events.core.fields import Paging
from libs.events.core.kernel import Envelope, Hidden
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import KEY, UNSHOWN, Row
from libs.events.http.bodies import place_in, place_of
from libs.events.store.read_models import beyond

RUNNING = ("ACCEPTED", "ASSIGNED", "MEDIATING")
UNSOLVED = ("RECEIVED", "TRIAGED", *RUNNING)


class DisputeRow(
    Row,
    table="mediation_disputes",
    indexes=(
        ("disputes_by_arrival", "agency_code", "received_at", "dispute_id"),
        ("disputes_by_stage", "agency_code", "stage", "received_at", "dispute_id"),
        ("disputes_by_term", "due_on"),
        ("disputes_by_level_term", "level_due_on"),
        ("disputes_by_matter", "correlation_id"),
        ("disputes_by_number", "dispute_no"),
    ),
):
    """A dispute as the register of its centre shows it."""

    dispute_id: Annotated[v.DisputeId, KEY]
    dispute_no: v.DisputeNo
    correlation_id: str
    agency_code: v.AgencyCode
    channel: str
    category: str
    mediation_type: str | None
    risk_level: str | None
    level: str | None
    stage: str
    received_at: datetime
    applied_on: date
    triage_due_on: date
    due_on: date | None
    level_due_on: date | None
    paused: bool
    first_receiver: str | None
    lead_mediator: str | None
    sessions: int
    next_session_at: datetime | None
    lead_official: str | None
    official_target_on: date | None
    listed_until: date | None
    confirm_until: date | None
    rating: str | None
    outcome: str | None
    closed_on: date | None
    handoff_id: Annotated[v.HandoffId | None, UNSHOWN]


class MediatorRow(Row, table="mediation_mediators", indexes=(("mediators_of", "dispute_id"),)):
    """Who mediates what; `active` until somebody else does, or it is closed."""

    mediator_id: Annotated[v.PersonId, KEY]
    dispute_id: Annotated[v.DisputeId, KEY]
    active: bool


class PartyRow(Row, table="mediation_parties", indexes=(("parties_of", "dispute_id"),)):
    party_id: Annotated[UUID, KEY]
    dispute_id: Annotated[v.DisputeId, KEY]
    at: datetime


class ItemRow(
    Row,
    table="mediation_items",
    indexes=(
        ("items_by_day", "due_on", "item_id"),
        ("items_of_dispute", "dispute_id"),
    ),
):
    """An item of an agreement: until when, and when it was done."""

    item_id: Annotated[v.ItemId, KEY]
    dispute_id: v.DisputeId
    due_on: date
    performed_on: date | None
    breached: bool


@projection(DisputeRow)
def project(disputes: Changes, fact: Envelope[m.DisputeEvent]) -> None:
    key = fact.data.dispute_id

    def change(**more: object) -> None:
        disputes.set(dispute_id=key, **more)

    match fact.data:
        case m.DisputeReceived():
            names = ("dispute_no", "agency_code", "channel", "category", "applied_on",
                     "triage_due_on", "first_receiver", "handoff_id")  # fmt: skip
            disputes.take(
                fact, *names, correlation_id=fact.correlation_id, received_at=fact.happened, **FRESH
            )
        case m.DisputeTriaged() as event:
            disputes.take(fact, "risk_level", "level", "level_due_on", "first_receiver",
                          stage="TRIAGED", mediation_type=event.type)  # fmt: skip
        case m.MediationAccepted():
            disputes.take(fact, "due_on", stage="ACCEPTED")
        case m.MediationDeclined():
            change(stage="DECLINED")
        case m.DisputeDiverted():
            change(stage="DIVERTED")
        case m.MediatorAssigned():
            disputes.take(fact, "lead_mediator", stage="ASSIGNED")
        case m.MediatorRecused():
            change(lead_mediator=None, stage="ACCEPTED")
        case m.SessionScheduled(at=at):
            change(next_session_at=at, stage="MEDIATING")
        case m.SessionHeld(session_no=number):
            change(sessions=number, next_session_at=None)
        case m.ClockPaused():
            change(paused=True)
        case m.ClockResumed(new_due_on=due_on):
            change(paused=False, due_on=due_on)
        case m.MediationExtended(new_due_on=due_on):
            change(due_on=due_on)
        case m.MediationFailed():
            change(stage="FAILED", paused=False)
        case m.MediationTerminated():
            change(stage="TERMINATED", paused=False)
        case m.LeadOfficialAssigned() as event:
            change(lead_official=event.official_id, official_target_on=event.target_on)
        case m.DisputeListedForSupervision(due_on=due_on):
            change(listed_until=due_on)
        case m.DisputeDelisted():
            change(listed_until=None)
        case m.DisputeEscalated() as event:
            disputes.take(fact, "agency_code", "level_due_on", level=event.to_level)
        case m.RiskAlertRaised(level=level):
            change(risk_level=level)
        case _:
            ended(disputes, fact)


# As a dispute begins, and begins again.
FRESH = {
    "mediation_type": None, "risk_level": None, "level": None, "stage": "RECEIVED", "due_on": None,
    "level_due_on": None, "paused": False, "lead_mediator": None, "sessions": 0,
    "next_session_at": None, "lead_official": None, "official_target_on": None,
    "listed_until": None, "confirm_until": None, "rating": None, "outcome": None,
    "closed_on": None,
}  # fmt: skip


def ended(disputes: Changes, fact: Envelope[m.DisputeEvent]) -> None:
    key = fact.data.dispute_id

    def change(**more: object) -> None:
        disputes.set(dispute_id=key, **more)

    match fact.data:
        case m.AgreementReached():
            change(stage="AGREED")
        case m.AgreementSigned():
            disputes.take(fact, "confirm_until", stage="SIGNED")
        case m.JudicialConfirmationApplied():
            change(stage="CONFIRMING")
        case m.JudicialConfirmationDecided(result=result):
            confirmed = result is m.ConfirmationResult.CONFIRMED
            change(stage="CONFIRMED" if confirmed else "SIGNED")
        case m.AgreementPerformed(done=done):
            change(stage="PERFORMED" if done else "PERFORMING")
        case m.AgreementBreached():
            change(stage="BREACHED")
        case m.GuidanceIssued():
            change(stage="GUIDED")
        case m.FollowUpRecorded():
            disputes.take(fact, "rating", stage="FOLLOWED_UP")
        case m.DisputeClosed() as event:
            change(stage="CLOSED", outcome=event.outcome, closed_on=event.on)
        case m.DisputeReopened():
            change(**FRESH)


@projection(MediatorRow)
def project_mediators(
    mediators: Changes, fact: Envelope[m.MediatorAssigned | m.MediatorRecused]
) -> None:
    match fact.data:
        case m.MediatorAssigned(mediator_ids=named):
            for one in named:
                mediators.set(mediator_id=one, dispute_id=fact.data.dispute_id, active=True)
        case m.MediatorRecused(mediator_id=one):
            mediators.set(mediator_id=one, dispute_id=fact.data.dispute_id, active=False)


@projection(PartyRow)
def project_parties(parties: Changes, fact: Envelope[m.DisputeReceived | m.DisputeTriaged]) -> None:
    named = fact.data.parties if isinstance(fact.data, m.DisputeReceived) else fact.data.joined
    if isinstance(named, Hidden):
        return
    for one in named:
        parties.set(
            party_id=one.subject_ref.subject_id,
            dispute_id=fact.data.dispute_id,
            at=fact.happened,
        )


@projection(ItemRow)
def project_items(
    items: Changes,
    fact: Envelope[m.AgreementReached | m.AgreementPerformed | m.AgreementBreached],
) -> None:
    match fact.data:
        case m.AgreementReached(items=named):
            for one in named:
                items.set(
                    item_id=one.item_id,
                    dispute_id=fact.data.dispute_id,
                    due_on=one.due_on,
                    performed_on=None,
                    breached=False,
                )
        case m.AgreementPerformed() as event:
            items.set(item_id=event.item_id, performed_on=event.on)
        case m.AgreementBreached() as event:
            items.set(item_id=event.item_id, breached=True)


def find_dispute(tx: Connection, dispute_id: UUID) -> DisputeRow | None:
    return DisputeRow.first(tx, DisputeRow.where(dispute_id=dispute_id))


def is_dispute(tx: Connection, dispute_no: str) -> bool:
    return DisputeRow.first(tx, DisputeRow.where(dispute_no=dispute_no)) is not None


def find_disputes(
    tx: Connection,
    *,
    agency_code: v.AgencyCode | None,
    stage: str | None,
    level: str | None,
    category: str | None,
    due_by: date | None,
    listed: bool,
    page: Paging,
) -> tuple[list[DisputeRow], str | None]:
    """The oldest first."""
    found = DisputeRow.where(agency_code=agency_code, stage=stage, level=level, category=category)
    c = DisputeRow.c
    if due_by is not None:
        # The stages once more, so that an index leads past all that are over.
        found = found.where(
            c.stage.in_(("RECEIVED", *RUNNING)),
            or_(
                and_(c.stage == "RECEIVED", c.triage_due_on <= due_by),
                and_(c.stage.in_(RUNNING), c.due_on <= due_by),
            ),
        )
    if listed:
        found = found.where(c.listed_until.is_not(None))
    return DisputeRow.page(tx, found, page, "received_at", "dispute_id")


def find_of_mediator(
    tx: Connection, mediator_id: str, *, closed: bool, page: Paging
) -> tuple[list[DisputeRow], str | None]:
    """Of who mediates them now; without those that are closed, unless they are asked for."""
    mine = select(MediatorRow.c.dispute_id).where(
        MediatorRow.c.mediator_id == mediator_id, MediatorRow.c.active
    )
    return of(tx, mine, closed, page)


def find_of_party(
    tx: Connection, party_id: UUID, *, page: Paging
) -> tuple[list[DisputeRow], str | None]:
    mine = select(PartyRow.c.dispute_id).where(PartyRow.c.party_id == party_id)
    return of(tx, mine, True, page)


def of(
    tx: Connection, ids: object, closed: bool, page: Paging
) -> tuple[list[DisputeRow], str | None]:
    c = DisputeRow.c
    found = select(DisputeRow.table).where(c.dispute_id.in_(ids))
    if not closed:
        found = found.where(c.stage != "CLOSED")
    order = (c.received_at, c.dispute_id)
    if (last := place_in(page.after)) is not None:
        found = found.where(beyond(order, last))
    rows = DisputeRow.read(tx, found.order_by(*order).limit(page.limit))
    if len(rows) < page.limit:
        return rows, None
    return rows, place_of(rows[-1].received_at, rows[-1].dispute_id)


def is_party(tx: Connection, dispute_id: UUID, party_id: UUID) -> bool:
    found = PartyRow.where(dispute_id=dispute_id, party_id=party_id)
    return PartyRow.first(tx, found) is not None


def is_mediator(tx: Connection, dispute_id: UUID, mediator_id: str) -> bool:
    found = MediatorRow.where(dispute_id=dispute_id, mediator_id=mediator_id)
    row = MediatorRow.first(tx, found)
    return row is not None and row.active


class DueItem(ItemRow):
    """With what a centre needs to find it."""

    dispute_no: v.DisputeNo
    lead_mediator: str | None


def find_due_items(
    tx: Connection, agency_code: v.AgencyCode | None, mediator: str | None, by: date, limit: int
) -> Sequence[DueItem]:
    """Open items that are due by a day, the earliest first."""
    c, d = ItemRow.c, DisputeRow.c
    found = (
        select(ItemRow.table, d.dispute_no, d.lead_mediator)
        .join(DisputeRow.table, d.dispute_id == c.dispute_id)
        .where(c.performed_on.is_(None), c.breached.is_(False), c.due_on <= by)
        .where(d.stage.in_(("SIGNED", "CONFIRMING", "CONFIRMED", "PERFORMING")))
    )
    if agency_code is not None:
        found = found.where(d.agency_code == agency_code)
    if mediator is not None:
        mine = select(MediatorRow.c.dispute_id).where(
            MediatorRow.c.mediator_id == mediator, MediatorRow.c.active
        )
        found = found.where(c.dispute_id.in_(mine))
    rows = tx.execute(found.order_by(c.due_on, c.item_id).limit(limit)).mappings()
    return [DueItem.model_validate(dict(row)) for row in rows]
