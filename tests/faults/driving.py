"""Who asks, and keeps a ledger of what was acknowledged."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from threading import Condition
from typing import Any, Final
from uuid import UUID

import httpx

from libs.console.numbers import firm
from libs.contracts import credit, enforcement, grid
from libs.contracts.vocabulary import Role
from libs.events.core.kernel import Event
from libs.events.system.clocks import ClockFile
from tests.conftest import PACK
from tests.faults.cluster import Cluster

Who = tuple[str, str, str]

SEAT: Final = ("seat", Role.HOTLINE_SEAT, "WGZX")
RECEIVER: Final = ("receiver", Role.GRID_RECEIVER, "WGZX")
DISPATCHER: Final = ("dispatcher", Role.GRID_DISPATCHER, "WGZX")
OFFICER: Final = ("officer-CGW-01", Role.OFFICER, "CGW")
CREDIT: Final = ("credit-1", Role.CREDIT_OFFICER, "FGW")
CALLERS: Final = 4
# The last day on which every agency of the pack has its contract.
CONTRACTS_UNTIL: Final = min(
    row.day("valid_until", date.max) for row in PACK.tables["subscriptions"]
)


@dataclass(frozen=True)
class Asking:
    """One command of a course, and the event that its acknowledgement promises."""

    service: str
    path: str
    body: Mapping[str, Any]
    who: Who
    promises: type[Event] | None


@dataclass
class Ledger:
    """By stream: which events were promised; and every stream that anything was asked of."""

    promised: dict[str, list[type[Event]]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    # Streams of others, whose events are judged elsewhere.
    others: Set[str] = frozenset()

    def of(self, kind: str) -> list[str]:
        return [one for one in self.promised if one.startswith(f"{kind}/")]


class Turns:
    """Either courses are going on, or somebody waits for quiet."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._busy = 0
        self._rests = False

    def begin(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._rests)
            self._busy += 1

    def end(self) -> None:
        with self._changed:
            self._busy -= 1
            self._changed.notify_all()

    def rest(self) -> None:
        """Returns when every course that was begun is over; none begins until they go on."""
        with self._changed:
            self._rests = True
            self._changed.wait_for(lambda: not self._busy)

    def go_on(self) -> None:
        with self._changed:
            self._rests = False
            self._changed.notify_all()


@dataclass
class Driver:
    """Reports are dispatched, leads received, records captured; each caller takes them in turn."""

    cluster: Cluster
    chance: random.Random
    ledger: Ledger = field(default_factory=Ledger)
    ends: bool = False
    # No course begins any more; one that has begun goes on to its end.
    over: bool = False
    turns: Turns = field(default_factory=Turns)
    firms: int = 0

    async def run(self) -> None:
        async with httpx.AsyncClient(timeout=4.0, trust_env=False) as http:
            await asyncio.gather(*(self._caller(http) for _ in range(CALLERS)))

    async def _caller(self, http: httpx.AsyncClient) -> None:
        while not self.ends:
            for course in self._courses():
                if self.ends or self.over:
                    return
                await asyncio.to_thread(self.turns.begin)
                try:
                    if not self.over:
                        await self._course(http, *course())
                finally:
                    self.turns.end()
                await asyncio.sleep(0.05)

    def _courses(self) -> Sequence[Callable[[], tuple[str, Sequence[Asking]]]]:
        """Of the services there are."""
        known = {"enforcement": self._lead, "credit": self._record}
        further = [one for name, one in known.items() if name in self.cluster.services]
        return [self._report, self._report, *further]

    @cached_property
    def now(self) -> ClockFile:
        """The business clock of the suite."""
        return ClockFile(self.cluster.suite.clock)

    def _id(self) -> UUID:
        return UUID(int=self.chance.getrandbits(128), version=4)

    def _report(self) -> tuple[str, Sequence[Asking]]:
        report = self._id()
        here = f"/reports/{report}"
        dispatched = {"handoff_id": str(self._id()), "assignment_id": str(self._id())}
        return f"report/{report}", [
            Asking("grid", "/reports", reported(report, self.now()), SEAT, grid.ReportSubmitted),
            Asking("grid", f"{here}/register", {}, RECEIVER, grid.ReportRegistered),
            Asking("grid", f"{here}/dispatch", dispatched, DISPATCHER, grid.ReportDispatched),
        ]

    def _lead(self) -> tuple[str, Sequence[Asking]]:
        lead = self._id()
        body = {
            "lead_id": str(lead), "source_channel": "PATROL", "source_ref": f"patrol/{lead}",
            "power_item_code": "P-WASTE-01", "facts": "spoil beside the road",
            "discovered_at": self.now().isoformat(),
        }  # fmt: skip
        return f"lead/{lead}", [
            Asking("enforcement", "/leads", body, OFFICER, enforcement.LeadReceived)
        ]

    def _record(self) -> tuple[str, Sequence[Asking]]:
        """Of a firm that nobody has spoken of yet."""
        self.firms += 1
        record = self._id()
        party = {
            "kind": "ENTERPRISE", "id_type": "USCC", "id_number": firm(self.firms),
            "name": f"滨海虚构{self.firms}公司",
        }  # fmt: skip
        day = (self.now() - timedelta(days=20)).date().isoformat()
        body = {
            **party, "record_id": str(record), "item_code": "R-PEN", "credit_class": "GENERAL",
            "basis_document": {
                "type": "PENALTY_DECISION", "no": f"津滨市监罚〔2026〕{self.firms}号",
                "agency_code": "SCJ", "decided_on": day,
            },
            "behaviour_date": day, "legal_basis": [{"law": "食品安全法", "article": "126"}],
        }  # fmt: skip
        return f"record/{record}", [
            Asking("credit", "/subjects", party, CREDIT, None),
            Asking("credit", "/records", body, CREDIT, credit.RecordCaptured),
        ]

    async def _course(self, http: httpx.AsyncClient, stream: str, course: Sequence[Asking]) -> None:
        self.ledger.promised[stream] = []
        for asking in course:
            if not await self._asked(http, asking):
                return
            if asking.promises is not None:
                self.ledger.promised[stream].append(asking.promises)

    async def _asked(self, http: httpx.AsyncClient, asking: Asking) -> bool:
        """Sent again until somebody acknowledges it: sent twice, it is still one thing."""
        headers = self.cluster.suite.headers(*asking.who)
        while True:
            url = self.chance.choice(self.cluster.of(asking.service)).url
            with suppress(httpx.HTTPError):
                answer = await http.post(f"{url}{asking.path}", json=asking.body, headers=headers)
                if answer.is_success:
                    return True
                if answer.status_code < 500:
                    self.ledger.refused.append(f"{asking.path}: {answer.text}")
                    return False
            if self.ends:
                return False
            await asyncio.sleep(0.2)


def reported(report: UUID, at: datetime) -> dict[str, Any]:
    return {
        "report_id": str(report), "channel": "HOTLINE_8890", "category_code": "1201160102",
        "description": "rubbish beside the road",
        "location": {"lon": 117.642, "lat": 39.032, "accuracy_m": 8},
        "captured_at": at.isoformat(),
    }  # fmt: skip
