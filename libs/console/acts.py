"""What is done about a row, act by act: by whoever reports, receives, dispatches and answers.

Each act happens at the row's own time, or later where the suite's clock already stands past it.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import uuid5

import httpx

from libs.console.client import Client
from libs.console.mapping import Case, Mapped

RECORD: Final = {"sha256": sha256(b"the city's own record").hexdigest(), "kind": "CALL_RECORD"}


class Unexpected(Exception):
    """A command was answered as it must not have been."""


@dataclass
class Acts:
    """What has come of it so far, beside what the services know."""

    client: Client
    mapped: Mapped
    at_once: int = 16
    counts: Counter[str] = field(default_factory=Counter)
    merges: Counter[str] = field(default_factory=Counter)
    waiting: dict[str, list[Case]] = field(default_factory=lambda: defaultdict(list))
    ended: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.known = {case.key: case for case in self.mapped.cases}

    async def open(self, case: Case) -> None:
        """Reported; unless the city closed it as a duplicate, registered; and dispatched to whom
        it names."""
        self.client.set(case.opened)
        body: dict[str, Any] = {
            "report_id": str(case.report_id),
            "channel": case.channel,
            "category_code": case.category_code,
            "description": case.description,
            "location": dict(case.location),
            "captured_at": case.opened.isoformat(),
        }
        _, _, agency = self.mapped.acts["reporter"]
        await self._ask("grid.SubmitReport", body, (f"reporter-{case.key}", case.role, agency))
        if case.outcome == "DUPLICATE":
            return
        body = {"report_id": str(case.report_id)}
        if "lon" not in case.location:
            body["cell_code"] = case.cell_code
        await self._act("receiver", "grid.RegisterReport", body)
        if case.agency is not None:
            await self._dispatch(case, first(case, self.mapped), "first")

    async def _dispatch(self, case: Case, agency: str | None, which: str) -> None:
        body: dict[str, Any] = {
            "report_id": str(case.report_id),
            "assignment_id": str(uuid5(case.report_id, which)),
            "handoff_id": str(case.handoff_id),
            "agency_code": agency,
            "co_agencies": [],
        }
        if case.target is not None:
            body["dispose_due_at"] = case.target.isoformat()
        await self._act("dispatcher", "grid.DispatchReport", body)
        self.counts["dispatched"] += 1

    async def follow(self, opened: Sequence[Case], closed: Sequence[Case]) -> None:
        """What others do about it, as soon as they have heard."""
        offered = [case for case in opened if case.outcome != "DUPLICATE" and case.agency]
        outside = [case for case in offered if case.outcome == "OUTSIDE"]
        given_back = [case for case in offered if moves(case, self.mapped)]
        stays = [
            case for case in offered if case.outcome != "OUTSIDE" and not moves(case, self.mapped)
        ]
        if offered:
            await self._quiet()
            await self._together(self._signed(c, first(c, self.mapped)) for c in offered)
            await self._together(self._accepted(case) for case in stays)
            await self._together(self._returned_outside(case) for case in outside)
            await self._together(self._returned(case) for case in given_back)
        if given_back:
            await self._quiet()
            await self._together(self._dispatched_again(case) for case in given_back)
            await self._quiet()
            await self._together(self._signed(case, case.agency) for case in given_back)
            await self._together(self._accepted(case) for case in given_back)
        if closed:
            await self._quiet()
            await self._together(self._checked(case) for case in closed)
            await self._together(self._ended(case, case.closed) for case in closed)
        await self._quiet()

    async def close(self, case: Case) -> bool:
        """The answer, the merge, or the refusal. Whether a check follows."""
        assert case.closed is not None
        self.client.set(case.closed)
        if case.outcome == "DUPLICATE":
            await self._merge(case)
            return False
        if case.outcome == "OUTSIDE":
            await self._refuse(case, "OUT_OF_SCOPE", "another agency")
            self.counts["referred outside"] += 1
            await self._ended(case, case.closed)
            return False
        body: dict[str, Any] = {
            "handoff_id": str(case.handoff_id),
            "outcome_code": case.outcome,
            "text": "closed in the city's own system",
        }
        await self._ask("exchange.FeedBackHandoff", body, handler(case.agency))
        return True

    async def _merge(self, case: Case) -> None:
        """Into what the city named, if our rule accepts it; else it is refused as a duplicate."""
        target = self.known.get(case.duplicate_of)
        limit = "target not named" if not case.duplicate_of else "target not in the file"
        if target is not None:
            body = {
                "report_id": str(case.report_id),
                "target_report_id": str(target.report_id),
            }
            answer = await self._answer("receiver", "grid.MergeReport", body)
            if answer.is_success:
                self.merges["accepted"] += 1
                if target.key in self.ended:
                    await self._ended(case, case.closed)
                else:
                    self.waiting[target.key].append(case)
                return
            problem = answer.json()
            if problem["rule"] != "merge-invalid":
                raise Unexpected(f"{case.key}: {answer.text}")
            limit = str(problem["details"]["limit"])
        self.merges[limit] += 1
        await self._refuse(case, "DUPLICATE", None)
        await self._ended(case, case.closed)

    async def _refuse(self, case: Case, reason: str, referred_to: str | None) -> None:
        body: dict[str, Any] = {
            "report_id": str(case.report_id),
            "reason": reason,
            "text": "closed so in the city's own system",
            "referred_to": referred_to,
        }
        await self._act("receiver", "grid.RefuseReport", body)

    async def _signed(self, case: Case, agency: str | None) -> None:
        self.client.set(case.opened)
        body = {"handoff_id": str(case.handoff_id)}
        await self._ask("exchange.SignHandoff", body, handler(agency))

    async def _accepted(self, case: Case) -> None:
        self.client.set(case.opened)
        body = {"handoff_id": str(case.handoff_id)}
        await self._ask("exchange.AcceptHandoff", body, handler(case.agency))

    async def _returned_outside(self, case: Case) -> None:
        self.client.set(case.opened)
        body: dict[str, Any] = {
            "handoff_id": str(case.handoff_id),
            "reason": "OUTSIDE_BODY",
            "text": "it belongs to another body",
        }
        await self._ask("exchange.ReturnHandoff", body, handler(first(case, self.mapped)))
        self.counts["returned"] += 1

    async def _returned(self, case: Case) -> None:
        self.client.set(case.opened)
        body: dict[str, Any] = {
            "handoff_id": str(case.handoff_id),
            "reason": self.mapped.reason,
            "text": "it was given back",
            "proposed_agency": case.agency,
            "basis": self.mapped.basis,
        }
        await self._ask("exchange.ReturnHandoff", body, handler(first(case, self.mapped)))
        self.counts["returned"] += 1

    async def _dispatched_again(self, case: Case) -> None:
        self.client.set(case.opened)
        await self._dispatch(case, case.agency, "second")
        self.counts["dispatched again"] += 1

    async def _checked(self, case: Case) -> None:
        assert case.closed is not None
        self.client.set(case.closed)
        body = {"report_id": str(case.report_id), "media": [RECORD]}
        await self._act("receiver", "grid.PassCheck", body)

    async def _ended(self, case: Case, at: datetime | None) -> None:
        """The reporter is told, and so are those whose reports were merged into it."""
        assert at is not None
        self.client.set(at)
        body = {"report_id": str(case.report_id), "reply_text": "your request was closed"}
        await self._act("dispatcher", "grid.CloseReport", body)
        self.ended.add(case.key)
        for merged in self.waiting.pop(case.key, ()):
            await self._ended(merged, at)

    async def _quiet(self) -> None:
        await self.client.quiet(without=("oversight",))

    async def _together(self, acts: Iterable[Coroutine[Any, Any, None]]) -> None:
        """So many at once as an office of that size would."""
        gate = asyncio.Semaphore(self.at_once)

        async def gated(act: Coroutine[Any, Any, None]) -> None:
            async with gate:
                await act

        await asyncio.gather(*(gated(act) for act in acts))

    async def _answer(self, act: str, command: str, body: dict[str, Any]) -> httpx.Response:
        return await self.client.ask(command, body, self.mapped.acts[act])

    async def _act(self, act: str, command: str, body: dict[str, Any]) -> None:
        await self._ask(command, body, self.mapped.acts[act])

    async def _ask(self, command: str, body: dict[str, Any], who: tuple[str, str, str]) -> None:
        answer = await self.client.ask(command, body, who)
        if not answer.is_success:
            raise Unexpected(f"{command} {body}: {answer.text}")
        self.counts["commands"] += 1


def first(case: Case, mapped: Mapped) -> str | None:
    """Where it went at first: what was given back later, to whoever has such things."""
    return mapped.leads[case.category_code] if case.reallocated else case.agency


def moves(case: Case, mapped: Mapped) -> bool:
    """Whether its first agency gives it back to the one that the city names in the end."""
    return first(case, mapped) != case.agency and case.outcome != "OUTSIDE"


def handler(agency: str | None) -> tuple[str, str, str]:
    assert agency is not None
    return (f"{agency}/handler", "AGENCY_HANDLER", agency)
