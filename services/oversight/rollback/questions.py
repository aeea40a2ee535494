"""The checklist of a decision that fell: each step done with its event, open with its limit and who
is late, or not applicable with the reason. Source: docs/domain/oversight.md.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Connection

from libs.contracts.asking import Numbered
from libs.contracts.enforcement import Ground
from libs.contracts.vocabulary import CaseId, DecisionNo, SubjectKind
from libs.events.core.fields import FIRST_PAGE, Paging
from libs.events.core.kernel import NotFound
from libs.statute.rulebook import Rulebook
from services.oversight.rollback.projection import finding as f
from services.oversight.rollback.projection import undone as p

AT_ONCE: Final = ""
EVER: Final = datetime.min.replace(tzinfo=UTC)
PUBLICITY: Final = "ENF.PUBLICITY.WITHDRAW"
RECORD: Final = "CRED.WITHDRAW"
LIFT: Final = "CRED.LIFT"
INVITE: Final = "LIC.INVITE"
INFORM: Final = "OVS.REPORTER.INFORM"
CONFIRMED: Final = "enforcement.decision_confirmed_illegal.v1"
MODIFIED: Final = "enforcement.decision_modified.v1"

# Whether a reaction that would have asked for something in a matter was refused.
WasRefused = Callable[[Connection, str, str], bool]


class Status(StrEnum):
    DONE = "DONE"
    OPEN = "OPEN"
    NOT_APPLICABLE = "NOT_APPLICABLE"


class Step(BaseModel):
    """`event_id` and `at` are what has done it last; `until` is its limit, `who` who is to act."""

    step: str
    service: str
    status: Status
    reason: str | None = None
    event_id: UUID | None = None
    at: datetime | None = None
    until: date | None = None
    late: bool = False
    who: Sequence[str] = ()


class Rollback(BaseModel):
    """Green when no step is open."""

    decision_no: DecisionNo
    correlation_id: str
    case_id: CaseId
    fell_by: str
    ground: str
    fallen_at: datetime
    event_id: UUID
    green: bool
    steps: Sequence[Step]


class RollbackPage(BaseModel):
    rollbacks: Sequence[Rollback]
    next: str | None


class Rollbacks:
    def __init__(
        self, rules: Rulebook, now: Callable[[], datetime], was_refused: WasRefused
    ) -> None:
        self._rules = rules
        self._now = now
        self._was_refused = was_refused

    def find_rollbacks(
        self, tx: Connection, open_only: bool = False, page: Paging = FIRST_PAGE
    ) -> RollbackPage:
        """Every decision that fell, the oldest first; with `open_only`, those not green yet."""
        rows, following = f.find_page(tx, page)
        found = [self.of(tx, row) for row in rows]
        return RollbackPage(
            rollbacks=[one for one in found if not (open_only and one.green)], next=following
        )

    def get_rollback(self, tx: Connection, decision_no: Numbered) -> Rollback:
        row = f.find_fallen(tx, decision_no)
        if row is None:
            raise NotFound("The decision {decision_no} has not fallen", decision_no=decision_no)
        return self.of(tx, row)

    def of(self, tx: Connection, row: p.FallenRow) -> Rollback:
        steps = list(Checklist(self._rules, self._now(), self._was_refused, tx, row).steps())
        return Rollback(
            decision_no=row.decision_no,
            correlation_id=row.correlation_id,
            case_id=row.case_id,
            fell_by=row.fell_by,
            ground=row.ground,
            fallen_at=row.fallen_at,
            event_id=row.event_id,
            green=not any(one.status is Status.OPEN for one in steps),
            steps=steps,
        )


class Checklist:
    """The steps of one decision, in their order."""

    def __init__(
        self,
        rules: Rulebook,
        now: datetime,
        was_refused: WasRefused,
        tx: Connection,
        row: p.FallenRow,
    ) -> None:
        self._rules = rules
        self._today = rules.day(now)
        self._was_refused = was_refused
        self._tx = tx
        self._row = row
        self._facts = f.find_facts(tx, row.decision_no)
        self._records = f.find_records(tx, row.decision_no)

    def steps(self) -> Iterator[Step]:
        yield self.publicity()
        yield self.money()
        yield self.goods()
        yield self.record()
        yield self.score()
        yield absent("LIST", "credit", "NOT_LISTED_ON_IT")
        yield self.measures()
        yield absent("INCENTIVES", "credit", "GRANTED_ANEW_ONLY")
        yield self.approvals()
        yield self.reporter()
        yield self.inquiry()
        yield self.redecision()

    # What a step is

    def told(self, kind: str, *, since: bool = False) -> Sequence[p.DecisionFactRow]:
        fallen = self._row.fallen_at
        return [o for o in self._facts if o.type == kind and (not since or o.happened >= fallen)]

    def limit(self, code: str) -> date:
        day = self._rules.day(self._row.fallen_at)
        return day if code == AT_ONCE else self._rules.last_day(code, day)

    def open(self, step: str, service: str, until: date, who: Iterable[str] = ()) -> Step:
        return Step(
            step=step,
            service=service,
            status=Status.OPEN,
            until=until,
            late=self._today > until,
            who=sorted(set(who)) or [service],
        )

    def by_event(self, step: str, service: str, kind: str, code: str) -> Step:
        done = self.told(kind, since=True)
        if done:
            return done_by(step, service, done[-1].event_id, done[-1].happened)
        return self.open(step, service, self.limit(code))

    # The steps

    def publicity(self) -> Step:
        if not self.told("DecisionPublished"):
            return absent("PUBLICITY", "enforcement", "NOT_PUBLISHED")
        return self.by_event("PUBLICITY", "enforcement", "DecisionPublicityWithdrawn", PUBLICITY)

    def money(self) -> Step:
        if self._row.fell_by == CONFIRMED:
            return absent("MONEY", "enforcement", "CONFIRMED_ILLEGAL")
        claimed = any(one.said != "0" for one in self.told("FineSurchargeAccrued"))
        if not (self.told("FinePaid") or claimed):
            return absent("MONEY", "enforcement", "NOTHING_PAID_OR_CLAIMED")
        step = self.by_event("MONEY", "enforcement", "FineRefunded", AT_ONCE)
        if step.status is Status.OPEN and self._row.partly:
            return absent("MONEY", "enforcement", "NOTHING_PAID_TOO_MUCH")
        return step

    def goods(self) -> Step:
        if self._row.fell_by == CONFIRMED or self._row.partly:
            reason = "STILL_STANDS" if self._row.partly else "CONFIRMED_ILLEGAL"
            return absent("GOODS", "enforcement", reason)
        fallen = self._row.fallen_at
        held = [
            one
            for one in f.find_seizures(self._tx, self._row.case_id)
            if one.lifted_at is None or one.lifted_at >= fallen
        ]
        if not held:
            return absent("GOODS", "enforcement", "NOTHING_SEIZED")
        left = [one.agency_code for one in held if one.lifted_at is None]
        if left:
            return self.open("GOODS", "enforcement", self.limit(AT_ONCE), left)
        last = max(held, key=lambda one: one.lifted_at or fallen)
        return done_by("GOODS", "enforcement", last.lifted_by, last.lifted_at)

    def record(self) -> Step:
        served = self.told("DecisionServed")
        if not self._records:
            if not any(one.said for one in served):
                return absent("RECORD", "credit", "NO_RECORD")
            if self._was_refused(self._tx, self._row.correlation_id, "CaptureRecord"):
                return absent("RECORD", "credit", "CAPTURE_WAS_REFUSED")
            return self.open("RECORD", "credit", self.limit(RECORD))
        if self._row.partly:
            return self.corrected()
        left = [one for one in self._records if one.withdrawn_at is None]
        if left:
            return self.open("RECORD", "credit", self.limit(RECORD))
        last = max(self._records, key=lambda one: one.withdrawn_at or self._row.fallen_at)
        return done_by("RECORD", "credit", last.withdrawn_by, last.withdrawn_at)

    def corrected(self) -> Step:
        """What still stands in part is corrected; revoked in part, it keeps its class."""
        if self._row.fell_by != MODIFIED:
            return absent("RECORD", "credit", "STILL_STANDS")
        fallen = self._row.fallen_at
        since = [o for o in self._records if (o.corrected_at or EVER) >= fallen]
        if len(since) < len(self._records):
            return self.open("RECORD", "credit", self.limit(RECORD))
        last = max(since, key=lambda one: one.corrected_at or fallen)
        return done_by("RECORD", "credit", last.corrected_by, last.corrected_at)

    def score(self) -> Step:
        """Done when the last score counts none of its records any more."""
        if self._row.partly:
            return absent("SCORE", "credit", "STILL_STANDS")
        scored = [o for o in self._records if o.subject_kind is not SubjectKind.PERSON]
        if not scored:
            reason = "NATURAL_PERSON" if self._records else "NO_RECORD"
            return absent("SCORE", "credit", reason)
        done: p.CountedRow | None = None
        for one in scored:
            counted = f.find_counted(self._tx, one.subject_id)
            if counted is None:
                continue
            if str(one.record_id) in counted.records:
                return self.open("SCORE", "credit", self.limit(RECORD))
            if counted.scored_at >= self._row.fallen_at:
                done = counted
        if any(one.withdrawn_at is None for one in scored):
            return self.open("SCORE", "credit", self.limit(RECORD))
        if done is None:
            return absent("SCORE", "credit", "NOT_COUNTED")
        return done_by("SCORE", "credit", done.event_id, done.scored_at)

    def measures(self) -> Step:
        if self._row.partly:
            return absent("MEASURES", "credit", "STILL_STANDS")
        ids = {one.record_id for one in self._records}
        ordered = f.find_measures(self._tx, list(ids))
        live = [(o, supports) for o, supports in ordered if not o.refused or o.lifted_at]
        if not live:
            return absent("MEASURES", "credit", "NO_MEASURE")
        waiting: list[tuple[date, str]] = []
        lifted: list[p.MeasureRow] = []
        for one, supports in live:
            if one.lifted_at is not None:
                lifted.append(one)
            elif one.lift_by is not None:
                waiting.append((one.lift_by, one.agency_code))
            elif any(o.ground_id in ids and o.lost_at is None for o in supports):
                waiting.append((self.limit(LIFT), "credit"))
        if waiting:
            until = min(day for day, _ in waiting)
            return self.open("MEASURES", "credit", until, [who for _, who in waiting])
        if not lifted:
            return absent("MEASURES", "credit", "OTHER_SUPPORT")
        last = max(lifted, key=lambda one: one.lifted_at or EVER)
        return done_by("MEASURES", "credit", last.lifted_by, last.lifted_at)

    def approvals(self) -> Step:
        if self._row.partly:
            return absent("APPROVALS", "credit", "STILL_STANDS")
        denied = f.find_denials(self._tx, [one.record_id for one in self._records])
        if not denied:
            return absent("APPROVALS", "credit", "NONE_DENIED_FOR_IT")
        if any(one.invited_at is None for one in denied):
            return self.open("APPROVALS", "credit", self.limit(INVITE))
        last = max(denied, key=lambda one: one.invited_at or self._row.fallen_at)
        return done_by("APPROVALS", "credit", last.invited_by, last.invited_at)

    def reporter(self) -> Step:
        reporters = f.find_reporters(self._tx, self._row.correlation_id)
        if not reporters:
            return absent("REPORTER", "grid", "NO_REPORT")
        if not any(one.reachable for one in reporters):
            return absent("REPORTER", "grid", "ANONYMOUS")
        told = f.find_informed(self._tx, self._row.event_id)
        if told is None:
            return self.open("REPORTER", "grid", self.limit(INFORM))
        return done_by("REPORTER", "grid", told.event_id, told.happened)

    def inquiry(self) -> Step:
        about = self._row.fell_by == MODIFIED and self._row.ground not in (Ground.LAW, Ground.FACT)
        if about:
            return absent("INQUIRY", "oversight", "NEITHER_LAW_NOR_FACT")
        opened = self.told("WrongCaseInquiryOpened")
        if not opened:
            return self.open("INQUIRY", "oversight", self.limit(AT_ONCE))
        return done_by("INQUIRY", "oversight", opened[-1].event_id, opened[-1].happened)

    def redecision(self) -> Step:
        ordered = self.told("RedecisionOrdered")
        if ordered:
            last = ordered[-1]
            return done_by("REDECISION", "enforcement", last.event_id, last.happened)
        if any(one.said for one in self.told("ReconsiderationDecided")):
            return self.open("REDECISION", "enforcement", self.limit(AT_ONCE))
        return absent("REDECISION", "enforcement", "NOT_ORDERED")


def absent(step: str, service: str, reason: str) -> Step:
    return Step(step=step, service=service, status=Status.NOT_APPLICABLE, reason=reason)


def done_by(step: str, service: str, event_id: UUID | None, at: datetime | None) -> Step:
    return Step(step=step, service=service, status=Status.DONE, event_id=event_id, at=at)
