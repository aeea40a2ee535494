"""Replays a city's own rows against a suite, in the order of their own times.

The business clock stands at a row's own time when its report is made and when the agency's answer
comes, so that deadlines fall due as they did. What an agency, a receiver or a dispatcher does in
between is done at the end of a window of at most half an hour, before anything falls due in it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from libs.console.acts import Acts
from libs.console.mapping import Case

WINDOW: Final = timedelta(minutes=30)
MOMENTS: Final = 150
OPEN, CLOSE = "open", "close"

Moment: TypeAlias = tuple[datetime, str, Case]


@dataclass
class Replay:
    """Moment by moment: `told` hears how many have passed."""

    acts: Acts
    told: Callable[[int], None]

    async def run(self) -> None:
        """To the closing of the last row that closes."""
        client = self.acts.client
        await client.learn()
        await client.quiet()
        moments = moments_of(self.acts.mapped.cases)
        place = 0
        while place < len(moments):
            # Whatever falls due before the first of them happens first.
            await client.move(moments[place][0], without=("oversight",), step=False)
            window = self._window(moments, place)
            opened, closed = [], []
            for _, what, case in window:
                if what == OPEN:
                    await self.acts.open(case)
                    opened.append(case)
                elif await self.acts.close(case):
                    closed.append(case)
            await self.acts.follow(opened, closed)
            place += len(window)
            self.told(len(window))
        await client.quiet()

    def _window(self, moments: Sequence[Moment], place: int) -> Sequence[Moment]:
        """As many as lie together, before anything is due, none that needs what is still to do."""
        limit = moments[place][0] + WINDOW
        if self.acts.client.due is not None:
            limit = min(limit, self.acts.client.due)
        inside: set[str] = set()
        taken: list[Moment] = []
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


def moments_of(cases: Sequence[Case]) -> list[Moment]:
    """Every opening and closing, by its own time; at the same time what opens comes first."""
    moments = [(case.opened, 0, OPEN, case) for case in cases]
    moments += [(case.closed, 1, CLOSE, case) for case in cases if case.closed is not None]
    moments.sort(key=lambda one: (one[0], one[1]))
    return [(at, what, case) for at, _, what, case in moments]
