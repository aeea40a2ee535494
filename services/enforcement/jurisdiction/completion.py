"""What a dispute leaves open: whether its matter is the agency's, and who has the power."""

from dataclasses import replace

from sqlalchemy import Connection

from libs.events.core.deciders import Nothing
from libs.statute.rulebook import Rulebook
from services.enforcement.jurisdiction.commands import AgreeJurisdiction, RaiseJurisdictionDispute
from services.enforcement.jurisdiction.rules import AnyDispute
from services.enforcement.known import IsOpen, ReadKnown


def complete_raising(
    is_open: IsOpen, tx: Connection, command: RaiseJurisdictionDispute, dispute: AnyDispute
) -> RaiseJurisdictionDispute:
    return replace(command, matter_open=is_open(tx, command.matter, command.agency_code))


def complete_consent(
    rules: Rulebook,
    read_known: ReadKnown,
    tx: Connection,
    command: AgreeJurisdiction,
    dispute: AnyDispute,
) -> AgreeJurisdiction:
    """Whether the one that is named has the power, or has it by the street's own law."""
    if isinstance(dispute, Nothing):
        return command
    known, on = read_known(tx), rules.day(command.at)
    item = known.items.get(dispute.raised.power_item_code)
    agency = known.agencies.get(command.designated)
    local = agency is not None and agency.is_street
    owned = item is not None and item.owned_by(command.designated, on, local=local)
    return replace(command, owned=owned)
