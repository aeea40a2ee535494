"""HTTP for cases until they are decided: every POST becomes one command.

Two officers means two people: the second signs with a token of their own (`co_signature`), the head
where a step needs it (`head_signature`). Of another agency's case nobody hears.
"""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from fastapi import APIRouter

from libs.contracts.enforcement import Document, EvidenceKind
from libs.contracts.vocabulary import AgencyCode, CaseId, PersonId, ReasonCode, Role
from libs.edge.signing import head_of, officers_of
from libs.events.core.kernel import Context
from libs.events.deciding.settling import Receipt, Settler
from libs.events.http.cosigning import Cosigned, Signatures
from libs.events.http.edge import Caller, PostingOn
from services.enforcement.case.api import bodies as b
from services.enforcement.case.commands.known import Signed
from services.enforcement.case.commands.preparing import (
    AssignOfficers,
    CollectEvidence,
    ConcludeInvestigation,
    DecidePenalty,
    ExcludeEvidence,
    HoldCollectiveDiscussion,
    HoldHearing,
    OrderCorrection,
    PassLegalReview,
    PauseClock,
    RecordStep,
    RecordWaiver,
    RequestAssistance,
    RequestHearing,
    RequestLegalReview,
    ResumeClock,
    ScheduleHearing,
    ServePenaltyNotice,
    VerifyCorrection,
)

OFFICER: Final = Role.OFFICER
HEAD: Final = Role.AGENCY_HEAD
# Raises `NotFound` where the case is not the caller's agency's.
Require: TypeAlias = Callable[[CaseId, Context], None]
# Whether the store has a file of this digest, of a kind that this kind of evidence may be.
IsStored: TypeAlias = Callable[[CaseId, str, EvidenceKind], bool]


def signed_by(caller: Context, signatures: Signatures) -> Signed:
    return Signed(officers=officers_of(caller, signatures))


def party_of(caller: Context) -> str | None:
    """A party acts under the id of its subject; an officer enters what the party has signed."""
    return caller.actor if caller.role == Role.PARTY else None


