"""HTTP for inspections: drawn from a list so that anybody can draw again, and completed."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, TypeAlias
from uuid import uuid5

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Engine

from libs.contracts.enforcement import InspectionPurpose, InspectionResult, Manifest
from libs.contracts.vocabulary import (
    AgencyCode,
    InspectionId,
    PowerItemCode,
    Role,
    SourceRef,
    SubjectRef,
)
from libs.edge.parties import PartyBody, subject_ref
from libs.edge.signing import Signed, officers_of
from libs.events.core.kernel import NotFound
from libs.events.deciding.settling import Receipt, Settler
from libs.events.http.bodies import Code, Digest, Short, Text
from libs.events.http.cosigning import Cosigned
from libs.events.http.edge import Caller, PostingOn, allowed, refusals
from libs.statute.drawing import drawn, list_hash, seed_of
from services.enforcement.inspection.commands import CompleteInspection, DrawInspection
from services.enforcement.inspection.projection import InspectionRow, find_inspections

WATCHERS = (Role.SUPERVISOR, Role.OPS)
Digests = Annotated[tuple[Digest, ...], Field(max_length=50)]
DayOf: TypeAlias = Callable[[datetime], date]
# What nobody chose, as the log says now.
Witness: TypeAlias = Callable[[], str]


class Draw(BaseModel):
    """A plan: its candidates, how many of them, and the operator's nonce. `plan_id` makes it one
    draw, however often it is sent."""

    plan_id: InspectionId
    plan_no: Code
    agency_code: Code
    candidates: Annotated[tuple[PartyBody, ...], Field(min_length=1, max_length=1000)]
    count: Annotated[int, Field(ge=1, le=1000)]
    nonce: Short
    purpose: InspectionPurpose = InspectionPurpose.PLAN
    source_ref: Code | None = None


class Drawn(BaseModel):
    """What was drawn, and all that it takes to draw again."""

    plan_no: str
    seed: str
    nonce: str
    witness: str
    algo: str
    list_hash: str
    candidates: Sequence[str]
    count: int
    drawn: Sequence[str]
    receipts: Sequence[Receipt]


class ManifestBody(BaseModel):
    text: Digests = ()
    photo: Digests = ()
    audio_video: Digests = ()


class Result(Signed):
    result: InspectionResult
    power_item_code: Code | None = None
    text: Text
    manifest: ManifestBody


def routes(
    settler: Settler,
    engine: Engine,
    identity_key: bytes,
    day: DayOf,
    witness: Witness,
    posting: PostingOn,
) -> APIRouter:
    router = APIRouter(prefix="/inspections", tags=["inspections"])
    post = posting(router)

    @post("/draw", "DrawInspection", Role.SUPERVISOR, Role.AGENCY_HEAD, status=201)
    async def draw(body: Draw, caller: Caller) -> Drawn:
        agency = AgencyCode(body.agency_code)
        if caller.role == Role.AGENCY_HEAD and agency != caller.agency:
            raise NotFound(f"there is no agency {agency} of yours")
        refs: dict[str, SubjectRef] = {}
        for one in body.candidates:
            ref = subject_ref(one, identity_key, day(caller.at))
            refs[str(ref.subject_id)] = ref
        with engine.connect() as tx:
            before = find_inspections(tx, agency_code=agency, plan_no=body.plan_no)
        seen = before[0].witness if before else witness()
        seed = seed_of(body.nonce, seen)
        chosen = drawn(seed, refs, body.count)
        receipts = [
            await settler.ask(
                DrawInspection(
                    inspection_id=InspectionId(uuid5(body.plan_id, one)),
                    plan_no=body.plan_no,
                    agency_code=agency,
                    subject=refs[one],
                    candidates=tuple(refs),
                    count=body.count,
                    nonce=body.nonce,
                    witness=seen,
                    purpose=body.purpose,
                    source_ref=SourceRef(body.source_ref) if body.source_ref else None,
                    at=caller.at,
                ),
                caller,
            )
            for one in chosen
        ]
        return Drawn(
            plan_no=body.plan_no,
            seed=seed,
            nonce=body.nonce,
            witness=seen,
            algo="SHA256-ORDER-1",
            list_hash=list_hash(refs),
            candidates=sorted(refs),
            count=body.count,
            drawn=list(chosen),
            receipts=receipts,
        )

    @post("/{inspection_id}/complete", "CompleteInspection", Role.OFFICER)
    async def complete(
        inspection_id: InspectionId, body: Result, caller: Caller, signed: Cosigned
    ) -> Receipt:
        item = body.power_item_code
        command = CompleteInspection(
            inspection_id=inspection_id,
            agency_code=AgencyCode(caller.agency),
            result=body.result,
            power_item_code=PowerItemCode(item) if item else None,
            text=body.text,
            manifest=Manifest(**body.manifest.model_dump()),
            officers=officers_of(caller, signed),
            at=caller.at,
        )
        return await settler.ask(command, caller)

    @router.get(
        "",
        operation_id="FindInspections",
        dependencies=[allowed(Role.OFFICER, Role.AGENCY_HEAD, *WATCHERS)],
        responses=refusals({}),
    )
    def inspections(caller: Caller, plan_no: Code | None = None) -> Sequence[InspectionRow]:
        agency = None if caller.role in WATCHERS else AgencyCode(caller.agency)
        with engine.connect() as tx:
            return find_inspections(tx, agency_code=agency, plan_no=plan_no)

    return router
