"""What a service finds around it: its databases, Kafka, who vouches for callers, the time."""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Self

from faststream.kafka import KafkaBroker
from sqlalchemy import Engine

from libs.events.http.identity import DevelopmentIssuer, Issuer, OidcIssuer
from libs.events.kafka.clients import KafkaProducer, Producer, open_broker
from libs.events.kafka.relay import LINGER
from libs.events.kafka.tails import KafkaTails, Tails, ToldOn
from libs.events.kafka.topics import Difference, differences, make_topics, send_copies
from libs.events.listening.consumer import LONGEST_BACKOFF
from libs.events.listening.dead_letters import Send
from libs.events.store.databases import open_engine
from libs.events.store.files import Files
from libs.events.store.log import Log
from libs.events.store.vault import MasterKey, Vault, is_written
from libs.events.system.clocks import BusinessClock, ClockFile, RealTime
from libs.events.system.settings import Settings


@dataclass(frozen=True)
class World:
    """What a service finds around it: databases, Kafka, who vouches for callers, the time."""

    engine: Engine
    keys: Vault
    broker: KafkaBroker
    producers: Callable[[str], Producer]
    tails: Tails
    issuer: Issuer
    clock: BusinessClock
    make_topics: Callable[[Collection[str]], object]
    send_copies: Send
    namespace: str = ""
    # In seconds, for how long small batches wait for more. A replay, which waits for each step, has
    # no use for it.
    linger: float = LINGER
    backoff: float = LONGEST_BACKOFF
    told: ToldOn | None = None
    # Where topics that exist are not as they have to be.
    differences: Callable[[Mapping[str, int | None]], Sequence[Difference]] = lambda topics: ()
    files: Files = field(default_factory=Files.in_memory)

    @classmethod
    def opened(cls, settings: Settings) -> Self:
        """With a real issuer there is no clock to move."""
        settings.var.mkdir(parents=True, exist_ok=True)
        issuer: Issuer
        clock: BusinessClock = RealTime()
        if settings.oidc_issuer:
            issuer = OidcIssuer(settings.oidc_issuer, os.environ.get("OIDC_JWKS_URL"))
        else:
            issuer = DevelopmentIssuer.from_file(settings.var / "issuer.pem")
            if settings.moved_clock:
                clock = ClockFile(settings.var / "clock")
        keys = open_engine(settings.keys_url)
        master = MasterKey.from_environment(
            Path(os.environ.get("LIANBAN_MASTER_KEY_FILE", settings.var / "master.key")),
            make=lambda: settings.oidc_issuer is None and not is_written(keys),
        )
        return cls(
            engine=open_engine(settings.database_url),
            keys=Vault(keys, master),
            broker=open_broker(settings.kafka_url),
            producers=lambda name: KafkaProducer(
                settings.kafka_url, transactional_id=f"{settings.namespace}{name}"
            ),
            tails=(tails := KafkaTails(settings.kafka_url)),
            told=tails.told,
            issuer=issuer,
            clock=clock,
            make_topics=partial(
                make_topics, settings.kafka_url, partitions=1, wanted=settings.topics
            ),
            differences=partial(differences, settings.kafka_url, wanted=settings.topics),
            send_copies=partial(send_copies, settings.kafka_url),
            namespace=settings.namespace,
            linger=LINGER * settings.lingers,
            backoff=LONGEST_BACKOFF * settings.lingers,
            files=Files.at(settings.files_url),
        )

    def log(self, name: str, *, persons: frozenset[str] = frozenset()) -> Log:
        return Log(self.engine, name=name, keys=self.keys, persons=persons)
