"""What a contract leaves open: whether its agency takes part."""

from dataclasses import replace

from sqlalchemy import Connection

from services.exchange.known import ReadAgencies
from services.exchange.subscription.commands import CreateSubscription
from services.exchange.subscription.rules import Subscription


def complete_creation(
    read_agencies: ReadAgencies,
    tx: Connection,
    command: CreateSubscription,
    subscription: Subscription,
) -> CreateSubscription:
    known = read_agencies(tx).known(command.contract.agency_code)
    return replace(command, agency_known=known)
