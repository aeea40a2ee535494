"""Replays a city's own rows against a suite, in the order of their own times.

The business clock stands at a row's own time when its report is made and when the agency's answer
comes, so that deadlines fall due as they did. What an agency, a receiver or a dispatcher does in
between is done at the end of a window of at most half an hour, before anything falls due in it.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import uuid5

import httpx

from libs.console.client import Client
from libs.console.mapping import Case, Mapped

WINDOW: Final = timedelta(minutes=30)
MOMENTS: Final = 150
AT_ONCE: Final = 16
RECORD: Final = {"sha256": sha256(b"the city's own record").hexdigest(), "kind": "CALL_RECORD"}
OPEN, CLOSE = "open", "close"


class Unexpected(Exception):
    """A command was answered as it must not have been."""


@dataclass
class Replay:
    """What has come of it so far, beside what the services know."""

    client: Client
    mapped: Mapped
    told: Callable[[int], None]
    counts: Counter[str] = field(default_factory=Counter)
    merges: Counter[str] = field(default_factory=Counter)
    waiting: dict[str, list[Case]] = field(default_factory=lambda: defaultdict(list))
    ended: set[str] = field(default_factory=set)

    async def run(self) -> None:
        """To the closing of the last row that closes."""
        await self.client.learn()
        await self.client.quiet()
        known = {case.key: case for case in self.mapped.cases}
        moments = moments_of(self.mapped.cases)
        place = 0
        while place < len(moments):
            # Whatever falls due before the first of them happens first.
            await self.client.move(moments[place][0], without=("oversight",), step=False)
            window = self._window(moments, place)
            opened, closed = [], []
            for at, what, case in window:
                self.client.set(at)
                if what == OPEN:
                    await self._open(case)
                    opened.append(case)
                elif await self._close(case, known):
                    closed.append(case)
            await self._follow(opened, closed)
            place += len(window)
            self.told(len(window))
        await self.client.quiet()

    def _window(self, moments: Sequence[Any], place: int) -> Sequence[Any]:
        """As many as lie together, before anything is due, none that needs what is still to do."""
        first = moments[place][0]
        limit = first + WINDOW
        if self.client.due is not None:
            limit = min(limit, self.client.due)
        inside: set[str] = set()
        taken: list[Any] = []
        for one in moments[place : place + MOMENTS]:
            at, what, case = one
            if taken and at >= limit:
                break
            # The agency has to have it before it can answer.
            if what == CLOSE and (case.key in inside or case.duplicate_of in inside):
                break
            inside.add(case.key)
            taken.append(one)
        return taken

    async def _open(self, case: Case) -> None:
        """Reported, and unless the city closed it as a duplicate, registered and dispatched."""
        body = {
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
        await self._dispatch(case, self._first(case), "first")

    def _first(self, case: Case) -> str:
        """Where it went at first: for what was given back later, to whoever has such things."""
        return self.mapped.leads[case.category_code] if case.reallocated else case.agency

    async def _dispatch(self, case: Case, agency: str, which: str) -> None:
        body = {
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

    async def _follow(self, opened: Sequence[Case], closed: Sequence[Case]) -> None:
        """What others do about it, as soon as they have heard."""
        offered = [case for case in opened if case.outcome != "DUPLICATE"]
        given_back = [case for case in offered if case.reallocated and self._moves(case)]
        outside = [case for case in offered if case.outcome == "OUTSIDE"]
        stays = [case for case in offered if case not in given_back and case not in outside]
        if offered:
            await self._quiet()
            await self._together(self._signed(case, self._first(case)) for case in offered)
            await self._together(self._accepted(case) for case in stays)
            await self._together(self._returned_outside(case) for case in outside)
            await self._together(self._returned(case) for case in given_back)
        if given_back:
            await self._quiet()
            await self._together(self._dispatch(c, c.agency, "second") for c in given_back)
            await self._quiet()
            await self._together(self._signed(case, case.agency) for case in given_back)
            await self._together(self._accepted(case) for case in given_back)
        if closed:
            await self._quiet()
            await self._together(self._checked(case) for case in closed)
            await self._together(self._ended(case) for case in closed)
        await self._quiet()

    def _moves(self, case: Case) -> bool:
        return self._first(case) != case.agency and case.outcome != "OUTSIDE"

    async def _close(self, case: Case, known: dict[str, Case]) -> bool:
        """At the row's own closing time: the answer, the merge, or the refusal. Whether a check
        follows."""
        if case.outcome == "DUPLICATE":
            await self._merge(case, known)
            return False
        if case.outcome == "OUTSIDE":
            await self._refuse(case, "OUT_OF_SCOPE", "another agency")
            self.counts["referred outside"] += 1
            await self._ended(case)
            return False
        body = {
            "handoff_id": str(case.handoff_id),
            "outcome_code": case.outcome,
            "text": "closed in the city's own system",
        }
        await self._ask("exchange.FeedBackHandoff", body, handler(case.agency))
        return True

    async def _merge(self, case: Case, known: dict[str, Case]) -> None:
        """Into what the city named, if our rule accepts it; else it is refused as a duplicate."""
        target = known.get(case.duplicate_of)
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
                    await self._ended(case)
                else:
                    self.waiting[target.key].append(case)
                return
            problem = answer.json()
            if problem["rule"] != "merge-invalid":
                raise Unexpected(f"{case.key}: {answer.text}")
            limit = str(problem["details"]["limit"])
        self.merges[limit] += 1
        await self._refuse(case, "DUPLICATE", None)
        await self._ended(case)

    async def _refuse(self, case: Case, reason: str, referred_to: str | None) -> None:
        body = {
            "report_id": str(case.report_id),
            "reason": reason,
            "text": "closed so in the city's own system",
            "referred_to": referred_to,
        }
        await self._act("receiver", "grid.RefuseReport", body)

    async def _signed(self, case: Case, agency: str) -> None:
        body = {"handoff_id": str(case.handoff_id)}
        await self._ask("exchange.SignHandoff", body, handler(agency))

    async def _accepted(self, case: Case) -> None:
        body = {"handoff_id": str(case.handoff_id)}
        await self._ask("exchange.AcceptHandoff", body, handler(case.agency))

    async def _returned_outside(self, case: Case) -> None:
        body = {
            "handoff_id": str(case.handoff_id),
            "reason": "OUTSIDE_BODY",
            "text": "it belongs to another body",
        }
        await self._ask("exchange.ReturnHandoff", body, handler(self._first(case)))
        self.counts["returned"] += 1

    async def _returned(self, case: Case) -> None:
        body = {
            "handoff_id": str(case.handoff_id),
            "reason": self.mapped.reason,
            "text": "it was given back",
            "proposed_agency": case.agency,
            "basis": self.mapped.basis,
        }
        await self._ask("exchange.ReturnHandoff", body, handler(self._first(case)))
        self.counts["returned"] += 1
        self.counts["dispatched again"] += 1

    async def _checked(self, case: Case) -> None:
        body = {"report_id": str(case.report_id), "media": [RECORD]}
        await self._act("receiver", "grid.PassCheck", body)

    async def _ended(self, case: Case) -> None:
        """The reporter is told, and so are those whose reports were merged into it."""
        body = {"report_id": str(case.report_id), "reply_text": "your request was closed"}
        await self._act("dispatcher", "grid.CloseReport", body)
        self.ended.add(case.key)
        for merged in self.waiting.pop(case.key, ()):
            await self._ended(merged)

    async def _quiet(self) -> None:
        await self.client.quiet(without=("oversight",))

    async def _together(self, acts: Iterable[Any]) -> None:
        """So many at once as a small office would."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def gated(act: Any) -> None:
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


def handler(agency: str) -> tuple[str, str, str]:
    return (f"{agency}/handler", "AGENCY_HANDLER", agency)


def moments_of(cases: Sequence[Case]) -> list[tuple[datetime, str, Case]]:
    """Every opening and closing, by its own time; at the same time what opens comes first."""
    moments = [(case.opened, 0, OPEN, case) for case in cases]
    moments += [(case.closed, 1, CLOSE, case) for case in cases if case.closed is not None]
    moments.sort(key=lambda one: (one[0], one[1]))
    return [(at, what, case) for at, _, what, case in moments]
