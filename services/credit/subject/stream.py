"""A subject: on the register, with a score if it is an organisation."""

from functools import partial
from typing import Final

from libs.contracts.vocabulary import Role
from libs.edge.parties import PartyBody, subject_ref
from libs.events.core.fields import Call
from libs.events.deciding.turn import Completion
from libs.events.declaring.routes import post
from libs.events.declaring.stream import Stream
from libs.events.http.bodies import Day
from libs.statute.rulebook import Rulebook
from services.credit.subject.commands import QueryReport, RecalculateScore, RegisterSubject
from services.credit.subject.completion import complete_registration, complete_score
from services.credit.subject.deadlines import deadlines
from services.credit.subject.projection import project, project_facts, project_queries
from services.credit.subject.reactions import on
from services.credit.subject.rules.decider import decider

COUNTED: Final = ("subject", "record", "listing", "approval")


class Registration(PartyBody):
    """`history_from` is the day from which the register of the place knows it."""

    history_from: Day | None = None


def registered(key: bytes, body: Registration, call: Call) -> RegisterSubject:
    """The number goes no further than this: it becomes a token."""
    caller = call.caller
    ref = subject_ref(body, key, call.day(caller.at))
    return RegisterSubject(
        subject_id=ref.subject_id,
        subject_ref=ref,
        registered_name=ref.display_name,
        history_from=body.history_from,
        at=caller.at,
    )


def subject(rules: Rulebook, key: bytes) -> Stream:
    return Stream(
        name="subject",
        decider=decider(rules),
        completions={
            RegisterSubject: Completion(
                asks=COUNTED, complete=partial(complete_registration, rules)
            ),
            RecalculateScore: Completion(asks=COUNTED, complete=partial(complete_score, rules)),
        },
        projections=[project, project_facts, project_queries],
        reactions=on,
        deadlines=deadlines(rules.receiver_agency),
        commands=[
            post(
                RegisterSubject,
                "/subjects",
                (Role.CREDIT_OFFICER,),
                "id-check-failed subject-not-eligible name-mismatch",
                status=201,
                reads=partial(registered, key),
            ),
            post(
                QueryReport,
                "/subjects/{subject_id}/query",
                (Role.PARTY, Role.CREDIT_OFFICER, Role.OFFICER, Role.APPROVAL_CLERK,
                 Role.LISTING_AUTHORITY, Role.SUPERVISOR),
                "not-found query-unauthorised",
            ),
        ],
    )  # fmt: skip
