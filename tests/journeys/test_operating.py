"""What an operator does with the command, against a suite that runs."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaProducer

from libs.console import suite as suites
from libs.console.suite import Suite
from libs.events.kafka.topics import more_partitions
from tests.broker.test_topics import changed
from tests.conftest import ROOT

pytestmark = pytest.mark.broker


def lianban(suite: Suite, var: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "libs.console.main", *words, "--suite", suite.name],
        cwd=ROOT,
        env={**os.environ, "LIANBAN_VAR": str(var), "KAFKA_BOOTSTRAP_SERVERS": suite.kafka_url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def refused(done: "subprocess.CompletedProcess[str]", reason: str) -> None:
    assert done.returncode == 2, done.stdout
    assert (len(done.stderr.splitlines()), reason in done.stderr) == (1, True), done.stderr


def waits(suite: Suite, var: Path, service: str, least: int) -> list[dict[str, Any]]:
    """What is parked, once so much of it is there."""
    url = suite.url(service)
    until = time.monotonic() + 30
    while True:
        done = lianban(suite, var, "parked", "ls", service, "--json", "--url", url)
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)
        if len(found) >= least or time.monotonic() > until:
            return found


def require_topics(suite: Suite, var: Path) -> None:
    """What differs is said with what mends it, while the suite runs."""
    topic = f"{suite.name}.grid.events"
    changed(suite.kafka_url, topic, {"retention.ms": "1000000000"})
    more_partitions(suite.kafka_url, topic, 4)
    found = lianban(suite, var, "topics", "check")
    assert (found.returncode, found.stdout.splitlines()) == (
        1,
        [
            f"{topic}: retention.ms is 1000000000, and not -1: `lianban topics mend`",
            f"{topic}: the number of partitions is 4, and not 3, as its log counts them:"
            " `lianban topics grow --partitions 4 grid`",
        ],
    ), found.stderr
    mended = lianban(suite, var, "topics", "mend")
    assert mended.stdout == f"{topic}: retention.ms was 1000000000, and is -1\n"
    refused(lianban(suite, var, "topics", "grow", "--partitions", "2", "grid"), "none is taken")
    grown = lianban(suite, var, "topics", "grow", "--partitions", "4", "grid")
    assert grown.stdout.startswith(f"{topic} has 4 partitions, for the streams that begin behind")
    found = lianban(suite, var, "topics", "check", "--json")
    assert (found.returncode, json.loads(found.stdout)) == (0, [])


def test_what_is_parked_is_seen_tried_again_and_passed_over(var: Path, kafka_url: str) -> None:
    name = f"ops-{uuid4().hex[:6]}"
    pack = ROOT / "jurisdictions" / "binhai"
    with suites.running(name, var=var, pack=pack, kafka_url=kafka_url) as suite:
        producer = KafkaProducer(bootstrap_servers=kafka_url, acks="all")
        producer.send(f"{name}.grid.events", b"nobody's", headers=[("ce_id", b"x")]).get(10)
        producer.close()
        (one,) = waits(suite, var, "exchange", 1)
        assert (one["why"], one["dead"], one["service"]) == ("UNREADABLE", True, "exchange")
        at = ("exchange", str(one["id"]))
        url = ("--url", suite.url("exchange"))
        shown = json.loads(lianban(suite, var, "parked", "show", *at, *url).stdout)
        assert (shown["value"], shown["headers"]) == ("nobody's", [["ce_id", "x"]])
        again = lianban(suite, var, "parked", "retry", *at, *url)
        assert (again.returncode, again.stdout) == (1, "0 taken in\n")
        reason = ("--reason", "nobody of ours wrote it")
        assert lianban(suite, var, "parked", "skip", *at, *url, *reason).returncode == 0
        assert waits(suite, var, "exchange", 0) == []
        assert len(waits(suite, var, "oversight", 1)) == 1
        refused(lianban(suite, var, "parked", "skip", *at, *url, *reason), "No message is parked")
        refused(lianban(suite, var, "parked", "retry", *at, *url), "No message is parked")
        refused(lianban(suite, var, "parked", "ls", "nothing"), "there is no service nothing")
        refused(lianban(suite, var, "trace", "TR-0", "--url", suite.url("oversight")), "TR-0")
        lag = json.loads(lianban(suite, var, "lag", "--json").stdout)
        assert {row["behind"] for row in lag if row["reaction"] == "oversight.journal"} == {0}
        told = lianban(suite, var, "republish", "grid")
        assert (told.returncode, "were told again on" in told.stdout) == (0, True), told.stderr
        refused(lianban(suite, var, "recover", "grid"), "grid lacks nothing")
        until = time.monotonic() + 30
        while True:
            lag = json.loads(lianban(suite, var, "lag", "--json").stdout)
            if not any(row["behind"] for row in lag) or time.monotonic() > until:
                break
        assert not any(row["behind"] for row in lag)
        require_topics(suite, var)
        ends = json.loads(lianban(suite, var, "topics", "ls", "--json").stdout)
        assert max(row["partition"] for row in ends) == 3
        copies = [row for row in ends if row["topic"] == f"{name}.exchange.dead"]
        assert sum(row["end"] for row in copies) >= 1
    refused(lianban(suite, var, "parked", "ls", "grid", "--url", suite.url("grid")), "answer at")
