"""Streams of which only the last event counts: a register, a catalogue, a calendar."""

from collections.abc import Callable
from typing import Generic, get_type_hints

from libs.events.core.kernel import C, Decider, E, State
from libs.events.core.reactions import Misdeclared, union


class Last(State, Generic[E]):
    """The last event there was, or none."""

    event: E | None = None


def register(
    stream: str, decide: Callable[[C, Last[E]], list[E]], *, key: str
) -> Decider[C, Last[E], E]:
    """Its commands are those that `decide` takes. What is shared by many matters keeps no code."""
    hints = get_type_hints(decide)
    hints.pop("return")
    commands = tuple(union(next(iter(hints.values()))))
    for one in commands:
        if key not in one.__dataclass_fields__:
            raise Misdeclared(f"{one.__name__} has no {key}, which is the key of {stream}")
    return Decider(
        stream=stream,
        commands=commands,
        key=lambda command: str(getattr(command, key)),
        initial=Last(),
        decide=decide,
        evolve=lambda last, event: Last(event=event),
        shared=True,
    )
