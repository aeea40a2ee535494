"""An incentive: granted to who has the grade, revoked when it is gone."""

from functools import partial
from typing import Final

from libs.contracts.vocabulary import Role
from libs.events.deciding.turn import Completion, Index
from libs.events.declaring.routes import get, post
from libs.events.declaring.stream import Stream
from libs.statute.rulebook import Rulebook
from services.credit.incentive.commands import GrantIncentive, RevokeIncentive
from services.credit.incentive.completion import Asked, complete_grant
from services.credit.incentive.deadlines import deadlines
from services.credit.incentive.projection import find_incentives, find_live_of_subject, project
from services.credit.incentive.reactions import OF_SUBJECT, on
from services.credit.incentive.rules import decider

OFFICERS: Final = (Role.CREDIT_OFFICER,)


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
