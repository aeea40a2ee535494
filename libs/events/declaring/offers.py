"""The HTTP edge of a stream, made from what it offers: each command a POST, each question a GET.

A body is made from the command: what the path names, what a `Source` gives, what is completed under
the lock and what this service alone may say is left out, the rest is the body, within the limits of
its types. Where a body says something else than its command, `reads` is the function between them.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, field, fields, is_dataclass
from dataclasses import Field as RecordField
from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from inspect import Parameter, Signature, cleandoc, signature
from typing import Annotated, Any, Final, TypeAlias, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from fastapi import APIRouter, Body
from pydantic import AfterValidator, BaseModel, Field, TypeAdapter, ValidationError, create_model
from sqlalchemy import Engine

from libs.events.core.fields import COMPLETED, INTERNAL, Asking, Check, Limits, Signatures, Source
from libs.events.core.kernel import Command, Hidden, Record
from libs.events.core.reactions import Misdeclared, union
from libs.events.deciding.settling import Receipt, Settler
from libs.events.http.bodies import Day, Instant
from libs.events.http.cosigning import COLLEAGUE, FIELDS, MOST, TOKEN, Cosigned
from libs.events.http.edge import Caller, Explanation, allowed, refusals

UNSIGNED: Final = Signatures()
DayOf: TypeAlias = Callable[[datetime], date]


class Offer(Record):
    """A command that may be asked for over HTTP: where, by whom, and what may be answered."""

    command: type[Command]
    route: str
    by: Sequence[str]
    refuses: Sequence[str] = ()
    status: int = 200
    # What this route alone says: no body does.
    sets: Mapping[str, Any] = field(default_factory=dict)
    # From a body of its own to the command, where the two differ.
    reads: Callable[..., Command] | None = None
    example: Mapping[str, Any] | None = None


class Question(Record):
    """What may be read: a function of a connection, and by whom it may be asked."""

    route: str
    ask: Callable[..., Any]
    by: Sequence[str] = ()
    refuses: Sequence[str] = ()


class Edge(Record):
    """What every route of a service needs."""

    settler: Settler
    engine: Engine
    catalogue: Mapping[str, Explanation]
    day: DayOf


class Token(BaseModel):
    """A body that carries signatures: a token of the second officer, and of the head, each over the
    SHA-256 of the rest (RFC 8785) and the path, not older than ten minutes."""

    co_signature: Annotated[str, Field(pattern=TOKEN)] | None = None
    co_signatures: Annotated[
        tuple[Annotated[str, Field(pattern=TOKEN)], ...], Field(max_length=MOST)
    ] = ()
    head_signature: Annotated[str, Field(pattern=TOKEN)] | None = None


# What a value from outside may be


def outside(hint: Any, where: str, *, limited: bool = False) -> Any:
    """The type of a value as a caller may say it. Raises `Misdeclared` where it has no limits."""
    if get_origin(hint) is Annotated:
        base, *marks = get_args(hint)
        limits = [one for one in marks if isinstance(one, Limits)]
        inner = outside(base, where, limited=bool(limits) or limited)
        if limits and len(union(inner)) > 1:
            raise Misdeclared(f"{where}: limits stand inside a union, at the part they are of")
        for one in marks:
            if isinstance(one, Limits):
                inner = Annotated[inner, Field(**said(one))]
            elif isinstance(one, Check):
                inner = Annotated[inner, AfterValidator(checked(one))]
        return inner
    if hasattr(hint, "__supertype__"):
        return outside(hint.__supertype__, where, limited=limited)
    parts = [one for one in union(hint) if one is not Hidden]
    if len(parts) > 1:
        return Union[tuple(outside(one, where) for one in parts)]  # noqa: UP007
    if parts[0] is not hint:  # it was hidden or this
        return outside(parts[0], where, limited=limited)
    if get_origin(hint) in (tuple, frozenset):
        if not limited:
            raise Misdeclared(f"{where}: how many at most? Annotated[tuple[…], at_most(20)]")
        return tuple.__class_getitem__((outside(get_args(hint)[0], where), ...))
    return atom(hint, where, limited=limited)


def atom(hint: Any, where: str, *, limited: bool) -> Any:
    if hint in (str, int, float) and not limited:
        raise Misdeclared(
            f"{where}: a {hint.__name__} from outside needs limits: Code, Short, Text, or"
            f" Annotated[{hint.__name__}, Limits(…)]"
        )
    if hint is datetime:
        return Instant
    if hint is date:
        return date if limited else Day
    if is_dataclass(hint):
        kind: Any = hint
        return record(kind)
    if hint in (str, int, float, bool, UUID, type(None)):
        return hint
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    raise Misdeclared(f"{where}: nobody outside can say {hint!r}; mark it, or write `reads`")


def said(limits: Limits) -> dict[str, Any]:
    return {name: value for name, value in vars(limits).items() if value is not None}


def checked(one: Check) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        one.check(value)
        return value

    return check


def described(kind: type) -> str | None:
    """What its author wrote; a dataclass without a docstring is given its signature as one."""
    doc = kind.__doc__ or ""
    return None if doc.startswith(f"{kind.__name__}(") else cleandoc(doc) or None


def model_of(
    kind: type, said: Mapping[str, tuple[Any, Any]], base: type[BaseModel] | None = None
) -> Any:
    make: Any = create_model  # its overloads know no mapping of definitions
    return make(kind.__name__, __base__=base, __doc__=described(kind), **said)


@lru_cache
def record(kind: Any) -> Any:
    """A part of a body. What is made of it is the record itself."""
    hints = get_type_hints(kind, include_extras=True)
    model = model_of(
        kind,
        {
            one.name: member(one, hints[one.name], f"{kind.__name__}.{one.name}")
            for one in fields(kind)
        },
    )
    return Annotated[model, AfterValidator(lambda given: kind(**dict(given)))]


def member(one: RecordField[Any], hint: Any, where: str) -> tuple[Any, Any]:
    """Its type and its default. What may be nothing may be left out."""
    kind = outside(hint, where)
    if one.default is not MISSING:
        return kind, one.default
    return kind, None if type(None) in union(bare(hint)) else ...


def bare(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def marks_of(hint: Any) -> Sequence[Any]:
    return getattr(hint, "__metadata__", ())


# What a command is, seen from outside


class Shape(Record):
    """Where every field of a command comes from on one route."""

    sources: Mapping[str, Source]
    path: Mapping[str, Any]
    body: Mapping[str, tuple[Any, Any]]
    # Of those fields that a body may leave out and the command may not.
    absent: Mapping[str, Any]

    @property
    def signed(self) -> bool:
        return any(one.signed for one in self.sources.values())


def names_in(path: str) -> list[str]:
    return re.findall(r"{(\w+)}", path)


def shape_of(offer: Offer, path: str) -> Shape:
    """Raises `Misdeclared`."""
    command, of = offer.command, offer.command.__name__
    hints = get_type_hints(command, include_extras=True)
    known = {one.name: one for one in fields(command)}
    for name in (*names_in(path), *offer.sets):
        if name not in known:
            raise Misdeclared(f"{of} has no {name}, which {offer.route} names")
    for name, value in offer.sets.items():
        try:
            TypeAdapter(bare(hints[name])).validate_python(value, strict=True)
        except ValidationError as problem:
            raise Misdeclared(f"{of}.{name} cannot be {value!r} on {offer.route}") from problem
    sources: dict[str, Source] = {}
    body: dict[str, tuple[Any, Any]] = {}
    absent: dict[str, Any] = {}
    for name, one in known.items():
        marks = marks_of(hints[name])
        given = [mark for mark in marks if isinstance(mark, Source)]
        if name in offer.sets or name in names_in(path):
            continue
        if given:
            sources[name] = given[0]
        elif COMPLETED in marks or INTERNAL in marks:
            if one.default is MISSING and one.default_factory is MISSING:
                raise Misdeclared(f"{of}.{name} is left open on {offer.route} and has no default")
        else:
            body[name] = member(one, hints[name], f"{of}.{name}")
            if one.default is MISSING:
                absent[name] = None
    path_types = {
        name: outside(hints[name], f"{of}.{name}", limited=False) for name in names_in(path)
    }
    return Shape(sources=sources, path=path_types, body=body, absent=absent)


# Routes


def parsed(route: str) -> tuple[str, str]:
    method, _, path = route.partition(" ")
    if method not in ("GET", "POST") or not path.startswith("/"):
        raise Misdeclared(f"a route is a method and a path, as in `POST /reports`: {route!r}")
    return method, path


def parameter(name: str, kind: Any, default: Any = Parameter.empty) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=kind, default=default)


def offered(router: APIRouter, offer: Offer, edge: Edge) -> None:
    """Raises `Misdeclared`."""
    _, path = parsed(offer.route)
    if missing := {*offer.refuses} - {**edge.catalogue}.keys():
        raise Misdeclared(f"{offer.route}: no refusal is called {sorted(missing)[0]}")
    endpoint = reading(offer, edge) if offer.reads else saying(offer, path, edge)
    router.post(
        path,
        status_code=offer.status,
        operation_id=offer.command.__name__,
        summary=sentence(offer.command.__name__),
        description=described(offer.command),
        dependencies=[allowed(*offer.by)],
        responses=refusals(edge.catalogue, *offer.refuses),
    )(endpoint)


def saying(offer: Offer, path: str, edge: Edge) -> Callable[..., Any]:
    """The endpoint of a command that says all there is to say."""
    shape = shape_of(offer, path)
    command, settler, day = offer.command, edge.settler, edge.day
    fixed = {**shape.absent, **offer.sets}
    sources = [(name, one.take) for name, one in shape.sources.items()]

    async def endpoint(**given: Any) -> Receipt:
        caller = given.pop("caller")
        asking = Asking(caller=caller, signatures=given.pop("signatures", UNSIGNED), day=day)
        body = given.pop("body", None)
        values = {**fixed, **given}
        if body is not None:
            values |= {name: value for name, value in body if name not in FIELDS}
        for name, take in sources:
            values[name] = take(asking)
        return await settler.ask(command(**values), caller)

    parameters = [parameter(name, kind) for name, kind in shape.path.items()]
    if shape.body or shape.signed:
        parameters.append(body_parameter(offer, shape))
    parameters.append(parameter("caller", Caller))
    if shape.signed:
        parameters.append(parameter("signatures", Cosigned))
    return named(endpoint, command.__name__, parameters)


def body_parameter(offer: Offer, shape: Shape) -> Parameter:
    model = model_of(offer.command, shape.body, Token if shape.signed else None)
    kind: Any = model
    if offer.example is not None:
        try:
            model.model_validate(offer.example)
        except ValidationError as problem:
            raise Misdeclared(f"the example of {offer.route} is refused: {problem}") from problem
        kind = Annotated[model, Body(examples=[offer.example])]
    if any(default is ... for _, default in shape.body.values()):
        return parameter("body", kind)
    return parameter("body", kind | None if kind is model else Union[kind, None], None)  # noqa: UP007


def reading(offer: Offer, edge: Edge) -> Callable[..., Any]:
    """The endpoint of a command that somebody makes of a body of its own."""
    assert offer.reads is not None
    read, settler, day = offer.reads, edge.settler, edge.day
    hints = get_type_hints(read, include_extras=True)
    if hints.get("return") is not offer.command:
        raise Misdeclared(f"{read.__name__} does not say that it makes a {offer.command.__name__}")

    async def endpoint(**given: Any) -> Receipt:
        caller = given.pop("caller")
        asking = Asking(caller=caller, signatures=given.pop("signatures", UNSIGNED), day=day)
        return await settler.ask(read(**given, asking=asking), caller)

    said = [
        parameter(name, hints[name], one.default)
        for name, one in signature(read).parameters.items()
        if name != "asking"
    ]
    given = [parameter("caller", Caller)]
    if any(COLLEAGUE in getattr(one.annotation, "model_fields", ()) for one in said):
        given.append(parameter("signatures", Cosigned))
    return named(endpoint, offer.command.__name__, [*said, *given])


def asked(router: APIRouter, question: Question, edge: Edge) -> None:
    """A question is answered in a thread: it waits for a database."""
    _, path = parsed(question.route)
    ask, engine, day = question.ask, edge.engine, edge.day
    hints = get_type_hints(ask, include_extras=True)
    given = list(signature(ask).parameters.values())[1:]
    sources: list[tuple[str, Callable[[Asking], Any]]] = []
    parameters: list[Parameter] = []
    for one in given:
        taken = [mark for mark in marks_of(hints[one.name]) if isinstance(mark, Source)]
        if taken:
            sources.append((one.name, taken[0].take))
        else:
            kind = outside(hints[one.name], f"{ask.__name__}.{one.name}")
            parameters.append(parameter(one.name, kind, one.default))

    def endpoint(**given: Any) -> Any:
        asking = Asking(caller=given.pop("caller"), signatures=UNSIGNED, day=day)
        for name, take in sources:
            given[name] = take(asking)
        with engine.connect() as tx:
            return ask(tx, **given)

    name = ask.__name__.title().replace("_", "")
    router.get(
        path,
        operation_id=name,
        summary=sentence(name),
        description=cleandoc(ask.__doc__ or "") or None,
        dependencies=[allowed(*question.by)] if question.by else (),
        responses=refusals(edge.catalogue, *question.refuses),
    )(named(endpoint, ask.__name__, [*parameters, parameter("caller", Caller)], hints["return"]))


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


def fields_from_outside(offer: Offer) -> Iterator[str]:
    """For a list that a test keeps: a field that is added to a command shows itself there."""
    yield from shape_of(offer, parsed(offer.route)[1]).body
