"""The exchange, put together: every part is made here and handed to those that need it."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from uuid import UUID

from sqlalchemy import Connection

from libs.contracts import exchange
from libs.contracts.vocabulary import (
    PERSONS,
    AgencyCode,
    HandoffId,
    HandoffKindCode,
    Matter,
    SourceRef,
    TerritoryCode,
)
from libs.events.core.kernel import SYSTEM, Context, Refused
from libs.events.deciding.turn import Completion, Index
from libs.events.declaring.stream import Stream, assembled
from libs.events.kafka.relay import Relay
from libs.events.listening.listener import Reaction
from libs.events.process.service import Service, World
from libs.events.store.cache import Kept
from libs.events.store.numbers import Numbers
from libs.events.wire.codec import Message, Recorded
from libs.statute.pack import Pack
from services.exchange import refusals
from services.exchange.agency import api as agency_api
from services.exchange.agency import commands as agency_commands
from services.exchange.agency import completion as agency_completion
from services.exchange.agency import loading as agency_loading
from services.exchange.agency import projection as agencies
from services.exchange.agency import rules as agency
from services.exchange.calendar.stream import calendar
from services.exchange.decisions import projection as decisions
from services.exchange.delivery import mirror
from services.exchange.handoff import api, commands, completion, deadlines, reactions
from services.exchange.handoff.projection import register as projection
from services.exchange.handoff.rules import decider as domain
from services.exchange.matters import projection as matters
from services.exchange.power_item import api as power_item_api
from services.exchange.power_item import loading as power_item_loading
from services.exchange.power_item import projection as items
from services.exchange.power_item import rules as power_item
from services.exchange.subscription import api as subscription_api
from services.exchange.subscription import commands as subscription_commands
from services.exchange.subscription import completion as subscription_completion
from services.exchange.subscription import loading as subscription_loading
from services.exchange.subscription import projection as contracts
from services.exchange.subscription import rules as subscription

# What the register and the contracts say changes what a handoff is completed with.
REGISTER = ("agency", "subscription")
SHARES = ("WARN", "ESCALATE1", "ESCALATE2", "ESCALATE3")


def asks_of_offer(command: commands.OfferHandoff, handoff: object) -> Sequence[str]:
    """What is open to whoever offers is asked of people only."""
    return (*REGISTER, "handoff") if command.person else REGISTER


@dataclass(frozen=True)
class Access:
    """Whether a matter is open to an agency, and whether it holds it: its street, or its task."""

    open: bool
    held: bool
    source_ref: SourceRef | None


def assemble(world: World, pack: Pack) -> Service:
    rules = pack.rules
    read_agencies = Kept(agencies.read_agencies, agencies.register)
    read_contracts = Kept(contracts.read_contracts, contracts.contracts)

    def find_terms(
        tx: Connection, who: AgencyCode, kind: HandoffKindCode, on: date
    ) -> contracts.Terms | None:
        return read_contracts(tx).terms(who, kind, on)

    def find_mirror(
        tx: Connection, who: AgencyCode, kind: HandoffKindCode, on: date
    ) -> contracts.Terms | None:
        return read_contracts(tx).mirror(who, kind, on)

    def find_access(tx: Connection, matter: Matter, who: AgencyCode) -> Access:
        """Open to sender and receiver of a handoff of it, and to whoever has the street."""
        source_ref, street = matters.find_matter(tx, matter)
        parties = projection.find_parties(tx, matter)
        local = read_agencies(tx).has_street(who, TerritoryCode(street) if street else None)
        held = any(to == who and s in ("ACCEPTED", "IN_PROGRESS") for _, to, s in parties)
        seen = any(who in (sender, to) for sender, to, _ in parties)
        known = source_ref is not None
        return Access(open=known and (local or seen), held=local or held, source_ref=source_ref)

    def shares(start: datetime, due: datetime, rule: str, sla_class: str) -> Sequence[datetime]:
        working, on = rules.in_office_hours(rule, start, sla_class), rules.day(start)
        limits = [rules.in_force(f"EXC.OVERDUE.{one}", on).value for one in SHARES]
        return rules.shares_at(start, due, limits, in_office_hours=working)

    receivers = completion.Receivers(rules, read_agencies, find_terms)
    log = world.log("exchange", persons=PERSONS)
    streams = [
        Stream(
            name="handoff",
            decider=domain.decider(rules),
            completions={
                commands.OfferHandoff: Completion(
                    asks=asks_of_offer,
                    complete=partial(
                        receivers.offered,
                        find_access,
                        decisions.find_decision,
                        projection.find_sent,
                    ),
                ),
                commands.ReassignHandoff: Completion(asks=REGISTER, complete=receivers.redirected),
                commands.ArbitrateHandoff: Completion(asks=REGISTER, complete=receivers.redirected),
                commands.DeliverHandoff: Completion(asks=REGISTER, complete=receivers.delivered),
            },
            indexes={reactions.GROUP: Index(find=projection.find_group, asks=("handoff",))},
            projections=[partial(projection.project, shares)],
            remembers={
                "exchange.handoff": Reaction(
                    to=["grid", "exchange", "enforcement"], react=reactions.react
                ),
                "exchange.decisions": Reaction(to=["enforcement"], project=decisions.project),
                "exchange.matters": Reaction(to=["grid"], project=matters.project),
            },
            deadlines=deadlines.DEADLINES,
            routers=lambda settler, posting: [
                api.commands(settler, posting),
                api.questions(settler.log, find_terms, rules.day),
            ],
            refuses=refusals.BY_COMMAND,
        ),
        Stream(
            name="agency",
            decider=agency.DECIDER,
            completions={
                agency_commands.ChangeAgencyStatus: Completion(
                    asks=("agency",),
                    complete=partial(agency_completion.complete_change, read_agencies),
                )
            },
            projections=[agencies.project],
            loads=[partial(agency_loading.differences, pack, read_agencies)],
        ),
        Stream(
            name="subscription",
            decider=subscription.decider(rules),
            completions={
                subscription_commands.CreateSubscription: Completion(
                    asks=("agency",),
                    complete=partial(subscription_completion.complete_creation, read_agencies),
                )
            },
            projections=[contracts.project],
            loads=[partial(subscription_loading.differences, pack, world.clock)],
            routers=lambda settler, posting: [
                subscription_api.routes(settler, world.engine, posting)
            ],
        ),
        Stream(
            name="power_item",
            decider=power_item.DECIDER,
            projections=[items.project],
            loads=[partial(power_item_loading.differences, pack)],
            routers=lambda settler, posting: [
                power_item_api.routes(settler, world.engine, posting)
            ],
        ),
        calendar(pack),
        Stream(
            name="delivery",
            projections=[mirror.project],
            routers=lambda settler, posting: [
                agency_api.routes(settler, world.engine, read_agencies, posting)
            ],
        ),
    ]
    service = assembled(
        world,
        log,
        exchange,
        streams,
        refusals=refusals.REFUSALS,
        agency=rules.receiver_agency,
        numbers=Numbers(
            patterns=rules.numbers, zone=rules.calendar.zone, short_names=rules.short_names
        ),
        day=rules.day,
        pack_says=lambda: pack.digest,
    )
    levels = {
        kind.kind: {one.name: one.level for one in rules.bodies.get(kind.body, ())}
        for kind in rules.kinds.values()
    }
    mirroring = mirror.Mirror(log, find_mirror, levels, rules.day, world.namespace)
    clock = world.clock

    async def delivered(messages: Sequence[Message]) -> None:
        """What has been mirrored is delivered; asked again, nothing is recorded."""
        for message in messages:
            headers = dict(message.headers)
            if headers["ce_type"] in OFFERS:
                handoff_id = HandoffId(UUID(message.key.decode().removeprefix(mirror.HANDOFF)))
                happened = datetime.fromisoformat(headers["ce_time"].decode())
                command = commands.DeliverHandoff(
                    handoff_id=handoff_id, at=happened, by_deliverer=True
                )
                with suppress(Refused):  # it has moved on, and nobody waits for this
                    await service.settler.ask(command, because_of(headers, happened, clock()))

    relays: dict[AgencyCode, Relay] = {}

    def mirrors() -> Sequence[Relay]:
        """One for each agency whose contract says so, or said so: its topic is told to the end."""
        with world.engine.connect() as tx:
            mirrored = read_contracts(tx).mirrored()
        for who in sorted(mirrored - relays.keys()):
            topic = f"{world.namespace}agency.{who}"
            relays[who] = Relay(
                log,
                partial(world.producers, f"exchange.agency.{who}"),
                world.tails,
                topic=topic,
                name=f"agency.{who}",
                route=partial(only, mirroring, topic),
                sent=delivered,
            )
        return list(relays.values())

    service.relays = mirrors
    return service


OFFERS = (
    exchange.HandoffOffered.event_type.encode(),
    exchange.HandoffReassigned.event_type.encode(),
)


def only(
    mirroring: mirror.Mirror, topic: str, tx: Connection, page: Sequence[Recorded]
) -> Sequence[Message]:
    return [one for one in mirroring.route(tx, page) if one.topic == topic]


def because_of(headers: dict[str, bytes], happened: datetime, now: datetime) -> Context:
    return Context(
        actor="exchange.deliverer",
        role=SYSTEM,
        agency=headers["ce_agency"].decode(),
        at=now,
        occurred=happened,
        correlation_id=headers["ce_correlationid"].decode(),
        causation_id=UUID(headers["ce_id"].decode()),
        cause_kind="event",
    )
