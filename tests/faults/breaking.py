"""Who breaks things, by a seed: one fault after another, and a moment between them."""

import random
import resource
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import closing
from functools import partial
from typing import Any, Final

from kafka.errors import KafkaError

from libs.events.kafka.clients import REQUEST_BYTES
from libs.events.kafka.topics import admin_of, described
from libs.events.wire.codec import topic_of
from tests.faults import power
from tests.faults.brokers import Node
from tests.faults.cluster import Cluster, Instance
from tests.faults.proxy import Proxy

# Most of the time a blink; now and then longer than a lease: whoever was frozen has been replaced.
FREEZES: Final = (0.3, 0.3, 0.3, 0.3, 0.7, 0.7, 0.7, 1.5, 1.5, 3.0, 3.0, 12.0)
LEASE: Final = 12.0
# No file may grow beyond this: what is to be written is not.
QUOTA: Final = 4096
# In seconds: of three brokers two go on, and replace the third within a few.
LONGER: Final = (0.7, 1.5, 3.0, 6.0, 9.0, 12.0)
# What three brokers live through.
OF_BROKERS: Final = (
    "Kafka killed", "Kafka frozen", "connections to Kafka reset", "connections to Kafka swallowed",
    "a broker cut off from the others", "a broker cut off from all", "leaders of partitions moved",
)  # fmt: skip
# Below every event.
BYTES: Final = 200


class Breaking:
    """What it does is chosen by the seed; at which moment of whose turn, the machine chooses."""

    def __init__(self, cluster: Cluster, chance: random.Random, only: Collection[str] = ()) -> None:
        """`only` these kinds, if any are named."""
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
            "connections to Kafka reset": (8, lambda: self._reset(self._node().clients)),
            "connections to Kafka swallowed": (3, lambda: self._swallow(self._node().clients)),
            "Kafka's disk full": (1, self._fill_kafka),
            "the file store away": (2, self._take_files),
            "an event larger than Kafka takes": (2, self._narrow),
        }
        if cluster.server is None:
            self._kinds["disk full under SQLite"] = (4, self._fill)
            self._kinds["the key store locked"] = (3, self._lock_keys)
            if power.compiler() is not None:
                self._kinds["power cut under SQLite"] = (2, self._cut)
        else:
            self._kinds |= {
                "PostgreSQL killed": (2, self._kill_server),
                "PostgreSQL frozen": (3, self._freeze_server),
            }
            for what, proxy in cluster.proxies.items():
                self._kinds[f"connections to {what} reset"] = (4, partial(self._reset, proxy))
                self._kinds[f"connections to {what} swallowed"] = (2, partial(self._swallow, proxy))
        if len(cluster.kafka.nodes) > 1:
            self._kinds |= {
                "Kafka killed": (4, self._kill_kafka),
                "a broker cut off from the others": (4, lambda: self._cut_off(clients=False)),
                "a broker cut off from all": (4, lambda: self._cut_off(clients=True)),
                "leaders of partitions moved": (4, self._move_leaders),
            }
        if len(cluster.instances) > len(cluster.services):
            self._kinds["a replica joins and leaves"] = (2, self._join)
            self._kinds["a zombie, two leaders later"] = (0.3, self._wake_zombie)
        if only:
            self._kinds = {name: self._kinds[name] for name in self._kinds if name in only}

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
        node = self._node()
        node.kill()
        # Where there are others, they go on without it for longer than anybody waits for it.
        self.pause(0.0, 2.0 if self._alone else 10.0)
        node.start()

    def _freeze_kafka(self) -> None:
        """Where there are others, also longer than they wait for it."""
        self._node().freeze(self._chance.choice(FREEZES[:-1] if self._alone else LONGER))

    def _cut_off(self, *, clients: bool) -> None:
        self._node().cut(self._chance.choice(LONGER), clients=clients)

    @property
    def _alone(self) -> bool:
        return len(self._cluster.kafka.nodes) == 1

    def _node(self) -> Node:
        return self._chance.choice(self._cluster.kafka.nodes)

    def _move_leaders(self) -> None:
        """Of every partition, our own topics' and Kafka's, to whoever is next in its list."""
        for _ in range(5):
            try:
                move_leaders(self._cluster.kafka.url)
            except KafkaError:
                self._cluster.heal()
            else:
                return
        raise TimeoutError("no leader could be moved")

    def _reset(self, proxy: Proxy) -> None:
        for _ in range(self._chance.randint(1, 4)):
            proxy.reset()
            self.pause(0.0, 0.2)

    def _swallow(self, proxy: Proxy) -> None:
        proxy.swallow(self._chance.choice((0.2, 1.0, 4.0)))

    def _fill_kafka(self) -> None:
        """It ends itself when it cannot write, and is started again."""
        node = self._node()
        limit(node.pid, QUOTA)
        until = time.monotonic() + 10
        while node.alive() and time.monotonic() < until:
            time.sleep(0.1)  # until it notices
        if node.alive():  # it had nothing to write
            limit(node.pid, resource.RLIM_INFINITY)

    def _take_files(self) -> None:
        """In place of the folder lies something that is none, as where a share is not there."""
        folder = self._cluster.suite.folder / "files"
        aside = folder.with_name("files-aside")
        folder.rename(aside)
        folder.write_bytes(b"")
        try:
            self.pause(0.3, 4.0)
        finally:
            folder.unlink()
            aside.rename(folder)

    def _lock_keys(self) -> None:
        """Somebody else writes there, and does not end."""
        with closing(sqlite3.connect(self._cluster.suite.folder / "keys.db", timeout=10)) as keys:
            keys.isolation_level = None
            keys.execute("BEGIN EXCLUSIVE")
            self.pause(0.3, 8.0)
            keys.execute("ROLLBACK")

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


def move_leaders(url: str) -> None:
    """The list of each partition's replicas is turned by one, and its first is elected."""
    from kafka import TopicPartition

    with admin_of(url) as admin:
        topics = described(admin, admin.list_topics())
        turned = {
            TopicPartition(name, part["partition_index"]): [*nodes[1:], nodes[0]]
            for name, one in topics.items()
            for part in one["partitions"]
            for nodes in [part["replica_nodes"]]
        }
        admin.alter_partition_reassignments(turned)
        admin.elect_leaders(0, raise_errors=False)  # the preferred ones


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
