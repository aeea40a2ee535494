"""What may be asked of a row of the measures list."""

from datetime import date
from typing import Annotated

from libs.contracts.asking import SecondPerson
from libs.contracts.credit import MeasureKind
from libs.contracts.vocabulary import MeasureCode, Resolver
from libs.events.core import fields as f
from libs.events.core.kernel import Command


class PublishMeasureItem(Command):
    """`allowed_for` names any of: a class, an item, BREACH, GRADE_x, SEVERE_BY_LAW, COURT."""

    code: MeasureCode
    name_zh: f.Short
    kind: MeasureKind
    targets: Annotated[tuple[Resolver, ...], f.Limits(min_length=1, max_length=50)]
    allowed_for: Annotated[tuple[f.Code, ...], f.Limits(min_length=1, max_length=20)]
    # Whether there is one is a rule, so an empty one is taken to the rule.
    basis: Annotated[str, f.Limits(max_length=200, pattern=r"^[^\x00]*$"), f.Default(value="")]
    effective_from: date | None
    effective_to: date | None
    role: Annotated[str, f.ROLE] = ""
    approver: SecondPerson = None
