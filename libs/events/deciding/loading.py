"""The pack against what is on record: the differences are asked for until there are none.

That is done once for all that a pack says on a day (`says`): what is changed in a register after it
stays, until the pack says something new. A load is a matter of its own. What it asks may rest on
what another service loads, so it is asked again; only when nothing differs is the service ready.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from sqlalchemy import Connection, select

from libs.events.core.kernel import Command, Context, Refused
from libs.events.deciding.settling import Settler
from libs.events.store.read_models import Rows
from libs.events.store.tables import loads
from libs.events.system.clocks import BusinessClock
from libs.events.system.ids import uuid7

logger = logging.getLogger(__name__)

Differences: TypeAlias = Callable[[Connection], Sequence[Command]]

LOADER: Final = "pack"
OPS: Final = "OPS"
PAUSE: Final = 0.2


class Loader:
    def __init__(
        self,
        settler: Settler,
        differences: Sequence[Differences],
        *,
        agency: str,
        clock: BusinessClock,
        says: Callable[[], str] = lambda: "",
    ) -> None:
        self._settler = settler
        self._differences = differences
        self._agency = agency
        self._clock = clock
        self._says = says
        self._code: str | None = None
        self.done = not differences
        self.waits_for = ""

    async def run(self) -> None:
        """Until nothing differs. What is refused now may go well when others have loaded."""
        while not self.done:
            try:
                if await self.once():
                    return
            except Exception:
                logger.exception("the pack could not be loaded; it is tried again")
            await asyncio.sleep(PAUSE)

    async def once(self) -> bool:
        if await asyncio.to_thread(self._on_record):
            self.done = True
            return True
        wanted = await asyncio.to_thread(self.wanted)
        refusals = [one for one in await self._asked(wanted) if one is not None]
        if refusals:
            if str(refusals[0]) != self.waits_for:
                logger.warning("the pack waits: %s", refusals[0])
            self.waits_for = str(refusals[0])
        if not wanted:
            await asyncio.to_thread(self._remember)
        self.done = not wanted
        return self.done

    def _on_record(self) -> bool:
        found = select(loads.c.digest).where(loads.c.name == LOADER)
        with self._settler.log.engine.connect() as tx:
            known = tx.execute(found).scalar()
        return known is not None and known == self._says()

    def _remember(self) -> None:
        rows = Rows(loads)
        rows.set(name=LOADER, digest=self._says())
        with self._settler.log.transaction() as tx:
            rows.write(tx)

    def wanted(self) -> list[Command]:
        with self._settler.log.engine.connect() as tx:
            return [command for differ in self._differences for command in differ(tx)]

    async def _asked(self, wanted: Sequence[Command]) -> list[Refused | None]:
        return await asyncio.gather(*(self._ask(command) for command in wanted[:500]))

    async def _ask(self, command: Command) -> Refused | None:
        try:
            await self._settler.ask(command, self.context())
        except Refused as refusal:
            return refusal
        return None

    def context(self) -> Context:
        """By operations, for whoever runs the place, at the business time of the load."""
        now = self._clock()
        self._code = self._code or self._settler.numbers.trace_code(now)
        return Context(
            actor=LOADER,
            role=OPS,
            agency=self._agency,
            at=now,
            occurred=now if self._clock.moved else None,
            correlation_id=self._code,
            causation_id=uuid7(),
        )
