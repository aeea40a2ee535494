"""What streams of credit know of one another, as values (catalogue, measures, agencies, and what a
measure, a licence or a repair may rest on), and the rules that several of them have in common."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Final, Protocol, TypeVar
from uuid import UUID

from libs.contracts import vocabulary as v
from libs.contracts.credit import (
    BasisDocument,
    BasisType,
    CatalogueItemPublished,
    DisplayPolicy,
    MeasureCatalogueItemPublished,
    MeasureKind,
    Polarity,
)
from libs.contracts.enforcement import CreditClass
from libs.events.core.deciders import Last
from libs.events.core.kernel import Hidden, Record, Refused

ENFORCEMENT: Final = v.Resolver("@ENFORCEMENT")
APPROVAL: Final = v.Resolver("@APPROVAL")
ALL: Final = v.Resolver("@ALL")


# 国务院办公厅关于进一步完善失信约束制度: what may be remembered, and what may follow.
POLICY: Final = "国办发〔2020〕49号"
BREACH_ITEM: Final = v.CatalogueItemCode("R-COMMIT-BRK")


def require_second(approver: v.PersonId | None) -> v.PersonId:
    """Nothing adverse by one person alone, and nothing that takes it back either."""
    if approver is None:
        raise Refused("approver-required", "A second person of your agency and role must sign")
    return approver


class Agencies(Record):
    """Who takes part, who of them has a power, who gives licences: 权责清单."""

    active: frozenset[str] = frozenset()
    enforcing: frozenset[str] = frozenset()
    approving: frozenset[str] = frozenset()

    def are(self, resolvers: Sequence[str], agency_code: str) -> bool:
        """Whether one of these names stands for that agency."""
        return any(self.stands_for(one, agency_code) for one in resolvers)

    def stands_for(self, resolver: str, agency_code: str) -> bool:
        if agency_code not in self.active:
            return False
        if resolver == APPROVAL:
            return agency_code in self.approving
        if resolver == ENFORCEMENT or resolver in v.BY_SECTOR:
            return agency_code in self.enforcing
        return resolver in (ALL, agency_code)


class CatalogueItem(Record):
    """Information that may become a record: who provides it, on which documents, shown to whom."""

    code: v.CatalogueItemCode
    polarity: Polarity
    classes: tuple[CreditClass, ...]
    providers: tuple[v.Resolver, ...]
    documents: tuple[BasisType, ...]
    display_policy: DisplayPolicy
    effective_from: date
    effective_to: date

    def in_force(self, on: date) -> bool:
        return self.effective_from <= on <= self.effective_to


class KnownDecision(Record):
    """A decision that was served, as enforcement tells of it, and whether it still holds."""

    holds: bool
    agency_code: str | None
    decided_on: date | None
    behaviour_date: date | None
    credit_class: CreditClass | None
    subjects: frozenset[UUID] = frozenset()
    # Whether it asks for money: its ledger tells when that is paid.
    pays: bool = False


class MeasureItem(Record):
    """A consequence that law allows: by whom, and for what."""

    code: v.MeasureCode
    kind: MeasureKind
    targets: tuple[v.Resolver, ...]
    allowed_for: tuple[str, ...]
    basis: str
    effective_from: date
    effective_to: date

    def in_force(self, on: date) -> bool:
        return self.effective_from <= on <= self.effective_to


class Standing(StrEnum):
    """Where a record or a listing stands. CAPTURED and PUBLISHED may be built on."""

    CAPTURED = "CAPTURED"
    PUBLISHED = "PUBLISHED"
    ENDED = "ENDED"
    REPAIRED = "REPAIRED"
    WITHDRAWN = "WITHDRAWN"
    NOTICED = "NOTICED"
    LISTED = "LISTED"
    DELISTED = "DELISTED"


STANDING: Final = frozenset({Standing.CAPTURED, Standing.PUBLISHED, Standing.LISTED})


class Ground(Record):
    """A record or a listing, as what is built on it must know it."""

    ground_id: UUID
    is_listing: bool
    subject_id: UUID
    subject_kind: v.SubjectKind
    subject_ref: v.SubjectRef | Hidden
    item_code: v.CatalogueItemCode
    credit_class: CreditClass | None
    basis: BasisDocument
    behaviour_date: date
    until: date | None
    standing: Standing
    matter: v.Matter
    listing_id: v.ListingId | None = None
    flagged: bool = False
    under_remedy: bool = False
    corrected_on: date | None = None

    @property
    def stands(self) -> bool:
        return self.standing in STANDING

    @property
    def disputed(self) -> bool:
        return self.flagged or self.under_remedy


class SubjectKnown(Record):
    """What is on the register of a subject."""

    kind: v.SubjectKind
    grade: str | None


E = TypeVar("E", CatalogueItemPublished, MeasureCatalogueItemPublished)


class Publishing(Protocol):
    """`role` is that of the person who asks; nobody's, where the pack is loaded."""

    @property
    def role(self) -> str: ...

    @property
    def approver(self) -> v.PersonId | None: ...


def published(asked: Publishing, row: E, last: Last[E]) -> list[E]:
    """A row of a list that everybody may read: it has a basis, and no single clerk extends the
    list (国办发〔2020〕49号 一, 二, 四)."""
    if last.event == row:
        return []
    if last.event is not None:
        raise Refused(
            "idempotency-conflict",
            "{code} is published with other content: give what changed its own code",
            code=row.code,
        )
    if not row.basis:
        raise Refused(
            "basis-invalid",
            "{code} needs the law or the policy that allows it",
            code=row.code,
            field="basis",
            basis=POLICY,
        )
    if row.effective_from and row.effective_to and row.effective_from > row.effective_to:
        raise Refused(
            "request-malformed",
            "{code} would be over before it begins",
            code=row.code,
            field="effective_to",
        )
    if asked.role:
        require_second(asked.approver)
    return [row]
