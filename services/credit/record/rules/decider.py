"""The rules of a record: what may be shown, corrected and withdrawn.

Source: 国办发〔2020〕49号; 信用修复管理办法 (2026); docs/domain/credit.md.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from libs.contracts.credit import (
    AnnotationKind,
    Corrected,
    DisplayPolicy,
    PublicityEnd,
    RecordAnnotated,
    RecordCorrected,
    RecordDutiesConfirmed,
    RecordEvent,
    RecordFlagged,
    RecordPublicityEnded,
    RecordPublished,
    RecordUnflagged,
    RecordWithdrawn,
    WithdrawnBecause,
)
from libs.contracts.enforcement import CreditClass
from libs.contracts.vocabulary import SubjectKind
from libs.events.core.deciders import Nothing, build_decider
from libs.events.core.kernel import Decider, NotFound, Refused
from libs.statute.rulebook import Rulebook
from services.credit.known import POLICY, Standing, require_second
from services.credit.record.commands import (
    AnnotateRecord,
    Basis,
    CaptureRecord,
    ConfirmDuties,
    CorrectRecord,
    EndPublicity,
    FlagRecord,
    PublishRecord,
    RecordCommand,
    UnflagRecord,
    WithdrawRecord,
)
from services.credit.record.rules.capturing import capture, repeats
from services.credit.record.rules.documents import (
    require_as_decided,
    require_by_hand,
    require_document,
    require_item,
    require_provided,
)
from services.credit.record.rules.state import AnyRecord, Record, evolve
from services.credit.record.rules.terms import LISTED, display, longest

# What everybody may see of an organisation, by the policy of its item.
SHOWN: Final = frozenset(
    {DisplayPolicy.PUBLIC, DisplayPolicy.ORG, DisplayPolicy.ORG_BY_CLASS, DisplayPolicy.LIST}
)
REPAIR: Final = "信用修复管理办法 (2026)"
WEIGHT: Final[Mapping[CreditClass | None, int]] = {
    None: 0,
    CreditClass.MINOR: 1,
    CreditClass.GENERAL: 2,
    CreditClass.SEVERE: 3,
}


def decide(rules: Rulebook, command: RecordCommand, record: AnyRecord) -> list[RecordEvent]:
    if isinstance(record, Nothing):
        if isinstance(command, CaptureRecord):
            return [capture(rules, command)]
        raise NotFound("There is no record {record_id}", record_id=command.record_id)
    match command:
        case CaptureRecord():
            if not repeats(command, record):
                raise Refused("idempotency-conflict", "This id already names another record")
            return []
        case PublishRecord():
            return publish(rules, command, record)
        case EndPublicity():
            return end(rules, command, record)
        case CorrectRecord():
            return correct(rules, command, record)
        case WithdrawRecord():
            return withdraw(command, record)
        case ConfirmDuties():
            return confirm(rules, command, record)
        case AnnotateRecord() | FlagRecord() | UnflagRecord():
            return mark(rules, command, record)


def publish(rules: Rulebook, command: PublishRecord, record: Record) -> list[RecordEvent]:
    known = record.captured
    if record.published or record.standing is Standing.WITHDRAWN:
        if command.reacted or record.shown:
            return []
        raise out_of_turn(record)
    if record.standing is not Standing.CAPTURED:
        if command.reacted:
            return []
        raise out_of_turn(record)
    require_shown(record)
    today, until = rules.day(command.at), record.says.display_until
    if until is None:
        raise Refused(
            "publicity-forbidden",
            "{item_code} has no class, and so no term for which it could be shown",
            item_code=known.item_code,
            basis=REPAIR,
        )
    if today > until:
        raise Refused(
            "publicity-forbidden",
            "Its display was over on {display_until}",
            display_until=until,
            basis=REPAIR,
        )
    credit_class = record.says.credit_class
    listed = known.listing_id is not None or credit_class is None
    on = record.says.basis_document.decided_on
    return [
        RecordPublished(
            record_id=command.record_id,
            subject_id=known.subject_id,
            subject_ref=known.subject_ref,
            item_code=known.item_code,
            display_from=today,
            display_until=until,
            rule_code=LISTED if listed or credit_class is None
            else longest(rules, credit_class, on),
            rule_pack_version=rules.version,
        )
    ]  # fmt: skip


def require_shown(record: Record) -> None:
    """Of organisations, by policy and class; a person's never."""
    known = record.captured
    if known.subject_kind is SubjectKind.PERSON:
        raise Refused(
            "publicity-forbidden",
            "A record of a natural person is never shown to everybody",
            basis="个人信息保护法 25",
        )
    if known.display_policy not in SHOWN:
        raise Refused(
            "publicity-forbidden",
            "{item_code} is not shown to everybody: {policy}",
            item_code=known.item_code,
            policy=known.display_policy,
            basis=POLICY,
        )
    if record.says.credit_class is CreditClass.MINOR:
        raise Refused(
            "publicity-forbidden",
            "A minor matter is remembered, and not shown",
            basis=REPAIR,
        )


