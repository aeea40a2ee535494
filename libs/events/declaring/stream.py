"""A stream declares itself: all that it is made of stands in one value, and a service is made of
those values.

Nothing is registered by being imported. `main` calls one function a stream with what it needs and
hands the streams over; what cannot be meant is said then, all of it at once.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, field, fields
from types import ModuleType
from typing import Any, TypeAlias, get_args, get_type_hints

from fastapi import APIRouter
from sqlalchemy import Connection

from libs.events.core.fields import COMPLETED
from libs.events.core.kernel import Command, Event, Record
from libs.events.core.reactions import Misdeclared, Reactions, union
from libs.events.deciding.loading import Differences
from libs.events.deciding.settling import Settler
from libs.events.deciding.turn import AnyDecider, Completion, Index, Project
from libs.events.declaring.offers import (
    DayOf,
    Edge,
    Offer,
    Question,
    asked,
    marks_of,
    offered,
    parsed,
    shape_of,
)
from libs.events.declaring.rows import Row
from libs.events.http.edge import SHARED, Explanation, PostingOn, posting_on
from libs.events.listening.listener import Reaction
from libs.events.process.deadlines import Deadline
from libs.events.process.service import Service, World
from libs.events.store.log import Log
from libs.events.store.numbers import Numbers

Routers: TypeAlias = Callable[[Settler, PostingOn], Sequence[APIRouter]]


def none(settler: Settler, posting: PostingOn) -> Sequence[APIRouter]:
    return ()


class Load(Record):
    """Commands that a pack wants, and the rows that show which of them have been done."""

    wanted: Callable[[], Sequence[Command]]
    shown: type[Row]

    def __call__(self, tx: Connection) -> Sequence[Command]:
        keys = [one.name for one in self.shown.table.primary_key]
        rows = {tuple(getattr(row, key) for key in keys): row for row in self.shown.all(tx)}
        return [
            command
            for command in self.wanted()
            if not shows(rows.get(tuple(getattr(command, key) for key in keys)), command)
        ]


def shows(row: Row | None, command: Command) -> bool:
    """Whether every field that both have is the same."""
    if row is None:
        return False
    said = vars(command)
    return all(said[name] == getattr(row, name) for name in type(row).model_fields if name in said)


class Stream(Record):
    """One kind of stream. What it does not have is left out; a folder that decides nothing has no
    decider, and only shows or carries."""

    name: str
    decider: AnyDecider | None = None
    completions: Mapping[type[Command], Completion] = field(default_factory=dict)
    indexes: Mapping[str, Index] = field(default_factory=dict)
    projections: Sequence[Project] = ()
    reactions: Reactions[Any] | None = None
    # Read models of what others say, each by the name under which it has heard so far.
    remembers: Mapping[str, Reaction] = field(default_factory=dict)
    deadlines: Mapping[str, Deadline] = field(default_factory=dict)
    loads: Sequence[Differences] = ()
    offers: Sequence[Offer] = ()
    questions: Sequence[Question] = ()
    # Routes that are written out, and what their commands may be refused for.
    routers: Routers = none
    refuses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    tag: str = ""

    @property
    def refused(self) -> Mapping[str, Sequence[str]]:
        """What each command that is offered may be refused for, by its name."""
        return {
            **self.refuses,
            **{one.command.__name__: tuple(one.refuses) for one in self.offers},
        }

    @property
    def events(self) -> Sequence[type[Event]]:
        """What it may record: the type of what its `decide` answers."""
        if self.decider is None:
            return ()
        decide: Any = self.decider.decide
        (answer,) = get_args(get_type_hints(getattr(decide, "func", decide))["return"])
        return tuple(union(answer))

    def heard(self, service: str) -> Mapping[str, Reaction]:
        """Its reactions, under a name that is for ever: the service's and the stream's."""
        if self.reactions is None:
            return self.remembers
        reaction = Reaction(to=self.reactions.sources, react=self.reactions.react)
        return {f"{service}.{self.name}": reaction, **self.remembers}

    def router(self, edge: Edge) -> Iterator[APIRouter]:
        if self.offers or self.questions:
            router = APIRouter(tags=[self.tag or f"{self.name}s"])
            for offer in self.offers:
                offered(router, offer, edge)
            for question in self.questions:
                asked(router, question, edge)
            yield router


def problems(streams: Sequence[Stream]) -> Iterator[str]:
    """What cannot be meant in these declarations together."""
    deciders = [one.decider for one in streams if one.decider is not None]
    decided = {command for one in deciders for command in one.commands}
    for twice in repeated(one.stream for one in deciders):
        yield f"two deciders are of the stream {twice}"
    for twice in repeated(parsed(o.route) for one in streams for o in one.offers):
        yield f"two commands are offered at {' '.join(twice)}"
    for twice in repeated(o.command.__name__ for one in streams for o in one.offers):
        yield f"{twice} is offered twice"
    completions = {command for one in streams for command in one.completions}
    for stream in streams:
        for offer in stream.offers:
            if offer.command not in decided:
                yield f"{stream.name} offers {offer.command.__name__}, which no decider takes"
            if offer.reads is None:
                yield from unclear(offer)
        for command in stream.completions:
            if command not in decided:
                yield f"{stream.name} completes {command.__name__}, which no decider takes"
        for one in stream.reactions.all if stream.reactions else ():
            for command in one.asks:
                if command not in decided:
                    yield f"{stream.name}.{one.name} asks {command.__name__}: no decider takes it"
            for kind in one.hears:
                if kind.event_type not in Event.known:
                    yield f"{stream.name}.{one.name} hears {kind.__name__}: nobody publishes it"
    for command in decided:
        hints = get_type_hints(command, include_extras=True)
        left = [one.name for one in fields(command) if COMPLETED in marks_of(hints[one.name])]
        if left and command not in completions:
            yield f"{command.__name__} leaves {', '.join(left)} open, and nothing completes it"
        given = [
            one.name
            for one in fields(command)
            if one.name in left and one.default is MISSING and one.default_factory is MISSING
        ]
        if given:
            yield f"{command.__name__}.{given[0]} is completed and has no default"


def unclear(offer: Offer) -> Iterator[str]:
    try:
        shape_of(offer, parsed(offer.route)[1])
    except Misdeclared as problem:
        yield str(problem)


def repeated(some: Any) -> list[Any]:
    return [one for one, count in Counter(some).items() if count > 1]


def assembled(
    world: World,
    log: Log,
    contract: ModuleType,
    streams: Sequence[Stream],
    *,
    refusals: Mapping[str, Explanation],
    agency: str,
    numbers: Numbers,
    day: DayOf,
    pack_says: Callable[[], str],
) -> Service:
    """A service of these streams. Raises `Misdeclared`, with all that is wrong."""
    name = log.name
    if wrong := sorted(problems(streams)):
        raise Misdeclared(f"{name} cannot be put together:\n- " + "\n- ".join(wrong))
    settler = Settler(
        log,
        deciders=[one.decider for one in streams if one.decider is not None],
        completions=merged(one.completions for one in streams),
        indexes=merged(one.indexes for one in streams),
        projections=[project for one in streams for project in one.projections],
        numbers=numbers,
    )
    by_command = merged(one.refused for one in streams)
    posting = posting_on(refusals, by_command)
    edge = Edge(settler=settler, engine=world.engine, catalogue={**SHARED, **refusals}, day=day)
    return Service(
        world,
        settler,
        contract,
        agency,
        reactions=merged(one.heard(name) for one in streams),
        deadlines=merged(one.deadlines for one in streams),
        pack_says=pack_says,
        differences=[differ for one in streams for differ in one.loads],
        refusals=refusals,
        routers=[
            router
            for one in streams
            for router in (*one.routers(settler, posting), *one.router(edge))
        ],
        streams=streams,
    )


def merged(some: Any) -> dict[Any, Any]:
    """Raises `Misdeclared` where two say the same name."""
    whole: dict[Any, Any] = {}
    for one in some:
        if both := whole.keys() & one.keys():
            raise Misdeclared(f"two streams of one service declare {sorted(map(str, both))[0]}")
        whole |= one
    return whole
