"""What the tests of mediation begin with: two neighbours, a mediator, and what they do."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from libs.contracts import mediation as m
from libs.contracts import vocabulary as v
from libs.events.core.kernel import Decider
from services.mediation.dispute import commands as c
from services.mediation.dispute.rules.decider import decider
from tests.conftest import RULES
from tests.scenario import after

DISPUTE: Final[Decider[Any, Any, Any]] = decider(RULES)
ID: Final = v.DisputeId(UUID(int=1))
STREET, CENTRE = v.AgencyCode("ST-120116005"), v.AgencyCode("ZFW")
HANDOFF: Final = v.HandoffId(UUID(int=2))
PAPER: Final = "a" * 64
OTHER_PAPER: Final = "b" * 64
STORED: Final = frozenset({PAPER})


def on(day: str, hour: int = 10) -> datetime:
    """An hour of a day of 2026 here, in UTC."""
    month, number = map(int, day.split("-"))
    return datetime(2026, month, number, hour - 8, tzinfo=UTC)


def day(text: str) -> date:
    month, number = map(int, text.split("-"))
    return date(2026, month, number)


def person(number: int, *, adult_on: date | None = None) -> v.SubjectRef:
    return v.SubjectRef(
        subject_id=UUID(int=100 + number),
        kind=v.SubjectKind.PERSON,
        id_type="ID_CARD",
        id_token=f"t{number}",
        display_name="虚某",
        adult_on=adult_on,
    )


BELOW, ABOVE, CHILD = person(1), person(2), person(3, adult_on=date(2030, 1, 1))
FIRM: Final = replace(person(4), kind=v.SubjectKind.ENTERPRISE, display_name="虚构公司")
ONE, TWO = BELOW.subject_id, ABOVE.subject_id
BOTH: Final = (ONE, TWO)
ATTENDED: Final = (v.PersonId(str(ONE)), v.PersonId(str(TWO)))
APPLICANT: Final = m.DisputeParty(subject_ref=BELOW, role=m.PartyRole.APPLICANT, name="虚构楼下")
RESPONDENT: Final = m.DisputeParty(subject_ref=ABOVE, role=m.PartyRole.RESPONDENT, name="虚构楼上")
MEDIATOR, COLLEAGUE = v.PersonId("mediator-1"), v.PersonId("mediator-2")
MANAGER: Final = v.PersonId("manager-1")

RECEIVE: Final = c.ReceiveDispute(
    dispute_id=ID,
    agency_code=STREET,
    channel=m.DisputeChannel.GRID,
    source_ref=v.SourceRef("grid/report/1"),
    handoff_id=HANDOFF,
    parties=(APPLICANT,),
    category=v.DisputeCategory("NOISE"),
    facts="an accordion at night",
    amount_fen=None,
    location=None,
    applied_at=on("05-06"),
    first_receiver=None,
    mediation_only=False,
    at=on("05-07"),
)
TRIAGE: Final = c.TriageDispute(
    dispute_id=ID,
    type=m.MediationType.PEOPLE,
    court_stage=None,
    risk_level=m.RiskLevel.R1,
    level=m.Level.COMMUNITY,
    first_receiver=MANAGER,
    joined=(RESPONDENT,),
    at=on("05-07"),
)


def consent(party: UUID, *, yes: bool = True) -> c.RecordConsent:
    return c.RecordConsent(
        dispute_id=ID,
        party_id=party,
        consent=yes,
        method=m.ConsentMethod.WRITTEN,
        role="MEDIATION_MANAGER",
        by=MANAGER,
        at=on("05-08"),
    )


ACCEPT: Final = c.AcceptMediation(dispute_id=ID, at=on("05-08"))
DECLINE: Final = c.DeclineMediation(
    dispute_id=ID,
    reason=m.DeclinedBecause.NOT_MEDIABLE,
    text="a crime",
    basis="人民调解工作若干规定 22",
    at=on("05-08"),
)
DIVERT: Final = c.DivertDispute(
    dispute_id=ID,
    reason=v.ReasonCode("ENFORCEMENT"),
    text="an offence",
    to_agency=v.AgencyCode("CGW"),
    power_item_code=None,
    basis=None,
    at=on("05-08"),
    receiver_known=True,
)
ASSIGN: Final = c.AssignMediator(
    dispute_id=ID, mediator_ids=(MEDIATOR,), lead_mediator=MEDIATOR, at=on("05-08")
)
RECUSE: Final = c.RecuseMediator(
    dispute_id=ID,
    mediator_id=MEDIATOR,
    ground=m.RelationKind.NEAR_RELATIVE,
    decided_by=MANAGER,
    at=on("05-08"),
)
UNITS: Final = (v.AgencyCode("CGW"), v.AgencyCode("GAJ"))
CONVENE: Final = c.ConveneJointMediation(
    dispute_id=ID,
    group_id=v.GroupId(UUID(int=3)),
    units=UNITS,
    lead_unit=UNITS[0],
    topic="noise",
    place="the room",
    held_at=on("05-14"),
    at=on("05-09"),
    active=frozenset(UNITS),
)
JOIN: Final = c.JoinJointMediation(dispute_id=ID, unit=UNITS[0], group_id=CONVENE.group_id)
OFFICIAL: Final = c.AssignLeadOfficial(
    dispute_id=ID,
    official_id=v.PersonId("official-1"),
    agency_code=STREET,
    target_on=day("05-30"),
    at=on("05-09"),
)
LIST: Final = c.ListForSupervision(
    dispute_id=ID, due_on=day("06-30"), reason="many people", at=on("05-09")
)
DELIST: Final = c.DelistDispute(dispute_id=ID, result="it is quiet")
ESCALATE: Final = c.EscalateLevel(dispute_id=ID, at=on("05-25"))
ALERT: Final = c.RaiseRiskAlert(
    dispute_id=ID,
    level=m.RiskLevel.R4,
    facts="a knife was seen",
    police_ref=None,
    at=on("05-09"),
)
SCHEDULE: Final = c.ScheduleSession(
    dispute_id=ID, held_at=on("05-14"), place="the room", mediator=MEDIATOR, at=on("05-11")
)
HOLD: Final = c.HoldSession(
    dispute_id=ID,
    on=day("05-14"),
    attendance=ATTENDED,
    rights_read=True,
    summary_hash=PAPER,
    proposals=("a carpet",),
    mediator=MEDIATOR,
    at=on("05-14"),
    stored=STORED,
)
PAUSE: Final = c.PauseMediation(dispute_id=ID, reason=m.PauseReason.APPRAISAL, at=on("05-15"))
RESUME: Final = c.ResumeMediation(dispute_id=ID, at=on("05-20"))
EXTEND: Final = c.ExtendMediation(dispute_id=ID, agreed_by=BOTH, at=on("05-21"))
ITEM: Final = v.ItemId(UUID(int=21))
CARPET: Final = v.ItemId(UUID(int=22))
AGREE: Final = c.RecordAgreement(
    dispute_id=ID,
    items=(
        c.Owed(item_id=ITEM, obligor=TWO, obligee=ONE, content="quiet", due_on=day("06-05")),
        c.Owed(
            item_id=CARPET, obligor=TWO, obligee=ONE, content="a carpet", due_on=day("06-05"),
            amount_fen=20_000,
        ),
    ),
    mediator=MEDIATOR,
    at=on("05-25"),
)  # fmt: skip
SIGN: Final = c.SignAgreement(
    dispute_id=ID,
    agreement_id=v.AgreementId(UUID(int=31)),
    form=m.AgreementForm.WRITTEN,
    effective_on=day("05-25"),
    signed_by=BOTH,
    seal_hash=PAPER,
    mediator=MEDIATOR,
    at=on("05-25"),
    stored=STORED,
)
APPLY: Final = c.ApplyJudicialConfirmation(
    dispute_id=ID,
    handoff_id=v.HandoffId(UUID(int=41)),
    court=v.AgencyCode("FY"),
    applicants=tuple(map(str, BOTH)),
    application_hash=None,
    at=on("06-01"),
    competent=True,
)
CONFIRM: Final = c.RecordConfirmation(
    dispute_id=ID, handoff_id=APPLY.handoff_id, result="CONFIRMED"
)


def perform(item: v.ItemId, text: str = "06-10") -> c.RecordPerformance:
    return c.RecordPerformance(
        dispute_id=ID,
        item_id=item,
        on=day(text),
        proof=PAPER,
        role="MEDIATOR",
        by=MEDIATOR,
        at=on("06-10"),
        stored=STORED,
    )


BREACH: Final = c.RecordBreach(
    dispute_id=ID, item_id=ITEM, facts="again until midnight", heard=(TWO,), at=on("06-15")
)
FAIL: Final = c.FailMediation(dispute_id=ID, text="no way", at=on("05-26"))
OVER: Final = c.FailMediation(dispute_id=ID, text="over", at=on("06-09"), by_time=True)
TERMINATE: Final = c.TerminateMediation(
    dispute_id=ID, reason=m.TerminatedBecause.WITHDRAWN, text="no more", at=on("05-26")
)
GUIDE: Final = c.IssueGuidance(dispute_id=ID, served_on=day("06-16"), at=on("06-16"))
FOLLOW_UP: Final = c.RecordFollowUp(
    dispute_id=ID, result="both sleep", rating=m.Satisfaction.SATISFIED, at=on("06-26")
)
CLOSE: Final = c.CloseDispute(dispute_id=ID, at=on("06-26"))
REOPEN: Final = c.ReopenDispute(
    dispute_id=ID, reason=m.ReopenedBecause.NEW_FACTS, text="a drum", at=on("07-26")
)
AID: Final = c.ReferLegalAid(
    dispute_id=ID,
    handoff_id=v.HandoffId(UUID(int=51)),
    aid_centre=v.AgencyCode("SFJ"),
    party_id=ONE,
    request="a lawyer",
    at=on("05-09"),
    centre=True,
)
AIDED: Final = c.RecordLegalAid(
    dispute_id=ID, handoff_id=AID.handoff_id, granted=True, lawyer="lawyer-1"
)
CLAIM: Final = c.VerifyWageClaim(
    dispute_id=ID,
    workers=12,
    months=4,
    amount_fen=18_600_000,
    employer=FIRM,
    general_contractor=None,
    at=on("05-09"),
)
PAY: Final = c.RecordWagePayment(
    dispute_id=ID,
    amount_fen=18_600_000,
    via=m.PaidBy.EMPLOYER,
    on=day("05-20"),
    proof=PAPER,
    at=on("05-20"),
    stored=STORED,
)

NOTHING: Final[list[Any]] = []
RECEIVED: Final = after(DISPUTE, NOTHING, RECEIVE)
WAGES: Final = after(DISPUTE, NOTHING, replace(RECEIVE, category=v.DisputeCategory("WAGE")))
TRIAGED: Final = after(DISPUTE, RECEIVED, TRIAGE)
WILLING: Final = after(DISPUTE, TRIAGED, consent(ONE), consent(TWO))
ACCEPTED: Final = after(DISPUTE, WILLING, ACCEPT)
ASSIGNED: Final = after(DISPUTE, ACCEPTED, ASSIGN)
RECUSED: Final = after(DISPUTE, ASSIGNED, RECUSE)
CONVENED: Final = after(DISPUTE, ASSIGNED, CONVENE)
MEDIATING: Final = after(DISPUTE, ASSIGNED, SCHEDULE)
HELD: Final = after(DISPUTE, MEDIATING, HOLD)
PAUSED: Final = after(DISPUTE, HELD, PAUSE)
RESUMED: Final = after(DISPUTE, PAUSED, RESUME)
EXTENDED: Final = after(DISPUTE, HELD, EXTEND)
AGREED: Final = after(DISPUTE, HELD, AGREE)
SIGNED: Final = after(DISPUTE, AGREED, SIGN)
CONFIRMING: Final = after(DISPUTE, SIGNED, APPLY)
CONFIRMED: Final = after(DISPUTE, CONFIRMING, CONFIRM)
PERFORMING: Final = after(DISPUTE, CONFIRMED, perform(ITEM))
PERFORMED: Final = after(DISPUTE, PERFORMING, perform(CARPET))
BREACHED: Final = after(DISPUTE, CONFIRMED, BREACH)
FAILED: Final = after(DISPUTE, HELD, FAIL)
TERMINATED: Final = after(DISPUTE, HELD, TERMINATE)
DECLINED: Final = after(DISPUTE, TRIAGED, DECLINE)
DIVERTED: Final = after(DISPUTE, TRIAGED, DIVERT)
GUIDED: Final = after(DISPUTE, FAILED, GUIDE)
FOLLOWED_UP: Final = after(DISPUTE, PERFORMED, FOLLOW_UP)
CLOSED: Final = after(DISPUTE, FOLLOWED_UP, CLOSE)
REOPENED: Final = after(DISPUTE, CLOSED, REOPEN)
DANGEROUS: Final = after(DISPUTE, HELD, ALERT)
LISTED: Final = after(DISPUTE, DANGEROUS, LIST)
OFFICIALLY: Final = after(DISPUTE, DANGEROUS, OFFICIAL)
HELPED: Final = after(DISPUTE, HELD, AID)
CLAIMED: Final = after(DISPUTE, WAGES, CLAIM)
PAID: Final = after(DISPUTE, CLAIMED, PAY)
