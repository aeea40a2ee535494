"""What a record leaves open: the row of the catalogue, the document, and whether it is there
already. It is asked under the lock; other files' questions come from `main`."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Connection

from libs.contracts.credit import BasisDocument, BasisType, WithdrawnBecause
from libs.events.core.deciders import Nothing
from libs.events.core.kernel import Record as Value
from libs.statute.numbering import normalised
from libs.statute.rulebook import Rulebook
from services.credit.known import Agencies, CatalogueItem, KnownDecision
from services.credit.record.commands import (
    Basis,
    CaptureRecord,
    ConfirmDuties,
    CorrectRecord,
    WithdrawRecord,
)
from services.credit.record.projection import find_decision, find_same
from services.credit.record.rules.state import AnyRecord


class Asked(Value):
    """What a record asks of other streams: the catalogue, the agencies, whether a number is on the
    register and under which name, and whether a listing holds (nothing, if there is none)."""

    catalogue: Callable[[Connection], Mapping[str, CatalogueItem]]
    agencies: Callable[[Connection], Agencies]
    registered: Callable[[Connection, UUID], tuple[bool, str | None]]
    listing_holds: Callable[[Connection, UUID], bool | None]


def decision_of(tx: Connection, document: BasisDocument) -> KnownDecision | None:
    if document.type is not BasisType.PENALTY_DECISION:
        return None
    return find_decision(tx, document.no)


class Completing:
    def __init__(self, rules: Rulebook, asked: Asked) -> None:
        self._listed = {one.item for one in rules.lists.values()}
        self._asked = asked

    def item(self, tx: Connection, code: str) -> CatalogueItem | None:
        return self._asked.catalogue(tx).get(code)

    def provided(
        self, tx: Connection, item: CatalogueItem | None, document: BasisDocument | None
    ) -> bool:
        if item is None or document is None:
            return False
        return self._asked.agencies(tx).are(item.providers, document.agency_code)

    def basis(self, tx: Connection, document: BasisDocument, listing_id: UUID | None) -> Basis:
        known: bool | None = None
        if (decision := decision_of(tx, document)) is not None:
            known = decision.holds
        elif listing_id is not None:
            known = self._asked.listing_holds(tx, listing_id)
        if known is None:
            return Basis.UNKNOWN
        return Basis.IN_FORCE if known else Basis.FELL

    def capture(self, tx: Connection, command: CaptureRecord, record: AnyRecord) -> CaptureRecord:
        if not isinstance(record, Nothing):
            return command
        item, document = self.item(tx, command.item_code), command.basis_document
        subject_id = command.subject_ref.subject_id
        registered, name = self._asked.registered(tx, subject_id)
        return replace(
            command,
            item=item,
            provided=self.provided(tx, item, document),
            basis=self.basis(tx, document, command.listing_id),
            decision=decision_of(tx, document),
            same=find_same(tx, command.item_code, subject_id, document.no, command.record_id),
            registered=registered,
            registered_name=name,
            needs_listing=command.item_code in self._listed,
        )

    def correct(self, tx: Connection, command: CorrectRecord, record: AnyRecord) -> CorrectRecord:
        if isinstance(record, Nothing):
            return command
        known = record.captured
        command = replace(command, item=self.item(tx, known.item_code))
        if command.basis_document is None:
            return command
        document = replace(command.basis_document, no=normalised(command.basis_document.no))
        return replace(
            command,
            basis_document=document,
            provided=self.provided(tx, command.item, document),
            basis=self.basis(tx, document, known.listing_id),
            decision=decision_of(tx, document),
            same=find_same(tx, known.item_code, known.subject_id, document.no, command.record_id),
            decided_here=decision_of(tx, record.says.basis_document) is not None,
        )

    def confirm(self, tx: Connection, command: ConfirmDuties, record: AnyRecord) -> ConfirmDuties:
        if isinstance(record, Nothing):
            return command
        return replace(command, decision=decision_of(tx, record.says.basis_document))

    def withdraw(
        self, tx: Connection, command: WithdrawRecord, record: AnyRecord
    ) -> WithdrawRecord:
        if isinstance(record, Nothing) or command.reacted:
            return command
        known = record.captured
        fell = command.cause is WithdrawnBecause.DECISION_FELL
        document = record.says.basis_document
        return replace(
            command,
            item=self.item(tx, known.item_code),
            basis=self.basis(tx, document, known.listing_id) if fell else Basis.UNKNOWN,
        )
