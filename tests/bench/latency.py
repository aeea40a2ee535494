"""From a command that was accepted to what an agency sees in its inbox, over a real Kafka."""

import asyncio
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import uuid4

from libs.console import suite as suites
from libs.console.client import Client, open_client
from tests.bench.ground import NOW
from tests.bench.measuring import shares
from tests.conftest import ROOT

SEAT = ("seat", "HOTLINE_SEAT", "WGZX")
RECEIVER = ("receiver", "GRID_RECEIVER", "WGZX")
DISPATCHER = ("dispatcher", "GRID_DISPATCHER", "WGZX")
HANDLER = ("cgw-handler", "AGENCY_HANDLER", "CGW")


async def timed(client: Client, command: str, body: dict[str, Any], who: Any) -> float:
    began = perf_counter()
    answer = await client.ask(command, body, who)
    assert answer.is_success, answer.text
    return perf_counter() - began


async def one(client: Client) -> tuple[float, float]:
    """A report submitted, registered and dispatched: how long the first took, and how long the
    last was on its way to the inbox."""
    report_id, handoff_id = str(uuid4()), str(uuid4())
    submitted = await timed(
        client,
        "grid.SubmitReport",
        {
            "report_id": report_id,
            "channel": "HOTLINE_8890",
            "category_code": "1201160102",
            "description": "rubbish beside the bus stop",
            "location": {"lon": 117.642, "lat": 39.032, "accuracy_m": 8},
            "captured_at": NOW.isoformat(),
        },
        SEAT,
    )
    await timed(client, "grid.RegisterReport", {"report_id": report_id}, RECEIVER)
    ids = {"report_id": report_id, "assignment_id": str(uuid4()), "handoff_id": handoff_id}
    await timed(client, "grid.DispatchReport", ids, DISPATCHER)
    accepted = perf_counter()
    url = f"{client.suite.url('exchange')}/handoffs/{handoff_id}"
    for _ in range(10_000):
        if (await client.http.get(url, headers=client.headers(*HANDLER))).status_code == 200:
            break
        await asyncio.sleep(0.001)
    else:
        raise TimeoutError(f"{handoff_id} has not come")
    return submitted, perf_counter() - accepted


async def many(suite: suites.Suite, count: int) -> dict[str, float]:
    client = open_client(suite)
    try:
        await client.learn()
        await client.quiet()
        for _ in range(20):
            await one(client)
        found = [await one(client) for _ in range(count)]
    finally:
        await client.http.aclose()
    told = {}
    for name, some in zip(("submit", "accepted to inbox"), zip(*found, strict=True), strict=True):
        for percent, value in zip((50, 95), shares(some, 50, 95), strict=True):
            told[f"{name} p{percent} ms"] = round(1_000 * value, 1)
    return told


def latency(folder: Path, url: str, count: int = 200) -> dict[str, float]:
    """One after another, milliseconds; with how much memory each process holds after it."""
    from libs.console.demo import memory

    name = f"bench-{uuid4().hex[:6]}"
    pack = ROOT / "jurisdictions" / "binhai"
    with suites.running(
        name, var=folder, pack=pack, kafka_url=url, begins=NOW, lingers=True
    ) as suite:
        found = asyncio.run(many(suite, count))
        held = memory(suite)
    return found | {f"{process} MiB": size for process, size in sorted(held.items())}
