"""One broker or three, each of which can be killed, frozen, filled and cut off from the others and
from us; only what was started here."""

import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from libs.console import broker
from libs.console.broker import CLUSTER, ROOT, LocalKafka, a_cluster, free_ports
from libs.events.kafka.topics import admin_of, brokers
from tests.faults.proxy import Proxy

# As a cluster is run: docs/operations.md. A follower that does not follow is left behind after so
# long, in ms, and so is whoever leads in it.
LAG: Final = 6_000
SECONDS: Final = 120.0


@dataclass
class Node:
    """One broker, which is also a controller, behind proxies."""

    number: int
    folder: Path
    ports: tuple[int, int]
    clients: Proxy
    # Between it and the others, both ways.
    between: Sequence[Proxy] = ()
    more: Mapping[str, str] = field(default_factory=dict)
    local: LocalKafka | None = None

    def start(self) -> None:
        """The log directory is as a kill left it."""
        self.local = broker.start(
            self.folder, cache=ROOT / "var" / "jars", ports=self.ports,
            advertised=self.clients.port, more=self.more,
        )  # fmt: skip

    def alive(self) -> bool:
        return self.local is not None and self.local.alive()

    @property
    def pid(self) -> int:
        assert self.local is not None
        return self.local.process.pid

    def signal(self, number: int) -> None:
        assert self.local is not None
        with suppress(ProcessLookupError):
            self.local.process.send_signal(number)

    def kill(self) -> None:
        assert self.local is not None
        self.local.process.kill()
        self.local.process.wait()

    def freeze(self, seconds: float) -> None:
        self.signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.signal(signal.SIGCONT)

    def cut(self, seconds: float, *, clients: bool) -> None:
        """From the others, and perhaps from us as well; nobody is told."""
        cut = [*self.between, *([self.clients] if clients else [])]
        for one in cut:
            one.freeze()
        time.sleep(seconds)
        for one in cut:
            one.reset()
            one.thaw()

    def stop(self) -> None:
        if self.local is not None:
            self.signal(signal.SIGCONT)
            self.local.stop()


@dataclass
class Brokers:
    nodes: Sequence[Node]

    @property
    def url(self) -> str:
        return ",".join(f"127.0.0.1:{one.clients.port}" for one in self.nodes)

    def heal(self) -> None:
        """Whoever is down is started."""
        for one in self.nodes:
            if not one.alive():
                one.start()

    def wait(self) -> None:
        """Until each knows of all."""
        until = time.monotonic() + SECONDS
        while True:
            with suppress(Exception), admin_of(self.url) as admin:
                if len(brokers(admin)) == len(self.nodes):
                    return
            if time.monotonic() > until:
                raise TimeoutError("not all brokers have found each other")
            time.sleep(0.2)


@contextmanager
def running(folder: Path, count: int) -> Iterator[Brokers]:
    """Up, with a proxy before everything that can be cut."""
    with ExitStack() as ending:
        nodes = [single(folder / "kafka", ending)] if count == 1 else several(folder, count, ending)
        for one in nodes:
            ending.callback(one.stop)
        # A quorum is needed before any of them answers.
        with ThreadPoolExecutor(count) as pool:
            list(pool.map(Node.start, nodes))
        whole = Brokers(nodes)
        whole.wait()
        yield whole


def proxied(to: int, port: int, ending: ExitStack) -> Proxy:
    proxy = Proxy(port, to)
    proxy.start()
    ending.callback(proxy.stop)
    return proxy


def single(folder: Path, ending: ExitStack) -> Node:
    front, *ports = free_ports(3)
    return Node(1, folder, (ports[0], ports[1]), proxied(ports[0], front, ending))


def several(folder: Path, count: int, ending: ExitStack) -> list[Node]:
    """Each is told the others by ports that stand between it and them: what it says to another
    controller goes through a proxy of these two, and what others fetch of it through one of its."""
    numbers = range(1, count + 1)
    every = [free_ports(5 + count) for _ in numbers]
    own = {n: ports[:5] for n, ports in zip(numbers, every, strict=True)}
    # To the controller of whom, from whom.
    to = {
        (one, other): proxied(own[one][2], every[one - 1][4 + other], ending)
        for one in numbers
        for other in numbers
        if one != other
    }
    inside = {n: proxied(own[n][1], own[n][4], ending) for n in numbers}
    cluster, copies = a_cluster(), min(3, count)
    nodes = []
    for n in numbers:
        port, within, controller, front, _ = own[n]
        voters = [
            f"{other}@127.0.0.1:{controller if other == n else to[other, n].port}"
            for other in numbers
        ]
        more = {
            CLUSTER: cluster,
            "node.id": f"{n}",
            "controller.quorum.voters": ",".join(voters),
            "listeners": (
                f"PLAINTEXT://127.0.0.1:{port},INTERNAL://127.0.0.1:{within},"
                f"CONTROLLER://127.0.0.1:{controller}"
            ),
            "advertised.listeners": (
                f"PLAINTEXT://127.0.0.1:{front},INTERNAL://127.0.0.1:{inside[n].port}"
            ),
            "inter.broker.listener.name": "INTERNAL",
            "replica.lag.time.max.ms": f"{LAG}",
            "offsets.topic.num.partitions": "3",
            "transaction.state.log.num.partitions": "3",
            **{
                f"{what}.replication.factor": f"{copies}"
                for what in ("offsets.topic", "transaction.state.log", "default")
            },
            "transaction.state.log.min.isr": "2",
            "min.insync.replicas": "2",
        }
        between = [inside[n], *(proxy for pair, proxy in to.items() if n in pair)]
        clients = proxied(port, front, ending)
        nodes.append(
            Node(n, folder / f"kafka-{n}", (port, controller), clients, between, more)
        )  # fmt: skip
    return nodes
