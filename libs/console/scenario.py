"""A story as a city can write it: a YAML file, read strictly, each fault with file and step."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Self
from uuid import UUID, uuid5

import yaml

from libs.console.numbers import NORTH, OwnNumbers, documents
from libs.console.suite import PARTY
from libs.events.system.ids import uuid7
from libs.statute.pack import Pack, Unsound

KEYS: Final = {
    "at", "as", "do", "with", "expect", "refused", "also", "state", "signed", "head", "later",
}  # fmt: skip
INSTANT: Final = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?")
FOUND: Final = "found:"
# A number that a service gives: found out by the first event that says it.
NUMBER: Final = "found:number:"
# The matter of the story's first receipt; the digest of a masked decision, which is asked for.
MATTER: Final = "found:matter"
MASKED: Final = "masked:"
# Where a reader finds a stream of each kind, and in which role.
PAGES: Final = {
    "report": ("grid", "/reports/", "OPS"),
    "handoff": ("exchange", "/handoffs/", "OPS"),
    "case": ("enforcement", "/cases/", "OPS"),
    "lead": ("enforcement", "/leads/", "OPS"),
    "subject": ("credit", "/subjects/", "CREDIT_OFFICER"),
    "record": ("credit", "/records/", "CREDIT_OFFICER"),
    "listing": ("credit", "/listings/", "CREDIT_OFFICER"),
    "measure": ("credit", "/measures/", "CREDIT_OFFICER"),
    "approval": ("credit", "/approvals/", "SUPERVISOR"),
    "dispute": ("mediation", "/outcomes/", "SUPERVISOR"),
    "inquiry": ("oversight", "/inquiries/", "SUPERVISOR"),
    "rollback": ("oversight", "/rollbacks/", "SUPERVISOR"),
}
# A digest is written as what it is of.
DIGEST: Final = "$sha256:"
EVENT: Final = re.compile(r"(?P<service>[a-z]+)\.(?P<event>\w+)")


@dataclass(frozen=True)
class Expected:
    """An event that must come: of which service and type, on which stream, with which fields."""

    type: str
    stream: str | None
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    number: int
    at: datetime
    who: tuple[str, str, str] | None
    do: str | None
    given: Mapping[str, Any]
    expect: Sequence[Expected]
    also: Sequence[str]
    refused: str | None
    signed: Sequence[str]
    head: str | None
    later: Sequence[str]
    state: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Scenario:
    name: str
    begins: datetime
    streams: Mapping[str, str]
    steps: Sequence[Step]
    clocks: Sequence[Mapping[str, Any]]

    @classmethod
    def read(cls, file: Path, pack: Pack, copy: int = 0) -> Self:
        """Copies have numbers of their own, and can be told beside each other. Raises `Unsound`
        with the file and the step."""
        told = read_story(file)
        zone, aliases = pack.rules.calendar.zone, told.get("aliases") or {}
        reader = Reader(file.name, zone, aliases, OwnNumbers(copy))
        earlier, streams = repeated(file, told, reader)
        every = [*earlier, *told["steps"]]
        reader.own = OwnNumbers(copy, assigned(every))
        streams = reader.streams({**streams, **told["streams"]})
        steps = [reader.step(n, one) for n, one in enumerate(every, start=1)]
        for before, after in pairwise(steps):
            if after.at < before.at:
                raise Unsound(f"{file.name}:0: step {after.number} lies before the one before it")
        begins = reader.moment(told["begins"])
        return cls(told["name"], begins, streams, steps, told.get("clocks") or [])


def read_story(file: Path) -> dict[str, Any]:
    try:
        told = parsed(file.read_text("utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as problem:
        line = getattr(getattr(problem, "problem_mark", None), "line", -1) + 1
        raise Unsound(f"{file.name}:{line}: {problem}") from problem
    if not isinstance(told, dict) or not {"name", "begins", "streams", "steps"} <= told.keys():
        raise Unsound(f"{file.name}:1: name, begins, streams and steps are needed")
    return told


@lru_cache(64)
def parsed(text: str) -> Any:
    """The same for every copy of a story: nobody changes what is read here."""
    return yaml.safe_load(text)


def repeated(
    file: Path, told: Mapping[str, Any], reader: "Reader"
) -> tuple[list[Any], Mapping[str, Any]]:
    """The steps of the story beside it that this one begins with, up to a moment; its streams."""
    said = told.get("repeats")
    if said is None:
        return [], {}
    if not isinstance(said, dict) or said.keys() != {"story", "until"}:
        raise Unsound(f"{file.name}:1: `repeats` says a `story` and `until` when")
    other = read_story(file.with_name(str(said["story"])))
    until = reader.moment(said["until"])
    steps = [one for one in other["steps"] if reader.moment(one["at"]) <= until]
    return steps, other["streams"]


def assigned(steps: Sequence[Any]) -> Mapping[str, str]:
    """The numbers of documents that are expected before anybody writes them: a service gives them.
    For each, what stands for it until it is known."""
    written: set[str] = set()
    given: dict[str, str] = {}
    for step in filter(lambda one: isinstance(one, dict), steps):
        written |= {one for one in documents(step.get("with")) if one not in given}
        for one in documents(step.get("expect")):
            if one not in written:
                given.setdefault(one, f"{NUMBER}{len(given) + 1};")
    return given


class Reader:
    def __init__(
        self, file: str, zone: tzinfo, aliases: Mapping[str, str], own: OwnNumbers
    ) -> None:
        self.own = own
        self._file = file
        self._where = f"{file}:0"
        self._zone = zone
        self._aliases = aliases
        self._ids: dict[str, str] = {}
        self._subjects: dict[str, str] = {}

    def streams(self, told: Mapping[str, Any]) -> Mapping[str, str]:
        """Each named stream gets an id; a co-handler's handoff has one that follows; one that a
        reaction names (`found`) is known by its own once it is first told of."""
        for name, kind in told.items():
            if isinstance(kind, dict) and "named" in kind:
                # A page of something that is no stream of its own.
                self._ids[name] = self.own.of(str(kind["named"]))
                self._subjects[name] = f"{kind['kind']}/{self._ids[name]}"
            elif isinstance(kind, dict) and "found" in kind:
                self._ids[name] = f"{FOUND}{name}"
                self._subjects[name] = f"{kind['found']}/{self._ids[name]}"
            elif isinstance(kind, dict):
                lead = UUID(self.one(self._ids, kind["of"]))
                self._ids[name] = str(uuid5(lead, self.coded(kind["agency"])))
                self._subjects[name] = f"{kind['kind']}/{self._ids[name]}"
            else:
                self._ids[name] = str(uuid7())
                self._subjects[name] = f"{kind}/{self._ids[name]}"
        return self._subjects

    def step(self, number: int, told: Mapping[str, Any]) -> Step:
        where = self._where = f"{self._file}:0: step {number}"
        if not isinstance(told, dict) or (strange := set(told) - KEYS):
            raise Unsound(
                f"{where}: what is {sorted(strange) if isinstance(told, dict) else told}?"
            )
        if "at" not in told:
            raise Unsound(f"{where}: `at` is missing")
        if ("do" in told) != ("as" in told) or ("refused" in told and "do" not in told):
            raise Unsound(f"{where}: `do` wants `as`, and `refused` wants `do`")
        who = told.get("as")
        return Step(
            number=number,
            at=self.moment(told["at"]),
            who=None if who is None else self.somebody(who),
            do=told.get("do"),
            given=self.filled(told.get("with") or {}),
            expect=[self.expected(where, one) for one in told.get("expect") or []],
            also=[type_of(where, one) for one in told.get("also") or []],
            refused=told.get("refused"),
            signed=[self.own.of(one) for one in told.get("signed") or ()],
            head=told.get("head"),
            later=[type_of(where, one) for one in told.get("later") or []],
            state={
                self.one(self._subjects, name): self.filled(fields)
                for name, fields in (told.get("state") or {}).items()
            },
        )

    def somebody(self, who: Mapping[str, str]) -> tuple[str, str, str]:
        """A party is known by its number, and acts under the id of its subject."""
        party = self.own.of(who.get("party", ""))
        person = f"{PARTY}{party}" if party else who.get("person", "somebody")
        return person, who["role"], self.coded(who["agency"])

    def expected(self, where: str, told: Any) -> Expected:
        if isinstance(told, str):
            name, fields = told, {}
        else:
            ((name, fields),) = told.items()
        fields = dict(fields or {})
        stream = fields.pop("stream", None)
        if stream is not None and stream not in self._subjects:
            raise Unsound(f"{where}: there is no stream {stream}")
        subject = self._subjects[stream] if stream else None
        return Expected(type_of(where, name), subject, self.filled(fields))

    def filled(self, value: Any, field: str = "") -> Any:
        """With ids where streams are named, codes where there are aliases, instants where times."""
        match value:
            case dict():
                return {name: self.filled(one, name) for name, one in value.items()}
            case list():
                return [self.filled(one) for one in value]
            case float() if field == NORTH:
                return self.own.placed(value)
            case "$new":
                return str(uuid7())
            case str() if value.startswith(DIGEST):
                return sha256(value.removeprefix(DIGEST).encode()).hexdigest()
            case "$matter":
                return MATTER
            case str() if value.startswith("$source:"):
                source = self.one(self._subjects, value.removeprefix("$source:"))
                kind, _, key = source.partition("/")
                return f"{PAGES[kind][0]}/{kind}/{key}"
            case str() if value.startswith("$masked:"):
                return f"{MASKED}{self.one(self._ids, value.removeprefix('$masked:'))}"
            case str() if value.startswith("$"):
                return self.one(self._ids, value[1:])
            case datetime():
                return self.moment(value).isoformat()
            case str() if INSTANT.fullmatch(value):
                return self.moment(value).isoformat()
            case date():
                return value.isoformat()
            case str():
                return self.own.of(self.coded(value), field)
            case _:
                return value

    def one(self, named: Mapping[str, str], name: str) -> str:
        """Raises `Unsound`: a step speaks of the streams at the head of the story, and no other."""
        if name not in named:
            raise Unsound(f"{self._where}: there is no stream {name}")
        return named[name]

    def coded(self, code: str) -> str:
        return self._aliases.get(code, code)

    def moment(self, told: Any) -> datetime:
        """A local time of the place; 24:00 is the end of its day."""
        if isinstance(told, datetime):
            local = told.replace(tzinfo=self._zone)
            return local.astimezone(UTC)
        day, _, clock = str(told).replace("T", " ").partition(" ")
        if clock.startswith("24:00"):
            following = date.fromisoformat(day) + timedelta(days=1)
            return datetime(
                following.year, following.month, following.day, tzinfo=self._zone
            ).astimezone(UTC)
        local = datetime.fromisoformat(f"{day} {clock or '00:00'}")
        return local.replace(tzinfo=self._zone).astimezone(UTC)


def type_of(where: str, name: str) -> str:
    """`grid.ReportSubmitted` or `grid.request_refused` to what stands before the version."""
    found = EVENT.fullmatch(name)
    if found is None:
        raise Unsound(f"{where}: {name} is no event: service.EventName")
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", found["event"]).lower()
    return f"{found['service']}.{snake}"
