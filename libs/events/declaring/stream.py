"""A stream declares itself: all that it is made of stands in one value.

Nothing is registered by being imported. A service's `main` calls one function a stream with what it
needs and hands the values over to `assembled`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, TypeAlias, get_args, get_type_hints

from fastapi import APIRouter
from sqlalchemy import Connection

from libs.events.core.kernel import Command, Envelope, Event, Record
from libs.events.core.reactions import Reactions, union
from libs.events.deciding.settling import Settler
from libs.events.deciding.turn import AnyDecider, Completion, Index, Project
from libs.events.declaring.projections import Projection
from libs.events.declaring.routes import CommandRoute, Edge, QueryRoute, add_command, add_query
from libs.events.declaring.rows import Row
from libs.events.http.edge import PostingOn
from libs.events.listening.listener import Reaction
from libs.events.process.deadlines import Deadline

Routers: TypeAlias = Callable[[Settler, PostingOn], Sequence[APIRouter]]
Differences: TypeAlias = Callable[[Connection], Sequence[Command]]


def none(settler: Settler, posting: PostingOn) -> Sequence[APIRouter]:
    return ()


class Load(Record):
    """Commands that a pack wants, and the rows that show which of them have been done.

    A command is asked where its row is missing or differs in a field that both have; where the
    stream is opened once and then changed by others, only where the row is missing (`once`).
    """

    wanted: Callable[[], Sequence[Command]]
    shown: type[Row]
    once: bool = False

    def __call__(self, tx: Connection) -> Sequence[Command]:
        keys = [one.name for one in self.shown.table.primary_key]
        rows = {tuple(getattr(row, key) for key in keys): row for row in self.shown.all(tx)}
        return [
            command
            for command in self.wanted()
            if not self.shows(rows.get(tuple(getattr(command, key) for key in keys)), command)
        ]

    def shows(self, row: Row | None, command: Command) -> bool:
        if row is None or self.once:
            return row is not None
        said = vars(command)
        return all(said[name] == getattr(row, name) for name in type(row).model_fields
                   if name in said)  # fmt: skip


class Stream(Record):
    """One kind of stream. What it does not have is left out; a folder that decides nothing has no
    decider, and only shows or carries."""

    name: str
    decider: AnyDecider | None = None
    completions: Mapping[type[Command], Completion] = field(default_factory=dict)
    indexes: Mapping[str, Index] = field(default_factory=dict)
    projections: Sequence[Project] = ()
    reactions: Reactions[Any] | None = None
    # Read models of what other services record, each by the name of its checkpoint, which never
    # changes: under a new name everything is read again from the beginning. Under the name of the
    # stream, what is remembered stands before its reactions are asked.
    remembers: Mapping[str, Reaction | Projection | Sequence[Projection]] = field(
        default_factory=dict
    )
    deadlines: Mapping[str, Deadline] = field(default_factory=dict)
    loads: Sequence[Differences] = ()
    commands: Sequence[CommandRoute] = ()
    queries: Sequence[QueryRoute] = ()
    # Routes that are written out, and what their commands may be refused for.
    routers: Routers = none
    refuses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    tag: str = ""

    @property
    def refused(self) -> Mapping[str, Sequence[str]]:
        """What each command that is offered may be refused for, by its name."""
        return {**self.refuses, **{one.name: tuple(one.refuses) for one in self.commands}}

    @property
    def events(self) -> Sequence[type[Event]]:
        """What it may record: the type of what its `decide` answers."""
        if self.decider is None:
            return ()
        decide: Any = self.decider.decide
        (answer,) = get_args(get_type_hints(getattr(decide, "func", decide))["return"])
        return tuple(union(answer))

    @property
    def rows(self) -> Sequence[type[Row]]:
        """The read models that its projections write."""
        some: list[Any] = [*self.projections]
        for one in self.remembers.values():
            some += one if isinstance(one, Sequence) else [one]
        return [row for one in some if isinstance(one, Projection) for row in one.rows]

    def heard(self, service: str) -> Mapping[str, Reaction]:
        """What it consumes of other services, by the name of the checkpoint."""
        found = {name: heard_by(one) for name, one in self.remembers.items()}
        if self.reactions is None:
            return found
        name = f"{service}.{self.name}"
        also = found.get(name, Reaction(to=()))
        sources = sorted({*self.reactions.sources, *also.to})
        return {
            **found,
            name: Reaction(to=sources, react=self.reactions.react, project=also.project),
        }

    def router(self, edge: Edge) -> Iterator[APIRouter]:
        if self.commands or self.queries:
            router = APIRouter(tags=[self.tag or f"{self.name.replace('_', ' ')}s"])
            for command in self.commands:
                add_command(router, command, edge)
            for query in self.queries:
                add_query(router, query, edge)
            yield router


def heard_by(one: Reaction | Projection | Sequence[Projection]) -> Reaction:
    if isinstance(one, Reaction):
        return one
    some = one if isinstance(one, Sequence) else [one]
    sources = sorted({source for each in some for source in each.sources})

    def project(tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
        for each in some:
            each(tx, facts)

    return Reaction(to=sources, project=project)
