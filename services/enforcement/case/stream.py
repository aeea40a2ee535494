"""A case: its steps, what it consumes, what its commands leave open, what it shows."""

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import datetime
from functools import partial
from typing import Final, get_args

from libs.contracts.vocabulary import Role
from libs.events.core.kernel import Command
from libs.events.deciding.turn import Completion, Index
from libs.events.declaring.routes import QueryRoute, get
from libs.events.declaring.stream import Stream
from libs.events.process.world import World
from libs.events.store.log import Log
from libs.statute.rulebook import Rulebook
from libs.suite.shelf import Shelf
from services.enforcement.case.commands.preparing import (
    CaseCommand,
    CollectEvidence,
    DecidePenalty,
)
from services.enforcement.case.completion import Completing
from services.enforcement.case.projection import decisions, register
from services.enforcement.case.questions.case import WATCHERS, Cases, find_cases
from services.enforcement.case.questions.evidence import Evidence
from services.enforcement.case.questions.public import find_decisions, public
from services.enforcement.case.questions.reading import Reading
from services.enforcement.case.reactions import OF_DECISION, on
from services.enforcement.case.routes import DECIDED, PREPARING
from services.enforcement.case.rules.decider import decider
from services.enforcement.case.rules.document import mask_text
from services.enforcement.known import ReadKnown

STAFF: Final = (
    Role.OFFICER,
    Role.AGENCY_HEAD,
    Role.LEGAL_REVIEWER,
    Role.HEARING_HOST,
    Role.ARCHIVIST,
)
READERS: Final = (*STAFF, *WATCHERS)
# What a command has one of is completed.
OPEN: Final = frozenset({"signed", "power", "family", "other_fine"})


def asks_of_case(command: CaseCommand, case: object) -> Sequence[str]:
    """Fines in force are asked about by who decides, and by nobody else."""
    return ("case",) if isinstance(command, DecidePenalty) else ()


def completed_commands() -> Sequence[type[Command]]:
    return [
        one
        for one in get_args(CaseCommand)
        if not OPEN.isdisjoint(field.name for field in fields(one))
    ]


def mask_of_nobody(text: str) -> str:
    return mask_text(text, (), frozenset())


def case(rules: Rulebook, world: World, log: Log, read_known: ReadKnown) -> Stream:
    evidence = Evidence(world.engine, Shelf(world.files, world.keys))
    cases = Cases(Reading(rules, log.stream))
    completion = Completion(asks=asks_of_case, complete=Completing(rules, read_known))

    def stored(command: CollectEvidence) -> CollectEvidence:
        found = evidence.is_stored(command.case_id, command.sha256, command.kind)
        return replace(command, stored=found)

    return Stream(
        name="case",
        decider=decider(rules),
        completions=dict.fromkeys(completed_commands(), completion),
        indexes={OF_DECISION: Index(find=register.find_cases_of_decision, asks=("case",))},
        projections=[register.project, decisions.project(mask_of_nobody)],
        reactions=on,
        routers=lambda settler, posting: [
            public(world.engine, rules.day, world.clock),
            evidence.routes(STAFF),
        ],
        commands=[
            replace(one, prepares=stored) if one.command is CollectEvidence else one
            for one in (*PREPARING, *DECIDED)
        ],
        queries=queries(cases, rules, world.clock),
    )


def queries(cases: Cases, rules: Rulebook, now: Callable[[], datetime]) -> Sequence[QueryRoute]:
    def of_one(
        path: str, ask: Callable[..., object], by: Sequence[str], stream: str = ""
    ) -> QueryRoute:
        return QueryRoute(
            route=f"GET /cases/{{case}}{path}",
            ask=ask,
            by=by,
            refuses=("not-found",),
            stream=stream,
        )

    return [
        get("/cases", find_cases, READERS),
        of_one("", cases.get_case, READERS, "case/{found.case_id}"),
        of_one("/clocks", cases.get_clocks, READERS),
        of_one("/ledger", cases.get_ledger, READERS),
        of_one("/decision", cases.get_decision_document, STAFF),
        of_one("/decision/masked", cases.get_masked_decision, STAFF),
        get(
            "/decisions", partial(find_decisions, rules.day, now), name="FindDecisions", public=True
        ),
    ]
