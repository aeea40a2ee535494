"""What an approval leaves open: how the applicant stands, what a denial rests on, what the last
check found. It is asked under the lock; other files' questions come from `main`."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import Connection

from libs.events.core.deciders import Nothing
from services.credit.approval.commands import (
    ApplyApproval,
    AssignTier,
    BreachCommitment,
    DenyApproval,
    Graded,
    PostCheck,
)
from services.credit.approval.projection import find_check, is_taken
from services.credit.approval.rules.state import AnyApproval
from services.credit.known import Ground

Grounds: TypeAlias = Callable[[Connection, Sequence[UUID]], Sequence[Ground]]
# How a subject stands: its grade, and whether it has broken a commitment and not repaired that.
FindGraded: TypeAlias = Callable[[Connection, UUID], tuple[str | None, bool]]


class Completing:
    def __init__(self, grounds: Grounds, find_graded: FindGraded) -> None:
        self._grounds = grounds
        self._find_graded = find_graded

    def graded(self, tx: Connection, subject_id: UUID) -> Graded:
        grade, breached = self._find_graded(tx, subject_id)
        return Graded(grade=grade, breached=breached)

    def application(
        self, tx: Connection, command: ApplyApproval, approval: AnyApproval
    ) -> ApplyApproval:
        return replace(command, graded=self.graded(tx, command.applicant.subject_id))

    def tier(self, tx: Connection, command: AssignTier, approval: AnyApproval) -> AssignTier:
        if isinstance(approval, Nothing):
            return command
        return replace(command, graded=self.graded(tx, approval.applied.subject_id))

    def denial(self, tx: Connection, command: DenyApproval, approval: AnyApproval) -> DenyApproval:
        return replace(command, grounds=tuple(self._grounds(tx, command.denied_for)))

    def breach(
        self, tx: Connection, command: BreachCommitment, approval: AnyApproval
    ) -> BreachCommitment:
        if isinstance(approval, Nothing) or approval.granted is None:
            return command
        granted = approval.granted
        row = find_check(tx, command.approval_id, granted.check_agency, granted.subject_id)
        taken = is_taken(tx, command.doc_no, command.approval_id)
        if row is None:
            return replace(command, taken=taken)
        found = PostCheck(source_ref=row.source_ref, failed=row.failed, on=row.on)
        return replace(command, check=found, taken=taken)
