"""Second clocks: every term computed again from events, and whatever its owner says otherwise."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from libs.contracts import credit as of_credit
from libs.contracts import enforcement as of_enforcement
from libs.contracts import exchange as of_exchange
from libs.contracts import mediation as of_mediation
from libs.contracts import oversight as of_oversight
from libs.contracts.vocabulary import LeadId, ReasonCode
from libs.events.core.kernel import Envelope, Event, Hidden
from services.oversight.clock.projection.rows import ClockRow, find_clocks, find_late, keeping
from services.oversight.clock.projection.steps import Reader, Step
from services.oversight.clock.projection.terms import stands
from services.oversight.clock.questions import Explainer, Explanation
from tests.conftest import PACK, RULES
from tests.conftest import engine as engine
from tests.credit import past as p
from tests.enforcement.case import past as case
from tests.grid.report import past as report
from tests.mediation import past as dispute
from tests.oversight import fallen as f
from tests.oversight import test_alarms as alarms
from tests.scenario import heard

# What stands in an event beside what is asked here is of no matter.
credit: Any = of_credit
enforcement: Any = of_enforcement
exchange: Any = of_exchange
mediation: Any = of_mediation
oversight: Any = of_oversight


def day(text: str) -> date:
    return p.on(text).date()


AT = p.on("06-01")
FAMILIES = {row["code"]: row["rule_family"] for row in PACK.tables["agencies"]}
READER = Reader(RULES, lambda code: FAMILIES.get(code, ""))
HANDOFF = dispute.HANDOFF


class Watch:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.project = keeping(READER)
        self.places = 0

    def hears(self, *told: tuple[Event, datetime]) -> None:
        """Each in a turn of its own."""
        for event, at in told:
            with self.engine.begin() as tx:
                self.project(tx, [self.fact(event, at)])

    def fact(self, event: Event, at: datetime) -> Envelope[Any]:
        self.places += 1
        return replace(heard(event, after=self.places), time=at)

    def clocks(self) -> dict[str, ClockRow]:
        with self.engine.connect() as tx:
            return {one.clock: one for one in find_clocks(tx).clocks}

    def late(self, now: datetime) -> set[tuple[str, str]]:
        with self.engine.connect() as tx:
            return {(one.rule, one.thing.partition(" ")[0]) for one in find_late(tx, now, 100)}

    def explained(self, now: datetime, on: date | None = None) -> Explanation:
        with self.engine.connect() as tx:
            matter = next(iter(find_clocks(tx).clocks)).correlation_id
            return Explainer(RULES, lambda: now, lambda *_: False).explain_matter(tx, matter, on)


@pytest.fixture
def watch(engine: Engine) -> Watch:
    return Watch(engine)


def told(past: Sequence[Event]) -> list[tuple[Event, datetime]]:
    """As it happened: at the noon of the day that each event names, or of the one before it."""
    found, at = [], p.on("04-01")
    for one in past:
        named = (getattr(one, name, None) for name in ("filed_on", "decided_on", "on"))
        days = [day for day in named if type(day) is date]
        at = max(at, datetime.combine(days[0], time(4), UTC)) if days else at
        at += timedelta(seconds=1)
        found.append((one, at))
    return found


def last(past: Sequence[Event], kind: type[Any]) -> Any:
    return next(one for one in reversed(past) if isinstance(one, kind))


SIGNED = exchange.HandoffSigned(
    handoff_id=HANDOFF, kind="CRIMINAL", source_ref="enforcement/case/1",
    agency_code="GAJ", lead=True, person_id="p", on=AT,
    result_due_at=RULES.due("CRIM.POLICE_DECIDE", AT), rule_code="CRIM.POLICE_DECIDE",
    rule_pack_version="",
)  # fmt: skip
OFFERED = exchange.HandoffOffered(
    handoff_id=HANDOFF, handoff_no="H", kind="CRIMINAL", copy=True,
    from_service="enforcement", from_agency=p.CGW, to_agency="JCY", lead=False,
    group_id=None, source_ref="x", subject_refs=(), purpose="", basis=None, body={},
    body_hash="", privacy_class="P2", result_needs=(), due_ats=exchange.DueAts(),
    rule_codes=(), rule_pack_version="",
)  # fmt: skip
IMPOSED = enforcement.CoerciveMeasureImposed(
    coercion_id=p.uid(7), lead_id=None, case_id=None, agency_code=p.CGW, subjects=(),
    kind="SEIZURE", items=(), legal_basis=(), urgent=False, approver=None, due_at=None,
    imposed_on=day("06-01"), expires_on=RULES.last_day("ENF.SEIZE.TERM", day("06-01")),
    rule_codes=(), rule_pack_version="",
)  # fmt: skip
LEAD = replace(
    alarms.LEAD,
    lead_id=LeadId(p.uid(3)),
    check_due_on=RULES.last_day("ENF.LEAD.CHECK", day("06-01")),
)
FILED_LEAD: Any = enforcement.LeadFiled(
    lead_id=LEAD.lead_id, case_id=p.uid(1), lead_no="L", agency_code=p.CGW,
    source_channel="GRID", source_ref="x", handoff_id=None, subjects=(), parties=(),
    power_item_code="P", act_date=day("05-01"), act_end_date=None, location=None,
    discovered_on=day("05-02"), safety_harm=False, proposed_by=(), approver="a",
    filed_on=day("06-02"),
)  # fmt: skip
LIFTING = replace(f.LIFTING, due_on=RULES.last_day("CRED.LIFT", day("06-01")))
INQUIRY = oversight.WrongCaseInquiryOpened(
    inquiry_id=p.uid(9), inquiry_no="I", source_event_id=p.uid(10), decision_no=None,
    case_no=None, involved=(), due_on=RULES.last_day("OVS.INQUIRY", day("06-01")),
    rule_code="OVS.INQUIRY", rule_pack_version="",
)  # fmt: skip
INQUIRED = oversight.WrongCaseInquiryClosed(inquiry_id=INQUIRY.inquiry_id, consequence="")
REPAIR: Any = {"repair_id": p.uid(11), "record_id": p.uid(12), "listing_id": None,
               "subject_id": p.uid(1), "subject_ref": Hidden.ERASED}  # fmt: skip
APPLIED = credit.RepairApplied(**REPAIR, corrected_on=day("05-01"), proofs=(), commitment="")
ACCEPTED = credit.RepairAccepted(
    repair_id=p.uid(11), on=day("06-01"),
    due_on=RULES.last_day("CRED.REPAIR.DECIDE", day("06-01")), rule_code="", rule_pack_version="",
)  # fmt: skip
GRANTED = credit.RepairDecided(**REPAIR, granted=True, reason="", approver="a")
EXTENDED = enforcement.CoerciveMeasureExtended(
    coercion_id=IMPOSED.coercion_id, because=enforcement.ExtendedBecause.EXTENSION,
    agency_code=p.CGW, subjects=(), new_expires_on=day("07-31"), approver=None,
    paused_from=None, paused_until=None, rule_code="", rule_pack_version="",
)  # fmt: skip
TESTED = replace(
    EXTENDED, because=enforcement.ExtendedBecause.TEST_EXCLUDED, paused_from=day("06-10"),
    paused_until=day("06-15"), new_expires_on=day("07-06"),
)  # fmt: skip
LIFTED_GOODS = enforcement.CoerciveMeasureLifted(
    coercion_id=IMPOSED.coercion_id,
    ground=ReasonCode("NO_LONGER_NEEDED"),
    returned=(),
)
REPLIED = exchange.HandoffFedBack(
    handoff_id=HANDOFF, kind="REMEDY", source_ref=f"enforcement/case/{case.OPENED[0].case_id}",
    agency_code=p.CGW, lead=True, outcome_code="REPLIED", text="", proposed_agency=None,
    power_item_code=None, files=(), media=(), handler_id=None, at=AT, confirm_due_at=None,
    rule_code=None, rule_pack_version=None,
)  # fmt: skip
FILING = replace(last(case.CRIMINAL, enforcement.CriminalFilingDecided), handoff_id=HANDOFF)

Told = list[tuple[Event, datetime]]


def upto(past: Sequence[Event], kind: type[Any]) -> Told:
    """What happened until the last of this kind, and it."""
    place = max(n for n, one in enumerate(past) if isinstance(one, kind))
    return told(past[: place + 1])


e, m = enforcement, mediation
# What starts a clock; and what ends it.
CLOCKS: dict[str, tuple[Told, Event]] = {
    "LEAD_CHECK": ([(LEAD, AT)], FILED_LEAD),
    "DECISION": (upto(case.OPENED, e.CaseFiled), last(case.DECIDED, e.PenaltyDecided)),
    "SEIZURE": ([(IMPOSED, AT)], LIFTED_GOODS),
    "HEAD_DECIDES": (
        upto(case.REPORTED, e.InvestigationStepRecorded),
        last(case.TRANSFERRED, e.CriminalTransferApproved),
    ),
    "HANDOVER": (
        upto(case.TRANSFERRED, e.CriminalTransferApproved),
        last(case.HANDED_OVER, e.CriminalTransferred),
    ),
    "POLICE_DECIDES": ([(SIGNED, AT)], FILING),
    "MATERIALS": (
        upto(case.CRIMINAL, e.CriminalFilingDecided),
        last(case.WITH_POLICE, e.CriminalMaterialsHandedOver),
    ),
    "SERVICE": (upto(case.DECIDED, e.PenaltyDecided), last(case.SERVED, e.DecisionServed)),
    "PUBLICITY": (
        upto(case.DECIDED, e.PenaltyDecided), last(case.PUBLISHED, e.DecisionPublished),
    ),
    "FINE": (upto(case.SERVED, e.DecisionServed), replace(f.PAID,
             case_id=last(case.SERVED, e.DecisionServed).case_id)),
    "REPLY_TO_REMEDY": (upto(case.RECONSIDERED, e.ReconsiderationAccepted), REPLIED),
    "REDECISION": (
        upto(case.REOPENED, e.RedecisionOrdered), last(case.DECIDED, e.PenaltyDecided),
    ),
    "TRIAGE": (upto(dispute.RECEIVED, m.DisputeReceived), dispute.TRIAGED[-1]),
    "MEDIATION": (upto(dispute.ACCEPTED, m.MediationAccepted), dispute.FAILED[-1]),
    "REPAIR_ACCEPTED": ([(APPLIED, AT)], ACCEPTED),
    "REPAIR_DECIDED": ([(ACCEPTED, AT)], GRANTED),
    "LIFT": ([(LIFTING, AT)], f.LIFTED),
    "INQUIRY": ([(INQUIRY, AT)], INQUIRED),
}  # fmt: skip
LATER = p.on("12-30")


@pytest.mark.parametrize("clock", CLOCKS)
def test_a_clock_is_warned_of_breached_and_ends(watch: Watch, clock: str) -> None:
    past, end = CLOCKS[clock]
    watch.hears(*past)
    row = watch.clocks()[clock]
    assert row.due_at is not None
    assert row.due_at == row.open_until
    assert row.warns_from is not None
    assert past[-1][1] <= row.warns_from < row.due_at
    second = timedelta(seconds=1)
    assert clock not in {one for _, one in watch.late(row.warns_from - second)}
    assert ("DEADLINE_WARNED", clock) in watch.late(row.warns_from)
    assert ("DEADLINE_WARNED", clock) in watch.late(row.due_at - second)
    assert ("DEADLINE_BREACHED", clock) in watch.late(row.due_at)
    watch.hears((end, LATER))
    assert clock not in {one for _, one in watch.late(LATER + timedelta(days=400))}
    assert watch.clocks()[clock].ended_at == LATER


# The field in which the owner of a clock says its date; the last event of the past that has it.
SAID: dict[str, tuple[str, Told, str]] = {
    "LEAD_CHECK": ("LEAD_CHECK", [(LEAD, AT)], "check_due_on"),
    "DECISION": ("DECISION", upto(case.OPENED, e.CaseFiled), "decision_due_on"),
    "DECISION, paused": ("DECISION", upto(case.RESUMED, e.CaseClockResumed), "new_due_on"),
    "SEIZURE": ("SEIZURE", [(IMPOSED, AT)], "expires_on"),
    "SEIZURE, extended": ("SEIZURE", [(IMPOSED, AT), (EXTENDED, AT)], "new_expires_on"),
    "SEIZURE, tested": ("SEIZURE", [(IMPOSED, AT), (TESTED, AT)], "new_expires_on"),
    "POLICE_DECIDES": ("POLICE_DECIDES", [(SIGNED, AT)], "result_due_at"),
    "FINE": ("FINE", upto(case.SERVED, e.DecisionServed), "payment_due_on"),
    "REPLY_TO_REMEDY": (
        "REPLY_TO_REMEDY", upto(case.RECONSIDERED, e.ReconsiderationAccepted), "reply_due_on",
    ),
    "TRIAGE": ("TRIAGE", upto(dispute.RECEIVED, m.DisputeReceived), "triage_due_on"),
    "MEDIATION": ("MEDIATION", upto(dispute.ACCEPTED, m.MediationAccepted), "due_on"),
    "MEDIATION, paused": ("MEDIATION", upto(dispute.RESUMED, m.ClockResumed), "new_due_on"),
    "MEDIATION, extended": (
        "MEDIATION", upto(dispute.EXTENDED, m.MediationExtended), "new_due_on",
    ),
    "REPAIR_DECIDED": ("REPAIR_DECIDED", [(ACCEPTED, AT)], "due_on"),
    "LIFT": ("LIFT", [(LIFTING, AT)], "due_on"),
    "INQUIRY": ("INQUIRY", [(INQUIRY, AT)], "due_on"),
}  # fmt: skip


@pytest.mark.parametrize("days", [-1, 1, 30])
@pytest.mark.parametrize("name", SAID)
def test_a_wrong_date_of_an_owner_is_found(watch: Watch, name: str, days: int) -> None:
    clock, past, field = SAID[name]
    (*before, (event, at)) = past
    wrong: Any = replace(event, **{field: getattr(event, field) + timedelta(days=days)})
    watch.hears(*before, (wrong, at))
    assert watch.clocks()[clock].differs
    assert ("CLOCK_DIFFERS", clock) in watch.late(at)


@pytest.mark.parametrize("name", SAID)
def test_what_owners_say_rightly_is_no_difference(watch: Watch, name: str) -> None:
    clock, past, _ = SAID[name]
    watch.hears(*past)
    row = watch.clocks()[clock]
    assert row.said_at is not None
    assert not row.differs, (row.due_at, row.said_at)


def test_while_it_stands_still_nothing_is_due(watch: Watch) -> None:
    watch.hears(*told(case.PAUSED))
    row = watch.clocks()["DECISION"]
    assert (row.due_at, row.stands_still, row.ended_at) == (None, True, None)
    assert "DECISION" not in {clock for _, clock in watch.late(LATER + timedelta(days=900))}
    assert "it stands still" in next(
        one.words for one in watch.explained(LATER).open if one.clock == "DECISION"
    )


def test_a_decision_that_fell_is_neither_to_be_served_nor_published(watch: Watch) -> None:
    decided = last(case.DECIDED, e.PenaltyDecided)
    fell = replace(f.REVOKED, decision_no=decided.decision_no)
    watch.hears((decided, AT), (fell, AT + timedelta(days=1)))
    assert not {clock for _, clock in watch.late(LATER)} & {"SERVICE", "PUBLICITY", "FINE"}


def test_a_fine_in_parts_is_due_with_its_last(watch: Watch) -> None:
    watch.hears(*told(case.IN_PARTS))
    approved = last(case.IN_PARTS, e.FineInstalmentApproved)
    end = max(one.due_on for one in approved.schedule)
    assert watch.clocks()["FINE"].due_at == RULES.calendar.end_of(end)


def test_a_report_runs_to_what_is_due_next(watch: Watch) -> None:
    """Not to its disposal for ever: checked, answered, handed off, each has a limit or none."""
    for past, field in (
        (report.SUBMITTED, "register_due_at"), (report.REGISTERED, "dispatch_due_at"),
        (report.DISPATCHED, "dispose_due_at"), (report.CHECKED, "reply_due_at"),
        (report.ANSWERED, "reply_due_at"),
    ):  # fmt: skip
        with watch.engine.begin() as tx:
            tx.execute(ClockRow.table.delete())
        watch.hears(*told(past))
        assert watch.clocks()["REPORT"].due_at == getattr(past[-1], field), field
    with watch.engine.begin() as tx:
        tx.execute(ClockRow.table.delete())
    watch.hears(*told(report.HANDED_OFF))
    row = watch.clocks()["REPORT"]
    assert (row.due_at, row.ended_at) == (None, None)


def test_a_handoff_that_was_signed_is_to_be_accepted(watch: Watch) -> None:
    accept = AT + timedelta(days=5)
    due = exchange.DueAts(receipt=AT + timedelta(days=1), accept=accept)
    offered = replace(OFFERED, kind="LEAD", copy=False, due_ats=due)
    watch.hears((offered, AT))
    assert watch.clocks()["HANDOFF"].due_at == due.receipt
    watch.hears((replace(SIGNED, kind="LEAD", result_due_at=None), AT + timedelta(hours=1)))
    assert watch.clocks()["HANDOFF"].due_at == accept


def test_a_copy_for_the_procuratorate_is_no_clock_of_the_police(watch: Watch) -> None:
    watch.hears((OFFERED, AT), (SIGNED, AT))
    assert "POLICE_DECIDES" not in {clock for _, clock in watch.late(LATER)}


def test_the_end_may_be_heard_of_before_the_beginning(watch: Watch) -> None:
    watch.hears((FILING, AT + timedelta(days=2)), (SIGNED, AT))
    row = watch.clocks()["POLICE_DECIDES"]
    assert row.ended_at == AT + timedelta(days=2)
    assert row.service == "exchange"
    assert "POLICE_DECIDES" not in {clock for _, clock in watch.late(LATER)}


HISTORY = [
    step
    for fact in [replace(heard(event), time=at) for event, at in told(dispute.RESUMED)]
    for step in READER.steps(fact)
    if step.clock == "MEDIATION"
]


@given(st.permutations(HISTORY))
def test_in_whatever_order_it_is_heard(steps: list[Step]) -> None:
    assert stands(RULES, steps) == stands(RULES, HISTORY)


def test_many_events_in_one_turn_are_as_many_turns(watch: Watch, engine: Engine) -> None:
    past = told(case.RESUMED)
    watch.hears(*past)
    one_by_one = {name: row.steps for name, row in watch.clocks().items()}
    with engine.begin() as tx:
        tx.execute(ClockRow.table.delete())
        watch.project(tx, [watch.fact(event, at) for event, at in past])
    assert {name: row.steps for name, row in watch.clocks().items()} == one_by_one


def test_explained_in_words_and_as_it_stood_on_a_day(watch: Watch) -> None:
    watch.hears(*told(case.RESUMED))
    found = watch.explained(LATER)
    decision = next(one for one in found.open if one.clock == "DECISION")
    row = watch.clocks()["DECISION"]
    assert row.due_at is not None
    assert decision.due_on == RULES.calendar.day_before(row.due_at)
    filed = last(case.OPENED, e.CaseFiled)
    for said in (str(decision.due_on), f"from {filed.filed_on}", filed.rule_code, "stood still",
                 str(RULES.in_force(filed.rule_code, filed.filed_on).basis)):  # fmt: skip
        assert said in decision.words
    # Before it was paused, another day was the last.
    then = watch.explained(LATER, filed.filed_on)
    assert next(one.due_on for one in then.open if one.clock == "DECISION") == filed.decision_due_on
    watch.hears((last(case.DECIDED, e.PenaltyDecided), LATER))
    after = watch.explained(LATER + timedelta(days=1))
    assert "DECISION" not in {one.clock for one in after.open}
    assert after.over >= 1
