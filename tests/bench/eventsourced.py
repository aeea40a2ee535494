"""The same report by the PyPI package `eventsourcing`, on PostgreSQL: what ours is compared with.

Its own defaults: one aggregate, JSON, the ordered application recorder, a transaction a command.
There are no keys, no completion, no read model: it does less than ours for each command.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from time import perf_counter
from uuid import UUID, uuid4

import psycopg
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from sqlalchemy import make_url

from tests.bench.ground import NOW
from tests.postgresql import postgresql_url


class Report(Aggregate):
    @event("Submitted")
    def __init__(
        self, channel: str, category_code: str, description: str, lon: float, lat: float,
        accuracy_m: int, captured_at: datetime,
    ) -> None:  # fmt: skip
        self.channel = channel
        self.category_code = category_code
        self.description = description
        self.lon, self.lat, self.accuracy_m = lon, lat, accuracy_m
        self.captured_at = captured_at


class Reports(Application[UUID]):
    def submit(self) -> None:
        self.save(
            Report(
                channel="HOTLINE_8890",
                category_code="1201160102",
                description="rubbish beside the bus stop, for some days by now",
                lon=117.642, lat=39.032, accuracy_m=8, captured_at=NOW,
            )
        )  # fmt: skip


@contextmanager
def reports(threads: int) -> Iterator[Reports]:
    """On a table of its own, with a connection for every thread."""
    url = make_url(postgresql_url())
    application = Reports(
        env={
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": str(url.database),
            "POSTGRES_HOST": str(url.host),
            "POSTGRES_PORT": str(url.port),
            "POSTGRES_USER": str(url.username),
            "POSTGRES_PASSWORD": str(url.password or "none"),
            "POSTGRES_POOL_SIZE": str(threads),
            "APPLICATION_NAME": f"bench{uuid4().hex[:8]}",
        }
    )
    try:
        yield application
    finally:
        table = application.recorder.events_table_name  # type: ignore[attr-defined]  # of PostgreSQL's
        application.close()
        connection = psycopg.connect(
            host=url.host, port=url.port, user=url.username, password=url.password,
            dbname=url.database, autocommit=True,
        )  # fmt: skip
        with connection:
            connection.execute(f'DROP TABLE "{table}"'.encode())


def saved(threads: int, seconds: float) -> float:
    """Commands a second, after a little while to get warm."""
    with reports(threads) as application, ThreadPoolExecutor(threads) as pool:

        def call(until: float) -> int:
            done = 0
            while perf_counter() < until:
                application.submit()
                done += 1
            return done

        for length in (seconds / 4, seconds):
            began = perf_counter()
            done = sum(pool.map(call, [began + length] * threads))
        return done / (perf_counter() - began)
