"""An inspection: drawn from a list so that anybody can draw again, and completed by two officers.

A draw is many commands from one body, so it is written out.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Final
from uuid import uuid5

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from libs.contracts.enforcement import InspectionPurpose
from libs.contracts.vocabulary import AgencyCode, InspectionId, Role, SourceRef, SubjectRef
from libs.edge.parties import PartyBody, subject_ref
from libs.events.core.kernel import Context, NotFound
from libs.events.deciding.settling import Receipt, Settler
from libs.events.deciding.turn import Completion
from libs.events.declaring.routes import get, post
from libs.events.declaring.stream import Stream
from libs.events.http.bodies import Code, Short
from libs.events.http.edge import Caller, PostingOn
from libs.events.store.log import Log
from libs.statute.drawing import drawn, list_hash, seed_of
from libs.statute.rulebook import Rulebook
from services.enforcement.inspection.commands import CompleteInspection, DrawInspection
from services.enforcement.inspection.completion import complete_draw, complete_result
from services.enforcement.inspection.projection import find_inspections, find_plan, project
from services.enforcement.inspection.reactions import on
from services.enforcement.inspection.rules import decider
from services.enforcement.known import DayOf, ReadKnown

DRAWS: Final = {
    "DrawInspection": (
        "not-found", "draw-not-reproducible", "certificate-invalid", "id-check-failed",
        "idempotency-conflict",
    )
}  # fmt: skip


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


def inspection(rules: Rulebook, log: Log, identity_key: bytes, read_known: ReadKnown) -> Stream:
    def is_witnessed(tx: Connection, witness: str) -> bool:
        """Whether the log has stood where the witness says: nobody chooses that."""
        name, _, position = witness.rpartition("/")
        return name == log.name and position.isdecimal() and 0 < int(position) <= log.head(tx)

    def where(tx: Connection) -> str:
        return f"{log.name}/{log.head(tx)}"

    return Stream(
        name="inspection",
        decider=decider(rules),
        completions={
            DrawInspection: Completion(
                asks=("inspection",),
                complete=partial(complete_draw, rules, read_known, is_witnessed, where),
            ),
            CompleteInspection: Completion(complete=partial(complete_result, rules, read_known)),
        },
        projections=[project],
        reactions=on,
        routers=lambda settler, posting: [draws(settler, identity_key, rules.day, posting)],
        refuses=DRAWS,
        commands=[
            post(
                CompleteInspection,
                "/inspections/{inspection_id}/complete",
                (Role.OFFICER,),
                "not-found out-of-turn signature-invalid two-officers-required record-incomplete",
            )
        ],
        queries=[
            get(
                "/inspections",
                find_inspections,
                (Role.OFFICER, Role.AGENCY_HEAD, Role.SUPERVISOR, Role.OPS),
            )
        ],
    )


def draws(settler: Settler, identity_key: bytes, day: DayOf, posting: PostingOn) -> APIRouter:
    router = APIRouter(prefix="/inspections", tags=["inspections"])
    post = posting(router)

    def witness(agency: AgencyCode, plan_no: str) -> str:
        """Of a plan that was drawn by before the one from then; else where the log stands now."""
        with settler.log.engine.connect() as tx:
            before = find_plan(tx, agency, plan_no)
            return before.witness if before else f"{settler.log.name}/{settler.log.head(tx)}"

    @post("/draw", "DrawInspection", Role.SUPERVISOR, Role.AGENCY_HEAD, status=201)
    async def draw(body: Draw, caller: Caller) -> Drawn:
        agency = AgencyCode(body.agency_code)
        if caller.role == Role.AGENCY_HEAD and agency != caller.agency:
            raise NotFound("You do not act for the agency {agency}", agency=agency)
        refs: dict[str, SubjectRef] = {}
        for one in body.candidates:
            ref = subject_ref(one, identity_key, day(caller.at))
            refs[str(ref.subject_id)] = ref
        seen = await asyncio.to_thread(witness, agency, body.plan_no)
        seed = seed_of(body.nonce, seen)
        chosen = drawn(seed, refs, body.count)
        receipts = [
            await settler.ask(one_of(body, caller, refs, one, seen), caller) for one in chosen
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

    return router


def one_of(
    body: Draw, caller: Context, refs: dict[str, SubjectRef], one: str, seen: str
) -> DrawInspection:
    return DrawInspection(
        inspection_id=InspectionId(uuid5(body.plan_id, one)),
        plan_no=body.plan_no,
        agency_code=AgencyCode(body.agency_code),
        subject=refs[one],
        candidates=tuple(refs),
        count=body.count,
        nonce=body.nonce,
        witness=seen,
        purpose=body.purpose,
        source_ref=SourceRef(body.source_ref) if body.source_ref else None,
        at=caller.at,
    )
