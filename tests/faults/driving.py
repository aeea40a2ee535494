"""Who asks, and keeps a ledger of what was acknowledged."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import httpx

from tests.faults.cluster import BEGINS, Cluster

SEAT: Final = ("seat", "HOTLINE_SEAT", "WGZX")
RECEIVER: Final = ("receiver", "GRID_RECEIVER", "WGZX")
DISPATCHER: Final = ("dispatcher", "GRID_DISPATCHER", "WGZX")
CALLERS: Final = 4


@dataclass
class Ledger:
    """By report: which steps were acknowledged, and which were asked at all."""

    acknowledged: dict[UUID, list[str]] = field(default_factory=dict)
    handoffs: dict[UUID, UUID] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


@dataclass
class Driver:
    cluster: Cluster
    chance: random.Random
    ledger: Ledger = field(default_factory=Ledger)
    ends: bool = False

    async def run(self) -> None:
        async with httpx.AsyncClient(timeout=4.0, trust_env=False) as http:
            await asyncio.gather(*(self._caller(http) for _ in range(CALLERS)))

    async def _caller(self, http: httpx.AsyncClient) -> None:
        while not self.ends:
            await self._report(http, self._id(), self._id(), self._id())
            await asyncio.sleep(0.05)

    def _id(self) -> UUID:
        return UUID(int=self.chance.getrandbits(128), version=4)

    async def _report(
        self, http: httpx.AsyncClient, report: UUID, handoff: UUID, assignment: UUID
    ) -> None:
        self.ledger.acknowledged[report] = []
        self.ledger.handoffs[report] = handoff
        steps: list[tuple[str, str, dict[str, Any], tuple[str, str, str]]] = [
            ("submit", "/reports", body_of(report), SEAT),
            ("register", f"/reports/{report}/register", {}, RECEIVER),
            ("dispatch", f"/reports/{report}/dispatch",
             {"handoff_id": str(handoff), "assignment_id": str(assignment)}, DISPATCHER),
        ]  # fmt: skip
        for name, path, body, who in steps:
            if not await self._asked(http, path, body, who):
                return
            self.ledger.acknowledged[report].append(name)

    async def _asked(
        self, http: httpx.AsyncClient, path: str, body: dict[str, Any], who: tuple[str, str, str]
    ) -> bool:
        """Sent again until somebody acknowledges it: sent twice, it is still one thing."""
        headers = self.cluster.suite.headers(*who)
        while True:
            url = self.chance.choice(self.cluster.of("grid")).url
            with suppress(httpx.HTTPError):
                answer = await http.post(f"{url}{path}", json=body, headers=headers)
                if answer.is_success:
                    return True
                if answer.status_code < 500:
                    self.ledger.refused.append(f"{path}: {answer.text}")
                    return False
            if self.ends:
                return False
            await asyncio.sleep(0.2)


def body_of(report: UUID) -> dict[str, Any]:
    return {
        "report_id": str(report), "channel": "HOTLINE_8890", "category_code": "1201160102",
        "description": "rubbish beside the road",
        "location": {"lon": 117.642, "lat": 39.032, "accuracy_m": 8},
        "captured_at": BEGINS.isoformat(),
    }  # fmt: skip
