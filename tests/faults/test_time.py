"""A suite that is left alone, and one that is told to end while what it stands on is frozen."""

import os
import signal
import time
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import select

from libs.events.store.tables import log_head
from tests.faults.agreeing import rows
from tests.faults.cluster import FEW, Cluster, cluster

pytestmark = pytest.mark.broker

# `make soak` looks for a minute.
IDLE: Final = float(os.environ.get("LIANBAN_IDLE", "5"))
END: Final = 10.0


def heads(whole: Cluster) -> list[int]:
    return [
        rows(whole.databases[one], select(log_head.c.position))[0].position
        for one in whole.services
    ]


def ended(whole: Cluster) -> dict[str, float]:
    """How long each service took, in seconds, once all were told to."""
    began = time.monotonic()
    for one in whole.instances:
        one.signal(signal.SIGTERM)
    took = {}
    for one in whole.instances:
        assert one.process is not None
        one.process.wait(30)
        took[one.name] = time.monotonic() - began
    return took


def test_left_alone_nothing_happens_and_with_kafka_frozen_it_ends(tmp_path: Path) -> None:
    with cluster(tmp_path, database="sqlite", replicas=1, services=FEW) as whole:
        time.sleep(1.0)  # what the pack has led to is told and heard
        before = heads(whole)
        time.sleep(IDLE)
        assert heads(whole) == before
        whole.kafka.nodes[0].signal(signal.SIGSTOP)
        took = ended(whole)
        whole.kafka.nodes[0].signal(signal.SIGCONT)
    assert max(took.values()) < END, took


def test_with_the_database_frozen_it_ends(tmp_path: Path) -> None:
    with cluster(tmp_path, database="postgresql", replicas=1, services=FEW) as whole:
        assert whole.server is not None
        with whole.server.frozen():
            took = ended(whole)
    assert max(took.values()) < END, took
