"""The topics of agencies: a relay each, for whom a contract says so, or said so once."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import Connection

from libs.contracts import exchange
from libs.contracts.vocabulary import AgencyCode, HandoffId
from libs.events.core.kernel import SYSTEM, Command, Context, Refused
from libs.events.deciding.settling import Settler
from libs.events.declaring.stream import Stream
from libs.events.kafka.relay import Relay
from libs.events.process.world import World
from libs.events.store.log import Log
from libs.events.wire.codec import Message, Recorded
from services.exchange.delivery.mirror import HANDOFF, Mirror, project

OFFERS = (
    exchange.HandoffOffered.event_type.encode(),
    exchange.HandoffReassigned.event_type.encode(),
)


def delivery() -> Stream:
    return Stream(name="delivery", projections=[project])


class Deliverer:
    """Makes the relays that are wanted; what one has published has been delivered."""

    def __init__(
        self,
        world: World,
        log: Log,
        mirror: Mirror,
        mirrored: Callable[[Connection], set[AgencyCode]],
        deliver: Callable[[HandoffId, datetime], Command],
    ) -> None:
        self._world = world
        self._log = log
        self._mirror = mirror
        self._mirrored = mirrored
        self._deliver = deliver
        self._relays: dict[AgencyCode, Relay] = {}

    def relays(self, settler: Settler) -> Sequence[Relay]:
        """One for each agency whose contract says so, or said so: its topic is kept to the end."""
        world = self._world
        with world.engine.connect() as tx:
            mirrored = self._mirrored(tx)
        for who in sorted(mirrored - self._relays.keys()):
            topic = f"{world.namespace}agency.{who}"
            self._relays[who] = Relay(
                self._log,
                partial(world.producers, f"exchange.agency.{who}"),
                world.tails,
                topic=topic,
                name=f"agency.{who}",
                route=partial(self._only, topic),
                sent=partial(self._sent, settler),
                told=world.told,
            )
        return list(self._relays.values())

    def _only(self, topic: str, tx: Connection, page: Sequence[Recorded]) -> Sequence[Message]:
        return [one for one in self._mirror.route(tx, page) if one.topic == topic]

    async def _sent(self, settler: Settler, messages: Sequence[Message]) -> None:
        """Asked again, nothing is recorded."""
        for message in messages:
            headers = dict(message.headers)
            if headers["ce_type"] in OFFERS:
                handoff_id = HandoffId(UUID(message.key.decode().removeprefix(HANDOFF)))
                happened = datetime.fromisoformat(headers["ce_time"].decode())
                context = because_of(headers, happened, self._world.clock())
                with suppress(Refused):  # it has moved on, and no caller waits for this
                    await settler.ask(self._deliver(handoff_id, happened), context)


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
