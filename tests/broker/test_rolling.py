"""A rolling deploy: who is older waits with what it has no word for, and nothing is skipped."""

import asyncio
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from libs.events.deciding.settling import Settler
from libs.events.kafka.tails import KafkaTails
from libs.events.listening.listener import Listener
from libs.events.store.tables import heard, parked
from tests.broker.test_consumer import hearing, until
from tests.broker.test_relay import listener_on, positions_heard, relay_of, say, told
from tests.broker.test_relay import namespace as namespace
from tests.broker.test_relay import topic as topic
from tests.broker.test_relay import toy as toy
from tests.conftest import ROOT

pytestmark = pytest.mark.broker


def waits(listener: Listener) -> list[tuple[str, int]]:
    with listener.settler.log.engine.connect() as tx:
        rows = tx.execute(select(parked.c.subject, parked.c.position).order_by(parked.c.id))
        return [(row.subject, row.position) for row in rows]


def streams(listener: Listener) -> dict[str, list[int]]:
    """In which order each stream was taken in."""
    with listener.settler.log.engine.connect() as tx:
        rows = tx.execute(select(heard.c.subject, heard.c.sequence).order_by(heard.c.ordinal)).all()
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(row.subject, []).append(row.sequence)
    return found


async def test_an_older_process_waits_with_what_it_does_not_know_and_is_replaced(
    toy: Settler, tmp_path: Path, kafka_url: str, topic: str, namespace: str
) -> None:
    listener = listener_on(toy, tmp_path, namespace)
    tails = KafkaTails(kafka_url)
    head = say(toy, 2, 10)
    await told(relay_of(toy, kafka_url, topic, tails), toy, head)
    database, keys = (
        one.url.render_as_string() for one in (listener.settler.log.engine, toy.log.keys.engine)
    )
    older = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.broker.older", database, keys, kafka_url, namespace, cwd=ROOT
    )
    try:
        await until(lambda: len(positions_heard(listener)) + len(waits(listener)) == head)
    finally:
        older.kill()
        await older.wait()
    assert len(waits(listener)) == 10, "one cancellation of each booking"
    listener.forget_unknown()
    more = say(toy, 2, 3)
    async with hearing(listener, kafka_url) as batch_consumer:
        listener.retry_due()
        await told(relay_of(toy, kafka_url, topic, tails), toy, more)
        await until(lambda: len(positions_heard(listener)) == more)
        assert not batch_consumer.stopped
    assert waits(listener) == []
    assert all(order == list(range(1, len(order) + 1)) for order in streams(listener).values())
    await tails.close()
