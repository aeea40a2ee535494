"""What may be asked of a power item."""

from typing import Annotated

from libs.contracts.exchange import PowerItem
from libs.contracts.vocabulary import PowerItemCode
from libs.events.core.fields import FLAT
from libs.events.core.kernel import Command


class PublishPowerItem(Command):
    item: Annotated[PowerItem, FLAT]

    @property
    def code(self) -> PowerItemCode:
        return self.item.code
