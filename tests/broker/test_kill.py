"""A service that is killed in the middle of its work loses nothing and doubles nothing."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select

from libs.console.broker import ROOT, free_ports
from libs.console.suite import Suite, topics
from libs.contracts import exchange
from libs.events.kafka.topics import make_topics
from libs.events.store.databases import open_engine
from libs.events.store.tables import events, parked

pytestmark = pytest.mark.broker

BINHAI = ROOT / "jurisdictions" / "binhai"
REPORTS = 60


class Processes:
    """Grid and exchange as processes of their own, which can be killed and started again."""

    def __init__(self, suite: Suite, var: Path) -> None:
        self.suite = suite
        self.environment = {
            **os.environ,
            "LIANBAN_SUITE": suite.name,
            "LIANBAN_VAR": str(var),
            "LIANBAN_PACK": str(BINHAI),
            "KAFKA_BOOTSTRAP_SERVERS": suite.kafka_url,
            **{f"LIANBAN_PORT_{one.upper()}": str(port) for one, port in suite.ports.items()},
        }
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, service: str) -> None:
        command = [sys.executable, "-m", "libs.console.main", "run", service]
        with (self.suite.folder / f"{service}.log").open("ab") as log:
            self.running[service] = subprocess.Popen(
                command, env=self.environment, cwd=ROOT, stdout=log, stderr=log
            )

    def wait(self, service: str) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with suppress(httpx.HTTPError):
                answer = httpx.get(f"{self.suite.url(service)}/health/ready", timeout=2)
                if answer.status_code == 200:
                    return
            time.sleep(0.1)
        raise AssertionError((self.suite.folder / f"{service}.log").read_text()[-2000:])

    def kill(self, service: str) -> None:
        process = self.running[service]
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            process.wait(20)


@pytest.fixture
def processes(var: Path, kafka_url: str) -> Iterator[Processes]:
    name = f"kill-{uuid4().hex[:6]}"
    folder = var / name
    folder.mkdir(parents=True)
    names = ("grid", "exchange", "oversight")
    suite = Suite(name, folder, kafka_url, dict(zip(names, free_ports(3), strict=True)))
    make_topics(kafka_url, topics(name), partitions=3)
    found = Processes(suite, var)
    for service in ("exchange", "grid"):
        found.start(service)
    for service in ("exchange", "grid"):
        found.wait(service)
    yield found
    found.stop()


def offered(folder: Path) -> int:
    engine = open_engine(f"sqlite:///{folder}/exchange.db")
    with engine.connect() as tx:
        count = select(func.count()).where(events.c.type == exchange.HandoffOffered.event_type)
        number = tx.execute(count).scalar_one()
    engine.dispose()
    return number


def test_killed_again_and_again_each_handoff_is_offered_once(processes: Processes) -> None:
    suite = processes.suite
    reports = []
    with httpx.Client(timeout=30) as http:
        for number in range(REPORTS):
            reports.append(report(http, suite))
            if number in (20, 35, 50):
                processes.kill("exchange")
                processes.start("exchange")
        processes.kill("grid")
        processes.start("grid")
        processes.wait("grid")
        processes.wait("exchange")
        until = time.monotonic() + 60
        while offered(suite.folder) < REPORTS and time.monotonic() < until:
            time.sleep(0.2)
    # What comes twice would come by now: something that should not be is waited for.
    time.sleep(1.0)
    assert offered(suite.folder) == REPORTS
    engine = open_engine(f"sqlite:///{suite.folder}/exchange.db")
    with engine.connect() as tx:
        subjects = tx.execute(
            select(events.c.subject).where(events.c.type == exchange.HandoffOffered.event_type)
        ).scalars()
        assert sorted(subjects) == sorted(f"handoff/{one}" for one in reports)
        positions = list(
            tx.execute(select(events.c.position).order_by(events.c.position)).scalars()
        )
        assert positions == list(range(1, len(positions) + 1))
        assert tx.execute(select(func.count()).select_from(parked)).scalar_one() == 0
    engine.dispose()


def report(http: httpx.Client, suite: Suite) -> str:
    """One report, registered and dispatched; the id of its handoff."""
    report_id, handoff_id = uuid4(), uuid4()
    seat = suite.headers("seat", "HOTLINE_SEAT", "WGZX")
    body = {
        "report_id": str(report_id),
        "channel": "HOTLINE_8890",
        "category_code": "1201160102",
        "description": "rubbish beside the road",
        "location": {"lon": 117.642, "lat": 39.032, "accuracy_m": 8},
        "captured_at": "2026-06-01T09:00:00+08:00",
    }
    steps = [
        ("/reports", seat, body),
        (f"/reports/{report_id}/register", suite.headers("r", "GRID_RECEIVER", "WGZX"), {}),
        (
            f"/reports/{report_id}/dispatch",
            suite.headers("d", "GRID_DISPATCHER", "WGZX"),
            {"assignment_id": str(uuid4()), "handoff_id": str(handoff_id)},
        ),
    ]
    for path, headers, said in steps:
        answer = http.post(f"{suite.url('grid')}{path}", json=said, headers=headers)
        assert answer.is_success, answer.text
    return str(handoff_id)
