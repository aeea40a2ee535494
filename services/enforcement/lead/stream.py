"""A lead: registered by an officer or a seat, or handed over; filed as a case by the head."""

from functools import partial
from typing import Annotated, Final

from pydantic import BaseModel, Field

from libs.contracts import vocabulary as v
from libs.contracts.asking import officers_of
from libs.edge.parties import PartyBody, party, subject_ref
from libs.events.core.fields import Call
from libs.events.deciding.turn import Completion
from libs.events.declaring.routes import Tokens, get, post
from libs.events.declaring.stream import Stream
from libs.events.http.bodies import Code, Day, Instant, Latitude, Longitude, Short, Text
from libs.statute.rulebook import Rulebook
from services.enforcement.known import IsCase, IsOpen, ReadKnown
from services.enforcement.lead.commands import FileCase, ReceiveLead
from services.enforcement.lead.completion import complete_filing, complete_receipt
from services.enforcement.lead.projection import find_leads, get_lead, project
from services.enforcement.lead.reactions import on
from services.enforcement.lead.rules import decider

READERS: Final = (
    v.Role.OFFICER,
    v.Role.AGENCY_HEAD,
    v.Role.LEGAL_REVIEWER,
    v.Role.ARCHIVIST,
    v.Role.HOTLINE_SEAT,
    v.Role.SUPERVISOR,
    v.Role.OPS,
)


class Place(BaseModel):
    lon: Longitude | None = None
    lat: Latitude | None = None
    cell_code: Code | None = None
    address_text: Short | None = None


class Receiving(BaseModel):
    lead_id: v.LeadId
    source_channel: Code
    source_ref: Code
    matter: Code | None = None
    subject: PartyBody | None = None
    power_item_code: Code | None = None
    facts: Text
    location: Place | None = None
    discovered_at: Instant


class Filing(Tokens):
    """Signed by the two officers who propose it: `co_signatures`."""

    case_id: v.CaseId
    subjects: Annotated[tuple[PartyBody, ...], Field(min_length=1, max_length=50)]
    power_item_code: Code
    act_date: Day
    act_end_date: Day | None = None
    location: Place | None = None
    safety_harm: bool = False


def placed(place: Place | None) -> v.Location | None:
    if place is None:
        return None
    said = place.model_dump()
    cell = said.pop("cell_code")
    return v.Location(**said, cell_code=v.CellCode(cell) if cell else None)


def received(key: bytes, body: Receiving, call: Call) -> ReceiveLead:
    """The party's number goes no further than this: it becomes a token."""
    caller = call.caller
    today = call.day(caller.at)
    return ReceiveLead(
        lead_id=body.lead_id,
        source_channel=body.source_channel,
        source_ref=v.SourceRef(body.source_ref),
        handoff_id=None,
        agency_code=v.AgencyCode(caller.agency),
        subject=subject_ref(body.subject, key, today) if body.subject else None,
        power_item_code=v.PowerItemCode(body.power_item_code) if body.power_item_code else None,
        facts=body.facts,
        location=placed(body.location),
        discovered_at=body.discovered_at,
        at=caller.at,
        matter=v.Matter(body.matter) if body.matter else None,
        person=True,
    )


def filed(key: bytes, lead_id: v.LeadId, body: Filing, call: Call) -> FileCase:
    caller = call.caller
    refs = tuple(subject_ref(one, key, call.day(caller.at)) for one in body.subjects)
    return FileCase(
        lead_id=lead_id,
        case_id=body.case_id,
        agency_code=v.AgencyCode(caller.agency),
        subjects=refs,
        parties=tuple(party(one, ref) for one, ref in zip(body.subjects, refs, strict=True)),
        power_item_code=v.PowerItemCode(body.power_item_code),
        act_date=body.act_date,
        act_end_date=body.act_end_date,
        location=placed(body.location),
        safety_harm=body.safety_harm,
        proposed_by=officers_of(caller, call.signatures),
        approver=v.PersonId(caller.actor),
        at=caller.at,
    )


def lead(
    rules: Rulebook, identity_key: bytes, read_known: ReadKnown, is_open: IsOpen, is_case: IsCase
) -> Stream:
    return Stream(
        name="lead",
        decider=decider(rules),
        completions={
            ReceiveLead: Completion(asks=("lead",), complete=partial(complete_receipt, is_open)),
            FileCase: Completion(complete=partial(complete_filing, rules, read_known, is_case)),
        },
        projections=[project],
        reactions=on,
        commands=[
            post(
                ReceiveLead,
                "/leads",
                (v.Role.OFFICER, v.Role.HOTLINE_SEAT),
                "not-found lead-duplicate id-check-failed idempotency-conflict",
                status=201,
                reads=partial(received, identity_key),
            ),
            post(
                FileCase,
                "/leads/{lead_id}/file",
                (v.Role.AGENCY_HEAD,),
                "not-found out-of-turn signature-invalid two-officers-required "
                "filing-standard-unmet no-power time-barred id-check-failed "
                "idempotency-conflict",
                reads=partial(filed, identity_key),
            ),
        ],
        queries=[
            get("/leads", find_leads, READERS),
            get("/leads/{lead_id}", get_lead, READERS, "not-found", stream="lead/{lead_id}"),
        ],
    )
