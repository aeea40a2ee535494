"""What a message may be at most, and what its parts may say: judged before it means anything."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

# A message is at most this long, a header as well.
VALUE_LIMIT: Final = 256 * 1024
HEADER_LIMIT: Final = 255
# Headers that the relay adds and that are no part of the event.
PREVIOUS: Final = "lianban-previous"
LOG: Final = "lianban-log"
# As many positions as a database has.
MOST: Final = 2**63 - 1
DIGITS: Final = re.compile(r"[0-9]{1,20}")
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class Unreadable(Exception):
    """What is no event of ours, however often it is read."""


def chained(headers: Mapping[str, bytes]) -> tuple[str, int]:
    """Of which log a record is, and what came before it on its partition. Raises `Unreadable`."""
    try:
        log_id, previous = headers[LOG].decode(), headers[PREVIOUS].decode()
        require_carried({"log": log_id}, b"")
        return log_id, number(previous, least=0)
    except (KeyError, ValueError) as problem:
        raise Unreadable(repr(problem)) from problem


def require_carried(given: Mapping[str, str], value: bytes) -> None:
    """What nobody of ours could have sent: an attribute that is empty, too long or no text, a
    value that is too long. Raises `ValueError`."""
    if len(value) > VALUE_LIMIT:
        raise ValueError(f"a value of {len(value)} bytes")
    for name, text in given.items():
        if not text or len(text) > HEADER_LIMIT or CONTROL.search(text):
            raise ValueError(f"ce_{name} cannot be {text[:40]!r}")


def number(text: str, *, least: int = 1) -> int:
    """A position, or how many events a stream has. Raises `ValueError`."""
    if not DIGITS.fullmatch(text) or not least <= int(text) <= MOST:
        raise ValueError(f"{text[:40]!r} is no position")
    return int(text)


def instant(text: str) -> datetime:
    """Raises `ValueError`, `OverflowError`."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text[:40]!r} has no zone")
    return at.astimezone(UTC)
