"""What is declared wrongly is said when a service is put together, with what to write instead."""

import ast
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from inspect import isfunction
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any, cast
from uuid import UUID

import pytest
from fastapi import APIRouter

from libs.contracts.vocabulary import Role
from libs.events.core.fields import Completed, Limits, Now, Short
from libs.events.core.kernel import (
    Command,
    Decider,
    Envelope,
    Event,
    ForEachStream,
    RequestRefused,
    State,
)
from libs.events.core.reactions import Misdeclared, Reactions, read
from libs.events.declaring.assembly import of_query, problems
from libs.events.declaring.routes import (
    CommandRoute,
    Edge,
    QueryRoute,
    add_command,
    fields_from_outside,
    get,
)
from libs.events.declaring.rows import KEY, PERSONAL, Row
from libs.events.declaring.stream import Stream
from libs.events.http.catalogue import SHARED
from tests.conftest import ROOT
from tests.declared import services
from tests.rules import AllTheRules, declared


class Mend(Command):
    bridge_id: UUID
    how: Short
    note: str = ""
    at: Now


class Whitewash(Command):
    bridge_id: UUID
    note: Short = ""


class Paint(Command):
    bridge_id: UUID
    colour: Annotated[Short | None, Limits(max_length=10)]


class Close(Command):
    bridge_id: UUID
    permit: Completed[str]


class Open(Command):
    bridge_id: UUID
    permit: Completed[str] = ""


class Mended(Event, name="test.mended.v1"):
    bridge_id: UUID


class MendedBefore(Event, name="test.mended.v0"):
    def upcast(self) -> Event:
        return Mended(bridge_id=UUID(int=0))


EDGE = cast(Edge, SimpleNamespace(catalogue=SHARED, settler=None, day=None, engine=None))
BY = (Role.OPS,)
OFFERS: dict[str, tuple[str, CommandRoute]] = {
    "no limits": (
        "Mend.note: a str from outside needs limits: Code, Short, Text",
        CommandRoute(command=Mend, route="POST /bridges", by=BY),
    ),
    "no such parameter": (
        "Mend has no bridge, which POST /bridges/{bridge}/mend names",
        CommandRoute(command=Mend, route="POST /bridges/{bridge}/mend", by=BY),
    ),
    "no such field": (
        "Mend has no colour, which",
        CommandRoute(command=Mend, route="POST /bridges", by=BY, sets={"colour": "red"}),
    ),
    "another type": (
        "Mend.note cannot be 7 on POST /bridges",
        CommandRoute(command=Mend, route="POST /bridges", by=BY, sets={"note": 7}),
    ),
    "limits of a union": (
        "Paint.colour: limits stand inside a union",
        CommandRoute(command=Paint, route="POST /bridges", by=BY),
    ),
    "nothing completes it": (
        "Close.permit is left open on POST /bridges and has no default",
        CommandRoute(command=Close, route="POST /bridges", by=BY),
    ),
    "no refusal": (
        "no refusal is called bridge-gone",
        CommandRoute(command=Mend, route="POST /bridges", by=BY, refuses=("bridge-gone",)),
    ),
    "a default that nobody may send": (
        "Whitewash.note has the default '', which its own limits refuse",
        CommandRoute(command=Whitewash, route="POST /bridges", by=BY),
    ),
    "no route": (
        "a route is a method and a path",
        CommandRoute(command=Mend, route="/bridges", by=BY),
    ),
    "bad example": (
        "the example of POST /bridges is refused",
        CommandRoute(command=Open, route="POST /bridges", by=BY, example={"bridge_id": "one"}),
    ),
}


@pytest.mark.parametrize(("message", "offer"), OFFERS.values(), ids=OFFERS)
def test_an_offer_that_cannot_be_meant(message: str, offer: CommandRoute) -> None:
    with pytest.raises(Misdeclared, match=re.escape(message)):
        add_command(APIRouter(), offer, EDGE)


def unclear(fact: Envelope[Event]) -> Mend:
    raise NotImplementedError


def anything(fact: Envelope[Mended]) -> Command:
    raise NotImplementedError


def any_each(fact: Envelope[Mended]) -> list[ForEachStream]:
    raise NotImplementedError


