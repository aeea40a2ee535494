"""HTTP for the trace: a matter whole, across all services; and what went wrong."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy import Engine

from libs.contracts.vocabulary import Role
from libs.events.core.kernel import Refused
from libs.events.http.bodies import Code
from libs.events.http.edge import Explanation, allowed, refusals
from libs.events.system.clocks import Clock
from services.oversight.trace.projection import (
    PAGE_SIZE_LIMIT,
    EventView,
    MatterRow,
    counts,
    find_matter,
    find_matters,
    find_orphans,
    find_refused,
)


class Node(BaseModel):
    """An event, and what it led to."""

    event: UUID
    led_to: list["Node"]


class MatterView(BaseModel):
    matter: str
    first: datetime
    last: datetime
    timeline: Sequence[EventView]
    tree: Sequence[Node]


class Matters(BaseModel):
    matters: Sequence[MatterRow]
    next: str | None


class Alarm(BaseModel):
    rule: str
    event: EventView


class Count(BaseModel):
    service: str
    type: str
    events: int


def questions(engine: Engine, machine: Clock, catalogue: dict[str, Explanation]) -> APIRouter:
    router = APIRouter(tags=["trace"], dependencies=[allowed(Role.SUPERVISOR, Role.OPS)])

    @router.get(
        "/matters/{matter}",
        operation_id="GetMatter",
        responses=refusals(catalogue, "trace-not-found"),
    )
    def matter(matter: Code) -> MatterView:
        with engine.connect() as tx:
            rows = find_matter(tx, matter)
        if not rows:
            raise Refused("trace-not-found", f"no event has the trace code {matter}")
        return MatterView(
            matter=matter,
            first=rows[0].happened,
            last=rows[-1].happened,
            timeline=rows,
            tree=tree_of(rows),
        )

    @router.get("/matters", operation_id="FindMatters", responses=refusals(catalogue))
    def search(
        subject: Code | None = None,
        agency: Code | None = None,
        type: Code | None = None,
        after: Code | None = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_SIZE_LIMIT)] = 50,
    ) -> Matters:
        with engine.connect() as tx:
            rows = find_matters(
                tx, subject=subject, agency=agency, event_type=type, after=after, limit=limit
            )
        following = rows[-1].correlation_id if len(rows) == limit else None
        return Matters(matters=rows, next=following)

    @router.get("/alarms", operation_id="FindAlarms", responses=refusals(catalogue))
    def alarms(
        limit: Annotated[int, Query(ge=1, le=PAGE_SIZE_LIMIT)] = 100,
    ) -> Sequence[Alarm]:
        with engine.connect() as tx:
            orphans = find_orphans(tx, machine(), limit)
            refused = find_refused(tx, machine(), limit)
        return [
            *(Alarm(rule="CAUSE_UNSEEN", event=one) for one in orphans),
            *(Alarm(rule="REACTION_REFUSED", event=one) for one in refused),
        ]

    @router.get("/counts", operation_id="CountEvents", responses=refusals(catalogue))
    def count() -> Sequence[Count]:
        with engine.connect() as tx:
            found = counts(tx)
        return [Count(service=service, type=kind, events=number) for service, kind, number in found]

    return router


def tree_of(rows: Sequence[EventView]) -> list[Node]:
    """Which event led to which; what a request set off stands at the root."""
    nodes = {row.id: Node(event=row.id, led_to=[]) for row in rows}
    roots: list[Node] = []
    for row in rows:
        parent = nodes.get(row.causation_id) if row.cause_kind == "event" else None
        (parent.led_to if parent else roots).append(nodes[row.id])
    return roots
