"""The register of handoffs, and the clocks that run on them.

A share of a clock is an instant that the rulebook gives.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, TypeAlias, assert_never
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Connection, Select, func, literal, select, union_all

from libs.contracts import exchange
from libs.contracts import vocabulary as v
from libs.contracts.exchange import Clock, HandoffEvent
from libs.events.core.kernel import Envelope, Hidden, Record
from libs.events.declaring.projections import Changes, Projection, projection
from libs.events.declaring.rows import KEY, UNSHOWN, Row
from libs.events.store.read_models import Which

SHARES: Final = (80, 100, 150, 200)

# When each share of a clock has run: start, due instant, rule and class to instants.
Shares: TypeAlias = Callable[[datetime, datetime, str, str], Sequence[datetime]]


class HandoffRow(
    Row,
    table="handoffs",
    indexes=(
        ("inbox", "to_agency", "status", "offered_at", "handoff_id"),
        ("handoffs_by_arrival", "to_agency", "offered_at", "handoff_id"),
        ("handoffs_by_group", "group_id"),
        ("handoffs_by_matter", "correlation_id"),
        ("handoffs_by_source", "source_ref"),
        ("handoffs_unconfirmed", "confirm_due_at"),
    ),
):
    """A handoff as the inbox shows it."""

    handoff_id: Annotated[v.HandoffId, KEY]
    handoff_no: v.HandoffNo
    kind: str
    correlation_id: str
    source_ref: v.SourceRef
    from_agency: v.AgencyCode
    to_agency: v.AgencyCode
    lead: bool
    group_id: v.GroupId | None
    status: str
    sla_class: Annotated[str, UNSHOWN]
    offered_at: datetime
    receipt_due_at: datetime | None
    accept_due_at: datetime | None
    result_due_at: datetime | None
    confirm_due_at: datetime | None
    returns_count: int
    closed_because: str | None
    on_time: bool | None
    changed_at: Annotated[datetime, UNSHOWN]


class ClockRow(
    Row,
    table="handoff_clocks",
    indexes=[(f"clock_at_{share}", "running", f"at_{share}") for share in SHARES],
):
    """A clock that runs, and when each of its shares has. `reached` is the last on record."""

    handoff_id: Annotated[v.HandoffId, KEY]
    clock: Annotated[Clock, KEY]
    running: bool
    agency: str
    due_at: datetime
    reached: int
    at_80: datetime
    at_100: datetime
    at_150: datetime
    at_200: datetime


class ShareRow(BaseModel):
    """A share of a clock that has run."""

    handoff_id: v.HandoffId
    clock: Clock
    agency: v.AgencyCode
    percent: int
    at: datetime


def project(shares: Shares) -> Projection:
    @projection(HandoffRow, ClockRow)
    def of_handoffs(handoffs: Changes, clocks: Changes, fact: Envelope[HandoffEvent]) -> None:
        handoff_id = fact.data.handoff_id
        columns = changes(fact.data)
        if isinstance(fact.data, exchange.HandoffOffered):
            columns |= {"correlation_id": fact.correlation_id, "offered_at": fact.happened}
        elif isinstance(fact.data, exchange.HandoffReassigned):
            columns["offered_at"] = fact.happened
        handoffs.set(handoff_id=handoff_id, changed_at=fact.time, **columns)
        for clock, change in clock_changes(shares, fact.happened, fact.data):
            clocks.set(handoff_id=handoff_id, clock=clock, **change)

    return of_handoffs


def changes(event: HandoffEvent) -> dict[str, Any]:
    """What one event changes in the inbox."""
    match event:
        case exchange.HandoffOffered():
            return {
                "status": "OFFERED",
                "handoff_no": event.handoff_no,
                "kind": event.kind,
                "source_ref": event.source_ref,
                "from_agency": event.from_agency,
                "to_agency": event.to_agency,
                "lead": event.lead,
                "group_id": event.group_id,
                "sla_class": sla_class_of(event.body),
                "returns_count": 0,
                **due_columns(event.due_ats),
            }
        case exchange.HandoffDelivered():
            return {"status": "DELIVERED"}
        case exchange.HandoffSigned():
            return {"status": "SIGNED", **result_due(event.result_due_at)}
        case exchange.HandoffAccepted():
            return {"status": "ACCEPTED", **result_due(event.result_due_at)}
        case exchange.HandoffReturned():
            return {"status": "RETURNED", "returns_count": event.returns_count}
        case exchange.HandoffReassigned():
            return {
                "status": "OFFERED",
                "to_agency": event.to_agency,
                "confirm_due_at": None,
                **due_columns(event.due_ats),
            }
        case exchange.HandoffArbitrated():
            return {
                "status": "ACCEPTED",
                "to_agency": event.to_agency,
                "result_due_at": event.result_due_at,
                "confirm_due_at": None,
            }
        case exchange.HandoffProgressed():
            return {"status": "IN_PROGRESS"}
        case exchange.HandoffFedBack():
            return {"status": "FED_BACK", "confirm_due_at": event.confirm_due_at}
        case exchange.HandoffClosed():
            return {
                "status": "CLOSED",
                "closed_because": event.closed_because,
                "on_time": event.on_time,
                "confirm_due_at": None,
            }
        case exchange.HandoffConfirmed() | exchange.HandoffOverdue() | exchange.HandoffEscalated():
            return {}
        case _:
            assert_never(event)


def due_columns(due: exchange.DueAts) -> dict[str, Any]:
    return {
        "receipt_due_at": due.receipt,
        "accept_due_at": due.accept,
        "result_due_at": due.result,
    }


def result_due(at: datetime | None) -> dict[str, Any]:
    return {} if at is None else {"result_due_at": at}


def sla_class_of(body: Mapping[str, Any] | Hidden) -> str:
    return "" if isinstance(body, Hidden) else str(body.get("sla_class", ""))


def clock_changes(
    shares: Shares, at: datetime, event: HandoffEvent
) -> list[tuple[Clock, dict[str, Any]]]:
    """Which clocks start, which stop, and how far one has run.

    RECEIPT until signed, ACCEPT until accepted or returned, RESULT until fed back. A return stops
    all three; a reassignment starts them anew, an arbitration only RESULT.
    """
    stopped = {"running": False}

    def start(clock: Clock, due: datetime | None, rule: str | None, who: str, sla: str) -> Any:
        if due is None or rule is None:
            return (clock, stopped)
        instants = shares(at, due, rule, sla)
        columns = {f"at_{share}": one for share, one in zip(SHARES, instants, strict=True)}
        told = {"running": True, "agency": who, "due_at": due, "reached": 0}
        return (clock, told | columns)

    match event:
        case exchange.HandoffOffered() | exchange.HandoffReassigned():
            due = (event.due_ats.receipt, event.due_ats.accept, event.due_ats.result)
            rules = iter(event.rule_codes)
            sla = sla_class_of(event.body)
            return [
                start(clock, one, next(rules, None) if one else None, event.to_agency, sla)
                for clock, one in zip(Clock, due, strict=True)
            ]
        case exchange.HandoffSigned():
            begun = [(Clock.RECEIPT, stopped)]
            if event.result_due_at is not None:
                begun.append(
                    start(Clock.RESULT, event.result_due_at, event.rule_code, event.agency_code, "")
                )
            return begun
        case exchange.HandoffAccepted():
            begun = [(Clock.ACCEPT, stopped)]
            if event.result_due_at is not None:
                begun.append(
                    start(Clock.RESULT, event.result_due_at, event.rule_code, event.agency_code, "")
                )
            return begun
        case exchange.HandoffArbitrated():
            sla = sla_class_of(event.body)
            result = start(Clock.RESULT, event.result_due_at, event.rule_code, event.to_agency, sla)
            return [(Clock.RECEIPT, stopped), (Clock.ACCEPT, stopped), result]
        case exchange.HandoffReturned() | exchange.HandoffClosed():
            return [(clock, stopped) for clock in Clock]
        case exchange.HandoffFedBack():
            return [(Clock.RESULT, stopped)]
        case exchange.HandoffOverdue():
            return [(event.clock, {"reached": event.percent})]
        case _:
            return []


def find_shares(tx: Connection, which: Which) -> Sequence[ShareRow]:
    """What has run by a moment: a share below the whole at its instant, any other right after."""
    found = union_all(*(of_share(share, which.moment) for share in SHARES)).subquery()
    ordered = select(found).order_by(found.c.at, found.c.percent)
    rows = tx.execute(which.of(ordered, found.c.handoff_id))
    return [ShareRow.model_validate(dict(row)) for row in rows.mappings()]


def of_share(share: int, moment: datetime | None) -> Select[Any]:
    c = ClockRow.c
    column = c[f"at_{share}"]
    found = ClockRow.where(running=True).where(c.reached < share)
    if moment is not None:
        found = found.where(column <= moment if share < 100 else column < moment)
    percent = literal(share).label("percent")
    return found.with_only_columns(c.handoff_id, c.clock, c.agency, percent, column.label("at"))


def find_next_share(tx: Connection) -> datetime | None:
    found = []
    for share in SHARES:
        inner = of_share(share, None).order_by(ClockRow.c[f"at_{share}"]).limit(1)
        row = tx.execute(inner).first()
        if row is not None:
            found.append(row.at)
    return min(found, default=None)


def find_unconfirmed(tx: Connection, which: Which) -> Sequence[HandoffRow]:
    """Answers that nobody has confirmed, and whose time for that is over."""
    due = HandoffRow.c.confirm_due_at
    found = HandoffRow.where(status="FED_BACK").where(due < which.moment)
    return HandoffRow.read(tx, which.of(found.order_by(due), HandoffRow.c.handoff_id))


def find_next_unconfirmed(tx: Connection) -> datetime | None:
    due = func.min(HandoffRow.c.confirm_due_at)
    at: datetime | None = tx.execute(
        HandoffRow.where(status="FED_BACK").with_only_columns(due)
    ).scalar()
    return at


def find_group(tx: Connection, lead: str) -> Sequence[UUID]:
    """The open handoffs of a group: the lead's and each co-handler's."""
    c = HandoffRow.c
    found = HandoffRow.where(group_id=UUID(lead)).where(c.status != "CLOSED")
    return list(tx.execute(found.with_only_columns(c.handoff_id).order_by(c.handoff_id)).scalars())


def find_of_source(tx: Connection, source_ref: str) -> Sequence[UUID]:
    """The open handoffs of a stream that are nobody's answer: those it has called others with."""
    c = HandoffRow.c
    found = HandoffRow.where(source_ref=source_ref, kind=v.Kind.JOINT).where(c.status != "CLOSED")
    return list(tx.execute(found.with_only_columns(c.handoff_id).order_by(c.handoff_id)).scalars())


def find_handoff(tx: Connection, handoff_id: v.HandoffId) -> HandoffRow | None:
    return HandoffRow.first(tx, HandoffRow.where(handoff_id=handoff_id))


class Sent(Record):
    """A criminal case as it was sent: of which matter, and to whom, in original or copy."""

    matter: v.Matter
    receivers: frozenset[v.AgencyCode]


def find_sent(tx: Connection, source_ref: v.SourceRef) -> Sent | None:
    rows = HandoffRow.read(tx, HandoffRow.where(source_ref=source_ref, kind=v.Kind.CRIMINAL))
    if not rows:
        return None
    return Sent(
        matter=v.Matter(rows[0].correlation_id),
        receivers=frozenset(row.to_agency for row in rows),
    )


def find_of_matter(tx: Connection, matter: str) -> Sequence[HandoffRow]:
    return HandoffRow.read(tx, HandoffRow.where(correlation_id=matter))
