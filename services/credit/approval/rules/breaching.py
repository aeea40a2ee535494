"""A commitment that was false: found by a check, and not put right within its term.

Source: 国办发〔2020〕42号; 行政许可法 69; docs/domain/credit.md.
"""

from typing import Final

from libs.contracts.credit import ApprovalEvent, CommitmentBreached
from libs.contracts.enforcement import CreditClass
from libs.events.core.kernel import Refused
from libs.statute.rulebook import Rulebook
from services.credit.approval.commands import BreachCommitment
from services.credit.approval.rules.state import Approval, Stage
from services.credit.known import POLICY, require_second

CORRECT: Final = "LIC.BREACH.CORRECT"


def breach(rules: Rulebook, command: BreachCommitment, approval: Approval) -> list[ApprovalEvent]:
    known = approval.breached
    if known is not None:
        if known.doc_no != command.doc_no:
            raise Refused("out-of-turn", "The breach was recorded by {doc_no}", doc_no=known.doc_no)
        return []
    granted = approval.granted
    if approval.stage is not Stage.GRANTED or granted is None:
        raise Refused(
            "out-of-turn",
            "The application is {stage}, and that is no longer done with it",
            stage=approval.stage,
        )
    if approval.committed is None:
        raise Refused(
            "commitment-not-allowed", "The licence was given without a commitment: none is broken"
        )
    check, today = command.check, rules.day(command.at)
    if check is None or not check.failed:
        raise Refused(
            "correction-not-given",
            "No check after the licence has found that the commitment was false",
            basis="国办发〔2020〕42号",
        )
    over = rules.last_day(CORRECT, check.on)
    if today <= over:
        raise Refused(
            "correction-not-given",
            "The applicant may put it right until {over}",
            over=over,
            basis="国办发〔2020〕42号",
        )
    if command.taken:
        raise Refused(
            "duplicate-record",
            "The document {doc_no} states another breach already",
            doc_no=command.doc_no,
            field="doc_no",
        )
    if command.credit_class is CreditClass.SEVERE:
        raise Refused(
            "disproportionate",
            "A broken commitment is MINOR or GENERAL",
            field="credit_class",
            basis=POLICY,
        )
    approver = require_second(command.approver)
    return [
        CommitmentBreached(
            approval_id=command.approval_id,
            subject_id=granted.subject_id,
            subject_kind=granted.subject_kind,
            applicant=granted.applicant,
            licensed_by=granted.agency_code,
            agency_code=granted.check_agency,
            power_item_code=granted.power_item_code,
            source_ref=check.source_ref,
            facts=command.facts,
            correction_given=over,
            doc_no=command.doc_no,
            decided_on=today,
            behaviour_date=check.on,
            credit_class=command.credit_class,
            legal_basis=command.legal_basis,
            approver=approver,
        )
    ]
