"""The completeness rules: what must follow, or must have come before, and whether it has.

Two tables, each filled from single events: what has started a rule, and what satisfies one. Topics
come in any order, so nothing is decided when they are written: an alarm is a start without its
other half. Source: docs/domain/oversight.md.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Connection, and_, exists, func, or_, select

from libs.contracts import credit, enforcement, grid, mediation
from libs.events.core.kernel import Envelope, Hidden
from libs.events.declaring.projections import Changes, Projection, projection
from libs.events.declaring.rows import KEY, Row
from libs.statute.rulebook import Rulebook

HOUR: Final = timedelta(hours=1)
# What must be there already may still be on its way here, on another topic.
UNDERWAY: Final = timedelta(minutes=5)
PUBLISHED: Final = "PUBLISHED"
FELL: Final = "FELL"
REVIEW_ASKED: Final = "REVIEW_ASKED"


class StartRow(
    Row, table="alarm_starts", indexes=(("alarms_by_day", "due_at"), ("alarms_of", "event_id"))
):
    """Something that must be followed by something about the same `thing` until `due_at`; or, where
    it `looks_back`, preceded by it. With `if_rule` only where that was met about `if_thing`, and
    within its day, where this has none."""

    rule: Annotated[str, KEY]
    thing: Annotated[str, KEY]
    event_id: Annotated[UUID, KEY]
    correlation_id: str
    source: str
    subject: str
    agency: str
    started_at: datetime
    due_at: datetime | None
    looks_back: bool
    if_rule: str | None
    if_thing: str | None


class MetRow(Row, table="alarm_met", indexes=(("met_by_thing", "thing", "rule"),)):
    """What satisfies a rule about a thing, from when, and until when it stood."""

    rule: Annotated[str, KEY]
    thing: Annotated[str, KEY]
    event_id: UUID
    at: datetime
    due_at: datetime | None
    ended_at: datetime | None


class Start(NamedTuple):
    rule: str
    thing: object
    due_at: datetime | None = None
    looks_back: bool = False
    if_rule: str | None = None
    if_thing: str | None = None


class Met(NamedTuple):
    rule: str
    thing: object
    due_at: datetime | None = None


FELL_BY: Final = (
    enforcement.DecisionRevoked,
    enforcement.DecisionConfirmedIllegal,
    enforcement.DecisionDeclaredInvalid,
)


def starts(rules: Rulebook, fact: Envelope[Any]) -> Iterator[Start]:
    at, event = fact.happened, fact.data
    match event:
        case grid.ReportHandedOff(target=target):
            mediates = target is grid.HandOffTarget.MEDIATION
            rule = "DISPUTE_ARRIVED" if mediates else "LEAD_ARRIVED"
            yield Start(rule, event.handoff_id, at + HOUR)
        case enforcement.PenaltyDecided():
            yield Start("DECISION_NOTICED", event.case_id, looks_back=True)
            yield Start(
                "DECISION_REVIEWED", event.case_id, looks_back=True, if_rule=REVIEW_ASKED,
                if_thing=str(event.case_id),
            )  # fmt: skip
            yield Start("DECISION_SERVED", event.decision_no, end_of(rules, "ENF.SERVE", at))
        case enforcement.DecisionServed():
            if event.credit_class is None or isinstance(event.subjects, Hidden):
                return
            for one in event.subjects:
                if one.adult_on is not None and one.adult_on > event.act_date:
                    continue  # nothing is remembered of who was under age
                thing = f"{event.decision_no}/{one.subject_id}"
                yield Start("RECORD_CAPTURED", thing, end_of(rules, "CRED.CAPTURE", at))
        case credit.RecordCaptured():
            yield Start(
                "RECORD_GONE", event.record_id, if_rule=FELL, if_thing=event.basis_document.no
            )
        case credit.MeasureOrdered():
            for support in event.supported_by:
                ground = support.listing_id or support.record_id
                yield Start("MEASURE_SUPPORTED", ground, looks_back=True)
        case credit.MeasureLiftOrdered():
            yield Start("MEASURES_LIFTED", event.measure_id, rules.calendar.end_of(event.due_on))
        case (
            enforcement.DecisionRevoked()
            | enforcement.DecisionModified()
            | enforcement.DecisionConfirmedIllegal()
            | enforcement.DecisionDeclaredInvalid()
        ):
            yield Start(
                "PUBLICITY_ENDED", event.decision_no, end_of(rules, "ENF.PUBLICITY.WITHDRAW", at),
                if_rule=PUBLISHED, if_thing=event.decision_no,
            )  # fmt: skip


def end_of(rules: Rulebook, code: str, at: datetime) -> datetime:
    return rules.calendar.end_of(rules.last_day(code, rules.day(at)))


def satisfied(rules: Rulebook, fact: Envelope[Any]) -> Iterator[Met]:
    event = fact.data
    match event:
        case enforcement.LeadReceived(handoff_id=handoff_id) if handoff_id is not None:
            yield Met("LEAD_ARRIVED", handoff_id)
        case mediation.DisputeReceived(handoff_id=handoff_id) if handoff_id is not None:
            yield Met("DISPUTE_ARRIVED", handoff_id)
        case enforcement.PenaltyNoticeServed():
            yield Met("DECISION_NOTICED", event.case_id)
        case enforcement.LegalReviewRequested(review_grounds=grounds) if grounds:
            yield Met(REVIEW_ASKED, event.case_id)
        case enforcement.LegalReviewPassed():
            yield Met("DECISION_REVIEWED", event.case_id)
        case enforcement.DecisionServed():
            yield Met("DECISION_SERVED", event.decision_no)
        case credit.RecordCaptured():
            yield Met("RECORD_CAPTURED", f"{event.basis_document.no}/{event.subject_id}")
            yield Met("MEASURE_SUPPORTED", event.record_id)
        case credit.SevereListed():
            yield Met("MEASURE_SUPPORTED", event.listing_id)
        case credit.RecordWithdrawn():
            yield Met("RECORD_GONE", event.record_id)
        case credit.MeasureLifted():
            yield Met("MEASURES_LIFTED", event.measure_id)
        case enforcement.DecisionPublished():
            yield Met(PUBLISHED, event.decision_no)
        case enforcement.DecisionPublicityWithdrawn():
            yield Met("PUBLICITY_ENDED", event.decision_no)
        case enforcement.DecisionRevoked(scope=scope):
            if scope is enforcement.RevokedScope.FULL:
                yield fell(rules, fact)
        case enforcement.DecisionConfirmedIllegal() | enforcement.DecisionDeclaredInvalid():
            yield fell(rules, fact)


def fell(rules: Rulebook, fact: Envelope[Any]) -> Met:
    """Its records go until this day."""
    return Met(FELL, fact.data.decision_no, end_of(rules, "CRED.WITHDRAW", fact.happened))


def ended(fact: Envelope[Any]) -> Iterator[tuple[str, object]]:
    """What stands no more, and supports nothing from here."""
    match fact.data:
        case credit.RecordWithdrawn(record_id=record_id):
            yield "MEASURE_SUPPORTED", record_id
        case credit.SevereDelisted(listing_id=listing_id):
            yield "MEASURE_SUPPORTED", listing_id


HEARD = (
    grid.ReportHandedOff
    | enforcement.LeadReceived
    | enforcement.PenaltyNoticeServed
    | enforcement.LegalReviewRequested
    | enforcement.LegalReviewPassed
    | enforcement.PenaltyDecided
    | enforcement.DecisionServed
    | enforcement.DecisionPublished
    | enforcement.DecisionPublicityWithdrawn
    | enforcement.DecisionModified
    | enforcement.DecisionRevoked
    | enforcement.DecisionConfirmedIllegal
    | enforcement.DecisionDeclaredInvalid
    | mediation.DisputeReceived
    | credit.RecordCaptured
    | credit.RecordWithdrawn
    | credit.SevereListed
    | credit.SevereDelisted
    | credit.MeasureOrdered
    | credit.MeasureLiftOrdered
    | credit.MeasureLifted
)


def watching(rules: Rulebook) -> Projection:
    @projection(StartRow, MetRow)
    def project(begun: Changes, met: Changes, fact: Envelope[HEARD]) -> None:
        for one in starts(rules, fact):
            begun.set(
                rule=one.rule,
                thing=str(one.thing),
                event_id=fact.id,
                correlation_id=fact.correlation_id,
                source=fact.source,
                subject=fact.subject,
                agency=fact.agency,
                started_at=fact.happened,
                due_at=fact.happened + UNDERWAY if one.looks_back else one.due_at,
                looks_back=one.looks_back,
                if_rule=one.if_rule,
                if_thing=one.if_thing,
            )
        for other in satisfied(rules, fact):
            met.set(
                rule=other.rule,
                thing=str(other.thing),
                event_id=fact.id,
                at=fact.happened,
                due_at=other.due_at,
                ended_at=None,
            )
        for rule, thing in ended(fact):
            met.set(rule=rule, thing=str(thing), ended_at=fact.happened)

    return project


class OpenAlarm(BaseModel):
    """A rule that something has started, and nothing has satisfied in time."""

    rule: str
    thing: str
    event_id: UUID
    correlation_id: str
    service: str
    subject: str
    agency: str
    started_at: datetime
    due_at: datetime


def find_open(tx: Connection, now: datetime, limit: int) -> Sequence[OpenAlarm]:
    """The oldest first. Each is there until the event that satisfies it has come."""
    s, m = StartRow.c, MetRow.c
    condition = MetRow.table.alias("condition")
    due_at = func.coalesce(s.due_at, condition.c.due_at)
    in_time = or_(
        s.looks_back.is_(False),
        and_(m.at <= s.started_at, or_(m.ended_at.is_(None), m.ended_at > s.started_at)),
    )
    done = exists().where(m.rule == s.rule, m.thing == s.thing, in_time)
    found = (
        select(
            s.rule, s.thing, s.event_id, s.correlation_id, s.source.label("service"), s.subject,
            s.agency, s.started_at, due_at.label("due_at"),
        )
        .outerjoin(
            condition,
            and_(condition.c.rule == s.if_rule, condition.c.thing == s.if_thing),
        )
        .where(~done, due_at < now)
        .where(or_(s.if_rule.is_(None), condition.c.rule.is_not(None)))
        .order_by(due_at, s.rule, s.thing)
        .limit(limit)
    )  # fmt: skip
    return [OpenAlarm.model_validate(dict(row)) for row in tx.execute(found).mappings()]
