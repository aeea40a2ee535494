"""What is personal lies nowhere in clear; and once it is forgotten, nobody reads it any more."""

import asyncio
import os
import struct
import subprocess
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from kafka import KafkaConsumer, TopicPartition
from sqlalchemy import select

from libs.console import suite as suites
from libs.console.client import Client, open_client
from libs.console.suite import Suite
from libs.events.store.databases import open_engine
from libs.events.store.vault import data_keys
from services.grid.report.projection.board import ReportRow
from tests.conftest import ROOT

pytestmark = pytest.mark.broker

BEGINS = datetime(2026, 6, 1, 1, 10, tzinfo=UTC)
LON, LAT = 117.702134, 39.062178
SECRETS = {
    "what was seen": "Mrs Example's rubbish by the bus stop",
    "where": "7 Invented Lane, second door",
    "what was asked of another": "ask Mrs Example when she is at home",
    "what was done": "we spoke to Mrs Example and it is gone",
    "what was answered": "dear Mrs Example, it is gone",
    "the photo": sha256(b"Mrs Example's door").hexdigest(),
    "the place": str(LON),
}
PHOTO = {"sha256": SECRETS["the photo"], "kind": "PHOTO"}
AFTERWARDS = PHOTO | {"lon": LON, "lat": LAT, "captured_at": BEGINS.isoformat()}
# A reference and no name: it stands in the envelope for ever.
CITIZEN = ("citizen-4711", "CITIZEN", "PUBLIC")
RECEIVER = ("receiver", "GRID_RECEIVER", "WGZX")
DISPATCHER = ("dispatcher", "GRID_DISPATCHER", "WGZX")
HANDLER = ("cgw-handler", "AGENCY_HANDLER", "CGW")
OPS = ("ops", "OPS", "OPS")


async def asked(client: Client, command: str, body: dict[str, Any], who: Any) -> dict[str, Any]:
    answer = await client.ask(command, body, who)
    assert answer.is_success, answer.text
    await client.quiet()
    told: dict[str, Any] = answer.json()
    return told


async def lived(client: Client, *, whole: bool = True) -> tuple[UUID, UUID, str]:
    """A report from the citizen's words to the answer they got: its id, its handoff's, its code."""
    report_id, handoff_id = uuid4(), uuid4()
    await asked(
        client,
        "grid.SubmitReport",
        {
            "report_id": str(report_id),
            "channel": "APP_ZSX",
            "category_code": "1201160102",
            "description": SECRETS["what was seen"],
            "location": {"lon": LON, "lat": LAT, "address_text": SECRETS["where"]},
            "media": [PHOTO],
            "captured_at": BEGINS.isoformat(),
        },
        CITIZEN,
    )
    await asked(client, "grid.RegisterReport", {"report_id": str(report_id)}, RECEIVER)
    ids = {"assignment_id": str(uuid4()), "handoff_id": str(handoff_id)}
    sent = await asked(
        client, "grid.DispatchReport", {"report_id": str(report_id), **ids}, DISPATCHER
    )
    matter = sent["correlation_id"]
    this = {"handoff_id": str(handoff_id)}
    await asked(client, "exchange.SignHandoff", this, HANDLER)
    await asked(client, "exchange.AcceptHandoff", this, HANDLER)
    if whole:
        await helped(client, matter, report_id)
        done = {"outcome_code": "SOLVED", "text": SECRETS["what was done"]}
        await asked(
            client, "exchange.FeedBackHandoff", this | done | {"media": [AFTERWARDS]}, HANDLER
        )
        named = {"report_id": str(report_id)}
        await asked(client, "grid.PassCheck", named | {"media": [PHOTO]}, await checker(client))
        reply = {"reply_text": SECRETS["what was answered"]}
        await asked(client, "grid.CloseReport", named | reply, DISPATCHER)
    return report_id, handoff_id, matter


async def helped(client: Client, matter: str, report_id: UUID) -> None:
    """Another agency is asked for help, and hears of it on a topic of its own."""
    body = {
        "handoff_id": str(uuid4()),
        "kind": "ASSIST",
        "to_agency": "ECO",
        "matter": matter,
        "source_ref": f"grid/report/{report_id}",
        "purpose": "to reach a resident",
        "body": {"matter": SECRETS["what was asked of another"]},
    }
    await asked(client, "exchange.OfferHandoff", body, HANDLER)


async def checker(client: Client) -> tuple[str, str, str]:
    """Whoever the grid has named for the check."""
    rows = (await client.get("grid", "/reports?status=CHECKING", RECEIVER))["reports"]
    named = rows[0]["checker_id"]
    return (named, "GRID_WORKER", "WGZX") if named else RECEIVER


