"""Whether a text stands somewhere in clear, in any of the ways in which it may be come upon."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any


def written(secret: str) -> dict[str, bytes]:
    """All the ways in which somebody might come upon it."""
    raw = secret.encode()
    ways = {
        "as it is": raw,
        "in JSON": secret.encode("ascii", "backslashreplace"),
        "in hexadecimal": raw.hex().encode(),
        # Of what can be guessed; the digest of a file is known, and proves what it was.
        "as a digest": b"" if " " in secret else sha256(raw).hexdigest().encode(),
        "in UTF-16": secret.encode("utf-16-le"),
    }
    for shift in range(3):
        # The letters that stand for it whatever comes before and after.
        text = b64encode(b"\0" * shift + raw + b"\0\0")
        start, end = (shift * 8 + 5) // 6 + 1, len(text) - 6
        ways[f"in base64, {shift} on"] = text[start:end]
    return ways


def seen(places: Mapping[Any, bytes], secrets: Sequence[str]) -> list[tuple[Any, str, str]]:
    """Where, which, and how."""
    return [
        (place, secret, how)
        for secret in secrets
        for how, letters in written(secret).items()
        if len(letters) > 8
        for place, content in places.items()
        if letters in content
    ]