def commands(
    settler: Settler, posting: PostingOn, require: Require, is_stored: IsStored
) -> APIRouter:
    router = APIRouter(prefix="/cases", tags=["cases"])
    post = posting(router)

    async def ask(command: Any, caller: Context) -> Receipt:
        if caller.role != Role.PARTY:
            require(command.case_id, caller)
        return await settler.ask(command, caller)

    @post("/{case_id}/officers", "AssignOfficers", HEAD)
    async def assign(case_id: CaseId, body: b.Assignment, caller: Caller) -> Receipt:
        signed = Signed(officers=tuple(map(PersonId, body.officers)))
        return await ask(AssignOfficers(case_id=case_id, signed=signed, at=caller.at), caller)

    @post("/{case_id}/steps", "RecordStep", OFFICER)
    async def step(case_id: CaseId, body: b.Step, caller: Caller, also: Cosigned) -> Receipt:
        command = RecordStep(
            case_id=case_id,
            step_kind=body.step_kind,
            place=body.place,
            started_at=body.started_at,
            ended_at=body.ended_at,
            signed=signed_by(caller, also),
            manifest=b.manifest(body.manifest),
            at=caller.at,
        )
        return await ask(command, caller)

    @post("/{case_id}/evidence", "CollectEvidence", OFFICER)
    async def collect(case_id: CaseId, body: b.Evidence, caller: Caller, also: Cosigned) -> Receipt:
        require(case_id, caller)
        command = CollectEvidence(
            case_id=case_id,
            evidence_id=body.evidence_id,
            kind=body.kind,
            sha256=body.sha256,
            signed=signed_by(caller, also),
            place=body.place,
            verified_by_step=body.verified_by_step,
            at=caller.at,
            stored=is_stored(case_id, body.sha256, body.kind),
        )
        return await ask(command, caller)

    @post("/{case_id}/evidence/exclude", "ExcludeEvidence", Role.LEGAL_REVIEWER, HEAD)
    async def exclude(case_id: CaseId, body: b.Exclusion, caller: Caller) -> Receipt:
        command = ExcludeEvidence(case_id=case_id, evidence_id=body.evidence_id, reason=body.reason)
        return await ask(command, caller)

    @post("/{case_id}/clock/pause", "PauseClock", OFFICER)
    async def pause(
        case_id: CaseId, body: b.ClockReason, caller: Caller, also: Cosigned
    ) -> Receipt:
        command = PauseClock(
            case_id=case_id,
            reason=ReasonCode(body.reason),
            signed=signed_by(caller, also),
            approver=head_of(caller, also),
            at=caller.at,
        )
        return await ask(command, caller)

    @post("/{case_id}/clock/resume", "ResumeClock", OFFICER)
    async def resume(
        case_id: CaseId, body: b.ClockReason, caller: Caller, also: Cosigned
    ) -> Receipt:
        command = ResumeClock(
            case_id=case_id,
            reason=ReasonCode(body.reason),
            signed=signed_by(caller, also),
            at=caller.at,
        )
        return await ask(command, caller)

    @post("/{case_id}/assistance", "RequestAssistance", OFFICER)
    async def assistance(
        case_id: CaseId, body: b.AssistanceWish, caller: Caller, also: Cosigned
    ) -> Receipt:
        command = RequestAssistance(
            case_id=case_id,
            handoff_id=body.handoff_id,
            to_agency=AgencyCode(body.to_agency),
            text=body.matter,
            signed=signed_by(caller, also),
            at=caller.at,
        )
        return await ask(command, caller)

    @post("/{case_id}/corrections", "OrderCorrection", OFFICER)
    async def correct(
        case_id: CaseId, body: b.Correction, caller: Caller, also: Cosigned
    ) -> Receipt:
        command = OrderCorrection(
            case_id=case_id,
            correction_id=body.correction_id,
            items=body.items,
            workers=body.workers,
            months=body.months,
            amount_fen=body.amount_fen,
            due_on=body.due_on,
            legal_basis=b.bases(body.legal_basis),
            signed=signed_by(caller, also),
            at=caller.at,
        )
        return await ask(command, caller)

    @post("/{case_id}/corrections/verify", "VerifyCorrection", OFFICER)
    async def verify(
        case_id: CaseId, body: b.CorrectionCheck, caller: Caller, also: Cosigned
    ) -> Receipt:
        command = VerifyCorrection(
            case_id=case_id,
            correction_id=body.correction_id,
            done=body.done,
            media=b.pictures(body.media),
            signed=signed_by(caller, also),
            at=caller.at,
        )
        return await ask(command, caller)

    @post("/{case_id}/conclude", "ConcludeInvestigation", OFFICER)
    async def conclude(
        case_id: CaseId, body: b.Conclusion, caller: Caller, also: Cosigned
    ) -> Receipt:
        command = ConcludeInvestigation(
            case_id=case_id,
            facts=body.facts,
            evidence=body.evidence,
            proposal=b.proposal(body.proposal),
            tier=body.tier,
            factors=b.reasons(body.factors),
            review_grounds=body.review_grounds,
            signed=signed_by(caller, also),
            at=caller.at,
        )
        return await ask(command, caller)

    @post("/{case_id}/notice", "ServePenaltyNotice", OFFICER)
    async def notice(case_id: CaseId, body: b.Notice, caller: Caller, also: Cosigned) -> Receipt:
        command = ServePenaltyNotice(
            case_id=case_id,
            hearing_right=body.hearing_right,
            mode=body.mode,
            manifest=b.manifest(body.manifest),
            legal_basis=b.bases(body.legal_basis),
            signed=signed_by(caller, also),
            at=caller.at,
            consent_hash=body.consent_hash,
            ground=body.ground,
            attempts=body.attempts,
            announced_on=body.announced_on,
        )
        return await ask(command, caller)

    @post("/{case_id}/waiver", "RecordWaiver", OFFICER, Role.PARTY)
    async def waive(case_id: CaseId, body: b.WaiverBody, caller: Caller, also: Cosigned) -> Receipt:
        command = RecordWaiver(
            case_id=case_id,
            scope=body.scope,
            signature=body.signature,
            party=party_of(caller),
            signed=signed_by(caller, also),
            at=caller.at,
            subject_id=str(body.subject_id) if body.subject_id else None,
        )
        return await ask(command, caller)

    @post("/{case_id}/hearing/request", "RequestHearing", OFFICER, Role.PARTY)
    async def hear(
        case_id: CaseId, caller: Caller, also: Cosigned, body: b.HearingWish | None = None
    ) -> Receipt:
        command = RequestHearing(
            case_id=case_id,
            party=party_of(caller),
            signed=signed_by(caller, also),
            at=caller.at,
        )
        return await ask(command, caller)

    @post("/{case_id}/hearing/schedule", "ScheduleHearing", Role.HEARING_HOST)
    async def schedule(case_id: CaseId, body: b.HearingPlan, caller: Caller) -> Receipt:
        command = ScheduleHearing(
            case_id=case_id,
            heard_at=body.at,
            place=body.place,
            host=PersonId(caller.actor),
            public=body.public,
            at=caller.at,
        )
        return await ask(command, caller)

    @post("/{case_id}/hearing/hold", "HoldHearing", Role.HEARING_HOST)
    async def hold(case_id: CaseId, body: b.HearingRecord, caller: Caller) -> Receipt:
        command = HoldHearing(
            case_id=case_id,
            minutes_hash=body.minutes_hash,
            host=PersonId(caller.actor),
            manifest=b.manifest(body.manifest),
            at=caller.at,
        )
        return await ask(command, caller)

    @post("/{case_id}/review/request", "RequestLegalReview", OFFICER)
    async def ask_review(
        case_id: CaseId, caller: Caller, also: Cosigned, body: b.ReviewWish | None = None
    ) -> Receipt:
        command = RequestLegalReview(case_id=case_id, signed=signed_by(caller, also), at=caller.at)
        return await ask(command, caller)

    @post("/{case_id}/review/pass", "PassLegalReview", Role.LEGAL_REVIEWER)
    async def pass_review(case_id: CaseId, body: b.Review, caller: Caller) -> Receipt:
        command = PassLegalReview(
            case_id=case_id,
            reviewer=PersonId(caller.actor),
            qualification_no=body.qualification_no,
            opinion=body.opinion,
        )
        return await ask(command, caller)

    @post("/{case_id}/discussion", "HoldCollectiveDiscussion", HEAD)
    async def discuss(case_id: CaseId, body: b.Discussion, caller: Caller) -> Receipt:
        command = HoldCollectiveDiscussion(
            case_id=case_id,
            participants=tuple(map(PersonId, body.participants)),
            conclusion=body.conclusion,
            dissent=body.dissent,
            at=caller.at,
        )
        return await ask(command, caller)

    @post("/{case_id}/decide", "DecidePenalty", HEAD)
    async def decide(case_id: CaseId, body: b.Decision, caller: Caller) -> Receipt:
        command = DecidePenalty(
            case_id=case_id,
            penalties=b.penalties(body.penalties),
            legal_basis=b.bases(body.legal_basis),
            tier=body.tier,
            factors=b.reasons(body.factors),
            document=Document(**body.document.model_dump()),
            secret=body.secret,
            credit_class=body.credit_class,
            approver=PersonId(caller.actor),
            at=caller.at,
        )
        return await ask(command, caller)

    return router
