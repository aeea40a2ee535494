"""What a contract leaves open: whether its agency takes part."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from sqlalchemy import Connection

from libs.contracts.vocabulary import AgencyCode
from services.exchange.subscription.commands import CreateSubscription
from services.exchange.subscription.rules import Subscription


class Agencies(Protocol):
    def known(self, agency_code: AgencyCode) -> bool: ...


def complete_creation(
    read_agencies: Callable[[Connection], Agencies],
    tx: Connection,
    command: CreateSubscription,
    subscription: Subscription,
) -> CreateSubscription:
    known = read_agencies(tx).known(command.contract.agency_code)
    return replace(command, agency_known=known)
