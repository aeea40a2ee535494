"""A suite whose every part can be killed, frozen and started again; only what it started itself."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Final
from uuid import uuid4

import httpx
from sqlalchemy import make_url

from libs.console import suite as suites
from libs.console.broker import ROOT, free_ports
from libs.console.forking import started
from libs.console.suite import Suite, topics
from libs.events.kafka.topics import make_topics
from libs.events.system.clocks import move_clock
from tests.faults import power
from tests.faults.brokers import Brokers, running
from tests.faults.proxy import Proxy
from tests.postgresql import Server

BINHAI: Final = ROOT / "jurisdictions" / "binhai"
BEGINS: Final = datetime(2026, 6, 1, 1, 10, tzinfo=UTC)
SERVICES: Final = tuple(suites.services())
# The least that speak and hear: a report, its handoff, and who watches over both.
FEW: Final = ("grid", "exchange", "oversight")


class Forked:
    """A service that was forked, with the words of one that was started from nothing."""

    def __init__(self, one: ForkServerProcess) -> None:
        assert one.pid is not None
        self.pid, self._one = one.pid, one

    def poll(self) -> int | None:
        return self._one.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._one.join(timeout)
        if self._one.exitcode is None:
            raise subprocess.TimeoutExpired(self._one.name, timeout or 0)
        return self._one.exitcode

    def send_signal(self, number: int) -> None:
        if self._one.is_alive():
            os.kill(self.pid, number)


@dataclass
class Instance:
    """One process of a service, where it is found, and how to start it."""

    service: str
    number: int
    port: int
    environment: Mapping[str, str]
    log: Path
    # Types of event that came after the release of this process.
    unknown: Sequence[str] = ()
    process: "subprocess.Popen[bytes] | Forked | None" = None

    @property
    def name(self) -> str:
        return f"{self.service}-{self.number}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        if not self.unknown and "LD_PRELOAD" not in self.environment:
            self.process = Forked(started(self.service, self.environment, self.log))
            return
        command = [sys.executable, "-m", "libs.console.main", "run", self.service]
        if self.unknown:
            command = [sys.executable, "-m", "tests.faults.older", self.service, *self.unknown]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, cwd=ROOT, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, number: int) -> None:
        assert self.process is not None
        with suppress(ProcessLookupError):
            self.process.send_signal(number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        assert self.process is not None
        self.process.wait()

    def ready(self) -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/health/ready", timeout=2).status_code == 200
        return False


@dataclass
class Cluster:
    folder: Path
    kafka: Brokers
    suite: Suite
    instances: list[Instance]
    # Further replicas, which run only now and then.
    spare: list[Instance]
    server: Server | None
    databases: Mapping[str, str]
    # What stands in front of PostgreSQL, where there is one: for the key store, one of its own.
    proxies: Mapping[str, Proxy]
    gone: list[str] = field(default_factory=list)

    @property
    def services(self) -> Sequence[str]:
        return tuple(self.suite.ports)

    def of(self, service: str) -> list[Instance]:
        return [one for one in self.instances if one.service == service]

    def heal(self) -> None:
        """Whatever is down is started, whatever is frozen goes on."""
        if self.server is not None and not self.server.alive():
            self.server.start()
        self.kafka.heal()
        for one in self.instances:
            if not one.alive():
                one.start()

    def wait(self, seconds: float = 120) -> None:
        """Until every instance is ready; who refuses to start is started again."""
        until = time.monotonic() + seconds
        waiting = list(self.instances)
        while waiting:
            waiting = [one for one in waiting if not one.ready()]
            for one in waiting:
                if not one.alive():
                    one.start()
            if time.monotonic() > until:
                names = ", ".join(one.name for one in waiting)
                raise TimeoutError(f"not ready: {names}; see {self.folder}")
            time.sleep(0.2)

    def stop(self) -> None:
        for one in (*self.instances, *self.spare):
            if one.alive():
                one.signal(signal.SIGCONT)
                one.signal(signal.SIGTERM)
        for one in (*self.instances, *self.spare):
            if one.process is not None:
                with suppress(subprocess.TimeoutExpired):
                    one.process.wait(12)
                if one.alive():
                    self.gone.append(one.name)
                    one.kill()


def through(url: str, port: int) -> str:
    return make_url(url).set(port=port).render_as_string(hide_password=False)


def instance(
    service: str, number: int, port: int, common: Mapping[str, str], folder: Path
) -> Instance:
    environment = {**common, f"LIANBAN_PORT_{service.upper()}": str(port)}
    return Instance(service, number, port, environment, folder / f"{service}-{number}.log")


@contextmanager
def cluster(
    folder: Path,
    *,
    database: str,
    replicas: int,
    begins: datetime = BEGINS,
    services: Sequence[str] = SERVICES,
    brokers: int = 1,
) -> Iterator[Cluster]:
    name = f"f{uuid4().hex[:6]}"
    var = folder / "var"
    (var / name).mkdir(parents=True)
    move_clock(var / name / "clock", begins)
    free = free_ports(2 + len(services) * (replicas + 1))
    proxies: dict[str, Proxy] = {}
    server = Server() if database == "postgresql" else None
    whole: Cluster | None = None
    ending = ExitStack()
    kafka = ending.enter_context(running(folder, brokers))
    try:
        if server is not None:
            server.start()
            for what, port in zip(("PostgreSQL", "the key store"), free, strict=False):
                proxies[what] = Proxy(port, server.port)
                proxies[what].start()
        databases = {
            one: through(server.database(one), free[one == "keys"])
            if server
            else f"sqlite:///{var}/{name}/{one}.db"
            for one in (*services, "keys")
        }
        make_topics(kafka.url, topics(name))
        first = dict(zip(services, free[2:], strict=False))
        suite = Suite(name, var / name, kafka.url, first)
        common = {
            **os.environ, "LIANBAN_SUITE": name, "LIANBAN_VAR": str(var),
            "LIANBAN_PACK": str(BINHAI), "KAFKA_BOOTSTRAP_SERVERS": kafka.url,
            **{f"DATABASE_URL_{one.upper()}": url for one, url in databases.items()},
            **({} if server else power.preloaded(folder)),
        }  # fmt: skip
        every = [
            instance(service, number, free[2 + number * len(services) + place], common, var / name)
            for number in range(replicas + 1)
            for place, service in enumerate(services)
        ]
        instances, spare = every[: -len(services)], every[-len(services) :]
        whole = Cluster(folder, kafka, suite, instances, spare, server, databases, proxies)
        for one in instances:
            one.start()
        whole.wait()
        yield whole
    finally:
        if whole is not None:
            whole.stop()
        ending.close()
        if server is not None:
            server.stop()
        for proxy in proxies.values():
            proxy.stop()
