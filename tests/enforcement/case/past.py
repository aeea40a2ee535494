"""The past of a case, as far as each moment the tests start from: the dates are S1's."""
# ruff: noqa: F403, F405

from libs.contracts.enforcement import (
    CaseEvent,
)
from services.enforcement.case.commands.executing import (
    PublishDecision,
    WithdrawPublicity,
)
from services.enforcement.case.commands.preparing import (
    CaseCommand,
)
from services.enforcement.case.rules import document
from tests import scenario
from tests.conftest import RULES
from tests.enforcement.case.asked import *
from tests.enforcement.case.known import *


def after(past: list[CaseEvent], *commands: CaseCommand) -> list[CaseEvent]:
    return scenario.after(CASE, past, *commands)


OPENED = after([], OPEN)
ASSIGNED = after(OPENED, ASSIGN)
INVESTIGATED = after(ASSIGNED, STEP, COLLECT, MEASURED)
PAUSED = after(INVESTIGATED, PAUSE)
RESUMED = after(PAUSED, RESUME)
ASKED = after(INVESTIGATED, ASK)
ANSWERED = after(ASKED, ANSWER)
CORRECTING = after(INVESTIGATED, CORRECT)
CORRECTED = after(CORRECTING, VERIFY)
CONCLUDED = after(INVESTIGATED, CONCLUDE)
NOTICED = after(CONCLUDED, NOTICE)
WAIVED = after(NOTICED, WAIVE)
HEARING = after(NOTICED, HEAR)
SCHEDULED = after(HEARING, SCHEDULE)
HEARD = after(SCHEDULED, HOLD)
REVIEWING = after(HEARD, ASK_REVIEW)
REVIEWED = after(REVIEWING, PASS)
DISCUSSED = after(REVIEWED, DISCUSS)
DECIDED = after(DISCUSSED, DECIDE)
PUBLISH = PublishDecision(
    case_id=ID,
    masked_hash=document.written(
        DECIDED[-1],  # type: ignore[arg-type]  # the decision
        RULES.names,
        masked=True,
    ).digest,
    approver=HEAD,
    at=on("06-29", 15),
    family="OTHER",
)
WITHDRAW = WithdrawPublicity(
    case_id=ID, decision_no=NUMBER, reason_text="revoked", cause="enforcement.decision_revoked.v1"
)
SERVED = after(DECIDED, SERVE)
PUBLISHED = after(SERVED, PUBLISH)
PAID = after(PUBLISHED, PAY)
IN_PARTS = after(SERVED, PARTS)
ACCRUED = after(SERVED, ACCRUE)
DEMANDED = after(PUBLISHED, DEMAND)
APPLIED = after(DEMANDED, APPLY)
GRANTED = after(APPLIED, RULED)
FORCED = after(GRANTED, FORCE)
SETTLED = after(FORCED, PAY_ALL)
EXECUTED = after(SETTLED, COMPLETE)
CLOSED = after(EXECUTED, CLOSE)
REPORTED = after(INVESTIGATED, REPORT)
TRANSFERRED = after(REPORTED, TRANSFER)
HANDED_OVER = after(TRANSFERRED, HAND_OVER)
CRIMINAL = after(HANDED_OVER, FILED)
WITH_POLICE = after(CRIMINAL, MATERIALS)
RETURNED = after(WITH_POLICE, RETURN)
UNDER_REMEDY = after(PUBLISHED, PAY, RECON)
RECONSIDERED = after(UNDER_REMEDY, RECON_ACCEPTED)
RECON_ENDED = after(RECONSIDERED, RECON_DECIDED)
REVOKED = after(RECON_ENDED, REVOKE)
REVOKED_IN_PART = after(RECON_ENDED, REVOKE_PART)
MODIFIED = after(RECON_ENDED, MODIFY)
REOPENED = after(REVOKED, REDO)
REOPENED_AT_NOTICE = after(REVOKED, REDO_PROCEDURE)

PASTS: tuple[list[CaseEvent], ...] = (
    [], OPENED, ASSIGNED, INVESTIGATED, PAUSED, RESUMED, ASKED, ANSWERED, CORRECTING, CORRECTED,
    CONCLUDED, NOTICED, WAIVED, HEARING, SCHEDULED, HEARD, REVIEWING, REVIEWED, DISCUSSED, DECIDED,
    SERVED, PUBLISHED, PAID, IN_PARTS, ACCRUED, DEMANDED, APPLIED, GRANTED, FORCED, SETTLED,
    EXECUTED, CLOSED, REPORTED, TRANSFERRED, HANDED_OVER, CRIMINAL, WITH_POLICE, RETURNED,
    UNDER_REMEDY, RECONSIDERED, RECON_ENDED, REVOKED, REVOKED_IN_PART, MODIFIED, REOPENED,
    REOPENED_AT_NOTICE,
)  # fmt: skip
COMMANDS: tuple[CaseCommand, ...] = (
    OPEN, ASSIGN, STEP, COLLECT, MEASURED, EXCLUDE, PAUSE, RESUME, ASK, ANSWER, CORRECT, VERIFY,
    CONCLUDE, NOTICE, WAIVE, HEAR, SCHEDULE, HOLD, ASK_REVIEW, PASS, DISCUSS, DECIDE, SERVE,
    PUBLISH, WITHDRAW, PAY, PAY_ALL, PARTS, ACCRUE, REFUND, DEMAND, APPLY, RULED, FORCE, COMPLETE,
    CLOSE, REPORT, TRANSFER, HAND_OVER, FILED, MATERIALS, RETURN, RECON, RECON_ACCEPTED,
    RECON_DECIDED, MODIFY, REVOKE, REVOKE_PART, ILLEGAL, INVALID, REDO, REDO_PROCEDURE,
)  # fmt: skip
