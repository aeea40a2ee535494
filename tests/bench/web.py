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
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep
from typing import Any, Self
from uuid import uuid4

from libs.console import suite as suites
from libs.console.broker import free_ports
from tests.bench.ground import NOW
from tests.bench.measuring import shares
from tests.conftest import ROOT
from tests.postgresql import postgresql_url

CALLERS, TIMES = 16, 10
SEAT = ("seat", "HOTLINE_SEAT", "WGZX")


def report_body(report_id: str) -> bytes:
    return json.dumps(
        {
            "report_id": report_id,
            "channel": "HOTLINE_8890",
            "category_code": "1201160102",
            "description": "rubbish beside the bus stop, for some days by now",
            "location": {"lon": 117.642, "lat": 39.032, "accuracy_m": 8},
            "captured_at": NOW.isoformat(),
        }
    ).encode()


@dataclass
class Connection:
    """One that is kept, and asked one thing after another."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def opened(cls, port: int) -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def post(self, path: str, token: str, content: bytes) -> int:
        """The status of the answer, which is read to its end."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        self.writer.write(head.encode() + content)
        lines = (await self.reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        length = next(
            int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length")
        )
        await self.reader.readexactly(length)
        return int(lines[0].split()[1])

    def close(self) -> None:
        self.writer.close()


async def caller(port: int, token: str, until: float, took: list[float]) -> None:
    connection = await Connection.opened(port)
    try:
        while perf_counter() < until:
            content = report_body(str(uuid4()))
            began = perf_counter()
            status = await connection.post("/reports", token, content)
            assert status in (200, 201), status
            took.append(perf_counter() - began)
    finally:
        connection.close()


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
        name,
        var=folder,
        pack=pack,
        kafka_url=kafka_url,
        begins=NOW,
        only=["grid", "exchange"],
        lingers=True,
    ) as suite:
        yield suite.ports["grid"], suite.headers(*SEAT)["Authorization"]


def measured(port: int, token: str, callers: int, seconds: float) -> tuple[float, float, float]:
    """Reports a second, and the p50 and p95 of one, in milliseconds."""
    began = perf_counter()
    took: Sequence[float] = asyncio.run(load(port, token, callers, seconds))
    rate = len(took) / (perf_counter() - began)
    p50, p95 = shares(took, 50, 95)
    return rate, 1_000 * p50, 1_000 * p95


async def spike_over_http(port: int, token: str, seconds: float) -> dict[str, Any]:
    """Ten times the callers that the service is measured with, for a while; then one alone."""
    calm = await load(port, token, CALLERS, 2.0)
    told: Counter[int] = Counter()
    took: list[float] = []

    async def impatient(until: float) -> None:
        connection = await Connection.opened(port)
        try:
            while perf_counter() < until:
                began = perf_counter()
                status = await connection.post("/reports", token, report_body(str(uuid4())))
                told[status] += 1
                if status < 300:
                    took.append(perf_counter() - began)
        finally:
            connection.close()

    until = perf_counter() + seconds
    await asyncio.gather(*(impatient(until) for _ in range(CALLERS * TIMES)))
    ended, limit, good = perf_counter(), 3 * max(shares(calm, 95)[0], 0.02), 0
    connection = await Connection.opened(port)
    while good < 5 and perf_counter() - ended < 30:
        began = perf_counter()
        await connection.post("/reports", token, report_body(str(uuid4())))
        good = good + 1 if perf_counter() - began < limit else 0
    connection.close()
    return {
        "callers": CALLERS * TIMES,
        **{f"answers {status}": number for status, number in sorted(told.items())},
        "calm, p95 ms": round(1_000 * shares(calm, 95)[0]),
        "acknowledged meanwhile, p95 ms": round(1_000 * shares(took, 95)[0]),
        "seconds until one alone is served as before": round(perf_counter() - ended, 2),
    }
