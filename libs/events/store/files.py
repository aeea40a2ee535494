"""Files known by their digest: in a directory, in any S3-compatible store, or in memory for tests.

What is stored is encrypted under the key of its matter (AES-GCM, bound to the digest), so that
forgetting a matter forgets its files; and whoever reads it checks that it is what it was.
"""

from hashlib import sha256
from pathlib import Path
from secrets import token_bytes
from typing import Any, Final, Self

import obstore
import puremagic
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from obstore.exceptions import AlreadyExistsError, NotFoundError
from obstore.store import LocalStore, MemoryStore, from_url

from libs.events.core.kernel import NotFound, Refused

NONCE: Final = 12
# What may be kept, and which kind of evidence it is.
KINDS: Final = {
    "image": "PHOTO",
    "audio": "AUDIO",
    "video": "VIDEO",
    "application": "DOCUMENT",
    "text": "DOCUMENT",
}
FOREIGN: Final = "OTHER"


class Files:
    """A store by digest. Nothing in it is ever changed or replaced."""

    def __init__(self, store: Any) -> None:
        self._store = store

    @classmethod
    def at(cls, url: str) -> Self:
        """`file:///folder`, or `s3://bucket/prefix` with what the environment says (AWS_…)."""
        if url.startswith("file://"):
            folder = Path(url.removeprefix("file://"))
            folder.mkdir(parents=True, exist_ok=True)
            return cls(LocalStore(prefix=folder))
        return cls(from_url(url))

    @classmethod
    def in_memory(cls) -> Self:
        return cls(MemoryStore())

    def put(self, owner: str, digest: str, content: bytes, key: bytes) -> None:
        """Raises `Refused` where the bytes have another digest than was said."""
        if sha256(content).hexdigest() != digest:
            raise Refused(
                "media-hash-mismatch",
                "The bytes have another SHA-256 than the path says",
                field="sha256",
            )
        nonce = token_bytes(NONCE)
        sealed = nonce + AESGCM(key).encrypt(nonce, content, digest.encode())
        try:
            obstore.put(self._store, place(owner, digest), sealed, mode="create")
        except AlreadyExistsError:
            return  # known by its digest, it is the same

    def get(self, owner: str, digest: str, key: bytes) -> bytes:
        """Raises `NotFound` where there is none, `Refused` where it is not what it was."""
        try:
            found = obstore.get(self._store, place(owner, digest)).bytes()
        except (NotFoundError, FileNotFoundError):
            raise NotFound("There is no file {digest}", digest=digest) from None
        sealed = bytes(found)
        try:
            content = AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], digest.encode())
        except InvalidTag:
            content = b""
        if sha256(content).hexdigest() != digest:
            raise Refused(
                "media-hash-mismatch",
                "The file {digest} is not what it was when it was stored",
                digest=digest,
            )
        return content


def place(owner: str, digest: str) -> str:
    """No name of anybody or anything: the digest of whose it is, and the file's."""
    return f"{sha256(owner.encode()).hexdigest()[:32]}/{digest[:2]}/{digest}"


def kind_of(content: bytes) -> str:
    """PHOTO, AUDIO, VIDEO, DOCUMENT or OTHER, as its first bytes say and no name or header."""
    try:
        media_type = puremagic.from_string(content, mime=True)
    except (puremagic.PureError, ValueError):
        media_type = ""
    if not media_type and readable(content):
        media_type = "text/plain"
    return KINDS.get(media_type.partition("/")[0], FOREIGN)


def readable(content: bytes) -> bool:
    try:
        return bool(content) and "\x00" not in content.decode()
    except UnicodeDecodeError:
        return False
