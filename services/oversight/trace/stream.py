"""The trace: every event of every service, as one tree a matter. It decides nothing."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Protocol
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Connection

from libs.contracts.vocabulary import Role
from libs.events.core.fields import Code, Limits
from libs.events.core.kernel import Refused
from libs.events.declaring.routes import get
from libs.events.declaring.stream import Stream
from libs.events.listening.listener import Reaction
from libs.events.system.clocks import Clock
from services.oversight.trace.projection import (
    PAGE_SIZE_LIMIT,
    EventView,
    MatterRow,
    counts,
    find_by_id,
    find_events,
    find_orphans,
    find_refused,
    find_rows,
    project,
)

Size = Annotated[int, Limits(ge=1, le=PAGE_SIZE_LIMIT)]


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
    """A rule, the event that has set it off, and about what; `due_at`: what should have followed by
    then, or should have been there."""

    rule: str
    event: EventView
    matter: str
    thing: str | None = None
    due_at: datetime | None = None


class Missing(Protocol):
    """What something has started and nothing has satisfied."""

    rule: str
    thing: str
    event_id: UUID
    due_at: datetime


FindMissing = Callable[[Connection, datetime, int], Sequence[Missing]]


class Count(BaseModel):
    service: str
    type: str
    events: int


def get_matter(tx: Connection, matter: Code) -> MatterView:
    rows = find_events(tx, matter)
    if not rows:
        raise Refused("trace-not-found", "No event has the trace code {matter}", matter=matter)
    return MatterView(
        matter=matter,
        first=rows[0].happened,
        last=rows[-1].happened,
        timeline=rows,
        tree=tree_of(rows),
    )


def find_matters(
    tx: Connection,
    subject: Code | None = None,
    agency: Code | None = None,
    type: Code | None = None,
    after: Code | None = None,
    limit: Size = 50,
) -> Matters:
    rows = find_rows(tx, subject=subject, agency=agency, event_type=type, after=after, limit=limit)
    following = rows[-1].correlation_id if len(rows) == limit else None
    return Matters(matters=rows, next=following)


def find_alarms(
    machine: Clock,
    now: Callable[[], datetime],
    find_missing: FindMissing,
    tx: Connection,
    limit: Size = 100,
) -> Sequence[Alarm]:
    """What is missing, each until the event that satisfies it has come; what was refused while
    nobody waited; what has a cause that nobody has seen."""
    missing = find_missing(tx, now(), limit)
    events = find_by_id(tx, [one.event_id for one in missing])
    return [
        *(
            alarm(one.rule, events[one.event_id], one.thing, one.due_at)
            for one in missing
            if one.event_id in events
        ),
        *(alarm("CAUSE_UNSEEN", one) for one in find_orphans(tx, machine(), limit)),
        *(alarm("REACTION_REFUSED", one) for one in find_refused(tx, machine(), limit)),
    ]


def alarm(
    rule: str, event: EventView, thing: str | None = None, due_at: datetime | None = None
) -> Alarm:
    return Alarm(rule=rule, event=event, matter=event.correlation_id, thing=thing, due_at=due_at)


def count_events(tx: Connection) -> Sequence[Count]:
    return [Count(service=service, type=kind, events=n) for service, kind, n in counts(tx)]


def tree_of(rows: Sequence[EventView]) -> list[Node]:
    """Which event led to which; what a request set off stands at the root."""
    nodes = {row.id: Node(event=row.id, led_to=[]) for row in rows}
    roots: list[Node] = []
    for row in rows:
        parent = nodes.get(row.causation_id) if row.cause_kind == "event" else None
        (parent.led_to if parent else roots).append(nodes[row.id])
    return roots


def trace(
    services: Sequence[str],
    machine: Clock,
    now: Callable[[], datetime],
    find_missing: FindMissing,
) -> Stream:
    """It reads what every one of these services records."""
    by = (Role.SUPERVISOR, Role.OPS)
    return Stream(
        name="trace",
        tag="trace",
        remembers={"oversight.journal": Reaction(to=services, project=project)},
        queries=[
            get("/matters/{matter}", get_matter, by, "trace-not-found"),
            get("/matters", find_matters, by),
            get("/alarms", partial(find_alarms, machine, now, find_missing), by, name="FindAlarms"),
            get("/counts", count_events, by),
        ],
    )
