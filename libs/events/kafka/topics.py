"""Topics, by kafka-python's admin client; and copies of dead letters, by its producer.

A topic is made as a log needs it: everything, for ever, on as many brokers as there are, up to
three. One that is there is compared with that, and mended by whoever is asked to.
"""

import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from typing import Any, Final

from libs.events.core.kernel import Record
from libs.events.kafka.clients import REQUEST_BYTES, Placed, Unsendable
from libs.events.system.settings import Topics

# Beyond these a name may have no other value: what was published would be gone.
KEPT: Final[Mapping[str, str]] = {
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "cleanup.policy": "delete",
}
LARGEST: Final = "max.message.bytes"
IN_SYNC: Final = "min.insync.replicas"
# Kafka's own, where our consumers and our relays would be lost with a broker.
INTERNAL: Final = ("__consumer_offsets", "__transaction_state")
CREATE, MEND = "lianban topics create", "lianban topics mend"
OF_SERVICES: Final = ".events"
SECONDS: Final = 10_000
WAIT: Final = 30.0


class Difference(Record):
    """What a topic that exists is not as it has to be, and what command mends it. `refuses`: it
    would lose records, or order, and nothing is published on it before."""

    topic: str
    what: str
    found: str
    wanted: str
    mend: str
    refuses: bool

    def __str__(self) -> str:
        return f"{self.topic}: {self.what} is {self.found}, and not {self.wanted}: `{self.mend}`"


def admin_of(url: str) -> Any:
    from kafka import KafkaAdminClient

    return closing(KafkaAdminClient(bootstrap_servers=url, request_timeout_ms=15_000))


def brokers(admin: Any) -> list[int]:
    """Those that are there now."""
    return sorted(one["broker_id"] for one in admin.describe_cluster()["brokers"])


def make_topics(
    url: str,
    topics: Collection[str],
    *,
    partitions: int | None = None,
    wanted: Topics | None = None,
) -> list[str]:
    """The topics that were missing, made as the log needs them."""
    with admin_of(url) as admin:
        missing = sorted(set(topics) - set(admin.list_topics()))
        if not missing:
            return []
        wanted = wanted or Topics.from_environment()
        replication, in_sync = wanted.copies(len(brokers(admin)))
        config = {**KEPT, LARGEST: str(REQUEST_BYTES), IN_SYNC: str(in_sync)}
        return [
            one
            for one in missing
            if made(admin, one, partitions or wanted.partitions, replication, config)
        ]


def made(
    admin: Any, topic: str, partitions: int, replication: int, config: Mapping[str, str]
) -> bool:
    """Whether it was not there."""
    from kafka.errors import TopicAlreadyExistsError

    with suppress(TopicAlreadyExistsError):
        settings = {
            "num_partitions": partitions,
            "replication_factor": replication,
            "configs": dict(config),
        }
        admin.create_topics({topic: settings}, timeout_ms=SECONDS, wait_for_metadata=True)
        return True
    return False


def renew_topic(url: str, topic: str, partitions: int, *, wanted: Topics | None = None) -> None:
    """Deleted, if it is there, and made again with all that it had: its settings, and on as many
    brokers. Raises `TimeoutError`."""
    from kafka.errors import UnknownTopicOrPartitionError

    with admin_of(url) as admin:
        before = described(admin, [topic]).get(topic)
        config = settings_of(admin, [topic], "modified")[topic] if before else {}
        with suppress(UnknownTopicOrPartitionError):
            admin.delete_topics([topic], timeout_ms=SECONDS)
        until = time.monotonic() + WAIT
        while topic in set(admin.list_topics()):
            if time.monotonic() > until:
                raise TimeoutError(f"{topic} was deleted, and is still there")
            time.sleep(0.05)
        if before is not None:
            replication = min(replicas(before), len(brokers(admin)))
            made(admin, topic, partitions, replication, config)
            return
    make_topics(url, [topic], partitions=partitions, wanted=wanted)


def described(admin: Any, topics: Sequence[str]) -> dict[str, Any]:
    """Of those that exist."""
    found = admin.describe_topics(sorted(topics)) if topics else []
    return {one["name"]: one for one in found if not one["error_code"]}


def replicas(topic: Mapping[str, Any]) -> int:
    """On how many brokers the partition lies that lies on the fewest."""
    return min(len(one["replica_nodes"]) for one in topic["partitions"])