def end(rules: Rulebook, command: EndPublicity, record: Record) -> list[RecordEvent]:
    if record.standing not in (Standing.CAPTURED, Standing.PUBLISHED):
        return []
    until = record.says.display_until
    if command.cause is PublicityEnd.EXPIRED and (until is None or rules.day(command.at) <= until):
        return []  # it was corrected meanwhile
    known = record.captured
    return [
        RecordPublicityEnded(
            record_id=command.record_id,
            subject_id=known.subject_id,
            subject_kind=known.subject_kind,
            subject_ref=known.subject_ref,
            item_code=known.item_code,
            listing_id=known.listing_id,
            cause=command.cause,
        )
    ]


def mark(
    rules: Rulebook, command: AnnotateRecord | FlagRecord | UnflagRecord, record: Record
) -> list[RecordEvent]:
    """Beside where it stands; on what is over, nothing is noted any more."""
    if record.over:
        return []
    match command:
        case AnnotateRecord():
            if record.says_already(command.kind):
                return []
            return [
                RecordAnnotated(
                    record_id=command.record_id,
                    kind=command.kind,
                    corrected_on=corrected_on(rules, command),
                    source_event_id=command.source_event_id,
                )
            ]
        case FlagRecord():
            if command.objection_id in record.flags:
                return []
            return [RecordFlagged(record_id=command.record_id, objection_id=command.objection_id)]
        case UnflagRecord():
            if command.objection_id not in record.flags:
                return []
            return [RecordUnflagged(record_id=command.record_id, objection_id=command.objection_id)]


def corrected_on(rules: Rulebook, command: AnnotateRecord) -> date | None:
    """The day that was told, or the one on which it was."""
    if command.kind is not AnnotationKind.DUTIES_PERFORMED:
        return None
    return command.corrected_on or rules.day(command.at)


def confirm(rules: Rulebook, command: ConfirmDuties, record: Record) -> list[RecordEvent]:
    """谁认定、谁修复: by who recognised it, on a document, and only what no service tells of."""
    if record.over:
        raise out_of_turn(record)
    if record.corrected_on is not None:
        if record.corrected_on != command.performed_on:
            raise Refused(
                "out-of-turn",
                "It is on record that all was done by {corrected_on}",
                corrected_on=record.corrected_on,
            )
        return []
    document = record.says.basis_document
    if document.agency_code != command.agency_code:
        raise Refused(
            "provider-not-allowed",
            "Who recognised it confirms it: {issued_by}",
            issued_by=document.agency_code,
            basis=REPAIR,
        )
    if record.captured.listing_id is not None or (command.decision and command.decision.pays):
        raise Refused(
            "repair-duties-open",
            "What {no} asks for is told of by its own case when it is done, and by nobody's word",
            no=document.no,
            basis=REPAIR,
        )
    if not document.decided_on <= command.performed_on <= rules.day(command.at):
        raise Refused(
            "basis-invalid",
            "It was done on {performed_on}: before the document, or in the future",
            performed_on=command.performed_on,
            field="performed_on",
        )
    return [
        RecordDutiesConfirmed(
            record_id=command.record_id,
            performed_on=command.performed_on,
            document_no=command.document_no,
            approver=require_second(command.approver),
        )
    ]


