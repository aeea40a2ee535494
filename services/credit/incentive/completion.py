"""What a grant leaves open: the row of the list, its target, and the subject as it is graded."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Connection

from libs.contracts.vocabulary import SubjectRef
from libs.events.core.deciders import Nothing
from libs.events.core.kernel import Hidden, Record
from services.credit.incentive.commands import GrantIncentive
from services.credit.incentive.rules import AnyIncentive
from services.credit.known import Agencies, MeasureItem, SubjectKnown


class Asked(Record):
    """What an incentive asks of other streams."""

    measures: Callable[[Connection], Mapping[str, MeasureItem]]
    agencies: Callable[[Connection], Agencies]
    subject: Callable[[Connection, UUID], SubjectKnown | None]
    subject_ref: Callable[[Connection, UUID], SubjectRef | Hidden]


def complete_grant(
    asked: Asked, tx: Connection, command: GrantIncentive, incentive: AnyIncentive
) -> GrantIncentive:
    if not isinstance(incentive, Nothing):
        return command
    item = asked.measures(tx).get(command.measure_code)
    targets = () if item is None else item.targets
    return replace(
        command,
        item=item,
        targeted=asked.agencies(tx).are(targets, command.agency_code),
        subject=asked.subject(tx, command.subject_id),
        subject_ref=asked.subject_ref(tx, command.subject_id),
    )
