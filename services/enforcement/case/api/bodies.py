"""What a request about a case looks like: lengths, characters and sums at the edge."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from libs.contracts.enforcement import (
    CreditClass,
    EvidenceKind,
    ExecutedHow,
    Ground,
    Manifest,
    Penalty,
    PenaltyKind,
    Proposal,
    RevokedScope,
    Scope,
    ServiceMode,
    Waiver,
)
from libs.contracts.vocabulary import (
    CorrectionId,
    EvidenceId,
    HandoffId,
    LegalBasis,
    Media,
    ReasonCode,
)
from libs.edge.signing import Signed
from libs.events.http.bodies import Code, Day, Digest, Instant, Pictures, Short, Text

# Whole fen: no fraction, nothing below one.
Fen = Annotated[int, Field(strict=True, ge=1, le=10**14)]
Count = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Digests = Annotated[tuple[Digest, ...], Field(max_length=50)]
Codes = Annotated[tuple[Code, ...], Field(max_length=20)]
Texts = Annotated[tuple[Text, ...], Field(max_length=50)]


class ManifestBody(BaseModel):
    text: Digests = ()
    photo: Digests = ()
    audio_video: Digests = ()


class BasisBody(BaseModel):
    law: Short
    article: Short


Bases = Annotated[tuple[BasisBody, ...], Field(max_length=20)]


class PenaltyBody(BaseModel):
    kind: PenaltyKind
    amount_fen: Fen | None = None
    value_fen: Fen | None = None
    days: Annotated[int, Field(strict=True, ge=1, le=365)] | None = None
    detail: Annotated[str, Field(max_length=1000, pattern=r"^[^\x00]*$")] = ""


Penalties = Annotated[tuple[PenaltyBody, ...], Field(max_length=20)]


class ProposalBody(BaseModel):
    penalties: Penalties
    case: Code | None = None
    base: Fen | None = None


class Assignment(BaseModel):
    officers: Annotated[tuple[Code, ...], Field(max_length=20)]


class Step(Signed):
    step_kind: Code
    place: Short
    started_at: Instant
    ended_at: Instant
    manifest: ManifestBody


class Evidence(Signed):
    evidence_id: EvidenceId
    kind: EvidenceKind
    sha256: Digest
    place: Short
    verified_by_step: bool = False


class Exclusion(BaseModel):
    evidence_id: EvidenceId
    reason: Text


class ClockReason(Signed):
    reason: Code


class AssistanceWish(Signed):
    handoff_id: HandoffId
    to_agency: Code
    matter: Text


class Correction(Signed):
    correction_id: CorrectionId
    items: Texts
    workers: Count | None = None
    months: Count | None = None
    amount_fen: Fen | None = None
    due_on: Day
    legal_basis: Bases


class CorrectionCheck(Signed):
    correction_id: CorrectionId
    done: bool
    media: Pictures = ()


class Conclusion(Signed):
    facts: Text
    evidence: Annotated[tuple[EvidenceId, ...], Field(max_length=200)]
    proposal: ProposalBody
    tier: Code
    factors: Codes = ()
    review_grounds: Codes = ()


class Notice(Signed):
    hearing_right: bool
    mode: ServiceMode
    legal_basis: Bases
    manifest: ManifestBody = ManifestBody()
    consent_hash: Digest | None = None
    ground: Code | None = None
    attempts: Texts = ()
    announced_on: Day | None = None


class WaiverBody(Signed):
    scope: Waiver
    signature: Digest
    subject_id: UUID | None = None


class HearingWish(Signed):
    pass


class HearingPlan(BaseModel):
    at: Instant
    place: Short
    public: bool = True


class HearingRecord(BaseModel):
    minutes_hash: Digest
    manifest: ManifestBody


class ReviewWish(Signed):
    pass


class Review(BaseModel):
    qualification_no: Short
    opinion: Text


class Discussion(BaseModel):
    participants: Annotated[tuple[Code, ...], Field(max_length=50)]
    conclusion: Text
    dissent: Texts = ()


class DocumentBody(BaseModel):
    facts: Annotated[str, Field(max_length=20_000, pattern=r"^[^\x00]*$")]
    performance: Annotated[str, Field(max_length=5000, pattern=r"^[^\x00]*$")]
    remedies: Annotated[str, Field(max_length=5000, pattern=r"^[^\x00]*$")]
    seal_hash: Annotated[str, Field(max_length=64, pattern=r"^([0-9a-f]{64})?$")]


class Decision(BaseModel):
    penalties: Penalties
    legal_basis: Bases
    tier: Code
    factors: Codes = ()
    document: DocumentBody
    secret: bool = False
    credit_class: CreditClass


class Service(Signed):
    mode: ServiceMode
    receipt_hash: Digest
    manifest: ManifestBody = ManifestBody()
    ground: Code | None = None
    attempts: Texts = ()
    announced_on: Day | None = None
    consent_hash: Digest | None = None


class Publication(Signed):
    masked_hash: Digest


class Withdrawal(BaseModel):
    reason_text: Text


class Payment(Signed):
    amount_fen: Fen
    voucher_no: Short
    on: Day


class InstalmentBody(BaseModel):
    due_on: Day
    amount_fen: Fen


class Schedule(BaseModel):
    schedule: Annotated[tuple[InstalmentBody, ...], Field(max_length=120)]


class Demand(Signed):
    pass


class CourtWish(BaseModel):
    handoff_id: HandoffId
    court: Code
    scope: Scope


class Forced(Signed):
    result: Text
    media: Pictures = ()
    step_kind: Code
    manifest: ManifestBody
    executed_at: Instant


class Execution(Signed):
    how: ExecutedHow


class Crime(BaseModel):
    crime: Short


class CrimeDocuments(Signed):
    handoff_id: HandoffId
    police_unit: Code
    docs: Annotated[dict[Code, Digest], Field(max_length=20)]


class Materials(Signed):
    items: Texts


class Change(BaseModel):
    basis_ref: Short
    ground: Ground
    penalties: Penalties
    credit_class: CreditClass


class Revocation(BaseModel):
    basis_ref: Short
    ground: Ground
    scope: RevokedScope
    penalties: Penalties | None = None


def manifest(body: ManifestBody) -> Manifest:
    return Manifest(text=body.text, photo=body.photo, audio_video=body.audio_video)


def bases(some: Sequence[BasisBody]) -> tuple[LegalBasis, ...]:
    return tuple(LegalBasis(law=one.law, article=one.article) for one in some)


def penalties(some: Sequence[PenaltyBody]) -> tuple[Penalty, ...]:
    return tuple(
        Penalty(
            kind=one.kind,
            amount_fen=one.amount_fen,
            value_fen=one.value_fen,
            days=one.days,
            detail=one.detail,
        )
        for one in some
    )


def proposal(body: ProposalBody) -> Proposal:
    return Proposal(penalties=penalties(body.penalties), case=body.case, base=body.base)


def reasons(some: Sequence[str]) -> tuple[ReasonCode, ...]:
    return tuple(map(ReasonCode, some))


def pictures(some: Sequence[BaseModel]) -> tuple[Media, ...]:
    return tuple(Media(**one.model_dump()) for one in some)
