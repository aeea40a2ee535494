"""A dispute about whose it is: each agency speaks through its own head."""

from functools import partial

from libs.contracts.vocabulary import Role
from libs.events.deciding.turn import Completion
from libs.events.declaring.routes import get, post
from libs.events.declaring.stream import Stream
from libs.statute.rulebook import Rulebook
from services.enforcement.jurisdiction.commands import AgreeJurisdiction, RaiseJurisdictionDispute
from services.enforcement.jurisdiction.completion import complete_consent, complete_raising
from services.enforcement.jurisdiction.projection import find_disputes, project
from services.enforcement.jurisdiction.rules import decider
from services.enforcement.known import IsOpen, ReadKnown


def jurisdiction(rules: Rulebook, read_known: ReadKnown, is_open: IsOpen) -> Stream:
    consent = partial(complete_consent, rules, read_known)
    head = (Role.AGENCY_HEAD,)
    return Stream(
        name="jurisdiction",
        decider=decider(rules),
        completions={
            RaiseJurisdictionDispute: Completion(complete=partial(complete_raising, is_open)),
            AgreeJurisdiction: Completion(complete=consent),
        },
        projections=[project],
        commands=[
            post(
                RaiseJurisdictionDispute,
                "/jurisdictions",
                head,
                "not-found idempotency-conflict",
                status=201,
            ),
            post(
                AgreeJurisdiction,
                "/jurisdictions/{jurisdiction_id}/agree",
                head,
                "not-found out-of-turn no-power",
            ),
        ],
        queries=[
            get(
                "/jurisdictions",
                find_disputes,
                (Role.OFFICER, Role.AGENCY_HEAD, Role.SUPERVISOR, Role.OPS),
            )
        ],
    )
