"""HTTP for leads: registered by an officer or a seat, filed by the head; each agency's register."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Final, TypeAlias

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import Engine

from libs.contracts.vocabulary import (
    AgencyCode,
    CaseId,
    CellCode,
    LeadId,
    Location,
    Matter,
    PersonId,
    PowerItemCode,
    Role,
    SourceRef,
)
from libs.edge.parties import PartyBody, party, subject_ref
from libs.edge.signing import Signed, officers_of
from libs.events.core.kernel import NotFound
from libs.events.deciding.settling import Receipt, Settler
from libs.events.http.bodies import (
    Code,
    Day,
    Instant,
    Latitude,
    Longitude,
    Short,
    Text,
    place_in,
    place_of,
)
from libs.events.http.cosigning import Cosigned
from libs.events.http.edge import Caller, PostingOn, allowed, refusals
from services.enforcement.lead.commands import FileCase, ReceiveLead
from services.enforcement.lead.projection import (
    PAGE_SIZE_LIMIT,
    LeadRow,
    find_lead,
    find_leads,
)

WATCHERS: Final = (Role.SUPERVISOR, Role.OPS)
READERS: Final = (
    Role.OFFICER, Role.AGENCY_HEAD, Role.LEGAL_REVIEWER, Role.ARCHIVIST, Role.HOTLINE_SEAT,
)  # fmt: skip
Day_: TypeAlias = Callable[[datetime], date]


class Place(BaseModel):
    lon: Longitude | None = None
    lat: Latitude | None = None
    cell_code: Code | None = None
    address_text: Short | None = None


class Receiving(BaseModel):
    lead_id: LeadId
    source_channel: Code
    source_ref: Code
    matter: Code | None = None
    subject: PartyBody | None = None
    power_item_code: Code | None = None
    facts: Text
    location: Place | None = None
    discovered_at: Instant


class Filing(Signed):
    """Signed by the two officers who propose it: `co_signatures`."""

    case_id: CaseId
    subjects: Annotated[tuple[PartyBody, ...], Field(min_length=1, max_length=50)]
    power_item_code: Code
    act_date: Day
    act_end_date: Day | None = None
    location: Place | None = None
    safety_harm: bool = False


class LeadPage(BaseModel):
    """A page; `next` asks for the one after it."""

    leads: Sequence[LeadRow]
    next: str | None


def placed(place: Place | None) -> Location | None:
    if place is None:
        return None
    said = place.model_dump()
    cell = said.pop("cell_code")
    return Location(**said, cell_code=CellCode(cell) if cell else None)


def routes(
    settler: Settler, engine: Engine, identity_key: bytes, day: Day_, posting: PostingOn
) -> APIRouter:
    router = APIRouter(prefix="/leads", tags=["leads"])
    post = posting(router)

    @post("", "ReceiveLead", Role.OFFICER, Role.HOTLINE_SEAT, status=201)
    async def receive(body: Receiving, caller: Caller) -> Receipt:
        today = day(caller.at)
        ref = subject_ref(body.subject, identity_key, today) if body.subject else None
        command = ReceiveLead(
            lead_id=body.lead_id,
            source_channel=body.source_channel,
            source_ref=SourceRef(body.source_ref),
            handoff_id=None,
            agency_code=AgencyCode(caller.agency),
            subject=ref,
            power_item_code=PowerItemCode(body.power_item_code) if body.power_item_code else None,
            facts=body.facts,
            location=placed(body.location),
            discovered_at=body.discovered_at,
            at=caller.at,
            matter=Matter(body.matter) if body.matter else None,
            person=True,
        )
        return await settler.ask(command, caller)

    @post("/{lead_id}/file", "FileCase", Role.AGENCY_HEAD)
    async def file(lead_id: LeadId, body: Filing, caller: Caller, signed: Cosigned) -> Receipt:
        today = day(caller.at)
        refs = tuple(subject_ref(one, identity_key, today) for one in body.subjects)
        command = FileCase(
            lead_id=lead_id,
            case_id=body.case_id,
            agency_code=AgencyCode(caller.agency),
            subjects=refs,
            parties=tuple(party(one, ref) for one, ref in zip(body.subjects, refs, strict=True)),
            power_item_code=PowerItemCode(body.power_item_code),
            act_date=body.act_date,
            act_end_date=body.act_end_date,
            location=placed(body.location),
            safety_harm=body.safety_harm,
            proposed_by=officers_of(caller, signed),
            approver=PersonId(caller.actor),
            at=caller.at,
        )
        return await settler.ask(command, caller)

    @router.get(
        "",
        operation_id="FindLeads",
        dependencies=[allowed(*READERS, *WATCHERS)],
        responses=refusals({}),
    )
    def page(
        caller: Caller,
        status: Code | None = None,
        due_by: Day | None = None,
        after: str | None = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_SIZE_LIMIT)] = 50,
    ) -> LeadPage:
        with engine.connect() as tx:
            rows = find_leads(
                tx,
                agency_code=None if caller.role in WATCHERS else AgencyCode(caller.agency),
                status=status,
                due_by=due_by,
                after=place_in(after),
                limit=limit,
            )
        last = rows[-1] if len(rows) == limit else None
        return LeadPage(leads=rows, next=place_of(last.received_at, last.lead_id) if last else None)

    @router.get(
        "/{lead_id}",
        operation_id="GetLead",
        dependencies=[allowed(*READERS, *WATCHERS)],
        responses=refusals({}, "not-found"),
    )
    def lead(lead_id: LeadId, caller: Caller) -> LeadRow:
        with engine.connect() as tx:
            row = find_lead(tx, lead_id)
        theirs = row is not None and row.agency_code == caller.agency
        if row is None or not (theirs or caller.role in WATCHERS):
            raise NotFound(f"there is no lead {lead_id}")
        return row

    return router
