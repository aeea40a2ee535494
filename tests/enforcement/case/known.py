"""Who and what the cases of these tests are about."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from libs.contracts.enforcement import (
    Manifest,
    Party,
    Penalty,
    PenaltyKind,
    Proposal,
)
from libs.contracts.vocabulary import (
    AgencyCode,
    CaseId,
    CertificateNo,
    CorrectionId,
    DecisionNo,
    EvidenceId,
    HandoffId,
    LeadId,
    LegalBasis,
    Media,
    PersonId,
    SubjectKind,
    SubjectRef,
)
from services.enforcement.case.commands.known import Certificate, Signed
from services.enforcement.case.rules.decider import decider
from tests.conftest import RULES

CASE = decider(RULES)
GZJ = AgencyCode("GZJ")
ID = CaseId(UUID("55555555-5555-7555-8555-555555555555"))
LEAD = LeadId(UUID("55555555-5555-7555-8555-000000000001"))
EVIDENCE = EvidenceId(UUID("55555555-5555-7555-8555-000000000002"))
MONITOR = EvidenceId(UUID("55555555-5555-7555-8555-000000000003"))
CORRECTION = CorrectionId(UUID("55555555-5555-7555-8555-000000000004"))
ASSIST = HandoffId(UUID("66666666-6666-7666-8666-000000000001"))
POLICE = HandoffId(UUID("66666666-6666-7666-8666-000000000002"))
COURT = HandoffId(UUID("66666666-6666-7666-8666-000000000003"))
HEAD = PersonId("GZJ/head")
ONE, TWO, THREE = (PersonId(f"GZJ/officer-{number}") for number in (1, 2, 3))
REVIEWER, HOST = PersonId("GZJ/reviewer"), PersonId("GZJ/host")
NUMBER = DecisionNo("NO-000001")
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
SUBJECT = SubjectRef(
    subject_id=UUID("77777777-7777-5777-8777-777777777777"),
    kind=SubjectKind.ENTERPRISE,
    id_type="USCC",
    id_token="token",
    display_name="滨海虚构农业有限公司",
)
CHILD = SubjectRef(
    subject_id=UUID("77777777-7777-5777-8777-777777777778"),
    kind=SubjectKind.PERSON,
    id_type="ID_CARD",
    id_token="another",
    display_name="赵某",
    adult_on=date(2030, 12, 31),
)
PARTY = Party(
    subject_id=SUBJECT.subject_id,
    name="滨海虚构农业有限公司",
    address="小王庄镇一号",
    credit_code="91120116XX00000190",
)
PHOTO = Media(sha256=HASH, kind="PHOTO")
WHOLE = Manifest(text=(HASH,), photo=(HASH,), audio_video=(HASH,))


def on(day: str, hour: int = 10) -> datetime:
    """An hour of a day of 2026, by the clocks of Binhai."""
    month, of_month = map(int, day.split("-"))
    return datetime(2026, month, of_month, tzinfo=UTC) + timedelta(hours=hour - 8)


def certificate(officer: PersonId, **fields: Any) -> Certificate:
    return Certificate(
        **{
            "officer_id": officer,
            "certificate_no": CertificateNo(f"NO-{officer}"),
            "agency_code": GZJ,
            "in_force": True,
            **fields,
        }
    )


def signed(*officers: PersonId) -> Signed:
    return Signed(officers=officers, certificates=tuple(map(certificate, officers)))


BOTH = signed(ONE, TWO)
FINE = Penalty(kind=PenaltyKind.FINE, amount_fen=21_333_440)
ORDERS = Penalty(kind=PenaltyKind.OTHER, detail="退还土地，拆除，恢复种植条件")
PROPOSAL = Proposal(penalties=(FINE, ORDERS), base=213_334)
BASIS = (
    LegalBasis(law="土地管理法", article="77"),
    LegalBasis(law="土地管理法", article="83"),
)
