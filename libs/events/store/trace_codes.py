"""The trace codes of new matters, whose keys are made before anybody needs them."""

from datetime import date, datetime
from typing import Final

from libs.events.store.numbers import TRACE, Numbers
from libs.events.store.vault import Vault

# How many keys are made at once: few for a day that has just begun, then twice as many each time.
FIRST: Final = 8
MOST: Final = 256
# So many days have codes that lie ready: what is reported late carries the code of its own day.
DAYS: Final = 4


class Codes:
    """Codes that were never given out, each with its key in the key store already.

    A turn with new matters then seldom waits for the other database: to make more, and where a
    person is named, who is written down beside the key. Codes that still lie ready when a
    process ends are nobody's: under their keys nothing was ever sealed. Whoever asks holds the log.
    """

    def __init__(self, numbers: Numbers, keys: Vault) -> None:
        self._numbers = numbers
        self._keys = keys
        self._ready: dict[date, list[str]] = {}
        self._made: dict[date, int] = {}

    def next(self, at: datetime) -> str:
        """The code of a matter that begins now, and that has something to hide."""
        day = self._numbers.day(TRACE, at)
        ready = self._ready.get(day)
        if not ready:
            ready = self._ready[day] = self._more(day, at)
        return ready.pop()

    def _more(self, day: date, at: datetime) -> list[str]:
        count = min(2 * self._made.get(day, FIRST // 2), MOST)
        codes = sorted({self._numbers.trace_code(at) for _ in range(count)})
        self._keys.make_ready(codes)
        while len(self._made) >= DAYS and day not in self._made:
            oldest = next(iter(self._made))
            del self._made[oldest], self._ready[oldest]
        self._made[day] = count
        return codes
