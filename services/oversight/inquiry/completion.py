"""What opening an inquiry leaves open: what undid the decision, and who had a hand in it."""

from dataclasses import replace

from sqlalchemy import Connection

from libs.contracts.vocabulary import Matter
from services.oversight.inquiry.commands import OpenInquiry
from services.oversight.inquiry.projection import find_involved, find_undone
from services.oversight.inquiry.rules import AnyInquiry


def complete_opening(tx: Connection, command: OpenInquiry, inquiry: AnyInquiry) -> OpenInquiry:
    undone = find_undone(tx, command.decision_no)
    if undone is None:
        return command
    return replace(
        command,
        source_event_id=undone.event_id,
        matter=Matter(undone.correlation_id),
        case_no=undone.case_no,
        involved=find_involved(tx, undone.subject),
    )
