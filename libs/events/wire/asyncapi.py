"""What a service says on its topic, as AsyncAPI 3.0: made from its contract, and nothing else."""

import html
import inspect
from collections.abc import Sequence
from types import ModuleType
from typing import Any, Final

from libs.events.core.kernel import Event, MessageSkipped, RequestRefused
from libs.events.wire import codec
from libs.events.wire.codec import topic_of

# What any service may say of its own workings.
MACHINERY: Final[tuple[type[Event], ...]] = (MessageSkipped, RequestRefused)
HEADERS: Final = (
    "specversion", "id", "source", "type", "subject", "time", "recordedtime", "partitionkey",
    "sequence", "streamversion", "correlationid", "causationid", "causekind", "authtype", "authid",
    "role", "agency",
)  # fmt: skip
EXAMPLE: Final = {
    "specversion": "1.0",
    "id": "01931f2e-0000-7000-8000-000000000001",
    "time": "2026-06-01T01:10:00.000000Z",
    "recordedtime": "2026-06-01T01:10:00.000000Z",
    "sequence": "00000000000000000042",
    "streamversion": "1",
    "correlationid": "TR-20260601-0123ABCD-E",
    "causationid": "01931f2e-0000-7000-8000-000000000000",
    "causekind": "request",
    "authtype": "app_user",
    "authid": "somebody",
    "subject": "stream/01931f2e-0000-7000-8000-000000000002",
    "partitionkey": "stream/01931f2e-0000-7000-8000-000000000002",
    "role": "SYSTEM",
    "agency": "somewhere",
}


def events_of(contract: ModuleType) -> list[type[Event]]:
    """The events a contract publishes, by the name they have on the wire."""
    own = [
        one
        for one in vars(contract).values()
        if inspect.isclass(one) and issubclass(one, Event) and one.__module__ == contract.__name__
    ]
    return sorted(own, key=lambda one: one.event_type)


def document(
    service: str, contract: ModuleType, *, namespace: str, hears: Sequence[str]
) -> dict[str, Any]:
    """AsyncAPI 3.0: the channel of the service, its messages, and which channels it consumes."""
    events = [*events_of(contract), *MACHINERY]
    messages = {one.__name__: message(one, service) for one in events}
    channels: dict[str, Any] = {
        service: {
            "address": topic_of(service, namespace),
            "title": f"All that {service} says, each stream in order",
            "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
            "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": "0.5.0"}},
        }
    }
    del channels[service]["bindings"]["kafka"]["key"]
    operations: dict[str, Any] = {
        "say": {"action": "send", "channel": {"$ref": f"#/channels/{service}"}}
    }
    for other in sorted(set(hears) - {service}):
        channels[other] = {"address": topic_of(other, namespace)}
        operations[f"hear_{other}"] = {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{other}"},
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": service,
            "version": "1",
            "description": inspect.cleandoc(contract.__doc__ or ""),
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }


def message(event: type[Event], service: str) -> dict[str, Any]:
    described = codec.schema(event)
    schema = {"schemaFormat": "application/schema+json;version=draft-07", "schema": described}
    headers = {f"ce_{name}": {"type": "string"} for name in HEADERS}
    headers["ce_type"] = {"type": "string", "const": event.event_type}
    headers["ce_source"] = {"type": "string", "const": service}
    return {
        "name": event.event_type,
        "title": event.__name__,
        "summary": inspect.cleandoc(event.__doc__ or ""),
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "required": [f"ce_{name}" for name in HEADERS],
            "properties": headers | {"ce_traceparent": {"type": "string"}},
        },
        "payload": schema,
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": "the stream, as ce_subject"},
                "bindingVersion": "0.5.0",
            }
        },
        "examples": [
            {
                "name": event.__name__,
                "headers": {f"ce_{name}": text for name, text in EXAMPLE.items()}
                | {"ce_type": event.event_type, "ce_source": service},
                "payload": {
                    name: example(column) for name, column in described["properties"].items()
                },
            }
        ],
    }


def example(column: dict[str, Any]) -> Any:
    """Something of the right shape."""
    options = column.get("anyOf", [column])
    kind = options[0].get("type")
    if kind == "string":
        formats = {
            "date-time": "2026-06-01T01:10:00Z",
            "date": "2026-06-01",
            "uuid": EXAMPLE["id"],
        }
        return formats.get(options[0].get("format", ""), "…")
    return {"integer": 1, "number": 1.0, "boolean": True, "array": [], "null": None}.get(kind, {})


def page(service: str, contract: ModuleType) -> str:
    """The same for people: every event, what it says, and its fields."""
    parts = []
    for event in (*events_of(contract), *MACHINERY):
        fields = codec.schema(event)["properties"]
        rows = "".join(
            f"<tr><td><code>{name}</code><td>{html.escape(kind_of(column))}"
            for name, column in fields.items()
        )
        told = html.escape(inspect.cleandoc(event.__doc__ or ""))
        parts.append(
            f"<h2>{event.__name__}</h2><p><code>{event.event_type}</code> {told}</p>"
            f"<table>{rows}</table>"
        )
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{service}</title>"
        "<style>body{font:15px sans-serif;max-width:60em;margin:2em auto}"
        "td{padding:0 1em 0 0}</style>"
        f"<h1>{service}</h1><p><a href=/asyncapi.json>AsyncAPI 3.0</a></p>{''.join(parts)}"
    )


def kind_of(column: dict[str, Any]) -> str:
    options = column.get("anyOf", [column])
    named = [
        one.get("format") or one.get("type") or one.get("$ref", "").rpartition("/")[2]
        for one in options
    ]
    sealed = column.get("format") == "sealed" and "anyOf" in column
    return " | ".join([*named, "sealed"] if sealed else named)
