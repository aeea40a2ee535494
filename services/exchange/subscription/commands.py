"""What may be asked of a subscription."""

from typing import Annotated

from libs.contracts.exchange import Contract
from libs.contracts.vocabulary import AgencyCode, Role, SubscriptionId
from libs.events.core.fields import FLAT, Call, Completed, Now, Source
from libs.events.core.kernel import Command


def asking_agency(call: Call) -> AgencyCode | None:
    """Operations make contracts for anybody, an agency for itself."""
    return None if call.caller.role == Role.OPS else AgencyCode(call.caller.agency)


class CreateSubscription(Command):
    subscription_id: SubscriptionId
    contract: Annotated[Contract, FLAT]
    at: Now
    asked_by: Annotated[
        AgencyCode | None, Source(name="the agency that asks, if one does", take=asking_agency)
    ] = None
    agency_known: Completed[bool] = False
