"""What is done about a row, act by act: by whoever reports, receives, dispatches and answers.

Each act happens at the row's own time, wherever the suite's clock stands: rows that do not touch
one another go side by side.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import uuid5

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
    at_once: int = 64
    counts: Counter[str] = field(default_factory=Counter)
    merges: Counter[str] = field(default_factory=Counter)
    waiting: dict[str, list[Case]] = field(default_factory=lambda: defaultdict(list))
    ended: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.known = {case.key: case for case in self.mapped.cases}

    async def open(self, case: Case) -> None:
        """Reported; unless the city closed it as a duplicate, registered; and dispatched to whom
        it names."""
        body: dict[str, Any] = {
            "report_id": str(case.report_id),
            "channel": case.channel,
            "category_code": case.category_code,
            "description": case.description,
            "location": dict(case.location),
            "captured_at": case.opened.isoformat(),
        }
        _, _, agency = self.mapped.acts["reporter"]
        who = (f"reporter-{case.key}", case.role, agency)
        await self._ask("grid.SubmitReport", body, who, case.opened)
        if case.outcome == "DUPLICATE":
            return
        body = {"report_id": str(case.report_id)}
        if "lon" not in case.location:
            body["cell_code"] = case.cell_code
        await self._act("receiver", "grid.RegisterReport", body, case.opened)
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
        await self._act("dispatcher", "grid.DispatchReport", body, case.opened)
        self.counts["dispatched"] += 1

    async def follow(self, opened: Sequence[Case], closed: Sequence[Case]) -> None:
        """What others do about it, as soon as they have heard."""
        offered = [case for case in opened if case.outcome != "DUPLICATE" and case.agency]
        if not offered and not closed:
            return
        given_back = [case for case in offered if moves(case, self.mapped)]
        await self._quiet()
        await self.together(
            [*(self._answered(case) for case in offered), *(self._closed(case) for case in closed)]
        )
        if given_back:
            await self._quiet()
            await self.together(self._dispatched_again(case) for case in given_back)
            await self._quiet()
            await self.together(self._taken_over(case) for case in given_back)

    async def _answered(self, case: Case) -> None:
        """Its first agency signs, and accepts or returns it."""
        await self._signed(case, first(case, self.mapped))
        if case.outcome == "OUTSIDE":
            await self._returned_outside(case)
        elif moves(case, self.mapped):
            await self._returned(case)
        else:
            await self._accepted(case)

    async def _taken_over(self, case: Case) -> None:
        await self._signed(case, case.agency)
        await self._accepted(case)

    async def _closed(self, case: Case) -> None:
        await self._checked(case)
        await self._ended(case, case.closed)

    async def close(self, case: Case) -> bool:
        """The answer, the merge, or the refusal. Whether a check follows."""
        assert case.closed is not None
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
        await self._ask("exchange.FeedBackHandoff", body, handler(case.agency), case.closed)
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
            who = self.mapped.acts["receiver"]
            answer = await self.client.ask("grid.MergeReport", body, who, at=case.closed)
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
        await self._act("receiver", "grid.RefuseReport", body, case.closed)

    async def _signed(self, case: Case, agency: str | None) -> None:
        body = {"handoff_id": str(case.handoff_id)}
        await self._ask("exchange.SignHandoff", body, handler(agency), case.opened)

    async def _accepted(self, case: Case) -> None:
        body = {"handoff_id": str(case.handoff_id)}
        await self._ask("exchange.AcceptHandoff", body, handler(case.agency), case.opened)

    async def _returned_outside(self, case: Case) -> None:
        body: dict[str, Any] = {
            "handoff_id": str(case.handoff_id),
            "reason": "OUTSIDE_BODY",
            "text": "it belongs to another body",
        }
        await self._ask(
            "exchange.ReturnHandoff", body, handler(first(case, self.mapped)), case.opened
        )
        self.counts["returned"] += 1

    async def _returned(self, case: Case) -> None:
        body: dict[str, Any] = {
            "handoff_id": str(case.handoff_id),
            "reason": self.mapped.reason,
            "text": "it was given back",
            "proposed_agency": case.agency,
            "basis": self.mapped.basis,
        }
        await self._ask(
            "exchange.ReturnHandoff", body, handler(first(case, self.mapped)), case.opened
        )
        self.counts["returned"] += 1

    async def _dispatched_again(self, case: Case) -> None:
        await self._dispatch(case, case.agency, "second")
        self.counts["dispatched again"] += 1

    async def _checked(self, case: Case) -> None:
        assert case.closed is not None
        body = {"report_id": str(case.report_id), "media": [RECORD]}
        await self._act("receiver", "grid.PassCheck", body, case.closed)

    async def _ended(self, case: Case, at: datetime | None) -> None:
        """The reporter is told, and so are those whose reports were merged into it."""
        assert at is not None
        body = {"report_id": str(case.report_id), "reply_text": "your request was closed"}
        await self._act("dispatcher", "grid.CloseReport", body, at)
        self.ended.add(case.key)
        for merged in self.waiting.pop(case.key, ()):
            await self._ended(merged, at)

    async def _quiet(self) -> None:
        await self.client.quiet(without=("oversight",))

    async def together(self, acts: Iterable[Coroutine[Any, Any, None]]) -> None:
        """So many at once as an office of that size would."""
        gate = asyncio.Semaphore(self.at_once)

        async def gated(act: Coroutine[Any, Any, None]) -> None:
            async with gate:
                await act

        await asyncio.gather(*(gated(act) for act in acts))

    async def _act(self, act: str, command: str, body: dict[str, Any], at: datetime | None) -> None:
        await self._ask(command, body, self.mapped.acts[act], at)

    async def _ask(
        self, command: str, body: dict[str, Any], who: tuple[str, str, str], at: datetime | None
    ) -> None:
        assert at is not None
        answer = await self.client.ask(command, body, who, at=at)
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
