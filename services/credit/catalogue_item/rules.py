"""The rules of a row of the catalogue: it has a basis, and no single clerk extends it.

Source: 国办发〔2020〕49号 一, 二; docs/domain/credit.md.
"""

from typing import Final

from libs.contracts.credit import CatalogueItemPublished
from libs.events.core.deciders import Last, register
from services.credit.catalogue_item.commands import PublishCatalogueItem
from services.credit.known import published


def decide(
    command: PublishCatalogueItem, last: Last[CatalogueItemPublished]
) -> list[CatalogueItemPublished]:
    row = CatalogueItemPublished(
        code=command.code,
        name_zh=command.name_zh,
        polarity=command.polarity,
        classes=command.classes,
        providers=command.providers,
        documents=command.documents,
        display_policy=command.display_policy,
        basis=command.basis,
        effective_from=command.effective_from,
        effective_to=command.effective_to,
    )
    return published(command, row, last)


DECIDER: Final = register("catalogue_item", decide, key="code")
