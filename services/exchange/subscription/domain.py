"""The rules of a subscription: for whom, why, on what basis, and not for ever."""

from functools import partial

from libs.contracts.exchange import SubscriptionCreated
from libs.events.kernel import Decider, Refused, State
from libs.statute.rulebook import Rulebook
from services.exchange.subscription.commands import CreateSubscription


class Subscription(State):
    created: SubscriptionCreated | None = None


def decide(
    rules: Rulebook, command: CreateSubscription, subscription: Subscription
) -> list[SubscriptionCreated]:
    created = SubscriptionCreated(
        subscription_id=command.subscription_id, contract=command.contract
    )
    if subscription.created == created:
        return []
    if subscription.created is not None:
        raise Refused("idempotency-conflict", "this id already names another contract")
    contract = command.contract
    if not command.agency_known:
        raise Refused("agency-unknown", f"there is no agency {contract.agency_code}")
    if not contract.purpose or not contract.basis:
        raise Refused("request-malformed", "what is it for, and on what basis?", field="basis")
    most = rules.limit("EXC.CONTRACT.MAX", command.at)
    last = contract.valid_from.replace(year=contract.valid_from.year + most)
    if not contract.valid_from <= contract.valid_until < last:
        raise Refused("subscription-too-long", f"at most {most} year", field="valid_until")
    return [created]


def evolve(subscription: Subscription, event: SubscriptionCreated) -> Subscription:
    return Subscription(created=event)


def decider(rules: Rulebook) -> Decider[CreateSubscription, Subscription, SubscriptionCreated]:
    return Decider(
        stream="subscription",
        commands=(CreateSubscription,),
        key=lambda command: command.subscription_id,
        initial=Subscription(),
        decide=partial(decide, rules),
        evolve=evolve,
        shared=True,
    )
