"""The rules of a handoff: given these events, when this is asked, then …"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from libs.contracts import exchange
from libs.contracts.exchange import (
    Clock,
    ClosedBecause,
    DeliveryMode,
    DueAts,
    HandoffEvent,
    ReassignedBecause,
)
from libs.contracts.vocabulary import (
    AgencyCode,
    EscalationReason,
    HandoffId,
    HandoffKindCode,
    Matter,
    Media,
    PersonId,
    ReasonCode,
    SourceRef,
)
from libs.events.core.kernel import Hidden, NotFound
from services.exchange.handoff.commands import (
    AcceptHandoff,
    ArbitrateHandoff,
    CloseHandoff,
    ConfirmHandoff,
    DeliverHandoff,
    EscalateHandoff,
    FeedBackHandoff,
    HandoffCommand,
    MarkHandoffOverdue,
    OfferHandoff,
    ProgressHandoff,
    ReassignHandoff,
    Receiver,
    ReturnHandoff,
    SignHandoff,
)
from services.exchange.handoff.rules.decider import decider
from tests import scenario
from tests.conftest import RULES
from tests.rules import AllTheRules
from tests.scenario import given, refused

HANDOFF = decider(RULES)
ID = HandoffId(UUID(int=1))
CGW, ZJW, WGZX = AgencyCode("CGW"), AgencyCode("ZJW"), AgencyCode("WGZX")
MENDER = PersonId("mender")
NOON = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)
DUE = DueAts(
    receipt=NOON + timedelta(hours=2),
    accept=NOON + timedelta(hours=4),
    result=NOON + timedelta(days=2),
)
CODES = ("GRID.RECEIPT.S3", "GRID.ACCEPT.S3", "GRID.DISPOSE.S3")
GOOD = Receiver(known=True, active=True, max_class="P2")
BODY = {
    "report_no": "NO-1",
    "category_code": "1201160102",
    "sla_class": "S3",
    "location": {"lon": 117.642, "lat": 39.032},
    "description": "rubbish beside the road",
}
LONG = {"description": "x" * 70_000}
OFFER = OfferHandoff(
    handoff_id=ID,
    kind=HandoffKindCode("DISPATCH"),
    from_service="grid",
    from_agency=WGZX,
    to_agency=CGW,
    lead=True,
    group_id=None,
    source_ref=SourceRef("grid/report/1"),
    body=BODY,
    at=NOON,
    due_ats=DUE,
    rule_codes=CODES,
    receiver=GOOD,
)
ASSIST = replace(
    OFFER,
    kind=HandoffKindCode("ASSIST"),
    body={"matter": "who owns this lamp?"},
    due_ats=None,
    rule_codes=(),
    person=True,
    role="AGENCY_HANDLER",
    matter=Matter("TR-1"),
    matter_open=True,
    matter_source=SourceRef("grid/report/1"),
)
CALL = {
    "topic": "whose is it",
    "place": "at the bridge",
    "at": "2026-06-02T10:00:00+08:00",
    "agencies": ["CGW", "ZJW"],
}
JOINT = replace(
    ASSIST,
    kind=HandoffKindCode("JOINT"),
    body=CALL,
    matter_held=True,
)
NOTICE = replace(
    OFFER,
    kind=HandoffKindCode("CRIMINAL_RETURN"),
    body={"case_no": "1", "from_stage": "COURT", "reason": "NONE", "on": "2026-06-01"},
    due_ats=None,
    rule_codes=(),
)
LIFT = replace(
    NOTICE,
    kind=HandoffKindCode("LIFT"),
    body={"measure_id": str(ID), "cause": "X", "due_on": "2026-06-09"},
)
RETURN_OF_CRIME = replace(NOTICE, person=True, role="EXT_PROCURATOR", was_sent=True)
REMEDY = replace(
    NOTICE,
    kind=HandoffKindCode("REMEDY"),
    body={"stage": "RECON_FILED", "decision_no": "津滨规罚〔2026〕1号", "on": "2026-07-20"},
    person=True,
    role="RECON_OFFICER",
    known_decision=True,
)
DECISION = {"stage": "RECON_DECIDED", "outcome": "REVOKED", "served_on": "2026-08-20"}
COPY = replace(OFFER, copy=True)
DELIVER = DeliverHandoff(handoff_id=ID, at=NOON, receiver=GOOD)
SIGN = SignHandoff(handoff_id=ID, agency_code=CGW, person_id=MENDER, at=NOON)
ACCEPT = AcceptHandoff(handoff_id=ID, agency_code=CGW, handler_id=MENDER, at=NOON)
RETURN = ReturnHandoff(
    handoff_id=ID,
    agency_code=CGW,
    reason=ReasonCode("NOT_OUR_DUTY"),
    text="not ours",
    proposed_agency=ZJW,
    basis="三定规定",
    at=NOON,
)
REASSIGN = ReassignHandoff(
    handoff_id=ID,
    to_agency=ZJW,
    because=ReassignedBecause.RETURNED,
    at=NOON,
    due_ats=DUE,
    rule_codes=CODES,
    rule_pack_version=RULES.version,
    receiver=GOOD,
)
ARBITRATE = ArbitrateHandoff(
    handoff_id=ID,
    to_agency=CGW,
    decided_by=PersonId("arbiter"),
    basis="it was agreed",
    at=NOON,
    receiver=GOOD,
)
PROGRESS = ProgressHandoff(
    handoff_id=ID, agency_code=CGW, progress_code="ON_SITE", text="here", media=(), location=None
)
PHOTO = Media(sha256="0" * 64, kind="PHOTO", lon=117.642, lat=39.032)
FEED_BACK = FeedBackHandoff(
    handoff_id=ID,
    agency_code=CGW,
    outcome_code="SOLVED",
    text="cleared away",
    proposed_agency=None,
    power_item_code=None,
    files=(),
    media=(PHOTO,),
    handler_id=MENDER,
    at=NOON + timedelta(hours=1),
)
CONFIRM = ConfirmHandoff(handoff_id=ID, confirmed_by=PersonId("SYSTEM"), agency_code=None)
CLOSE = CloseHandoff(handoff_id=ID, closed_because=ClosedBecause.SUPERSEDED, agency_code=None)
OVERDUE = MarkHandoffOverdue(handoff_id=ID, clock=Clock.RECEIPT, percent=100)
ESCALATE = EscalateHandoff(handoff_id=ID, percent=100, reason=EscalationReason.OVERDUE)


def remedy(**changed: str) -> OfferHandoff:
    return replace(REMEDY, body={**body_of(REMEDY), **changed})


def body_of(offer: OfferHandoff) -> dict[str, Any]:
    assert not isinstance(offer.body, Hidden)
    return dict(offer.body)


def after(past: list[HandoffEvent], *commands: HandoffCommand) -> list[HandoffEvent]:
    return scenario.after(HANDOFF, past, *commands)


OFFERED = after([], OFFER)
DELIVERED = after(OFFERED, DELIVER)
SIGNED = after(DELIVERED, SIGN)
ACCEPTED = after(SIGNED, ACCEPT)
AT_WORK = after(ACCEPTED, PROGRESS)
RETURNED = after(SIGNED, RETURN)
AGAIN = after(RETURNED, REASSIGN, DELIVER, replace(SIGN, agency_code=ZJW))
TWICE = after(AGAIN, replace(RETURN, agency_code=ZJW))
BOUND = after(TWICE, ARBITRATE)
FED_BACK = after(ACCEPTED, FEED_BACK)
CLOSED = after(FED_BACK, CONFIRM)
ASSISTED = after([], ASSIST, DELIVER, SIGN)
NOTICED = after([], NOTICE, DELIVER)
LATE = after(DELIVERED, OVERDUE)
AGAIN_BOUND = after(
    BOUND,
    FEED_BACK,
    replace(REASSIGN, to_agency=CGW, because=ReassignedBecause.CHECK_FAILED),
    SIGN,
)

REFUSALS: dict[str, tuple[str, list[HandoffEvent], HandoffCommand]] = {
    "nobody": ("agency-unknown", [], replace(OFFER, receiver=replace(GOOD, known=False))),
    "suspended": ("agency-suspended", [], replace(OFFER, receiver=replace(GOOD, active=False))),
    "no contract": ("contract-expired", [], replace(OFFER, receiver=replace(GOOD, max_class=None))),
    "no basis": ("field-not-allowed", [], replace(OFFER, receiver=replace(GOOD, max_class="P1"))),
    "no kind": ("schema-invalid", [], replace(OFFER, kind=HandoffKindCode("WISH"))),
    "missing": ("schema-invalid", [], replace(OFFER, body={})),
    "not known": ("schema-invalid", [], replace(OFFER, body=BODY | {"reporter": "Li"})),
    "mistyped": ("schema-invalid", [], replace(OFFER, body=BODY | {"location": 7})),
    "too large": ("payload-too-large", [], replace(OFFER, body=BODY | LONG)),
    "not the police's": ("not-sender", [], replace(RETURN_OF_CRIME, role="AGENCY_HANDLER")),
    "never sent there": ("not-sender", [], replace(RETURN_OF_CRIME, was_sent=False)),
    "not the reconsideration's": ("not-sender", [], replace(REMEDY, role="AGENCY_HANDLER")),
    "no such decision": ("not-found", [], replace(REMEDY, known_decision=False)),
    "no number": ("schema-invalid", [], remedy(decision_no="the one of last year")),
    "no such stage": ("outcome-invalid", [], remedy(stage="RECON_DREAMT")),
    "no outcome": ("outcome-invalid", [], remedy(stage="RECON_DECIDED")),
    "outcome too early": ("outcome-invalid", [], remedy(outcome="REVOKED")),
    "no such ground": ("schema-invalid", [], remedy(**DECISION, ground="TASTE")),
    "no such procedure": ("schema-invalid", [], remedy(procedure="SLOW")),
    "changed into nothing": ("schema-invalid", [], remedy(**DECISION | {"outcome": "MODIFIED"})),
    "a service's": ("not-sender", [], replace(OFFER, person=True,
    role="AGENCY_HANDLER", matter=Matter("TR-1"))),
    "not one's own": ("not-receiver", [], replace(JOINT, matter_held=False)),
    "another matter": ("not-found", [], replace(ASSIST, source_ref=SourceRef("grid/report/2"))),
    "no list": ("schema-invalid", [], replace(JOINT, body=CALL | {"agencies": "CGW"})),
    "no zone": ("schema-invalid", [], replace(JOINT, body=CALL | {"at": "2026-06-02T10:00"})),
    "no matter": ("not-found", [], replace(ASSIST, matter_open=False)),
    "another offer": ("idempotency-conflict", OFFERED, replace(OFFER, to_agency=ZJW)),
    "not theirs": ("not-receiver", OFFERED, replace(SIGN, agency_code=ZJW)),
    "signed": ("already-signed", SIGNED, SIGN),
    "only signed": ("kind-without-acceptance", NOTICED, ACCEPT),
    "not returnable": ("not-returnable", after([], LIFT, SIGN), RETURN),
    "no reason": ("return-reason-invalid", SIGNED, replace(RETURN, reason=ReasonCode("BOREDOM"))),
    "half a reason": ("return-reason-incomplete", SIGNED, replace(RETURN, proposed_agency=None)),
    "too late": ("return-too-late", SIGNED, replace(RETURN, at=NOON + timedelta(hours=5))),
    "bound": ("return-limit", AGAIN_BOUND, RETURN),
    "no such outcome": ("outcome-invalid", ACCEPTED, replace(FEED_BACK, outcome_code="MAYBE")),
    "no such progress": ("outcome-invalid", ACCEPTED, replace(PROGRESS, progress_code="ASLEEP")),
    "no photo": ("feedback-incomplete", ACCEPTED, replace(FEED_BACK, media=())),
    "photo elsewhere": (
        "feedback-incomplete", ACCEPTED,
        replace(FEED_BACK, media=(replace(PHOTO, lat=39.0325),)),
    ),
    "too early": ("arbitration-not-due", RETURNED, ARBITRATE),
    "not sent": ("not-sender", FED_BACK, replace(CONFIRM, agency_code=ZJW)),
    "out of turn": ("out-of-turn", OFFERED, ACCEPT),
    "nothing to confirm": ("out-of-turn", OFFERED, CONFIRM),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "events", "command"), REFUSALS.values(), ids=REFUSALS)
def test_a_rule_says_no(rule: str, events: list[HandoffEvent], command: Any) -> None:
    with refused(rule):
        given(HANDOFF, *events).when(command)


@pytest.mark.parametrize(
    "offer",
    [
        RETURN_OF_CRIME,
        replace(RETURN_OF_CRIME, role="EXT_COURT", was_sent=False),
        REMEDY,
        remedy(**DECISION),
        remedy(**DECISION | {"ground": "FACT"}),
    ],
)
def test_outside_bodies_offer_what_is_theirs(offer: OfferHandoff) -> None:
    """A court may return any case; the others what was sent to them."""
    (offered,) = given(HANDOFF).when(offer)
    assert isinstance(offered, exchange.HandoffOffered)
    assert given(HANDOFF, offered).when(offer) == []


@pytest.mark.parametrize("past", [ACCEPTED, AT_WORK])
def test_the_senders_word_and_the_answer_come_in_either_order(past: list[HandoffEvent]) -> None:
    """They are told on two topics; either way it is confirmed, answered and closed, once."""
    ahead = replace(CONFIRM, ahead=True)
    first, second = after(past, ahead, FEED_BACK), after(past, FEED_BACK, ahead)
    for events in (first, second):
        told = [type(one) for one in events[len(past) :]]
        assert told[-1] is exchange.HandoffClosed
        assert set(told) == {
            exchange.HandoffConfirmed, exchange.HandoffFedBack, exchange.HandoffClosed,
        }  # fmt: skip
        assert len(told) == 3
        assert given(HANDOFF, *events).when(ahead) == []


def test_nothing_can_be_asked_of_a_handoff_nobody_offered() -> None:
    with pytest.raises(NotFound):
        given(HANDOFF).when(SIGN)


def test_whoever_signs_has_it() -> None:
    delivered, signed = given(HANDOFF, *OFFERED).when(SIGN)
    assert isinstance(delivered, exchange.HandoffDelivered)
    assert isinstance(signed, exchange.HandoffSigned)


def test_a_kind_that_is_only_signed_closes_on_it() -> None:
    _, closed = given(HANDOFF, *NOTICED).when(SIGN)
    assert closed == exchange.HandoffClosed(
        handoff_id=ID, closed_because=ClosedBecause.SIGNED, on_time=None
    )


def test_a_copy_closes_on_delivery() -> None:
    _, closed = given(HANDOFF, *after([], COPY)).when(DELIVER)
    assert isinstance(closed, exchange.HandoffClosed)
    assert closed.closed_because is ClosedBecause.DELIVERED


def test_what_is_mirrored_is_delivered_when_it_has_been() -> None:
    mirrored = replace(DELIVER, receiver=replace(GOOD, mode=DeliveryMode.KAFKA_MIRROR))
    assert given(HANDOFF, *OFFERED).when(mirrored) == []
    (event,) = given(HANDOFF, *OFFERED).when(replace(mirrored, by_deliverer=True))
    assert isinstance(event, exchange.HandoffDelivered)
    assert event.mode is DeliveryMode.KAFKA_MIRROR


def test_a_kind_with_terms_of_its_own_counts_from_the_offer() -> None:
    (event,) = given(HANDOFF).when(ASSIST)
    assert isinstance(event, exchange.HandoffOffered)
    assert event.rule_codes == ("EXC.SIGN", "EXC.ACCEPT.ASSIST", "ENF.ASSIST.ANSWER")
    assert event.due_ats.receipt == RULES.due("EXC.SIGN", NOON)


def test_an_answer_at_the_due_instant_is_in_time() -> None:
    assert DUE.result is not None
    for at, on_time in ((DUE.result, True), (DUE.result + timedelta(microseconds=1), False)):
        answered = after(ACCEPTED, replace(FEED_BACK, at=at), CONFIRM)
        assert isinstance(answered[-1], exchange.HandoffClosed)
        assert answered[-1].on_time is on_time


def test_each_level_is_reached_once_for_each_who_has_it() -> None:
    once = after(LATE, ESCALATE)
    assert given(HANDOFF, *once).when(ESCALATE) == []
    again = after(once, SIGN, RETURN, REASSIGN)
    assert given(HANDOFF, *again).when(ESCALATE) != []


class TestAllTheRules(AllTheRules):
    decider = HANDOFF
    events = HandoffEvent
    repeatable = (ProgressHandoff, SignHandoff)  # news; and a second signature is refused
    commands = (
        OFFER, ASSIST, JOINT, NOTICE, DELIVER, SIGN, ACCEPT, RETURN, REASSIGN, ARBITRATE, PROGRESS,
        FEED_BACK, CONFIRM, CLOSE, OVERDUE, ESCALATE,
    )  # fmt: skip
    pasts = (
        [], OFFERED, DELIVERED, SIGNED, ACCEPTED, AT_WORK, RETURNED, AGAIN, TWICE, BOUND, FED_BACK,
        CLOSED, ASSISTED, NOTICED, LATE,
    )  # fmt: skip
