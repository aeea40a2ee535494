"""The files of cases: by digest, encrypted under the key of their matter, shown to nobody else."""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import Engine

from libs.contracts.enforcement import EvidenceKind
from libs.contracts.vocabulary import CaseId, Role
from libs.events.core.kernel import Context, Hidden, NotFound, Refused
from libs.events.http.bodies import Digest
from libs.events.http.edge import Caller, allowed, refusals
from libs.events.store.files import Files, kind_of
from libs.events.store.vault import Vault
from services.enforcement.case.projection.register import CaseRow, find_case
from services.enforcement.case.questions.case import visible

# What each kind of evidence may be, as its bytes say.
ALLOWED: Final[dict[EvidenceKind, frozenset[str]]] = {
    EvidenceKind.AUDIO_VIDEO: frozenset({"AUDIO", "VIDEO"}),
    EvidenceKind.SITE_RECORD: frozenset({"DOCUMENT", "PHOTO", "VIDEO"}),
    EvidenceKind.MATERIAL: frozenset({"PHOTO", "DOCUMENT", "VIDEO"}),
}
ANYTHING: Final = frozenset({"PHOTO", "AUDIO", "VIDEO", "DOCUMENT"})
# What a content type claims, and must then be.
CLAIMED: Final = {"image": "PHOTO", "audio": "AUDIO", "video": "VIDEO"}


class Stored(BaseModel):
    sha256: str
    kind: str


class Shelf:
    """Under the case, so that no other case of the matter has it; the key is the matter's."""

    def __init__(self, engine: Engine, files: Files, keys: Vault) -> None:
        self._engine = engine
        self._files = files
        self._keys = keys

    def store(self, row: CaseRow, digest: str, content: bytes) -> None:
        self._files.put(str(row.case_id), digest, content, self._key(row.correlation_id))

    def fetch(self, case: str, digest: str, caller: Context) -> bytes:
        return self._get(self.visible(case, caller), digest)

    def is_stored(self, case_id: CaseId, digest: str, kind: EvidenceKind) -> bool:
        """Whether the store has a file of this digest, of a kind that this evidence may be."""
        with self._engine.connect() as tx:
            row = find_case(tx, str(case_id))
        if row is None:
            return False
        try:
            content = self._get(row, digest)
        except NotFound:
            return False
        return kind_of(content) in ALLOWED.get(kind, ANYTHING)

    def visible(self, case: str, caller: Context) -> CaseRow:
        with self._engine.connect() as tx:
            return visible(tx, case, caller)

    def _get(self, case: CaseRow, digest: str) -> bytes:
        return self._files.get(str(case.case_id), digest, self._key(case.correlation_id))

    def _key(self, matter: str) -> bytes:
        key = self._keys.take({matter})[matter]
        if isinstance(key, Hidden):
            raise NotFound(
                "The key of this matter was destroyed: its files cannot be read any more"
            )
        return key


def files(shelf: Shelf, staff: tuple[Role, ...]) -> APIRouter:
    router = APIRouter(prefix="/cases", tags=["cases"])

    @router.put(
        "/{case}/files/{sha256}",
        operation_id="StoreFile",
        status_code=201,
        responses=refusals({}, "not-found", "media-hash-mismatch"),
        dependencies=[allowed(Role.OFFICER)],
        openapi_extra={
            "requestBody": {"required": True, "content": {"application/octet-stream": {}}}
        },
    )
    async def store(
        case: str,
        sha256: Digest,
        request: Request,
        caller: Caller,
        content_type: Annotated[str, Header()] = "application/octet-stream",
    ) -> Stored:
        """Known by its digest, and by what its bytes are: no name and no header says that."""
        content = await request.body()
        row = await asyncio.to_thread(shelf.visible, case, caller)
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
        await asyncio.to_thread(shelf.store, row, sha256, content)
        return Stored(sha256=sha256, kind=kind)

    @router.get(
        "/{case}/files/{sha256}",
        operation_id="GetFile",
        responses=refusals({}, "not-found", "media-hash-mismatch"),
        dependencies=[allowed(*staff)],
    )
    def fetch(case: str, sha256: Digest, caller: Caller) -> Response:
        content = shelf.fetch(case, sha256, caller)
        return Response(content, media_type="application/octet-stream")

    return router
