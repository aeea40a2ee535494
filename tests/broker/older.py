"""`python -m tests.broker.older DATABASE KEYS KAFKA NAMESPACE`: a process of an older release.

It has no word for a cancelled booking, and hears until it is ended.
"""

import asyncio
import sys

from libs.events.core.kernel import Event
from libs.events.kafka.clients import open_broker
from libs.events.listening.consumer import BatchConsumer
from libs.events.listening.listener import Listener, Reaction
from libs.events.store.databases import open_engine
from libs.events.store.vault import Vault
from tests.conftest import MASTER
from tests.events.toy import Cancelled, project_bookings, settler


async def main(database: str, keys: str, kafka: str, namespace: str) -> None:
    del Event.known[Cancelled.event_type]
    batch_consumer = settler(open_engine(database), Vault(open_engine(keys), MASTER))
    batch_consumer.log.name = "ear"
    reactions = {"ear.bookings": Reaction(to=["toy"], project=project_bookings)}
    broker = open_broker(kafka)
    BatchConsumer(broker, Listener(batch_consumer, reactions, namespace))
    await broker.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
