"""No personal value of an event can be recorded in clear by the way it was declared."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Annotated, Any, TypeAlias, get_args, get_origin, get_type_hints

import pytest

from libs.events.core.kernel import Event, Hidden, Personal, Record
from libs.events.wire import codec
from libs.events.wire.asyncapi import events_of
from tests.contracts.publish import CONTRACTS

Path: TypeAlias = tuple[str, ...]
EVENTS = [event for contract in CONTRACTS for event in events_of(contract)]


def marked(hint: Any, path: Path, sealed: bool) -> Iterator[tuple[Path, bool]]:
    """Every place in a type that may be hidden, or is marked; and whether a mark is on it."""
    metadata = getattr(hint, "__metadata__", ())
    sealed = sealed or any(isinstance(one, Personal) for one in metadata)
    if any(isinstance(one, Personal) for one in metadata) or hint is Hidden:
        yield path, sealed
    if isinstance(hint, type) and issubclass(hint, Record) and get_origin(hint) is None:
        hints = get_type_hints(hint, include_extras=True)
        names: Any = hint
        for one in fields(names):
            yield from marked(hints[one.name], (*path, one.name), sealed)
        return
    for part in get_args(hint):
        yield from marked(part, path, sealed)


def open_places(event: type[Record]) -> set[Path]:
    """What looks sealed, and is not: without a mark, or with one that no reader of marks finds."""
    found = set(codec.personal(event))
    places = marked(event, (), sealed=False)
    return {
        path
        for path, sealed in places
        if not sealed or not any(path[: len(one)] == one for one in found)
    }


@pytest.mark.parametrize("event", EVENTS, ids=[one.__name__ for one in EVENTS])
def test_what_may_be_hidden_is_encrypted(event: type[Event]) -> None:
    assert open_places(event) == set(), "say Annotated[… | Hidden, Personal(level=…)]"


def test_an_open_place_is_found() -> None:
    class Holder(Record):
        name: Annotated[str | Hidden, Personal(level="P3")]

    class Bare(Record):
        crime: str | Hidden

    class Deep(Record):
        holders: Annotated[tuple[Holder, ...], "at most twenty"]

    assert open_places(Bare) == {("crime",)}
    assert open_places(Deep) == {("holders", "name")}


@pytest.mark.parametrize("contract", CONTRACTS, ids=[one.__name__ for one in CONTRACTS])
def test_an_event_bears_the_name_of_its_service(contract: Any) -> None:
    service = contract.__name__.rpartition(".")[2]
    names = [one.event_type for one in events_of(contract)]
    assert [one for one in names if not one.startswith(f"{service}.")] == []
    assert names