def on_kafka(url: str, prefix: str) -> dict[tuple[str, int, int], bytes]:
    """Every record of the suite as it lies there, headers and all."""
    consumer = KafkaConsumer(bootstrap_servers=url, enable_auto_commit=False)
    places = [
        TopicPartition(topic, partition)
        for topic in consumer.topics()
        if topic.startswith(prefix)
        for partition in consumer.partitions_for_topic(topic)
    ]
    ends = consumer.end_offsets(places)
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    found: dict[tuple[str, int, int], bytes] = {}
    while any(consumer.position(place) < ends[place] for place in places):
        for records in consumer.poll(timeout_ms=500).values():
            for one in records:
                lines = b"\n".join(name.encode() + text for name, text in one.headers)
                found[one.topic, one.partition, one.offset] = one.key + lines + one.value
    consumer.close()
    return found


def in_files(folder: Path) -> dict[str, bytes]:
    """Every file of the suite, but for its keys and what proves who is who."""
    return {
        file.name: file.read_bytes()
        for file in folder.iterdir()
        if file.is_file() and not file.name.startswith("keys.db")
    }


def rows(suite: Suite, database: str, statement: Any) -> list[Any]:
    engine = open_engine(f"sqlite:///{suite.folder}/{database}.db")
    try:
        with engine.connect() as tx:
            return list(tx.execute(statement))
    finally:
        engine.dispose()


def seen_in_clear(places: dict[Any, bytes]) -> list[tuple[Any, str]]:
    return [
        (place, what)
        for place, content in places.items()
        for what, secret in SECRETS.items()
        if secret.encode() in content
    ]


def forget(suite: Suite, var: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "libs.console.main", "forget", "--suite", suite.name,
         "--url", suite.url("oversight"), "--purpose", "the purpose is reached", *words],
        cwd=ROOT, env={**os.environ, "LIANBAN_VAR": str(var)}, capture_output=True, text=True,
    )  # fmt: skip


async def story(suite: Suite, var: Path, url: str) -> None:
    client = open_client(suite)
    try:
        await client.learn()
        await client.quiet()
        report_id, handoff_id, matter = await lived(client)
        _, other_handoff, other = await lived(client, whole=False)
        before = on_kafka(url, f"{suite.name}.")
        assert len(before) > 30
        assert any(topic.endswith("agency.ECO") for topic, _, _ in before)
        assert seen_in_clear(before) == []
        shown = await client.get("exchange", f"/handoffs/{handoff_id}", HANDLER)
        assert shown["body"]["description"] == SECRETS["what was seen"]
        wrapped = {row.name: row.wrapped for row in rows(suite, "keys", select(data_keys))}

        done = await asyncio.to_thread(forget, suite, var, "--matter", matter)
        assert (done.returncode, done.stdout.strip()) == (0, matter), done.stderr
        await client.quiet()
        after = on_kafka(url, f"{suite.name}.")
        assert {place: after[place] for place in before} == before
        shown = await client.get("exchange", f"/handoffs/{handoff_id}", HANDLER)
        assert SECRETS["what was seen"] not in str(shown)
        trace = await client.get("oversight", f"/matters/{matter}", OPS)
        assert trace["timeline"][-1]["type"] == "oversight.access_audited.v1"
        places = {row.report_id: row.lon for row in rows(suite, "grid", select(ReportRow.table))}
        assert places.pop(report_id) is None
        assert set(places.values()) == {LON}
        # Life goes on: what is said of it from now on is recorded, and hides nothing any more.
        opinion = {"report_id": str(report_id), "rating": "SATISFIED", "channel": "APP_ZSX"}
        await asked(client, "grid.RecordSatisfaction", opinion, CITIZEN)
        shown = await client.get("exchange", f"/handoffs/{other_handoff}", HANDLER)
        assert shown["body"]["description"] == SECRETS["what was seen"]
        gone = wrapped[matter]
        assert gone is not None
        kept = b"".join(file.read_bytes() for file in suite.folder.glob("keys.db*"))
        assert gone not in kept

        again = await asyncio.to_thread(forget, suite, var, "--person", CITIZEN[0])
        assert again.returncode == 0, again.stderr
        assert other in again.stdout.split()
        await client.quiet()
        shown = await client.get("exchange", f"/handoffs/{other_handoff}", HANDLER)
        assert SECRETS["what was seen"] not in str(shown)
        nobody = await asyncio.to_thread(forget, suite, var, "--person", "nobody")
        assert (nobody.returncode, len(nobody.stderr.splitlines())) == (2, 1)
        assert seen_in_clear(on_kafka(url, f"{suite.name}.")) == []
    finally:
        await client.http.aclose()


def test_what_is_forgotten_is_gone_everywhere(
    var: Path, kafka_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Topics, databases, logs and spans: the spans are written into the log here."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "console")
    name = f"forget-{uuid4().hex[:6]}"
    pack = ROOT / "jurisdictions" / "binhai"
    with suites.running(name, var=var, pack=pack, kafka_url=kafka_url, begins=BEGINS) as suite:
        asyncio.run(story(suite, var, kafka_url))
    files = in_files(suite.folder)
    assert b"settle grid" in files["services.log"]
    assert {"grid.db", "exchange.db", "oversight.db"} <= files.keys()
    assert seen_in_clear(files) == []
    place = struct.pack(">d", LON)
    assert [name for name, content in files.items() if place in content] == []
