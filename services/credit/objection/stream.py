"""An objection: filed by the party, checked with the provider, answered in time."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Connection

from libs.contracts.vocabulary import Role
from libs.events.core.fields import FIRST_PAGE, Paging
from libs.events.deciding.turn import Completion
from libs.events.declaring.routes import get, post
from libs.events.declaring.stream import Stream
from libs.statute.rulebook import Rulebook
from services.credit.known import Ground
from services.credit.objection.commands import FileObjection, ResolveObjection
from services.credit.objection.projection import ObjectionRow, find_page, is_pending, project
from services.credit.objection.rules import AnyObjection, decider

OFFICERS: Final = (Role.CREDIT_OFFICER,)
Grounds = Callable[[Connection, Sequence[UUID]], Sequence[Ground]]


class ObjectionPage(BaseModel):
    objections: Sequence[ObjectionRow]
    next: str | None


def find_objections(
    tx: Connection, pending: bool = True, due_by: date | None = None, page: Paging = FIRST_PAGE
) -> ObjectionPage:
    """Those that wait for an answer, or all, the oldest first; `due_by`: to be answered by then."""
    found, following = find_page(tx, pending=pending, due_by=due_by, page=page)
    return ObjectionPage(objections=found, next=following)


def objection(rules: Rulebook, grounds: Grounds) -> Stream:
    def complete(tx: Connection, command: FileObjection, objection: AnyObjection) -> FileObjection:
        ground = next(iter(grounds(tx, [command.record_id])), None)
        return replace(
            command,
            ground=ground,
            pending=is_pending(tx, command.record_id),
            matter=None if ground is None else ground.matter,
        )

    return Stream(
        name="objection",
        decider=decider(rules),
        completions={FileObjection: Completion(asks=("objection", "record"), complete=complete)},
        projections=[project],
        commands=[
            post(
                FileObjection,
                "/objections",
                (Role.PARTY,),
                "query-unauthorised out-of-turn objection-pending idempotency-conflict",
                status=201,
            ),
            post(
                ResolveObjection,
                "/objections/{objection_id}/resolve",
                OFFICERS,
                "not-found out-of-turn",
            ),
        ],
        queries=[
            get("/objections", find_objections, (*OFFICERS, Role.SUPERVISOR, Role.OPS)),
        ],
    )
