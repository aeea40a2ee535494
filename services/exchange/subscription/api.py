"""HTTP for contracts: what an agency is told, how, and which fields of it."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Engine

from libs.contracts.exchange import Contract, DeliveryMode
from libs.contracts.vocabulary import AgencyCode, HandoffKindCode, Role, SubscriptionId
from libs.events.deciding.settling import Receipt, Settler
from libs.events.http.bodies import Code, Day, Short
from libs.events.http.edge import Caller, PostingOn, allowed, refusals
from services.exchange.subscription.commands import CreateSubscription
from services.exchange.subscription.projection import ContractRow, find_contracts

# `DISPATCH.*`, or one field of a kind: `DISPATCH.location`.
AllowedField = Annotated[str, Field(pattern=r"^[A-Z_]{1,40}\.(\*|[a-z_]{1,40})$")]


class Creation(BaseModel):
    subscription_id: SubscriptionId
    agency_code: Code
    kinds: Annotated[tuple[Code, ...], Field(min_length=1, max_length=50)]
    mode: DeliveryMode = DeliveryMode.PULL
    endpoint: Short | None = None
    secret_ref: Short | None = None
    field_allow_list: Annotated[tuple[AllowedField, ...], Field(min_length=1, max_length=200)]
    max_class: Literal["P0", "P1", "P2", "P3", "P4"]
    purpose: Short
    basis: Short
    valid_from: Day
    valid_until: Day


def routes(
    settler: Settler,
    engine: Engine,
    posting: PostingOn,
) -> APIRouter:
    router = APIRouter(prefix="/subscriptions", tags=["subscriptions"])
    post = posting(router)

    @post("", "CreateSubscription", Role.OPS, Role.AGENCY_HANDLER, status=201)
    async def create(body: Creation, caller: Caller) -> Receipt:
        said = body.model_dump(exclude={"subscription_id", "agency_code", "kinds"})
        command = CreateSubscription(
            subscription_id=body.subscription_id,
            contract=Contract(
                agency_code=AgencyCode(body.agency_code),
                kinds=tuple(map(HandoffKindCode, body.kinds)),
                **said,
            ),
            at=caller.at,
            asked_by=None if caller.role == Role.OPS else AgencyCode(caller.agency),
        )
        return await settler.ask(command, caller)

    @router.get(
        "",
        operation_id="FindSubscriptions",
        dependencies=[allowed(Role.OPS, Role.SUPERVISOR, Role.AGENCY_HANDLER)],
        responses=refusals({}),
    )
    def subscriptions(caller: Caller) -> Sequence[ContractRow]:
        """All of them; an agency sees its own."""
        own = AgencyCode(caller.agency) if caller.role == Role.AGENCY_HANDLER else None
        with engine.connect() as tx:
            return find_contracts(tx, own)

    return router
