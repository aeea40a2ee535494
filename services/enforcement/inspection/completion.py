"""What a draw leaves open: which officers there are, and whether the log has stood so far."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from sqlalchemy import Connection

from libs.contracts.vocabulary import Officer
from libs.statute.rulebook import Rulebook
from services.enforcement.inspection.commands import CompleteInspection, DrawInspection, Plan
from services.enforcement.inspection.projection import find_plan
from services.enforcement.inspection.rules import AnyInspection
from services.enforcement.known import ReadKnown

# Whether the log has stood where a witness says.
IsWitnessed: TypeAlias = Callable[[Connection, str], bool]
# Where the log stands now, as a witness says it.
Where: TypeAlias = Callable[[Connection], str]


def complete_draw(
    rules: Rulebook,
    read_known: ReadKnown,
    is_witnessed: IsWitnessed,
    where: Where,
    tx: Connection,
    command: DrawInspection,
    inspection: AnyInspection,
) -> DrawInspection:
    known, on = read_known(tx), rules.day(command.at)
    drawn = find_plan(tx, command.agency_code, command.plan_no)
    officers = tuple(
        Officer(officer_id=one, certificate_no=known.officers[one].certificate_no)
        for one in known.certified(command.agency_code, on)
    )
    return replace(
        command,
        officers=officers,
        witnessed=not command.witness or is_witnessed(tx, command.witness),
        stands=where(tx),
        plan=None
        if drawn is None
        else Plan(seed=drawn.seed, list_hash=drawn.list_hash, count=drawn.count),
    )


def complete_result(
    rules: Rulebook,
    read_known: ReadKnown,
    tx: Connection,
    command: CompleteInspection,
    inspection: AnyInspection,
) -> CompleteInspection:
    certified = read_known(tx).certified(command.agency_code, rules.day(command.at))
    return replace(command, certified=frozenset(set(command.officers).intersection(certified)))