def nothing(fact: Envelope[Mended]) -> None:
    """Asks nothing."""


def anywhere(fact: Envelope[RequestRefused]) -> Mend:
    raise NotImplementedError


def before(fact: Envelope[MendedBefore]) -> Mend:
    raise NotImplementedError


def two(fact: Envelope[Mended], other: int) -> Mend:
    raise NotImplementedError


REACTIONS: dict[str, Callable[..., Any]] = {
    "which event?": unclear,
    "which command?": anything,
    "of which command?": any_each,
    "names no command": nothing,
    "say source=…": anywhere,
    "is read as its newer shape": before,
    "a reaction has one parameter": two,
}


@pytest.mark.parametrize(("message", "function"), REACTIONS.items(), ids=REACTIONS)
def test_a_reaction_that_cannot_be_meant(message: str, function: Any) -> None:
    with pytest.raises(Misdeclared, match=re.escape(message)):
        Reactions[Any]()(function)


def mend(fact: Envelope[Mended]) -> Mend | None:
    raise NotImplementedError


LIMITS = "Paint.colour: limits stand inside a union, at the part they are of"


def test_streams_that_do_not_fit_one_another() -> None:
    on = Reactions[Any]()
    on(mend)
    decider: Decider[Any, Any, Any] = Decider(
        stream="bridge",
        commands=(Open,),
        key=lambda command: command.bridge_id,
        initial=State(),
        decide=lambda command, state: [],
        evolve=lambda state, event: state,
    )
    stream = Stream(
        name="bridge",
        decider=decider,
        reactions=on,
        commands=[CommandRoute(command=Paint, route="POST /bridges", by=BY)],
    )
    assert list(problems([stream, replace(stream, name="other", reactions=None)])) == [
        "two deciders are of the stream bridge",
        "two commands are offered at POST /bridges",
        "Paint is offered twice",
        "bridge offers Paint, which no decider takes",
        LIMITS,
        "bridge.mend asks Mend: no decider takes it",
        "other offers Paint, which no decider takes",
        LIMITS,
        "Open leaves permit open, and nothing completes it",
    ]


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        (get("/bridges", len), "GET /bridges: who may ask? by=…, anybody=True or public=True"),
        (
            get("/bridges/{bridge_id}", len, BY, stream="bridges/{bridge_id}"),
            "GET /bridges/{bridge_id} shows the version of bridges/{bridge_id}, "
            "which is no stream it names",
        ),
        (
            get("/bridges/{bridge_id}", len, BY, stream="bridge/{bridge}"),
            "GET /bridges/{bridge_id} shows the version of bridge/{bridge}, "
            "which is no stream it names",
        ),
    ],
)
def test_a_question_that_cannot_be_meant(query: QueryRoute, wrong: str) -> None:
    assert list(of_query(query, {"bridge"})) == [wrong]


def test_two_answers_at_one_place() -> None:
    some = [get("/bridges", len, BY), get("/bridges", max, BY)]
    assert list(problems([Stream(name="bridge", queries=some)])) == [
        "two answers are given at GET /bridges"
    ]


def test_a_row_that_could_not_be_blanked() -> None:
    with pytest.raises(Misdeclared, match=r"Named\.name is blanked one day: let it be None"):

        class Named(Row, table="named"):
            bridge_id: Annotated[UUID, KEY]
            correlation_id: str
            name: Annotated[str, PERSONAL]

    with pytest.raises(Misdeclared, match="Lost is blanked by its matter: give it correlation_id"):

        class Lost(Row, table="lost"):
            bridge_id: Annotated[UUID, KEY]
            name: Annotated[str | None, PERSONAL]


# All of every service


def test_every_stream_that_decides_is_asked_all_its_rules() -> None:
    for path in (ROOT / "tests").rglob("test_*.py"):
        if "(AllTheRules)" in path.read_text("utf-8"):
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    some = AllTheRules.__subclasses__()
    assert [one.__name__ for one in some if not one.__name__.startswith("Test")] == []
    asked = {one.decider.stream for one in some}
    assert declared().keys() - asked == set()


