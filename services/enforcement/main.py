"""Enforcement, put together: every part is made here and handed to those that need it."""

from uuid import UUID

from sqlalchemy import Connection

from libs.contracts import enforcement
from libs.contracts.vocabulary import PERSONS, CaseId, Matter
from libs.events.core.kernel import Hidden
from libs.events.process.service import Service
from libs.events.process.world import World
from libs.events.store.log import Log
from libs.statute.pack import Pack
from libs.suite.assembling import service
from services.enforcement.agencies.projection import cached, is_open
from services.enforcement.agencies.stream import agencies
from services.enforcement.case.stream import case
from services.enforcement.coercion.stream import coercion
from services.enforcement.inspection.stream import inspection
from services.enforcement.jurisdiction.stream import jurisdiction
from services.enforcement.known import Under
from services.enforcement.lead.stream import lead


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
            return Under(
                agency_code=filed.agency_code,
                matter=matter,
                subjects=filed.subjects,
                location=filed.location,
            )
        case enforcement.LeadReceived() as received:
            who = received.subject
            return Under(
                agency_code=received.agency_code,
                matter=matter,
                subjects=() if who is None else who if isinstance(who, Hidden) else (who,),
                location=received.location,
            )
        case _:
            return None


def assemble(world: World, pack: Pack) -> Service:
    rules, key = pack.rules, world.keys.identity_key
    read_known = cached()
    log = world.log("enforcement", persons=PERSONS)

    def is_case(tx: Connection, case_id: CaseId) -> bool:
        return log.version(tx, f"case/{case_id}") > 0

    def find_under(tx: Connection, lead_id: UUID | None, case_id: UUID | None) -> Under | None:
        return under_of(log, tx, lead_id, case_id)

    return service(
        world,
        log,
        enforcement,
        pack,
        [
            agencies(),
            lead(rules, key, read_known, is_open, is_case),
            case(rules, world, log, read_known),
            coercion(rules, read_known, find_under),
            jurisdiction(rules, read_known, is_open),
            inspection(rules, log, key, read_known),
        ],
        agency=rules.receiver_agency,
    )
