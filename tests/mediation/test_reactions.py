"""What follows from what mediation says, and what mediation does when others speak."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from libs.contracts import exchange as of_exchange
from libs.contracts import mediation as m
from libs.contracts import vocabulary as v
from libs.events.core.kernel import Event, Hidden
from services.credit.record.commands import AnnotateRecord
from services.credit.record.reactions import react as record
from services.exchange.handoff.commands import (
    AcceptHandoff,
    CloseHandoff,
    ConfirmHandoff,
    FeedBackHandoff,
    OfferHandoff,
    ReturnHandoff,
    SignHandoff,
)
from services.exchange.handoff.reactions.mediating import react as handoff
from services.grid.report.commands import RecordHandoffOutcome
from services.grid.report.reactions import react as report
from services.mediation.dispute.commands import (
    JoinJointMediation,
    ReceiveDispute,
    RecordConfirmation,
    RecordLegalAid,
)
from services.mediation.dispute.reactions import react as dispute
from services.mediation.petition.commands import ReplyPetition
from services.mediation.petition.reactions import react as petition
from tests.conftest import needs_shared
from tests.declared import services
from tests.mediation import past as p
from tests.mediation import test_petitions as of_petition
from tests.reactions import React, commands, untested
from tests.scenario import after, heard

exchange: Any = of_exchange


def last(past: Sequence[Event], kind: type[Any]) -> Any:
    return next(one for one in reversed(past) if isinstance(one, kind))


OURS = v.SourceRef(f"mediation/dispute/{p.ID}")
OFFERED = exchange.HandoffOffered(
    handoff_id=p.HANDOFF, handoff_no="H-1", kind=v.Kind.MEDIATE, copy=False, from_service="grid",
    from_agency="WGZX", to_agency=p.STREET, lead=True, group_id=None,
    source_ref=v.SourceRef("grid/report/1"), subject_refs=(), purpose="", basis=None,
    body={
        "channel": "HOTLINE", "category_code": "1201162201", "facts": "noise",
        "received_at": "2026-05-06T02:00:00+00:00", "location": {"cell_code": "120116005001001"},
        "parties": [
            {
                "subject_ref": {
                    "subject_id": str(p.ONE), "kind": "PERSON", "id_type": "ID_CARD",
                    "id_token": "t1", "display_name": "虚某",
                },
                "role": "APPLICANT",
            },
            "nobody",
        ],
    },
    body_hash="", privacy_class="P2", result_needs=(), due_ats=of_exchange.DueAts(), rule_codes=(),
    rule_pack_version="",
)  # fmt: skip


def answer(kind: v.HandoffKindCode, outcome: str, source: v.SourceRef = OURS) -> Any:
    return exchange.HandoffFedBack(
        handoff_id=p.APPLY.handoff_id, kind=kind, source_ref=source, agency_code="FY", lead=True,
        outcome_code=outcome, text="so", proposed_agency=None, power_item_code=None, files=(),
        media=(), handler_id=None, at=p.on("06-08"), confirm_due_at=None, rule_code=None,
        rule_pack_version=None,
    )  # fmt: skip


JOINED = exchange.HandoffAccepted(
    handoff_id=p.HANDOFF, kind=v.Kind.JOINT, source_ref=OURS, agency_code=p.UNITS[0], lead=True,
    group_id=p.CONVENE.group_id, handler_id="x", on=p.on("05-10"), result_due_at=None,
    rule_code=None, rule_pack_version=None,
)  # fmt: skip
PETITIONED = v.SourceRef(f"mediation/petition/{of_petition.ID}")
DECIDED = last(p.CONFIRMED, m.JudicialConfirmationDecided)
AIDED = last(after(p.DISPUTE, p.HELPED, p.AIDED), m.LegalAidDecided)
SIGNED, CLOSED = last(p.SIGNED, m.AgreementSigned), last(p.CLOSED, m.DisputeClosed)
ALERTED = last(p.DANGEROUS, m.RiskAlertRaised)
PAID = last(p.PAID, m.WagePaid)
DIVERTED, DECLINED = last(p.DIVERTED, m.DisputeDiverted), last(p.DECLINED, m.MediationDeclined)
BREACHED = last(p.BREACHED, m.AgreementBreached)
SEPARATED = last(of_petition.SEPARATED, m.PetitionSeparated)
LEAD = replace(SEPARATED, route=m.PetitionRoute.ADMIN_PROCEDURE)

ROWS: list[tuple[React, Event, type]] = [
    (handoff, p.WAGES[0], OfferHandoff),
    (handoff, p.RECEIVED[0], SignHandoff),
    (handoff, DIVERTED, OfferHandoff),
    (handoff, DIVERTED, ReturnHandoff),
    (handoff, last(p.ACCEPTED, m.MediationAccepted), AcceptHandoff),
    (handoff, DECLINED, ReturnHandoff),
    (handoff, last(p.CONVENED, m.JointMediationConvened), OfferHandoff),
    (handoff, ALERTED, OfferHandoff),
    (report, SIGNED, RecordHandoffOutcome),
    (handoff, SIGNED, FeedBackHandoff),
    (handoff, last(p.CONFIRMING, m.JudicialConfirmationApplied), OfferHandoff),
    (handoff, DECIDED, ConfirmHandoff),
    (handoff, BREACHED, OfferHandoff),
    (handoff, last(p.FAILED, m.MediationFailed), FeedBackHandoff),
    (handoff, last(p.TERMINATED, m.MediationTerminated), AcceptHandoff),
    (handoff, last(p.TERMINATED, m.MediationTerminated), FeedBackHandoff),
    (report, CLOSED, RecordHandoffOutcome),
    (handoff, CLOSED, CloseHandoff),
    (handoff, last(p.HELPED, m.LegalAidReferred), OfferHandoff),
    (handoff, AIDED, ConfirmHandoff),
    (record, PAID, AnnotateRecord),
    (handoff, SEPARATED, OfferHandoff),
    (handoff, LEAD, OfferHandoff),
    (dispute, OFFERED, ReceiveDispute),
    (dispute, JOINED, JoinJointMediation),
    (dispute, answer(v.Kind.CONFIRM, "CONFIRMED"), RecordConfirmation),
    (dispute, answer(v.Kind.LEGAL_AID, "GRANTED"), RecordLegalAid),
    (petition, answer(v.Kind.PETITION, "REPLIED", PETITIONED), ReplyPetition),
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
def test_every_reaction_of_the_domain_that_touches_mediation_is_here() -> None:
    assert untested(ROWS, "mediation", services()) == []


NOTHING: list[tuple[React, Event]] = [
    (handoff, replace(p.RECEIVED[0], handoff_id=None)),
    (handoff, replace(SIGNED, handoff_id=None)),
    (handoff, replace(DECLINED, handoff_id=None)),
    (handoff, replace(BREACHED, to_agency=None)),
    (handoff, replace(ALERTED, level=m.RiskLevel.R3)),
    (handoff, replace(SEPARATED, to_agency=None)),
    (record, replace(PAID, settled=False)),
    (dispute, replace(OFFERED, kind=v.Kind.LEAD)),
    (dispute, replace(JOINED, source_ref=v.SourceRef("grid/report/1"))),
    (dispute, replace(JOINED, kind=v.Kind.ASSIST)),
    (dispute, answer(v.Kind.CONFIRM, "CONFIRMED", v.SourceRef("mediation/dispute/not-an-id"))),
    (petition, answer(v.Kind.PETITION, "REPLIED")),
]


@pytest.mark.parametrize(("react", "event"), NOTHING)
def test_what_is_nobodys_business_here_asks_for_nothing(react: React, event: Event) -> None:
    assert commands(react, heard(event)) == []


def test_the_reporter_applies_and_what_is_no_party_is_none() -> None:
    (asked,) = commands(dispute, heard(OFFERED))
    assert [one.subject_ref.subject_id for one in asked.parties] == [p.ONE]
    assert asked.channel is m.DisputeChannel.HOTLINE
    assert asked.applied_at == p.on("05-06")


def test_what_was_forgotten_stands_in_no_handoff() -> None:
    hidden = {"facts": Hidden.ERASED, "parties": Hidden.ERASED, "location": Hidden.ERASED}
    (offer,) = commands(handoff, heard(replace(BREACHED, **hidden)))
    assert (offer.body, offer.subject_refs) == (Hidden.ERASED, ())
    (asked,) = commands(dispute, heard(replace(OFFERED, body=Hidden.ERASED)))
    assert (asked.facts, asked.parties) == (Hidden.ERASED, Hidden.ERASED)


def test_who_complains_is_not_told_to_whom_it_is_about() -> None:
    lead = next(one for one in commands(handoff, heard(BREACHED)) if isinstance(one, OfferHandoff))
    assert [one.subject_id for one in lead.subject_refs] == [p.TWO]
    assert not isinstance(lead.body, Hidden)
    assert "parties" not in lead.body


def test_each_unit_is_called_once_and_the_one_that_leads_is_said_to() -> None:
    offers = commands(handoff, heard(last(p.CONVENED, m.JointMediationConvened)))
    assert [(one.to_agency, one.lead) for one in offers] == [("CGW", True), ("GAJ", False)]
    assert {one.group_id for one in offers} == {p.CONVENE.group_id}


def test_the_police_hear_of_an_imminent_danger() -> None:
    (offer,) = commands(handoff, heard(ALERTED))
    assert (offer.kind, offer.to_kind) == (v.Kind.ALERT, "POLICE")


def test_a_dispute_that_was_sent_elsewhere_closes_the_handoff_it_came_with() -> None:
    diverted = replace(CLOSED, outcome=m.DisputeOutcome.DIVERTED, handoff_id=p.HANDOFF)
    ids = {one.handoff_id for one in commands(handoff, heard(diverted))}
    assert p.HANDOFF in ids
    assert p.HANDOFF not in {one.handoff_id for one in commands(handoff, heard(CLOSED))}


def test_a_lead_of_a_petition_is_no_petition() -> None:
    (asked,) = commands(handoff, heard(SEPARATED))
    (lead,) = commands(handoff, heard(LEAD))
    assert (asked.kind, lead.kind) == (v.Kind.PETITION, v.Kind.LEAD)
    assert asked.body == {"petition_no": "NO-000001", "matter": of_petition.REGISTER.matter_text}
