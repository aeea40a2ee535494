"""What credit costs: a record captured with its score, a score of a thousand facts, a day in the
past, a public page of a million."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Engine

from libs.contracts.enforcement import CreditClass
from libs.events.core.fields import Paging
from libs.events.http.bodies import place_of
from libs.events.store.databases import open_engine, prepare_tables
from libs.events.store.tables import metadata
from services.credit.main import shown
from services.credit.publicity.projection import PublicRow, find_shown
from services.credit.sheet.stream import Sheets
from services.credit.subject.completion import score_now
from services.credit.subject.projection import SubjectRow
from tests.bench.ground import urls
from tests.bench.measuring import shares
from tests.conftest import RULES
from tests.credit import past as p
from tests.credit.deciding import served
from tests.credit.mill import Mill, mill

RECORDS: Final = 1_000
SHOWN: Final = 1_000_000
TIMES: Final = 200
FIRST: Final = date(2026, 5, 6)


@contextmanager
def grown(folder: Path, database: str) -> Iterator[Mill]:
    folder.mkdir(parents=True, exist_ok=True)
    url, _ = urls(database, folder)
    engine = open_engine(url)
    metadata.drop_all(engine)
    engine.dispose()
    with mill(folder, url) as here:
        yield here


def captured(folder: Path, database: str) -> float:
    """Records a second, each with its subject registered and its score settled."""
    with grown(folder, database) as here:
        for one in range(RECORDS):
            firm = replace(p.FIRM, subject_id=p.uid(100_000 + one))
            here.tell(f"case/{one}", p.on("05-20"), served(one, FIRST, firm=firm))
        began = perf_counter()
        here.drain()
        seconds = perf_counter() - began
        with here.settler.log.engine.connect() as tx:
            scored = [row for row in SubjectRow.all(tx) if row.score == 740]
        assert len(scored) == RECORDS
        return RECORDS / seconds


def of_a_thousand(folder: Path, database: str) -> dict[str, float]:
    """A subject of a thousand records: its score under the lock, and its sheet of some day; ms."""
    with grown(folder, database) as here:
        for one in range(RECORDS):
            event = served(one, FIRST, credit_class=CreditClass.MINOR)
            here.tell(f"case/{one}", p.on("05-20") + timedelta(minutes=one), event)
        for name in ("credit.record", "credit.subject"):
            here.listen()
            places = [one for one in here.waiting() if one[0] == name]
            for start in range(0, len(places), 100):
                here.take(*places[start : start + 100])
        engine = here.settler.log.engine
        asked = shown(RULES)
        recent = Sheets(RULES, asked)
        score, sheet = [], []
        with engine.connect() as tx:
            (row,) = SubjectRow.all(tx)
            for n in range(TIMES):
                began = perf_counter()
                score_now(RULES, tx, row.subject_id, row.history_from, p.on("06-15"))
                score.append(perf_counter() - began)
                began = perf_counter()
                day = FIRST + timedelta(days=14 + n % 20)
                recent.scored(tx, row, day, FIRST + timedelta(days=60))
                sheet.append(perf_counter() - began)
        return {
            "score of 1,000 facts p50 ms": round(1_000 * shares(score, 50)[0], 2),
            "score of 1,000 facts p95 ms": round(1_000 * shares(score, 95)[0], 2),
            "as_of on 1,000 facts p95 ms": round(1_000 * shares(sheet, 95)[0], 2),
        }


def rows(count: int) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, count, 20_000):
        yield [
            {
                "record_id": UUID(int=n + 1), "correlation_id": f"M-{n}",
                "subject_id": UUID(int=n // 5), "name": f"滨海虚构{n // 5}公司",
                "item_code": "R-PEN", "credit_class": "GENERAL", "basis_no": f"津滨罚〔2026〕{n}号",
                "agency_code": "CGW", "decided_on": FIRST, "display_from": FIRST,
                "display_until": date(2027, 5, 6), "shown": n % 10 != 0,
                "published_at": p.on("05-20") + timedelta(seconds=n),
            }
            for n in range(start, min(start + 20_000, count))
        ]  # fmt: skip


def public(folder: Path, database: str, count: int = SHOWN) -> dict[str, float]:
    """Pages of twenty: anywhere in the list, and of one organisation; ms."""
    folder.mkdir(parents=True, exist_ok=True)
    url, _ = urls(database, folder)
    engine: Engine = open_engine(url)
    metadata.drop_all(engine)
    prepare_tables(engine, metadata)
    with engine.execution_options(writes=True).begin() as tx:
        for some in rows(count):
            tx.execute(PublicRow.table.insert(), some)
    chance, deep, named = Random(1), [], []
    today = date(2026, 6, 15)
    with engine.connect() as tx:
        for _ in range(TIMES):
            n = chance.randrange(count)
            after = place_of(p.on("05-20") + timedelta(seconds=n), UUID(int=n + 1))
            began = perf_counter()
            find_shown(tx, today, subject_id=None, name=None, item_code=None,
                       page=Paging(after=after, limit=20))  # fmt: skip
            deep.append(perf_counter() - began)
            began = perf_counter()
            find_shown(tx, today, subject_id=None, name=f"滨海虚构{n // 5}公司", item_code=None,
                       page=Paging(limit=20))  # fmt: skip
            named.append(perf_counter() - began)
    engine.dispose()
    return {
        "anywhere in 1 M p95 ms": round(1_000 * shares(deep, 95)[0], 2),
        "of one organisation p95 ms": round(1_000 * shares(named, 95)[0], 2),
    }
