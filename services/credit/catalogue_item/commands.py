"""What may be asked of a row of the catalogue."""

from datetime import date
from typing import Annotated

from libs.contracts.asking import SecondPerson
from libs.contracts.credit import BasisType, DisplayPolicy, Polarity
from libs.contracts.enforcement import CreditClass
from libs.contracts.vocabulary import CatalogueItemCode, Resolver
from libs.events.core import fields as f
from libs.events.core.kernel import Command


class PublishCatalogueItem(Command):
    """Without `effective_from` it was always allowed, without `effective_to` it still is."""

    code: CatalogueItemCode
    name_zh: f.Short
    polarity: Polarity
    classes: Annotated[tuple[CreditClass, ...], f.at_most(3)]
    providers: Annotated[tuple[Resolver, ...], f.Limits(min_length=1, max_length=50)]
    documents: Annotated[tuple[BasisType, ...], f.Limits(min_length=1, max_length=7)]
    display_policy: DisplayPolicy
    # Whether there is one is a rule, so an empty one is taken to the rule.
    basis: Annotated[str, f.Limits(max_length=200, pattern=r"^[^\x00]*$"), f.Default(value="")]
    effective_from: date | None
    effective_to: date | None
    role: Annotated[str, f.ROLE] = ""
    approver: SecondPerson = None
