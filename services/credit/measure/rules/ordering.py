"""Ordering a measure: on the list, for what stands, no heavier and no longer than that allows.

Source: 国办发〔2020〕49号 五, 六; 清单制; docs/domain/credit.md.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import uuid5

from libs.contracts.credit import MeasureKind, MeasureOrdered, Support
from libs.contracts.enforcement import CreditClass
from libs.contracts.vocabulary import HandoffId, LegalBasis, ListingId, RecordId
from libs.events.core.kernel import Hidden, Refused
from libs.statute.rulebook import Rulebook
from services.credit.known import BREACH_ITEM, POLICY, Ground, MeasureItem, require_second
from services.credit.measure.commands import OrderMeasure

ACKNOWLEDGE: Final = "CRED.MEASURE.ACK"
BY_LAW: Final = "SEVERE_BY_LAW"
BREACH: Final = "BREACH"
GRADE: Final = "GRADE_"
COURT: Final = "COURT"


def order(rules: Rulebook, command: OrderMeasure) -> MeasureOrdered:
    grounds = require_grounds(command)
    item = require_item(command, grounds)
    idle = [
        one.ground_id for one in grounds
        if not carries(one, item, command.grade, command.legal_basis)
    ]  # fmt: skip
    if idle:
        raise Refused(
            "disproportionate",
            "{measure_code} is for {allowed_for}, which these are not: {idle}",
            measure_code=item.code,
            allowed_for=item.allowed_for,
            idle=idle,
            field="supported_by",
            basis=POLICY,
        )
    # What is disputed supports nothing new by itself.
    free = [one for one in grounds if not one.disputed]
    if not free:
        raise Refused(
            "objection-pending",
            "All that the measure rests on is under objection or remedy: wait for the outcome",
            basis="信用修复管理办法 (2026)",
        )
    if command.same is not None:
        raise Refused(
            "disproportionate",
            "{agency_code} has been told to apply {measure_code} for this already: {measure_id}",
            agency_code=command.agency_code,
            measure_code=item.code,
            measure_id=command.same,
            basis=POLICY,
        )
    require_term(command, free, rules.day(command.at))
    approver = require_second(command.approver)
    return MeasureOrdered(
        measure_id=command.measure_id,
        measure_code=command.measure_code,
        subject_id=command.subject_id,
        subject_ref=grounds[0].subject_ref,
        ordered_by=command.ordered_by,
        agency_code=command.agency_code,
        handoff_id=HandoffId(uuid5(command.measure_id, "MEASURE")),
        supported_by=tuple(map(support, grounds)),
        until=command.until,
        acknowledge_by=rules.last_day(ACKNOWLEDGE, rules.day(command.at)),
        approver=approver,
        legal_basis=command.legal_basis,
        rule_code=ACKNOWLEDGE,
        rule_pack_version=rules.version,
    )


def support(ground: Ground) -> Support:
    if ground.is_listing:
        return Support(listing_id=ListingId(ground.ground_id))
    return Support(record_id=RecordId(ground.ground_id))


def require_grounds(command: OrderMeasure) -> Sequence[Ground]:
    """All that is named is there, stands, and is of this very subject."""
    known = {one.ground_id: one for one in command.grounds}
    if any(one.subject_id != command.subject_id for one in known.values()):
        raise Refused(
            "no-association-penalty",
            "A measure rests on what is remembered of the subject itself, of nobody else",
            basis=POLICY,
        )
    missing = [
        one
        for one in command.supported_by
        if one not in known or not known[one].stands or isinstance(known[one].subject_ref, Hidden)
    ]
    if missing:
        raise Refused(
            "basis-invalid",
            "These support nothing, or nothing any more: {missing}",
            missing=missing,
            field="supported_by",
            basis=POLICY,
        )
    return [known[one] for one in dict.fromkeys(command.supported_by)]


def require_item(command: OrderMeasure, grounds: Sequence[Ground]) -> MeasureItem:
    item, acted = command.item, min(one.behaviour_date for one in grounds)
    if item is None or item.kind is MeasureKind.INCENTIVE or item.allowed_for == (COURT,):
        raise Refused(
            "measure-not-allowed",
            "The measures list has no {measure_code} that could be ordered here",
            measure_code=command.measure_code,
            basis=POLICY,
        )
    if acted < item.effective_from:
        raise Refused(
            "retroactive",
            "{measure_code} is on the list from {effective_from} on, and this was before",
            measure_code=item.code,
            effective_from=item.effective_from,
            basis=POLICY,
        )
    if acted > item.effective_to:
        raise Refused(
            "measure-not-allowed",
            "{measure_code} was on the list until {effective_to}",
            measure_code=item.code,
            effective_to=item.effective_to,
            basis=POLICY,
        )
    if not command.targeted:
        raise Refused(
            "measure-not-allowed",
            "{measure_code} is not for {agency_code} to apply: {targets}",
            measure_code=item.code,
            agency_code=command.agency_code,
            targets=item.targets,
            basis=POLICY,
        )
    return item


def carries(
    ground: Ground, item: MeasureItem, grade: str | None, legal_basis: Sequence[LegalBasis]
) -> bool:
    """Whether the list allows the measure for this alone: else it would stay when what it was
    allowed for has fallen."""
    return any(allows(one, ground, item, grade, legal_basis) for one in item.allowed_for)


def allows(
    wanted: str,
    ground: Ground,
    item: MeasureItem,
    grade: str | None,
    legal_basis: Sequence[LegalBasis],
) -> bool:
    """One of what a measure is allowed for: a class, an item, a breach, a grade, a law."""
    if wanted == BY_LAW:
        return ground.credit_class is CreditClass.SEVERE and quotes(legal_basis, item.basis)
    if wanted == BREACH:
        return ground.item_code == BREACH_ITEM
    if wanted.startswith(GRADE):
        return grade == wanted.removeprefix(GRADE)
    return wanted in (ground.credit_class, ground.item_code)


def quotes(legal_basis: Sequence[LegalBasis], basis: str) -> bool:
    """Whether the order quotes the law that names the measure."""
    law, _, article = basis.rpartition(" ")
    return any(one.law == (law or basis) and (not law or one.article == article)
               for one in legal_basis)  # fmt: skip


def require_term(command: OrderMeasure, free: Sequence[Ground], today: date) -> None:
    """No longer than the longest of what supports it is shown or listed, and not over already."""
    if command.until < today:
        raise Refused(
            "disproportionate",
            "It would be over before it begins: {until}",
            until=command.until,
            field="until",
        )
    longest = max((one.until for one in free if one.until is not None), default=date.min)
    if command.until > longest:
        raise Refused(
            "disproportionate",
            "What supports it is over on {longest}: no measure is longer",
            longest=longest,
            field="until",
            basis=POLICY,
        )
