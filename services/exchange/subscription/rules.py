"""The rules of a subscription: for whom, why, on what basis, and not for ever."""

from datetime import date

from libs.contracts.exchange import SubscriptionCreated
from libs.events.core.deciders import build_decider
from libs.events.core.kernel import Decider, Refused, State
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
        raise Refused(
            "idempotency-conflict", "This id already names another contract: make a new one"
        )
    contract = command.contract
    if command.asked_by not in (None, contract.agency_code):
        raise Refused("not-receiver", "An agency makes contracts for itself only")
    if not command.agency_known:
        raise Refused(
            "agency-unknown", "There is no agency {agency_code}", agency_code=contract.agency_code
        )
    if not contract.purpose or not contract.basis:
        raise Refused(
            "request-malformed", "A contract needs a purpose and a legal basis", field="basis"
        )
    if unknown := [one for one in contract.kinds if one not in rules.kinds]:
        raise Refused(
            "request-malformed",
            "There are no kinds of handoff {unknown}",
            unknown=unknown[0],
            field="kinds",
        )
    most = rules.limit("EXC.CONTRACT.MAX", command.at)
    again = anniversary(contract.valid_from, most)
    if not contract.valid_from <= contract.valid_until < again:
        raise Refused(
            "subscription-too-long",
            "A contract lasts at most {most} year",
            most=most,
            field="valid_until",
        )
    return [created]


def anniversary(day: date, years: int) -> date:
    """The same day so many years later; of the 29th of February the day after the 28th."""
    leaps = (day.month, day.day) == (2, 29)
    return date(day.year + years, 3, 1) if leaps else day.replace(year=day.year + years)


def evolve(subscription: Subscription, event: SubscriptionCreated) -> Subscription:
    return Subscription(created=event)


def decider(rules: Rulebook) -> Decider[CreateSubscription, Subscription, SubscriptionCreated]:
    first = Subscription()
    return build_decider(
        "subscription", decide, evolve, rules, key="subscription_id", initial=first, shared=True
    )
