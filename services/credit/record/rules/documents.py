"""What any record must be, whether it is captured or corrected: of a row of the catalogue that was
in force, on a document that holds, that says so, and that has led to no other record.

Source: 国办发〔2020〕49号 一-三; 立法法 104 (not retroactive); docs/domain/credit.md.
"""

from datetime import date
from uuid import UUID

from libs.contracts.credit import BasisDocument, BasisType, Polarity
from libs.contracts.enforcement import CreditClass
from libs.contracts.vocabulary import CatalogueItemCode
from libs.events.core.kernel import Refused
from libs.statute.rulebook import Rulebook
from services.credit.known import POLICY, CatalogueItem, KnownDecision
from services.credit.record.commands import Basis, CaptureRecord, CorrectRecord


def require_item(
    item: CatalogueItem | None,
    code: CatalogueItemCode,
    credit_class: CreditClass | None,
    acted: date,
) -> CatalogueItem:
    """The row of the catalogue as of the conduct, with that class."""
    if item is not None and acted < item.effective_from:
        raise Refused(
            "retroactive",
            "{item_code} may be remembered from {effective_from} on, and this was before",
            item_code=item.code,
            effective_from=item.effective_from,
            basis=POLICY,
        )
    if item is None or not item.in_force(acted):
        raise Refused(
            "not-in-catalogue",
            "The catalogue has no {item_code} for {on}",
            item_code=code,
            on=acted,
            basis=POLICY,
        )
    known = item.classes if item.polarity is Polarity.NEGATIVE else (None,)
    if credit_class not in known:
        raise Refused(
            "not-in-catalogue",
            "The catalogue has {item_code} only in the classes {classes}",
            item_code=code,
            classes=item.classes,
            field="credit_class",
            basis=POLICY,
        )
    return item


def require_document(
    rules: Rulebook,
    item: CatalogueItem,
    document: BasisDocument,
    acted: date,
    today: date,
    basis: Basis,
) -> None:
    """Of the right kind, in force, not before the conduct and not of the future."""
    if document.type not in item.documents:
        raise Refused(
            "basis-invalid",
            "{item_code} rests on a document of type {documents}",
            item_code=item.code,
            documents=item.documents,
            field="basis_document.type",
            basis=POLICY,
        )
    if not acted <= document.decided_on <= today:
        raise Refused(
            "basis-invalid",
            "The document of {decided_on} is older than the conduct, or lies in the future",
            decided_on=document.decided_on,
            field="basis_document.decided_on",
        )
    if not rules.reaches(document.decided_on):
        raise Refused(
            "basis-invalid",
            "The document of {decided_on} is older than every calendar of this place",
            decided_on=document.decided_on,
            field="basis_document.decided_on",
        )
    if basis is Basis.FELL:
        raise Refused(
            "basis-invalid", "The document {no} holds no more", no=document.no, basis=POLICY
        )


def require_by_hand(document: BasisDocument) -> None:
    """Nobody's word: a breach comes from its licence."""
    if document.type is BasisType.BREACH_DECISION:
        raise Refused(
            "basis-invalid",
            "A broken commitment is remembered by itself, from the licence it was given for",
            field="basis_document.type",
        )


def require_provided(
    command: CaptureRecord | CorrectRecord, item: CatalogueItem, document: BasisDocument
) -> None:
    """By an agency that provides the item, and once."""
    if not command.provided:
        raise Refused(
            "provider-not-allowed",
            "{agency_code} does not provide {item_code}",
            agency_code=document.agency_code,
            item_code=item.code,
            basis=POLICY,
        )
    if command.same is not None:
        raise Refused(
            "duplicate-record",
            "This document has led to the record {record_id} already",
            record_id=command.same,
        )


def require_as_decided(
    decision: KnownDecision | None,
    document: BasisDocument,
    subject_id: UUID,
    credit_class: CreditClass | None,
    acted: date,
) -> None:
    """A decision that was served here says itself whom it is of, and what."""
    if decision is None:
        return
    said = (document.agency_code, document.decided_on, acted, credit_class)
    served = (
        decision.agency_code, decision.decided_on, decision.behaviour_date, decision.credit_class,
    )  # fmt: skip
    if said != served or subject_id not in decision.subjects:
        raise Refused(
            "basis-invalid",
            "The decision {no} was served here, and says otherwise: whom it is of, its agency, its "
            "days and its class are on record",
            no=document.no,
            field="basis_document.no",
            basis=POLICY,
        )
