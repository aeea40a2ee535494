"""One turn: what is recorded together. Each request is completed, decided and remembered in order,
and the next one knows.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from functools import reduce
from typing import Any, Final, Self, TypeAlias
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from libs.events.core.kernel import (
    ANY,
    SYSTEM,
    Command,
    Context,
    Decider,
    Envelope,
    Event,
    ForEachStream,
    NotFound,
    Record,
    Refused,
    RequestRefused,
)
from libs.events.deciding.requests import Receipt, Request
from libs.events.store.log import Log, Past
from libs.events.store.numbers import Counters, Numbers
from libs.events.store.outages import is_outage
from libs.events.store.trace_codes import Codes
from libs.events.system.ids import uuid7
from libs.events.wire.codec import hides

logger = logging.getLogger(__name__)

# So many days and kinds are remembered, and then none.
MOST_COUNTED: Final = 1_000

AnyDecider: TypeAlias = Decider[Any, Any, Any]
Project: TypeAlias = Callable[[Connection, Sequence[Envelope[Event]]], None]


class Completion(Record):
    """Fills in what a command left open, knowing where its stream stands.

    `asks` names the kinds of stream its answer hangs on: always, or for this command in this state.
    The less it is, the seldomer a turn is cut.
    """

    complete: Callable[[Connection, Any, Any], Command]
    asks: Sequence[str] | Callable[[Any, Any], Sequence[str]] = ()


class Index(Record):
    """Finds the streams of a `ForEachStream`. `asks` names the kinds its answer hangs on."""

    find: Callable[[Connection, str], Sequence[UUID | str]]
    asks: Sequence[str] = ()


class Parts(Record):
    """What a turn needs of its service: the log, and the rules with all that goes with them."""

    log: Log
    deciders: Mapping[type[Command], AnyDecider]
    completions: Mapping[type[Command], Completion]
    indexes: Mapping[str, Index]
    projections: Sequence[Project]
    numbers: Numbers
    codes: Codes

    def subject(self, command: Command) -> str:
        return self.deciders[type(command)].subject(command)


class Fault(Exception):
    """Something of ours broke while this was decided. What it was is its cause."""


Answer: TypeAlias = Receipt | Refused | Fault


@dataclass
class Stream:
    """A stream in the middle of a turn: where what came of earlier requests has left it."""

    subject: str
    decider: AnyDecider | None = None
    state: Any = None
    sequence: int = 0
    position: int = 0
    correlation_id: str | None = None

    @classmethod
    def of(cls, subject: str, decider: AnyDecider, past: Past) -> Self:
        state = decider.fold(past.events)
        return cls(subject, decider, state, len(past.events), past.position, past.correlation_id)


@dataclass
class Turn:
    """What is recorded together: one moment, one run of positions."""

    parts: Parts
    tx: Connection
    position: int
    time: datetime
    pasts: dict[str, Past] = field(default_factory=dict)
    streams: dict[str, Stream] = field(default_factory=dict)
    facts: list[Envelope[Event]] = field(default_factory=list)
    unwritten: set[str] = field(default_factory=set)
    counters: Counters = field(init=False)

    def __post_init__(self) -> None:
        known = self.parts.log.counted(self.position)
        self.counters = Counters(self.parts.numbers, known=known)

    def load(self, commands: Iterable[Command]) -> None:
        """The streams of these commands, in one query. What the turn has begun is newer."""
        subjects = {self.parts.subject(command) for command in commands}
        self.pasts |= self.parts.log.load(self.tx, subjects - self.streams.keys())

    def stream(self, command: Command) -> Stream:
        subject = self.parts.subject(command)
        if subject not in self.streams:
            past = self.pasts.get(subject, Past())
            self.streams[subject] = Stream.of(subject, self.parts.deciders[type(command)], past)
        return self.streams[subject]

    def answers(self, request: Request) -> list[Answer]:
        if isinstance(request.command, Command):
            return [self.answer(request, request.command)]
        commands = self.each(request.command)
        if not commands and request.command.required:
            asked = request.command
            refusal = NotFound(
                "Nothing is known under {key} ({index})", key=asked.key, index=asked.index
            )
            return [self.refused(refusal, request, type(asked.command), asked.key, None)]
        self.load(commands)
        return [self.answer(request, command) for command in commands]

    def each(self, asked: ForEachStream) -> list[Command]:
        """The command for every stream that the index has under the key, as of now."""
        index = self.parts.indexes[asked.index]
        self.cut(index.asks)
        found = index.find(self.tx, asked.key)
        return [addressed(asked.command, one) for one in found]

    def answer(self, request: Request, command: Command) -> Answer:
        """What is raised here is this request's own. A broken transaction is everybody's, and so is
        what is away."""
        hidden = False
        try:
            stream = self.stream(command)
            hidden = self.hides(request, command, stream)
            if hidden:
                raise self.absent(command, stream)
            command = self.completed(command, stream)
            return self.decided(request, command, stream)
        except Refused as refusal:
            shared = stream.decider is not None and stream.decider.shared
            code = None if shared or hidden else stream.correlation_id
            return self.refused(refusal, request, type(command), stream.subject, code)
        except DBAPIError:
            raise
        except Exception as fault:
            if is_outage(fault):
                raise
            logger.exception("%s could not be decided", type(command).__name__)
            wrapped = Fault(f"{type(command).__name__} could not be decided")
            wrapped.__cause__ = fault
            return wrapped

    def hides(self, request: Request, command: Command, stream: Stream) -> bool:
        """A person asks for what is theirs to ask for; a service for what it has decided."""
        decider, context = stream.decider, request.context
        asks = request.awaited and context.role != SYSTEM and stream.sequence > 0
        return asks and decider is not None and decider.hides(command, stream.state, context)

    def absent(self, command: Command, stream: Stream) -> Refused:
        """Word for word what is answered where nothing has begun."""
        decider = stream.decider
        try:
            if decider is not None:
                decider.decide(command, decider.initial)
        except NotFound as refusal:
            return refusal
        kind, _, key = stream.subject.partition("/")
        return NotFound("There is no {stream} {key}", stream=kind, key=key)

    def require_forward(self, stream: Stream, at: datetime) -> None:
        """What a replay says never lies before what its stream has recorded."""
        here = [one for one in self.facts if one.subject == stream.subject]
        if here:
            last = here[-1].happened
        elif stream.sequence:
            last = self.parts.log.last_happened(self.tx, stream.subject)
        else:
            return
        if at < last:
            raise Refused(
                "request-malformed",
                "{subject} has an event at {last}: nothing can happen in it at {value} any more",
                subject=stream.subject, last=last, value=at,
            )  # fmt: skip

    def completed(self, command: Command, stream: Stream) -> Command:
        completion = self.parts.completions.get(type(command))
        if completion is None:
            return command
        asks = completion.asks
        self.cut(asks(command, stream.state) if callable(asks) else asks)
        return completion.complete(self.tx, command, stream.state)

    def decided(self, request: Request, command: Command, stream: Stream) -> Receipt:
        assert stream.decider is not None
        events: list[Event] = stream.decider.decide(command, stream.state)
        if events and request.seen not in (None, stream.sequence):
            raise Refused(
                "version-conflict", "{subject} is at {version} by now, not {seen}: read it again",
                subject=stream.subject, version=stream.sequence, seen=request.seen,
            )  # fmt: skip
        if events and request.context.replayed:
            self.require_forward(stream, request.context.at)
        code = self.code(request.context, command, stream, events)
        self.follow(events, request.context, stream, code)
        return Receipt(
            subject=stream.subject,
            sequence=stream.sequence,
            position=stream.position,
            correlation_id=code,
        )

    def code(
        self, context: Context, command: Command, stream: Stream, events: Sequence[Event]
    ) -> str:
        """A matter keeps the code of its first event; what is shared takes that of its cause."""
        assert stream.decider is not None
        if stream.correlation_id is not None and not stream.decider.shared:
            return stream.correlation_id
        continued: str | None = getattr(command, "matter", None)
        if given := context.correlation_id or continued:
            return given
        coin = (
            self.parts.codes.next
            if any(hides(type(one)) for one in events)
            else self.parts.numbers.trace_code
        )
        return coin(context.occurred or self.time)

    def refused(
        self,
        refusal: Refused,
        request: Request,
        asked: type[Command],
        subject: str,
        code: str | None,
    ) -> Refused:
        """An answer; and if nobody awaits it, an event."""
        overtaken = request.patient and isinstance(refusal, NotFound)
        if not request.awaited and not overtaken:
            event = RequestRefused(
                subject=subject,
                command=asked.__name__,
                rule=refusal.rule,
                message=refusal.message,
            )
            self.note(event, "refusal", request.context, code)
        return refusal

    def note(self, event: Event, kind: str, context: Context, code: str | None) -> None:
        """An event of the machinery, on a stream of its own."""
        code = code or context.correlation_id
        code = code or self.parts.numbers.trace_code(context.occurred or self.time)
        self.record(event, Stream(f"{kind}/{uuid7()}"), context, code)

    def follow(self, events: list[Event], context: Context, stream: Stream, code: str) -> None:
        """All of them or none: what cannot be remembered is not recorded, and takes no number."""
        assert stream.decider is not None
        last = dict(self.counters.last)
        at = context.occurred or self.time
        try:
            numbered = [
                self.counters.numbered(self.tx, event, at, context.agency) for event in events
            ]
            stream.state = reduce(stream.decider.evolve, numbered, stream.state)
        except Exception:
            self.counters.last = last
            raise
        for event in numbered:
            self.record(event, stream, context, code)

    def record(self, event: Event, stream: Stream, context: Context, code: str) -> None:
        self.unwritten.add(stream.subject.partition("/")[0])
        self.position += 1
        stream.sequence += 1
        stream.position = self.position
        stream.correlation_id = stream.correlation_id or code
        self.facts.append(
            Envelope(
                id=uuid7(),
                source=self.parts.log.name,
                subject=stream.subject,
                sequence=stream.sequence,
                position=self.position,
                time=self.time,
                occurred=context.occurred,
                actor=context.actor,
                role=context.role,
                agency=context.agency,
                correlation_id=code,
                causation_id=context.causation_id,
                cause_kind=context.cause_kind,
                traceparent=context.traceparent,
                data=event,
            )
        )

    def cut(self, asks: Collection[str]) -> None:
        """Writes what the turn has so far, if a question is about to be asked of it."""
        if not self.unwritten.isdisjoint(asks):
            self.write()

    def write(self) -> None:
        if self.facts:
            self.parts.log.append(self.tx, self.facts)
            for project in self.parts.projections:
                project(self.tx, self.facts)
            self.counters.write(self.tx)
            last = {**self.counters.known, **self.counters.last}
            self.parts.log.count(self.tx, self.position, last if len(last) < MOST_COUNTED else {})
            self.facts = []
            self.unwritten = set()


def addressed(command: Command, stream: UUID | str) -> Command:
    """The command with an id wherever it says ANY."""
    names = [one.name for one in fields(command)]
    named = {name: stream for name in names if getattr(command, name) in (ANY, str(ANY))}
    return replace(command, **named)
