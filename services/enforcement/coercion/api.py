"""HTTP for coercive measures: imposed by two officers, approved and lifted by the head."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Engine

from libs.contracts.enforcement import ExtendedBecause, Manifest, SeizedItem
from libs.contracts.vocabulary import (
    AgencyCode,
    CaseId,
    CoercionId,
    LeadId,
    LegalBasis,
    PersonId,
    PowerItemCode,
    ReasonCode,
    Role,
)
from libs.edge.signing import Signed, head_of, officers_of
from libs.events.cosigning import Cosigned
from libs.events.edge import Code, Digest, Short
from libs.events.http import Caller, PostingOn, allowed, refusals
from libs.events.settling import Receipt, Settler
from services.enforcement.coercion.commands import (
    ApproveCoerciveMeasure,
    ExtendCoerciveMeasure,
    ImposeCoerciveMeasure,
    LiftCoerciveMeasure,
)
from services.enforcement.coercion.projection import CoercionRow, find_coercions

WATCHERS = (Role.SUPERVISOR, Role.OPS)
Digests = Annotated[tuple[Digest, ...], Field(max_length=50)]


class ItemBody(BaseModel):
    item_id: UUID
    name: Short
    kind: Code
    quantity: Short


class BasisBody(BaseModel):
    law: Short
    article: Short


class ManifestBody(BaseModel):
    text: Digests = ()
    photo: Digests = ()
    audio_video: Digests = ()


class Measure(Signed):
    coercion_id: CoercionId
    lead_id: LeadId | None = None
    case_id: CaseId | None = None
    power_item_code: Code
    kind: Code
    items: Annotated[tuple[ItemBody, ...], Field(max_length=500)]
    legal_basis: Annotated[tuple[BasisBody, ...], Field(max_length=20)]
    urgent: bool = False
    manifest: ManifestBody


class Lifting(BaseModel):
    ground: Code
    returned: Annotated[tuple[Short, ...], Field(max_length=500)] = ()


def routes(
    settler: Settler, engine: Engine, day: Callable[[datetime], date], posting: PostingOn
) -> APIRouter:
    router = APIRouter(prefix="/coercions", tags=["coercions"])
    post = posting(router)

    @post("", "ImposeCoerciveMeasure", Role.OFFICER, status=201)
    async def impose(body: Measure, caller: Caller, signed: Cosigned) -> Receipt:
        said: dict[str, Any] = body.manifest.model_dump()
        command = ImposeCoerciveMeasure(
            coercion_id=body.coercion_id,
            lead_id=body.lead_id,
            case_id=body.case_id,
            agency_code=AgencyCode(caller.agency),
            power_item_code=PowerItemCode(body.power_item_code),
            kind=body.kind,
            items=tuple(SeizedItem(**one.model_dump()) for one in body.items),
            legal_basis=tuple(LegalBasis(law=o.law, article=o.article) for o in body.legal_basis),
            urgent=body.urgent,
            approver=head_of(caller, signed),
            manifest=Manifest(**said),
            officers=officers_of(caller, signed),
            at=caller.at,
        )
        return await settler.ask(command, caller)

    @post("/{coercion_id}/approve", "ApproveCoerciveMeasure", Role.AGENCY_HEAD)
    async def approve(coercion_id: CoercionId, caller: Caller) -> Receipt:
        command = ApproveCoerciveMeasure(
            coercion_id=coercion_id,
            agency_code=AgencyCode(caller.agency),
            approver=PersonId(caller.actor),
            at=caller.at,
        )
        return await settler.ask(command, caller)

    @post("/{coercion_id}/extend", "ExtendCoerciveMeasure", Role.AGENCY_HEAD)
    async def extend(coercion_id: CoercionId, caller: Caller) -> Receipt:
        command = ExtendCoerciveMeasure(
            coercion_id=coercion_id,
            because=ExtendedBecause.EXTENSION,
            approver=PersonId(caller.actor),
            agency_code=AgencyCode(caller.agency),
            at=caller.at,
        )
        return await settler.ask(command, caller)

    @post("/{coercion_id}/lift", "LiftCoerciveMeasure", Role.AGENCY_HEAD)
    async def lift(coercion_id: CoercionId, body: Lifting, caller: Caller) -> Receipt:
        command = LiftCoerciveMeasure(
            coercion_id=coercion_id,
            ground=ReasonCode(body.ground),
            returned=body.returned,
            agency_code=AgencyCode(caller.agency),
            on=day(caller.at),
        )
        return await settler.ask(command, caller)

    @router.get(
        "",
        operation_id="FindCoercions",
        dependencies=[allowed(Role.OFFICER, Role.AGENCY_HEAD, *WATCHERS)],
        responses=refusals({}),
    )
    def coercions(caller: Caller, under: UUID | None = None) -> Sequence[CoercionRow]:
        agency = None if caller.role in WATCHERS else AgencyCode(caller.agency)
        with engine.connect() as tx:
            return find_coercions(tx, agency_code=agency, under=under)

    return router
