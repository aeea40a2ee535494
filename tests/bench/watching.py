"""What watching costs oversight: completeness rules and second clocks an event, and what 100,000
open clocks cost those who ask and those who come after."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Engine

from libs.contracts.vocabulary import CaseId, LeadId
from libs.events.core.kernel import Envelope
from libs.events.store.databases import open_engine, prepare_tables
from libs.events.store.tables import metadata, tables_of
from services.oversight.alarm.projection import find_open, watching
from services.oversight.clock.projection.rows import STEPS, ClockRow, find_late, keeping
from services.oversight.clock.projection.steps import Kind, Reader, Step
from tests.bench.crediting import timed
from tests.bench.ground import urls
from tests.conftest import RULES
from tests.enforcement.case import past as case
from tests.oversight import fallen as f
from tests.oversight import test_alarms as alarms
from tests.scenario import heard

CLOCKS: Final = 100_000
EVENTS: Final = 6_000
TURN: Final = 500
AT: Final = alarms.AT
(STEP,) = STEPS.dump_python(
    [Step(clock="SERVICE", thing="", kind=Kind.START, at=AT, rule="ENF.SERVE", on=AT.date())],
    mode="json",
)
Project = Callable[[Connection, Sequence[Envelope[Any]]], None]


def facts(first: int) -> Iterator[Envelope[Any]]:
    """Leads, cases filed and decisions made, each of a matter of its own."""
    for n in range(first, first + EVENTS):
        kind, key = n % 3, UUID(int=n + 1)
        if kind == 0:
            event: Any = replace(alarms.LEAD, lead_id=LeadId(key))
        elif kind == 1:
            event = replace(case.OPENED[0], case_id=CaseId(key))
        else:
            event = replace(alarms.DECIDED, case_id=CaseId(key), decision_no=f"{f.NO}{n}")
        yield replace(heard(event, after=n), time=AT + timedelta(seconds=n))


def a_second(engine: Engine, project: Project, first: int) -> float:
    told = list(facts(first))
    began = perf_counter()
    for start in range(0, EVENTS, TURN):
        with engine.execution_options(writes=True).begin() as tx:
            project(tx, told[start : start + TURN])
    return EVENTS / (perf_counter() - began)


def rows() -> Iterator[list[dict[str, Any]]]:
    """Clocks that run: a tenth of them to be warned of, a tenth over."""
    for start in range(0, CLOCKS, 20_000):
        yield [
            {
                "id": f"SERVICE {n}", "clock": "SERVICE", "thing": str(n), "heard_at": AT,
                "correlation_id": f"M-{n}", "service": "enforcement", "subject": f"case/{n}",
                "agency": "CGW", "event_id": UUID(int=n + 1), "rule_code": "ENF.SERVE",
                "counted_from": AT.date(), "started_at": AT, "said_at": None, "differs": False,
                "stands_still": False, "ended_at": None,
                "due_at": AT + timedelta(minutes=n), "open_until": AT + timedelta(minutes=n),
                "warns_from": AT + timedelta(minutes=n - CLOCKS // 10),
                "steps": [STEP],
            }
            for n in range(start, start + 20_000)
        ]  # fmt: skip


def watched(folder: Path, database: str) -> dict[str, float]:
    folder.mkdir(parents=True, exist_ok=True)
    url, _ = urls(database, folder)
    engine = open_engine(url)
    metadata.drop_all(engine)
    prepare_tables(engine, tables_of("oversight"))
    clocks, rules = keeping(Reader(RULES, lambda code: "")), watching(RULES)
    found = {
        "completeness rules: events a second": a_second(engine, rules, 0),
        "second clocks: events a second": a_second(engine, clocks, 0),
    }
    with engine.execution_options(writes=True).begin() as tx:
        for some in rows():
            tx.execute(ClockRow.table.insert(), some)
    more = a_second(engine, clocks, EVENTS)
    found["the same beside 100,000 open clocks"] = more
    found["ratio"] = round(more / found["second clocks: events a second"], 2)
    now = AT + timedelta(minutes=CLOCKS // 10)
    with engine.connect() as tx:
        late = timed(lambda n: find_late(tx, now, 100))
        missing = timed(lambda n: find_open(tx, now, 100))
    found |= {f"100 late of 100,000 clocks p{one} ms": late[one] for one in late}
    found |= {f"100 missing of 6,000 starts p{one} ms": missing[one] for one in missing}
    engine.dispose()
    return {name: round(value, 2) for name, value in found.items()}
