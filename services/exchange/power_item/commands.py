"""What may be asked of a power item."""

from libs.contracts.exchange import PowerItem
from libs.contracts.vocabulary import PowerItemCode
from libs.events.core.kernel import Command


class PublishPowerItem(Command):
    code: PowerItemCode
    item: PowerItem
