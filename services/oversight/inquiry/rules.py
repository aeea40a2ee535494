"""The rules of an inquiry: once for each decision that did not stand; each involved person is heard
and found about; then it is closed with its consequence.

Source: 津滨政办发〔2020〕16号 三(三) (错案责任倒查问责制); docs/domain/oversight.md.
"""

from dataclasses import replace
from typing import Final, TypeAlias, assert_never

from libs.contracts.oversight import (
    InquiryEvent,
    WrongCaseInquiryClosed,
    WrongCaseInquiryOpened,
    WrongCaseResponsibilityFound,
)
from libs.contracts.vocabulary import InquiryNo
from libs.events.core.deciders import Nothing, build_decider
from libs.events.core.kernel import NEXT, Decider, NotFound, Refused, State
from libs.statute.rulebook import Rulebook
from services.oversight.inquiry.commands import (
    CloseInquiry,
    FindResponsibility,
    InquiryCommand,
    OpenInquiry,
)

TERM: Final = "OVS.INQUIRY"


class Inquiry(State):
    opened: WrongCaseInquiryOpened
    findings: tuple[WrongCaseResponsibilityFound, ...] = ()
    closed: WrongCaseInquiryClosed | None = None


AnyInquiry: TypeAlias = Nothing | Inquiry


def decide(rules: Rulebook, command: InquiryCommand, inquiry: AnyInquiry) -> list[InquiryEvent]:
    if isinstance(inquiry, Nothing):
        if isinstance(command, OpenInquiry):
            return [open_inquiry(rules, command)]
        raise NotFound("There is no inquiry {inquiry_id}", inquiry_id=command.inquiry_id)
    match command:
        case OpenInquiry():
            return []
        case FindResponsibility():
            return find(rules, command, inquiry)
        case CloseInquiry():
            return close(command, inquiry)
        case _:
            assert_never(command)


def open_inquiry(rules: Rulebook, command: OpenInquiry) -> WrongCaseInquiryOpened:
    """Only on an outcome that is on record."""
    if command.source_event_id is None:
        raise Refused("recon-outcome-missing", "No outcome is on record that undid this decision")
    return WrongCaseInquiryOpened(
        inquiry_id=command.inquiry_id,
        inquiry_no=InquiryNo(NEXT),
        source_event_id=command.source_event_id,
        decision_no=command.decision_no,
        case_no=command.case_no,
        involved=command.involved,
        due_on=rules.last_day(TERM, rules.day(command.at)),
        rule_code=TERM,
        rule_pack_version=rules.version,
    )


def find(rules: Rulebook, command: FindResponsibility, inquiry: Inquiry) -> list[InquiryEvent]:
    """About somebody who had a hand in it, in that role, and was heard."""
    if not any(
        (one.officer_id, one.role) == (command.officer_id, command.role)
        for one in inquiry.opened.involved
    ):
        raise Refused(
            "person-not-involved",
            "{officer_id} did not take part in it as {role}",
            officer_id=command.officer_id,
            role=command.role,
        )
    if command.heard_on is None or command.heard_on > rules.day(command.at):
        raise Refused(
            "person-not-heard",
            "Say on which day the officer was heard (not in the future)",
            field="heard_on",
        )
    found = WrongCaseResponsibilityFound(
        inquiry_id=command.inquiry_id,
        officer_id=command.officer_id,
        role=command.role,
        level=command.level,
        heard_on=command.heard_on,
        reason=command.reason,
        exemption=command.exemption,
    )
    if found in inquiry.findings:
        return []
    if inquiry.closed is not None:
        raise Refused("out-of-turn", "The inquiry is closed")
    return [found]


def close(command: CloseInquiry, inquiry: Inquiry) -> list[InquiryEvent]:
    if inquiry.closed is not None:
        return []
    found = {(one.officer_id, one.role) for one in inquiry.findings}
    open_ = [
        one.officer_id for one in inquiry.opened.involved if (one.officer_id, one.role) not in found
    ]
    if open_:
        raise Refused("out-of-turn", "Nothing was found yet about {open_}", open_=open_)
    return [WrongCaseInquiryClosed(inquiry_id=command.inquiry_id, consequence=command.consequence)]


def evolve(inquiry: AnyInquiry, event: InquiryEvent) -> Inquiry:
    match inquiry, event:
        case Nothing(), WrongCaseInquiryOpened():
            return Inquiry(opened=event)
        case Inquiry(), WrongCaseResponsibilityFound():
            return replace(inquiry, findings=(*inquiry.findings, event))
        case Inquiry(), WrongCaseInquiryClosed():
            return replace(inquiry, closed=event)
        case _:
            raise AssertionError(f"{event.event_type} cannot follow {inquiry}")


def decider(rules: Rulebook) -> Decider[InquiryCommand, AnyInquiry, InquiryEvent]:
    return build_decider("inquiry", decide, evolve, rules, key="inquiry_id")
