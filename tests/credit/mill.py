"""Credit alone, told what others record in any order that Kafka allows: each stream of theirs, and
of its own, in its order; between streams, and for each of its reactions, as chance will have it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import uuid5

from faststream.kafka import KafkaBroker
from sqlalchemy import Engine

from libs.contracts import exchange
from libs.contracts.exchange import PowerItem
from libs.contracts.vocabulary import AgencyCode, PowerItemCode, Resolver, TerritoryCode
from libs.events.core.kernel import Command, Context, Envelope, Event, Refused
from libs.events.deciding.requests import Request
from libs.events.process.service import Service
from libs.events.process.world import World
from libs.events.store.databases import open_engine
from libs.events.store.vault import Vault
from libs.events.system.ids import uuid7
from services.credit.main import assemble
from tests.asking import watch
from tests.conftest import ISSUER, MASTER, PACK, Loopback, StoodStill, nowhere
from tests.credit import past as p
from tests.fresh import copied
from tests.scenario import recorded

AGENCIES: Final = ("CGW", "SCJ", "RSJ", "CZJ", "ZWB", "FGW", "HBJ", "YJJ", "JTJ", "WJW", "ZJW",
                   "XFZ", "SWJ", "NNW")  # fmt: skip
TOGETHER: Final = 100
BEGINS: Final = p.on("01-05")


class Mill:
    def __init__(self, service: Service, clock: StoodStill) -> None:
        self.service = service
        self.clock = clock
        self.settler = service.settler
        # What was told of each stream; and how far each reaction has taken it in.
        self.told: dict[tuple[str, str], list[Envelope[Any]]] = {}
        self.taken: dict[tuple[str, str, str], int] = {}
        self.position = 0
        self.read = 0
        self.refused: list[Refused] = []

    # What others say

    def tell(self, subject: str, at: datetime, *events: Event, matter: str | None = None) -> None:
        """On a stream of another service, after what was told of it before."""
        for event in events:
            source = event.event_type.partition(".")[0]
            before = self.told.setdefault((source, subject), [])
            self.position += 1
            (fact,) = recorded(event, after=self.position)
            code = matter or f"BH-TR-{subject}"
            before.append(
                replace(fact, id=uuid5(p.uid(7), f"{subject}/{len(before)}"), subject=subject,
                        sequence=len(before) + 1, time=at, correlation_id=code)
            )  # fmt: skip

    def agencies(self) -> None:
        for one in AGENCIES:
            registered = exchange.AgencyRegistered(
                agency_code=AgencyCode(one), name_zh=one, kind="DEPARTMENT",
                territory=TerritoryCode("120116"), rule_family="OTHER", superior=None,
                contacts=(),
            )  # fmt: skip
            item = PowerItem(
                code=PowerItemCode(f"P-{one}"), name_zh=one, type="PENALTY",
                owners=(Resolver(one),), delegated_to=(), delegation_decision=None, basis="law",
                version=1, effective_from=None, effective_to=None,
            )  # fmt: skip
            self.tell(f"agency/{one}", BEGINS, registered)
            self.tell(
                f"power_item/{one}", BEGINS, exchange.PowerItemPublished(code=item.code, item=item)
            )

    # What credit does

    def listen(self) -> None:
        """What it has recorded itself it hears as well."""
        log = self.settler.log
        with log.engine.connect() as tx:
            while rows := log.read(tx, after=self.read):
                for fact in log.opened(rows):
                    self.told.setdefault((fact.source, fact.subject), []).append(fact)
                self.read = rows[-1].position

    def waiting(self) -> list[tuple[str, str, str]]:
        found = []
        for name, reaction in self.service.reactions.items():
            for (source, subject), facts in self.told.items():
                place = (name, source, subject)
                if source in reaction.to and self.taken.get(place, 0) < len(facts):
                    found.append(place)
        return sorted(found)

    def take(self, *places: tuple[str, str, str]) -> None:
        """The next of each stream, in one turn."""
        with self.settler.log.transaction() as tx:
            self.settler.log.lock(tx)
            for place in places:
                name, source, subject = place
                reaction = self.service.reactions[name]
                fact = self.told[source, subject][self.taken.get(place, 0)]
                self.taken[place] = self.taken.get(place, 0) + 1
                context = fact.led_to(actor=name, at=fact.happened)
                asked = reaction.react(fact) if reaction.react is not None else []
                if reaction.project is not None:
                    reaction.project(tx, [fact])
                self.answered(
                    tx, [Request(command=one, context=context, awaited=False) for one in asked]
                )

    def answered(self, tx: Any, requests: Sequence[Request]) -> None:
        for answer in self.settler.settle(tx, requests) if requests else []:
            if isinstance(answer, Refused):
                self.refused.append(answer)
            elif isinstance(answer, Exception):
                raise answer

    def drain(self, chance: Random | None = None) -> None:
        """Until everything was taken in by everybody."""
        while True:
            self.listen()
            waiting = self.waiting()
            if not waiting:
                return
            if chance is None:
                for start in range(0, len(waiting), TOGETHER):
                    self.take(*waiting[start : start + TOGETHER])
                continue
            # Some at a time, whichever.
            for place in chance.sample(waiting, chance.randint(1, min(len(waiting), 6))):
                self.take(place)

    def ask(self, command: Command, at: datetime, role: str = "CREDIT_OFFICER") -> Refused | None:
        """A person asks, and is answered."""
        context = Context(
            actor="credit-1", role=role, agency="FGW", at=at, occurred=at, causation_id=uuid7()
        )
        with self.settler.log.transaction() as tx:
            self.settler.log.lock(tx)
            (answer,) = self.settler.settle(tx, [Request(command=command, context=context)])
        if isinstance(answer, Refused):
            return answer
        if isinstance(answer, Exception):
            raise answer
        return None

    def pass_time(self, to: datetime, chance: Random | None = None) -> None:
        """What falls due by then happens, each at its own moment, and what follows from it."""
        self.clock.now = to
        deadlines = self.service.timing
        while (due := deadlines.next_due()) is not None and due < to:
            moment = min(due + timedelta(seconds=1), to)
            for name in self.service.deadlines:
                while deadlines.turn(name, moment):
                    pass
            self.drain(chance)


def replica(engine: Engine, keys: Vault, clock: StoodStill) -> Service:
    loopback = Loopback()
    world = World(
        engine=engine, keys=keys, broker=KafkaBroker(), producers=lambda _: loopback,
        tails=loopback.tails, issuer=ISSUER, clock=clock, make_topics=list, send_copies=nowhere,
    )  # fmt: skip
    service = assemble(world, PACK)
    watch(service)
    service.prepare()
    return service


@contextmanager
def mill(folder: Path, url: str | None = None) -> Iterator[Mill]:
    """One that knows its pack and the agencies."""
    folder.mkdir(parents=True, exist_ok=True)
    engine = open_engine(url or copied(folder / "credit.db"))
    keys = Vault(open_engine(copied(folder / "keys.db", tables=False)), MASTER)
    clock = StoodStill(BEGINS)
    here = Mill(replica(engine, keys, clock), clock)
    try:
        here.agencies()
        here.drain()
        for command in here.service.loader.wanted():
            assert here.ask(command, BEGINS, "OPS") is None
        here.drain()
        yield here
    finally:
        engine.dispose()
        keys.engine.dispose()
