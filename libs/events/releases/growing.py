"""A topic is given more partitions, and its log places the streams that begin from then on by them.

Nothing that was published moves: see `libs/events/kafka/partitions.py`. First the partitions are
made, then everybody who asks Kafka has time to hear of them, and only then anything is put there:
so nobody believes that all was consumed while something lies on a partition that he does not know.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from libs.events.kafka.clients import METADATA_MS
from libs.events.kafka.partitions import adopt, stored_spread
from libs.events.kafka.relay import RELAY
from libs.events.kafka.topics import more_partitions
from libs.events.releases.recovery import Refusal, given_back, seized
from libs.events.store import leases
from libs.events.store.log import Log

# Twice as long as anybody goes without asking Kafka what partitions there are, in seconds.
WAIT: Final = 2 * METADATA_MS / 1000
STEP: Final = 0.5


def grow(
    url: str, logs: Mapping[str, Log], count: int, told: Callable[[float], object]
) -> Iterator[str]:
    """Of some topics, each with its log. What was done, a line for each. `told` is called with the
    seconds that it waited. Raises `Refusal`, before anything is changed where one has more."""
    wanted: list[str] = []
    for topic, log in logs.items():
        with log.engine.connect() as tx:
            spread = stored_spread(tx, RELAY, topic)
        if spread is not None and spread.count > count:
            raise Refusal(f"{topic} has {spread.count} partitions: none is taken away")
        if spread is not None and spread.count == count:
            yield f"{topic} has {count} partitions already"
        else:
            wanted.append(topic)
    for topic in wanted:
        try:
            more_partitions(url, topic, count)
        except ValueError as problem:
            raise Refusal(str(problem)) from problem
    until = time.monotonic() + (WAIT if wanted else 0.0)
    while time.monotonic() < until:
        time.sleep(STEP)
        told(STEP)
    for topic in wanted:
        yield adopted(logs[topic], topic, count)


def adopted(log: Log, topic: str, count: int) -> str:
    """From the end of the log on. Whoever leads is replaced, and reads it when it leads again."""
    token = seized(log)
    try:
        with log.transaction() as tx:
            head = log.lock(tx)
            if not leases.holds(tx, RELAY, token):
                raise Refusal(f"{log.name} was led by another meanwhile: begin again")
            spread = stored_spread(tx, RELAY, topic)
            if spread is None:  # nothing was published: whoever leads first counts them
                return f"{topic} has {count} partitions"
            adopt(tx, RELAY, spread.grown(head, count))
    finally:
        given_back(log, token)
    return f"{topic} has {count} partitions, for the streams that begin behind position {head}"
