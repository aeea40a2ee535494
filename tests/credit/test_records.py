"""The rules of a record: given these events, when …"""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from libs.contracts.credit import (
    AnnotationKind,
    BasisType,
    DisplayPolicy,
    PublicityEnd,
    RecordCorrected,
    WithdrawnBecause,
)
from libs.contracts.enforcement import CreditClass
from libs.contracts.vocabulary import (
    ObjectionId,
    RecordId,
)
from libs.events.core.kernel import Decider
from services.credit.known import KnownDecision
from services.credit.record.commands import (
    AnnotateRecord,
    Basis,
    CaptureRecord,
    ConfirmDuties,
    CorrectRecord,
    EndPublicity,
    FlagRecord,
    PublishRecord,
    UnflagRecord,
    WithdrawRecord,
)
from services.credit.record.rules.decider import decider as records
from tests.conftest import RULES
from tests.credit import past as p
from tests.rules import AllTheRules
from tests.scenario import after, given, refused

RECORD: Decider[Any, Any, Any] = records(RULES)

CAPTURE = CaptureRecord(
    record_id=p.RECORD,
    item_code=p.PENALTIES.code,
    subject_ref=p.FIRM,
    credit_class=CreditClass.GENERAL,
    basis_document=p.DECISION,
    behaviour_date=date(2026, 3, 1),
    legal_basis=p.BASIS,
    at=p.on("04-21"),
    item=p.PENALTIES,
    provided=True,
    basis=Basis.UNKNOWN,
    registered=True,
    registered_name=p.FIRM.display_name,
    needs_listing=False,
)
PUBLISH = PublishRecord(record_id=p.RECORD, at=p.on("04-22"))
REACTED = replace(PUBLISH, reacted=True)
EXPIRE = EndPublicity(
    record_id=p.RECORD, cause=PublicityEnd.EXPIRED, at=p.on("04-21").replace(year=2027)
)
REPAIR = EndPublicity(record_id=p.RECORD, cause=PublicityEnd.REPAIRED, at=p.on("08-01"))
PERFORMED = AnnotateRecord(
    record_id=p.RECORD,
    kind=AnnotationKind.DUTIES_PERFORMED,
    corrected_on=None,
    source_event_id=p.uid(71),
    at=p.on("05-06"),
)
DISPUTED = replace(PERFORMED, kind=AnnotationKind.UNDER_REMEDY)
FREE = replace(PERFORMED, kind=AnnotationKind.REMEDY_ENDED)
CONFIRM = ConfirmDuties(
    record_id=p.RECORD,
    performed_on=date(2026, 5, 5),
    document_no="津滨城函〔2026〕11号",
    agency_code=p.DECISION.agency_code,
    approver=p.SECOND,
    at=p.on("05-06"),
)
FLAG = FlagRecord(record_id=p.RECORD, objection_id=ObjectionId(p.uid(31)))
UNFLAG = UnflagRecord(record_id=p.RECORD, objection_id=ObjectionId(p.uid(31)))
CORRECT = CorrectRecord(
    record_id=p.RECORD,
    credit_class=CreditClass.MINOR,
    basis_document=replace(p.DECISION, no="津滨城罚〔2026〕2号"),
    approver=p.SECOND,
    at=p.on("05-10"),
    item=p.PENALTIES,
    provided=True,
    basis=Basis.UNKNOWN,
    decided_here=False,
)
MODIFIED = replace(
    CORRECT, credit_class=CreditClass.GENERAL, basis_document=None, reacted=True,
    source_event_id=p.uid(72), approver=None,
)  # fmt: skip
WITHDRAW = WithdrawRecord(
    record_id=p.RECORD,
    cause=WithdrawnBecause.WRONG_SUBJECT,
    document_no="津滨城函〔2026〕9号",
    approver=p.SECOND,
    at=p.on("05-10"),
    item=p.PENALTIES,
)
FELL = replace(
    WITHDRAW, cause=WithdrawnBecause.DECISION_FELL, document_no=None, approver=None,
    reacted=True, basis_event_id=p.uid(73),
)  # fmt: skip
CAPTURED = after(RECORD, [], CAPTURE)
PUBLISHED = after(RECORD, CAPTURED, PUBLISH)
ENDED = after(RECORD, PUBLISHED, EXPIRE)
REPAIRED = after(RECORD, PUBLISHED, REPAIR)
WITHDRAWN = after(RECORD, PUBLISHED, FELL)
FLAGGED = after(RECORD, CAPTURED, FLAG)
UNDER = after(RECORD, CAPTURED, DISPUTED)
MINOR = after(RECORD, [], replace(CAPTURE, credit_class=CreditClass.MINOR))
MANS = after(
    RECORD,
    [],
    replace(CAPTURE, subject_ref=p.MAN, registered_name=p.MAN.display_name),
)
LATER_ITEM = replace(p.PENALTIES, effective_from=date(2026, 3, 2))
GONE_ITEM = replace(p.PENALTIES, effective_to=date(2026, 2, 28))
BREACH = replace(p.DECISION, type=BasisType.BREACH_DECISION)
BREACHES = replace(p.PENALTIES, documents=(BasisType.BREACH_DECISION,))
SHARED = after(
    RECORD, [], replace(CAPTURE, item=replace(p.PENALTIES, display_policy=DisplayPolicy.SHARED))
)

