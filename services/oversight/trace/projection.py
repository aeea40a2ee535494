"""The journal: every event of every service, as far as no key is needed to know it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Column, Connection, Index, Named, Table, TypedColumns, func, select

from libs.events.core.kernel import Envelope, Event, RequestRefused
from libs.events.store.read_models import Rows
from libs.events.store.tables import Moment, Position, metadata

PAGE_SIZE_LIMIT: Final = 200
EVENTS_LIMIT: Final = 5_000
UNSEEN: Final = timedelta(minutes=1)
SHOWN: Final = timedelta(days=30)


class JournalColumns(TypedColumns):
    id: Named[UUID] = Column(primary_key=True)
    correlation_id: Named[str]
    causation_id: Named[UUID]
    cause_kind: Named[str]
    source: Named[str]
    subject: Named[str]
    sequence: Named[int]
    position: Named[int] = Column(Position)
    type: Named[str]
    happened: Named[datetime] = Column(Moment)
    time: Named[datetime] = Column(Moment)
    actor: Named[str]
    role: Named[str]
    agency: Named[str]
    rule: Named[str | None]
    message: Named[str | None]


journal = Table(
    "journal",
    metadata,
    JournalColumns,
    Index("journal_by_matter", "correlation_id", "happened"),
    Index("journal_by_stream", "subject"),
    Index("journal_by_cause", "cause_kind", "causation_id"),
    Index("journal_by_time", "time"),
    Index("journal_refusals", "rule"),
)


class EventView(BaseModel):
    """An event of a matter, and how long after its cause it was recorded, in milliseconds."""

    id: UUID
    source: str
    subject: str
    sequence: int
    position: int
    type: str
    happened: datetime
    time: datetime
    actor: str
    role: str
    agency: str
    causation_id: UUID
    cause_kind: str
    rule: str | None
    message: str | None
    hop_ms: float | None = None


class MatterRow(BaseModel):
    correlation_id: str
    events: int
    services: int
    first: datetime
    last: datetime


def project(tx: Connection, heard: Sequence[Envelope[Event]]) -> None:
    rows = Rows(journal)
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


def find_matter(tx: Connection, matter: str) -> Sequence[EventView]:
    """Its events in the order in which they happened, causes before what they led to."""
    found = (
        select(journal)
        .where(journal.c.correlation_id == matter)
        .order_by(journal.c.happened, journal.c.time, journal.c.source, journal.c.position)
        .limit(EVENTS_LIMIT)
    )
    rows = [EventView.model_validate(dict(row)) for row in tx.execute(found).mappings()]
    known = {row.id: row for row in rows}
    for row in rows:
        cause = known.get(row.causation_id)
        if row.cause_kind == "event" and cause is not None:
            row.hop_ms = (row.time - cause.time).total_seconds() * 1000
    return rows


def find_matters(
    tx: Connection,
    *,
    subject: str | None,
    agency: str | None,
    event_type: str | None,
    after: str | None,
    limit: int,
) -> Sequence[MatterRow]:
    """Matters that have such an event, by trace code."""
    wanted = [
        column == value
        for column, value in (
            (journal.c.subject, subject),
            (journal.c.agency, agency),
            (journal.c.type, event_type),
        )
        if value is not None
    ]
    codes = select(journal.c.correlation_id).where(*wanted).distinct()
    if after is not None:
        codes = codes.where(journal.c.correlation_id > after)
    page = codes.order_by(journal.c.correlation_id).limit(limit).subquery()
    found = (
        select(
            journal.c.correlation_id,
            func.count().label("events"),
            func.count(journal.c.source.distinct()).label("services"),
            func.min(journal.c.happened).label("first"),
            func.max(journal.c.happened).label("last"),
        )
        .join(page, page.c.correlation_id == journal.c.correlation_id)
        .group_by(journal.c.correlation_id)
        .order_by(journal.c.correlation_id)
    )
    return [MatterRow.model_validate(dict(row)) for row in tx.execute(found).mappings()]


def find_orphans(tx: Connection, now: datetime, limit: int) -> Sequence[EventView]:
    """Events whose cause is an event that nobody has seen, and that for a minute."""
    cause = journal.alias("cause")
    found = (
        select(journal)
        .outerjoin(cause, cause.c.id == journal.c.causation_id)
        .where(journal.c.cause_kind == "event", cause.c.id.is_(None), journal.c.time < now - UNSEEN)
        .order_by(journal.c.time)
        .limit(limit)
    )
    return views(tx, found)


def find_refused(tx: Connection, now: datetime, limit: int) -> Sequence[EventView]:
    """What was refused while nobody waited: shown for thirty days."""
    found = (
        select(journal)
        .where(journal.c.rule.is_not(None), journal.c.time > now - SHOWN)
        .order_by(journal.c.time.desc())
        .limit(limit)
    )
    return views(tx, found)


def views(tx: Connection, found: Any) -> Sequence[EventView]:
    return [EventView.model_validate(dict(row)) for row in tx.execute(found).mappings()]


def counts(tx: Connection) -> Sequence[tuple[str, str, int]]:
    """How many events of each type each service has told."""
    found = (
        select(journal.c.source, journal.c.type, func.count())
        .group_by(journal.c.source, journal.c.type)
        .order_by(journal.c.source, journal.c.type)
    )
    return [(source, event_type, number) for source, event_type, number in tx.execute(found)]
