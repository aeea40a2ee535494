"""The conformance scenarios of CloudEvents, against our layer; and that it says no to the rest."""

import json
from typing import Any

import pytest
from pytest_bdd import given, parsers, scenarios, then, when

from libs.events.wire import cloudevents
from libs.events.wire.cloudevents import CloudEvent, Malformed

scenarios("kafka-protocol-binding.feature", "http-protocol-binding.feature")


@pytest.fixture
def sent() -> dict[str, Any]:
    return {"headers": [], "body": b""}


@given("Kafka Protocol Binding is supported")
@given("HTTP Protocol Binding is supported")
def supported() -> None:
    """Both are."""


@given("a Kafka message with payload:")
def payload(sent: dict[str, Any], docstring: str) -> None:
    sent["body"] = docstring.encode()


@given("Kafka headers:")
def kafka_headers(sent: dict[str, Any], datatable: list[list[str]]) -> None:
    sent["headers"] = [(name, value.encode()) for name, value in datatable[1:]]


@given("an HTTP request")
def request_of(sent: dict[str, Any], docstring: str) -> None:
    head, _, body = docstring.partition("\n\n")
    lines = head.splitlines()[1:]
    sent["headers"] = [tuple(part.strip() for part in one.split(":", 1)) for one in lines]
    sent["body"] = body.encode()


@when("parsed as Kafka message", target_fixture="event")
def parsed_kafka(sent: dict[str, Any]) -> CloudEvent:
    return cloudevents.from_kafka(sent["headers"], sent["body"])


@when("parsed as HTTP request", target_fixture="event")
def parsed_http(sent: dict[str, Any]) -> CloudEvent:
    return cloudevents.from_http(sent["headers"], sent["body"])


@then("the attributes are:")
def attributes(event: CloudEvent, datatable: list[list[str]]) -> None:
    assert dict(event.attributes) == dict(datatable[1:])


@then(parsers.parse("the data is equal to the following JSON:"))
def data(event: CloudEvent, docstring: str) -> None:
    assert json.loads(event.data or b"") == json.loads(docstring)


EVENT = CloudEvent(
    attributes={
        "specversion": "1.0",
        "id": "1",
        "source": "/here",
        "type": "a.b",
        "subject": '面 "100 %"',
        "datacontenttype": "application/json",
    },
    data=b'{"a": 1}',
)


def test_what_is_written_is_read_back() -> None:
    assert cloudevents.from_kafka(*cloudevents.to_kafka(EVENT)) == EVENT
    headers, body = cloudevents.to_http(EVENT)
    assert headers["ce-subject"].isascii()
    assert cloudevents.from_http(headers.items(), body) == EVENT
    kind = [("content-type", "application/cloudevents+json")]
    again = cloudevents.from_http(kind, cloudevents.to_structured(EVENT))
    assert (again.attributes, json.loads(again.data or b"")) == (EVENT.attributes, {"a": 1})


BAD = {
    "not UTF-8": [("ce_id", b"\xff")],
    "no id": [("ce_specversion", b"1.0"), ("ce_source", b"x"), ("ce_type", b"y")],
    "another version": [
        ("ce_specversion", b"0.3"), ("ce_id", b"1"), ("ce_source", b"x"), ("ce_type", b"y"),
    ],
    "a bad name": [
        ("ce_specversion", b"1.0"), ("ce_id", b"1"), ("ce_source", b"x"), ("ce_type", b"y"),
        ("ce_no_such", b"z"),
    ],
    "no JSON": [("content-type", b"application/cloudevents+json")],
    "no format of ours": [("content-type", b"application/cloudevents+avro")],
}  # fmt: skip


@pytest.mark.parametrize("headers", BAD.values(), ids=BAD)
def test_what_is_no_event_is_told(headers: list[tuple[str, bytes]]) -> None:
    with pytest.raises(Malformed):
        cloudevents.from_kafka(headers, b"[")
