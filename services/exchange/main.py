"""The exchange, put together: every part is made here and handed to those that need it."""

from datetime import date, datetime

from sqlalchemy import Connection

from libs.contracts import exchange
from libs.contracts import vocabulary as v
from libs.events.process.service import Service
from libs.events.process.world import World
from libs.statute.pack import Pack
from libs.suite.assembling import service
from services.exchange.agency import projection as agencies
from services.exchange.agency.stream import agency
from services.exchange.calendar.stream import calendar
from services.exchange.decisions.projection import find_decision
from services.exchange.decisions.stream import decisions
from services.exchange.delivery.mirror import Mirror
from services.exchange.delivery.stream import Deliverer, delivery
from services.exchange.handoff.commands import DeliverHandoff
from services.exchange.handoff.projection.register import find_of_matter
from services.exchange.handoff.stream import handoff
from services.exchange.known import Access, Terms
from services.exchange.matters.projection import find_matter
from services.exchange.matters.stream import matters
from services.exchange.power_item.stream import power_item
from services.exchange.subscription import projection as contracts
from services.exchange.subscription.stream import subscription

HOLDING = ("ACCEPTED", "IN_PROGRESS")


def assemble(world: World, pack: Pack) -> Service:
    rules = pack.rules
    read_agencies, read_contracts = agencies.cached(), contracts.cached()

    def find_terms(
        tx: Connection, who: v.AgencyCode, kind: v.HandoffKindCode, on: date
    ) -> Terms | None:
        return read_contracts(tx).terms(who, kind, on)

    def find_mirror(
        tx: Connection, who: v.AgencyCode, kind: v.HandoffKindCode, on: date
    ) -> Terms | None:
        return read_contracts(tx).mirror(who, kind, on)

    def find_mirrored(tx: Connection) -> set[v.AgencyCode]:
        return read_contracts(tx).mirrored()

    def find_access(tx: Connection, matter: v.Matter, who: v.AgencyCode) -> Access:
        """Open to sender and receiver of a handoff of it, and to whoever has the street."""
        known = find_matter(tx, matter)
        if known is None:
            return Access(open=False, held=False, source_ref=None)
        handoffs = find_of_matter(tx, matter)
        local = read_agencies(tx).has_street(who, known.street_code)
        held = any(one.to_agency == who and one.status in HOLDING for one in handoffs)
        seen = any(who in (one.from_agency, one.to_agency) for one in handoffs)
        return Access(open=local or seen, held=local or held, source_ref=known.source_ref)

    def deliver(handoff_id: v.HandoffId, at: datetime) -> DeliverHandoff:
        return DeliverHandoff(handoff_id=handoff_id, at=at, by_deliverer=True)

    log = world.log("exchange", persons=v.PERSONS)
    made = service(
        world,
        log,
        exchange,
        pack,
        [
            handoff(rules, log, read_agencies, find_terms, find_access, find_decision),
            decisions(),
            matters(),
            agency(pack, read_agencies),
            subscription(pack, world.clock, read_agencies),
            power_item(pack),
            calendar(pack),
            delivery(),
        ],
        agency=rules.receiver_agency,
    )
    levels = {
        kind.kind: {one.name: one.level for one in rules.bodies.get(kind.body, ())}
        for kind in rules.kinds.values()
    }
    mirror = Mirror(log, find_mirror, levels, rules.day, world.namespace)
    deliverer = Deliverer(world, log, mirror, find_mirrored, deliver)
    made.relays = lambda: deliverer.relays(made.settler)
    return made
