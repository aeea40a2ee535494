"""What is asked and answered, and how those who wait are told."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic

from libs.events.core.kernel import Command, Context, ForEachStream, Record


class Busy(Exception):
    """Too much is waiting: ask again after so many seconds."""

    def __init__(self, message: str, *, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Receipt(Record):
    """What a caller is told: the stream, where it stands now, and the matter's trace code."""

    subject: str
    sequence: int
    position: int
    correlation_id: str


class Request(Record):
    """A command and who asks it. Where nobody awaits the answer, a refusal is recorded.

    Who is `patient` is told of what is not found, and nothing is recorded of that: it may have been
    overtaken, and will be asked again.
    """

    command: Command | ForEachStream
    context: Context
    seen: int | None = None
    awaited: bool = True
    patient: bool = False


@dataclass(frozen=True)
class Asked:
    """A request that waits for its turn, and where its receipt is awaited."""

    request: Request
    loop: asyncio.AbstractEventLoop
    receipt: asyncio.Future[Receipt]
    since: float = field(default_factory=monotonic)


def tell(asked: Sequence[Asked], answers: Sequence[Receipt | Exception]) -> None:
    """Wakes each event loop once for all of its callers."""
    told = defaultdict(list)
    for one, answer in zip(asked, answers, strict=True):
        told[one.loop].append((one.receipt, answer))
    for loop, pairs in told.items():
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(deliver, pairs)


def deliver(pairs: Iterable[tuple[asyncio.Future[Receipt], Receipt | Exception]]) -> None:
    for receipt, answer in pairs:
        if receipt.done():  # the caller went away
            continue
        if isinstance(answer, Exception):
            receipt.set_exception(answer)
        else:
            receipt.set_result(answer)
