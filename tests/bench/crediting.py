"""What credit costs: a record captured with its score, a score of a thousand facts, a day in the
past, a public page of a million."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Engine, func, select

from libs.contracts.enforcement import CreditClass
from libs.events.core.fields import Paging
from libs.events.http.bodies import place_of
from libs.events.store.databases import open_engine, prepare_tables
from libs.events.store.tables import events, metadata
from libs.events.system.gc_tuning import collect_seldom
from services.credit.main import shown
from services.credit.publicity.projection import PublicRow, find_shown
from services.credit.sheet.stream import Sheets
from services.credit.subject.completion import score_now
from services.credit.subject.projection import SubjectRow
from tests.bench.ground import urls
from tests.bench.measuring import shares
from tests.conftest import RULES
from tests.credit import past as p
from tests.credit.deciding import paid, published, revoked, served
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


def heard(here: Mill) -> None:
    """What was told is taken by records and subjects, a hundred events in a turn."""
    for name in ("credit.record", "credit.subject"):
        here.listen()
        while places := [one for one in here.waiting() if one[0] == name]:
            here.take(*places[:100])


def of_a_thousand(folder: Path, database: str) -> dict[str, float]:
    """The score of a thousand records, under the lock; ms."""
    with grown(folder, database) as here:
        for one in range(RECORDS):
            event = served(one, FIRST, credit_class=CreditClass.MINOR)
            here.tell(f"case/{one}", p.on("05-20") + timedelta(minutes=one), event)
        heard(here)
        with here.settler.log.engine.connect() as tx:
            (row,) = SubjectRow.all(tx)
            score = timed(
                lambda n: score_now(RULES, tx, row.subject_id, row.history_from, p.on("06-15"))
            )
    return {
        "score of 1,000 contributions p50 ms": score[50],
        "score of 1,000 contributions p95 ms": score[95],
    }


def on_a_day(folder: Path, database: str) -> dict[str, float]:
    """The sheet of some day, with its lists and its score, of a subject with a thousand events: 300
    records captured, published and paid for, and a hundred withdrawn with their decisions; ms."""
    with grown(folder, database) as here:
        later = timedelta(days=10)
        for one in range(300):
            some = [served(one, FIRST), published(one), paid(one, FIRST + later)]
            here.tell(f"case/{one}", p.on("05-20") + timedelta(minutes=one), *some)
        heard(here)
        for one in range(0, 300, 3):
            here.tell(f"case/{one}", p.on("05-27") + timedelta(minutes=one), revoked(one))
        heard(here)
        sheets = Sheets(RULES, shown(RULES))
        with here.settler.log.engine.connect() as tx:
            (row,) = SubjectRow.all(tx)
            count = select(func.count()).select_from(events)
            ours = events.c.subject.startswith("record/") | events.c.subject.startswith("subject/")
            assert tx.execute(count.where(ours)).scalar_one() > 1_000

            def asked(n: int) -> None:
                day = FIRST + timedelta(days=14 + n % 20)
                sheets.sheet(tx, row, p.on("07-05"), day, FIRST + timedelta(days=60))

            sheet = timed(asked)
    return {
        "as_of, a subject of 1,000 events, p50 ms": sheet[50],
        "as_of, a subject of 1,000 events, p95 ms": sheet[95],
    }


def timed(measured: Callable[[int], object]) -> dict[int, float]:
    """Milliseconds, by percentile; garbage is looked for as seldom as in a service."""
    before = gc.get_threshold()
    collect_seldom()
    took = []
    try:
        for n in range(TIMES):
            began = perf_counter()
            measured(n)
            took.append(1_000 * (perf_counter() - began))
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
    return {one: round(shares(took, one)[0], 2) for one in (50, 95)}


def rows(count: int) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, count, 20_000):
        yield [
            {
                "record_id": UUID(int=n + 1), "correlation_id": f"M-{n}",
                "subject_id": UUID(int=n // 5), "name": f"滨海虚构{n // 5}公司",
                "item_code": "R-PEN", "credit_class": "GENERAL", "basis_no": f"津滨罚〔2026〕{n}号",
                "agency_code": "CGW", "decided_on": FIRST, "display_from": FIRST,
                "display_until": date(2027, 5, 6), "published": True, "shown": n % 10 != 0,
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
    prepare_tables(engine, metadata.sorted_tables)
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
        "a public page anywhere in 1 M, p95 ms": round(1_000 * shares(deep, 95)[0], 2),
        "a public page of one organisation, p95 ms": round(1_000 * shares(named, 95)[0], 2),
    }
