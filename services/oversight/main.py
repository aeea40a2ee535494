"""Oversight, put together: every part is made here and handed to those that need it."""

from functools import partial

from libs.contracts import exchange, grid, oversight
from libs.contracts.vocabulary import PERSONS
from libs.events.clocks import machine_clock
from libs.events.http import posting_on
from libs.events.listening import Reaction
from libs.events.numbers import Numbers
from libs.events.service import Service, World
from libs.events.settling import Settler
from libs.statute.pack import Pack
from services.oversight import refusals
from services.oversight.access import api as access_api
from services.oversight.access import domain as access
from services.oversight.officer import api as officer_api
from services.oversight.officer import domain as officer
from services.oversight.officer import loading as officer_loading
from services.oversight.officer import projection as officers
from services.oversight.trace import api as trace_api
from services.oversight.trace import projection as trace

# It hears everybody: each contract is loaded, so that every type is known.
HEARD = (grid, exchange, oversight)


def assemble(world: World, pack: Pack) -> Service:
    rules = pack.rules
    services = [contract.__name__.rpartition(".")[2] for contract in HEARD]
    settler = Settler(
        world.log("oversight", persons=PERSONS),
        deciders=[officer.DECIDER, access.DECIDER],
        projections=[officers.project],
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
        reactions={"oversight.journal": Reaction(to=services, project=trace.project)},
        pack_says=lambda: pack.digest,
        differences=[partial(officer_loading.differences, pack)],
        refusals=refusals.REFUSALS,
        routers=[
            trace_api.questions(world.engine, machine_clock, refusals.REFUSALS),
            officer_api.routes(settler, world.engine, posting),
            access_api.commands(settler, world.keys, rules.day),
        ],
    )
