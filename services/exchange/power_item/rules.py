"""The rules of a power item: it has a basis in law. Source: 处罚法 24; docs/domain/exchange.md."""

from typing import Final

from libs.contracts.exchange import PowerItemPublished
from libs.events.core.deciders import Last, register
from libs.events.core.kernel import Refused
from services.exchange.power_item.commands import PublishPowerItem


def decide(command: PublishPowerItem, last: Last[PowerItemPublished]) -> list[PowerItemPublished]:
    item = command.item
    published = PowerItemPublished(code=item.code, item=item)
    if last.event == published:
        return []
    if last.event is not None:
        raise Refused(
            "idempotency-conflict",
            "The power item {code} is published with other content: give what changed its own code",
            code=item.code,
        )
    if not item.basis:
        raise Refused(
            "power-item-basis-missing", "A power item needs its legal basis", field="basis"
        )
    if item.delegated_to and not item.delegation_decision:
        raise Refused(
            "delegation-decision-missing", "A delegated power needs the number of the decision"
        )
    return [published]


DECIDER: Final = register("power_item", decide, key="code")
