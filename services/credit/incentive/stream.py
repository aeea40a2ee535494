"""An incentive: granted to who has the grade, revoked when it is gone."""

from collections.abc import Sequence
from functools import partial
from typing import Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Connection

from libs.contracts.vocabulary import AgencyCode, Role
from libs.events.core.fields import FIRST_PAGE, Paging
from libs.events.deciding.turn import Completion, Index
from libs.events.declaring.routes import get, post
from libs.events.declaring.stream import Stream
from libs.statute.rulebook import Rulebook
from services.credit.incentive.commands import GrantIncentive, RevokeIncentive
from services.credit.incentive.completion import Asked, complete_grant
from services.credit.incentive.deadlines import deadlines
from services.credit.incentive.projection import (
    IncentiveRow,
    find_live_of_subject,
    find_page,
    project,
)
from services.credit.incentive.reactions import OF_SUBJECT, on
from services.credit.incentive.rules import decider

OFFICERS: Final = (Role.CREDIT_OFFICER,)


class IncentivePage(BaseModel):
    incentives: Sequence[IncentiveRow]
    next: str | None


def find_incentives(
    tx: Connection,
    subject_id: UUID | None = None,
    agency_code: AgencyCode | None = None,
    live: bool = False,
    page: Paging = FIRST_PAGE,
) -> IncentivePage:
    """The oldest first; with `live`, those that have not ended."""
    found, following = find_page(
        tx, subject_id=subject_id, agency_code=agency_code, live=live, page=page
    )
    return IncentivePage(incentives=found, next=following)


def incentive(rules: Rulebook, asked: Asked) -> Stream:
    return Stream(
        name="incentive",
        decider=decider(rules),
        completions={
            GrantIncentive: Completion(
                asks=("measure_item", "subject"), complete=partial(complete_grant, asked)
            )
        },
        indexes={OF_SUBJECT: Index(find=find_live_of_subject, asks=("incentive",))},
        projections=[project],
        reactions=on,
        deadlines=deadlines(rules.calendar.end_of),
        commands=[
            post(
                GrantIncentive,
                "/incentives",
                OFFICERS,
                "not-found person-not-scored incentive-not-allowed approver-required "
                "signature-invalid idempotency-conflict",
                status=201,
            ),
            post(
                RevokeIncentive,
                "/incentives/{incentive_id}/revoke",
                OFFICERS,
                "not-found approver-required signature-invalid",
            ),
        ],
        queries=[get("/incentives", find_incentives, (*OFFICERS, Role.SUPERVISOR, Role.OPS))],
    )
