"""What a handoff, an inspection or a lead is about: `service/stream/id`, as its maker wrote it."""

from uuid import UUID

from libs.contracts.vocabulary import SourceRef


def key_of(source_ref: SourceRef | None, stream: str) -> UUID | None:
    """The id, where it is of this stream (`credit/measure`). Nothing where it is of another, or
    where what follows is no id: whoever offers a handoff may write anything there."""
    if source_ref is None or not source_ref.startswith(f"{stream}/"):
        return None
    try:
        return UUID(source_ref.removeprefix(f"{stream}/"))
    except ValueError:
        return None
