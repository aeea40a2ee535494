"""The rules of a power item: it has a basis in law. Source: 处罚法 24; exchange.md, B.5.5."""

from libs.contracts.exchange import PowerItemPublished
from libs.events.core.kernel import Decider, Refused, State
from services.exchange.power_item.commands import PublishPowerItem


class Item(State):
    published: PowerItemPublished | None = None


def decide(command: PublishPowerItem, item: Item) -> list[PowerItemPublished]:
    published = PowerItemPublished(code=command.code, item=command.item)
    if item.published == published:
        return []
    if item.published is not None:
        raise Refused("idempotency-conflict", f"{command.code} is published otherwise")
    if not command.item.basis:
        raise Refused("power-item-basis-missing", "on what law does it rest?", field="basis")
    if command.item.delegated_to and not command.item.delegation_decision:
        raise Refused("delegation-decision-missing", "by which decision was it delegated?")
    return [published]


def evolve(item: Item, event: PowerItemPublished) -> Item:
    return Item(published=event)


DECIDER: Decider[PublishPowerItem, Item, PowerItemPublished] = Decider(
    stream="power_item",
    commands=(PublishPowerItem,),
    key=lambda command: command.code,
    initial=Item(),
    decide=decide,
    evolve=evolve,
    shared=True,
)
