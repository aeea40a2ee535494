"""The files of a stream of a matter: by digest, encrypted under the key of the matter.

They lie under the stream, so that no other stream of the matter has them.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Header, Path, Request, Response
from pydantic import BaseModel

from libs.events.core.kernel import Context, Hidden, NotFound, Record, Refused
from libs.events.http.bodies import Digest
from libs.events.http.edge import Caller, allowed, refusals
from libs.events.store.files import Files, kind_of
from libs.events.store.vault import Vault
from libs.events.wire.encryption import DamagedKey

ANYTHING: Final = frozenset({"PHOTO", "AUDIO", "VIDEO", "DOCUMENT"})
# What a content type claims, and must then be.
CLAIMED: Final = {"image": "PHOTO", "audio": "AUDIO", "video": "VIDEO"}


class Owner(Record):
    """Whose the files are: a stream's id, and its matter."""

    key: str
    matter: str


# Whose files the caller may see there. Raises `NotFound`.
Visible = Callable[[str, Context], Owner]


class Stored(BaseModel):
    sha256: str
    kind: str


class Shelf:
    def __init__(self, files: Files, keys: Vault) -> None:
        self._files = files
        self._keys = keys

    def store(self, owner: Owner, digest: str, content: bytes) -> None:
        self._files.put(owner.key, digest, content, self._key(owner.matter))

    def fetch(self, owner: Owner, digest: str) -> bytes:
        return self._files.get(owner.key, digest, self._key(owner.matter))

    def holds(self, owner: Owner, digest: str, kinds: frozenset[str] = ANYTHING) -> bool:
        """Whether there is a file of this digest, of one of these kinds."""
        try:
            content = self.fetch(owner, digest)
        except NotFound:
            return False
        return kind_of(content) in kinds

    def _key(self, matter: str) -> bytes:
        key = self._keys.take({matter})[matter]
        if isinstance(key, DamagedKey):
            raise key
        if isinstance(key, Hidden):
            raise NotFound(
                "The key of this matter was destroyed: its files cannot be read any more"
            )
        return key


def shelf_routes(
    shelf: Shelf, visible: Visible, path: str, stores: Sequence[str], reads: Sequence[str]
) -> APIRouter:
    """`PUT` and `GET <path>/files/{sha256}`; the path names the stream: `/cases/{case}`."""
    prefix, _, named = path.strip("/").partition("/")
    router = APIRouter(prefix=f"/{prefix}", tags=[prefix])
    name = named.strip("{}")
    key_type = Annotated[str, Path(alias=name)]

    @router.put(
        f"/{named}/files/{{sha256}}",
        operation_id="StoreFile",
        status_code=201,
        responses=refusals({}, "not-found", "media-hash-mismatch"),
        dependencies=[allowed(*stores)],
        openapi_extra={
            "requestBody": {"required": True, "content": {"application/octet-stream": {}}}
        },
    )
    async def store(
        key: key_type,
        sha256: Digest,
        request: Request,
        caller: Caller,
        content_type: Annotated[str, Header()] = "application/octet-stream",
    ) -> Stored:
        """Known by its digest, and by what its bytes are: no name and no header says that."""
        content = await request.body()
        owner = await asyncio.to_thread(visible, key, caller)
        kind = kind_of(content)
        claimed = CLAIMED.get(content_type.partition("/")[0], kind)
        if kind == "OTHER" or claimed != kind:
            raise Refused(
                "media-hash-mismatch",
                "The bytes are of kind {kind}, not {content_type}: send a photo, a "
                "recording, a video or a document",
                kind=kind,
                content_type=content_type,
                field="kind",
            )
        await asyncio.to_thread(shelf.store, owner, sha256, content)
        return Stored(sha256=sha256, kind=kind)

    @router.get(
        f"/{named}/files/{{sha256}}",
        operation_id="GetFile",
        responses=refusals({}, "not-found", "media-hash-mismatch"),
        dependencies=[allowed(*reads)],
    )
    def fetch(key: key_type, sha256: Digest, caller: Caller) -> Response:
        content = shelf.fetch(visible(key, caller), sha256)
        return Response(content, media_type="application/octet-stream")

    return router
