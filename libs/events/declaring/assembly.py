"""A service put together from its streams; what cannot be meant is said then, all of it at once."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from string import Formatter
from types import ModuleType
from typing import Any, get_type_hints

from libs.events.core.fields import COMPLETED
from libs.events.core.kernel import Command
from libs.events.core.reactions import Misdeclared, union
from libs.events.deciding.settling import Settler
from libs.events.declaring.routes import CommandRoute, DayOf, Edge, QueryRoute, parsed
from libs.events.declaring.shapes import marks_of, shape_of
from libs.events.declaring.stream import Stream
from libs.events.http.catalogue import SHARED, Explanation
from libs.events.http.edge import posting_on
from libs.events.http.texts import Texts
from libs.events.process.service import Service
from libs.events.process.world import World
from libs.events.store.log import Log
from libs.events.store.numbers import Numbers


def assembled(
    world: World,
    log: Log,
    contract: ModuleType,
    streams: Sequence[Stream],
    *,
    refusals: Mapping[str, Explanation],
    texts: Texts,
    agency: str,
    numbers: Numbers,
    day: DayOf,
    pack_says: Callable[[], str],
) -> Service:
    """A service of these streams. Raises `Misdeclared`, with all that is wrong."""
    if wrong := sorted(problems(streams)):
        raise Misdeclared(f"{log.name} cannot be put together:\n- " + "\n- ".join(wrong))
    settler = Settler(
        log,
        deciders=[one.decider for one in streams if one.decider is not None],
        completions=merged(one.completions for one in streams),
        indexes=merged(one.indexes for one in streams),
        projections=[project for one in streams for project in one.projections],
        numbers=numbers,
    )
    posting = posting_on(refusals, merged(one.refused for one in streams))
    edge = Edge(settler=settler, engine=world.engine, catalogue={**SHARED, **refusals}, day=day)
    return Service(
        world,
        settler,
        contract,
        agency,
        reactions=merged(one.heard(log.name) for one in streams),
        deadlines=merged(one.deadlines for one in streams),
        pack_says=pack_says,
        differences=[differ for one in streams for differ in one.loads],
        refusals=refusals,
        texts=texts,
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


def problems(streams: Sequence[Stream]) -> Iterator[str]:
    """What cannot be meant in these declarations together."""
    deciders = [one.decider for one in streams if one.decider is not None]
    decided = {command for one in deciders for command in one.commands}
    for twice in repeated(one.stream for one in deciders):
        yield f"two deciders are of the stream {twice}"
    for twice in repeated(parsed(o.route) for one in streams for o in one.commands):
        yield f"two commands are offered at {' '.join(twice)}"
    for twice in repeated(o.name for one in streams for o in one.commands):
        yield f"{twice} is offered twice"
    for twice in repeated(parsed(o.route) for one in streams for o in one.queries):
        yield f"two answers are given at {' '.join(twice)}"
    kinds = {one.stream for one in deciders}
    for query in (o for one in streams for o in one.queries):
        yield from of_query(query, kinds)
    for stream in streams:
        yield from of_stream(stream, decided)
    completions = {command for one in streams for command in one.completions}
    for command in decided:
        yield from left_open(command, completions)
        yield from misnamed(command)


def of_query(query: QueryRoute, kinds: set[str]) -> Iterator[str]:
    """Who may ask, and whose version the answer shows."""
    if not (query.by or query.public or query.anybody):
        yield f"{query.route}: who may ask? by=…, anybody=True or public=True"
    if not query.stream:
        return
    kind, _, key = query.stream.partition("/")
    named = {name.partition(".")[0] for _, name, _, _ in Formatter().parse(key) if name}
    known = {name for _, name, _, _ in Formatter().parse(query.route) if name} | {"found"}
    if kind not in kinds or not named or named - known:
        yield f"{query.route} shows the version of {query.stream}, which is no stream it names"


def of_stream(stream: Stream, decided: set[type[Command]]) -> Iterator[str]:
    for route in stream.commands:
        if route.command not in decided:
            yield f"{stream.name} offers {route.name}, which no decider takes"
        if route.reads is None:
            yield from unclear(route)
    for command in stream.completions:
        if command not in decided:
            yield f"{stream.name} completes {command.__name__}, which no decider takes"
    for one in stream.reactions.all if stream.reactions else ():
        for command in one.asks:
            if command not in decided:
                yield f"{stream.name}.{one.name} asks {command.__name__}: no decider takes it"


def misnamed(command: type[Command]) -> Iterator[str]:
    """What a command calls `matter` goes on under that trace code, in clear: no text may stand
    there, only a type of its own."""
    hint = get_type_hints(command).get("matter")
    if hint is None:
        return
    kinds = [one for one in union(hint) if one is not type(None)]
    if not all(hasattr(one, "__supertype__") for one in kinds):
        yield f"{command.__name__}.matter is no trace code: call it something else"


def left_open(command: type[Command], completions: set[type[Command]]) -> Iterator[str]:
    hints = get_type_hints(command, include_extras=True)
    left = [one for one in fields(command) if COMPLETED in marks_of(hints[one.name])]
    if left and command not in completions:
        names = ", ".join(one.name for one in left)
        yield f"{command.__name__} leaves {names} open, and nothing completes it"
    for one in left:
        if one.default is MISSING and one.default_factory is MISSING:
            yield f"{command.__name__}.{one.name} is completed and has no default"


def unclear(route: CommandRoute) -> Iterator[str]:
    try:
        shape_of(route.command, route.route, route.sets, route.needs)
    except Misdeclared as problem:
        yield str(problem)


def repeated(some: Any) -> list[Any]:
    return [one for one, count in Counter(some).items() if count > 1]
