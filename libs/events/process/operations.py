"""What an operator may do about what could not be taken in: look at it, try again, pass it over."""

import asyncio
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel

from libs.events.deciding.requests import Busy
from libs.events.http.bodies import Ordinal, Short
from libs.events.http.edge import Caller, allowed, refusals
from libs.events.listening.dead_letters import DeadLetterPublisher
from libs.events.listening.listener import Listener
from libs.events.listening.parking import Parked, Waiting
from libs.events.process.deadlines import Deadlines
from libs.events.process.unsettled import FailedDeadline

OPS: Final = "OPS"
SUPERVISOR: Final = "SUPERVISOR"
MOST: Final = 1_000


class MessageView(Parked):
    """The same with the message as it came: what is personal in it is encrypted, as on Kafka."""

    headers: Sequence[tuple[str, str]]
    value: str
    encoding: str


class Skip(BaseModel):
    reason: Short


def operations(listener: Listener, publisher: DeadLetterPublisher) -> APIRouter:
    router = APIRouter(prefix="/parked", tags=["operations"])
    answers = refusals({}, "not-found")

    @router.get(
        "",
        operation_id="FindParked",
        dependencies=[allowed(OPS, SUPERVISOR)],
        responses=refusals({}),
    )
    def parked(
        dead: bool | None = None,
        after: Ordinal = 0,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    ) -> Sequence[Parked]:
        """The oldest first; the next page follows the last id of this one."""
        with listener.settler.log.engine.connect() as tx:
            return listener.parking.list(tx, dead=dead, after=after, most=limit)

    @router.get(
        "/{parked_id}",
        operation_id="GetParked",
        dependencies=[allowed(OPS, SUPERVISOR)],
        responses=answers,
    )
    def message(parked_id: Ordinal) -> MessageView:
        return shown(listener.parked(parked_id))

    @router.post(
        "/{parked_id}/retry",
        operation_id="RetryParked",
        dependencies=[allowed(OPS)],
        responses=answers,
    )
    async def retry(parked_id: Ordinal) -> Mapping[str, int]:
        """Tried at once, as if for the first time, and what waits behind it after it."""
        return {"taken": await asyncio.to_thread(listener.retry, parked_id)}

    @router.post(
        "/{parked_id}/skip",
        operation_id="SkipParked",
        dependencies=[allowed(OPS)],
        responses=answers,
    )
    async def skip(parked_id: Ordinal, body: Skip, caller: Caller) -> Mapping[str, int]:
        """Passed over for good, which is recorded; what waits behind it is tried. If it is dead it
        has been copied first."""
        try:
            await asyncio.to_thread(publisher.everything)
        except Exception as problem:
            raise Busy("Dead messages could not be copied yet: ask again") from problem
        await asyncio.to_thread(listener.skip, parked_id, body.reason, caller)
        return {"skipped": parked_id}

    return router


def deadlines(timing: Deadlines) -> APIRouter:
    router = APIRouter(prefix="/deadlines", tags=["operations"])

    @router.get(
        "/failed",
        operation_id="FindFailedDeadlines",
        dependencies=[allowed(OPS, SUPERVISOR)],
        responses=refusals({}),
    )
    def failed() -> Sequence[FailedDeadline]:
        """What has fallen due and could not be settled for a reason of ours, the oldest first:
        each is tried again by itself, later every time, five minutes apart at most."""
        return timing.failing()

    return router


def shown(waits: Waiting) -> MessageView:
    try:
        value, encoding = waits.value.decode(), "utf-8"
    except UnicodeDecodeError:
        value, encoding = b64encode(waits.value).decode(), "base64"
    return MessageView(
        **vars(waits.parked),
        headers=[
            (
                name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"),
                text.decode("utf-8", "backslashreplace"),
            )
            for name, text in waits.headers
        ],
        value=value,
        encoding=encoding,
    )
