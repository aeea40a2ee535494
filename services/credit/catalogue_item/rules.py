"""The rules of a row of the catalogue: it has a basis, and no single clerk extends it.

Source: 国办发〔2020〕49号 一, 二; docs/domain/credit.md.
"""

from typing import Final

from libs.contracts.credit import CatalogueItemPublished
from libs.contracts.vocabulary import Role
from libs.events.core.deciders import Last, register
from libs.events.core.kernel import Refused
from services.credit.catalogue_item.commands import PublishCatalogueItem


def decide(
    command: PublishCatalogueItem, last: Last[CatalogueItemPublished]
) -> list[CatalogueItemPublished]:
    published = CatalogueItemPublished(
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
    if last.event == published:
        return []
    if last.event is not None:
        raise Refused(
            "idempotency-conflict",
            "{code} is published with other content: give what changed its own code",
            code=command.code,
        )
    if not command.basis:
        raise Refused(
            "basis-invalid",
            "{code} needs the law or the policy that allows it",
            code=command.code,
            field="basis",
            basis="国办发〔2020〕49号",
        )
    if command.role != Role.OPS and command.approver is None:
        raise Refused("approver-required", "A second person of your agency and role must sign")
    return [published]


DECIDER: Final = register("catalogue_item", decide, key="code")
