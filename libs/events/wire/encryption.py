"""How a personal value is sealed: AES-GCM under the key of its matter, bound to its place."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Final, TypeAlias

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from libs.events.core.kernel import Hidden
from libs.events.system.ids import RANDOMNESS
from libs.events.wire.bounds import Unreadable

NONCE: Final = 12


class DamagedKey(Unreadable):
    """What lies in the key store under this name is not what was put there. It may be mended from
    a backup: until then nothing is read or written under it, and nothing else waits for it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the key of {name} is not what was put into the key store")


# A key, or why there is none: it was destroyed, or is not for us, or cannot be opened.
Key: TypeAlias = bytes | Hidden | DamagedKey


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
