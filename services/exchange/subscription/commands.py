"""What may be asked of a subscription."""

from datetime import datetime

from libs.contracts.exchange import Contract
from libs.contracts.vocabulary import AgencyCode, SubscriptionId
from libs.events.core.kernel import Command


class CreateSubscription(Command):
    subscription_id: SubscriptionId
    contract: Contract
    at: datetime
    asked_by: AgencyCode | None = None
    agency_known: bool = False
