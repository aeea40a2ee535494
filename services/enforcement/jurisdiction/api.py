"""HTTP for disputes about whose it is: each agency speaks through its own head."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Engine

from libs.contracts.vocabulary import (
    AgencyCode,
    CaseId,
    HandoffId,
    JurisdictionId,
    Matter,
    PowerItemCode,
    Role,
)
from libs.events.deciding.settling import Receipt, Settler
from libs.events.http.bodies import Code, Text
from libs.events.http.edge import Caller, PostingOn, allowed, refusals
from services.enforcement.jurisdiction.commands import AgreeJurisdiction, RaiseJurisdictionDispute
from services.enforcement.jurisdiction.projection import DisputeRow, find_disputes

WATCHERS = (Role.SUPERVISOR, Role.OPS)


class Raising(BaseModel):
    jurisdiction_id: JurisdictionId
    agencies: Annotated[tuple[Code, ...], Field(max_length=20)]
    handoff_id: HandoffId | None = None
    case_id: CaseId | None = None
    power_item_code: Code
    grounds: Text
    matter: Code


class Consent(BaseModel):
    designated: Code


def routes(settler: Settler, engine: Engine, posting: PostingOn) -> APIRouter:
    router = APIRouter(prefix="/jurisdictions", tags=["jurisdictions"])
    post = posting(router)

    @post("", "RaiseJurisdictionDispute", Role.AGENCY_HEAD, status=201)
    async def raise_dispute(body: Raising, caller: Caller) -> Receipt:
        command = RaiseJurisdictionDispute(
            jurisdiction_id=body.jurisdiction_id,
            agency_code=AgencyCode(caller.agency),
            agencies=tuple(map(AgencyCode, body.agencies)),
            handoff_id=body.handoff_id,
            case_id=body.case_id,
            power_item_code=PowerItemCode(body.power_item_code),
            grounds=body.grounds,
            matter=Matter(body.matter),
            at=caller.at,
        )
        return await settler.ask(command, caller)

    @post("/{jurisdiction_id}/agree", "AgreeJurisdiction", Role.AGENCY_HEAD)
    async def agree(jurisdiction_id: JurisdictionId, body: Consent, caller: Caller) -> Receipt:
        command = AgreeJurisdiction(
            jurisdiction_id=jurisdiction_id,
            agency_code=AgencyCode(caller.agency),
            designated=AgencyCode(body.designated),
            at=caller.at,
        )
        return await settler.ask(command, caller)

    @router.get(
        "",
        operation_id="FindDisputes",
        dependencies=[allowed(Role.OFFICER, Role.AGENCY_HEAD, *WATCHERS)],
        responses=refusals({}),
    )
    def disputes(caller: Caller) -> Sequence[DisputeRow]:
        """What an agency takes part in; for who supervises, what waits to be agreed on."""
        agency = None if caller.role in WATCHERS else AgencyCode(caller.agency)
        with engine.connect() as tx:
            return find_disputes(tx, agency)

    return router
