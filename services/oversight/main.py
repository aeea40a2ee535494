"""Oversight, put together: every part is made here and handed to those that need it."""

from functools import partial

from libs.contracts import enforcement, exchange, grid, oversight
from libs.contracts.vocabulary import PERSONS
from libs.events.clocks import machine_clock
from libs.events.http import posting_on
from libs.events.listening import Reaction
from libs.events.numbers import Numbers
from libs.events.service import Service, World
from libs.events.settling import Settler
from libs.events.turn import Completion
from libs.statute.pack import Pack
from services.oversight import refusals
from services.oversight.access import api as access_api
from services.oversight.access import domain as access
from services.oversight.inquiry import api as inquiry_api
from services.oversight.inquiry import commands as inquiry_commands
from services.oversight.inquiry import completion as inquiry_completion
from services.oversight.inquiry import domain as inquiry
from services.oversight.inquiry import projection as inquiries
from services.oversight.inquiry import reactions as inquiry_reactions
from services.oversight.officer import api as officer_api
from services.oversight.officer import domain as officer
from services.oversight.officer import loading as officer_loading
from services.oversight.officer import projection as officers
from services.oversight.trace import api as trace_api
from services.oversight.trace import projection as trace

# It hears everybody: each contract is loaded, so that every type is known.
HEARD = (grid, exchange, enforcement, oversight)


def assemble(world: World, pack: Pack) -> Service:
    rules = pack.rules
    services = [contract.__name__.rpartition(".")[2] for contract in HEARD]
    settler = Settler(
        world.log("oversight", persons=PERSONS),
        deciders=[officer.DECIDER, access.DECIDER, inquiry.decider(rules)],
        completions={
            inquiry_commands.OpenInquiry: Completion(
                complete=partial(
                    inquiry_completion.complete_opening,
                    inquiries.find_undone,
                    inquiries.find_involved,
                )
            )
        },
        projections=[officers.project, inquiries.project],
        numbers=Numbers(
            patterns=rules.numbers, zone=rules.calendar.zone, short_names=rules.short_names
        ),
    )
    posting = posting_on(refusals.REFUSALS, refusals.BY_COMMAND)
    return Service(
        world,
        settler,
        oversight,
        rules.supervisor_agency,
        reactions={
            "oversight.journal": Reaction(to=services, project=trace.project),
            "oversight.inquiry": Reaction(
                to=["enforcement"], react=inquiry_reactions.react, project=inquiries.project_heard
            ),
        },
        pack_says=lambda: pack.digest,
        differences=[partial(officer_loading.differences, pack)],
        refusals=refusals.REFUSALS,
        routers=[
            trace_api.questions(world.engine, machine_clock, refusals.REFUSALS),
            officer_api.routes(settler, world.engine, posting),
            inquiry_api.routes(settler, world.engine, posting),
            access_api.commands(settler, world.keys, rules.day),
        ],
    )
