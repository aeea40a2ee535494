"""Who breaks things, by a seed: one fault after another, and a moment between them."""

import random
import resource
import signal
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from kafka.errors import KafkaError

from libs.events.kafka.clients import REQUEST_BYTES
from libs.events.wire.codec import topic_of
from tests.faults import power
from tests.faults.cluster import Cluster, Instance

# Most of the time a blink; now and then longer than a lease: whoever was frozen has been replaced.
FREEZES: Final = (0.3, 0.3, 0.3, 0.3, 0.7, 0.7, 0.7, 1.5, 1.5, 3.0, 3.0, 12.0)
LEASE: Final = 12.0
# No file may grow beyond this: what is to be written is not.
QUOTA: Final = 4096
# Below every event.
BYTES: Final = 200


class Breaking:
    """What it does is chosen by the seed; at which moment of whose turn, the machine chooses."""

    def __init__(self, cluster: Cluster, chance: random.Random) -> None:
        self._cluster = cluster
        self._chance = chance
        self.done: Counter[str] = Counter()
        # How often, beside the others; and what is done.
        self._kinds: dict[str, tuple[float, Callable[[], None]]] = {
            "service killed": (8, self._kill),
            "service frozen": (8, self._freeze),
            "service ended and started": (5, self._end),
            "Kafka killed": (1, self._kill_kafka),
            "Kafka frozen": (3, self._freeze_kafka),
            "connections to Kafka reset": (8, lambda: self._reset("Kafka")),
            "connections to Kafka swallowed": (3, lambda: self._swallow("Kafka")),
            "Kafka's disk full": (1, self._fill_kafka),
            "an event larger than Kafka takes": (2, self._narrow),
        }
        if cluster.server is None:
            self._kinds["disk full under SQLite"] = (4, self._fill)
            if power.compiler() is not None:
                self._kinds["power cut under SQLite"] = (2, self._cut)
        else:
            self._kinds |= {
                "PostgreSQL killed": (2, self._kill_server),
                "PostgreSQL frozen": (3, self._freeze_server),
                "connections to PostgreSQL reset": (6, lambda: self._reset("PostgreSQL")),
                "connections to PostgreSQL swallowed": (3, lambda: self._swallow("PostgreSQL")),
            }
        if len(cluster.instances) > len(cluster.services):
            self._kinds["a replica joins and leaves"] = (2, self._join)
            self._kinds["a zombie, two leaders later"] = (0.3, self._wake_zombie)

    def one(self) -> str:
        weights = [weight for weight, _ in self._kinds.values()]
        (kind,) = self._chance.choices(list(self._kinds), weights)
        self._kinds[kind][1]()
        self.done[kind] += 1
        return kind

    def pause(self, least: float, most: float) -> None:
        time.sleep(self._chance.uniform(least, most))

    def _any(self) -> Instance:
        return self._chance.choice(self._cluster.instances)

    def _kill(self) -> None:
        one = self._any()
        if one.alive():
            one.kill()
        self.pause(0.0, 0.5)
        one.start()

    def _freeze(self) -> None:
        """A zombie, if it is long enough."""
        one = self._any()
        one.signal(signal.SIGSTOP)
        time.sleep(self._chance.choice(FREEZES))  # so long it stands still
        one.signal(signal.SIGCONT)

    def _end(self) -> None:
        one = self._any()
        if one.alive():
            end(one)
        one.start()

    def _kill_kafka(self) -> None:
        self._cluster.kafka.process.kill()
        self._cluster.kafka.process.wait()
        self.pause(0.0, 2.0)
        self._cluster.restart_kafka()

    def _freeze_kafka(self) -> None:
        process = self._cluster.kafka.process
        process.send_signal(signal.SIGSTOP)
        time.sleep(self._chance.choice(FREEZES[:-1]))
        process.send_signal(signal.SIGCONT)

    def _reset(self, what: str) -> None:
        for _ in range(self._chance.randint(1, 4)):
            self._cluster.proxies[what].reset()
            self.pause(0.0, 0.2)

    def _swallow(self, what: str) -> None:
        self._cluster.proxies[what].swallow(self._chance.choice((0.2, 1.0, 4.0)))

    def _fill_kafka(self) -> None:
        """It ends itself when it cannot write, and is started again."""
        process = self._cluster.kafka.process
        limit(process.pid, QUOTA)
        until = time.monotonic() + 10
        while process.poll() is None and time.monotonic() < until:
            time.sleep(0.1)  # until it notices
        if process.poll() is None:  # it had nothing to write
            limit(process.pid, resource.RLIM_INFINITY)

    def _narrow(self) -> None:
        topic = topic_of(
            self._chance.choice(self._cluster.services), f"{self._cluster.suite.name}."
        )
        self._take_at_most(topic, BYTES)
        self.pause(0.3, 1.5)
        self._take_at_most(topic, REQUEST_BYTES)

    def _take_at_most(self, topic: str, size: int) -> None:
        """Kafka may be coming up again just now."""
        for _ in range(5):
            try:
                take_at_most(self._cluster.kafka.url, topic, size)
            except KafkaError:
                self._cluster.heal()
            else:
                return
        raise TimeoutError(f"{topic} could not be changed")

    def _fill(self) -> None:
        one = self._any()
        if one.process is None or not one.alive():
            return
        limit(one.process.pid, QUOTA)
        self.pause(0.2, 1.5)
        if one.alive():
            limit(one.process.pid, resource.RLIM_INFINITY)

    def _cut(self) -> None:
        """Of the machine that all services run on; Kafka has one of its own."""
        for one in self._cluster.instances:
            if one.alive():
                one.kill()
        assert power.cut(self._cluster.suite.folder), "nothing was ever synced"

    def _kill_server(self) -> None:
        assert self._cluster.server is not None
        self._cluster.server.kill()
        self.pause(0.0, 1.0)
        self._cluster.server.start()

    def _freeze_server(self) -> None:
        assert self._cluster.server is not None
        with self._cluster.server.frozen():
            time.sleep(self._chance.choice(FREEZES[:-1]))

    def _join(self) -> None:
        """The consumer groups are balanced again, twice."""
        one = self._chance.choice(self._cluster.spare)
        one.start()
        until = time.monotonic() + 15
        while not one.ready() and one.alive() and time.monotonic() < until:
            time.sleep(0.1)
        self.pause(0.0, 1.0)
        if one.alive():
            end(one)

    def _wake_zombie(self) -> None:
        """Frozen until another leads, and until that one has been replaced as well."""
        first, second = self._chance.sample(
            self._cluster.of(self._chance.choice(self._cluster.services)), 2
        )
        first.signal(signal.SIGSTOP)
        time.sleep(LEASE)  # until the second leads
        second.kill()
        second.start()
        time.sleep(LEASE)  # and until it leads again, by another token
        first.signal(signal.SIGCONT)


def end(one: Instance) -> None:
    one.signal(signal.SIGTERM)
    began = time.monotonic()
    assert one.process is not None
    one.process.wait(15)
    assert time.monotonic() - began < 10, f"{one.name} did not end in time"


def limit(pid: int, size: int) -> None:
    """How long a file may become that this process writes (`RLIMIT_FSIZE`)."""
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


def take_at_most(url: str, topic: str, size: int) -> None:
    """`max.message.bytes` of a topic; all its other settings stay as they are made."""
    from kafka import KafkaAdminClient
    from kafka.admin import ConfigResource, ConfigResourceType

    admin: Any = KafkaAdminClient(bootstrap_servers=url, request_timeout_ms=15_000)
    settings = {
        "retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete",
        "max.message.bytes": str(size),
    }  # fmt: skip
    try:
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs=settings)])
    finally:
        admin.close()
