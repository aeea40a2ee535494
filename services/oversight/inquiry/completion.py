"""What opening an inquiry leaves open: what undid the decision, and who had a hand in it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, TypeAlias
from uuid import UUID

from sqlalchemy import Connection

from libs.contracts.oversight import Involved
from libs.contracts.vocabulary import CaseNo, DecisionNo, Matter
from services.oversight.inquiry.commands import OpenInquiry
from services.oversight.inquiry.rules import AnyInquiry


class Undone(Protocol):
    @property
    def event_id(self) -> UUID: ...
    @property
    def subject(self) -> str: ...
    @property
    def matter(self) -> Matter: ...
    @property
    def case_no(self) -> CaseNo | None: ...


FindUndone: TypeAlias = Callable[[Connection, DecisionNo], Undone | None]
FindInvolved: TypeAlias = Callable[[Connection, str], tuple[Involved, ...]]


def complete_opening(
    find_undone: FindUndone,
    find_involved: FindInvolved,
    tx: Connection,
    command: OpenInquiry,
    inquiry: AnyInquiry,
) -> OpenInquiry:
    undone = find_undone(tx, command.decision_no)
    if undone is None:
        return command
    return replace(
        command,
        source_event_id=undone.event_id,
        matter=undone.matter,
        case_no=undone.case_no,
        involved=find_involved(tx, undone.subject),
    )
