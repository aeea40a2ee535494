"""Capturing a record: only what the catalogue allows, on a document that holds, once."""

from libs.contracts.credit import RecordCaptured
from libs.contracts.vocabulary import RecordNo, SubjectKind
from libs.events.core.kernel import NEXT, Refused
from libs.statute.rulebook import Rulebook
from services.credit.known import POLICY
from services.credit.record.commands import CaptureRecord
from services.credit.record.rules.documents import (
    require_as_decided,
    require_by_hand,
    require_document,
    require_item,
    require_provided,
)
from services.credit.record.rules.state import Record
from services.credit.record.rules.terms import CAPTURE, LISTED, display, is_late


def capture(rules: Rulebook, command: CaptureRecord) -> RecordCaptured:
    require_adult(command)
    document, acted, ref = command.basis_document, command.behaviour_date, command.subject_ref
    item = require_item(command.item, command.item_code, command.credit_class, acted)
    if command.needs_listing and command.listing_id is None:
        raise Refused(
            "list-notice-required",
            "{item_code} is remembered with a listing, and never without one",
            item_code=command.item_code,
            basis=POLICY,
        )
    require_document(rules, item, document, acted, rules.day(command.at), command.basis)
    require_provided(command, item, document)
    if not command.reacted:
        require_by_hand(document)
        require_as_decided(command.decision, document, ref.subject_id, command.credit_class, acted)
        if not command.registered:
            raise Refused(
                "subject-not-eligible",
                "This number is not on the register: register the subject first",
                field="id_number",
            )
        if command.registered_name not in (None, ref.display_name):
            raise Refused(
                "name-mismatch", "This number is registered under another name", field="name"
            )
    until, code = display(rules, command.credit_class, command.basis_document)
    if command.listed_until is not None:
        until, code = command.listed_until, LISTED
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
