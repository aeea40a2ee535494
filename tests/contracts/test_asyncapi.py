"""What every service says of its topic is AsyncAPI 3.0, and its examples can be read."""

import json
from importlib import import_module
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from libs.console.suite import services
from libs.contracts import grid
from libs.events.wire import asyncapi

JUDGE = Draft7Validator(
    json.loads((Path(__file__).parent / "asyncapi" / "3.0.0.json").read_text("utf-8"))
)
CONTRACTS = {one: import_module(f"libs.contracts.{one}") for one in services()}


@pytest.mark.parametrize("service", CONTRACTS)
def test_it_fits_the_specification(service: str) -> None:
    told = asyncapi.document(service, CONTRACTS[service], namespace="a.", hears=["grid"])
    assert [error.message[:200] for error in JUDGE.iter_errors(told)] == []
    assert told["channels"][service]["address"] == f"a.{service}.events"
    published = (*asyncapi.events_of(CONTRACTS[service]), *asyncapi.MACHINERY)
    names = {one.__name__ for one in published}
    assert told["components"]["messages"].keys() == names


def test_the_check_can_fail() -> None:
    told = asyncapi.document("grid", grid, namespace="", hears=[])
    assert list(JUDGE.iter_errors({**told, "asyncapi": "2.0.0"}))
    assert list(JUDGE.iter_errors({**told, "chanels": {}}))


@pytest.mark.parametrize("service", CONTRACTS)
def test_examples_are_shown_for_every_message(service: str) -> None:
    told = asyncapi.document(service, CONTRACTS[service], namespace="", hears=[])
    for one in told["components"]["messages"].values():
        (example,) = one["examples"]
        assert set(one["headers"]["required"]) == example["headers"].keys()
        assert example["headers"]["ce_type"] == one["name"]
        assert set(one["payload"]["schema"]["required"]) <= example["payload"].keys()


@pytest.mark.parametrize("service", CONTRACTS)
def test_there_is_a_page_for_people(service: str) -> None:
    page = asyncapi.page(service, CONTRACTS[service])
    for event in (*asyncapi.events_of(CONTRACTS[service]), *asyncapi.MACHINERY):
        assert event.event_type in page
