"""HTTP for the register: who takes part, and changes of that."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Protocol

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Connection, Engine

from libs.contracts.exchange import AgencyStatus
from libs.contracts.vocabulary import AgencyCode, Role, TerritoryCode
from libs.events.deciding.settling import Receipt, Settler
from libs.events.http.bodies import Code, Short
from libs.events.http.edge import Caller, PostingOn
from services.exchange.agency.commands import ChangeAgencyStatus, RegisterAgency


class Registration(BaseModel):
    """The code also names the agency's topic: `.` and `_` would be one letter to Kafka."""

    agency_code: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]
    name_zh: Short
    kind: Code
    territory: Code
    rule_family: Code
    superior: Code | None = None


class Change(BaseModel):
    status: AgencyStatus
    successor: Code | None = None


class AgencyView(BaseModel):
    agency_code: AgencyCode
    name_zh: str
    kind: str
    territory: TerritoryCode
    status: str


class Row(Protocol):
    @property
    def name_zh(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def territory(self) -> TerritoryCode: ...
    @property
    def status(self) -> str: ...


class Agencies(Protocol):
    @property
    def rows(self) -> Mapping[AgencyCode, Row]: ...


def routes(
    settler: Settler,
    engine: Engine,
    read_agencies: Callable[[Connection], Agencies],
    posting: PostingOn,
) -> APIRouter:
    router = APIRouter(prefix="/agencies", tags=["agencies"])
    post = posting(router)

    @post("", "RegisterAgency", Role.OPS, status=201)
    async def register(body: Registration, caller: Caller) -> Receipt:
        command = RegisterAgency(
            agency_code=AgencyCode(body.agency_code),
            name_zh=body.name_zh,
            kind=body.kind,
            territory=TerritoryCode(body.territory),
            rule_family=body.rule_family,
            superior=body.superior,
        )
        return await settler.ask(command, caller)

    @post("/{agency_code}/status", "ChangeAgencyStatus", Role.OPS, Role.SUPERVISOR)
    async def change(agency_code: Code, body: Change, caller: Caller) -> Receipt:
        command = ChangeAgencyStatus(
            agency_code=AgencyCode(agency_code),
            status=body.status,
            successor=AgencyCode(body.successor) if body.successor else None,
        )
        return await settler.ask(command, caller)

    @router.get("", operation_id="FindAgencies")
    def agencies(caller: Caller) -> Sequence[AgencyView]:
        with engine.connect() as tx:
            rows = read_agencies(tx).rows
        return [
            AgencyView(
                agency_code=code,
                name_zh=row.name_zh,
                kind=row.kind,
                territory=row.territory,
                status=row.status,
            )
            for code, row in rows.items()
        ]

    return router
