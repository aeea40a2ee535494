"""What is asked for when something happens around a record: each reaction of the domain's table."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

import pytest

from libs.contracts import credit, enforcement, mediation
from libs.contracts import vocabulary as v
from libs.contracts.credit import DelistedBecause, Grade, GradeChanged, Tier
from libs.contracts.enforcement import CreditClass, InspectionResult, ReconOutcome, RevokedScope
from libs.events.core.kernel import Event, Hidden
from services.credit.approval.commands import AssignTier, FulfilCommitment, InviteReapplication
from services.credit.approval.reactions import react as approval
from services.credit.incentive.commands import RevokeIncentive
from services.credit.incentive.reactions import react as incentive
from services.credit.listing.commands import DelistSubject
from services.credit.listing.reactions import react as listing
from services.credit.measure.commands import (
    AcknowledgeMeasure,
    ApplyMeasure,
    LiftMeasure,
    LoseSupport,
    RefuseMeasure,
)
from services.credit.measure.reactions import react as measure
from services.credit.record.commands import (
    AnnotateRecord,
    CaptureRecord,
    CorrectRecord,
    EndPublicity,
    FlagRecord,
    PublishRecord,
    UnflagRecord,
    WithdrawRecord,
)
from services.credit.record.reactions import react as record
from services.credit.subject.commands import RecalculateScore, RegisterSubject
from services.credit.subject.reactions import react as subject
from services.enforcement.inspection.commands import DrawInspection
from services.enforcement.inspection.reactions import react as inspection
from services.exchange.handoff.commands import CloseHandoff, ConfirmHandoff, OfferHandoff
from services.exchange.handoff.reactions.crediting import react as handoff
from tests.conftest import needs_shared
from tests.credit import deciding as d
from tests.credit import past as p
from tests.credit import test_approvals as of_approval
from tests.credit import test_listings as of_listing
from tests.credit import test_measures as of_measure
from tests.credit import test_records as of_record
from tests.credit import test_repairs as of_repair
from tests.declared import services
from tests.enforcement.case import past as case
from tests.mediation import past as of_dispute
from tests.reactions import React, Row, commands, untested
from tests.scenario import after, heard

DAY: Final = date(2026, 5, 6)
ORDER: Final = d.ordering(1, [d.record(1)], p.on("05-20"))
OFFER: Final = p.uid(77)
APPROVAL: Final = v.SourceRef(f"credit/approval/{of_approval.ID}")


def last(past: Sequence[Event], kind: type[Any]) -> Any:
    return next(one for one in reversed(past) if isinstance(one, kind))


DECIDED = last(case.RECON_ENDED, enforcement.ReconsiderationDecided)
PAID = last(case.PAID, enforcement.FinePaid)
VERIFIED = enforcement.CorrectionVerified(
    case_id=v.CaseId(p.uid(1)),
    correction_id=v.CorrectionId(p.uid(9)),
    done=True,
    on=DAY,
    media=(),
)
CHECKED = enforcement.InspectionCompleted(
    inspection_id=v.InspectionId(p.uid(5)),
    agency_code=p.CGW,
    subject=p.FIRM,
    result=InspectionResult.NORMAL,
    text="all as promised",
    power_item_code=None,
    source_ref=APPROVAL,
    on=DAY,
    public_at=p.on("06-12"),
)
CAPTURED = last(of_record.CAPTURED, credit.RecordCaptured)
CORRECTED = last(
    after(of_record.RECORD, of_record.CAPTURED, of_record.CORRECT), credit.RecordCorrected
)
ENDED = last(of_record.ENDED, credit.RecordPublicityEnded)
WITHDRAWN = last(of_record.WITHDRAWN, credit.RecordWithdrawn)
NOTICED = last(of_listing.NOTICED, credit.SevereListNoticeServed)
LISTED = last(of_listing.LISTED, credit.SevereListed)
DELISTED = last(of_listing.DELISTED, credit.SevereDelisted)
ORDERED = last(of_measure.ORDERED, credit.MeasureOrdered)
LIFTED = last(of_measure.LIFTED, credit.MeasureLifted)
WAGES_PAID = last(of_dispute.PAID, mediation.WagePaid)
ADVANTAGE = last(of_listing.GRANTED, credit.IncentiveGranted)
ADVANTAGE_OVER = last(of_listing.ENDED, credit.IncentiveRevoked)
REPAIRED = last(of_repair.DECIDED, credit.RepairDecided)
GRANTED = last(of_approval.GRANTED, credit.ApprovalGranted)
FULFILLED = last(of_approval.FULFILLED, credit.CommitmentFulfilled)
BREACHED = last(of_approval.BREACHED, credit.CommitmentBreached)
WORSE = GradeChanged(
    subject_id=p.FIRM.subject_id, from_grade=Grade.A, to_grade=Grade.B, cause="a record"
)

ROWS: list[Row] = [
    (subject, d.served(1, DAY), RegisterSubject),
    (record, d.served(1, DAY), CaptureRecord),
    (record, last(case.PUBLISHED, enforcement.DecisionPublished), PublishRecord),
    (record, PAID, AnnotateRecord),
    (record, last(case.EXECUTED, enforcement.ExecutionCompleted), AnnotateRecord),
    (record, VERIFIED, AnnotateRecord),
    (record, last(case.UNDER_REMEDY, enforcement.ReconsiderationFiled), AnnotateRecord),
    (record, replace(DECIDED, outcome=ReconOutcome.UPHELD), AnnotateRecord),
    (record, last(case.MODIFIED, enforcement.DecisionModified), CorrectRecord),
    (record, d.revoked(1), WithdrawRecord),
    (
        record,
        last(case.after(case.RECON_ENDED, case.ILLEGAL), enforcement.DecisionConfirmedIllegal),
        WithdrawRecord,
    ),
    (
        record,
        last(case.after(case.RECON_ENDED, case.INVALID), enforcement.DecisionDeclaredInvalid),
        WithdrawRecord,
    ),
    (approval, CHECKED, FulfilCommitment),
    (subject, CAPTURED, RecalculateScore),
    (subject, ENDED, RecalculateScore),
    (measure, ENDED, LoseSupport),
    (subject, CORRECTED, RecalculateScore),
    (measure, CORRECTED, LoseSupport),
    (subject, WITHDRAWN, RecalculateScore),
    (measure, WITHDRAWN, LoseSupport),
    (listing, replace(WITHDRAWN, listing_id=p.LISTING), DelistSubject),
    (approval, WITHDRAWN, InviteReapplication),
    (incentive, WORSE, RevokeIncentive),
    (subject, NOTICED, RegisterSubject),
    (subject, LISTED, RecalculateScore),
    (record, LISTED, CaptureRecord),
    (subject, DELISTED, RecalculateScore),
    (measure, DELISTED, LoseSupport),
    (record, replace(DELISTED, cause=DelistedBecause.REVOKED), WithdrawRecord),
    (handoff, ORDERED, OfferHandoff),
    (handoff, last(of_measure.REFUSED, credit.MeasureRefused), CloseHandoff),
    (handoff, last(of_measure.LIFTING, credit.MeasureLiftOrdered), OfferHandoff),
    (handoff, LIFTED, ConfirmHandoff),
    (handoff, LIFTED, CloseHandoff),
    (record, WAGES_PAID, AnnotateRecord),
    (handoff, ADVANTAGE, OfferHandoff),
    (handoff, ADVANTAGE_OVER, OfferHandoff),
    (handoff, ADVANTAGE_OVER, CloseHandoff),
    (record, replace(REPAIRED, granted=True), EndPublicity),
    (listing, replace(REPAIRED, granted=True, listing_id=p.LISTING), DelistSubject),
    (record, last(of_repair.FILED, credit.ObjectionFiled), FlagRecord),
    (record, last(of_repair.RESOLVED, credit.ObjectionResolved), UnflagRecord),
    (approval, last(of_approval.APPLIED, credit.ApprovalApplied), AssignTier),
    (subject, FULFILLED, RecalculateScore),
    (subject, BREACHED, RecalculateScore),
    (record, BREACHED, CaptureRecord),
    (handoff, BREACHED, OfferHandoff),
    (inspection, replace(GRANTED, tier=Tier.T1), DrawInspection),
    (measure, d.accepted(ORDER, OFFER), AcknowledgeMeasure),
    (measure, d.returned(ORDER, OFFER), RefuseMeasure),
    (measure, d.applied(ORDER, OFFER), ApplyMeasure),
    (measure, d.lifted(ORDER, OFFER), LiftMeasure),
]


@pytest.mark.parametrize(
    ("react", "event", "command"),
    ROWS,
    ids=[f"{type(event).__name__}-{command.__name__}" for _, event, command in ROWS],
)
def test_what_is_heard_is_asked_for(react: React, event: Event, command: type) -> None:
    fact = heard(event)
    asked = commands(react, fact)
    assert command in map(type, asked)
    # Nothing is coined anew: heard twice, it asks for the same streams and the same facts.
    assert commands(react, fact) == asked


@needs_shared
def test_every_reaction_of_the_domain_that_touches_credit_is_here() -> None:
    assert untested(ROWS, "credit", services()) == []


NOTHING: list[tuple[React, Event]] = [
    (handoff, replace(ADVANTAGE_OVER, granted_by=None)),
    (record, replace(d.served(1, DAY), credit_class=None)),
    (subject, replace(d.served(1, DAY), credit_class=None)),
    (record, replace(d.served(1, DAY), subjects=Hidden.ERASED)),
    (subject, replace(d.served(1, DAY), subjects=Hidden.ERASED)),
    (record, replace(PAID, settled=False)),
    (record, replace(VERIFIED, done=False)),
    (record, replace(DECIDED, outcome=ReconOutcome.REVOKED)),
    (record, replace(d.revoked(1), scope=RevokedScope.PART)),
    (measure, replace(CORRECTED, class_dropped=False)),
    (record, replace(LISTED, subject_ref=Hidden.ERASED)),
    (record, replace(DELISTED, cause=DelistedBecause.EXPIRED)),
    (record, replace(BREACHED, applicant=Hidden.ERASED)),
    (record, replace(REPAIRED, granted=False)),
    (listing, replace(REPAIRED, granted=True, listing_id=None)),
    (listing, replace(REPAIRED, granted=False, listing_id=p.LISTING)),
    (listing, replace(WITHDRAWN, listing_id=None)),
    (subject, replace(NOTICED, subject_ref=Hidden.ERASED)),
    (approval, replace(CHECKED, result=InspectionResult.LEAD_RAISED)),
    (approval, replace(CHECKED, source_ref=None)),
    (approval, replace(CHECKED, source_ref=v.SourceRef("grid/report/1"))),
    (incentive, replace(WORSE, from_grade=Grade.C, to_grade=Grade.B)),
    (inspection, replace(GRANTED, tier=Tier.T2)),
    (inspection, replace(GRANTED, tier=Tier.T1, applicant=Hidden.ERASED)),
    (measure, replace(d.accepted(ORDER, OFFER), source_ref=v.SourceRef("grid/report/1"))),
    (measure, replace(d.accepted(ORDER, OFFER), kind=v.Kind.LIFT)),
    (measure, replace(d.applied(ORDER, OFFER), progress_code="SEEN")),
    (measure, replace(d.lifted(ORDER, OFFER), kind=v.Kind.MEASURE)),
]


@pytest.mark.parametrize(("react", "event"), NOTHING)
def test_what_is_nobodys_business_here_asks_for_nothing(react: React, event: Event) -> None:
    assert commands(react, heard(event)) == []


def test_each_party_of_a_decision_has_its_record() -> None:
    both = replace(d.served(1, DAY), subjects=(p.FIRM, p.OTHER))
    asked = commands(record, heard(both))
    assert [one.subject_ref for one in asked] == [p.FIRM, p.OTHER]
    assert len({one.record_id for one in asked}) == 2
    assert asked[0].record_id == d.record(1)


def test_a_listing_is_remembered_until_it_is_over_and_as_severe() -> None:
    (asked,) = commands(record, heard(LISTED))
    assert (asked.listed_until, asked.credit_class) == (LISTED.listed_until, CreditClass.SEVERE)
    assert asked.listing_id == LISTED.listing_id


def test_what_an_agency_is_told_of_a_forgotten_subject_names_nobody() -> None:
    for event in (
        replace(ORDERED, subject_ref=Hidden.ERASED),
        replace(BREACHED, applicant=Hidden.ERASED),
        replace(BREACHED, facts=Hidden.ERASED),
    ):
        (asked,) = commands(handoff, heard(event))
        assert asked.body is Hidden.ERASED


def test_an_order_goes_from_who_ordered_it_to_its_target_and_its_end_ends_it() -> None:
    (offer,) = commands(handoff, heard(ORDERED))
    assert (offer.from_agency, offer.to_agency) == (ORDERED.ordered_by, ORDERED.agency_code)
    closed = {type(one): one.handoff_id for one in commands(handoff, heard(LIFTED))}
    assert closed[CloseHandoff] == offer.handoff_id
    assert closed[ConfirmHandoff] == LIFTED.handoff_id != offer.handoff_id


def test_an_advantage_is_an_order_to_its_agency_until_it_is_lifted() -> None:
    (order,) = commands(handoff, heard(ADVANTAGE))
    lift, over = commands(handoff, heard(ADVANTAGE_OVER))
    assert (order.kind, lift.kind) == (v.Kind.MEASURE, v.Kind.LIFT)
    assert {one.from_agency for one in (order, lift)} == {ADVANTAGE.granted_by}
    assert {one.to_agency for one in (order, lift)} == {ADVANTAGE.agency_code}
    assert lift.body["due_on"] == "2026-09-15"
    assert order.handoff_id == over.handoff_id != lift.handoff_id


def test_the_post_check_names_its_licence_and_is_drawn_once() -> None:
    (asked,) = commands(inspection, heard(replace(GRANTED, tier=Tier.T1)))
    assert isinstance(asked, DrawInspection)
    assert (asked.agency_code, asked.count) == (GRANTED.check_agency, 1)
    assert asked.candidates == (str(asked.subject.subject_id),)
