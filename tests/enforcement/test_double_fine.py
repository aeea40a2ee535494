"""One act is fined once: two heads who decide in the same moment do not both fine it.

Again and again, on two replicas of the service over one database. Source: 行政处罚法 29.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import UUID, uuid4

import pytest

from libs.contracts.vocabulary import CaseId, LeadId, PersonId, PowerItemCode
from libs.events.core.kernel import Command, Context, Refused
from libs.events.deciding.settling import Busy, Receipt, Settler
from libs.events.store.databases import open_engine
from libs.events.store.tables import metadata
from libs.events.system.ids import uuid7
from services.enforcement.case import completion
from services.enforcement.case.commands.known import Signed
from tests.conftest import PACK
from tests.enforcement.case import past as p
from tests.orders.post import Post
from tests.orders.telling import hamlet
from tests.postgresql import postgresql_url

# A thousand in `make soak`.
TIMES: Final = int(os.environ.get("LIANBAN_RACES", "100"))
AT_ONCE: Final = 25
BEGINS: Final = datetime(2026, 1, 1, tzinfo=UTC)
SIGNED: Final = Signed(officers=(PersonId("officer-GZJ-09"), PersonId("officer-GZJ-10")))
BEFORE: Final[Sequence[Any]] = (
    p.OPEN, p.ASSIGN, p.STEP, p.COLLECT, p.CONCLUDE, p.NOTICE, p.WAIVE, p.ASK_REVIEW, p.PASS,
    p.DISCUSS,
)  # fmt: skip


def context(command: Any) -> Context:
    at = getattr(command, "at", p.on("06-20"))
    return Context(
        actor="gzj-head",
        role="AGENCY_HEAD",
        agency="GZJ",
        at=at,
        occurred=at,
        correlation_id=None,
        causation_id=uuid7(),
    )


def of(case_id: UUID, act: UUID, command: Any) -> Any:
    """The same command about another case, of this act's doer."""
    changed: dict[str, Any] = {"case_id": CaseId(case_id)}
    if hasattr(command, "signed"):
        changed["signed"] = SIGNED
    if command is p.OPEN:
        subject = replace(p.SUBJECT, subject_id=act)
        changed |= {
            "lead_id": LeadId(uuid4()),
            "subjects": (subject,),
            "parties": (replace(p.PARTY, subject_id=act),),
            "power_item_code": PowerItemCode("P-LAND-01"),
        }
    return replace(command, **changed)


async def asked(settler: Settler, command: Command) -> Receipt | Refused:
    while True:
        try:
            return await settler.ask(command, context(command))
        except Refused as no:
            return no
        except Busy as queue:  # a machine that does much else: asked again, as it says
            await asyncio.sleep(queue.retry_after)


async def ready(settler: Settler, pairs: Sequence[tuple[UUID, UUID, UUID]]) -> None:
    """Two cases about each act, each as far as the head's word."""
    for command in BEFORE:
        commands = [of(case, act, command) for act, *cases in pairs for case in cases]
        answers = await asyncio.gather(*(asked(settler, one) for one in commands))
        assert [one for one in answers if isinstance(one, Refused)] == []


async def raced(folder: Path, url: str, times: int) -> Counter[str]:
    """What two who decided at once were told, and how often."""
    chance = Random(1)
    engine = open_engine(url)
    metadata.drop_all(engine)
    engine.dispose()
    async with hamlet(folder, PACK, BEGINS, Post(), enforcement=url) as here:
        await here.loaded()
        first = here.members["enforcement"]
        second = here.assembled("enforcement")
        try:
            pairs = [(uuid4(), uuid4(), uuid4()) for _ in range(times)]
            await ready(first.service.settler, pairs)
            replicas = (first.service.settler, second.service.settler)
            told: Counter[str] = Counter()
            for start in range(0, times, AT_ONCE):
                asking = []
                some = pairs[start : start + AT_ONCE]
                for act, *cases in some:
                    # Mostly on two replicas; else in one turn of the same.
                    here_first = chance.random() < 0.5
                    other = here_first if chance.random() < 0.25 else not here_first
                    for case, where in zip(cases, (here_first, other), strict=True):
                        asking.append(asked(replicas[where], of(case, act, p.DECIDE)))
                answers = await asyncio.gather(*asking)
                for pair in zip(answers[::2], answers[1::2], strict=True):
                    rules = sorted(one.rule if isinstance(one, Refused) else "fined"
                                   for one in pair)  # fmt: skip
                    told[" and ".join(rules)] += 1
            return told
        finally:
            await second.stop()


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return postgresql_url()
    return f"sqlite:///{tmp_path}/both.db"


@pytest.mark.whole
@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_two_heads_in_one_moment_do_not_both_fine(tmp_path: Path, database: str) -> None:
    told = asyncio.run(raced(tmp_path, database, TIMES))
    assert told == {"double-fine and fined": TIMES}


def test_heads_who_do_not_look_would_both_fine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the test above must be able to find."""
    monkeypatch.setattr(completion, "find_fine", lambda *_: None)
    told = asyncio.run(raced(tmp_path, f"sqlite:///{tmp_path}/both.db", 5))
    assert told == {"fined and fined": 5}
