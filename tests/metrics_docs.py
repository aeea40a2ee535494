"""Writes docs/metrics.md, from what is measured and what streams declare: `make docs`."""

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, insert

from libs.events.process.metrics import Metrics, Workings
from libs.events.store.databases import open_engine, prepare_tables
from libs.events.store.log import Log
from libs.events.store.tables import metadata, parked, watermarks
from libs.events.store.vault import MasterKey, Vault
from libs.events.system.clocks import machine_clock
from tests.conftest import ROOT
from tests.declared import services

PAGE: Final = ROOT / "docs" / "metrics.md"
HEAD: Final = """# Metrics

Written by `make docs`. What each service shows at `GET /metrics`; alerts, and what to do then:
[operations.md](operations.md).
"""


def page() -> str:
    return HEAD + "\n".join(lines()) + "\n"


def lines() -> Iterator[str]:
    yield ""
    yield "| metric | type | labels | says |"
    yield "|---|---|---|---|"
    for family in text_string_to_metric_families(measured()):
        if family.name.endswith("_created"):
            continue
        labels = {name for one in family.samples for name in one.labels} - {"le"}
        shown = ", ".join(sorted(labels))
        yield f"| `{family.name}` | {family.type} | {shown} | {family.documentation} |"
    yield ""
    yield "The label `reaction` is one of these; a deadline that is asked has no metric of its own."
    yield ""
    yield "| service | reaction | consumes | deadlines of the service |"
    yield "|---|---|---|---|"
    for name, service in services().items():
        due = ", ".join(sorted(service.deadlines))
        for reaction, one in sorted(service.reactions.items()):
            yield f"| {name} | `{reaction}` | {', '.join(sorted(one.to))} | {due} |"
            due = ""


def measured() -> str:
    """Of a service that has consumed something and parked something, so that all of it shows."""
    engine = open_engine("sqlite://")
    prepare_tables(engine, metadata.sorted_tables)
    fill(engine)
    keys = Vault(open_engine("sqlite://"), MasterKey(b"k" * 32))
    metrics = Metrics(Log(engine, name="grid", keys=keys), lambda: 0, {"r": ["grid.events"]})
    return metrics.text({("grid.events", 0): 1}, Workings()).decode()


def fill(engine: Engine) -> None:
    now = machine_clock()
    place = {"reaction": "r", "topic": "grid.events", "partition": 0, "position": 1}
    with engine.begin() as tx:
        tx.execute(
            insert(watermarks),
            [{
                **place, "log_id": "", "event_id": UUID(int=0), "kafka_offset": 1, "taken": 1,
                "happened": now, "recorded": now,
            }],
        )  # fmt: skip
        tx.execute(
            insert(parked),
            [{
                **place, "matter": "m", "subject": "s", "headers": b"[]", "value": b"",
                "why": "FAILED", "attempts": 1, "since": now, "error": "", "dead": True,
                "copied": True,
            }],
        )  # fmt: skip


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
