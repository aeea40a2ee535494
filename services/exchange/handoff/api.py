"""HTTP for handoffs: the agencies' window. Each sees and answers only its own."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, Protocol, TypeAlias

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy import Connection

from libs.contracts import exchange
from libs.contracts.exchange import ClosedBecause
from libs.contracts.vocabulary import (
    AgencyCode,
    FileRef,
    GroupId,
    HandoffId,
    HandoffKindCode,
    Location,
    Matter,
    Media,
    PersonId,
    PowerItemCode,
    ReasonCode,
    Role,
    SourceRef,
)
from libs.events.core.kernel import Context, Hidden, NotFound
from libs.events.deciding.settling import Receipt, Settler
from libs.events.http.bodies import (
    Code,
    Digest,
    Latitude,
    Longitude,
    Picture,
    Pictures,
    Short,
    Text,
    place_in,
    place_of,
)
from libs.events.http.edge import Caller, PostingOn, allowed, refusals
from libs.events.store.log import Log
from services.exchange.handoff.commands import (
    AcceptHandoff,
    ArbitrateHandoff,
    CloseHandoff,
    ConfirmHandoff,
    FeedBackHandoff,
    OfferHandoff,
    ProgressHandoff,
    ReturnHandoff,
    SignHandoff,
)
from services.exchange.handoff.projection.inbox import PAGE_SIZE_LIMIT, find_inbox
from services.exchange.handoff.projection.register import HandoffRow, find_handoff

RECEIVERS: Final = (
    Role.AGENCY_HANDLER, Role.EXT_POLICE, Role.EXT_PROCURATOR, Role.EXT_COURT, Role.EXT_LABOR_ARB,
)  # fmt: skip
OFFERERS: Final = (
    Role.AGENCY_HANDLER, Role.EXT_POLICE, Role.EXT_PROCURATOR, Role.EXT_COURT, Role.RECON_OFFICER,
)  # fmt: skip
# These see what their agency sent or was sent; supervision and operations see the heads of all.
WATCHERS: Final = (Role.SUPERVISOR, Role.OPS)
SENDERS: Final = (Role.GRID_DISPATCHER, Role.GRID_RECEIVER)


class Terms(Protocol):
    def shows(self, kind: str, field: str) -> bool: ...


# The terms of an agency in force on a day that name the kind.
FindTerms: TypeAlias = Callable[[Connection, AgencyCode, HandoffKindCode, date], Terms | None]
Day: TypeAlias = Callable[[datetime], date]


class Offer(BaseModel):
    handoff_id: HandoffId
    kind: Code
    to_agency: Code
    matter: Code | None = None
    source_ref: Code = "-"
    group_id: GroupId | None = None
    body: dict[str, Any]
    basis: Short | None = None


class Returned(BaseModel):
    reason: Code
    text: Text
    proposed_agency: Code | None = None
    basis: Short | None = None


class Progress(BaseModel):
    progress_code: Code
    text: Text
    media: Pictures = ()
    lon: Longitude | None = None
    lat: Latitude | None = None


class File(BaseModel):
    sha256: Digest
    name: Short
    privacy_class: Literal["P0", "P1", "P2", "P3", "P4"] = "P1"


class Feedback(BaseModel):
    outcome_code: Code
    text: Text
    proposed_agency: Code | None = None
    power_item_code: Code | None = None
    files: tuple[File, ...] = ()
    media: Pictures = ()
    handler_id: Code | None = None


class Arbitration(BaseModel):
    to_agency: Code
    basis: Text


class Inbox(BaseModel):
    """A page; `next` asks for the one after it."""

    handoffs: Sequence[HandoffRow]
    next: str | None


class HandoffView(BaseModel):
    """A handoff as its reader may see it: a field that the contract leaves out is absent."""

    handoff: HandoffRow
    purpose: str
    body: dict[str, Any]


def pictures(some: Sequence[Picture]) -> tuple[Media, ...]:
    return tuple(Media(**one.model_dump()) for one in some)


def commands(
    settler: Settler,
    posting: PostingOn,
) -> APIRouter:
    router = APIRouter(prefix="/handoffs", tags=["handoffs"])
    post = posting(router)

    @post("", "OfferHandoff", *OFFERERS, status=201)
    async def offer(body: Offer, caller: Caller) -> Receipt:
        command = OfferHandoff(
            handoff_id=body.handoff_id,
            kind=HandoffKindCode(body.kind),
            from_service=settler.log.name,
            from_agency=AgencyCode(caller.agency),
            to_agency=AgencyCode(body.to_agency),
            lead=True,
            group_id=body.group_id,
            source_ref=SourceRef(body.source_ref),
            body=body.body,
            at=caller.at,
            basis=body.basis,
            matter=Matter(body.matter) if body.matter else None,
            person=True,
            role=caller.role,
        )
        return await settler.ask(command, caller)

    @post("/{handoff_id}/sign", "SignHandoff", *RECEIVERS)
    async def sign(handoff_id: HandoffId, caller: Caller) -> Receipt:
        command = SignHandoff(
            handoff_id=handoff_id,
            agency_code=AgencyCode(caller.agency),
            person_id=PersonId(caller.actor),
            at=caller.at,
        )
        return await settler.ask(command, caller)

    @post("/{handoff_id}/accept", "AcceptHandoff", Role.AGENCY_HANDLER, Role.EXT_COURT)
    async def accept(handoff_id: HandoffId, caller: Caller) -> Receipt:
        command = AcceptHandoff(
            handoff_id=handoff_id,
            agency_code=AgencyCode(caller.agency),
            handler_id=PersonId(caller.actor),
            at=caller.at,
        )
        return await settler.ask(command, caller)

    @post("/{handoff_id}/return", "ReturnHandoff", Role.AGENCY_HANDLER)
    async def give_back(handoff_id: HandoffId, body: Returned, caller: Caller) -> Receipt:
        command = ReturnHandoff(
            handoff_id=handoff_id,
            agency_code=AgencyCode(caller.agency),
            reason=ReasonCode(body.reason),
            text=body.text,
            proposed_agency=AgencyCode(body.proposed_agency) if body.proposed_agency else None,
            basis=body.basis,
            at=caller.at,
        )
        return await settler.ask(command, caller)

    @post("/{handoff_id}/progress", "ProgressHandoff", Role.AGENCY_HANDLER)
    async def progress(handoff_id: HandoffId, body: Progress, caller: Caller) -> Receipt:
        here = Location(lon=body.lon, lat=body.lat) if body.lon is not None else None
        command = ProgressHandoff(
            handoff_id=handoff_id,
            agency_code=AgencyCode(caller.agency),
            progress_code=body.progress_code,
            text=body.text,
            media=pictures(body.media),
            location=here,
        )
        return await settler.ask(command, caller)

    @post("/{handoff_id}/feedback", "FeedBackHandoff", *RECEIVERS)
    async def feed_back(handoff_id: HandoffId, body: Feedback, caller: Caller) -> Receipt:
        item = body.power_item_code
        command = FeedBackHandoff(
            handoff_id=handoff_id,
            agency_code=AgencyCode(caller.agency),
            outcome_code=body.outcome_code,
            text=body.text,
            proposed_agency=AgencyCode(body.proposed_agency) if body.proposed_agency else None,
            power_item_code=PowerItemCode(item) if item else None,
            files=tuple(FileRef(**one.model_dump()) for one in body.files),
            media=pictures(body.media),
            handler_id=PersonId(body.handler_id or caller.actor),
            at=caller.at,
        )
        return await settler.ask(command, caller)

    @post("/{handoff_id}/arbitrate", "ArbitrateHandoff", Role.SUPERVISOR)
    async def arbitrate(handoff_id: HandoffId, body: Arbitration, caller: Caller) -> Receipt:
        command = ArbitrateHandoff(
            handoff_id=handoff_id,
            to_agency=AgencyCode(body.to_agency),
            decided_by=PersonId(caller.actor),
            basis=body.basis,
            at=caller.at,
        )
        return await settler.ask(command, caller)

    @post("/{handoff_id}/confirm", "ConfirmHandoff", Role.AGENCY_HANDLER, Role.RECON_OFFICER)
    async def confirm(handoff_id: HandoffId, caller: Caller) -> Receipt:
        command = ConfirmHandoff(
            handoff_id=handoff_id,
            confirmed_by=PersonId(caller.actor),
            agency_code=AgencyCode(caller.agency),
        )
        return await settler.ask(command, caller)

    @post("/{handoff_id}/close", "CloseHandoff", Role.AGENCY_HANDLER)
    async def close(handoff_id: HandoffId, caller: Caller) -> Receipt:
        command = CloseHandoff(
            handoff_id=handoff_id,
            closed_because=ClosedBecause.WITHDRAWN,
            agency_code=AgencyCode(caller.agency),
        )
        return await settler.ask(command, caller)

    return router


def questions(log: Log, find_terms: FindTerms, day: Day) -> APIRouter:
    readers = allowed(*RECEIVERS, *WATCHERS, *SENDERS, Role.RECON_OFFICER)
    router = APIRouter(prefix="/handoffs", tags=["handoffs"], dependencies=[readers])

    @router.get("", operation_id="FindHandoffs", responses=refusals({}))
    def inbox(
        caller: Caller,
        wanted: Literal["to_sign", "to_accept", "to_answer"] | None = None,
        overdue: bool = False,
        source_ref: Code | None = None,
        after: str | None = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_SIZE_LIMIT)] = 50,
    ) -> Inbox:
        watches, sends = caller.role in WATCHERS, caller.role in SENDERS
        agency = AgencyCode(caller.agency)
        with log.engine.connect() as tx:
            rows = find_inbox(
                tx,
                agency=None if watches or sends else agency,
                sender=agency if sends else None,
                wanted=wanted,
                overdue_at=caller.at if overdue else None,
                source_ref=source_ref,
                after=place_in(after),
                limit=limit,
            )
        last = rows[-1] if len(rows) == limit else None
        following = place_of(last.offered_at, last.handoff_id) if last else None
        return Inbox(handoffs=rows, next=following)

    @router.get("/{handoff_id}", operation_id="GetHandoff", responses=refusals({}, "not-found"))
    def handoff(handoff_id: HandoffId, caller: Caller) -> HandoffView:
        with log.engine.connect() as tx:
            row = find_handoff(tx, handoff_id)
            if row is None or not may_see(row, caller):
                raise NotFound(f"there is no handoff {handoff_id}")
            kind = HandoffKindCode(row.kind)
            terms = find_terms(tx, AgencyCode(caller.agency), kind, day(caller.at))
            facts = log.stream(tx, f"handoff/{handoff_id}")
        offered = facts[0].data
        assert isinstance(offered, exchange.HandoffOffered)
        body = shown(row, offered, caller, terms)
        return HandoffView(handoff=row, purpose=offered.purpose, body=body)

    return router


def may_see(row: HandoffRow, caller: Context) -> bool:
    return caller.role in WATCHERS or caller.agency in (row.to_agency, row.from_agency)


def shown(
    row: HandoffRow, offered: exchange.HandoffOffered, caller: Context, terms: Terms | None
) -> dict[str, Any]:
    """The sender sees what it sent; the receiver what its contract lists; who watches nothing."""
    if isinstance(offered.body, Hidden):
        return {"hidden": offered.body.value}
    if caller.agency == row.from_agency:
        return dict(offered.body)
    if caller.agency != row.to_agency or terms is None:
        return {}
    return {name: one for name, one in offered.body.items() if terms.shows(row.kind, name)}