DECIDED = KnownDecision(
    holds=True, agency_code=p.DECISION.agency_code, decided_on=p.DECISION.decided_on,
    behaviour_date=CAPTURE.behaviour_date, credit_class=CAPTURE.credit_class,
    subjects=frozenset({p.FIRM.subject_id}),
)  # fmt: skip
OTHERWISE = {
    "class": replace(DECIDED, credit_class=CreditClass.MINOR),
    "no class": replace(DECIDED, credit_class=None),
    "subject": replace(DECIDED, subjects=frozenset({p.OTHER.subject_id})),
    "nobody": replace(DECIDED, subjects=frozenset()),
    "agency": replace(DECIDED, agency_code="SCJ"),
    "conduct": replace(DECIDED, behaviour_date=date(2026, 3, 2)),
    "day": replace(DECIDED, decided_on=date(2026, 4, 19)),
}
OF_LIST = after(
    RECORD, [],
    replace(CAPTURE, listing_id=p.LISTING, listed_until=date(2029, 4, 20), reacted=True),
)  # fmt: skip

RECORD_REFUSALS: dict[str, tuple[str, list[Any], Any]] = {
    "nobody on the register": (
        "subject-not-eligible", [], replace(CAPTURE, registered=False, registered_name=None),
    ),
    "duties of another's document": (
        "provider-not-allowed", CAPTURED, replace(CONFIRM, agency_code=p.ZWB),
    ),
    "a fine that its ledger tells of": (
        "repair-duties-open", CAPTURED, replace(CONFIRM, decision=replace(DECIDED, pays=True)),
    ),
    "duties to come": (
        "basis-invalid", CAPTURED, replace(CONFIRM, performed_on=date(2026, 5, 7)),
    ),
    "duties before the document": (
        "basis-invalid", CAPTURED, replace(CONFIRM, performed_on=date(2026, 4, 1)),
    ),
    "duties by one person": ("approver-required", CAPTURED, replace(CONFIRM, approver=None)),
    "duties on another day": (
        "out-of-turn", after(RECORD, CAPTURED, CONFIRM),
        replace(CONFIRM, performed_on=date(2026, 5, 4)),
    ),
    "duties of what is withdrawn": ("out-of-turn", WITHDRAWN, CONFIRM),
    "under age": (
        "subject-not-eligible", [],
        replace(CAPTURE, subject_ref=replace(p.MAN, adult_on=date(2026, 3, 2))),
    ),
    "of unknown age": (
        "subject-not-eligible", [],
        replace(CAPTURE, subject_ref=replace(p.MAN, adult_on=None)),
    ),
    "no such item": ("not-in-catalogue", [], replace(CAPTURE, item=None)),
    "retired": ("not-in-catalogue", [], replace(CAPTURE, item=GONE_ITEM)),
    "before it was there": ("retroactive", [], replace(CAPTURE, item=LATER_ITEM)),
    "no such class": (
        "not-in-catalogue", [],
        replace(CAPTURE, item=replace(p.PENALTIES, classes=(CreditClass.MINOR,))),
    ),
    "without a listing": ("list-notice-required", [], replace(CAPTURE, needs_listing=True)),
    "another document": (
        "basis-invalid", [],
        replace(CAPTURE, basis_document=replace(p.DECISION, type=BasisType.AWARD)),
    ),
    "a breach by hand": (
        "basis-invalid", [], replace(CAPTURE, basis_document=BREACH, item=BREACHES),
    ),
    "older than the conduct": (
        "basis-invalid", [], replace(CAPTURE, behaviour_date=date(2026, 4, 21)),
    ),
    "of tomorrow": (
        "basis-invalid", [],
        replace(CAPTURE, basis_document=replace(p.DECISION, decided_on=date(2026, 4, 22))),
    ),
    "fallen": ("basis-invalid", [], replace(CAPTURE, basis=Basis.FELL)),
    "not theirs": ("provider-not-allowed", [], replace(CAPTURE, provided=False)),
    "twice": ("duplicate-record", [], replace(CAPTURE, same=RecordId(p.uid(99)))),
    "another name": ("name-mismatch", [], replace(CAPTURE, registered_name="另一公司")),
    "another record": (
        "idempotency-conflict", CAPTURED, replace(CAPTURE, credit_class=CreditClass.MINOR),
    ),
    "a person's page": ("publicity-forbidden", MANS, PUBLISH),
    "a minor matter": ("publicity-forbidden", MINOR, PUBLISH),
    "shared only": ("publicity-forbidden", SHARED, PUBLISH),
    "over": (
        "publicity-forbidden", CAPTURED,
        replace(PUBLISH, at=p.on("04-21").replace(year=2028)),
    ),
    "ended": ("out-of-turn", ENDED, PUBLISH),
    "repaired": ("out-of-turn", REPAIRED, CORRECT),
    "without a document": (
        "basis-invalid", CAPTURED, replace(CORRECT, basis_document=None),
    ),
    "by nobody who provides it": (
        "provider-not-allowed", CAPTURED, replace(CORRECT, provided=False),
    ),
    "to no class there is": (
        "not-in-catalogue", CAPTURED,
        replace(CORRECT, item=replace(p.PENALTIES, classes=(CreditClass.GENERAL,))),
    ),
    "corrected alone": ("approver-required", CAPTURED, replace(CORRECT, approver=None)),
    "what was decided here": ("basis-invalid", CAPTURED, replace(CORRECT, decided_here=True)),
    "what a listing says": ("basis-invalid", OF_LIST, CORRECT),
    "to a document that fell": ("basis-invalid", CAPTURED, replace(CORRECT, basis=Basis.FELL)),
    "to one of the future": (
        "basis-invalid", CAPTURED,
        replace(CORRECT, basis_document=replace(p.DECISION, decided_on=date(2026, 5, 11))),
    ),
    "to one before the conduct": (
        "basis-invalid", CAPTURED, replace(CORRECT, behaviour_date=date(2026, 4, 21)),
    ),
    "to one of another kind": (
        "basis-invalid", CAPTURED,
        replace(CORRECT, basis_document=replace(p.DECISION, type=BasisType.AWARD)),
    ),
    "to a breach": (
        "basis-invalid", CAPTURED,
        replace(CORRECT, basis_document=BREACH,
                item=replace(BREACHES, classes=(CreditClass.MINOR,))),
    ),
    "to one that has led to another": (
        "duplicate-record", CAPTURED, replace(CORRECT, same=RecordId(p.uid(99))),
    ),
    "to before the catalogue": (
        "retroactive", CAPTURED, replace(CORRECT, item=LATER_ITEM),
    ),
    "older than every calendar": (
        "basis-invalid", [],
        replace(CAPTURE, basis_document=replace(p.DECISION, decided_on=date(1960, 1, 4)),
                behaviour_date=date(1960, 1, 4),
                item=replace(p.PENALTIES, effective_from=date.min)),
    ),
    **{
        f"otherwise than it was decided here: {name}": (
            "basis-invalid", [], replace(CAPTURE, decision=one),
        )
        for name, one in OTHERWISE.items()
    },
    "it stands": (
        "basis-invalid", CAPTURED,
        replace(WITHDRAW, cause=WithdrawnBecause.DECISION_FELL, basis=Basis.IN_FORCE),
    ),
    "it was in the catalogue": (
        "basis-invalid", CAPTURED, replace(WITHDRAW, cause=WithdrawnBecause.NOT_IN_CATALOGUE),
    ),
    "on no document": ("basis-invalid", CAPTURED, replace(WITHDRAW, document_no=None)),
    "alone": ("approver-required", CAPTURED, replace(WITHDRAW, approver=None)),
    "no record": ("not-found", [], PUBLISH),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "past", "command"), RECORD_REFUSALS.values(), ids=RECORD_REFUSALS)
