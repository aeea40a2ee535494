"""What a stream does when others speak: one pure function for each type of event.

What a function consumes is the type of its parameter, what it may ask is its return type; mypy
holds the body to both. So the sources, and the table of the choreography, need not be written down
again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import NoneType, UnionType
from typing import (
    Any,
    Final,
    Generic,
    TypeAlias,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    overload,
)

from libs.events.core.kernel import Command, Envelope, Event, ForEachStream, Record

A = TypeVar("A")
F = TypeVar("F", bound=Callable[..., Any])
When: TypeAlias = Callable[[Any], bool]

# Recorded by the machinery of whichever service: the name says nothing of where.
ANYWHERE: Final = "events"


class Misdeclared(TypeError):
    """A declaration that cannot be meant: what is wrong, where, and what to write instead."""


class Reaction(Record):
    """One function: what it consumes, under which condition, and what it may ask."""

    function: Callable[[Any], Any]
    hears: tuple[type[Event], ...]
    asks: tuple[type[Command], ...]
    when: When | None
    sources: frozenset[str]

    @property
    def name(self) -> str:
        return self.function.__name__


class Reactions(Generic[A]):
    """The reactions of one stream, in the order of their declaration. `A` is what they ask."""

    def __init__(self, *parts: "Reactions[Any]") -> None:
        """Those of its `parts`, where the stream says them in several files; and its own."""
        self.parts = parts
        self.all: list[Reaction] = []
        self._of: dict[type[Event], list[Reaction]] = defaultdict(list)
        for part in parts:
            for one in part.all:
                self._keep(one)

    @overload
    def __call__(self, function: F) -> F: ...
    @overload
    def __call__(self, *, when: When | None = None, source: str = "") -> Callable[[F], F]: ...
    def __call__(
        self, function: F | None = None, *, when: When | None = None, source: str = ""
    ) -> F | Callable[[F], F]:
        if function is not None:
            return self._add(function, None, "")
        return lambda some: self._add(some, when, source)

    def _add(self, function: F, when: When | None, source: str) -> F:
        self._keep(read(function, when, source))
        return function

    def _keep(self, one: Reaction) -> None:
        self.all.append(one)
        for kind in one.hears:
            self._of[kind].append(one)

    @property
    def sources(self) -> list[str]:
        """The services whose events are consumed."""
        return sorted(frozenset().union(*(one.sources for one in self.all)))

    def react(self, fact: Envelope[Any]) -> list[A]:
        return [
            asked
            for one in self._of.get(type(fact.data), ())
            if one.when is None or one.when(fact)
            for asked in listed(one.function(fact))
        ]


def listed(answer: Any) -> Iterable[Any]:
    if answer is None:
        return ()
    return (answer,) if isinstance(answer, Command | ForEachStream) else answer


def read(function: Callable[..., Any], when: When | None, source: str) -> Reaction:
    """Raises `Misdeclared`."""
    where = f"{function.__module__}.{function.__name__}"
    hints = get_type_hints(function)
    asked = hints.pop("return", NoneType)
    if len(hints) != 1 or get_origin(heard := next(iter(hints.values()))) is not Envelope:
        raise Misdeclared(f"{where}: a reaction has one parameter, an Envelope[…]")
    hears = tuple(union(get_args(heard)[0]))
    for kind in hears:
        if kind is Event or not issubclass(kind, Event):
            raise Misdeclared(f"{where}: which event? Envelope[{kind.__name__}] says nothing")
        if kind.upcast is not Event.upcast:
            raise Misdeclared(f"{where}: {kind.__name__} is read as its newer shape; hear that")
    names = {kind.event_type.partition(".")[0] for kind in hears}
    if ANYWHERE in names and not source:
        raise Misdeclared(f"{where}: every service records {hears[0].__name__}; say source=…")
    asks = tuple(dict.fromkeys(commands(asked, where)))
    if not asks:
        raise Misdeclared(f"{where}: its return type names no command")
    sources = frozenset({source} if source else names)
    return Reaction(function=function, hears=hears, asks=asks, when=when, sources=sources)


def union(hint: Any) -> Sequence[Any]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def commands(hint: Any, where: str) -> Iterator[type[Command]]:
    """Every command that stands in a return type."""
    if isinstance(hint, type) and issubclass(hint, Command):
        if hint is Command:
            raise Misdeclared(f"{where}: which command? Command alone says nothing")
        yield hint
    elif hint is ForEachStream:
        raise Misdeclared(f"{where}: of which command? Each[…]")
    for part in get_args(hint):
        yield from commands(part, where)
