"""Oversight, put together."""

from datetime import datetime

from sqlalchemy import Connection

from libs.contracts import credit, enforcement, exchange, grid, mediation, oversight
from libs.contracts.vocabulary import PERSONS
from libs.events.process.service import Service
from libs.events.process.world import World
from libs.events.system.clocks import machine_clock
from libs.statute.pack import Pack
from libs.suite.assembling import service
from services.oversight.access.stream import access
from services.oversight.alarm.projection import find_open
from services.oversight.alarm.stream import alarm
from services.oversight.clock.projection.rows import find_late
from services.oversight.clock.stream import clock
from services.oversight.inquiry.stream import inquiry
from services.oversight.officer.stream import officer
from services.oversight.rollback.stream import rollback
from services.oversight.trace.projection import is_known, was_refused
from services.oversight.trace.stream import Missing, trace

# It consumes all of them: each contract is loaded, so that every type is known.
SOURCES = (grid, exchange, enforcement, credit, mediation, oversight)


def assemble(world: World, pack: Pack) -> Service:
    families = {row["code"]: row["rule_family"] for row in pack.tables["agencies"]}

    def missing(tx: Connection, now: datetime, limit: int) -> list[Missing]:
        return [*find_open(tx, now, limit), *find_late(tx, now, limit)]

    names = [contract.__name__.rpartition(".")[2] for contract in SOURCES]
    return service(
        world,
        world.log("oversight", persons=PERSONS),
        oversight,
        pack,
        [
            trace(names, machine_clock, world.clock, missing),
            alarm(pack.rules),
            clock(pack.rules, lambda code: families.get(code, ""), world.clock, is_known),
            officer(pack),
            inquiry(pack.rules),
            rollback(pack.rules, world.clock, was_refused),
            access(world.keys, pack.rules.day),
        ],
        agency=pack.rules.supervisor_agency,
    )
