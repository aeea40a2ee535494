"""A wide rollback, and the very moment in which a measure is ordered and its record falls."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import UUID, uuid5

import pytest

from libs.contracts.credit import WithdrawnBecause
from libs.contracts.enforcement import CreditClass
from libs.contracts.vocabulary import RecordId, SubjectRef
from libs.events.core.kernel import Command, Context, Refused
from libs.events.deciding.settling import Busy, Receipt, Settler
from libs.events.store.databases import open_engine
from libs.events.store.tables import metadata
from libs.events.system.ids import uuid7
from services.credit.measure.commands import OrderMeasure
from services.credit.measure.projection import MeasureRow
from services.credit.record.commands import WithdrawRecord
from services.credit.record.projection import RecordRow
from services.credit.subject.projection import SubjectRow
from tests.credit import past as p
from tests.credit.deciding import (
    accepted,
    applied,
    lifted,
    ordering,
    record,
    returned,
    revoked,
    served,
)
from tests.credit.mill import AGENCIES, Mill, mill, replica
from tests.postgresql import postgresql_url

RECORDS, MEASURES, AWKWARD, FALL = 40, 60, 15, 5
AT: Final = p.on("06-15")
# A thousand in `make soak`.
TIMES: Final = int(os.environ.get("LIANBAN_RACES", "100"))
AT_ONCE: Final = 50


def stages(here: Mill) -> dict[UUID, str]:
    with here.settler.log.engine.connect() as tx:
        return {row.measure_id: row.stage for row in MeasureRow.all(tx)}


def captured(here: Mill, chance: Random) -> None:
    for one in range(RECORDS):
        on = date(2026, 5, 6) + timedelta(days=one // 4)
        kind = chance.choice([CreditClass.GENERAL, CreditClass.SEVERE])
        event = served(one, on, agency=AGENCIES[one % 12], credit_class=kind)
        here.tell(f"case/{one}", p.on("05-20"), event)
    here.drain(chance)


def ordered(here: Mill, chance: Random) -> tuple[list[OrderMeasure], dict[UUID, set[int]]]:
    """Sixty, each on records on which no other one of its agency rests already."""
    orders: list[OrderMeasure] = []
    supports: dict[UUID, set[int]] = {}
    for one in range(MEASURES):
        named = chance.sample(range(RECORDS), chance.choice([1, 1, 2, 3]))
        agency = AGENCIES[one % 9]
        others = [supports[o.measure_id] for o in orders if o.agency_code == agency]
        while any(known >= set(named) for known in others):
            named = chance.sample(range(RECORDS), 1)
        order = ordering(one, [record(o) for o in named], AT, agency=agency)
        assert here.ask(order, AT) is None
        orders.append(order)
        supports[order.measure_id] = set(named)
    return orders, supports


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_five_decisions_fall_in_one_hour_and_nothing_else_does(
    tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Forty records of twelve agencies, sixty measures at nine; fifteen were refused, or nobody
    has answered yet."""
    chance = Random(seed)
    with mill(tmp_path) as here:
        captured(here, chance)
        orders, supports = ordered(here, chance)
        awkward = chance.sample(orders, AWKWARD)
        refused = {one.measure_id for one in awkward[: AWKWARD // 2]}
        silent = {one.measure_id for one in awkward[AWKWARD // 2 :]}
        for order in orders:
            handoff_id = uuid5(order.measure_id, "MEASURE")
            events: list[Any] = [accepted(order, handoff_id), applied(order, handoff_id)]
            if order.measure_id in refused:
                events = [returned(order, handoff_id)]
            if order.measure_id not in silent:
                here.tell(f"handoff/{handoff_id}", AT + timedelta(hours=1), *events)
        here.drain(chance)

        fallen = set(chance.sample(range(RECORDS), FALL))
        began, before = time.process_time(), here.read
        for minutes, one in enumerate(sorted(fallen)):
            here.tell(f"case/{one}", AT + timedelta(days=2, minutes=12 * minutes), revoked(one))
        here.drain(chance)
        lifting = {
            one.measure_id for one in orders
            if supports[one.measure_id] <= fallen and one.measure_id not in refused
        }  # fmt: skip
        found = stages(here)
        assert {one for one, stage in found.items() if stage == "LIFT_ORDERED"} == lifting
        # What applies late comes after its lift was ordered, and changes nothing.
        for order in orders:
            handoff_id = uuid5(order.measure_id, "MEASURE")
            if order.measure_id in silent:
                late = [accepted(order, handoff_id), applied(order, handoff_id)]
                here.tell(f"handoff/{handoff_id}", AT + timedelta(days=3), *late)
            if order.measure_id in lifting:
                other = uuid5(order.measure_id, "LIFT")
                here.tell(f"handoff/{other}", AT + timedelta(days=3), lifted(order, other))
        here.drain(chance)
        seconds, told = time.process_time() - began, here.read - before

        found = stages(here)
        for order in orders:
            kind_of = found[order.measure_id]
            if order.measure_id in refused:
                assert kind_of == "REFUSED"
            elif order.measure_id in lifting:
                assert kind_of == "LIFTED"
            else:
                assert kind_of == "APPLIED"
        with here.settler.log.engine.connect() as tx:
            standing = Counter(row.standing for row in RecordRow.all(tx))
            (subject,) = SubjectRow.all(tx)
        assert standing == {"CAPTURED": RECORDS - FALL, "WITHDRAWN": FALL}
        assert subject.score == 0
    with capsys.disabled():
        print(f"\n  seed {seed}: {told} events in {seconds:.2f} s of CPU, {len(lifting)} lifted")


# The very moment


def withdrawal(record_id: UUID) -> WithdrawRecord:
    return WithdrawRecord(
        record_id=RecordId(record_id), cause=WithdrawnBecause.DECISION_FELL, document_no=None,
        at=AT, basis_event_id=p.uid(9), reacted=True,
    )  # fmt: skip


async def asked(settler: Settler, command: Command) -> Receipt | Refused:
    context = Context(
        actor="credit-1", role="CREDIT_OFFICER", agency="FGW", at=AT, occurred=AT,
        causation_id=uuid7(),
    )  # fmt: skip
    while True:
        try:
            return await settler.ask(command, context)
        except Refused as no:
            return no
        except Busy as queue:  # a machine that does much else: asked again, as it says
            await asyncio.sleep(queue.retry_after)


def firm(one: int) -> SubjectRef:
    """Each race is another subject's."""
    return replace(p.FIRM, subject_id=p.uid(100_000 + one))


async def raced(settlers: Sequence[Settler], times: int) -> Counter[str]:
    """An order and the fall of what it rests on, each pair at once."""
    chance, told = Random(1), Counter[str]()
    for start in range(0, times, AT_ONCE):
        asking = []
        for one in range(start, min(start + AT_ONCE, times)):
            first, second = chance.sample([0, 1], 2) if chance.random() < 0.75 else [0, 0]
            known = record(one, firm(one))
            order = ordering(one, [known], AT, subject_id=firm(one).subject_id)
            pair = [
                asked(settlers[first], order),
                asked(settlers[second], withdrawal(known)),
            ]
            chance.shuffle(pair)
            asking += pair
        for answer in await asyncio.gather(*asking):
            told[answer.rule if isinstance(answer, Refused) else "done"] += 1
    return told


def race(folder: Path, url: str, times: int) -> tuple[Counter[str], Counter[str]]:
    """What was answered, and where the measures stand when all has been taken in."""
    engine = open_engine(url)
    metadata.drop_all(engine)
    engine.dispose()
    with mill(folder, url) as here:
        for one in range(times):
            event = served(one, date(2026, 5, 6), firm=firm(one))
            here.tell(f"case/{one}", p.on("05-20"), event)
        here.drain()
        engine = open_engine(url)
        second = replica(engine, here.service.world.keys, here.clock)
        with here.settler, second.settler:
            told = asyncio.run(raced([here.settler, second.settler], times))
        here.drain()
        engine.dispose()
        return told, Counter(stages(here).values())


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return postgresql_url()
    return f"sqlite:///{tmp_path}/both.db"


@pytest.mark.whole
@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_a_measure_ordered_in_the_moment_its_record_falls_does_not_stay(
    tmp_path: Path, database: str
) -> None:
    told, ended = race(tmp_path, database, TIMES)
    assert told["done"] + told["basis-invalid"] == 2 * TIMES
    assert set(ended) <= {"LIFT_ORDERED"}
    assert ended["LIFT_ORDERED"] == TIMES - told["basis-invalid"]
    # Both came about: otherwise nobody raced.
    assert 0 < told["basis-invalid"] < TIMES


def test_nothing_is_ordered_on_what_fell_before(tmp_path: Path) -> None:
    with mill(tmp_path) as here:
        here.tell("case/1", p.on("05-20"), served(1, date(2026, 5, 6)), revoked(1))
        here.drain()
        refusal = here.ask(ordering(1, [record(1)], AT), AT)
        assert refusal is not None
        assert refusal.rule == "basis-invalid"
        assert stages(here) == {}
