"""Where each field of a command comes from over HTTP, and what a value from outside may be.

Marks only, for `Annotated`; the HTTP edge reads them, and nothing else does. An event is read as it
was recorded: pydantic, which the codec uses, passes over marks that it does not know.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Final, TypeAlias, TypeVar

from libs.events.core.kernel import Context, Record

T = TypeVar("T")


class Limits(Record):
    """How long, how large, of which characters."""

    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    ge: float | date | None = None
    le: float | date | None = None
    # No number in quotation marks, and no fraction that happens to be whole.
    strict: bool | None = None


class Check(Record):
    """A condition on the form of one value. `check` raises `ValueError`."""

    check: Callable[[Any], None]


class Parse(Record):
    """How one value is written in one way only. `parse` raises `ValueError`."""

    parse: Callable[[Any], Any]


class Said(Record):
    """The name under which a body says a field, where it is another one."""

    name: str


class Default(Record):
    """What a field is where a body leaves it out, and every other way of saying it must not."""

    value: Any


class OneOf(Record):
    """One of these texts, and no other."""

    values: tuple[str, ...]


class Flat(Record):
    """Marks a record whose fields are the body's own."""


FLAT: Final = Flat()


class Paging(Record):
    """Which page of a list: what comes after the last row of the page before, and how much."""

    after: str | None = None
    limit: int = 50


FIRST_PAGE: Final = Paging()


def at_most(length: int) -> Limits:
    return Limits(max_length=length)


Code: TypeAlias = Annotated[str, Limits(min_length=1, max_length=64, pattern=r"^[\w.@\-/]+$")]
Text: TypeAlias = Annotated[str, Limits(min_length=1, max_length=5000, pattern=r"^[^\x00]*$")]
Short: TypeAlias = Annotated[str, Limits(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Digest: TypeAlias = Annotated[str, Limits(pattern=r"^[0-9a-f]{64}$")]
# Whole fen: no fraction, nothing below one.
Fen: TypeAlias = Annotated[int, Limits(strict=True, ge=1, le=10**14)]
Longitude: TypeAlias = Annotated[float, Limits(ge=-180, le=180)]
Latitude: TypeAlias = Annotated[float, Limits(ge=-90, le=90)]


class Signatory(Record):
    """Who has signed, in which role and for which agency."""

    actor: str
    role: str
    agency: str


class Signatures(Record):
    """Who has signed a request beside its caller: colleagues, and the head."""

    colleagues: tuple[Signatory, ...] = ()
    head: Signatory | None = None


class Call(Record):
    """A call beside its path and body: who calls, who has signed with them, which day it is."""

    caller: Context
    signatures: Signatures
    day: Callable[[datetime], date]


class Source(Record):
    """Marks a field that no body says. Where something other than HTTP asks, it fills it in."""

    name: str
    take: Callable[[Call], Any]
    signed: bool = False


class Else(Record):
    """Marks a field that a body may leave out: then it is what the source gives."""

    source: Source


AGENCY: Final = Source(name="the caller's agency", take=lambda call: call.caller.agency)
CALLER: Final = Source(name="the whole context of the call", take=lambda call: call.caller)
ROLE: Final = Source(name="the caller's role", take=lambda call: call.caller.role)
ACTOR: Final = Source(name="the caller", take=lambda call: call.caller.actor)
NOW: Final = Source(name="the business clock", take=lambda call: call.caller.at)
TODAY: Final = Source(name="the business day", take=lambda call: call.day(call.caller.at))
CallContext: TypeAlias = Annotated[Context, CALLER]
Now: TypeAlias = Annotated[datetime, NOW]
Today: TypeAlias = Annotated[date, TODAY]


class Mark(Record):
    name: str


# Filled in under the lock. The default is the answer of someone who knows nothing.
COMPLETED: Final = Mark(name="completed")
Completed: TypeAlias = Annotated[T, COMPLETED]
# Said by reactions and deadlines of this service, and by no caller.
INTERNAL: Final = Mark(name="internal")
Internal: TypeAlias = Annotated[T, INTERNAL]
