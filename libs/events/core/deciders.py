"""Deciders put together: the commands are those that `decide` takes, the key is one of their
fields; and registers, of which only the last event counts."""

from collections.abc import Callable
from functools import partial
from typing import Any, Generic, get_type_hints

from libs.events.core.kernel import C, Command, Context, Decider, E, S, State
from libs.events.core.reactions import Misdeclared, union


class Nothing(State):
    """Nothing has happened yet in this stream."""


def build_decider(
    stream: str,
    decide: Callable[..., list[E]],
    evolve: Callable[[Any, E], S],
    *given: Any,
    key: str,
    initial: State | None = None,
    shared: bool = False,
    owned: Callable[[Any, Context], bool] | None = None,
    opens: tuple[type[Command], ...] = (),
) -> Decider[Any, Any, E]:
    """`decide` takes what is given (the statutes), a command and a state. Raises `Misdeclared`."""
    commands = commands_of(decide, len(given))
    for one in commands:
        if key not in one.__dataclass_fields__ and not hasattr(one, key):
            raise Misdeclared(f"{one.__name__} has no {key}, which is the key of {stream}")
    return Decider(
        stream=stream,
        commands=commands,
        key=lambda command: getattr(command, key),
        initial=Nothing() if initial is None else initial,
        decide=partial(decide, *given) if given else decide,
        evolve=evolve,
        shared=shared,
        owned=owned,
        opens=opens,
    )


def commands_of(decide: Callable[..., Any], given: int) -> tuple[type[Command], ...]:
    """The types of the parameter after those that are given."""
    hints = get_type_hints(decide)
    hints.pop("return")
    return tuple(union(list(hints.values())[given]))


class Last(State, Generic[E]):
    """The last event there was, or none."""

    event: E | None = None


def register(
    stream: str, decide: Callable[[C, Last[E]], list[E]], *, key: str
) -> Decider[C, Last[E], E]:
    """What is shared by many matters keeps no trace code."""

    def evolve(last: Last[E], event: E) -> Last[E]:
        return Last(event=event)

    initial: Last[E] = Last()
    return build_decider(stream, decide, evolve, key=key, initial=initial, shared=True)
