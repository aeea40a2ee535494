"""From the word of a unit that a quarrel is one for mediation until the centre's register shows the
dispute: real processes, a real Kafka, four topics on the way."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from libs.console.client import Client, open_client
from tests.bench.across import across
from tests.faults.cluster import Cluster

REPORTS: Final = 40
BEGINS: Final = datetime(2026, 5, 6, 2, tzinfo=UTC)
STREET: Final = "ST-120116005"
SEAT: Final = ("seat-1", "HOTLINE_SEAT", "WGZX")
RECEIVER: Final = ("receiver-1", "GRID_RECEIVER", "WGZX")
DISPATCHER: Final = ("dispatcher-1", "GRID_DISPATCHER", "WGZX")
UNIT: Final = ("street-handler", "AGENCY_HANDLER", STREET)
MANAGER: Final = ("manager-1", "MEDIATION_MANAGER", STREET)
LOOKS: Final = 0.01
SECONDS: Final = 60.0


async def done(client: Client, command: str, given: dict[str, Any], who: Any) -> None:
    answer = await client.ask(command, given, who)
    assert answer.is_success, (command, answer.text)


async def taken_up(client: Client) -> str:
    """A report of noise that the street is working on; its handoff."""
    report, handoff = {"report_id": str(uuid4())}, {"handoff_id": str(uuid4())}
    said = {
        "channel": "HOTLINE_8890", "category_code": "1201162201",
        "description": "the neighbour above plays the accordion at night",
        "location": {"cell_code": "120116005001001"},
        "captured_at": (BEGINS - timedelta(minutes=5)).isoformat(),
    }  # fmt: skip
    await done(client, "grid.SubmitReport", report | said, SEAT)
    await done(client, "grid.RegisterReport", report, RECEIVER)
    ids = {"assignment_id": str(uuid4()), **handoff}
    await done(client, "grid.DispatchReport", report | ids, DISPATCHER)
    await client.quiet()
    await done(client, "exchange.SignHandoff", handoff, UNIT)
    await done(client, "exchange.AcceptHandoff", handoff, UNIT)
    await client.quiet()
    return handoff["handoff_id"]


async def shown(client: Client, handoff: str, before: int) -> float:
    """Seconds."""
    began = time.monotonic()
    answer = {
        "handoff_id": handoff, "outcome_code": "REFER_MEDIATION", "text": "they want it settled",
    }  # fmt: skip
    await done(client, "exchange.FeedBackHandoff", answer, UNIT)
    while time.monotonic() - began < SECONDS:
        page = await client.get("mediation", "/disputes?limit=200", MANAGER)
        if len(page["disputes"]) > before:
            return time.monotonic() - began
        await asyncio.sleep(LOOKS)
    raise TimeoutError(f"the register shows {before} disputes, and no more")


async def handed_over(whole: Cluster, count: int) -> list[float]:
    client = open_client(whole.suite)
    try:
        await client.learn()
        await client.quiet()
        client.set(BEGINS)
        waiting = [await taken_up(client) for _ in range(count)]
        return [await shown(client, one, place) for place, one in enumerate(waiting)]
    finally:
        await client.http.aclose()


def disputing(folder: Path, database: str, count: int = REPORTS) -> dict[str, float]:
    name = "a dispute, from the unit's word to the register"
    return across(folder, database, BEGINS, name, lambda whole: handed_over(whole, count))
