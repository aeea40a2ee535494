"""HTTP for the power list 权责清单: whose a power is, everybody may read."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Engine

from libs.contracts.exchange import PowerItem
from libs.contracts.vocabulary import AgencyCode, PowerItemCode, Resolver, Role
from libs.events.deciding.settling import Receipt, Settler
from libs.events.http.bodies import Code, Day, Short
from libs.events.http.edge import Caller, PostingOn
from services.exchange.power_item.commands import PublishPowerItem
from services.exchange.power_item.projection import ItemRow, find_items


class Publication(BaseModel):
    """Whether it has a basis is a rule, so an empty one is taken to the rule."""

    code: Code
    name_zh: Short
    type: Code
    owners: Annotated[tuple[Code, ...], Field(min_length=1, max_length=50)]
    delegated_to: Annotated[tuple[Code, ...], Field(max_length=50)] = ()
    delegation_decision: Short | None = None
    basis: Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")] = ""
    version: Annotated[int, Field(ge=1, le=10_000)] = 1
    effective_from: Day | None = None
    effective_to: Day | None = None
    hearing_hint: Annotated[tuple[Code, ...], Field(max_length=10)] = ()
    may_seize: bool = False


def routes(
    settler: Settler,
    engine: Engine,
    posting: PostingOn,
) -> APIRouter:
    router = APIRouter(prefix="/power-items", tags=["power items"])
    post = posting(router)

    @post("", "PublishPowerItem", Role.OPS, status=201)
    async def publish(body: Publication, caller: Caller) -> Receipt:
        said = body.model_dump(exclude={"code", "owners", "delegated_to"})
        item = PowerItem(
            code=PowerItemCode(body.code),
            owners=tuple(map(Resolver, body.owners)),
            delegated_to=tuple(map(AgencyCode, body.delegated_to)),
            **said,
        )
        return await settler.ask(PublishPowerItem(code=item.code, item=item), caller)

    @router.get("", operation_id="FindPowerItems")
    def power_items(caller: Caller) -> Sequence[ItemRow]:
        with engine.connect() as tx:
            return find_items(tx)

    return router