def test_what_is_refused_of_a_record(rule: str, past: list[Any], command: Any) -> None:
    with refused(rule):
        given(RECORD, *past).when(command)


def test_who_was_forgotten_is_on_the_register_still() -> None:
    (event,) = given(RECORD).when(replace(CAPTURE, registered_name=None))
    assert event.subject_id == p.FIRM.subject_id


def test_duties_of_a_document_of_elsewhere_are_confirmed_once_by_who_issued_it() -> None:
    (event,) = given(RECORD, *CAPTURED).when(CONFIRM)
    assert (event.performed_on, event.approver) == (date(2026, 5, 5), p.SECOND)
    warned = replace(CONFIRM, decision=DECIDED)
    assert given(RECORD, *CAPTURED).when(warned) == [event]
    assert given(RECORD, *CAPTURED, event).when(CONFIRM) == []
    assert given(RECORD, *CAPTURED, event).when(PERFORMED) == []


def test_a_record_says_until_when_it_is_shown_and_whether_it_is_late() -> None:
    (event,) = given(RECORD).when(CAPTURE)
    assert (event.display_until, event.late) == (date(2027, 4, 20), False)
    assert event.rule_codes == ("CRED.CAPTURE", "CRED.CLASS.GENERAL.MAX")
    (severe,) = given(RECORD).when(replace(CAPTURE, credit_class=CreditClass.SEVERE))
    assert severe.display_until == date(2029, 4, 20)
    (late,) = given(RECORD).when(replace(CAPTURE, at=p.on("05-06")))
    assert late.late


