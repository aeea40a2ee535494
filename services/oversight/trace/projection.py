"""The journal: every event of every service, as far as no key is needed to know it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Connection, func, select

from libs.events.core.kernel import Envelope, Event, RequestRefused
from libs.events.declaring.rows import COUNTER, KEY, UNSHOWN, Row
from libs.events.store.read_models import Rows

PAGE_SIZE_LIMIT: Final = 200
EVENTS_LIMIT: Final = 5_000
UNSEEN: Final = timedelta(minutes=1)
SHOWN: Final = timedelta(days=30)


class EventRow(
    Row,
    table="journal",
    indexes=(
        ("journal_by_matter", "correlation_id", "happened"),
        ("journal_by_stream", "subject"),
        ("journal_by_cause", "cause_kind", "causation_id"),
        ("journal_by_time", "time"),
        ("journal_refusals", "rule"),
    ),
):
    """An event of a matter, as far as no key is needed to know it."""

    id: Annotated[UUID, KEY]
    correlation_id: Annotated[str, UNSHOWN]
    causation_id: UUID
    cause_kind: str
    source: str
    subject: str
    sequence: int
    position: Annotated[int, COUNTER]
    type: str
    happened: datetime
    time: datetime
    actor: str
    role: str
    agency: str
    rule: str | None
    message: str | None


class EventView(EventRow):
    """An event, and how long after its cause it was recorded, in milliseconds."""

    hop_ms: float | None = None


class MatterRow(BaseModel):
    correlation_id: str
    events: int
    services: int
    first: datetime
    last: datetime


def project(tx: Connection, heard: Sequence[Envelope[Event]]) -> None:
    rows = Rows(EventRow.table)
    for fact in heard:
        refused = fact.data if isinstance(fact.data, RequestRefused) else None
        rows.set(
            id=fact.id,
            correlation_id=fact.correlation_id,
            causation_id=fact.causation_id,
            cause_kind=fact.cause_kind,
            source=fact.source,
            subject=fact.subject,
            sequence=fact.sequence,
            position=fact.position,
            type=fact.type,
            happened=fact.happened,
            time=fact.time,
            actor=fact.actor,
            role=fact.role,
            agency=fact.agency,
            rule=refused.rule if refused else None,
            message=f"{refused.command} of {refused.subject}" if refused else None,
        )
    rows.write(tx)


def is_known(tx: Connection, matter: str) -> bool:
    """Whether some event has this trace code."""
    return EventRow.first(tx, EventRow.where(correlation_id=matter)) is not None


def find_events(tx: Connection, matter: str) -> Sequence[EventView]:
    """Its events in the order in which they happened, causes before what they led to."""
    c = EventRow.c
    found = EventRow.where(correlation_id=matter)
    order = (c.happened, c.time, c.source, c.position)
    rows = EventView.read(tx, found.order_by(*order).limit(EVENTS_LIMIT))
    known = {row.id: row for row in rows}
    for row in rows:
        cause = known.get(row.causation_id)
        if row.cause_kind == "event" and cause is not None:
            row.hop_ms = (row.time - cause.time).total_seconds() * 1000
    return rows


def find_by_id(tx: Connection, ids: Sequence[UUID]) -> dict[UUID, EventView]:
    found = EventRow.where().where(EventRow.c.id.in_(ids))
    return {row.id: row for row in EventView.read(tx, found)}


def find_rows(
    tx: Connection,
    *,
    subject: str | None,
    agency: str | None,
    event_type: str | None,
    after: str | None,
    limit: int,
) -> Sequence[MatterRow]:
    """Matters that have such an event, by trace code."""
    c = EventRow.c
    wanted = EventRow.where(subject=subject, agency=agency, type=event_type)
    codes = wanted.with_only_columns(c.correlation_id).distinct()
    if after is not None:
        codes = codes.where(c.correlation_id > after)
    page = codes.order_by(c.correlation_id).limit(limit).subquery()
    found = (
        select(
            c.correlation_id,
            func.count().label("events"),
            func.count(c.source.distinct()).label("services"),
            func.min(c.happened).label("first"),
            func.max(c.happened).label("last"),
        )
        .join(page, page.c.correlation_id == c.correlation_id)
        .group_by(c.correlation_id)
        .order_by(c.correlation_id)
    )
    return [MatterRow.model_validate(dict(row)) for row in tx.execute(found).mappings()]


def find_orphans(tx: Connection, now: datetime, limit: int) -> Sequence[EventView]:
    """Events whose cause is an event that has not been seen for a minute."""
    c, cause = EventRow.c, EventRow.table.alias("cause")
    found = (
        EventRow.where(cause_kind="event")
        .outerjoin(cause, cause.c.id == c.causation_id)
        .where(cause.c.id.is_(None), c.time < now - UNSEEN)
    )
    return EventView.read(tx, found.order_by(c.time).limit(limit))


def find_refused(tx: Connection, now: datetime, limit: int) -> Sequence[EventView]:
    """Refusals of reactions and deadlines: shown for thirty days."""
    c = EventRow.c
    found = EventRow.where().where(c.rule.is_not(None), c.time > now - SHOWN)
    return EventView.read(tx, found.order_by(c.time.desc()).limit(limit))


def was_refused(tx: Connection, matter: str, command: str) -> bool:
    """Whether this was asked for in a matter while nobody waited, and a rule said no."""
    c = EventRow.c
    found = EventRow.where(correlation_id=matter).where(
        c.rule.is_not(None), c.message.startswith(f"{command} of ")
    )
    return EventRow.first(tx, found) is not None


def counts(tx: Connection) -> Sequence[tuple[str, str, int]]:
    """How many events of each type each service has recorded."""
    c = EventRow.c
    found = select(c.source, c.type, func.count()).group_by(c.source, c.type)
    rows = tx.execute(found.order_by(c.source, c.type))
    return [(source, event_type, number) for source, event_type, number in rows]
