"""What a command is, seen from outside: which of its fields come from where, and what each may be.

A body is made from the command: what the path names, what a `Source` gives, what is completed under
the lock and what this service alone may say is left out; the rest is the body, within the limits of
its types.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from dataclasses import Field as RecordField
from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from inspect import cleandoc
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    TypeAdapter,
    ValidationError,
    create_model,
    model_validator,
)

from libs.events.core.fields import (
    COMPLETED,
    FLAT,
    INTERNAL,
    Check,
    Default,
    Else,
    Limits,
    OneOf,
    Parse,
    Said,
    Source,
)
from libs.events.core.kernel import Command, Hidden, Record
from libs.events.core.reactions import Misdeclared, union
from libs.events.http.bodies import Day, Instant


def outside(hint: Any, where: str, *, limited: bool = False) -> Any:
    """The type of a value as a caller may say it. Raises `Misdeclared` where it has no limits."""
    if get_origin(hint) is Annotated:
        base, *marks = get_args(hint)
        limits = [one for one in marks if isinstance(one, Limits | OneOf)]
        inner = outside(base, where, limited=bool(limits) or limited)
        if limits and len(union(inner)) > 1:
            raise Misdeclared(f"{where}: limits stand inside a union, at the part they are of")
        for one in marks:
            if isinstance(one, Limits):
                inner = Annotated[inner, Field(**said(one))]
            elif isinstance(one, Check):
                inner = Annotated[inner, AfterValidator(checked(one))]
            elif isinstance(one, OneOf):
                inner = Literal.__getitem__(one.values)
            elif isinstance(one, Parse):
                inner = Annotated[inner, AfterValidator(one.parse)]
        return inner
    if hasattr(hint, "__supertype__"):
        return outside(hint.__supertype__, where, limited=limited)
    parts = [one for one in union(hint) if one is not Hidden]
    if len(parts) > 1:
        return Union[tuple(outside(one, where) for one in parts)]  # noqa: UP007 - the types are values here
    if parts[0] is not hint:  # it was hidden or this
        return outside(parts[0], where, limited=limited)
    return several(hint, where, limited=limited)


def several(hint: Any, where: str, *, limited: bool) -> Any:
    """A collection, if it says how many at most; or one value."""
    origin = get_origin(hint)
    if origin in (tuple, frozenset, Mapping, dict):
        if not limited:
            raise Misdeclared(f"{where}: how many at most? Annotated[tuple[…], at_most(20)]")
        if origin in (Mapping, dict):
            key, value = get_args(hint)
            if value is Any:
                return dict[str, Any]
            return dict.__class_getitem__((outside(key, where), outside(value, where)))
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
    if isinstance(hint, type) and issubclass(hint, Enum | BaseModel):
        return hint
    if get_origin(hint) is not None and all(isinstance(one, str) for one in get_args(hint)):
        return hint  # Literal
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
    kind: type,
    said: Mapping[str, tuple[Any, Any]],
    base: type[BaseModel] | None = None,
    checks: Callable[[Any], None] | None = None,
) -> Any:
    """`checks` raises `ValueError` where the fields do not fit one another."""

    def check(given: Any) -> Any:
        if checks is not None:
            checks(given)
        return given

    make: Any = create_model  # its overloads know no mapping of definitions
    validators = {"checked": model_validator(mode="after")(check)} if checks else None
    doc = described(kind)
    return make(kind.__name__, __base__=base, __doc__=doc, __validators__=validators, **said)


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
    alias = next((mark.name for mark in marks_of(hint) if isinstance(mark, Said)), None)
    default = one.default
    if default is MISSING:
        default = None if type(None) in union(bare(hint)) else ...
        default = next((m.value for m in marks_of(hint) if isinstance(m, Default)), default)
    if isinstance(default, str | int | float):
        try:
            TypeAdapter(kind).validate_python(default)
        except ValidationError as problem:
            said = f"{where} has the default {default!r}, which its own limits refuse"
            raise Misdeclared(said) from problem
    if alias is not None:
        return kind, Field(default, alias=alias)
    return kind, default


def bare(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def marks_of(hint: Any) -> Sequence[Any]:
    return getattr(hint, "__metadata__", ())


class Shape(Record):
    """Where every field of a command comes from on one route."""

    sources: Mapping[str, Source]
    path: Mapping[str, Any]
    body: Mapping[str, tuple[Any, Any]]
    # Of those fields that a body may leave out and the command may not.
    absent: Mapping[str, Any]
    # Records that the body spells out, each with the names of its fields.
    flat: Mapping[str, tuple[type[Any], Sequence[str]]]
    # What is taken from the call where the body leaves it out.
    fallbacks: Mapping[str, Source]

    @property
    def signed(self) -> bool:
        return any(one.signed for one in self.sources.values())

    @property
    def required(self) -> bool:
        """Whether there is something that a body must say."""
        return any(is_required(default) for _, default in self.body.values())


def is_required(default: Any) -> bool:
    return default is ... or (hasattr(default, "is_required") and bool(default.is_required()))


def names_in(path: str) -> list[str]:
    return re.findall(r"{(\w+)}", path)


def shape_of(
    command: type[Command], route: str, sets: Mapping[str, Any], needs: Sequence[str]
) -> Shape:
    """Raises `Misdeclared`."""
    of = command.__name__
    path = route.partition(" ")[2]
    hints = get_type_hints(command, include_extras=True)
    known = {one.name: one for one in fields(command)}
    for name in (*names_in(path), *sets):
        if name not in known:
            raise Misdeclared(f"{of} has no {name}, which {route} names")
    for name, value in sets.items():
        try:
            TypeAdapter(bare(hints[name])).validate_python(value, strict=True)
        except ValidationError as problem:
            raise Misdeclared(f"{of}.{name} cannot be {value!r} on {route}") from problem
    shape = Shape(
        sources={},
        path={name: outside(hints[name], f"{of}.{name}") for name in names_in(path)},
        body={},
        absent={},
        flat={},
        fallbacks={},
    )
    for name, one in known.items():
        if name not in sets and name not in shape.path:
            place(shape, one, hints[name], f"{of}.{name}", route)
    body: Any = shape.body
    for name in needs:
        if name not in body:
            raise Misdeclared(f"{of} has no {name} that a body of {route} says")
        body[name] = (outside(something(hints[name]), f"{of}.{name}"), ...)
    return shape


def something(hint: Any) -> Any:
    """The same type without None."""
    parts = [one for one in union(bare(hint)) if one not in (type(None), Hidden)]
    return Union[tuple(parts)]  # noqa: UP007 - the types are values here


def place(shape: Shape, one: RecordField[Any], hint: Any, where: str, route: str) -> None:
    """One field of a command into its part of the shape."""
    sources: Any = shape.sources
    body: Any = shape.body
    absent: Any = shape.absent
    flat: Any = shape.flat
    fallbacks: Any = shape.fallbacks
    marks = marks_of(hint)
    given = [mark for mark in marks if isinstance(mark, Source)]
    if given:
        sources[one.name] = given[0]
    elif COMPLETED in marks or INTERNAL in marks:
        if one.default is MISSING and one.default_factory is MISSING:
            raise Misdeclared(f"{where} is left open on {route} and has no default")
    elif FLAT in marks:
        kind = bare(hint)
        parts = get_type_hints(kind, include_extras=True)
        of = kind.__name__
        for part in fields(kind):
            body[part.name] = member(part, parts[part.name], f"{of}.{part.name}")
        flat[one.name] = (kind, [part.name for part in fields(kind)])
    else:
        body[one.name] = member(one, hint, where)
        if one.default is MISSING:
            absent[one.name] = None
        for mark in marks:
            if isinstance(mark, Else):
                body[one.name] = (body[one.name][0] | None, None)
                fallbacks[one.name] = mark.source