def settings_of(admin: Any, topics: Collection[str], which: str) -> dict[str, dict[str, str]]:
    """`modified` are those of the topic itself, `all` those that hold for it."""
    from kafka.admin import ConfigResource, ConfigResourceType

    if not topics:
        return {}
    asked = [ConfigResource(ConfigResourceType.TOPIC, one) for one in sorted(topics)]
    found = admin.describe_configs(asked, config_filter=which)
    values: dict[str, dict[str, str]] = {one: {} for one in topics}
    for by_name in found.values():
        for topic, said in by_name.items():
            own = {
                name: one["value"]
                for name, one in said.items()
                if which == "all" or one["config_source"] == "DYNAMIC_TOPIC_CONFIG"
            }
            values[topic].update(own)
    return values


def differences(
    url: str, topics: Mapping[str, int | None], wanted: Topics | None = None
) -> list[Difference]:
    """Where those of them that exist are not as they have to be, and where Kafka's own are on fewer
    brokers than ours; with each the number of partitions that its log counts, if it does."""
    wanted = wanted or Topics.from_environment()
    with admin_of(url) as admin:
        replication, in_sync = wanted.copies(len(brokers(admin)))
        there = described(admin, [*topics, *INTERNAL])
        settings = settings_of(admin, topics.keys() & there.keys(), "all")
    found: list[Difference] = []
    for topic, one in there.items():
        if topic not in INTERNAL:
            found += of_settings(topic, settings[topic], in_sync, replicas(one))
            found += of_partitions(topic, len(one["partitions"]), topics[topic])
        if (number := replicas(one)) < replication:
            found.append(
                Difference(
                    topic=topic, what="replication", found=f"{number}", wanted=f"{replication}",
                    mend=MEND, refuses=False,
                )
            )  # fmt: skip
    return found


def of_settings(
    topic: str, settings: Mapping[str, str], in_sync: int, copies: int
) -> Iterator[Difference]:
    """More of them in sync than there are by the brokers of the moment is no fault, unless it is
    more than the topic ever has."""
    for name, right in KEPT.items():
        if settings.get(name) != right:
            yield Difference(
                topic=topic, what=name, found=str(settings.get(name)), wanted=right, mend=MEND,
                refuses=True,
            )  # fmt: skip
    if int(settings.get(LARGEST) or 0) < REQUEST_BYTES:
        yield Difference(
            topic=topic, what=LARGEST, found=str(settings.get(LARGEST)),
            wanted=f"{REQUEST_BYTES} or more", mend=MEND, refuses=False,
        )  # fmt: skip
    if not in_sync <= int(settings.get(IN_SYNC) or 0) <= max(copies, in_sync):
        yield Difference(
            topic=topic, what=IN_SYNC, found=str(settings.get(IN_SYNC)), wanted=str(in_sync),
            mend=MEND, refuses=False,
        )  # fmt: skip


def of_partitions(topic: str, number: int, counted: int | None) -> Iterator[Difference]:
    """More were made behind the back of its log, or it was made anew with fewer."""
    if counted is None or number == counted:
        return
    if not topic.endswith(OF_SERVICES):
        mend = "kafka-topics.sh --delete"  # an agency's: it is made anew
    else:
        service = topic.removesuffix(OF_SERVICES).rpartition(".")[2]
        grow = f"lianban topics grow --partitions {number} {service}"
        mend = grow if number > counted else f"lianban republish {service}"
    yield Difference(
        topic=topic, what="the number of partitions", found=str(number),
        wanted=f"{counted}, as its log counts them", mend=mend, refuses=True,
    )  # fmt: skip


