"""What the tests of credit begin with: an enterprise, a person, and what is remembered of them."""

from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

from libs.contracts.credit import (
    BasisDocument,
    BasisType,
    DisplayPolicy,
    MeasureKind,
    Polarity,
)
from libs.contracts.enforcement import CreditClass
from libs.contracts.vocabulary import (
    AgencyCode,
    CatalogueItemCode,
    FileRef,
    LegalBasis,
    ListingId,
    Matter,
    MeasureCode,
    PersonId,
    RecordId,
    Resolver,
    SubjectKind,
    SubjectRef,
)
from services.credit.known import CatalogueItem, Ground, MeasureItem, Standing

BASIS: Final = (LegalBasis(law="固废法", article="111"),)
SECOND: Final = PersonId("credit-2")
CGW, SCJ, RSJ, ZWB, FGW = map(AgencyCode, ("CGW", "SCJ", "RSJ", "ZWB", "FGW"))
FILES: Final = (FileRef(sha256="0" * 64, name="receipts.pdf"),)


def on(day: str, hour: int = 10) -> datetime:
    """An hour of a day of 2026 here, in UTC."""
    month, number = map(int, day.split("-"))
    return datetime(2026, month, number, hour - 8, tzinfo=UTC)


def uid(number: int) -> UUID:
    return UUID(int=number)


FIRM: Final = SubjectRef(
    subject_id=uid(1),
    kind=SubjectKind.ENTERPRISE,
    id_type="USCC",
    id_token="t1",
    display_name="滨海虚构有限公司",
)
OTHER: Final = SubjectRef(
    subject_id=uid(2),
    kind=SubjectKind.ENTERPRISE,
    id_type="USCC",
    id_token="t2",
    display_name="另一公司",
)
MAN: Final = SubjectRef(
    subject_id=uid(3),
    kind=SubjectKind.PERSON,
    id_type="ID_CARD",
    id_token="t3",
    display_name="虚某",
    adult_on=date(2008, 1, 1),
)
DECISION: Final = BasisDocument(
    type=BasisType.PENALTY_DECISION,
    no="津滨城罚〔2026〕1号",
    agency_code=CGW,
    decided_on=date(2026, 4, 20),
)
PENALTIES: Final = CatalogueItem(
    code=CatalogueItemCode("R-PEN"),
    polarity=Polarity.NEGATIVE,
    classes=(CreditClass.MINOR, CreditClass.GENERAL, CreditClass.SEVERE),
    providers=(Resolver("@ENFORCEMENT"),),
    documents=(BasisType.PENALTY_DECISION,),
    display_policy=DisplayPolicy.ORG_BY_CLASS,
    effective_from=date(2021, 1, 1),
    effective_to=date(2030, 12, 31),
)
OFTENER: Final = MeasureItem(
    code=MeasureCode("M-P05"),
    kind=MeasureKind.MANAGEMENT,
    targets=(Resolver("@ENFORCEMENT"),),
    allowed_for=("GENERAL", "SEVERE"),
    basis="惩戒措施清单",
    effective_from=date(2021, 1, 1),
    effective_to=date(2030, 12, 31),
)
RECORD: Final = RecordId(uid(11))
LISTING: Final = ListingId(uid(12))
GROUND: Final = Ground(
    ground_id=RECORD,
    is_listing=False,
    subject_id=FIRM.subject_id,
    subject_kind=FIRM.kind,
    subject_ref=FIRM,
    item_code=CatalogueItemCode("R-PEN"),
    credit_class=CreditClass.GENERAL,
    basis=DECISION,
    behaviour_date=date(2026, 3, 1),
    until=date(2027, 4, 20),
    standing=Standing.PUBLISHED,
    matter=Matter("TR-1"),
    corrected_on=date(2026, 5, 6),
)
