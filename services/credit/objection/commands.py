"""What may be asked of an objection.

What is `Completed` is filled in under the lock. Its default is the answer of someone who knows
nothing: with it, the rule says no.
"""

from typing import Annotated, TypeAlias

from libs.contracts import vocabulary as v
from libs.contracts.asking import CallingPerson
from libs.contracts.credit import ObjectionResult
from libs.events.core import fields as f
from libs.events.core.kernel import Command
from services.credit.known import Ground


class FileObjection(Command):
    """By the subject itself. `ground` is the record as it stands, `matter` its own; `pending` says
    whether another objection to it waits."""

    objection_id: v.ObjectionId
    record_id: v.RecordId
    grounds: f.Text
    evidence: Annotated[tuple[v.FileRef, ...], f.at_most(20), f.Default(value=())]
    by: CallingPerson
    at: f.Now
    ground: f.Completed[Ground | None] = None
    pending: f.Completed[bool] = True
    matter: f.Completed[v.Matter | None] = None


class ResolveObjection(Command):
    """`checked_with` is the document of the provider that was asked."""

    objection_id: v.ObjectionId
    result: ObjectionResult
    checked_with: f.Short
    at: f.Now


ObjectionCommand: TypeAlias = FileObjection | ResolveObjection