def mend_topics(url: str, topics: Collection[str], wanted: Topics | None = None) -> list[str]:
    """What differs in settings and replicas is set; what was done, a line each. A partition is
    given more brokers, and loses none. Raises `TimeoutError`."""
    from kafka.admin import ConfigResource, ConfigResourceType

    wanted = wanted or Topics.from_environment()
    found = differences(url, dict.fromkeys(topics), wanted)
    to_set: dict[str, dict[str, str]] = {}
    for one in found:
        if one.what != "replication":
            value = one.wanted.partition(" ")[0]
            to_set.setdefault(one.topic, {})[one.what] = value
    with admin_of(url) as admin:
        if to_set:
            admin.alter_configs(
                [
                    ConfigResource(ConfigResourceType.TOPIC, topic, configs=values)
                    for topic, values in to_set.items()
                ]
            )
            until = time.monotonic() + WAIT
            while any(
                not values.items() <= settings_of(admin, [topic], "all")[topic].items()
                for topic, values in to_set.items()
            ):
                if time.monotonic() > until:
                    raise TimeoutError("what was set is not what Kafka says yet: ask again")
                time.sleep(0.05)
        fewer = sorted({one.topic for one in found if one.what == "replication"})
        if fewer:
            spread_out(admin, fewer, wanted.copies(len(brokers(admin)))[0])
    return [f"{one.topic}: {one.what} was {one.found}, and is {one.wanted}" for one in found]


def spread_out(admin: Any, topics: Sequence[str], replication: int) -> None:
    """Onto so many brokers, first those that have the fewest of these."""
    from kafka import TopicPartition

    there = described(admin, topics)
    held = Counter(dict.fromkeys(brokers(admin), 0))
    for one in there.values():
        held.update(node for part in one["partitions"] for node in part["replica_nodes"])
    wanted: dict[Any, list[int]] = {}
    for topic, one in there.items():
        for part in one["partitions"]:
            nodes = list(part["replica_nodes"])
            while len(nodes) < replication:
                fewest = min((n for n in held if n not in nodes), key=lambda n: (held[n], n))
                nodes.append(fewest)
                held[fewest] += 1
            wanted[TopicPartition(topic, part["partition_index"])] = nodes
    refused = {
        place: fault
        for place, fault in admin.alter_partition_reassignments(wanted).items()
        if fault
    }
    if refused:
        raise ValueError(f"replicas could not be added: {refused}")
    until = time.monotonic() + 10 * WAIT
    while admin.list_partition_reassignments():
        if time.monotonic() > until:
            raise TimeoutError("replicas are still being filled: Kafka goes on with it")
        time.sleep(0.2)


def more_partitions(url: str, topic: str, count: int) -> None:
    """As many, where there are fewer. Raises `ValueError` where there are more already."""
    with admin_of(url) as admin:
        there = described(admin, [topic]).get(topic)
        if there is None:
            raise ValueError(f"there is no topic {topic}: `{CREATE}`")
        if (number := len(there["partitions"])) > count:
            raise ValueError(f"{topic} has {number} partitions, and Kafka takes none away")
        if number < count:
            admin.create_partitions({topic: count}, timeout_ms=SECONDS)
            until = time.monotonic() + WAIT
            while len(described(admin, [topic])[topic]["partitions"]) < count:
                if time.monotonic() > until:
                    raise TimeoutError(f"{topic} was given {count} partitions, and has fewer")
                time.sleep(0.05)


class EscapedName(str):
    """A header name with the bytes it came with, also where they are no UTF-8 (PEP 383)."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return super().encode("utf-8", "surrogateescape")


def send_copies(url: str, topic: str, batch: Sequence[Placed]) -> None:
    """By kafka-python: aiokafka's encoder takes no header name but UTF-8. Raises `Unsendable`."""
    from kafka import KafkaProducer as PlainProducer
    from kafka.errors import MessageSizeTooLargeError

    make_topics(url, [topic], partitions=1)
    producer = PlainProducer(
        bootstrap_servers=url, acks="all", enable_idempotence=True,
        max_request_size=REQUEST_BYTES, delivery_timeout_ms=30_000, request_timeout_ms=10_000,
    )  # fmt: skip
    try:
        sent = [
            producer.send(
                topic,
                partition=one.partition,
                key=one.key,
                value=one.value,
                headers=[(EscapedName(name), text) for name, text in one.headers],
            )
            for one in batch
        ]
        for one in sent:
            one.get(30)
    except MessageSizeTooLargeError as problem:
        raise Unsendable(str(problem)) from problem
    finally:
        producer.close(5)


def wait_for_broker(url: str, seconds: float) -> bool:
    """Whether a broker answers there within so many seconds."""
    from kafka import KafkaAdminClient

    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with suppress(Exception):
            KafkaAdminClient(
                bootstrap_servers=url, request_timeout_ms=3_000, bootstrap_timeout_ms=3_000
            ).close()
            return True
        time.sleep(0.1)
    return False
