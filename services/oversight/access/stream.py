"""The record of access: erasures are asked for here, and each leaves a tombstone.

An erasure is no command of one stream: keys are destroyed first, then every matter is told.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Self

from fastapi import APIRouter
from pydantic import BaseModel, model_validator

from libs.contracts.oversight import AccessKind
from libs.contracts.vocabulary import Matter, PersonId, Role
from libs.events.core.kernel import NotFound
from libs.events.deciding.settling import Settler
from libs.events.declaring.stream import Stream
from libs.events.http.bodies import Code, Short
from libs.events.http.edge import Caller, allowed, refusals
from libs.events.store.vault import Vault
from services.oversight.access.commands import AuditAccess
from services.oversight.access.rules import DECIDER


class Erasure(BaseModel):
    """Of a matter, or of every matter that hides something of a person."""

    matter: Code | None = None
    person: Code | None = None
    purpose: Short

    @model_validator(mode="after")
    def says_whose(self) -> Self:
        if (self.matter is None) is (self.person is None):
            raise ValueError("a matter or a person is needed, and not both")
        return self


class Erased(BaseModel):
    matters: list[str]


def access(keys: Vault, day: Callable[[datetime], date]) -> Stream:
    return Stream(
        name="access",
        decider=DECIDER,
        routers=lambda settler, posting: [erasures(settler, keys, day)],
    )


def erasures(settler: Settler, keys: Vault, day: Callable[[datetime], date]) -> APIRouter:
    router = APIRouter(prefix="/erasures", tags=["erasures"])

    @router.post(
        "",
        operation_id="EraseMatters",
        dependencies=[allowed(Role.OPS, Role.SUPERVISOR)],
        responses=refusals({}, "not-found"),
    )
    async def erase(body: Erasure, caller: Caller) -> Erased:
        """First the keys, then the tombstones: asked again after a crash, nothing is missing."""
        names = [body.matter] if body.matter else await asyncio.to_thread(found, keys, body.person)
        known = await asyncio.to_thread(keys.find, names)
        if not names or not known:
            raise NotFound("Nothing personal is kept under this name")
        await asyncio.to_thread(keys.destroy, known.keys())
        for name in known:
            command = AuditAccess(
                day=day(caller.at),
                by=PersonId(caller.actor),
                role=Role(caller.role),
                purpose=body.purpose,
                fields=("*",),
                at=caller.at,
                kind=AccessKind.ERASED,
                matter=Matter(name),
            )
            await settler.ask(command, replace(caller, correlation_id=name))
        return Erased(matters=sorted(known))

    return router


def found(keys: Vault, person: str | None) -> list[str]:
    return keys.names_of(person or "")
