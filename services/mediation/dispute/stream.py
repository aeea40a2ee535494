"""A dispute: its steps, what it consumes, what its commands leave open, what it shows."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Final

from libs.contracts.vocabulary import Role
from libs.events.core.kernel import Command
from libs.events.deciding.turn import Completion
from libs.events.declaring.routes import get
from libs.events.declaring.stream import Stream
from libs.events.process.world import World
from libs.events.store.log import Log
from libs.statute.rulebook import Rulebook
from libs.suite.shelf import Owner, Shelf, shelf_routes
from services.mediation.dispute import commands as c
from services.mediation.dispute.completion import Completing, CountPetitions
from services.mediation.dispute.deadlines import deadlines
from services.mediation.dispute.projection import (
    find_dispute,
    project,
    project_items,
    project_mediators,
    project_parties,
)
from services.mediation.dispute.questions.asked import (
    WATCHERS,
    Disputes,
    count,
    find_desk,
    find_due,
    find_mine,
    find_register,
)
from services.mediation.dispute.reactions import on
from services.mediation.dispute.routes import commands
from services.mediation.dispute.rules.decider import decider
from services.mediation.known import IsOpen, ReadReceivers

MEDIATOR: Final = (Role.MEDIATOR,)
INSIDE: Final = (Role.MEDIATOR, Role.PARTY)
CENTRE: Final = (*INSIDE, Role.MEDIATION_MANAGER)
REGISTER: Final = (Role.MEDIATION_MANAGER, *WATCHERS)
# The fields of commands that name a file, and what it may be.
PAPERS: Final = frozenset({"DOCUMENT", "PHOTO"})
PROOFS: Final[Mapping[str, frozenset[str]]] = {
    "summary_hash": PAPERS,
    "seal_hash": PAPERS,
    "application_hash": PAPERS,
    "proof": frozenset({*PAPERS, "AUDIO", "VIDEO"}),
}


def storing(world: World, shelf: Shelf) -> Callable[[c.Showing], Command]:
    """Which of the files that a command names lie in the store: asked before the lock."""

    def stored(command: c.Showing) -> Command:
        with world.engine.connect() as tx:
            row = find_dispute(tx, command.dispute_id)
        if row is None:
            return command
        owner = Owner(key=str(row.dispute_id), matter=row.correlation_id)
        named = {
            vars(command)[one.name]: PROOFS[one.name]
            for one in fields(command)
            if one.name in PROOFS
        }
        found = [one for one, kinds in named.items() if one and shelf.holds(owner, one, kinds)]
        return replace(command, stored=frozenset(found))

    return stored


def dispute(
    rules: Rulebook,
    key: bytes,
    world: World,
    log: Log,
    receivers: ReadReceivers,
    is_open: IsOpen,
    petitions: CountPetitions,
) -> Stream:
    shelf = Shelf(world.files, world.keys)
    disputes = Disputes(rules, log.stream, shelf)
    completing = Completing(rules, receivers, is_open, petitions)
    path = "/disputes/{dispute_id}"
    return Stream(
        name="dispute",
        decider=decider(rules),
        completions={
            c.ReceiveDispute: Completion(asks=(), complete=completing.receipt),
            c.DivertDispute: Completion(asks=(), complete=completing.diversion),
            c.ConveneJointMediation: Completion(asks=(), complete=completing.call),
            c.ApplyJudicialConfirmation: Completion(asks=(), complete=completing.application),
            c.ReferLegalAid: Completion(asks=(), complete=completing.referral),
            c.ListForSupervision: Completion(
                asks=("petition", "dispute"), complete=completing.listing
            ),
        },
        projections=[project, project_mediators, project_parties, project_items],
        reactions=on,
        deadlines=deadlines(rules.calendar.end_of),
        routers=lambda settler, posting: [
            shelf_routes(shelf, disputes.visible(world.engine), path, INSIDE, INSIDE)
        ],
        commands=commands(key, storing(world, shelf)),
        queries=[
            get("/disputes", find_register, REGISTER, name="FindDisputes"),
            get("/desk", find_desk, MEDIATOR),
            get("/me/disputes", find_mine, (Role.PARTY,), name="FindMyDisputes"),
            get("/agreements", find_due, (*MEDIATOR, *REGISTER), name="FindDueItems"),
            get("/statistics", count, REGISTER, name="CountDisputes"),
            get(
                path,
                disputes.get_dispute,
                CENTRE,
                "not-found",
                name="GetDispute",
                stream="dispute/{dispute_id}",
            ),
            get(
                "/outcomes/{dispute_id}",
                disputes.get_outcome,
                REGISTER,
                "not-found",
                name="GetOutcome",
            ),
            get(
                f"{path}/agreement",
                disputes.get_agreement,
                CENTRE,
                "not-found confidential",
                name="GetAgreement",
            ),
            get(
                f"{path}/sessions/{{session_no}}",
                disputes.get_session,
                CENTRE,
                "not-found confidential media-hash-mismatch",
                name="GetSessionRecord",
            ),
        ],
    )
