"""An approval: applied for, tiered, on commitment or not, granted or denied, checked afterwards."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from pydantic import BaseModel
from sqlalchemy import Connection

from libs.contracts import vocabulary as v
from libs.contracts.asking import Watched
from libs.contracts.credit import Tier
from libs.edge.parties import PartyBody, subject_ref
from libs.events.core import fields as f
from libs.events.deciding.turn import Completion, Index
from libs.events.declaring.routes import get, post
from libs.events.declaring.stream import Stream
from libs.events.http.bodies import Code
from libs.statute.rulebook import Rulebook
from services.credit.approval.commands import (
    ApplyApproval,
    AssignTier,
    BreachCommitment,
    DenyApproval,
    GrantApproval,
    RevokeApproval,
    SignCommitment,
)
from services.credit.approval.completion import Completing, FindGraded, Grounds
from services.credit.approval.projection import (
    ApprovalRow,
    find_denied_for,
    find_page,
    get_approval,
    project,
    project_checks,
)
from services.credit.approval.reactions import DENIED_BY, on
from services.credit.approval.rules.decider import decider

CLERKS: Final = (v.Role.APPROVAL_CLERK,)
SIGNED: Final = "approver-required signature-invalid"


class Application(PartyBody):
    """Who applies for which licence; `wants` is a route that it would rather take."""

    approval_id: v.ApprovalId
    item_code: Code
    wants: Tier | None = None


def applied(key: bytes, body: Application, call: f.Call) -> ApplyApproval:
    """The number goes no further than this: it becomes a token."""
    caller = call.caller
    return ApplyApproval(
        approval_id=body.approval_id,
        item_code=v.ApprovalItemCode(body.item_code),
        applicant=subject_ref(body, key, call.day(caller.at)),
        acting=caller.actor if caller.role == v.Role.PARTY else None,
        at=caller.at,
        wants=body.wants,
    )


class ApprovalPage(BaseModel):
    approvals: Sequence[ApprovalRow]
    next: str | None


def find_approvals(
    tx: Connection, agency: Watched, stage: f.Code | None = None, page: f.Paging = f.FIRST_PAGE
) -> ApprovalPage:
    """The oldest first. An agency sees those that it decides."""
    found, following = find_page(tx, agency_code=agency, stage=stage, page=page)
    return ApprovalPage(approvals=found, next=following)


def approval(rules: Rulebook, key: bytes, grounds: Grounds, find_graded: FindGraded) -> Stream:
    completing = Completing(grounds, find_graded)
    path = "/approvals/{approval_id}"
    return Stream(
        name="approval",
        decider=decider(rules),
        completions={
            ApplyApproval: Completion(asks=("subject", "record"), complete=completing.application),
            AssignTier: Completion(asks=("subject", "record"), complete=completing.tier),
            DenyApproval: Completion(asks=("record",), complete=completing.denial),
            BreachCommitment: Completion(asks=("approval",), complete=completing.breach),
        },
        indexes={DENIED_BY: Index(find=find_denied_for, asks=("approval",))},
        projections=[project],
        reactions=on,
        remembers={"credit.approval": project_checks},
        commands=[
            post(
                ApplyApproval,
                "/approvals",
                (v.Role.PARTY, v.Role.APPROVAL_CLERK),
                "item-unknown tier-not-allowed role-not-allowed id-check-failed "
                "idempotency-conflict",
                status=201,
                reads=partial(applied, key),
            ),
            post(
                SignCommitment,
                f"{path}/commit",
                (v.Role.PARTY,),
                "not-found out-of-turn commitment-not-allowed",
            ),
            post(
                GrantApproval,
                f"{path}/grant",
                CLERKS,
                "not-found out-of-turn commitment-not-allowed",
            ),
            post(
                DenyApproval,
                f"{path}/deny",
                CLERKS,
                f"not-found out-of-turn basis-invalid {SIGNED}",
            ),
            post(
                BreachCommitment,
                f"{path}/breach",
                CLERKS,
                "not-found out-of-turn correction-not-given commitment-not-allowed "
                f"disproportionate duplicate-record {SIGNED}",
            ),
            post(RevokeApproval, f"{path}/revoke", CLERKS, f"not-found out-of-turn {SIGNED}"),
        ],
        queries=[
            get("/approvals", find_approvals, (*CLERKS, v.Role.SUPERVISOR, v.Role.OPS)),
            get(
                "/approvals/{approval_id}",
                get_approval,
                (*CLERKS, v.Role.PARTY, v.Role.SUPERVISOR),
                "not-found",
                stream="approval/{approval_id}",
            ),
        ],
    )
