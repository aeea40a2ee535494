"""What an operator may do about what could not be taken in: look at it, try again, pass it over."""

import asyncio
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from libs.events.asking import Busy
from libs.events.burying import Burying
from libs.events.edge import Ordinal, Short
from libs.events.http import Caller, allowed, refusals
from libs.events.listening import Listener
from libs.events.parking import Waiting

OPS: Final = "OPS"
SUPERVISOR: Final = "SUPERVISOR"
MOST: Final = 1_000


class ParkedView(BaseModel):
    """A message that waits, and why. `dead` says that it waits for an operator."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    matter: str | None
    reaction: str
    topic: str
    partition: int
    subject: str
    position: int
    why: str
    attempts: int
    since: datetime
    due: datetime | None
    error: str
    dead: bool


class MessageView(ParkedView):
    """The same with the message as it came: what is personal in it is encrypted, as on Kafka."""

    headers: list[tuple[str, str]]
    value: str
    encoding: str


class Skip(BaseModel):
    reason: Short


def operations(listener: Listener, burying: Burying) -> APIRouter:
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
    ) -> Sequence[ParkedView]:
        """The oldest first; the next page follows the last id of this one."""
        with listener.settler.log.engine.connect() as tx:
            rows = listener.parking.list(tx, dead=dead, after=after, most=limit)
        return [ParkedView.model_validate(row) for row in rows]

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
            await asyncio.to_thread(burying.everything)
        except Exception as problem:
            raise Busy(f"what is dead could not be copied yet: {problem!r}") from problem
        context = replace(caller, occurred=None)
        await asyncio.to_thread(listener.skip, parked_id, body.reason, context)
        return {"skipped": parked_id}

    return router


def shown(waits: Waiting) -> MessageView:
    columns: dict[str, Any] = vars(ParkedView.model_validate(waits.parked))
    try:
        value, encoding = waits.value.decode(), "utf-8"
    except UnicodeDecodeError:
        value, encoding = b64encode(waits.value).decode(), "base64"
    return MessageView(
        **columns,
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
