"""HTTP for inquiries: opened by hand where an outcome is on record, found about, closed."""

from collections.abc import Sequence

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import Engine

from libs.contracts.oversight import InvolvedRole, ResponsibilityLevel
from libs.contracts.vocabulary import DecisionNo, InquiryId, PersonId, Role
from libs.events.deciding.settling import Receipt, Settler
from libs.events.http.bodies import Code, Day, Short, Text
from libs.events.http.edge import Caller, PostingOn, allowed, refusals
from services.oversight.inquiry.commands import CloseInquiry, FindResponsibility, OpenInquiry
from services.oversight.inquiry.projection import InquiryRow, find_inquiries
from services.oversight.inquiry.reactions import inquiry_of


class Opening(BaseModel):
    decision_no: Short


class Finding(BaseModel):
    officer_id: Code
    role: InvolvedRole
    level: ResponsibilityLevel
    heard_on: Day | None = None
    reason: Text
    exemption: Short | None = None


class Closing(BaseModel):
    consequence: Text


def routes(settler: Settler, engine: Engine, posting: PostingOn) -> APIRouter:
    router = APIRouter(prefix="/inquiries", tags=["inquiries"])
    post = posting(router)

    @post("", "OpenInquiry", Role.SUPERVISOR, status=201)
    async def open_inquiry(body: Opening, caller: Caller) -> Receipt:
        no = DecisionNo(body.decision_no)
        command = OpenInquiry(inquiry_id=inquiry_of(no), decision_no=no, at=caller.at)
        return await settler.ask(command, caller)

    @post("/{inquiry_id}/findings", "FindResponsibility", Role.SUPERVISOR)
    async def find(inquiry_id: InquiryId, body: Finding, caller: Caller) -> Receipt:
        command = FindResponsibility(
            inquiry_id=inquiry_id,
            officer_id=PersonId(body.officer_id),
            role=body.role,
            level=body.level,
            heard_on=body.heard_on,
            reason=body.reason,
            exemption=body.exemption,
            at=caller.at,
        )
        return await settler.ask(command, caller)

    @post("/{inquiry_id}/close", "CloseInquiry", Role.SUPERVISOR)
    async def close(inquiry_id: InquiryId, body: Closing, caller: Caller) -> Receipt:
        command = CloseInquiry(inquiry_id=inquiry_id, consequence=body.consequence)
        return await settler.ask(command, caller)

    @router.get(
        "",
        operation_id="FindInquiries",
        dependencies=[allowed(Role.SUPERVISOR, Role.OPS)],
        responses=refusals({}),
    )
    def inquiries() -> Sequence[InquiryRow]:
        with engine.connect() as tx:
            return find_inquiries(tx)

    return router
