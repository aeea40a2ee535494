"""What is asked of cases over HTTP: registers, desks, clocks, money, documents, files.

An agency sees its own; supervision and operations see the registers of all, and no names.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, TypeAlias
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel
from sqlalchemy import Connection, Engine

from libs.contracts.enforcement import EvidenceKind, Party
from libs.contracts.vocabulary import AgencyCode, CaseId, PersonId, Role
from libs.edge.numbering import Numbered
from libs.events.core.kernel import Context, Hidden, NotFound, Refused
from libs.events.http.bodies import Code, Day, Digest, place_in, place_of
from libs.events.http.edge import Caller, allowed, refusals
from libs.events.store.files import Files, kind_of
from libs.events.store.vault import Vault
from services.enforcement.case import pages
from services.enforcement.case.api.reading import Reading
from services.enforcement.case.projection.decisions import (
    PAGE_SIZE_LIMIT as DECISIONS_LIMIT,
)
from services.enforcement.case.projection.decisions import (
    PublicDecision,
    find_page,
    find_public,
)
from services.enforcement.case.projection.register import (
    PAGE_SIZE_LIMIT,
    CaseRow,
    find_case,
    find_cases,
)
from services.enforcement.case.rules.document import Written

WATCHERS: Final = (Role.SUPERVISOR, Role.OPS)
STAFF: Final = (
    Role.OFFICER, Role.AGENCY_HEAD, Role.LEGAL_REVIEWER, Role.HEARING_HOST, Role.ARCHIVIST,
)  # fmt: skip
# What each kind of evidence may be, as its bytes say.
ALLOWED: Final[dict[EvidenceKind, frozenset[str]]] = {
    EvidenceKind.AUDIO_VIDEO: frozenset({"AUDIO", "VIDEO"}),
    EvidenceKind.SITE_RECORD: frozenset({"DOCUMENT", "PHOTO", "VIDEO"}),
    EvidenceKind.MATERIAL: frozenset({"PHOTO", "DOCUMENT", "VIDEO"}),
}
ANYTHING: Final = frozenset({"PHOTO", "AUDIO", "VIDEO", "DOCUMENT"})

DayOf: TypeAlias = Callable[[datetime], date]


class CasePage(BaseModel):
    """A page; `next` asks for the one after it."""

    cases: Sequence[CaseRow]
    next: str | None


class PartyView(BaseModel):
    subject_id: UUID
    name: str
    address: str
    credit_code: str | None


class CaseView(CaseRow):
    """A case whole: who it is about, and what is owed as of now, in fen."""

    parties: Sequence[PartyView] | str
    surcharge_fen: int | None
    owed_fen: int | None


class SkippedDay(BaseModel):
    day: date
    why: str


class PauseView(BaseModel):
    reason: str
    paused_on: date
    resumed_on: date


class ClockView(BaseModel):
    """Why this date: start, rule, source, pauses, each day skipped and why."""

    clock: str
    start: date
    rule_code: str
    value: int
    unit: str
    basis: str
    pauses: Sequence[PauseView]
    skipped: Sequence[SkippedDay]
    due_on: date
    provisional: bool


class MoneyView(BaseModel):
    as_of: date
    fine_fen: int
    gain_fen: int
    surcharge_fen: int
    paid_fen: int
    refunded_fen: int
    owed_fen: int
    due_on: date | None


class MaskedView(BaseModel):
    text: str
    masked_hash: str


class Stored(BaseModel):
    sha256: str
    kind: str


class DecisionPage(BaseModel):
    decisions: Sequence[PublicDecision]
    next: str | None


def visible(tx: Connection, case: str, caller: Context) -> CaseRow:
    """A case of the caller's agency. Raises `NotFound`."""
    row = find_case(tx, case)
    if row is None or not (row.agency_code == caller.agency or caller.role in WATCHERS):
        raise NotFound(f"there is no case {case}")
    return row


