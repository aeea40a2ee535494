"""Every step of a case over HTTP: by whom, and what it may be refused for.

Two officers means two people: the second signs with a token of their own (`co_signature`), the head
where a step needs it (`head_signature`).
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Final

from pydantic import BaseModel, Field

from libs.contracts.enforcement import Authority
from libs.contracts.vocabulary import CaseId, PersonId, Role
from libs.events.core.fields import Call
from libs.events.core.kernel import Command
from libs.events.declaring.routes import CommandRoute
from libs.events.http.bodies import Code
from services.enforcement.case.commands import executing as e
from services.enforcement.case.commands import preparing as p
from services.enforcement.case.commands.known import Signed

OFFICER: Final = (Role.OFFICER,)
HEAD: Final = (Role.AGENCY_HEAD,)
HOST: Final = (Role.HEARING_HOST,)
REVIEWER: Final = (Role.LEGAL_REVIEWER,)
ARCHIVIST: Final = (Role.ARCHIVIST,)
MOVED: Final = ("not-found", "out-of-turn")
SIGNED: Final = (*MOVED, "signature-invalid", "two-officers-required")
DECIDED_ONE: Final = (*MOVED, "request-unknown")
REVIEWERS: Final = (Role.LEGAL_REVIEWER, Role.AGENCY_HEAD)
PARTIES: Final = (Role.OFFICER, Role.PARTY)
BY_HAND: Final = "AGENCY"
NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


class Assignment(BaseModel):
    officers: Annotated[tuple[Code, ...], Field(max_length=20)]


def assigned(case_id: CaseId, body: Assignment, call: Call) -> p.AssignOfficers:
    """The head names them; nobody else signs."""
    signed = Signed(officers=tuple(map(PersonId, body.officers)))
    return p.AssignOfficers(case_id=case_id, signed=signed, at=call.caller.at)


def step(
    command: type[Command],
    path: str,
    by: Sequence[str],
    *refuses: str,
    reads: Callable[..., Command] | None = None,
    sets: Mapping[str, object] = NOTHING,
    needs: Sequence[str] = (),
) -> CommandRoute:
    """A POST under the case, by these roles, refused for these reasons."""
    return CommandRoute(
        command=command,
        route=f"POST /cases/{{case_id}}/{path}",
        by=by,
        refuses=refuses,
        reads=reads,
        sets=sets,
        needs=needs,
    )


PREPARING: Final = (
    step(
        p.AssignOfficers,
        "officers",
        HEAD,
        *MOVED,
        "two-officers-required",
        "certificate-invalid",
        reads=assigned,
    ),
    step(p.RecordStep, "steps", OFFICER, *SIGNED, "record-incomplete"),
    step(
        p.CollectEvidence,
        "evidence",
        OFFICER,
        *SIGNED,
        "media-hash-mismatch",
        "idempotency-conflict",
    ),
    step(p.ExcludeEvidence, "evidence/exclude", REVIEWERS, *DECIDED_ONE),
    step(
        p.PauseClock,
        "clock/pause",
        OFFICER,
        *SIGNED,
        "approval-missing",
        "reason-not-listed",
        "clock-already-paused",
    ),
    step(p.ResumeClock, "clock/resume", OFFICER, *SIGNED, "clock-not-paused"),
    step(p.RequestAssistance, "assistance", OFFICER, *SIGNED),
    step(p.OrderCorrection, "corrections", OFFICER, *SIGNED, "idempotency-conflict"),
    step(
        p.VerifyCorrection,
        "corrections/verify",
        OFFICER,
        *SIGNED,
        "request-unknown",
        "record-incomplete",
    ),
    step(
        p.ConcludeInvestigation,
        "conclude",
        OFFICER,
        *SIGNED,
        "evidence-inadmissible",
        "reason-not-listed",
        "mitigation-required",
        "penalty-out-of-range",
    ),
    step(
        p.ServePenaltyNotice,
        "notice",
        OFFICER,
        *SIGNED,
        "eservice-no-consent",
        "record-incomplete",
        "hearing-right-missing",
        "penalty-out-of-range",
        "service-mode-invalid",
    ),
    step(p.RecordWaiver, "waiver", PARTIES, *SIGNED),
    step(p.RequestHearing, "hearing/request", PARTIES, *SIGNED, "hearing-request-late"),
    step(
        p.ScheduleHearing, "hearing/schedule", HOST, *MOVED, "role-conflict", "hearing-notice-short"
    ),
    step(p.HoldHearing, "hearing/hold", HOST, *MOVED, "role-conflict", "record-incomplete"),
    step(
        p.RequestLegalReview,
        "review/request",
        OFFICER,
        *SIGNED,
        "notice-required",
        "rights-period-open",
    ),
    step(p.PassLegalReview, "review/pass", REVIEWER, *MOVED, "role-conflict"),
    step(p.HoldCollectiveDiscussion, "discussion", HEAD, *MOVED, "quorum-missing"),
    step(
        p.DecidePenalty,
        "decide",
        HEAD,
        *MOVED,
        "two-officers-required",
        "no-power",
        "double-fine",
        "time-barred",
        "minor-not-punishable",
        "mitigation-required",
        "minor-violation-exempt",
        "reason-not-listed",
        "notice-required",
        "rights-period-open",
        "heavier-than-noticed",
        "legal-review-required",
        "collective-required",
        "penalty-out-of-range",
        "detention-not-allowed",
        "decision-incomplete",
        "same-decision-barred",
        "criminal-pending",
        "evidence-inadmissible",
    ),
)
DECIDED: Final = (
    step(
        e.ServeDecision,
        "serve",
        OFFICER,
        *SIGNED,
        "service-mode-invalid",
        "eservice-no-consent",
        "record-incomplete",
    ),
    step(
        e.PublishDecision, "publish", ARCHIVIST, *MOVED, "signature-invalid", "publicity-forbidden"
    ),
    step(
        e.WithdrawPublicity,
        "decisions/{decision_no}/withdraw",
        ARCHIVIST,
        *MOVED,
        sets={"cause": BY_HAND},
    ),
    step(
        e.RecordPayment,
        "payments",
        OFFICER,
        *SIGNED,
        "collector-is-decider",
        "idempotency-conflict",
    ),
    step(e.ApproveInstalment, "instalments", HEAD, *MOVED, "instalment-sum"),
    step(e.RefundFine, "decisions/{decision_no}/refund", HEAD, *MOVED, sets={"cause": BY_HAND}),
    step(e.ServeDemand, "demand", OFFICER, *SIGNED),
    step(
        e.ApplyCourtEnforcement,
        "court",
        HEAD,
        *MOVED,
        "court-too-early",
        "court-too-late",
        "calendar-not-published",
    ),
    step(e.CompleteForcedExecution, "forced", OFFICER, *SIGNED, "record-incomplete"),
    step(e.CompleteExecution, "complete", OFFICER, *SIGNED),
    step(e.CloseCase, "close", HEAD, *MOVED, "remedy-open"),
    step(e.ApproveCriminalTransfer, "crime/approve", HEAD, *MOVED, "record-incomplete"),
    step(e.HandOverCriminalCase, "crime/transfer", OFFICER, *SIGNED, "transfer-documents-missing"),
    step(e.HandOverMaterials, "crime/materials", OFFICER, *SIGNED),
    step(
        e.ModifyDecision,
        "decisions/{decision_no}/modify",
        HEAD,
        *DECIDED_ONE,
        "heavier-than-noticed",
        sets={"authority": Authority.SELF},
        needs=("penalties", "credit_class"),
    ),
    step(
        e.RevokeDecision,
        "decisions/{decision_no}/revoke",
        HEAD,
        *DECIDED_ONE,
        "heavier-than-noticed",
        sets={"authority": Authority.SELF},
    ),
)
