"""How a personal value is sealed: AES-GCM under the key of its matter, bound to its place."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Final, TypeAlias

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from libs.events.core.kernel import Hidden
from libs.events.system.ids import RANDOMNESS

NONCE: Final = 12


# A key, or why there is none: it was destroyed, or is not for us.
Key: TypeAlias = bytes | Hidden


def sealed_text(key: bytes, value: Any, about: bytes) -> str:
    nonce = RANDOMNESS.bytes(NONCE)
    secret = AESGCM(key).encrypt(nonce, orjson.dumps(value), about)
    return urlsafe_b64encode(nonce + secret).decode()


def opened_text(key: bytes, sealed: str, about: bytes) -> Any:
    secret = urlsafe_b64decode(sealed)
    try:
        return orjson.loads(AESGCM(key).decrypt(secret[:NONCE], secret[NONCE:], about))
    except InvalidTag:
        raise ValueError("sealed under another key, or for another place") from None