class Shelf:
    """The files of cases: encrypted under the key of their matter, shown to nobody else."""

    def __init__(self, engine: Engine, files: Files, keys: Vault) -> None:
        self._engine = engine
        self._files = files
        self._keys = keys

    def require(self, case_id: CaseId, caller: Context) -> None:
        with self._engine.connect() as tx:
            row = find_case(tx, str(case_id))
        if row is None or row.agency_code != caller.agency:
            raise NotFound(f"there is no case {case_id}")

    def put(self, case: CaseRow, digest: str, content: bytes) -> None:
        """Under the case, so that no other case of the matter has it; the key is the matter's."""
        self._files.put(str(case.case_id), digest, content, self._key(case.correlation_id))

    def get(self, case: CaseRow, digest: str) -> bytes:
        return self._files.get(str(case.case_id), digest, self._key(case.correlation_id))

    def is_stored(self, case_id: CaseId, digest: str, kind: EvidenceKind) -> bool:
        with self._engine.connect() as tx:
            row = find_case(tx, str(case_id))
        if row is None:
            return False
        try:
            content = self.get(row, digest)
        except NotFound:
            return False
        return kind_of(content) in ALLOWED.get(kind, ANYTHING)

    def _key(self, matter: str) -> bytes:
        key = self._keys.take({matter})[matter]
        if isinstance(key, Hidden):
            raise NotFound("what was stored is forgotten")
        return key


def questions(engine: Engine, reading: Reading, shelf: Shelf, day: DayOf) -> APIRouter:
    router = APIRouter(prefix="/cases", tags=["cases"], dependencies=[allowed(*STAFF, *WATCHERS)])

    @router.get("", operation_id="FindCases", responses=refusals({}))
    def page(
        caller: Caller,
        mine: bool = False,
        status: Code | None = None,
        waits_for: Code | None = None,
        power_item: Code | None = None,
        due_by: Day | None = None,
        after: str | None = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_SIZE_LIMIT)] = 50,
    ) -> CasePage:
        """The register of an agency; with `mine` an officer's desk."""
        with engine.connect() as tx:
            rows = find_cases(
                tx,
                agency_code=None if caller.role in WATCHERS else AgencyCode(caller.agency),
                officer_id=PersonId(caller.actor) if mine else None,
                status=status,
                waits_for=waits_for,
                power_item_code=power_item,
                due_by=due_by,
                after=place_in(after),
                limit=limit,
            )
        last = rows[-1] if len(rows) == limit else None
        return CasePage(cases=rows, next=place_of(last.filed_at, last.case_id) if last else None)

    @router.get("/{case}", operation_id="GetCase", responses=refusals({}, "not-found"))
    def whole(case: str, caller: Caller) -> CaseView:
        with engine.connect() as tx:
            row = visible(tx, case, caller)
            found = reading.case(tx, row.case_id)
        assert found is not None
        money = reading.money(found, caller.at)
        watches = caller.role in WATCHERS
        return CaseView(
            **row.model_dump(),
            parties=Hidden.WITHHELD.value if watches else named(found.filed.parties),
            surcharge_fen=money.surcharge_fen if money else None,
            owed_fen=money.owed_fen if money else None,
        )

    @router.get("/{case}/clocks", operation_id="GetClocks", responses=refusals({}, "not-found"))
    def clocks(case: str, caller: Caller) -> list[ClockView]:
        with engine.connect() as tx:
            found = reading.case(tx, visible(tx, case, caller).case_id)
        assert found is not None
        return [
            ClockView(
                **{
                    name: getattr(one, name)
                    for name in ("clock", "start", "rule_code", "value", "unit", "basis")
                },
                pauses=[
                    PauseView(reason=why, paused_on=p.paused_on, resumed_on=p.resumed_on)
                    for why, p in one.pauses
                ],
                skipped=[SkippedDay(day=skip.day, why=skip.why) for skip in one.skipped],
                due_on=one.due_on,
                provisional=one.provisional,
            )
            for one in reading.clocks(found)
        ]

    @router.get("/{case}/ledger", operation_id="GetLedger", responses=refusals({}, "not-found"))
    def ledger(case: str, caller: Caller) -> MoneyView:
        with engine.connect() as tx:
            found = reading.case(tx, visible(tx, case, caller).case_id)
        assert found is not None
        money = reading.money(found, caller.at)
        if money is None:
            raise NotFound("nothing is owed: no decision has been served")
        return MoneyView(**vars(money))

    @router.get(
        "/{case}/decision",
        operation_id="GetDecisionDocument",
        responses=refusals({}, "not-found"),
        dependencies=[allowed(*STAFF)],
    )
    def decision(case: str, caller: Caller, as_: Annotated[
        Literal["html", "pdf"], Query(alias="as")
    ] = "html") -> Response:  # fmt: skip
        document = document_of(case, caller, masked=False)
        if as_ == "pdf":
            return Response(pages.pdf(document), media_type="application/pdf")
        return HTMLResponse(pages.decision_html(document))

    @router.get(
        "/{case}/decision/masked",
        operation_id="GetMaskedDecision",
        responses=refusals({}, "not-found"),
        dependencies=[allowed(*STAFF)],
    )
    def masked(case: str, caller: Caller) -> MaskedView:
        """The copy that the head approves, and the digest by which it is published."""
        document = document_of(case, caller, masked=True)
        return MaskedView(text=document.text, masked_hash=document.digest)

    def document_of(case: str, caller: Context, *, masked: bool) -> Written:
        with engine.connect() as tx:
            found = reading.case(tx, visible(tx, case, caller).case_id)
        document = None if found is None else reading.document(found, masked=masked)
        if document is None:
            raise NotFound("nothing has been decided yet")
        return document

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
        with engine.connect() as tx:
            row = visible(tx, case, caller)
        kind = kind_of(content)
        said = content_type.partition("/")[0]
        if kind == "OTHER" or (said in ("image", "audio", "video") and KINDS_SAID[said] != kind):
            raise Refused(
                "media-hash-mismatch", f"these bytes are {kind}, not {content_type}", field="kind"
            )
        shelf.put(row, sha256, content)
        return Stored(sha256=sha256, kind=kind)

    @router.get(
        "/{case}/files/{sha256}",
        operation_id="GetFile",
        responses=refusals({}, "not-found", "media-hash-mismatch"),
        dependencies=[allowed(*STAFF)],
    )
    def fetch(case: str, sha256: Digest, caller: Caller) -> Response:
        with engine.connect() as tx:
            row = visible(tx, case, caller)
        content = shelf.get(row, sha256)
        return Response(content, media_type="application/octet-stream")

    return router


