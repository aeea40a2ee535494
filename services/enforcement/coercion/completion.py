"""What a seizure leaves open: certificates, power, what it is under, and what is seized already.

It is asked under the lock; the questions are other files', and come from `main`.
"""

from dataclasses import replace

from sqlalchemy import Connection

from libs.events.core.kernel import Hidden
from libs.statute.rulebook import Rulebook
from services.enforcement.coercion.commands import ImposeCoerciveMeasure
from services.enforcement.coercion.projection import find_taken
from services.enforcement.coercion.rules import AnyCoercion
from services.enforcement.known import FindUnder, ReadKnown


def complete_measure(
    rules: Rulebook,
    read_known: ReadKnown,
    find_under: FindUnder,
    tx: Connection,
    command: ImposeCoerciveMeasure,
    coercion: AnyCoercion,
) -> ImposeCoerciveMeasure:
    known, on = read_known(tx), rules.day(command.at)
    certified = set(command.officers).intersection(known.certified(command.agency_code, on))
    item = known.items.get(command.power_item_code)
    under = find_under(tx, command.lead_id, command.case_id)
    agency = known.agencies.get(command.agency_code)
    place = under.location if under is not None else None
    cell = "" if place is None or isinstance(place, Hidden) else place.cell_code or ""
    local = agency is not None and agency.is_street and rules.within(cell, agency.territory)
    owned = item is not None and item.owned_by(command.agency_code, on, local=local)
    theirs = under is not None and under.agency_code == command.agency_code
    return replace(
        command,
        certified=frozenset(certified),
        may_seize=item is not None and owned and item.may_seize,
        under=theirs,
        subjects=under.subjects if under is not None and theirs else (),
        matter=under.matter if under is not None and theirs else None,
        taken=find_taken(tx, [one.item_id for one in command.items]),
    )
