"""What an order leaves open: what it rests on as it stands now, the row of the list, the target."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Connection

from libs.contracts.credit import SupportLostBecause
from libs.events.core.deciders import Nothing
from libs.events.core.kernel import Record
from services.credit.known import Agencies, Ground, MeasureItem
from services.credit.measure.commands import LoseSupport, OrderMeasure
from services.credit.measure.projection import find_same
from services.credit.measure.rules.decider import AnyMeasure


class Asked(Record):
    """What a measure asks of other streams."""

    measures: Callable[[Connection], Mapping[str, MeasureItem]]
    agencies: Callable[[Connection], Agencies]
    grounds: Callable[[Connection, Sequence[UUID]], Sequence[Ground]]
    grade: Callable[[Connection, UUID], str | None]


def complete_order(
    asked: Asked, tx: Connection, command: OrderMeasure, measure: AnyMeasure
) -> OrderMeasure:
    if not isinstance(measure, Nothing):
        return command
    item = asked.measures(tx).get(command.measure_code)
    targets = () if item is None else item.targets
    grounds = asked.grounds(tx, command.supported_by)
    first = {one.ground_id: one for one in grounds}.get(command.supported_by[0])
    return replace(
        command,
        item=item,
        targeted=asked.agencies(tx).are(targets, command.agency_code),
        grounds=tuple(grounds),
        grade=asked.grade(tx, command.subject_id),
        matter=None if first is None else first.matter,
        same=find_same(
            tx,
            command.subject_id,
            command.measure_code,
            command.agency_code,
            command.supported_by,
        ),
    )


def complete_loss(
    asked: Asked, tx: Connection, command: LoseSupport, measure: AnyMeasure
) -> LoseSupport:
    dropped = command.cause is SupportLostBecause.CLASS_DROPPED
    if isinstance(measure, Nothing) or not dropped:
        return command
    ordered = measure.ordered
    return replace(
        command,
        ground=next(iter(asked.grounds(tx, [command.ground_id])), None),
        item=asked.measures(tx).get(ordered.measure_code),
        grade=asked.grade(tx, ordered.subject_id),
    )
