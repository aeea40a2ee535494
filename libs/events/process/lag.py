"""Which reactions are behind what lies on Kafka, and up to when everything was consumed."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from libs.events.kafka.tails import Tail, position_in
from libs.events.listening.gaps import goes_on
from libs.events.listening.listener import Listener
from libs.events.listening.watermarks import Mark, Watermarks
from libs.events.process.world import World

EARLIEST: Final = datetime(1, 1, 1, tzinfo=UTC)


class Lag:
    """Of one service, on its own watermarks."""

    def __init__(self, world: World, listener: Listener) -> None:
        self._world = world
        self._listener = listener

    async def heard_until(self) -> datetime | None:
        """Up to when everything has been consumed; nothing where that is all there is on Kafka."""
        if not self._listener.reactions:
            return None
        behind = await self.behind(await self._world.tails(self._listener.topics))
        since = [mark.happened if mark else EARLIEST for mark in behind.values()]
        return min(since, default=None)

    async def behind(
        self, tails: Mapping[tuple[str, int], Tail | None]
    ) -> Mapping[tuple[str, str, int], Mark | None]:
        """Which reaction is behind which partition, and where it stands there."""
        marks = await asyncio.to_thread(self._marks)
        behind: dict[tuple[str, str, int], Mark | None] = {}
        for place, tail in tails.items():
            last = position_in(tail)
            source = place[0].removeprefix(self._world.namespace).removesuffix(".events")
            for name, reaction in self._listener.reactions.items():
                mark = marks.get((name, *place))
                position = mark.position if mark else 0
                if source in reaction.to and last > position and await self._goes_on(place, mark):
                    behind[name, *place] = mark
        return behind

    def _marks(self) -> Mapping[tuple[str, str, int], Mark]:
        with self._world.engine.connect() as tx:
            return Watermarks(tx).marks

    async def _goes_on(self, place: tuple[str, int], mark: Mark | None) -> bool:
        """What lies at the end of a partition may be nobody's: what follows there counts."""
        if mark is None or self._world.told is None:
            return True
        return await goes_on(self._world.told, place, mark)
