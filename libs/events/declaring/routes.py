"""The HTTP edge of a stream, made from what it declares: each command a POST, each query a GET.

Where a body says something else than its command, `reads` is the function between them.
"""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime
from inspect import Parameter, Signature, cleandoc, signature
from types import MappingProxyType
from typing import Annotated, Any, Final, TypeAlias, Union, get_type_hints

from fastapi import APIRouter, Body, Query
from fastapi import Response as Answer
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import Engine

from libs.events.core.fields import Call, Limits, Paging, Said, Signatures, Source
from libs.events.core.kernel import Command, Record
from libs.events.core.reactions import Misdeclared
from libs.events.deciding.settling import Receipt, Settler
from libs.events.declaring.shapes import (
    Shape,
    bare,
    described,
    marks_of,
    model_of,
    outside,
    shape_of,
)
from libs.events.http.catalogue import Explanation
from libs.events.http.cosigning import COLLEAGUE, FIELDS, MOST, TOKEN, Cosigned
from libs.events.http.edge import (
    Caller,
    Seen,
    allowed,
    refusals,
    version_of,
)

UNSIGNED: Final = Signatures()
DayOf: TypeAlias = Callable[[datetime], date]
CURSOR_LIMIT: Final = 200
PAGE_LIMIT: Final = 200


class CommandRoute(Record):
    """A command that may be asked for over HTTP: where, by whom, and what may be answered."""

    command: type[Command]
    route: str
    by: Sequence[str]
    refuses: Sequence[str] = ()
    status: int = 200
    # What this route alone says: no body does.
    sets: Mapping[str, Any] = field(default_factory=dict)
    # What a body must say although the command may go without.
    needs: Sequence[str] = ()
    # Whether the fields of a body fit one another: raises `ValueError`.
    checks: Callable[[Any], None] | None = None
    # From a body of its own to the command, where the two differ.
    reads: Callable[..., Command] | None = None
    # What is found out before the lock, in a thread: a file that is looked into, a key.
    prepares: Callable[[Any], Command] | None = None
    example: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        return self.command.__name__


class QueryRoute(Record):
    """What may be read: a function of a connection, and by whom it may be asked.

    `stream` is the subject whose version the answer shows, for `If-Match`: by what the path says
    (`report/{report_id}`), or by what was `found` (`case/{found.case_id}`).
    """

    route: str
    ask: Callable[..., Any]
    by: Sequence[str] = ()
    refuses: Sequence[str] = ()
    name: str = ""
    stream: str = ""
    # For everybody, without a token.
    public: bool = False
    # For whoever has a token, in any role.
    anybody: bool = False


def post(
    command: type[Command],
    path: str,
    by: Sequence[str],
    refuses: str = "",
    *,
    status: int = 200,
    sets: Mapping[str, Any] = MappingProxyType({}),
    needs: Sequence[str] = (),
    reads: Callable[..., Command] | None = None,
    prepares: Callable[[Any], Command] | None = None,
    checks: Callable[[Any], None] | None = None,
    example: Mapping[str, Any] | None = None,
) -> CommandRoute:
    """`post(c.SignHandoff, "/handoffs/{handoff_id}/sign", RECEIVERS, "not-found already-signed")`;
    what it may be refused for stands in one text, with spaces between."""
    return CommandRoute(
        command=command,
        route=f"POST {path}",
        by=by,
        refuses=refuses.split(),
        status=status,
        sets=sets,
        needs=needs,
        reads=reads,
        prepares=prepares,
        checks=checks,
        example=example,
    )


def get(
    path: str,
    ask: Callable[..., Any],
    by: Sequence[str] = (),
    refuses: str = "",
    *,
    name: str = "",
    stream: str = "",
    public: bool = False,
    anybody: bool = False,
) -> QueryRoute:
    """`get("/leads/{lead_id}", get_lead, READERS, "not-found", stream="lead/{lead_id}")`."""
    return QueryRoute(
        route=f"GET {path}",
        ask=ask,
        by=by,
        refuses=refuses.split(),
        name=name,
        stream=stream,
        public=public,
        anybody=anybody,
    )


class Edge(Record):
    """What every route of a service needs."""

    settler: Settler
    engine: Engine
    catalogue: Mapping[str, Explanation]
    day: DayOf


