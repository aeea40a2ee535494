"""What a change of status leaves open: whether the successor is known."""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection

from services.exchange.agency.commands import ChangeAgencyStatus
from services.exchange.agency.projection import Agencies
from services.exchange.agency.rules import Agency


def complete_change(
    read_agencies: Callable[[Connection], Agencies],
    tx: Connection,
    command: ChangeAgencyStatus,
    agency: Agency,
) -> ChangeAgencyStatus:
    named = command.successor
    known = named is not None and read_agencies(tx).active(named)
    return replace(command, successor_known=known)