def slugs(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        yield from raised_in(tree)
        yield from raised_by_shared(tree)


def raised_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id == "NotFound":
            yield "not-found"
        elif node.func.id == "Refused" and isinstance(slug := node.args[0], ast.Constant):
            yield str(slug.value)


def raised_by_shared(tree: ast.AST) -> Iterator[str]:
    """By functions that stand beside the streams of a service, where its rules call them."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not re.fullmatch(
            r"services\.\w+\.\w+", node.module or ""
        ):
            continue
        path = (ROOT / (node.module or "").replace(".", "/")).with_suffix(".py")
        if path.is_file():
            shared = ast.parse(path.read_text("utf-8"))
            yield from raised_from(shared, {one.name for one in node.names})
            yield from raised_by_shared(shared)


def raised_from(module: ast.Module, names: set[str]) -> Iterator[str]:
    """By these functions of a module, and by those of it that they name."""
    functions = {one.name: one for one in module.body if isinstance(one, ast.FunctionDef)}
    seen: set[str] = set()
    while todo := names & functions.keys() - seen:
        seen |= todo
        for name in sorted(todo):
            yield from raised_in(functions[name])
            names = names | {
                one.id for one in ast.walk(functions[name]) if isinstance(one, ast.Name)
            }


DECLARED = {
    f"{service.name}/{one.name}": one
    for service in services().values()
    for one in service.streams
    if one.commands
}


@pytest.mark.parametrize("name", DECLARED)
def test_no_refusal_is_declared_that_no_rule_of_the_stream_raises(name: str) -> None:
    raised = {*slugs(ROOT / "services" / name), *slugs(ROOT / "libs")}
    declared = {slug for offer in DECLARED[name].commands for slug in offer.refuses}
    assert declared - raised == set()


def from_outside() -> dict[str, list[str]]:
    """What a caller may say in the body of each command that is derived."""
    return {
        offer.name: sorted(fields_from_outside(offer))
        for one in DECLARED.values()
        for offer in one.commands
        if offer.reads is None
    }


def test_no_field_of_a_command_is_opened_to_callers_by_the_way() -> None:
    """An unmarked field is in the body. Whoever means that says so in the file as well."""
    kept = json.loads((ROOT / "tests" / "contracts" / "offered.json").read_text("utf-8"))
    said = "if callers may say it, write it into tests/contracts/offered.json; else mark the field"
    assert from_outside() == kept, said


def test_every_reaction_that_is_written_belongs_to_a_stream() -> None:
    """A module of reactions that its stream does not name would never be called."""
    whole = [one.reactions for made in services().values() for one in made.streams]
    declared = [part for one in whole if one is not None for part in (one, *one.parts)]
    files = [
        *sorted((ROOT / "services").glob("*/*/reactions.py")),
        *sorted((ROOT / "services").glob("*/*/reactions/[a-z]*.py")),
    ]
    forgotten = []
    for file in files:
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        made = [one for one in vars(import_module(name)).values() if isinstance(one, Reactions)]
        assert made, f"{name} has no reactions"
        forgotten += [name for one in made if not any(one is other for other in declared)]
    assert forgotten == [], "say reactions=… in its stream.py"
    assert len(files) > 3


def is_like_a_reaction(function: Any) -> bool:
    """Whether `@on` would take it."""
    try:
        return bool(read(function, None, ""))
    except Misdeclared:
        return False


def test_every_function_that_is_written_like_a_reaction_is_one() -> None:
    """Without `@on` it would never be called, and every test that calls it by hand would pass."""
    checked = 0
    for service in services().values():
        for one in service.streams:
            if one.reactions is None:
                continue
            functions = {reaction.function for reaction in one.reactions.all}
            module = import_module(next(iter(functions)).__module__)
            written = [
                function
                for function in vars(module).values()
                if isfunction(function) and function.__module__ == module.__name__
                if is_like_a_reaction(function)
            ]
            assert [each.__name__ for each in written if each not in functions] == []
            checked += len(written)
    assert checked > 30


def test_oversight_consumes_every_service() -> None:
    """A matter is shown whole, or it is not shown: none is left out by a list that nobody read."""
    sources = set(services()["oversight"].reactions["oversight.journal"].to)
    assert sources == services().keys()
