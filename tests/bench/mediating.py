"""What a mediation centre's pages cost beside a million disputes: a mediator's desk, the register,
agreements that fall due."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import UUID

from libs.contracts.vocabulary import AgencyCode
from libs.events.core.fields import Paging
from libs.events.store.databases import open_engine, prepare_tables
from libs.events.store.tables import metadata, tables_of
from services.mediation.dispute.projection import (
    DisputeRow,
    ItemRow,
    MediatorRow,
    find_disputes,
    find_due_items,
    find_of_mediator,
)
from tests.bench.crediting import timed
from tests.bench.ground import urls
from tests.mediation import past as p

DISPUTES: Final = 1_000_000
CENTRES: Final = 30
MEDIATORS: Final = 600
# The share that still runs: one in fifty; a mediator has some thirty on the desk.
RUNS: Final = 50
STAGES: Final = {0: "MEDIATING", RUNS: "PERFORMING"}
FIRST: Final = p.on("01-05")
TODAY: Final = date(2026, 6, 15)


def agency(n: int) -> AgencyCode:
    return AgencyCode(f"ST-{n % CENTRES}")


def row(n: int) -> dict[str, Any]:
    at = FIRST + timedelta(seconds=n * 10)
    return {
        "dispute_id": UUID(int=n + 1), "dispute_no": f"D-{n}", "correlation_id": f"M-{n}",
        "agency_code": agency(n), "channel": "WALK_IN", "category": "NOISE",
        "mediation_type": "PEOPLE", "risk_level": "R1", "level": "COMMUNITY",
        "stage": STAGES.get(n % (2 * RUNS), "CLOSED"), "received_at": at,
        "applied_on": at.date(), "triage_due_on": at.date() + timedelta(days=2),
        "due_on": at.date() + timedelta(days=30), "level_due_on": None, "paused": False,
        "first_receiver": None, "lead_mediator": mediator(n), "sessions": 1,
        "next_session_at": None, "lead_official": None, "official_target_on": None,
        "listed_until": None, "confirm_until": None, "rating": None, "outcome": None,
        "closed_on": None, "handoff_id": None,
    }  # fmt: skip


def mediator(n: int) -> str:
    """Of the centre of the dispute."""
    return f"mediator-{n % CENTRES}-{n // CENTRES % (MEDIATORS // CENTRES)}"


def pages_of(count: int, one: Any) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, count, 20_000):
        yield [one(n) for n in range(start, min(start + 20_000, count))]


def desks(folder: Path, database: str, count: int = DISPUTES) -> dict[str, float]:
    """Pages of fifty, of another mediator or centre each time; ms."""
    folder.mkdir(parents=True, exist_ok=True)
    url, _ = urls(database, folder)
    engine = open_engine(url)
    metadata.drop_all(engine)
    prepare_tables(engine, tables_of("mediation"))
    tables: dict[Any, Any] = {
        DisputeRow: row,
        MediatorRow: lambda n: {
            "mediator_id": mediator(n), "dispute_id": UUID(int=n + 1), "active": n % RUNS == 0,
        },
        ItemRow: lambda n: {
            "item_id": UUID(int=n + 1), "dispute_id": UUID(int=n + 1),
            "due_on": TODAY + timedelta(days=n % 400 - 390), "breached": False,
            "performed_on": None if n % RUNS == 0 else TODAY,
        },
    }  # fmt: skip
    with engine.execution_options(writes=True).begin() as tx:
        for kind, one in tables.items():
            for some in pages_of(count, one):
                tx.execute(kind.table.insert(), some)
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as tx:
        tx.exec_driver_sql("ANALYZE")
    chance, page = Random(1), Paging(limit=50)
    with engine.connect() as tx:
        took = {
            "a mediator's desk": timed(
                lambda n: find_of_mediator(
                    tx, mediator(chance.randrange(count)), closed=False, page=page
                )
            ),
            "the register of a centre": timed(
                lambda n: find_disputes(
                    tx, agency_code=agency(n), stage="MEDIATING", level=None, category=None,
                    due_by=None, listed=False, page=page,
                )
            ),
            "its terms that end by a day": timed(
                lambda n: find_disputes(
                    tx, agency_code=agency(n), stage=None, level=None, category=None,
                    due_by=TODAY, listed=False, page=page,
                )
            ),
            "its agreements due by a day": timed(
                lambda n: find_due_items(tx, agency(n), None, TODAY, 50)
            ),
        }  # fmt: skip
    engine.dispose()
    return {f"{what}, p{one} ms": ms[one] for what, ms in took.items() for one in (50, 95)}
