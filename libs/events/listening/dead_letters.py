"""Copies dead letters to `<service>.dead`, headers untouched: once at least, for who looks there.

The copy decides nothing. A dead letter waits in the consumer's own database, for an operator.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from typing import Final, TypeAlias

from libs.events.kafka.clients import Placed, Unsendable
from libs.events.listening.listener import Listener
from libs.events.listening.parking import Waiting

logger = logging.getLogger(__name__)

BATCH: Final = 100
PAUSE: Final = 1.0

# Sends all of it, to a topic that is made if it is missing, or raises.
Send: TypeAlias = Callable[[str, Sequence[Placed]], None]


class DeadLetterPublisher:
    def __init__(self, listener: Listener, send: Send) -> None:
        self._listener = listener
        self._send = send
        self.topic = f"{listener.namespace}{listener.settler.log.name}.dead"

    async def run(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self.once)
            except Exception:
                logger.exception("dead letters could not be copied to %s yet", self.topic)
            await asyncio.sleep(PAUSE)

    def once(self) -> int:
        """How many were copied."""
        with self._listener.settler.log.engine.connect() as tx:
            some = self._listener.parking.uncopied(tx, BATCH)
        if some:
            try:
                self._send(self.topic, [self._copy(one) for one in some])
            except Unsendable:
                self._one_by_one(some)
            self._copied(some)
        return len(some)

    def everything(self) -> None:
        """Raises where Kafka is away."""
        while self.once():
            pass

    def _one_by_one(self, some: Sequence[Waiting]) -> None:
        """What no broker takes is left here alone, for an operator to see."""
        for one in some:
            try:
                self._send(self.topic, [self._copy(one)])
            except Unsendable as problem:
                logger.critical("%s is dead and cannot be copied: %s", one.parked.id, problem)

    def _copied(self, some: Collection[Waiting]) -> None:
        with self._listener.settler.log.transaction() as tx:
            self._listener.parking.copied(tx, some)

    def _copy(self, one: Waiting) -> Placed:
        return Placed(
            topic=self.topic,
            partition=0,
            key=one.parked.subject.encode(),
            headers=one.headers,
            value=one.value,
        )
