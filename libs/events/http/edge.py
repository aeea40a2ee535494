"""The HTTP edge every service shares: who is asking, when, and what they have seen."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeAlias, TypeVar

from fastapi import APIRouter, Depends, FastAPI, Header, Request

from libs.events.core.kernel import Context, Record, Refused
from libs.events.http.catalogue import SHARED, Explanation
from libs.events.http.identity import Issuer, NotIdentified, Recognized
from libs.events.system.clocks import BusinessClock
from libs.events.system.ids import uuid7
from libs.events.wire.bounds import HEADER_LIMIT

# A replay says when each of its commands happened, and shows that it may.
REPLAYED_AT, REPLAYED_BY = "lianban-at", "lianban-replay"
REPLAY: Final = "REPLAY"


# What any request may be answered, whatever it asks.
ALWAYS: Final = (
    "not-identified", "role-not-allowed", "request-malformed", "request-too-large",
    "media-type-not-supported", "busy",
)  # fmt: skip


def know_callers(app: FastAPI, issuer: Issuer, *, clock: BusinessClock) -> None:
    app.state.callers = Recognized(issuer)
    app.state.issuer = issuer
    app.state.clock = clock


async def context_of_request(
    request: Request,
    authorization: Annotated[str, Header(description="Bearer, a signed JWT")] = "",
) -> Context:
    """Who is calling is what the issuer vouches for, and nothing that the caller claims."""
    callers: Recognized = request.app.state.callers
    clock: BusinessClock = request.app.state.clock
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotIdentified("A bearer token is needed: `Authorization: Bearer …`")
    claims = await callers.claims(token)
    for name in ("sub", "role", "agency"):
        if not 0 < len(claims[name]) <= HEADER_LIMIT:
            raise NotIdentified(f"{name} cannot be {claims[name][:40]!r}")
    said = await said_time(request, callers, clock)
    now = said or clock()
    return Context(
        actor=claims["sub"],
        role=claims["role"],
        agency=claims["agency"],
        at=now,
        occurred=now if clock.moved else None,
        replayed=said is not None,
        causation_id=uuid7(),
        traceparent=request.scope.get("traceparent"),
    )


async def said_time(request: Request, callers: Recognized, clock: BusinessClock) -> datetime | None:
    """When a replayed command happened, if one is replayed: only in a suite whose clock is a file,
    and only with a second token, in the role REPLAY."""
    text = request.headers.get(REPLAYED_AT)
    if text is None:
        return None
    if not clock.moved:
        raise Refused(
            "request-malformed",
            "This suite goes by the machine's clock: leave out the header {field}",
            field=REPLAYED_AT,
        )
    claims = await callers.claims(request.headers.get(REPLAYED_BY, ""))
    if claims["role"] != REPLAY:
        raise Refused(
            "role-not-allowed", "The role {role} may not say when a command happened",
            role=claims["role"],
        )  # fmt: skip
    at: datetime | None = None
    with suppress(ValueError, OverflowError):
        said = datetime.fromisoformat(text)
        at = said.astimezone(UTC) if said.tzinfo is not None else None
    if at is None:
        raise Refused(
            "request-malformed",
            "{field} takes an instant with its offset from UTC (RFC 3339), not {value}",
            field=REPLAYED_AT, value=text[:40],
        )  # fmt: skip
    return at


Caller = Annotated[Context, Depends(context_of_request)]


def version_of(sequence: int) -> str:
    """The version of a stream as an entity tag (RFC 9110, 8.8.3): how many events it has."""
    return f'"{sequence}"'


async def version_seen(
    if_match: Annotated[
        str | None, Header(description="The ETag of what the caller last saw of the stream")
    ] = None,
) -> int | None:
    """Whoever says what they have seen is refused where the stream has moved on since."""
    if if_match is None or if_match.strip() == "*":
        return None
    number = if_match.strip().removeprefix('"').removesuffix('"')
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise Refused(
            "request-malformed", "If-Match takes one ETag, as a receipt gave it", field="If-Match"
        )
    return int(number)


Seen = Annotated[int | None, Depends(version_seen)]


def allowed(*roles: str) -> Any:
    """Only these roles may ask at all."""

    async def check(caller: Caller) -> None:
        if caller.role not in roles:
            raise Refused(
                "role-not-allowed", "The role {role} may not ask for this", role=caller.role
            )

    return Depends(check)


def refusals(catalogue: Mapping[str, Explanation], *slugs: str) -> dict[int | str, Any]:
    """For OpenAPI: what an operation may be refused for, by status."""
    known = {**SHARED, **catalogue}
    by_status: dict[int, list[str]] = {}
    for slug in sorted({*slugs, *ALWAYS}):
        by_status.setdefault(known[slug].status, []).append(slug)
    return {
        status: {
            "description": ", ".join(f"{slug}: {known[slug].title_zh}" for slug in some),
            "content": {
                "application/problem+json": {
                    "schema": {
                        "type": "object",
                        "required": ["type", "title", "status", "detail", "rule"],
                        "properties": {
                            "type": {"type": "string"},
                            "title": {"type": "string"},
                            "status": {"type": "integer", "const": status},
                            "detail": {"type": "string"},
                            "instance": {"type": "string"},
                            "rule": {"type": "string", "enum": some},
                        },
                    }
                }
            },
        }
        for status, some in by_status.items()
    }


Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


class Posting(Record):
    """How a command is offered over HTTP: its name is the operation's, its refusals are told."""

    router: APIRouter
    catalogue: Mapping[str, Explanation]
    by_command: Mapping[str, Sequence[str]]

    def __call__(
        self, path: str, name: str, *roles: str, status: int = 200
    ) -> Callable[[Endpoint], Endpoint]:
        decorate: Callable[[Endpoint], Endpoint] = self.router.post(
            path,
            status_code=status,
            operation_id=name,
            dependencies=[allowed(*roles)],
            responses=refusals(self.catalogue, *self.by_command[name]),
        )
        return decorate


PostingOn: TypeAlias = Callable[[APIRouter], Posting]


def posting_on(
    catalogue: Mapping[str, Explanation], by_command: Mapping[str, Sequence[str]]
) -> PostingOn:
    """For every router of a service the same: what there is to know of its refusals."""
    return lambda router: Posting(router=router, catalogue=catalogue, by_command=by_command)
