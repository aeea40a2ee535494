"""From the word that a decision falls until nothing of it is left open: real processes, a real
Kafka, and agencies that answer as soon as they are asked."""

import asyncio
import time
from pathlib import Path
from typing import Final

from libs.console.client import Client, open_client
from libs.console.comparing import Telling
from libs.console.play import Stage, TopicReader
from tests.bench.across import across
from tests.faults.cluster import Cluster
from tests.faults.copies import decision_of, told_until_it_falls
from tests.faults.rollbacks import SUPERVISOR
from tests.faults.running import BEGINS

DECISIONS: Final = 40
# Who applied the measure, and is told to lift it.
AGENCY: Final = ("scj-handler", "AGENCY_HANDLER", "SCJ")
LOOKS: Final = 0.02
SECONDS: Final = 60.0


async def answering(client: Client) -> None:
    """Whatever there is to sign is signed, and every lift is reported as done."""
    while True:
        inbox = await client.get("exchange", "/handoffs?wanted=to_sign", AGENCY)
        for one in inbox["handoffs"]:
            handoff = {"handoff_id": one["handoff_id"]}
            await client.ask("exchange.SignHandoff", handoff, AGENCY)
            if one["kind"] == "LIFT":
                done = {**handoff, "outcome_code": "DONE", "text": "as before from now on"}
                await client.ask("exchange.FeedBackHandoff", done, AGENCY)
        await asyncio.sleep(LOOKS)


async def greened(stage: Stage, copy: Telling) -> float:
    """Seconds."""
    began = time.monotonic()
    await stage.ask(copy)
    path = f"/rollbacks/{decision_of(copy)}"
    while time.monotonic() - began < SECONDS:
        page = await stage.client.get("oversight", path, SUPERVISOR)
        if page.get("green"):
            return time.monotonic() - began
        await asyncio.sleep(LOOKS)
    raise TimeoutError(f"{path} is not green: {page}")


async def undone(whole: Cluster, count: int) -> list[float]:
    client = open_client(whole.suite)
    try:
        await client.learn()
        await client.quiet()
        reader = await TopicReader.open(whole.suite)
        copies, stage = await told_until_it_falls(client, count, reader)
        agency = asyncio.create_task(answering(client))
        took = []
        for copy in copies:
            took.append(await greened(stage, copy))
            if agency.done():
                agency.result()
        agency.cancel()
        await reader.consumer.stop()
        return took
    finally:
        await client.http.aclose()


def undoing(folder: Path, database: str, count: int = DECISIONS) -> dict[str, float]:
    name = "rollback to green"
    return across(folder, database, BEGINS, name, lambda whole: undone(whole, count))