class Tokens(BaseModel):
    """A body that carries signatures: a token of the second officer, and of the head, each over the
    SHA-256 of the rest (RFC 8785) and the path, not older than ten minutes."""

    co_signature: Annotated[str, Field(pattern=TOKEN)] | None = None
    co_signatures: Annotated[
        tuple[Annotated[str, Field(pattern=TOKEN)], ...], Field(max_length=MOST)
    ] = ()
    head_signature: Annotated[str, Field(pattern=TOKEN)] | None = None


def parsed(route: str) -> tuple[str, str]:
    method, _, path = route.partition(" ")
    if method not in ("GET", "POST") or not path.startswith("/"):
        raise Misdeclared(f"a route is a method and a path, as in `POST /reports`: {route!r}")
    return method, path


def parameter(name: str, kind: Any, default: Any = Parameter.empty) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=kind, default=default)


# Commands


def add_command(router: APIRouter, one: CommandRoute, edge: Edge) -> None:
    """Raises `Misdeclared`."""
    _, path = parsed(one.route)
    if missing := {*one.refuses} - {**edge.catalogue}.keys():
        raise Misdeclared(f"{one.route}: no refusal is called {sorted(missing)[0]}")
    endpoint = reading(one, edge) if one.reads else derived(one, edge)
    router.post(
        path,
        status_code=one.status,
        operation_id=one.name,
        summary=sentence(one.name),
        description=described(one.command),
        dependencies=[allowed(*one.by)],
        responses=refusals(edge.catalogue, *one.refuses, "version-conflict"),
    )(endpoint)


def settled(one: CommandRoute, edge: Edge) -> Callable[..., Any]:
    """How a command is asked for once it is made: prepared in a thread, at the version seen."""
    settler, prepares = edge.settler, one.prepares

    async def ask(command: Command, given: Mapping[str, Any]) -> Receipt:
        if prepares is not None:
            command = await asyncio.to_thread(prepares, command)
        receipt = await settler.ask(command, given["caller"], seen=given["seen"])
        given["answer"].headers["ETag"] = version_of(receipt.sequence)
        return receipt

    return ask


def context_parameters() -> list[Parameter]:
    return [parameter("caller", Caller), parameter("seen", Seen), parameter("answer", Answer)]


def derived(one: CommandRoute, edge: Edge) -> Callable[..., Any]:
    """The endpoint of a command that says all there is to say."""
    shape = shape_of(one.command, one.route, one.sets, one.needs)
    command, day, ask = one.command, edge.day, settled(one, edge)
    fixed = {**shape.absent, **one.sets}
    sources = [(name, source.take) for name, source in shape.sources.items()]
    fallbacks = [(name, source.take) for name, source in shape.fallbacks.items()]
    flat = [(name, kind, names) for name, (kind, names) in shape.flat.items()]
    inside = list(shape.path)

    async def endpoint(**given: Any) -> Receipt:
        call = Call(caller=given["caller"], signatures=given.get("signatures", UNSIGNED), day=day)
        values = {**fixed, **{name: given[name] for name in inside}}
        if (body := given.get("body")) is not None:
            values |= {name: value for name, value in body if name not in FIELDS}
        for name, kind, names in flat:
            values[name] = kind(**{part: values.pop(part) for part in names})
        for name, take in sources:
            values[name] = take(call)
        for name, take in fallbacks:
            values[name] = take(call) if values[name] is None else values[name]
        receipt: Receipt = await ask(command(**values), given)
        return receipt

    parameters = [parameter(name, kind) for name, kind in shape.path.items()]
    if shape.body or shape.signed:
        parameters.append(body_parameter(one, shape))
    parameters += context_parameters()
    if shape.signed:
        parameters.append(parameter("signatures", Cosigned))
    return named(endpoint, one.name, parameters)


def body_parameter(one: CommandRoute, shape: Shape) -> Parameter:
    model = model_of(one.command, shape.body, Tokens if shape.signed else None, one.checks)
    kind: Any = model
    if one.example is not None:
        try:
            model.model_validate(one.example)
        except ValidationError as problem:
            raise Misdeclared(f"the example of {one.route} is refused: {problem}") from problem
        kind = Annotated[model, Body(examples=[one.example])]
    if shape.required:
        return parameter("body", kind)
    return parameter("body", kind | None if kind is model else Union[kind, None], None)  # noqa: UP007 - the types are values here


