"""The files of cases: what may be kept of which kind of evidence, and who sees it."""

from typing import Final

from fastapi import APIRouter
from sqlalchemy import Engine

from libs.contracts.enforcement import EvidenceKind
from libs.contracts.vocabulary import CaseId, Role
from libs.events.core.kernel import Context
from libs.suite.shelf import ANYTHING, Owner, Shelf, shelf_routes
from services.enforcement.case.projection.register import CaseRow, find_case
from services.enforcement.case.questions.case import visible

# What each kind of evidence may be, as its bytes say.
ALLOWED: Final[dict[EvidenceKind, frozenset[str]]] = {
    EvidenceKind.AUDIO_VIDEO: frozenset({"AUDIO", "VIDEO"}),
    EvidenceKind.SITE_RECORD: frozenset({"DOCUMENT", "PHOTO", "VIDEO"}),
    EvidenceKind.MATERIAL: frozenset({"PHOTO", "DOCUMENT", "VIDEO"}),
}


class Evidence:
    def __init__(self, engine: Engine, shelf: Shelf) -> None:
        self._engine = engine
        self._shelf = shelf

    def is_stored(self, case_id: CaseId, digest: str, kind: EvidenceKind) -> bool:
        """Whether the store has a file of this digest, of a kind that this evidence may be."""
        with self._engine.connect() as tx:
            row = find_case(tx, str(case_id))
        kinds = ALLOWED.get(kind, ANYTHING)
        return row is not None and self._shelf.holds(owner(row), digest, kinds)

    def routes(self, staff: tuple[Role, ...]) -> APIRouter:
        def seen(case: str, caller: Context) -> Owner:
            with self._engine.connect() as tx:
                return owner(visible(tx, case, caller))

        return shelf_routes(self._shelf, seen, "/cases/{case}", (Role.OFFICER,), staff)


def owner(row: CaseRow) -> Owner:
    return Owner(key=str(row.case_id), matter=row.correlation_id)
