"""A suite: a broker, and the services of the Procfile, each a process of its own."""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from libs.console import broker
from libs.events.http.identity import DevelopmentIssuer
from libs.events.system.clocks import move_clock
from libs.statute.identity import subject_of, token_of

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess

PROCFILE: Final = broker.ROOT / "Procfile"
SECONDS: Final = 90.0
# How long a service may take to end that was asked to.
ENDING: Final = 20.0
PARTY: Final = "party:"
# Where a suite stays up: these can be bookmarked.
FIRST_PORT: Final = 8101
KAFKA_PORT: Final = 9092
WHERE: Final = "where.json"


class NotStarted(Exception):
    """The suite did not come up; the message says in one line what is missing."""


def services() -> list[str]:
    lines = PROCFILE.read_text("utf-8").splitlines()
    return [line.partition(":")[0] for line in lines if ":" in line]


@dataclass
class Suite:
    """Where each service is, and how to speak to it as somebody."""

    name: str
    folder: Path
    kafka_url: str
    ports: Mapping[str, int]
    processes: "dict[str, ForkServerProcess]" = field(default_factory=dict)
    issuer: DevelopmentIssuer = field(init=False)

    def __post_init__(self) -> None:
        self.issuer = DevelopmentIssuer.from_file(self.folder / "issuer.pem")

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.ports[service]}"

    @property
    def clock(self) -> Path:
        return self.folder / "clock"

    def headers(self, actor: str, role: str, agency: str) -> dict[str, str]:
        token = self.issuer.token(actor=actor, role=role, agency=agency)
        return {"Authorization": f"Bearer {token}"}

    def actor(self, person: str) -> str:
        """Who that is: a party, known by its number, acts under the id of its subject."""
        if not person.startswith(PARTY):
            return person
        from libs.events.store.vault import MasterKey

        master = MasterKey.from_environment(self.folder / "master.key", make=lambda: False)
        number = person.removeprefix(PARTY)
        return str(subject_of(token_of(number, master.derived("identity"))))

    def signatures(
        self,
        path: str,
        body: Mapping[str, Any],
        agency: str,
        colleagues: Sequence[str],
        head: str | None,
        role: str = "OFFICER",
    ) -> dict[str, Any]:
        """What colleagues and the head sign of a body: each with a token of their own."""
        from libs.events.http.cosigning import digest_of

        digest = digest_of(body)
        tokens = [
            self.issuer.sign(actor=one, role=role, agency=agency, path=path, sha256=digest)
            for one in colleagues
        ]
        said: dict[str, Any] = {"co_signatures": tokens} if tokens else {}
        if head is not None:
            said["head_signature"] = self.issuer.sign(
                actor=head, role="AGENCY_HEAD", agency=agency, path=path, sha256=digest
            )
        return said

    @property
    def ended(self) -> list[str]:
        """Services of it that run no more."""
        return [name for name, one in self.processes.items() if not one.is_alive()]

    def wait(self, kafka_lives: Callable[[], bool]) -> None:
        """Until it ends. Raises `NotStarted` where a service or its broker ends by itself."""
        while not self.ended:
            if not kafka_lives():
                raise NotStarted("Kafka has ended: see kafka.log in its folder")
            time.sleep(0.2)
        raise NotStarted(f"{', '.join(self.ended)} has ended: {last_line(self.folder)}")

    def stop(self) -> None:
        """Asked to end, waited for, and ended: nothing is left running."""
        for one in self.processes.values():
            one.terminate()
        until = time.monotonic() + ENDING
        for one in self.processes.values():
            one.join(max(0.0, until - time.monotonic()))
            one.kill()
            one.join()


@dataclass(frozen=True)
class Elsewhere:
    """A broker that is not ours to start or to end."""

    url: str

    def alive(self) -> bool:
        return True


@contextmanager
def kafka(var: Path, *, cache: Path | None = None) -> Iterator[str]:
    """Where a broker answers, for a while."""
    with a_broker(var, cache=cache) as one:
        yield one.url


@contextmanager
def a_broker(
    var: Path, *, cache: Path | None = None, port: int | None = None
) -> Iterator[broker.LocalKafka | Elsewhere]:
    """The broker that KAFKA_BOOTSTRAP_SERVERS names, or one of our own while it is needed: at that
    port if it is free; without one, for a while, beside a suite that is up."""
    from libs.events.kafka.topics import wait_for_broker

    if url := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        if not wait_for_broker(url, 10):
            raise NotStarted(f"no Kafka answers at {url}")
        yield Elsewhere(url)
        return
    try:
        ports = None if port is None else (broker.free_or_else(port), broker.free_ports(1)[0])
        folder = var / "kafka" if port is not None else beside(var)
        local = broker.start(folder, cache=cache or var / "jars", ports=ports)
    except broker.NoBroker as missing:
        raise NotStarted(str(missing)) from missing
    try:
        yield local
    finally:
        local.stop()


