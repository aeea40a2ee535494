"""A coercive measure: imposed by two officers, approved and lifted by the head."""

from functools import partial
from typing import Final

from libs.contracts.enforcement import ExtendedBecause
from libs.contracts.vocabulary import Role
from libs.events.deciding.turn import Completion, Index
from libs.events.declaring.routes import get, post
from libs.events.declaring.stream import Stream
from libs.statute.rulebook import Rulebook
from services.enforcement.coercion.commands import (
    ApproveCoerciveMeasure,
    ExtendCoerciveMeasure,
    ImposeCoerciveMeasure,
    LiftCoerciveMeasure,
)
from services.enforcement.coercion.completion import complete_measure
from services.enforcement.coercion.deadlines import deadlines
from services.enforcement.coercion.projection import (
    find_coercions,
    find_of_case,
    project,
)
from services.enforcement.coercion.reactions import OF_CASE, on
from services.enforcement.coercion.rules import decider
from services.enforcement.known import FindUnder, ReadKnown

CASE: Final = "not-found out-of-turn"
IMPOSING: Final = (
    f"{CASE} signature-invalid two-officers-required no-power approval-missing "
    "seizure-not-allowed record-incomplete idempotency-conflict"
)
READERS: Final = (Role.OFFICER, Role.AGENCY_HEAD, Role.SUPERVISOR, Role.OPS)


def coercion(rules: Rulebook, read_known: ReadKnown, find_under: FindUnder) -> Stream:
    head = (Role.AGENCY_HEAD,)
    return Stream(
        name="coercion",
        decider=decider(rules),
        completions={
            ImposeCoerciveMeasure: Completion(
                asks=("coercion", "lead", "case"),
                complete=partial(complete_measure, rules, read_known, find_under),
            )
        },
        indexes={OF_CASE: Index(find=find_of_case, asks=("coercion", "case"))},
        projections=[project],
        reactions=on,
        deadlines=deadlines(rules.calendar.end_of),
        commands=[
            post(ImposeCoerciveMeasure, "/coercions", (Role.OFFICER,), IMPOSING, status=201),
            post(ApproveCoerciveMeasure, "/coercions/{coercion_id}/approve", head, CASE),
            post(
                ExtendCoerciveMeasure,
                "/coercions/{coercion_id}/extend",
                head,
                f"{CASE} seizure-expired",
                sets={"because": ExtendedBecause.EXTENSION},
            ),
            post(
                LiftCoerciveMeasure,
                "/coercions/{coercion_id}/lift",
                head,
                f"{CASE} reason-not-listed",
            ),
        ],
        queries=[get("/coercions", find_coercions, READERS)],
    )
