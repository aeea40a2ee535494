"""Enforcement, put together: every part is made here and handed to those that need it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import get_args
from uuid import UUID

from sqlalchemy import Connection

from libs.contracts import enforcement, oversight
from libs.contracts.vocabulary import PERSONS, AgencyCode, CaseId, Location, Matter, SubjectRef
from libs.events.core.kernel import Command, Envelope, Event, Hidden
from libs.events.deciding.turn import Completion, Index
from libs.events.declaring.stream import Stream, assembled
from libs.events.listening.listener import Reaction
from libs.events.process.service import Service, World
from libs.events.store.cache import Kept
from libs.events.store.log import Log
from libs.events.store.numbers import Numbers
from libs.events.store.read_models import blank
from libs.statute.pack import Pack
from services.enforcement import refusals
from services.enforcement.agencies import projection as agencies
from services.enforcement.case import completion, reactions
from services.enforcement.case.api import executing as api_execution
from services.enforcement.case.api import preparing as api
from services.enforcement.case.api import questions as api_questions
from services.enforcement.case.api.reading import Reading
from services.enforcement.case.commands import preparing as commands
from services.enforcement.case.projection import decisions as projection_decisions
from services.enforcement.case.projection import register as projection
from services.enforcement.case.rules import decider as domain
from services.enforcement.case.rules.document import mask_text
from services.enforcement.coercion.stream import coercion
from services.enforcement.inspection import api as inspection_api
from services.enforcement.inspection import commands as inspection_commands
from services.enforcement.inspection import completion as inspection_completion
from services.enforcement.inspection import projection as inspections
from services.enforcement.inspection import rules as inspection
from services.enforcement.jurisdiction import api as jurisdiction_api
from services.enforcement.jurisdiction import commands as jurisdiction_commands
from services.enforcement.jurisdiction import completion as jurisdiction_completion
from services.enforcement.jurisdiction import projection as jurisdictions
from services.enforcement.jurisdiction import rules as jurisdiction
from services.enforcement.lead import api as lead_api
from services.enforcement.lead import commands as lead_commands
from services.enforcement.lead import completion as lead_completion
from services.enforcement.lead import projection as leads
from services.enforcement.lead import reactions as lead_reactions
from services.enforcement.lead import rules as lead


@dataclass(frozen=True)
class Under:
    """What a measure is imposed under: whose it is, of which matter, against whom."""

    agency_code: AgencyCode
    matter: Matter
    subjects: tuple[SubjectRef, ...] | Hidden
    location: Location | Hidden | None


def completed_commands() -> Sequence[type[Command]]:
    """Every command of a case that leaves something open that is completed here."""
    open_ = {"signed", "power", "family", "other_fine"}
    return [
        one
        for one in get_args(commands.CaseCommand)
        if not open_.isdisjoint(field.name for field in fields(one))
    ]


def asks_of_case(command: commands.CaseCommand, case: object) -> Sequence[str]:
    """Fines in force are asked about by who decides, and by nobody else."""
    return ("case",) if isinstance(command, commands.DecidePenalty) else ()


def under_of(log: Log, tx: Connection, lead_id: UUID | None, case_id: UUID | None) -> Under | None:
    """The case, or the lead where there is no case yet."""
    subject = f"case/{case_id}" if case_id else f"lead/{lead_id}"
    facts = log.stream(tx, subject)
    if not facts or (lead_id is None and case_id is None):
        return None
    first = facts[0]
    matter = Matter(first.correlation_id)
    match first.data:
        case enforcement.CaseFiled() as filed:
            if lead_id not in (None, filed.lead_id):
                return None
            return Under(filed.agency_code, matter, filed.subjects, filed.location)
        case enforcement.LeadReceived() as received:
            who = received.subject
            some = () if who is None else who if isinstance(who, Hidden) else (who,)
            return Under(received.agency_code, matter, some, received.location)
        case _:
            return None


def is_case(log: Log, tx: Connection, case_id: CaseId) -> bool:
    return bool(log.stream(tx, f"case/{case_id}"))


def is_witnessed(log: Log, tx: Connection, witness: str) -> bool:
    """Whether the log has stood where the witness says: nobody chooses that."""
    name, _, position = witness.rpartition("/")
    return name == log.name and position.isdecimal() and 0 < int(position) <= log.head(tx)


def assemble(world: World, pack: Pack) -> Service:
    rules = pack.rules
    read_known = Kept(
        agencies.read_known,
        agencies.enforcing_agencies,
        agencies.enforced_items,
        agencies.certificates,
    )
    log = world.log("enforcement", persons=PERSONS)
    completing = completion.Completing(rules, read_known, projection.find_fine)
    of_case = Completion(asks=asks_of_case, complete=completing)

    def witness() -> str:
        with world.engine.connect() as tx:
            return f"{log.name}/{log.head(tx)}"

    shelf = api_questions.Shelf(world.engine, world.files, world.keys)
    reading = Reading(rules, log.stream)
    key = world.keys.identity_key
    streams = [
        Stream(
            name="lead",
            decider=lead.decider(rules),
            completions={
                lead_commands.ReceiveLead: Completion(
                    asks=("lead",),
                    complete=partial(
                        lead_completion.complete_receipt, agencies.is_open, leads.find_source
                    ),
                ),
                lead_commands.FileCase: Completion(
                    complete=partial(
                        lead_completion.complete_filing, rules, read_known, partial(is_case, log)
                    )
                ),
            },
            projections=[leads.project],
            remembers={
                "enforcement.lead": Reaction(
                    to=["exchange", "enforcement"], react=lead_reactions.react
                )
            },
            routers=lambda settler, posting: [
                lead_api.routes(settler, world.engine, key, rules.day, posting)
            ],
        ),
        Stream(
            name="case",
            decider=domain.decider(rules),
            completions=dict.fromkeys(completed_commands(), of_case),
            indexes={
                reactions.OF_DECISION: Index(find=projection.find_cases_of_decision, asks=("case",))
            },
            projections=[projection.project, partial(projection_decisions.project, mask_of_nobody)],
            remembers={
                "enforcement.case": Reaction(to=["exchange", "enforcement"], react=reactions.react),
                "enforcement.agencies": Reaction(
                    to=["exchange", "oversight"], project=agencies.project
                ),
                "enforcement.forgetting": Reaction(to=["oversight"], project=forget),
            },
            routers=lambda settler, posting: [
                api_questions.public(world.engine, rules.day, world.clock),
                api.commands(settler, posting, shelf.require, shelf.is_stored),
                api_execution.commands(settler, posting, shelf.require),
                api_questions.questions(world.engine, reading, shelf, rules.day),
            ],
            refuses=refusals.BY_COMMAND,
        ),
        coercion(rules, read_known, partial(under_of, log)),
        Stream(
            name="jurisdiction",
            decider=jurisdiction.decider(rules),
            completions={
                jurisdiction_commands.RaiseJurisdictionDispute: Completion(
                    complete=partial(jurisdiction_completion.complete_raising, agencies.is_open)
                ),
                jurisdiction_commands.AgreeJurisdiction: Completion(
                    complete=partial(jurisdiction_completion.complete_consent, rules, read_known)
                ),
            },
            projections=[jurisdictions.project],
            routers=lambda settler, posting: [
                jurisdiction_api.routes(settler, world.engine, posting)
            ],
        ),
        Stream(
            name="inspection",
            decider=inspection.decider(rules),
            completions={
                inspection_commands.DrawInspection: Completion(
                    asks=("inspection",),
                    complete=partial(
                        inspection_completion.complete_draw,
                        rules,
                        read_known,
                        partial(is_witnessed, log),
                        inspections.find_plan,
                    ),
                ),
                inspection_commands.CompleteInspection: Completion(
                    complete=partial(inspection_completion.complete_result, rules, read_known)
                ),
            },
            projections=[inspections.project],
            routers=lambda settler, posting: [
                inspection_api.routes(settler, world.engine, key, rules.day, witness, posting)
            ],
        ),
    ]
    return assembled(
        world,
        log,
        enforcement,
        streams,
        refusals=refusals.REFUSALS,
        agency=rules.receiver_agency,
        numbers=Numbers(
            patterns=rules.numbers, zone=rules.calendar.zone, short_names=rules.short_names
        ),
        day=rules.day,
        pack_says=lambda: pack.digest,
    )


def mask_of_nobody(text: str) -> str:
    return mask_text(text, (), frozenset())


def forget(tx: Connection, heard: Sequence[Envelope[Event]]) -> None:
    """What was erased is shown on no page any more."""
    erased = [
        fact.correlation_id
        for fact in heard
        if isinstance(fact.data, oversight.AccessAudited)
        and fact.data.kind is oversight.AccessKind.ERASED
    ]
    blank(tx, [projection.fines_in_force, projection_decisions.public_decisions], erased)
