"""The rules of a row of the measures list: it has a basis, and no single clerk extends it.

Source: 国办发〔2020〕49号 四; docs/domain/credit.md.
"""

from typing import Final

from libs.contracts.credit import MeasureCatalogueItemPublished
from libs.events.core.deciders import Last, register
from services.credit.known import published
from services.credit.measure_item.commands import PublishMeasureItem


def decide(
    command: PublishMeasureItem, last: Last[MeasureCatalogueItemPublished]
) -> list[MeasureCatalogueItemPublished]:
    row = MeasureCatalogueItemPublished(
        code=command.code,
        name_zh=command.name_zh,
        kind=command.kind,
        targets=command.targets,
        allowed_for=command.allowed_for,
        basis=command.basis,
        effective_from=command.effective_from,
        effective_to=command.effective_to,
    )
    return published(command, row, last)


DECIDER: Final = register("measure_item", decide, key="code")
