"""Settling: everything that waits is decided in order and recorded in one transaction.

The head of the log is held before anything is read, so a decision is never overtaken: there are
no version conflicts and nothing is tried twice.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from math import ceil
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic, sleep
from types import TracebackType
from typing import Final, Self

from sqlalchemy import Connection

from libs.events.core.kernel import Command, Context, Event
from libs.events.deciding.requests import Asked, Busy, Receipt, Request, tell
from libs.events.deciding.turn import Answer, AnyDecider, Completion, Index, Parts, Project, Turn
from libs.events.store.log import Log
from libs.events.store.numbers import Numbers
from libs.events.store.outages import Away, Unclear, Verdict, in_halves, is_outage, verdict
from libs.events.store.trace_codes import Codes
from libs.events.system import telemetry
from libs.events.system.clocks import machine_clock

__all__ = ["Busy", "Receipt", "Request"]  # said in `asking`, known from here

logger = logging.getLogger(__name__)

# The most commands settled in one transaction, and how long any may wait.
CAP: Final = 500
SECONDS: Final = 5.0
# Who was told together asks again together: a turn that begins with the first of them, where more
# were settled last time, waits so long for the others, in seconds. Whoever asks alone does not, but
# for once after the others have gone.
LINGER: Final = 0.001
# Commands a second, until some have been measured.
FIRST_RATE: Final = 1_000.0

TRIALS: Final = 3
# What is away is asked so often whether it is back, in seconds.
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
AWAY: Final = "Something this service stands on does not answer: ask again in a moment"
UNCLEAR: Final = "Whether this was recorded is not known: ask again, the same"


def end_process() -> None:
    """At once, whatever hangs: nothing that matters lives outside the database."""
    os._exit(70)


class Settler:
    def __init__(
        self,
        log: Log,
        *,
        deciders: Iterable[AnyDecider],
        completions: Mapping[type[Command], Completion] = {},
        indexes: Mapping[str, Index] = {},
        projections: Sequence[Project] = (),
        numbers: Numbers,
        clock: Callable[[], datetime] = machine_clock,
        dies: Callable[[], None] = end_process,
    ) -> None:
        self.log = log
        self.projections = projections
        self.numbers = numbers
        self.clock = clock
        self._parts = Parts(
            log=log,
            deciders={command: one for one in deciders for command in one.commands},
            completions=completions,
            indexes=indexes,
            projections=projections,
            numbers=numbers,
            codes=Codes(numbers, log.keys),
        )
        # Told of each turn: how many requests, and how long it took.
        self.turned: Callable[[int, float], None] = lambda requests, seconds: None
        # Asked when what was away is back, before anything is settled.
        self.returned: Callable[[], None] = lambda: None
        self._dies = dies
        self._closed = False
        # What does not answer just now, while nothing can be settled.
        self.away = ""
        self._together = 1
        self._rate = FIRST_RATE
        self._waiting: SimpleQueue[Asked | None] = SimpleQueue()
        self._writer = Thread(target=self._work, name=f"{log.name}-settler", daemon=True)

    async def ask(self, command: Command, context: Context, *, seen: int | None = None) -> Receipt:
        """Waits for the turn this is settled in. Raises `Refused` if a rule says no."""
        if self._closed:
            raise Busy("This service is stopping: ask again in a moment", retry_after=ceil(SECONDS))
        if self.away:
            raise Busy(AWAY)
        seconds = self._waiting.qsize() / self._rate
        if seconds > SECONDS:
            raise Busy("Too many requests are waiting: ask again later", retry_after=ceil(seconds))
        loop = asyncio.get_running_loop()
        request = Request(command=command, context=context, seen=seen)
        asked = Asked(request, loop, loop.create_future())
        self._waiting.put(asked)
        return await asked.receipt

    def settle(self, tx: Connection, requests: Sequence[Request]) -> list[Answer]:
        """Decides the requests in order, each knowing what came of those before it.

        One answer a command: an `ForEachStream` has as many as it found streams.
        """
        return [answer for each in self.settle_each(tx, requests) for answer in each]

    def settle_each(self, tx: Connection, requests: Sequence[Request]) -> list[list[Answer]]:
        """The same, with the answers of each request by themselves."""
        began = monotonic()
        turn = Turn(self._parts, tx, self.log.lock(tx), self.clock())
        turn.load(request.command for request in requests if isinstance(request.command, Command))
        with telemetry.turn(self.log.name, len(requests)):
            answers = [turn.answers(request) for request in requests]
            turn.write()
        self.turned(len(requests), monotonic() - began)
        return answers

    def waiting(self) -> int:
        """How many requests wait for their turn."""
        return self._waiting.qsize()

    def note(self, tx: Connection, event: Event, kind: str, context: Context) -> None:
        """Records what the machinery itself, or an operator of it, has done."""
        turn = Turn(self._parts, tx, self.log.lock(tx), self.clock())
        turn.note(event, kind, context, None)
        turn.write()

    def subject(self, command: Command) -> str:
        return self._parts.subject(command)

    def __enter__(self) -> Self:
        self._writer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """What already waits is still settled."""
        self._closed = True
        self._waiting.put(None)
        self._writer.join()

    def _work(self) -> None:
        """Turn after turn. If this thread dies nobody would ever be answered: so all of it ends."""
        try:
            while asked := self._next():
                late = [one for one in asked if monotonic() - one.since > SECONDS]
                tell(
                    late,
                    [Busy("The request waited too long and was not carried out: ask again")]
                    * len(late),
                )
                if punctual := [one for one in asked if one not in late]:
                    began = monotonic()
                    self._take(punctual)
                    self._measure(len(punctual), monotonic() - began)
        except BaseException:
            logger.critical("the writer of %s died", self.log.name, exc_info=True)
            self._dies()

    def _measure(self, settled: int, seconds: float) -> None:
        """How many commands a second, as far as one turn can tell: the latest weigh most."""
        self._rate += (settled / max(seconds, 1e-4) - self._rate) / 8

    def _next(self) -> list["Asked"]:
        """Everything that waits, at least one; nothing once the settler is closed."""
        asked: list[Asked] = []
        first = self._waiting.get()
        if first is None:
            return asked
        asked.append(first)
        self._gather(asked)
        if len(asked) < self._together:
            sleep(LINGER)
            self._gather(asked)
        self._together = len(asked)
        return asked

    def _gather(self, asked: list["Asked"]) -> None:
        """What has come meanwhile, up to a whole turn."""
        with suppress(Empty):
            while len(asked) < CAP:
                following = self._waiting.get_nowait()
                if following is None:
                    self._waiting.put(None)
                    break
                asked.append(following)

    def _take(self, asked: Sequence["Asked"]) -> None:
        """One turn. If it cannot be done it is halved, until the culprit is alone; if something is
        away, all are told."""
        untold = list(asked)
        try:
            for some, answers in in_halves(asked, self._turn):
                if isinstance(answers, Exception):
                    logger.error("a command could not be settled", exc_info=answers)
                tell(some, [answers] if isinstance(answers, Exception) else answers)
                del untold[: len(some)]
        except Exception as fault:
            if not is_outage(fault):
                raise
            if isinstance(fault, Unclear):
                tell(untold, [Busy(UNCLEAR) for _ in untold])
                if self._all_answers():  # most often it was one connection
                    return
                untold = []
            self._wait_out(fault, untold)

    def _turn(self, asked: Sequence["Asked"]) -> Sequence[Answer]:
        """Recorded together, or nothing is. What may pass at once is tried again."""
        for trial in range(1, TRIALS + 1):
            decided = False
            try:
                with self.log.transaction() as tx:
                    answers = self.settle(tx, [one.request for one in asked])
                    decided = True
            except Exception as fault:
                if decided and is_outage(fault):
                    raise Unclear(UNCLEAR) from fault
                if verdict(fault) is not Verdict.PASSING or trial == TRIALS:
                    if not is_outage(fault) and not self.log.answers():
                        raise Away("the log cannot be written") from fault
                    raise
            else:
                return answers
        raise AssertionError("a trial returns or raises")

    def _wait_out(self, fault: Exception, untold: Sequence["Asked"]) -> None:
        """Until the log and the keys answer again. Whoever asks meanwhile is told at once, and
        nothing is tried with what they ask."""
        self.away = str(fault).partition("\n")[0] or type(fault).__name__
        logger.warning("%s settles nothing just now: %s", self.log.name, self.away)
        tell(untold, [Busy(AWAY) for _ in untold])
        pause = FIRST_PAUSE
        try:
            while not self._closed:
                self._turn_away()
                if self._all_answers() and self._is_back():
                    break
                sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
        finally:
            self.away = ""

    def _is_back(self) -> bool:
        try:
            self.returned()
        except Exception:
            logger.exception("%s cannot go on yet", self.log.name)
            return False
        return True

    def _all_answers(self) -> bool:
        return self.log.answers() and self.log.keys.answers()

    def _turn_away(self) -> None:
        with suppress(Empty):
            while True:
                waiting = self._waiting.get_nowait()
                if waiting is None:
                    self._waiting.put(None)
                    break
                tell([waiting], [Busy(AWAY)])
