"""Many copies of all stories interleaved in one suite: none of them knows of another.

Each copy has parties, documents and places of its own, and shares what a district shares: services,
agencies, officers, mediators, numbers and the calendar. `make many COPIES=50` tells fifty of each.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
from sqlalchemy import Boolean, Column, String, Table, func, select

from libs.console import suite as suites
from libs.console.client import open_client
from libs.console.play import Played, play_together
from libs.console.scenario import Scenario
from libs.console.suite import Suite
from libs.events.core.kernel import Event
from libs.events.store.numbers import numbered_fields
from libs.events.store.tables import OF, events, numbers, parked, tables_of
from services.oversight.clock.projection.rows import ClockRow
from services.oversight.trace.projection import EventRow
from tests.conftest import PACK, ROOT, environment
from tests.faults.agreeing import rows

ASKED: Final = environment("LIANBAN_COPIES")
COPIES: Final = int(ASKED or "1")
BINHAI: Final = ROOT / "jurisdictions" / "binhai"
STORIES: Final = sorted((ROOT / "demo" / "scenarios").glob("*.yaml"))
# What names one thing or person, and no kind of them.
NAMING: Final = ("id", "_no", "_ref", "_hash", "subject", "subjects", "thing", "name", "document")
# Who is drawn for an inspection is drawn from all officers.
OF_CHANCE: Final = ("officers", "witness", "nonce", "seed")
# More events than there are.
ALL: Final = "1000000"
# Of what a column may say, if rows are counted by it: more are no kinds.
KINDS: Final = 20


@dataclass(frozen=True)
class Town:
    """What came of all tellings, each named by its story and copy, and where it is on record."""

    suite: Suite
    kafka_url: str
    before: Mapping[str, int]
    loaded: Set[str]
    played: Mapping[tuple[str, int], Played]

    def rows(self, service: str, query: Any) -> list[Any]:
        return rows(f"sqlite:///{self.suite.folder}/{service}.db", query)

    def recorded(self, service: str) -> list[Any]:
        """Since the pack was loaded."""
        return self.rows(service, select(events).where(events.c.position > self.before[service]))

    def owners(self) -> Mapping[str, tuple[str, int]]:
        """Whose each stream is."""
        return {event.subject: who for who, one in self.played.items() for event in one.heard}


def heads(suite: Suite) -> Mapping[str, int]:
    query = select(func.coalesce(func.max(events.c.position), 0).label("head"))
    return {one: rows(f"sqlite:///{suite.folder}/{one}.db", query)[0].head for one in suite.ports}


async def rested(suite: Suite) -> None:
    """Everybody has heard of the whole pack."""
    client = open_client(suite)
    try:
        await client.quiet()
    finally:
        await client.http.aclose()


def registers(service: str) -> Sequence[Table[Any]]:
    return [one for one in tables_of(service) if one.info.get(OF) == service]


def filled(suite: Suite) -> Set[str]:
    """The registers in which something of the pack stands: they are the same for all."""
    return {
        table.name
        for service in suite.ports
        for table in registers(service)
        if rows(f"sqlite:///{suite.folder}/{service}.db", select(table).limit(1))
    }


def otherwise(town: Town) -> Iterator[str]:
    """Every event and date of each copy; an event in the matter of another is a difference, too."""
    yield from (f"{who}: {one.differs}" for who, one in town.played.items() if one.differs)
    for name in town.suite.ports:
        yield from (f"{name} has parked {one}" for one in town.rows(name, select(parked)))


def foreign(town: Town) -> Iterator[str]:
    """What oversight shows in the matter of another story, and what it does not show."""
    owners = town.owners()
    of_matter: dict[str, set[tuple[str, int]]] = {}
    shown: Counter[tuple[str, int]] = Counter()
    for row in town.rows("oversight", select(EventRow.table)):
        if row.position > town.before[row.source]:
            of_matter.setdefault(row.correlation_id, set()).add(owners[row.subject])
            shown[row.source, row.position] += 1
    for matter, whose in of_matter.items():
        if len(whose) > 1:
            yield f"{matter} is of {whose}"
    if len(of_matter) < len(town.played):
        yield f"{len(of_matter)} matters, {len(town.played)} tellings"
    recorded = {(name, row.position) for name in town.suite.ports for row in town.recorded(name)}
    if shown != Counter(recorded):
        yield f"shown and recorded differ: {(shown - Counter(recorded)).total()}"


def given_out(town: Town, service: str) -> Iterator[tuple[str, str]]:
    """Each number that the service has given, and of which kind it is."""
    for row in town.rows(service, select(events.c.type, events.c.data)):
        for name, kind in numbered_fields(Event.known[row.type]).items():
            yield kind, json.loads(row.data)[name]


def misnumbered(town: Town) -> Iterator[str]:
    """A number is given once, and none is left out."""
    found: Counter[tuple[str, str]] = Counter()
    for service in town.suite.ports:
        given = Counter(given_out(town, service))
        counted = Counter[str]()
        for row in town.rows(service, select(numbers)):
            counted[row.kind] += row.last
        kinds = Counter(kind for kind, _ in given.elements())
        if kinds != counted:
            yield f"{service} has given {kinds}, and has counted {counted}"
        found += given
    yield from (f"{number} was given {n} times" for (_, number), n in found.items() if n > 1)
    named = {kind for kind, _ in found}
    if lacking := {"report", "handoff", "lead", "case", "decision", "record", "dispute"} - named:
        yield f"no number was given of {lacking}"


def sorts(table: Table[Any]) -> Sequence[Column[Any]]:
    """What rows of a read model are counted by: a code, a state, yes or no."""
    return [
        one
        for one in table.columns
        if isinstance(one.type, (String, Boolean))
        and not one.name.endswith(NAMING)
        and one.name not in OF_CHANCE
    ]


def uneven(town: Town) -> Iterator[str]:
    """So many copies, so many times each count: by every state and code that a register has."""
    counted = 0
    for service in town.suite.ports:
        for table in registers(service):
            for column in sorts(table):
                groups = select(column, func.count().label("number")).group_by(column)
                found = town.rows(service, groups.limit(KINDS + 1))
                if len(found) <= KINDS and table.name not in town.loaded:
                    counted += 1
                    for said, number in found:
                        if number % COPIES:
                            yield f"{table.name} has {number} rows whose {column.name} is {said}"
    if counted < 60:
        yield f"only {counted} columns were counted by"


def told_again(town: Town) -> Iterator[str]:
    """A register made again from all that has happened, in one turn, comes out the same."""
    again = {
        "LIANBAN_VAR": str(town.suite.folder.parent), "LIANBAN_SUITE": town.suite.name,
        "LIANBAN_PACK": str(BINHAI), "KAFKA_BOOTSTRAP_SERVERS": town.kafka_url,
    }  # fmt: skip
    for service in town.suite.ports:
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.again", service, town.suite.name, ALL],
            cwd=ROOT, env={**os.environ, **again}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            yield f"{service} could not be rebuilt: {done.stderr[-500:]}"
        else:
            yield from json.loads(done.stdout.splitlines()[-1])


def off_time(town: Town) -> Iterator[str]:
    """Second clocks have run, their owners have said the same, and none differs."""
    clocks = town.rows("oversight", select(ClockRow.table))
    yield from (f"{one.id} differs" for one in clocks if one.differs)
    said = sum(one.said_at is not None for one in clocks)
    if len(clocks) < 20 * COPIES or said < 10 * COPIES:
        yield f"{len(clocks)} clocks, {said} of them said by their owners"


@pytest.mark.broker
@pytest.mark.skipif(not ASKED, reason="`make many`; `make test` looks at what test_private tells")
@pytest.mark.timeout(7_200)
def test_copies_of_all_stories_know_nothing_of_each_other(tmp_path: Path, kafka_url: str) -> None:
    who = [(file, copy) for copy in range(COPIES) for file in STORIES]
    told = [Scenario.read(file, PACK, number) for number, (file, _) in enumerate(who, 1)]
    with suites.running(
        f"many-{uuid4().hex[:6]}", var=tmp_path, pack=BINHAI, kafka_url=kafka_url,
        begins=min(one.begins for one in told),
    ) as suite:  # fmt: skip
        asyncio.run(rested(suite))
        before, loaded = heads(suite), filled(suite)
        played = asyncio.run(play_together(told, suite, PACK, lambda _, step: None))
        names = [(file.name, copy) for file, copy in who]
        town = Town(suite, kafka_url, before, loaded, dict(zip(names, played, strict=True)))
        found = {name: list(check(town)) for name, check in CHECKS.items()}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


# What must hold of stories told at once, also where each is told once.
OF_ANY: Final[Mapping[str, Callable[[Town], Iterator[str]]]] = {
    "as told": otherwise,
    "traces": foreign,
    "numbers": misnumbered,
    "second clocks": off_time,
}
CHECKS: Final[Mapping[str, Callable[[Town], Iterator[str]]]] = {
    **OF_ANY,
    "registers": uneven,
    "registers again": told_again,
}
