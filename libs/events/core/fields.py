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


class Check(Record):
    """A condition on the form of one value. `check` raises `ValueError`."""

    check: Callable[[Any], None]


def at_most(length: int) -> Limits:
    return Limits(max_length=length)


Code: TypeAlias = Annotated[str, Limits(min_length=1, max_length=64, pattern=r"^[\w.@\-/]+$")]
Text: TypeAlias = Annotated[str, Limits(min_length=1, max_length=5000, pattern=r"^[^\x00]*$")]
Short: TypeAlias = Annotated[str, Limits(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Digest: TypeAlias = Annotated[str, Limits(pattern=r"^[0-9a-f]{64}$")]
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


class Asking(Record):
    """What a request is, beside its path and body: who asks, who has signed, which day it is."""

    caller: Context
    signatures: Signatures
    day: Callable[[datetime], date]


class Source(Record):
    """Marks a field that no body says. Where something other than HTTP asks, it fills it in."""

    name: str
    take: Callable[[Asking], Any]
    signed: bool = False


AGENCY: Final = Source(name="the caller's agency", take=lambda asking: asking.caller.agency)
ACTOR: Final = Source(name="the caller", take=lambda asking: asking.caller.actor)
NOW: Final = Source(name="the business clock", take=lambda asking: asking.caller.at)
TODAY: Final = Source(name="the business day", take=lambda asking: asking.day(asking.caller.at))
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
