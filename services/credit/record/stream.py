"""A record: captured from a document, shown, corrected, withdrawn."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Final

from pydantic import BaseModel, Field
from sqlalchemy import Connection

from libs.contracts import vocabulary as v
from libs.contracts.credit import BasisDocument, BasisType
from libs.contracts.enforcement import CreditClass
from libs.edge.parties import PartyBody, subject_ref
from libs.events.core.fields import FIRST_PAGE, Call, Paging
from libs.events.deciding.turn import Completion, Index
from libs.events.declaring.routes import get, post
from libs.events.declaring.stream import Stream
from libs.events.http.bodies import Code, Day, Short
from libs.statute.numbering import normalised
from libs.statute.rulebook import Rulebook
from services.credit.known import Standing
from services.credit.record.commands import (
    CaptureRecord,
    ConfirmDuties,
    CorrectRecord,
    PublishRecord,
    WithdrawRecord,
)
from services.credit.record.completion import Asked, Completing
from services.credit.record.deadlines import deadlines
from services.credit.record.projection import (
    RecordRow,
    find_listed_of_matter,
    find_of_decision,
    find_of_listing,
    find_page,
    get_record,
    project,
    project_decisions,
)
from services.credit.record.reactions import LISTED_OF_MATTER, OF_DECISION, OF_LISTING, on
from services.credit.record.rules.decider import decider

OFFICERS: Final = (v.Role.CREDIT_OFFICER,)
# Those who recognise it, and so decide on its repair.
RECOGNISED: Final = (v.Role.CREDIT_OFFICER, v.Role.LISTING_AUTHORITY)
ITEM: Final = "not-in-catalogue basis-invalid"
READERS: Final = (v.Role.CREDIT_OFFICER, v.Role.LISTING_AUTHORITY, v.Role.SUPERVISOR)
SIGNED: Final = "approver-required signature-invalid"


class Document(BaseModel):
    """The document that a record rests on, the agency that issued it and the day it bears."""

    type: BasisType
    no: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
    agency_code: Code
    decided_on: Day


class RecordPage(BaseModel):
    records: Sequence[RecordRow]
    next: str | None


def find_records(
    tx: Connection,
    item_code: v.CatalogueItemCode | None = None,
    standing: Standing | None = None,
    agency_code: v.AgencyCode | None = None,
    page: Paging = FIRST_PAGE,
) -> RecordPage:
    """The oldest first; whom they are of is on the subject's sheet."""
    found, following = find_page(
        tx, item_code=item_code, standing=standing, agency_code=agency_code, page=page
    )
    return RecordPage(records=found, next=following)


class Law(BaseModel):
    law: Short
    article: Short


class Capture(PartyBody):
    """Information that its provider has supplied on a document."""

    record_id: v.RecordId
    item_code: Code
    credit_class: CreditClass | None = None
    basis_document: Document
    behaviour_date: Day
    legal_basis: Annotated[tuple[Law, ...], Field(min_length=1, max_length=20)]


def captured(key: bytes, body: Capture, call: Call) -> CaptureRecord:
    """The number goes no further than this: it becomes a token. A document's number is written in
    one way only."""
    caller, document = call.caller, body.basis_document
    return CaptureRecord(
        record_id=body.record_id,
        item_code=v.CatalogueItemCode(body.item_code),
        subject_ref=subject_ref(body, key, call.day(caller.at)),
        credit_class=body.credit_class,
        basis_document=BasisDocument(
            type=document.type,
            no=normalised(document.no),
            agency_code=v.AgencyCode(document.agency_code),
            decided_on=document.decided_on,
        ),
        behaviour_date=body.behaviour_date,
        legal_basis=tuple(v.LegalBasis(law=o.law, article=o.article) for o in body.legal_basis),
        at=caller.at,
    )


def record(rules: Rulebook, key: bytes, asked: Asked) -> Stream:
    completing = Completing(rules, asked)
    path = "/records/{record_id}"
    return Stream(
        name="record",
        decider=decider(rules),
        completions={
            CaptureRecord: Completion(
                asks=("catalogue_item", "record", "subject", "listing"),
                complete=completing.capture,
            ),
            CorrectRecord: Completion(
                asks=("catalogue_item", "record", "listing"), complete=completing.correct
            ),
            ConfirmDuties: Completion(asks=(), complete=completing.confirm),
            WithdrawRecord: Completion(
                asks=("catalogue_item", "listing"), complete=completing.withdraw
            ),
        },
        indexes={
            OF_DECISION: Index(find=find_of_decision, asks=("record",)),
            LISTED_OF_MATTER: Index(find=find_listed_of_matter, asks=("record",)),
            OF_LISTING: Index(find=find_of_listing, asks=("record",)),
        },
        projections=[project],
        reactions=on,
        remembers={"credit.record": project_decisions},
        deadlines=deadlines(rules.calendar.end_of),
        commands=[
            post(
                CaptureRecord,
                "/records",
                OFFICERS,
                f"{ITEM} id-check-failed subject-not-eligible retroactive provider-not-allowed "
                "duplicate-record name-mismatch list-notice-required idempotency-conflict",
                status=201,
                reads=partial(captured, key),
            ),
            post(
                PublishRecord,
                f"{path}/publish",
                OFFICERS,
                "not-found out-of-turn publicity-forbidden",
            ),
            post(
                CorrectRecord,
                f"{path}/correct",
                OFFICERS,
                f"not-found out-of-turn {ITEM} retroactive provider-not-allowed duplicate-record "
                f"{SIGNED}",
            ),
            post(
                ConfirmDuties,
                f"{path}/duties",
                RECOGNISED,
                f"not-found out-of-turn provider-not-allowed repair-duties-open basis-invalid "
                f"{SIGNED}",
            ),
            post(WithdrawRecord, f"{path}/withdraw", OFFICERS, f"not-found basis-invalid {SIGNED}"),
        ],
        queries=[
            get("/records", find_records, READERS),
            get("/records/{record_id}", get_record, READERS, "not-found",
                stream="record/{record_id}"),
        ],
    )  # fmt: skip
