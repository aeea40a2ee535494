"""What is shown of a dispute: a row of the register, one dispute, and what leaves the wall."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel

from libs.contracts import mediation as m
from libs.events.core.kernel import Hidden
from services.mediation.dispute.projection import DisputeRow, DueItem
from services.mediation.dispute.rules.state import Dispute

WAITS: Final = {
    "RECEIVED": "MEDIATION_MANAGER", "TRIAGED": "PARTY", "ACCEPTED": "MEDIATION_MANAGER",
    "ASSIGNED": "MEDIATOR", "MEDIATING": "MEDIATOR", "AGREED": "MEDIATOR", "SIGNED": "PARTY",
    "CONFIRMING": "EXT_COURT", "CONFIRMED": "PARTY", "PERFORMING": "PARTY", "PERFORMED": "MEDIATOR",
    "BREACHED": "MEDIATOR", "FAILED": "MEDIATOR", "TERMINATED": "MEDIATOR", "DECLINED": "MEDIATOR",
    "GUIDED": "MEDIATOR", "FOLLOWED_UP": "MEDIATION_MANAGER", "DIVERTED": "MEDIATION_MANAGER",
}  # fmt: skip


class DisputeShown(DisputeRow):
    """`waits_for` is the role that has to act next; nobody, when it is closed."""

    waits_for: str | None = None


class DisputePage(BaseModel):
    disputes: Sequence[DisputeShown]
    next: str | None


class PartyView(BaseModel):
    party_id: UUID
    role: m.PartyRole
    name: str
    guardian: str | None
    consent: bool | None


class ItemView(BaseModel):
    """`content` and `amount_fen` are behind the wall."""

    item_id: UUID
    obligor: UUID
    obligee: UUID
    due_on: date
    content: str | None
    amount_fen: int | None
    performed_on: date | None


class SessionView(BaseModel):
    """`proposals` are behind the wall."""

    session_no: int
    on: date
    attendance: Sequence[str]
    proposals: Sequence[str] | None


class DisputeView(DisputeShown):
    """One dispute. What is behind the wall is null for who is not its mediator and no party."""

    facts: str | None
    amount_fen: int | None
    parties: Sequence[PartyView]
    mediators: Sequence[str]
    recused: Sequence[str]
    joined_units: Sequence[str]
    held: Sequence[SessionView]
    items: Sequence[ItemView]
    paths: Sequence[m.ExitPath]
    wages_claimed_fen: int | None
    wages_paid_fen: int
    wages_settled: bool


class OutcomeView(BaseModel):
    """What leaves the wall: that there is a dispute and how it stands; nothing of what was said."""

    dispute_id: UUID
    dispute_no: str
    category: str
    stage: str
    received_at: datetime
    outcome: str | None
    closed_on: date | None


class DueItems(BaseModel):
    items: Sequence[DueItem]


class Counts(BaseModel):
    """How many, by what they have in common. Fewer than five are told as `<5`."""

    received: Mapping[str, int | str]
    by_category: Mapping[str, int | str]
    by_channel: Mapping[str, int | str]
    by_outcome: Mapping[str, int | str]


def shown(row: DisputeRow) -> DisputeShown:
    return DisputeShown(**row.model_dump(), handoff_id=None, waits_for=WAITS.get(row.stage))


def view(row: DisputeRow, dispute: Dispute, *, inside: bool) -> DisputeView:
    claim = dispute.claim
    told = {} if dispute.guidance is None else {"paths": dispute.guidance.paths}
    return DisputeView(
        **shown(row).model_dump(exclude={"handoff_id"}),
        handoff_id=None,
        facts=plain(dispute.received.facts),
        amount_fen=dispute.received.amount_fen,
        parties=party_views(dispute),
        mediators=dispute.mediators,
        recused=sorted(dispute.recused),
        joined_units=sorted(dispute.joined),
        held=[
            SessionView(
                session_no=one.session_no,
                on=one.on,
                attendance=one.attendance,
                proposals=one.proposals if inside and isinstance(one.proposals, tuple) else None,
            )
            for one in dispute.held
        ],
        items=item_views(dispute, inside=inside),
        paths=told.get("paths", ()),
        wages_claimed_fen=None if claim is None else claim.amount_fen,
        wages_paid_fen=sum(one.amount_fen for one in dispute.payments),
        wages_settled=dispute.settled,
    )


def plain(value: Any) -> Any:
    return None if isinstance(value, Hidden) else value


def party_views(dispute: Dispute) -> list[PartyView]:
    if isinstance(dispute.parties, Hidden):
        return []
    return [
        PartyView(
            party_id=one.subject_ref.subject_id,
            role=one.role,
            name=one.name or one.subject_ref.display_name,
            guardian=None if one.guardian is None else one.guardian.display_name,
            consent=dispute.consents.get(one.subject_ref.subject_id),
        )
        for one in dispute.parties
    ]


def item_views(dispute: Dispute, *, inside: bool) -> list[ItemView]:
    reached = dispute.reached
    if reached is None:
        return []
    found = []
    for number, one in enumerate(reached.items):
        terms = reached.terms[number] if inside and isinstance(reached.terms, tuple) else None
        done = dispute.performed.get(one.item_id)
        found.append(
            ItemView(
                item_id=one.item_id,
                obligor=one.obligor,
                obligee=one.obligee,
                due_on=one.due_on,
                content=None if terms is None else terms.content,
                amount_fen=None if terms is None else terms.amount_fen,
                performed_on=None if done is None else done.on,
            )
        )
    return found
