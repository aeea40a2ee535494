"""What the commands of a lead leave open: whether it came before, and what the agency may do.

It is asked under the lock; the questions are other files', and come from `main`.
"""

from dataclasses import replace

from sqlalchemy import Connection

from libs.events.core.deciders import Nothing
from libs.events.core.kernel import Hidden
from libs.statute.rulebook import Rulebook
from services.enforcement.known import IsCase, IsOpen, ReadKnown
from services.enforcement.lead.commands import FileCase, ReceiveLead
from services.enforcement.lead.projection import find_source
from services.enforcement.lead.rules import AnyLead


def complete_receipt(
    is_open: IsOpen, tx: Connection, command: ReceiveLead, lead: AnyLead
) -> ReceiveLead:
    """Whether the agency has it from this source already, and may name the matter."""
    same = find_source(tx, command.agency_code, command.source_ref)
    open_ = command.matter is not None and is_open(tx, command.matter, command.agency_code)
    return replace(command, same_source=same, matter_open=open_)


def complete_filing(
    rules: Rulebook,
    read_known: ReadKnown,
    is_case: IsCase,
    tx: Connection,
    command: FileCase,
    lead: AnyLead,
) -> FileCase:
    """Whose certificates hold, where the place lies, whose the item is, and whether the id names a
    case already."""
    if isinstance(lead, Nothing):
        return command
    known, on = read_known(tx), rules.day(command.at)
    place = command.location or lead.received.location
    agency, item = known.agencies.get(command.agency_code), known.items.get(command.power_item_code)
    hidden = isinstance(place, Hidden)
    cell = "" if place is None or isinstance(place, Hidden) else place.cell_code or ""
    inside = agency is not None and (hidden or rules.within(cell, agency.territory))
    local = inside and agency is not None and agency.is_street
    owned = item is not None and item.owned_by(command.agency_code, on, local=local)
    signed = set(command.proposed_by)
    certified = signed.intersection(known.certified(command.agency_code, on))
    return replace(
        command,
        certified=frozenset(certified),
        place_inside=inside,
        owned=owned,
        case_taken=is_case(tx, command.case_id),
    )
