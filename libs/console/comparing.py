"""What came, compared with what a story says: events, states, and the dates of its clocks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from typing import Any, Final

from libs.console.client import INSTANT, Client
from libs.console.scenario import FOUND, MASKED, NUMBER, PAGES, Expected, Scenario, Step
from libs.console.suite import Suite
from libs.statute.calendar import Pause
from libs.statute.pack import Pack

WATCHER: Final = "player"


class Differs(Exception):
    """The first thing that did not come as the story says."""


@dataclass(frozen=True)
class Told:
    """An event as anybody reads it from Kafka: personal values are sealed."""

    type: str
    subject: str
    happened: datetime
    data: Mapping[str, Any]
    actor: str
    matter: str

    @property
    def name(self) -> str:
        return self.type.rpartition(".v")[0]

    def __str__(self) -> str:
        shown = {k: v for k, v in self.data.items() if not isinstance(v, str) or len(v) < 60}
        return f"{self.name} on {self.subject} at {self.happened.isoformat()}: {shown}"


@dataclass(eq=False)
class Telling:
    """A story on its way: what its streams are called, and what was recorded in its matters."""

    story: Scenario
    found: dict[str, str] = field(default_factory=dict)
    heard: list[Told] = field(default_factory=list)
    # What no step has been compared with yet.
    new: list[Told] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    taken: int = 0
    differs: str | None = None

    def named(self, value: Any) -> Any:
        return named(value, self.found)

    @property
    def step(self) -> Step:
        return self.story.steps[self.taken]

    @property
    def due(self) -> datetime | None:
        """When its next step is taken, if it goes on. What happens by itself when a term is over
        happens at the first instant after."""
        if self.differs is not None or self.taken == len(self.story.steps):
            return None
        return self.step.at if self.step.do else self.step.at + INSTANT


def named(value: Any, found: Mapping[str, str]) -> Any:
    """The same, with the ids of the streams that reactions have named meanwhile."""

    def known(text: str) -> str:
        for placeholder, one in found.items():
            text = text.replace(placeholder, one)
        return text

    return each_text(value, known)


def parties(suite: Suite, value: Any) -> Any:
    """The same, with the ids of the parties that are named by their numbers (`party:…`)."""
    return each_text(value, suite.actor)


def each_text(value: Any, change: Callable[[str], str]) -> Any:
    match value:
        case dict():
            return {key: each_text(one, change) for key, one in value.items()}
        case list() | tuple():
            return [each_text(one, change) for one in value]
        case str():
            return change(value)
        case _:
            return value


async def masked(
    client: Client, given: Mapping[str, Any], who: tuple[str, str, str]
) -> Mapping[str, Any]:
    """The digest of the masked copy, as whoever publishes it reads it first."""
    filled = dict(given)
    for name, value in given.items():
        if isinstance(value, str) and value.startswith(MASKED):
            case = value.removeprefix(MASKED)
            found = await client.get("enforcement", f"/cases/{case}/decision/masked", who)
            filled[name] = found["masked_hash"]
    return filled


def require(telling: Telling, expect: Sequence[Expected], came: Sequence[Told]) -> None:
    """Each expected event has come once; what came beyond is named by `also`, or is wrong."""
    where, also = f"step {telling.step.number}", telling.step.also
    left = list(came)
    telling.new = []
    for told_of in expect:
        named = telling.named
        one = Expected(told_of.type, named(told_of.stream), named(told_of.fields))
        fits = [told for told in left if matches(one, told)]
        if not fits:
            near = [told for told in left if told.name == one.type] or left
            shown = "\n  ".join(map(str, near)) or "nothing"
            raise Differs(
                f"{where}: expected {one.type} on {one.stream} with {dict(one.fields)}\n"
                f"came:\n  {shown}"
            )
        left.remove(fits[0])
        if one.stream is not None and FOUND in one.stream:
            telling.found[one.stream.partition("/")[2]] = fits[0].subject.partition("/")[2]
        for name, value in one.fields.items():
            if isinstance(value, str) and value.startswith(NUMBER):
                telling.found[value] = fits[0].data[name]
    strange = [told for told in left if told.name not in also and told.type not in also]
    if strange:
        shown = "\n  ".join(map(str, strange))
        raise Differs(f"{where}: nobody expected\n  {shown}")


def matches(expected: Expected, told: Told) -> bool:
    named = told.name in (expected.type, f"events.{expected.type.partition('.')[2]}")
    if not named or (expected.stream is not None and not addressed(expected.stream, told)):
        return False
    return all(same(value, told.data.get(name)) for name, value in expected.fields.items())


def addressed(stream: str, told: Told) -> bool:
    """On this stream; or, where nobody knows its id yet, on any of its kind."""
    kind, _, key = stream.partition("/")
    return told.subject.startswith(f"{kind}/") if key.startswith(FOUND) else told.subject == stream


def same(expected: Any, found: Any) -> bool:
    """Instants are compared as instants, whatever zone they are written in; a number that is not
    known yet is any."""
    if isinstance(expected, str) and expected.startswith(NUMBER):
        return isinstance(found, str)
    if isinstance(expected, dict) and isinstance(found, dict):
        return all(same(value, found.get(name)) for name, value in expected.items())
    if isinstance(expected, str) and isinstance(found, str) and "T" in expected + found:
        try:
            return datetime.fromisoformat(expected) == datetime.fromisoformat(found)
        except ValueError:
            return expected == found
    return bool(expected == found)


async def unlike(client: Client, stream: str, fields: Mapping[str, Any]) -> str | None:
    """What a reader finds at that instant otherwise than it is told."""
    kind, _, key = stream.partition("/")
    service, path, role = PAGES[kind]
    found = await client.get(service, f"{path}{key}", (WATCHER, role, role))
    row = found.get("handoff", found)
    wrong = {name: row.get(name) for name, one in fields.items() if not same(one, row.get(name))}
    return f"{stream}: expected {dict(fields)}, found {wrong}" if wrong else None


async def check_second_clocks(client: Client) -> None:
    """No service says another instant than oversight computes from events. Raises `Differs`."""
    page = await client.get("oversight", "/clocks?differing=true", (WATCHER, "OPS", "OPS"))
    for one in page["clocks"]:
        raise Differs(
            f"the clock {one['id']} ends at {one['due_at']} by events, and its owner says"
            f" {one['said_at']}"
        )


def check_clocks(scenario: Scenario, pack: Pack, heard: Sequence[Told]) -> None:
    """Every date of the table: by the statute from its start, and on the event that carries it."""
    calendar = pack.rules.calendar
    for row in scenario.clocks:
        start = datetime.combine(row["start"], datetime.min.time(), calendar.zone)
        number, unit = int(row["period"].split()[1]), row["period"].split()[0]
        pauses = [Pause(first, last) for first, last in row.get("pauses") or ()]
        term = pack.rules.run(number, "MONTH" if unit == "M" else unit, start, pauses)
        due = term.due
        if due != calendar.end_of(row["result"]):
            raise Differs(f"clock {row}: the statute says {due.isoformat()}")
        if term.provisional is not bool(row.get("provisional")):
            raise Differs(f"clock {row}: provisional is {term.provisional}")
        for name in row.get("on") or ():
            carried(name, calendar.end_of(row["result"]), heard, row)


def within(data: Any, name: str) -> Any:
    return data.get(name) if isinstance(data, Mapping) else None


def carried(name: str, due: datetime, heard: Sequence[Told], row: Mapping[str, Any]) -> None:
    service, event, *path = name.lower().split(".")
    told = [one.data for one in heard if one.name.replace("_", "") == f"{service}.{event}"]
    values: list[Any] = [reduce(within, path, data) for data in told]
    if row["result"].isoformat() in values:
        return
    at = [datetime.fromisoformat(v) for v in values if isinstance(v, str)]
    if due not in [one for one in at if one.tzinfo is not None]:
        raise Differs(f"clock {row}: {name} carries {values}, not {due.isoformat()}")
