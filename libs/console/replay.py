"""Replays a city's own rows against a suite: each thing happens at its own time, row beside row.

Every command says when it happened, so that the clock only has to move for what falls due. Rows
that touch one another (one was merged into the other) are one group, whose moments come in their
order. In a round, every group does what comes next in it, up to a day ahead, unless something falls
due in it before; then the clock moves as far as nobody is asked too early or too late.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from libs.console.acts import Acts
from libs.console.client import INSTANT, NotQuiet
from libs.console.mapping import Case

WINDOW: Final = timedelta(days=1)
OPEN, CLOSE = "open", "close"
WITHOUT: Final = ("oversight",)

Moment: TypeAlias = tuple[datetime, str, Case]


@dataclass
class Replay:
    """Round by round: `told` hears how many moments have passed."""

    acts: Acts
    told: Callable[[int], None]

    async def run(self) -> None:
        """To the closing of the last row that closes."""
        client, moments = self.acts.client, moments_of(self.acts.mapped.cases)
        await client.learn()
        await client.quiet()
        groups = groups_of(self.acts.mapped.cases)
        streams = {
            subject: groups[case.key]
            for case in self.acts.mapped.cases
            for subject in (f"report/{case.report_id}", f"handoff/{case.handoff_id}")
        }
        waiting: dict[str, list[Moment]] = defaultdict(list)
        for one in moments:
            waiting[groups[one[2].key]].append(one)
        moment = moments[0][0]
        while waiting:
            horizon = min(some[0][0] for some in waiting.values()) + WINDOW
            dues = first_due(await client.due_by(horizon), streams)
            taken = taken_now(waiting, dues, horizon)
            if taken:
                await self._do(taken)
                dues = first_due(await client.due_by(horizon), streams)
            stood, moment = moment, clock_of(waiting, dues, horizon)
            if not taken and moment <= stood:
                raise NotQuiet(f"what is due by {horizon.isoformat()} stays due")
            await self._until(moment)
        await self._until(moments[-1][0])
        await client.quiet()

    async def _do(self, taken: Sequence[Moment]) -> None:
        acts = self.acts
        opened = [case for _, what, case in taken if what == OPEN]
        await acts.together(acts.open(case) for case in opened)
        closed: list[Case] = []

        async def close(case: Case) -> None:
            if await acts.close(case):
                closed.append(case)

        await acts.together(close(case) for _, what, case in taken if what == CLOSE)
        await acts.follow(opened, closed)
        await acts.client.quiet(without=WITHOUT)
        self.told(len(taken))

    async def _until(self, moment: datetime) -> None:
        """The clock stands there, and what fell due by then has happened, each at its own time."""
        self.acts.client.set(moment)
        while await self.acts.client.ask_deadlines():
            await self.acts.client.quiet(without=WITHOUT)


def moments_of(cases: Sequence[Case]) -> list[Moment]:
    """Every opening and closing, by its own time; at the same time what opens comes first."""
    moments = [(case.opened, 0, OPEN, case) for case in cases]
    moments += [(case.closed, 1, CLOSE, case) for case in cases if case.closed is not None]
    moments.sort(key=lambda one: (one[0], one[1]))
    return [(at, what, case) for at, _, what, case in moments]


def groups_of(cases: Sequence[Case]) -> dict[str, str]:
    """The group of each row: those that were merged into one another are one."""
    leads = {case.key: case.key for case in cases}

    def lead(key: str) -> str:
        while leads[key] != key:
            key = leads[key]
        return key

    for case in cases:
        if case.duplicate_of in leads:
            leads[lead(case.key)] = lead(case.duplicate_of)
    return {key: lead(key) for key in leads}


def first_due(
    dues: Iterable[tuple[str, datetime]], streams: dict[str, str]
) -> dict[str, list[datetime]]:
    """What falls due in each group, the earliest first."""
    found: dict[str, list[datetime]] = defaultdict(list)
    for subject, at in dues:
        if subject not in streams:
            raise NotQuiet(f"{subject} falls due at {at.isoformat()}, and belongs to no row")
        found[streams[subject]].append(at)
    return {group: sorted(some) for group, some in found.items()}


def taken_now(
    waiting: dict[str, list[Moment]], dues: dict[str, list[datetime]], horizon: datetime
) -> list[Moment]:
    """What each group does in this round, taken out of what waits: openings together, or one
    closing; nothing behind what falls due in it first."""
    taken: list[Moment] = []
    for group in list(waiting):
        some = waiting[group]
        limit = min([*dues.get(group, [])[:1], horizon])
        count = 0
        while count < len(some) and some[count][0] <= limit:
            if some[count][1] == CLOSE:
                count += not count
                break
            count += 1
        taken += some[:count]
        del some[:count]
        if not some:
            del waiting[group]
    return taken


def clock_of(
    waiting: dict[str, list[Moment]], dues: dict[str, list[datetime]], horizon: datetime
) -> datetime:
    """As far as the clock can move: nothing is asked that an answer still to come is in time for,
    and no group is passed whose next moment waits for what falls due before it."""
    limit = horizon
    for group, some in waiting.items():
        at = some[0][0]
        for due in dues.get(group, ()):
            if due >= at:
                limit = min(limit, due - INSTANT)
                break
            limit = min(limit, at)
    return limit
