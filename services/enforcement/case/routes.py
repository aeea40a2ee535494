"""Every step of a case over HTTP: by whom, and what it may be refused for.

Two officers means two people: the second signs with a token of their own (`co_signature`), the head
where a step needs it (`head_signature`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final

from pydantic import BaseModel, Field

from libs.contracts.enforcement import Authority
from libs.contracts.vocabulary import CaseId, PersonId, Role
from libs.events.core.fields import Call
from libs.events.declaring.routes import post
from libs.events.http.bodies import Code
from services.enforcement.case.commands import executing as e
from services.enforcement.case.commands import preparing as p
from services.enforcement.case.commands.known import Signed

OFFICER: Final = (Role.OFFICER,)
HEAD: Final = (Role.AGENCY_HEAD,)
HOST: Final = (Role.HEARING_HOST,)
REVIEWER: Final = (Role.LEGAL_REVIEWER,)
ARCHIVIST: Final = (Role.ARCHIVIST,)
MOVED: Final = "not-found out-of-turn"
SIGNED: Final = f"{MOVED} signature-invalid two-officers-required"
DECIDED_ONE: Final = f"{MOVED} request-unknown"
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


PREPARING: Final = (
    post(
        p.AssignOfficers,
        "/cases/{case_id}/officers",
        HEAD,
        f"{MOVED} two-officers-required certificate-invalid",
        reads=assigned,
    ),
    post(p.RecordStep, "/cases/{case_id}/steps", OFFICER, f"{SIGNED} record-incomplete"),
    post(
        p.CollectEvidence,
        "/cases/{case_id}/evidence",
        OFFICER,
        f"{SIGNED} media-hash-mismatch idempotency-conflict",
    ),
    post(p.ExcludeEvidence, "/cases/{case_id}/evidence/exclude", REVIEWERS, DECIDED_ONE),
    post(
        p.PauseClock,
        "/cases/{case_id}/clock/pause",
        OFFICER,
        f"{SIGNED} approval-missing reason-not-listed clock-already-paused",
    ),
    post(p.ResumeClock, "/cases/{case_id}/clock/resume", OFFICER, f"{SIGNED} clock-not-paused"),
    post(p.RequestAssistance, "/cases/{case_id}/assistance", OFFICER, SIGNED),
    post(
        p.OrderCorrection, "/cases/{case_id}/corrections", OFFICER, f"{SIGNED} idempotency-conflict"
    ),
    post(
        p.VerifyCorrection,
        "/cases/{case_id}/corrections/verify",
        OFFICER,
        f"{SIGNED} request-unknown record-incomplete",
    ),
    post(
        p.ConcludeInvestigation,
        "/cases/{case_id}/conclude",
        OFFICER,
        f"{SIGNED} evidence-inadmissible reason-not-listed mitigation-required "
        "penalty-out-of-range",
    ),
    post(
        p.ServePenaltyNotice,
        "/cases/{case_id}/notice",
        OFFICER,
        f"{SIGNED} eservice-no-consent record-incomplete hearing-right-missing "
        "penalty-out-of-range service-mode-invalid",
    ),
    post(p.RecordWaiver, "/cases/{case_id}/waiver", PARTIES, SIGNED),
    post(
        p.RequestHearing,
        "/cases/{case_id}/hearing/request",
        PARTIES,
        f"{SIGNED} hearing-request-late",
    ),
    post(
        p.ScheduleHearing,
        "/cases/{case_id}/hearing/schedule",
        HOST,
        f"{MOVED} role-conflict hearing-notice-short",
    ),
    post(
        p.HoldHearing,
        "/cases/{case_id}/hearing/hold",
        HOST,
        f"{MOVED} role-conflict record-incomplete",
    ),
    post(
        p.RequestLegalReview,
        "/cases/{case_id}/review/request",
        OFFICER,
        f"{SIGNED} notice-required rights-period-open",
    ),
    post(p.PassLegalReview, "/cases/{case_id}/review/pass", REVIEWER, f"{MOVED} role-conflict"),
    post(
        p.HoldCollectiveDiscussion, "/cases/{case_id}/discussion", HEAD, f"{MOVED} quorum-missing"
    ),
    post(
        p.DecidePenalty,
        "/cases/{case_id}/decide",
        HEAD,
        f"{MOVED} two-officers-required no-power double-fine time-barred minor-not-punishable "
        "mitigation-required minor-violation-exempt reason-not-listed notice-required "
        "rights-period-open heavier-than-noticed legal-review-required collective-required "
        "penalty-out-of-range detention-not-allowed decision-incomplete same-decision-barred "
        "criminal-pending evidence-inadmissible",
    ),
)
DECIDED: Final = (
    post(
        e.ServeDecision,
        "/cases/{case_id}/serve",
        OFFICER,
        f"{SIGNED} service-mode-invalid eservice-no-consent record-incomplete",
    ),
    post(
        e.PublishDecision,
        "/cases/{case_id}/publish",
        ARCHIVIST,
        f"{MOVED} signature-invalid publicity-forbidden",
    ),
    post(
        e.WithdrawPublicity,
        "/cases/{case_id}/decisions/{decision_no}/withdraw",
        ARCHIVIST,
        MOVED,
        sets={"cause": BY_HAND},
    ),
    post(
        e.RecordPayment,
        "/cases/{case_id}/payments",
        OFFICER,
        f"{SIGNED} collector-is-decider idempotency-conflict",
    ),
    post(e.ApproveInstalment, "/cases/{case_id}/instalments", HEAD, f"{MOVED} instalment-sum"),
    post(
        e.RefundFine,
        "/cases/{case_id}/decisions/{decision_no}/refund",
        HEAD,
        MOVED,
        sets={"cause": BY_HAND},
    ),
    post(e.ServeDemand, "/cases/{case_id}/demand", OFFICER, SIGNED),
    post(
        e.ApplyCourtEnforcement,
        "/cases/{case_id}/court",
        HEAD,
        f"{MOVED} court-too-early court-too-late calendar-not-published",
    ),
    post(
        e.CompleteForcedExecution, "/cases/{case_id}/forced", OFFICER, f"{SIGNED} record-incomplete"
    ),
    post(e.CompleteExecution, "/cases/{case_id}/complete", OFFICER, SIGNED),
    post(e.CloseCase, "/cases/{case_id}/close", HEAD, f"{MOVED} remedy-open"),
    post(
        e.ApproveCriminalTransfer,
        "/cases/{case_id}/crime/approve",
        HEAD,
        f"{MOVED} record-incomplete",
    ),
    post(
        e.HandOverCriminalCase,
        "/cases/{case_id}/crime/transfer",
        OFFICER,
        f"{SIGNED} transfer-documents-missing",
    ),
    post(e.HandOverMaterials, "/cases/{case_id}/crime/materials", OFFICER, SIGNED),
    post(
        e.ModifyDecision,
        "/cases/{case_id}/decisions/{decision_no}/modify",
        HEAD,
        f"{DECIDED_ONE} heavier-than-noticed",
        sets={"authority": Authority.SELF},
        needs=("penalties", "credit_class"),
    ),
    post(
        e.RevokeDecision,
        "/cases/{case_id}/decisions/{decision_no}/revoke",
        HEAD,
        f"{DECIDED_ONE} heavier-than-noticed",
        sets={"authority": Authority.SELF},
    ),
)