def beside(var: Path) -> Path:
    """A folder for a broker that is needed for a while: that of a suite where none is up."""
    number = 1
    while broker.in_use(folder := var / ("kafka" if number == 1 else f"kafka-{number}")):
        number += 1
    return folder


@contextmanager
def running(
    name: str,
    *,
    var: Path,
    pack: Path,
    kafka_url: str,
    begins: datetime | None = None,
    ports: Mapping[str, int] | None = None,
    only: Sequence[str] = (),
    lingers: bool | None = None,
) -> Iterator[Suite]:
    """A suite that is ready, or `only` some services of it. With `begins`, a fresh one whose
    business clock stands there; it does not linger for larger batches, unless that is wanted:
    who moves a clock waits for each step."""
    from libs.events.kafka.topics import make_topics

    if lingers is None:
        lingers = begins is None
    folder = var / (name or "lianban")
    names = only or services()
    ports = ports or dict(zip(names, broker.free_ports(len(names)), strict=True))
    with owned(folder) as held:
        if begins is not None:
            if any(folder.glob("*.db")):
                raise NotStarted(f"{folder} is not fresh: a clock is moved only in a fresh suite")
            move_clock(folder / "clock", begins)
        suite = Suite(name, folder, kafka_url, ports)
        (folder / WHERE).write_text(json.dumps({**ports, "kafka": kafka_url}), "utf-8")
        make_topics(kafka_url, topics(name))
        environment = {
            **os.environ,
            "LIANBAN_SUITE": name,
            "LIANBAN_VAR": str(var),
            "LIANBAN_PACK": str(pack),
            "KAFKA_BOOTSTRAP_SERVERS": kafka_url,
            "LIANBAN_LINGER": os.environ.get("LIANBAN_LINGER", "1" if lingers else "0"),
            **{f"LIANBAN_PORT_{one.upper()}": str(port) for one, port in ports.items()},
        }
        try:
            start(suite, environment, held)
            wait_until_ready(suite)
            yield suite
        finally:
            suite.stop()


def start(suite: Suite, environment: Mapping[str, str], held: IO[bytes]) -> None:
    """Every service of it, which has the lock of its folder too, as long as it lives."""
    from libs.console.forking import started

    log = suite.folder / "services.log"
    for name in suite.ports:
        suite.processes[name] = started(name, environment, log, held)


@contextmanager
def owned(folder: Path) -> Iterator[IO[bytes]]:
    """The folder of a suite, which no other suite has meanwhile. Raises `NotStarted`."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        held = broker.lock(folder)
    except broker.InUse as taken:
        raise NotStarted(str(taken)) from taken
    with held:
        yield held


def topics(name: str) -> list[str]:
    prefix = f"{name}." if name else ""
    return [f"{prefix}{service}.events" for service in services()]


def wait_until_ready(suite: Suite) -> None:
    """All of them, with their packs loaded. Raises `NotStarted` with the last line of the log."""
    import httpx

    until = time.monotonic() + SECONDS
    waiting = list(suite.ports)
    why: dict[str, str] = {}
    while waiting:
        if suite.ended:
            raise NotStarted(f"a service did not start: {last_line(suite.folder)}")
        if time.monotonic() > until:
            raise NotStarted(f"not ready: {', '.join(f'{one} {why.get(one)}' for one in waiting)}")
        for service in list(waiting):
            with suppress(httpx.HTTPError):
                answer = httpx.get(f"{suite.url(service)}/health/ready", timeout=2.0)
                why[service] = answer.text
                if answer.status_code == 200:
                    waiting.remove(service)
        time.sleep(0.05)


def last_line(folder: Path) -> str:
    log = folder / "services.log"
    lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    told = [line for line in lines if "refuses to start" in line]
    return (told or lines or ["it said nothing"])[-1]


def usual_ports(names: Sequence[str]) -> dict[str, int]:
    """The ports of a suite that stays up, where nobody else has them."""
    return {name: FIRST_PORT + number for number, name in enumerate(names)}


def port_of(service: str, folder: Path) -> int:
    """Where a service of the suite that was started there last answers."""
    try:
        port: int = json.loads((folder / WHERE).read_text("utf-8"))[service]
    except (OSError, ValueError, KeyError):
        return usual_ports(services())[service]
    return port


def kafka_of(folder: Path) -> str:
    """Where the broker of that suite is, unless KAFKA_BOOTSTRAP_SERVERS names one."""
    if url := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        return url
    try:
        found: str = json.loads((folder / WHERE).read_text("utf-8"))["kafka"]
    except (OSError, ValueError, KeyError):
        return f"127.0.0.1:{KAFKA_PORT}"
    return found
