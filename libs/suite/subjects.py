"""A party as a read model keeps it: a column that is blanked when its matter is forgotten."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from libs.contracts.vocabulary import SubjectRef
from libs.events.core.kernel import Hidden

AS_JSON = TypeAdapter(SubjectRef)


def kept(ref: SubjectRef | Hidden) -> dict[str, Any] | None:
    """As JSON; nothing of who was forgotten."""
    if isinstance(ref, Hidden):
        return None
    said: dict[str, Any] = AS_JSON.dump_python(ref, mode="json")
    return said


def ref_of(said: Mapping[str, Any]) -> SubjectRef:
    return AS_JSON.validate_python(dict(said))
