"""The rules of an inquiry: given these events, when this is asked, then …"""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from libs.contracts.enforcement import (
    Authority,
    CreditClass,
    DecisionModified,
    DecisionRevoked,
    Ground,
    RevokedScope,
)
from libs.contracts.oversight import (
    InquiryEvent,
    Involved,
    InvolvedRole,
    ResponsibilityLevel,
    WrongCaseInquiryOpened,
)
from libs.contracts.vocabulary import CaseNo, DecisionNo, PersonId, SourceRef
from libs.events.core.kernel import NotFound
from libs.events.store.databases import prepare_tables
from libs.events.store.tables import metadata
from services.oversight.inquiry.commands import CloseInquiry, FindResponsibility, OpenInquiry
from services.oversight.inquiry.projection import find_involved, project_heard
from services.oversight.inquiry.reactions import inquiry_of, react
from services.oversight.inquiry.rules import decider
from tests.conftest import RULES
from tests.enforcement.case import past as p
from tests.rules import AllTheRules
from tests.scenario import after, given, heard, refused

INQUIRY = decider(RULES)
OPEN = OpenInquiry(
    inquiry_id=inquiry_of(p.NUMBER),
    decision_no=p.NUMBER,
    at=p.on("06-17"),
    source_event_id=UUID("99999999-9999-7999-8999-000000000001"),
    case_no=CaseNo("NO-1"),
    involved=(
        Involved(officer_id=p.ONE, role=InvolvedRole.HANDLER, acts=("it",)),
        Involved(officer_id=p.HEAD, role=InvolvedRole.APPROVER, acts=("it",)),
    ),
)
FIND = FindResponsibility(
    inquiry_id=OPEN.inquiry_id,
    officer_id=p.ONE,
    role=InvolvedRole.HANDLER,
    level=ResponsibilityLevel.GENERAL,
    heard_on=date(2026, 7, 9),
    reason="entered a form that nobody had signed",
    exemption=None,
    at=p.on("07-10"),
)
ABOUT_HEAD = replace(FIND, officer_id=p.HEAD, role=InvolvedRole.APPROVER)
CLOSE = CloseInquiry(inquiry_id=OPEN.inquiry_id, consequence="extra training")
OPENED = after(INQUIRY, [], OPEN)
FOUND = after(INQUIRY, OPENED, FIND)
BOTH = after(INQUIRY, FOUND, ABOUT_HEAD)
CLOSED = after(INQUIRY, BOTH, CLOSE)

REFUSALS: dict[str, tuple[str, list[InquiryEvent], Any]] = {
    "no outcome": ("recon-outcome-missing", [], replace(OPEN, source_event_id=None)),
    "a stranger": ("person-not-involved", OPENED, replace(FIND, officer_id=PersonId("nobody"))),
    "not heard": ("person-not-heard", OPENED, replace(FIND, heard_on=None)),
    "to be heard": ("person-not-heard", OPENED, replace(FIND, heard_on=date(2026, 7, 11))),
    "too early": ("out-of-turn", FOUND, CLOSE),
    "over": ("out-of-turn", CLOSED, replace(FIND, level=ResponsibilityLevel.MINOR)),
}


@pytest.mark.parametrize(("rule", "events", "command"), REFUSALS.values(), ids=REFUSALS)
def test_a_rule_says_no(rule: str, events: list[InquiryEvent], command: Any) -> None:
    with refused(rule):
        given(INQUIRY, *events).when(command)


def test_nothing_can_be_asked_of_an_inquiry_that_nobody_opened() -> None:
    with pytest.raises(NotFound):
        given(INQUIRY).when(CLOSE)


def test_it_takes_thirty_days() -> None:
    (opened,) = OPENED
    assert isinstance(opened, WrongCaseInquiryOpened)
    assert opened.due_on == date(2026, 7, 17)


def test_whatever_undid_a_decision_opens_one_inquiry() -> None:
    told: dict[str, Any] = {
        "case_id": p.ID,
        "decision_no": DecisionNo("津滨城罚〔2026〕1号"),
        "source_ref": SourceRef("grid/report/1"),
        "authority": Authority.RECON,
        "basis_ref": "R-1",
    }
    revoked = DecisionRevoked(**told, scope=RevokedScope.FULL, ground=Ground.PROCEDURE, left=())
    (once,), (again,) = react(heard(revoked)), react(heard(revoked))
    assert once.inquiry_id == again.inquiry_id
    milder = DecisionModified(
        **told, ground=Ground.DISCRETION, new_penalties=(), credit_class=CreditClass.GENERAL
    )
    assert react(heard(milder)) == []
    assert react(heard(replace(milder, ground=Ground.LAW)))


def test_only_who_had_a_hand_in_this_case_is_involved(engine: Engine) -> None:
    """A matter may have cases of several agencies."""
    facts = [
        replace(heard(event), subject=subject)
        for subject, past in (("case/1", p.DECIDED), ("case/2", p.ASSIGNED))
        for event in past
    ]
    prepare_tables(engine, metadata.sorted_tables)
    with engine.begin() as tx:
        project_heard(tx, facts)
        project_heard(tx, facts)
    with engine.connect() as tx:
        mine = {(one.officer_id, one.role) for one in find_involved(tx, "case/1")}
        others = {(one.officer_id, one.role) for one in find_involved(tx, "case/2")}
    assert (p.HEAD, InvolvedRole.APPROVER) in mine
    assert (p.REVIEWER, InvolvedRole.REVIEWER) in mine
    assert {role for _, role in others} == {InvolvedRole.HANDLER}


class TestAllTheRules(AllTheRules):
    decider = INQUIRY
    commands = (OPEN, FIND, ABOUT_HEAD, CLOSE)
    pasts = ([], OPENED, FOUND, BOTH, CLOSED)
    events = InquiryEvent