KINDS_SAID: Final = {"image": "PHOTO", "audio": "AUDIO", "video": "VIDEO"}


def named(parties: Sequence[Party] | Hidden) -> Sequence[PartyView] | str:
    if isinstance(parties, Hidden):
        return parties.value
    return [PartyView(**vars(one)) for one in parties]


def public(engine: Engine, day: DayOf, now: Callable[[], datetime]) -> APIRouter:
    """What everybody may read, without a token."""
    router = APIRouter(prefix="/decisions", tags=["public decisions"])

    @router.get("", operation_id="FindDecisions", responses=refusals({}))
    def page(
        agency: Code | None = None,
        since: Day | None = None,
        until: Day | None = None,
        after: str | None = None,
        limit: Annotated[int, Query(ge=1, le=DECISIONS_LIMIT)] = 20,
    ) -> DecisionPage:
        with engine.connect() as tx:
            found = find_page(
                tx,
                day(now()),
                agency_code=AgencyCode(agency) if agency else None,
                since=since,
                until=until,
                after=place_in(after),
                limit=limit,
            )
        return DecisionPage(
            decisions=found.decisions, next=place_of(*found.last) if found.last else None
        )

    @router.get(
        "/{decision_no}",
        operation_id="GetDecision",
        responses=refusals({}, "not-found"),
        response_model=PublicDecision,
    )
    def decision(decision_no: Numbered, accept: Annotated[str, Header()] = "") -> Any:
        with engine.connect() as tx:
            found = find_public(tx, decision_no, day(now()))
        if found is None:
            raise NotFound(f"no decision {decision_no} is published")
        if "text/html" not in accept:
            return found
        if found.document is None:
            return HTMLResponse(pages.html("gone.html", decision=found))
        return HTMLResponse(pages.decision_html(found.document))

    return router