def reading(one: CommandRoute, edge: Edge) -> Callable[..., Any]:
    """The endpoint of a command that somebody makes of a body of its own."""
    assert one.reads is not None
    read, day, ask = one.reads, edge.day, settled(one, edge)
    hints = get_type_hints(getattr(read, "func", read), include_extras=True)
    name = getattr(getattr(read, "func", read), "__name__", one.name)
    if hints.get("return") is not one.command:
        raise Misdeclared(f"{name} does not say that it makes a {one.name}")
    spoken = [name for name in signature(read).parameters if name != "call"]

    async def endpoint(**given: Any) -> Receipt:
        call = Call(caller=given["caller"], signatures=given.get("signatures", UNSIGNED), day=day)
        command = read(**{name: given[name] for name in spoken}, call=call)
        receipt: Receipt = await ask(command, given)
        return receipt

    said = [
        parameter(name, hints[name], part.default)
        for name, part in signature(read).parameters.items()
        if name != "call"
    ]
    given = context_parameters()
    if any(COLLEAGUE in getattr(part.annotation, "model_fields", ()) for part in said):
        given.append(parameter("signatures", Cosigned))
    return named(endpoint, one.name, [*said, *given])


# Queries


def add_query(router: APIRouter, one: QueryRoute, edge: Edge) -> None:
    """A query is answered in a thread: it waits for a database."""
    _, path = parsed(one.route)
    ask, settler, day = one.ask, edge.settler, edge.day
    where = getattr(ask, "__name__", one.name)
    hints = get_type_hints(getattr(ask, "func", ask), include_extras=True)
    sources: list[tuple[str, Callable[[Call], Any]]] = []
    parameters: list[Parameter] = []
    paged = ""
    for part in list(signature(ask).parameters.values())[1:]:
        hint = hints[part.name]
        if taken := [mark for mark in marks_of(hint) if isinstance(mark, Source)]:
            sources.append((part.name, taken[0].take))
        elif bare(hint) is Paging:
            paged = part.name
            parameters += paging(part.default, marks_of(hint))
        else:
            kind = outside(hint, f"{where}.{part.name}")
            if said := [mark.name for mark in marks_of(hint) if isinstance(mark, Said)]:
                kind = Annotated[kind, Query(alias=said[0])]
            parameters.append(parameter(part.name, kind, part.default))

    def endpoint(**given: Any) -> Any:
        answer, caller = given.pop("answer"), given.pop("caller", None)
        said = dict(given)
        if sources:
            call = Call(caller=caller, signatures=UNSIGNED, day=day)
            given |= {name: take(call) for name, take in sources}
        if paged:
            given[paged] = Paging(after=given.pop("after"), limit=given.pop("limit"))
        with edge.engine.connect() as tx:
            found = ask(tx, **given)
            if one.stream:
                subject = one.stream.format(**said, found=found)
                answer.headers["ETag"] = version_of(settler.log.version(tx, subject))
            return found

    name = one.name or where.title().replace("_", "")
    if not one.public:
        parameters.append(parameter("caller", Caller))
    parameters.append(parameter("answer", Answer))
    router.get(
        path,
        operation_id=name,
        summary=sentence(name),
        description=cleandoc(ask.__doc__ or "") or None,
        dependencies=[allowed(*one.by)] if one.by else (),
        responses=refusals(edge.catalogue, *one.refuses),
    )(named(endpoint, where, parameters, hints["return"]))


def paging(default: Any, marks: Sequence[Any]) -> list[Parameter]:
    """The two parameters of a list that is read page after page."""
    usual = default if isinstance(default, Paging) else Paging()
    most = next((one.le for one in marks if isinstance(one, Limits)), PAGE_LIMIT)
    limit = Annotated[int, Query(ge=1, le=most)]
    after = Annotated[str | None, Query(max_length=CURSOR_LIMIT)]
    return [parameter("after", after, None), parameter("limit", limit, usual.limit)]


def named(
    endpoint: Callable[..., Any], name: str, parameters: Sequence[Parameter], answer: Any = Receipt
) -> Callable[..., Any]:
    endpoint.__name__ = endpoint.__qualname__ = name
    endpoint.__signature__ = Signature(parameters, return_annotation=answer)  # type: ignore[attr-defined]  # FastAPI reads it
    return endpoint


def sentence(name: str) -> str:
    """`FindOfficers` → `Find officers`."""
    first, *rest = re.findall(r"[A-Z][a-z0-9]*", name)
    return " ".join([first, *map(str.lower, rest)])


def fields_from_outside(one: CommandRoute) -> Iterator[str]:
    """For a list that a test keeps: a field that is added to a command shows itself there."""
    yield from shape_of(one.command, one.route, one.sets, one.needs).body
