"""HTTP for officers: whose certificate holds, for what, and until when."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Engine

from libs.contracts.vocabulary import AgencyCode, CertificateNo, PersonId, Role
from libs.events.edge import Code, Day, Short
from libs.events.http import Caller, PostingOn, allowed, refusals
from libs.events.settling import Receipt, Settler
from services.oversight.officer.commands import CertifyOfficer
from services.oversight.officer.projection import OfficerRow, find_officers


class Certificate(BaseModel):
    officer_id: Code
    certificate_no: Short
    domains: Annotated[tuple[Short, ...], Field(max_length=50)]
    agency_code: Code
    valid_until: Day


def routes(
    settler: Settler,
    engine: Engine,
    posting: PostingOn,
) -> APIRouter:
    router = APIRouter(prefix="/officers", tags=["officers"])
    post = posting(router)

    @post("", "CertifyOfficer", Role.SUPERVISOR, Role.OPS)
    async def certify(body: Certificate, caller: Caller) -> Receipt:
        command = CertifyOfficer(
            officer_id=PersonId(body.officer_id),
            certificate_no=CertificateNo(body.certificate_no),
            domains=body.domains,
            agency_code=AgencyCode(body.agency_code),
            valid_until=body.valid_until,
        )
        return await settler.ask(command, caller)

    @router.get(
        "",
        operation_id="FindOfficers",
        dependencies=[allowed(Role.SUPERVISOR, Role.OPS)],
        responses=refusals({}),
    )
    def officers() -> Sequence[OfficerRow]:
        with engine.connect() as tx:
            return find_officers(tx)

    return router