def test_a_record_of_before_2026_is_shown_by_the_rules_of_then() -> None:
    old = replace(p.DECISION, decided_on=date(2026, 3, 20))
    (event,) = given(RECORD).when(replace(CAPTURE, basis_document=old))
    assert event.rule_codes[1] == "CRED.CLASS.OLD.MAX"
    (minor,) = given(RECORD).when(
        replace(CAPTURE, basis_document=old, credit_class=CreditClass.MINOR)
    )
    assert minor.rule_codes[1] == "CRED.CLASS.OLD.MIN"


def test_what_was_told_already_or_is_over_is_not_told_again() -> None:
    for past, command in (
        (after(RECORD, CAPTURED, PERFORMED), PERFORMED),
        (UNDER, DISPUTED),
        (CAPTURED, FREE),
        (FLAGGED, FLAG),
        (CAPTURED, UNFLAG),
        (REPAIRED, PERFORMED),
        (WITHDRAWN, FLAG),
        (WITHDRAWN, REACTED),
        (ENDED, REACTED),
        (PUBLISHED, REACTED),
        (PUBLISHED, PUBLISH),
        (REPAIRED, REPAIR),
        (WITHDRAWN, FELL),
        (WITHDRAWN, MODIFIED),
        (after(RECORD, CAPTURED, MODIFIED), MODIFIED),
    ):
        assert given(RECORD, *past).when(command) == []


def test_a_term_that_was_made_longer_meanwhile_is_not_over() -> None:
    longer = replace(
        CORRECT, credit_class=CreditClass.SEVERE, approver=p.SECOND, basis_document=p.DECISION
    )
    assert given(RECORD, *after(RECORD, PUBLISHED, longer)).when(EXPIRE) == []


def test_what_was_decided_here_is_captured_by_hand_as_it_was_decided() -> None:
    """A way on, where the reaction was refused: but only with what the decision says."""
    assert len(given(RECORD).when(replace(CAPTURE, decision=DECIDED))) == 1


def test_a_lighter_class_is_said_to_be_lighter() -> None:
    (event,) = given(RECORD, *CAPTURED).when(CORRECT)
    assert isinstance(event, RecordCorrected)
    assert (event.class_dropped, event.after.display_until) == (True, date(2026, 7, 20))
    (same,) = given(RECORD, *CAPTURED).when(MODIFIED)
    assert not same.class_dropped


class TestRecords(AllTheRules):
    decider = RECORD
    commands = (
        CAPTURE, PUBLISH, REACTED, EXPIRE, REPAIR, PERFORMED, DISPUTED, FREE, FLAG, UNFLAG,
        CORRECT, MODIFIED, WITHDRAW, FELL, CONFIRM,
    )  # fmt: skip
    pasts = ([], CAPTURED, PUBLISHED, ENDED, REPAIRED, WITHDRAWN, FLAGGED, UNDER, MINOR, MANS)