def correct(rules: Rulebook, command: CorrectRecord, record: Record) -> list[RecordEvent]:
    """What the decision says now; or, by hand and signed by two, what the provider's document says:
    as strictly as it was captured, for a friend's record goes as easily as an enemy's comes."""
    if record.over:
        if command.reacted:
            return []
        raise out_of_turn(record)
    before = record.says
    credit_class = before.credit_class if command.credit_class is None else command.credit_class
    document = command.basis_document or before.basis_document
    acted = command.behaviour_date or before.behaviour_date
    item = require_item(command.item, record.captured.item_code, credit_class, acted)
    if not command.reacted:
        require_wrong_here(command, record)
        require_document(rules, item, document, acted, rules.day(command.at), command.basis)
        require_provided(command, item, document)
        require_by_hand(document)
        subject_id = record.captured.subject_id
        require_as_decided(command.decision, document, subject_id, credit_class, acted)
        require_second(command.approver)
    until, _ = display(rules, credit_class, document)
    if record.captured.listing_id is not None:
        until = before.display_until
    after = Corrected(
        credit_class=credit_class,
        basis_document=document,
        behaviour_date=acted,
        display_until=until,
    )
    told = command.source_event_id in record.sources if command.reacted else after == before
    if told:
        return []
    known = record.captured
    return [
        RecordCorrected(
            record_id=command.record_id,
            subject_id=known.subject_id,
            subject_kind=known.subject_kind,
            subject_ref=known.subject_ref,
            item_code=known.item_code,
            before=before,
            after=after,
            source_event_id=command.source_event_id,
            class_dropped=WEIGHT[credit_class] < WEIGHT[before.credit_class],
        )
    ]


def require_wrong_here(command: CorrectRecord, record: Record) -> None:
    """By hand only what was entered by hand: the rest follows from what it rests on."""
    if command.basis_document is None:
        raise Refused(
            "basis-invalid",
            "A record is corrected on a document of who provides it",
            field="basis_document",
            basis=POLICY,
        )
    if command.decided_here or record.captured.listing_id is not None:
        raise Refused(
            "basis-invalid",
            "What {no} says was decided here: the record follows when that is modified or revoked",
            no=record.says.basis_document.no,
            field="basis_document",
            basis=POLICY,
        )


def withdraw(command: WithdrawRecord, record: Record) -> list[RecordEvent]:
    """What it rests on fell; by hand only what is so, on a document, with a second signature."""
    if record.standing is Standing.WITHDRAWN:
        return []
    if not command.reacted:
        require_wrong(command, record)
    known = record.captured
    return [
        RecordWithdrawn(
            record_id=command.record_id,
            subject_id=known.subject_id,
            subject_kind=known.subject_kind,
            subject_ref=known.subject_ref,
            item_code=known.item_code,
            listing_id=known.listing_id,
            cause=command.cause,
            basis_event_id=command.basis_event_id,
            document_no=command.document_no,
        )
    ]


def require_wrong(command: WithdrawRecord, record: Record) -> None:
    if command.cause is WithdrawnBecause.DECISION_FELL and command.basis is Basis.IN_FORCE:
        raise Refused(
            "basis-invalid",
            "The document {no} holds: it is withdrawn when its decision falls",
            no=record.says.basis_document.no,
        )
    item, on = command.item, record.says.behaviour_date
    allowed = item is not None and item.in_force(on)
    if command.cause is WithdrawnBecause.NOT_IN_CATALOGUE and allowed:
        raise Refused(
            "basis-invalid",
            "The catalogue had {item_code} on {on}",
            item_code=record.captured.item_code,
            on=on,
        )
    if not command.document_no:
        raise Refused("basis-invalid", "Name the document that says so", field="document_no")
    require_second(command.approver)


def out_of_turn(record: Record) -> Refused:
    return Refused(
        "out-of-turn",
        "The record is {standing}, and that is no longer done with it",
        standing=record.standing,
    )


def decider(rules: Rulebook) -> Decider[RecordCommand, AnyRecord, RecordEvent]:
    return build_decider("record", decide, evolve, rules, key="record_id")
