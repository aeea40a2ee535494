"""Single reports over HTTP, from so many callers; and the same commands settled without HTTP.

The service is a process of its own, as it always is: its relay carries to a real Kafka meanwhile.
The callers speak bare HTTP/1.1, so that what is measured is the service and not its client.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import perf_counter, sleep
from uuid import uuid4

from libs.console import suite as suites
from libs.console.broker import free_ports
from tests.bench.ground import NOW
from tests.bench.measuring import shares
from tests.conftest import ROOT
from tests.postgresql import postgresql_url

SEAT = ("seat", "HOTLINE_SEAT", "WGZX")


def body() -> bytes:
    return json.dumps(
        {
            "report_id": str(uuid4()),
            "channel": "HOTLINE_8890",
            "category_code": "1201160102",
            "description": "rubbish beside the bus stop, for some days by now",
            "location": {"lon": 117.642, "lat": 39.032, "accuracy_m": 8},
            "captured_at": NOW.isoformat(),
        }
    ).encode()


async def one(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str, content: bytes
) -> int:
    """The status of the answer, which is read to its end."""
    head = (
        f"POST /reports HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    writer.write(head.encode() + content)
    lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
    length = next(int(n.split(b":")[1]) for n in lines if n.lower().startswith(b"content-length"))
    await reader.readexactly(length)
    return int(lines[0].split()[1])


async def caller(port: int, token: str, until: float, took: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while perf_counter() < until:
            content = body()
            began = perf_counter()
            status = await one(reader, writer, token, content)
            assert status in (200, 201), status
            took.append(perf_counter() - began)
    finally:
        writer.close()


async def load(port: int, token: str, callers: int, seconds: float) -> list[float]:
    """How long each took, in seconds."""
    took: list[float] = []
    until = perf_counter() + seconds
    await asyncio.gather(*(caller(port, token, until, took) for _ in range(callers)))
    return took


@contextmanager
def alone(database: str) -> Iterator[tuple[int, str]]:
    """The port and a token of a grid that is by itself."""
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "tests.bench.serving", database, str(port)]
    environment = {**os.environ}
    if database == "postgresql":
        environment["TEST_DATABASE_URL"] = postgresql_url()
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None
        try:
            token = process.stdout.readline().decode().strip()
            if not token:
                raise RuntimeError("the service did not start")
            until_open(port)
            yield port, token
        finally:
            assert process.stdin is not None
            process.stdin.close()


def until_open(port: int) -> None:
    for _ in range(500):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        sleep(0.01)
    raise TimeoutError(f"nobody listens on {port}")


@contextmanager
def in_its_suite(folder: Path, kafka_url: str) -> Iterator[tuple[int, str]]:
    """The port and a token of a grid that tells a real Kafka all of it, with an exchange that
    listens."""
    name = f"bench-{uuid4().hex[:6]}"
    pack = ROOT / "jurisdictions" / "binhai"
    with suites.running(
        name, var=folder, pack=pack, kafka_url=kafka_url, begins=NOW, only=["grid", "exchange"]
    ) as suite:
        yield suite.ports["grid"], suite.headers(*SEAT)["Authorization"]


def measured(port: int, token: str, callers: int, seconds: float) -> tuple[float, float, float]:
    """Reports a second, and the p50 and p95 of one, in milliseconds."""
    began = perf_counter()
    took: Sequence[float] = asyncio.run(load(port, token, callers, seconds))
    rate = len(took) / (perf_counter() - began)
    p50, p95 = shares(took, 50, 95)
    return rate, 1_000 * p50, 1_000 * p95
