"""Oversight, put together: every part is made here and handed to those that need it."""

from functools import partial

from libs.contracts import enforcement, exchange, grid, oversight
from libs.contracts.vocabulary import PERSONS
from libs.events.deciding.turn import Completion
from libs.events.declaring.stream import Stream, assembled
from libs.events.listening.listener import Reaction
from libs.events.process.service import Service, World
from libs.events.store.numbers import Numbers
from libs.events.system.clocks import machine_clock
from libs.statute.pack import Pack
from services.oversight import refusals
from services.oversight.access import api as access_api
from services.oversight.access import rules as access
from services.oversight.inquiry import api as inquiry_api
from services.oversight.inquiry import commands as inquiry_commands
from services.oversight.inquiry import completion as inquiry_completion
from services.oversight.inquiry import projection as inquiries
from services.oversight.inquiry import reactions as inquiry_reactions
from services.oversight.inquiry import rules as inquiry
from services.oversight.officer.stream import officer
from services.oversight.trace import api as trace_api
from services.oversight.trace import projection as trace

# It hears everybody: each contract is loaded, so that every type is known.
HEARD = (grid, exchange, enforcement, oversight)


def assemble(world: World, pack: Pack) -> Service:
    rules = pack.rules
    services = [contract.__name__.rpartition(".")[2] for contract in HEARD]
    streams = [
        Stream(
            name="trace",
            remembers={"oversight.journal": Reaction(to=services, project=trace.project)},
            routers=lambda settler, posting: [
                trace_api.questions(world.engine, machine_clock, refusals.REFUSALS)
            ],
        ),
        officer(pack),
        Stream(
            name="inquiry",
            decider=inquiry.decider(rules),
            completions={
                inquiry_commands.OpenInquiry: Completion(
                    complete=partial(
                        inquiry_completion.complete_opening,
                        inquiries.find_undone,
                        inquiries.find_involved,
                    )
                )
            },
            projections=[inquiries.project],
            remembers={
                "oversight.inquiry": Reaction(
                    to=["enforcement"],
                    react=inquiry_reactions.react,
                    project=inquiries.project_heard,
                )
            },
            routers=lambda settler, posting: [inquiry_api.routes(settler, world.engine, posting)],
            refuses=refusals.BY_COMMAND,
        ),
        Stream(
            name="access",
            decider=access.DECIDER,
            routers=lambda settler, posting: [access_api.commands(settler, world.keys, rules.day)],
        ),
    ]
    return assembled(
        world,
        world.log("oversight", persons=PERSONS),
        oversight,
        streams,
        refusals=refusals.REFUSALS,
        agency=rules.supervisor_agency,
        numbers=Numbers(
            patterns=rules.numbers, zone=rules.calendar.zone, short_names=rules.short_names
        ),
        day=rules.day,
        pack_says=lambda: pack.digest,
    )
