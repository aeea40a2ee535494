"""Capturing a record: only what the catalogue allows, on a document that holds, once.

Source: 国办发〔2020〕49号 一-三; 立法法 104 (not retroactive); docs/domain/credit.md.
"""

from typing import Final

from libs.contracts.credit import BasisType, Polarity, RecordCaptured
from libs.contracts.vocabulary import RecordNo, SubjectKind
from libs.events.core.kernel import NEXT, Refused
from libs.statute.rulebook import Rulebook
from services.credit.known import CatalogueItem
from services.credit.record.commands import Basis, CaptureRecord
from services.credit.record.rules.state import Record
from services.credit.record.rules.terms import CAPTURE, LISTED, display, is_late

CATALOGUE: Final = "国办发〔2020〕49号"


def capture(rules: Rulebook, command: CaptureRecord) -> RecordCaptured:
    require_adult(command)
    item = require_item(command)
    require_basis(rules, command, item)
    if not command.provided:
        raise Refused(
            "provider-not-allowed",
            "{agency_code} does not provide {item_code}",
            agency_code=command.basis_document.agency_code,
            item_code=command.item_code,
            basis=CATALOGUE,
        )
    if command.same is not None:
        raise Refused(
            "duplicate-record",
            "This document has led to the record {record_id} already",
            record_id=command.same,
        )
    name = command.subject_ref.display_name
    if not command.reacted and command.registered_name not in (None, name):
        raise Refused("name-mismatch", "This number is registered under another name", field="name")
    until, code = display(rules, command.credit_class, command.basis_document)
    if command.listed_until is not None:
        until, code = command.listed_until, LISTED
    ref = command.subject_ref
    return RecordCaptured(
        record_id=command.record_id,
        record_no=RecordNo(NEXT),
        item_code=command.item_code,
        subject_id=ref.subject_id,
        subject_kind=ref.kind,
        subject_ref=ref,
        listing_id=command.listing_id,
        handoff_id=None,
        polarity=item.polarity,
        credit_class=command.credit_class,
        basis_document=command.basis_document,
        behaviour_date=command.behaviour_date,
        display_policy=item.display_policy,
        display_until=until,
        legal_basis=command.legal_basis,
        late=is_late(rules, command.basis_document, rules.day(command.at)),
        rule_codes=tuple(dict.fromkeys((CAPTURE, code))),
        rule_pack_version=rules.version,
    )


def require_adult(command: CaptureRecord) -> None:
    """On the day of the conduct: who was under age then is no credit subject for it."""
    ref = command.subject_ref
    if ref.kind is not SubjectKind.PERSON:
        return
    if ref.adult_on is None or ref.adult_on > command.behaviour_date:
        raise Refused(
            "subject-not-eligible",
            "Nothing is remembered of what somebody did under eighteen, or at an unknown age",
            basis="民法典 17, 18",
        )


def require_item(command: CaptureRecord) -> CatalogueItem:
    item, on = command.item, command.behaviour_date
    if item is not None and on < item.effective_from:
        raise Refused(
            "retroactive",
            "{item_code} may be remembered from {effective_from} on, and this was before",
            item_code=item.code,
            effective_from=item.effective_from,
            basis=CATALOGUE,
        )
    if item is None or not item.in_force(on):
        raise Refused(
            "not-in-catalogue",
            "The catalogue has no {item_code} for {on}",
            item_code=command.item_code,
            on=on,
            basis=CATALOGUE,
        )
    known = item.classes if item.polarity is Polarity.NEGATIVE else (None,)
    if command.credit_class not in known:
        raise Refused(
            "not-in-catalogue",
            "The catalogue has {item_code} only in the classes {classes}",
            item_code=command.item_code,
            classes=item.classes,
            field="credit_class",
            basis=CATALOGUE,
        )
    return item


def require_basis(rules: Rulebook, command: CaptureRecord, item: CatalogueItem) -> None:
    """A document of the right kind, in force, not before the conduct and not of the future."""
    document, today = command.basis_document, rules.day(command.at)
    if command.needs_listing and command.listing_id is None:
        raise Refused(
            "list-notice-required",
            "{item_code} is remembered with a listing, and never without one",
            item_code=command.item_code,
            basis=CATALOGUE,
        )
    if document.type not in item.documents:
        raise Refused(
            "basis-invalid",
            "{item_code} rests on a document of type {documents}",
            item_code=command.item_code,
            documents=item.documents,
            field="basis_document.type",
            basis=CATALOGUE,
        )
    if document.type is BasisType.BREACH_DECISION and not command.reacted:
        raise Refused(
            "basis-invalid",
            "A broken commitment is remembered by itself, from the licence it was given for",
            field="basis_document.type",
        )
    if not command.behaviour_date <= document.decided_on <= today:
        raise Refused(
            "basis-invalid",
            "The document of {decided_on} is older than the conduct, or lies in the future",
            decided_on=document.decided_on,
            field="basis_document.decided_on",
        )
    if command.basis is Basis.FELL:
        raise Refused(
            "basis-invalid",
            "The document {no} holds no more",
            no=document.no,
            basis=CATALOGUE,
        )


def repeats(command: CaptureRecord, record: Record) -> bool:
    """Whether this is what has been captured under the id already."""
    known = record.captured
    return (
        known.item_code == command.item_code
        and known.subject_id == command.subject_ref.subject_id
        and known.basis_document == command.basis_document
        and known.credit_class == command.credit_class
        and known.behaviour_date == command.behaviour_date
    )
