"""Mediation, put together: every part is made here and handed to those that need it."""

from libs.contracts import mediation
from libs.contracts.vocabulary import PERSONS
from libs.events.process.service import Service
from libs.events.process.world import World
from libs.statute.pack import Pack
from libs.suite.assembling import service
from services.mediation.agencies.projection import cached, is_open
from services.mediation.agencies.stream import agencies
from services.mediation.dispute.projection import is_dispute
from services.mediation.dispute.stream import dispute
from services.mediation.petition.projection import count_of_matter
from services.mediation.petition.stream import petition
from services.mediation.screening.stream import screening


def assemble(world: World, pack: Pack) -> Service:
    rules, key = pack.rules, world.keys.identity_key
    log = world.log("mediation", persons=PERSONS)
    receivers = cached()
    return service(
        world,
        log,
        mediation,
        pack,
        [
            agencies(),
            dispute(rules, key, world, log, receivers, is_open, count_of_matter),
            petition(rules, key, log.stream, receivers),
            screening(rules, is_dispute),
        ],
        agency=rules.receiver_agency,
    )
