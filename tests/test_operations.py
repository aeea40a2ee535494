"""Metrics, the alerts on them, their pages and the dashboard speak of the same things."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import yaml
from httpx import AsyncClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, insert

from libs.contracts.vocabulary import Role
from libs.events.process.metrics import consumed
from libs.events.store.tables import parked
from libs.events.system.clocks import machine_clock
from tests.conftest import ROOT, Loopback, Says, acting
from tests.grid.report import past as p
from tests.metrics_docs import PAGE, page

DEPLOY = ROOT / "deploy"
RULES = [
    rule
    for group in yaml.safe_load((DEPLOY / "alerts.yaml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]
OWN = re.compile(r"\blianban_[a-z_]+")


def test_the_page_of_metrics_is_what_is_measured_and_what_is_declared() -> None:
    text = PAGE.read_text("utf-8")
    assert text == page(), "run `make docs`"
    named = {name for rule in RULES for name in OWN.findall(rule["expr"])}
    named = {re.sub("_(bucket|sum|count)$", "", name) for name in named}
    assert len(named) > 5
    assert {f"`{name}`" for name in named} - set(text.split(" ")) == set()


async def measured(client: AsyncClient) -> dict[str, Any]:
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {one.name: one for one in text_string_to_metric_families(answer.text)}


def values(family: Any) -> dict[tuple[str, ...], float]:
    return {
        tuple(text for _, text in sorted(one.labels.items())): one.value for one in family.samples
    }


async def test_what_is_measured_is_what_there_is(
    oversight: AsyncClient, says: Says, engine: Engine
) -> None:
    for event in p.DISPATCHED:
        await says(event)
    row = {
        "matter": "m", "reaction": "oversight.journal", "topic": "grid.events", "partition": 0,
        "subject": "grid/report/1", "position": 9, "headers": b"[]", "value": b"", "why": "FAILED",
        "attempts": 10, "since": machine_clock(), "due": None, "error": "", "dead": True,
        "copied": True,
    }  # fmt: skip
    with engine.begin() as tx:
        tx.execute(insert(parked), [row, {**row, "why": "BEHIND", "dead": False}])
    found = await measured(oversight)
    lag = values(found["lianban_watermark_lag"])
    hears = ("alarms", "clocks", "journal", "rollback")
    taken = {("0", f"oversight.{one}", "grid.events") for one in hears}  # by the labels' names
    assert taken < lag.keys()
    assert set(lag.values()) == {0.0}, "also where nothing has been said yet"
    assert values(found["lianban_parked"]) == {
        ("oversight.journal", "BEHIND"): 1.0,
        ("oversight.journal", "FAILED"): 1.0,
    }
    assert values(found["lianban_dead"])["oversight.journal", "FAILED"] == 1.0
    assert found["lianban_listening_stopped"].samples[0].value == 0.0
    (age,) = values(found["lianban_blocked_stream_seconds"]).values()
    assert 0 <= age < 60


def test_who_has_heard_nothing_is_behind_from_the_first_moment(engine: Engine) -> None:
    """Otherwise no alert could fire for whoever never takes anything."""
    now = machine_clock()
    ends = {("grid.events", 0): 7, ("grid.events", 1): 0, ("credit.events", 0): 9}
    began = now - timedelta(seconds=90)
    behind = {("r", "grid.events", 0)}
    lag, age = consumed(engine, {"r": ["grid.events"]}, ends, behind, began, now)
    places = [("0", "r", "grid.events"), ("1", "r", "grid.events")]
    assert values(lag) == dict(zip(places, (7.0, 0.0), strict=True))
    assert values(age) == dict(zip(places, (90.0, 0.0), strict=True))


async def test_where_kafka_is_away_nobody_is_said_to_have_caught_up(
    oversight: AsyncClient, says: Says, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    await says(p.DISPATCHED[0])
    assert "lianban_watermark_lag" in await measured(oversight)

    monkeypatch.setattr(loopback, "records", None)  # where each partition ends cannot be asked
    found = await measured(oversight)
    assert "lianban_watermark_lag" not in found
    assert "lianban_log_head" in found


async def test_every_turn_is_counted(grid: AsyncClient) -> None:
    before = await measured(grid)
    officer = {"report_id": "11111111-1111-7111-8111-111111111111"}
    seat = acting("seat", Role.HOTLINE_SEAT)
    report = {
        **officer, "channel": "HOTLINE_8890", "category_code": "0", "description": "rubbish here",
        "location": {"address_text": "here"}, "captured_at": "2026-06-01T09:00:00+08:00",
    }  # fmt: skip
    assert (await grid.post("/reports", json=report, headers=seat)).status_code == 422
    after = await measured(grid)

    def turns(found: dict[str, Any]) -> float:
        samples = found["lianban_settle_turn_requests"].samples
        return float(next(one.value for one in samples if one.name.endswith("_count")))

    assert turns(after) == turns(before) + 1
    assert after["lianban_settle_queue"].samples[0].value == 0.0


def spoken_of() -> Iterator[tuple[str, str]]:
    """Where each metric of ours is named."""
    for rule in RULES:
        for name in OWN.findall(rule["expr"]):
            yield rule["alert"], name
    board = json.loads((DEPLOY / "grafana" / "lianban.json").read_text("utf-8"))
    for panel in board["panels"]:
        for target in panel["targets"]:
            for name in OWN.findall(target["expr"]):
                yield panel["title"], name


async def test_alerts_and_panels_speak_of_what_is_measured(oversight: AsyncClient) -> None:
    found = await measured(oversight)
    for where, name in spoken_of():
        assert re.sub(r"_(bucket|sum|count)$", "", name) in found, where


def test_every_alert_has_its_page() -> None:
    pages = (ROOT / "docs" / "operations.md").read_text("utf-8")
    for rule in RULES:
        assert f"\n## {rule['alert']}\n" in pages
        assert rule["annotations"]["runbook"] == f"docs/operations.md#{rule['alert'].lower()}"


def test_every_alert_has_its_own_test() -> None:
    tests = yaml.safe_load((DEPLOY / "alerts_test.yaml").read_text("utf-8"))["tests"]
    tried = [one for part in tests for one in part["alert_rule_test"]]
    for rule in RULES:
        cases = [bool(one["exp_alerts"]) for one in tried if one["alertname"] == rule["alert"]]
        assert set(cases) == {True, False}, rule["alert"]


@pytest.mark.skipif(
    shutil.which("promtool") is None,
    reason="promtool is not here: Debian's package `prometheus` has it",
)
def test_the_alerts_call_when_they_should_and_not_before() -> None:
    for asked in (["test", "rules", "alerts_test.yaml"], ["check", "config", "prometheus.yaml"]):
        done = subprocess.run(
            ["promtool", *asked], cwd=DEPLOY, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
