"""Any CloudEvent 1.0, on Kafka and over HTTP, in binary and in structured mode.

Sources: CloudEvents 1.0.2, Kafka Protocol Binding 1.0.2, HTTP Protocol Binding 1.0.2, JSON Event
Format 1.0.2. Whose event it is, and what it means, is not known here.
"""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote, unquote

from libs.events.core.kernel import Record

REQUIRED: Final = ("specversion", "id", "source", "type")
NAME: Final = re.compile(r"[a-z0-9]+")
STRUCTURED: Final = "application/cloudevents"
JSON_FORMAT: Final = "application/cloudevents+json"
# What a header may not hold as it is: HTTP binding 3.1.3.2.
UNENCODED: Final = "".join(chr(n) for n in range(0x21, 0x7F) if chr(n) not in '"%')


class Malformed(ValueError):
    """What was sent is no CloudEvent."""


class CloudEvent(Record):
    """Its attributes, among them `datacontenttype`, as text; and its data, as bytes."""

    attributes: Mapping[str, str]
    data: bytes | None


def from_kafka(headers: Iterable[tuple[str, bytes]], value: bytes | None) -> CloudEvent:
    """Raises `Malformed`. A header that is not UTF-8 is no attribute of anything."""
    try:
        named = [(name.lower(), text.decode()) for name, text in headers]
    except (UnicodeDecodeError, AttributeError) as problem:
        raise Malformed(f"a header is not text: {problem}") from problem
    return read(named, value, prefix="ce_", plain=str)


def from_http(headers: Iterable[tuple[str, str]], body: bytes) -> CloudEvent:
    """Raises `Malformed`."""
    return read([(name.lower(), text) for name, text in headers], body, prefix="ce-", plain=unquote)


def read(
    headers: list[tuple[str, str]], value: bytes | None, *, prefix: str, plain: Any
) -> CloudEvent:
    given = dict(headers)
    content_type = given.get("content-type")
    if (content_type or "").startswith(STRUCTURED):
        return from_structured(value, str(content_type))
    attributes = {
        name.removeprefix(prefix): plain(text) for name, text in headers if name.startswith(prefix)
    }
    if content_type is not None:
        attributes["datacontenttype"] = content_type
    return checked(CloudEvent(attributes=attributes, data=value))


def from_structured(value: bytes | None, content_type: str) -> CloudEvent:
    if not content_type.startswith(JSON_FORMAT):
        raise Malformed(f"{content_type} is no format that is read here")
    try:
        fields = json.loads(value or b"")
    except ValueError as problem:
        raise Malformed(f"no JSON: {problem}") from problem
    if not isinstance(fields, dict):
        raise Malformed("an event is an object")
    data: bytes | None = None
    if "data_base64" in fields:
        data = base64.b64decode(fields.pop("data_base64"))
    elif "data" in fields:
        data = json.dumps(fields.pop("data"), ensure_ascii=False).encode()
    attributes = {name: text_of(one) for name, one in fields.items() if one is not None}
    return checked(CloudEvent(attributes=attributes, data=data))


def to_kafka(event: CloudEvent) -> tuple[tuple[tuple[str, bytes], ...], bytes | None]:
    """Headers and value, in binary mode."""
    content_type = event.attributes.get("datacontenttype")
    first = (("content-type", content_type.encode()),) if content_type else ()
    rest = (
        (f"ce_{name}", text.encode())
        for name, text in event.attributes.items()
        if name != "datacontenttype"
    )
    return (*first, *rest), event.data


def to_http(event: CloudEvent) -> tuple[dict[str, str], bytes]:
    """Headers and body, in binary mode."""
    headers = {
        f"ce-{name}": quote(text, safe=UNENCODED)
        for name, text in event.attributes.items()
        if name != "datacontenttype"
    }
    if "datacontenttype" in event.attributes:
        headers["content-type"] = event.attributes["datacontenttype"]
    return headers, event.data or b""


def to_structured(event: CloudEvent) -> bytes:
    """The JSON event format."""
    fields: dict[str, Any] = dict(event.attributes)
    if event.data is not None:
        if "json" in event.attributes.get("datacontenttype", "application/json"):
            fields["data"] = json.loads(event.data)
        else:
            fields["data_base64"] = base64.b64encode(event.data).decode()
    return json.dumps(fields, ensure_ascii=False).encode()


def checked(event: CloudEvent) -> CloudEvent:
    for name in REQUIRED:
        if not event.attributes.get(name):
            raise Malformed(f"{name} is missing")
    if event.attributes["specversion"] != "1.0":
        raise Malformed(f"specversion {event.attributes['specversion']} is not read here")
    for name in event.attributes:
        if not NAME.fullmatch(name):
            raise Malformed(f"{name!r} cannot be the name of an attribute")
    return event


def text_of(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int):
        return str(value)
    raise Malformed(f"an attribute is a text, a number or a truth, not {type(value).__name__}")
