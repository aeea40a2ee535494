"""The clocks as rows: what each has been told, where it stands, and since when it is open."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, TypeAdapter
from sqlalchemy import Connection, select

from libs.events.core.fields import FIRST_PAGE, Code, Paging
from libs.events.core.kernel import Envelope
from libs.events.declaring.projections import Changes, Projection, projection
from libs.events.declaring.rows import KEY, UNSHOWN, Row
from services.oversight.clock.projection.steps import HEARD, OWNERS_OWN, Kind, Reader, Step
from services.oversight.clock.projection.terms import stands

STEPS: TypeAdapter[list[Step]] = TypeAdapter(list[Step])


class ClockRow(
    Row,
    table="clocks",
    indexes=(
        ("clocks_by_matter", "correlation_id", "heard_at", "id"),
        ("clocks_in_order", "heard_at", "id"),
        ("clocks_open", "open_until"),
        ("clocks_warning", "warns_from"),
        ("clocks_differing", "differs", "id"),
    ),
):
    """`due_at` is computed here, `said_at` is what the owner says. `open_until` is the due instant
    of a clock that runs and is not over, `warns_from` when it is to be warned of. `heard_at` is its
    first step."""

    id: Annotated[str, KEY]
    clock: str
    thing: str
    heard_at: datetime
    correlation_id: str
    service: str
    subject: str
    agency: str
    event_id: UUID
    rule_code: str | None
    counted_from: date | None
    started_at: datetime | None
    due_at: datetime | None
    said_at: datetime | None
    differs: bool
    stands_still: bool
    ended_at: datetime | None
    open_until: datetime | None
    warns_from: datetime | None
    steps: Annotated[list[Any], UNSHOWN]


def keeping(reader: Reader) -> Projection:
    rules = reader.rules

    @projection(ClockRow)
    def project(clocks: Changes, fact: Envelope[HEARD]) -> None:
        for step in reader.steps(fact):
            known = clocks.now(id=id_of(step))
            steps = [*STEPS.validate_python(known.get("steps") or []), step]
            now = stands(rules, steps)
            runs = now is not None and now.ended_at is None and step.clock not in OWNERS_OWN
            begins = step.kind is Kind.START or not known
            clocks.set(
                id=id_of(step),
                clock=step.clock,
                thing=step.thing,
                heard_at=known["heard_at"] if known else fact.happened,
                correlation_id=fact.correlation_id if begins else known["correlation_id"],
                service=fact.source if begins else known["service"],
                subject=fact.subject if begins else known["subject"],
                agency=fact.agency if begins else known["agency"],
                event_id=fact.id if begins else known["event_id"],
                rule_code=now and now.rule,
                counted_from=now and now.counted_from,
                started_at=now and now.started_at,
                due_at=now and now.due_at,
                said_at=now and now.said_at,
                differs=now is not None and now.differs,
                stands_still=now is not None and now.ended_at is None and now.due_at is None,
                ended_at=now and now.ended_at,
                open_until=now.due_at if now is not None and runs else None,
                warns_from=now.warn_at if now is not None and runs else None,
                steps=STEPS.dump_python(steps, mode="json"),
            )

    return project


def id_of(step: Step) -> str:
    return f"{step.clock} {step.thing}"


class LateClock(BaseModel):
    """A clock that somebody is to look at, and why."""

    rule: str
    thing: str
    event_id: UUID
    due_at: datetime


def find_late(tx: Connection, now: datetime, limit: int) -> list[LateClock]:
    """What its owner dates otherwise; what is over and has not ended; what is about to be."""
    c = ClockRow.c
    differing = select(ClockRow.table).where(c.differs.is_(True)).order_by(c.id)
    breached = select(ClockRow.table).where(c.open_until <= now).order_by(c.open_until)
    warned = (
        select(ClockRow.table).where(c.warns_from <= now, c.open_until > now).order_by(c.warns_from)
    )
    found: list[LateClock] = []
    for rule, query in (
        ("CLOCK_DIFFERS", differing),
        ("DEADLINE_BREACHED", breached),
        ("DEADLINE_WARNED", warned),
    ):
        for row in tx.execute(query.limit(limit)).mappings():
            due_at = row["due_at"] or row["said_at"]
            found.append(
                LateClock(rule=rule, thing=row["id"], event_id=row["event_id"], due_at=due_at)
            )
    return found


class Clocks(BaseModel):
    clocks: Sequence[ClockRow]
    next: str | None


def find_clocks(
    tx: Connection,
    matter: Code | None = None,
    open_only: bool = False,
    differing: bool = False,
    page: Paging = FIRST_PAGE,
) -> Clocks:
    """Every clock, the oldest first; with `open_only` those that run, with `differing` those whose
    owner says another instant than is computed here."""
    c = ClockRow.c
    found = ClockRow.where(correlation_id=matter)
    if open_only:
        found = found.where(c.started_at.is_not(None), c.ended_at.is_(None))
    if differing:
        found = found.where(c.differs.is_(True))
    rows, following = ClockRow.page(tx, found, page, "heard_at", "id")
    return Clocks(clocks=rows, next=following)


def clocks_of(tx: Connection, matter: str) -> list[tuple[ClockRow, list[Step]]]:
    """Every clock of a matter, with what it has been told."""
    found = ClockRow.where(correlation_id=matter).order_by(ClockRow.c.heard_at, ClockRow.c.id)
    return [(row, STEPS.validate_python(row.steps)) for row in ClockRow.read(tx, found)]
