"""The rules of an approval: the route of the day of acceptance, a commitment before the licence on
it, and its end when it was false.

Source: 行政许可法 32, 38, 42, 69, 79; 国办发〔2020〕42号; docs/domain/credit.md.
"""

from typing import Final, assert_never

from libs.contracts.credit import (
    ApprovalApplied,
    ApprovalDenied,
    ApprovalEvent,
    ApprovalGranted,
    ApprovalRevoked,
    ApprovalTierAssigned,
    CommitmentFulfilled,
    CommitmentSigned,
    ReapplicationInvited,
    Tier,
)
from libs.contracts.vocabulary import AgencyCode, PowerItemCode, Role
from libs.events.core.deciders import Nothing, build_decider
from libs.events.core.kernel import Context, Decider, Hidden, NotFound, Refused
from libs.statute.credit import ApprovalItem
from libs.statute.rulebook import Rulebook
from services.credit.approval.commands import (
    ApplyApproval,
    ApprovalCommand,
    AssignTier,
    BreachCommitment,
    DenyApproval,
    FulfilCommitment,
    GrantApproval,
    InviteReapplication,
    RevokeApproval,
    SignCommitment,
)
from services.credit.approval.rules.breaching import breach
from services.credit.approval.rules.state import AnyApproval, Approval, Stage, evolve
from services.credit.approval.rules.tiers import may_take, open_to
from services.credit.known import require_second

TERM: Final = "LIC.DECIDE"
CHECK: Final = "LIC.POSTCHECK"
INVITE: Final = "LIC.INVITE"


def decide(rules: Rulebook, command: ApprovalCommand, approval: AnyApproval) -> list[ApprovalEvent]:
    if isinstance(approval, Nothing):
        if isinstance(command, ApplyApproval):
            return [apply(rules, command)]
        raise NotFound("There is no application {approval_id}", approval_id=command.approval_id)
    match command:
        case ApplyApproval():
            known = approval.applied
            said = (command.item_code, command.applicant.subject_id)
            if (known.item_code, known.subject_id) != said:
                raise Refused("idempotency-conflict", "This id already names another application")
            return []
        case AssignTier():
            return assign(rules, command, approval)
        case SignCommitment():
            return commit(rules, command, approval)
        case GrantApproval():
            return grant(rules, command, approval)
        case DenyApproval():
            return deny(command, approval)
        case InviteReapplication():
            return invite(rules, command, approval)
        case FulfilCommitment():
            return fulfil(command, approval)
        case BreachCommitment():
            return breach(rules, command, approval)
        case RevokeApproval():
            return revoke(command, approval)
        case _:
            assert_never(command)


def item_of(rules: Rulebook, approval: Approval) -> ApprovalItem:
    return rules.approvals[approval.applied.item_code]


def apply(rules: Rulebook, command: ApplyApproval) -> ApprovalApplied:
    """By the applicant itself, or entered by a clerk from a signed form."""
    item = rules.approvals.get(command.item_code)
    if item is None:
        raise Refused(
            "item-unknown",
            "There is no licence {item_code}",
            item_code=command.item_code,
            field="item_code",
        )
    ref = command.applicant
    if command.acting is not None and command.acting != str(ref.subject_id):
        raise Refused("role-not-allowed", "A party applies for itself, and for nobody else")
    best, why = open_to(item, command.graded)
    if command.wants is not None and not may_take(command.wants, best):
        raise Refused(
            "tier-not-allowed",
            "The route {wants} is not open: {why} opens {best}",
            wants=command.wants,
            why=why,
            best=best,
            basis="国办发〔2020〕42号",
        )
    return ApprovalApplied(
        approval_id=command.approval_id,
        item_code=command.item_code,
        subject_id=ref.subject_id,
        subject_kind=ref.kind,
        applicant=ref,
        agency_code=AgencyCode(item.agency),
        wants=command.wants,
    )


def assign(rules: Rulebook, command: AssignTier, approval: Approval) -> list[ApprovalEvent]:
    """The tier of the day of acceptance: what becomes of the grade later changes it no more."""
    if approval.stage is not Stage.APPLIED:
        return []
    best, why = open_to(item_of(rules, approval), command.graded)
    wants = approval.applied.wants
    tier = wants if wants is not None and may_take(wants, best) else best
    today = rules.day(command.at)
    return [
        ApprovalTierAssigned(
            approval_id=command.approval_id,
            tier=tier,
            explanation=why if tier is best else (*why, "WANTED"),
            due_on=today if tier is Tier.T1 else rules.last_day(TERM, today),
            rule_code=TERM,
            rule_pack_version=rules.version,
        )
    ]


def commit(rules: Rulebook, command: SignCommitment, approval: Approval) -> list[ApprovalEvent]:
    known = approval.committed
    if known is not None:
        items = (command.items, Hidden.ERASED, Hidden.WITHHELD)
        if known.commitment_id != command.commitment_id or known.items not in items:
            raise Refused("out-of-turn", "Another commitment was signed already")
        return []
    if approval.tiered is None or approval.tiered.tier not in (Tier.T1, Tier.T2):
        raise Refused(
            "commitment-not-allowed",
            "A commitment opens nothing on this route: {tier}",
            tier=None if approval.tiered is None else approval.tiered.tier,
            basis="国办发〔2020〕42号",
        )
    if approval.stage is not Stage.TIERED:
        raise out_of_turn(approval)
    return [
        CommitmentSigned(
            approval_id=command.approval_id,
            commitment_id=command.commitment_id,
            items=command.items,
            check_due_on=rules.last_day(CHECK, rules.day(command.at)),
            rule_code=CHECK,
            rule_pack_version=rules.version,
        )
    ]


def grant(rules: Rulebook, command: GrantApproval, approval: Approval) -> list[ApprovalEvent]:
    known = approval.granted
    if known is not None:
        if known.licence_no != command.licence_no:
            raise Refused(
                "out-of-turn", "The licence {licence_no} was given", licence_no=known.licence_no
            )
        return []
    if approval.stage not in (Stage.TIERED, Stage.COMMITTED) or approval.tiered is None:
        raise out_of_turn(approval)
    if approval.tiered.tier is Tier.T1 and approval.committed is None:
        raise Refused(
            "commitment-not-allowed",
            "On this route the licence comes after the signed commitment",
            basis="国办发〔2020〕42号",
        )
    item, applied = item_of(rules, approval), approval.applied
    return [
        ApprovalGranted(
            approval_id=command.approval_id,
            item_code=applied.item_code,
            subject_id=applied.subject_id,
            subject_kind=applied.subject_kind,
            applicant=applied.applicant,
            agency_code=applied.agency_code,
            check_agency=AgencyCode(item.check_agency),
            power_item_code=PowerItemCode(item.power_item),
            licence_no=command.licence_no,
            tier=approval.tiered.tier,
            approver=command.approver,
        )
    ]


def deny(command: DenyApproval, approval: Approval) -> list[ApprovalEvent]:
    """For reasons, with remedies; the records it rests on stand, and are the applicant's own."""
    known = approval.denied
    if known is not None:
        if known.denied_for != command.denied_for or known.reasons not in (
            command.reasons, Hidden.ERASED, Hidden.WITHHELD,
        ):  # fmt: skip
            raise Refused("out-of-turn", "The application was denied already, for other reasons")
        return []
    if approval.stage not in (Stage.TIERED, Stage.COMMITTED):
        raise out_of_turn(approval)
    subject_id = approval.applied.subject_id
    standing = {
        one.ground_id for one in command.grounds if one.stands and one.subject_id == subject_id
    }
    if missing := [one for one in command.denied_for if one not in standing]:
        raise Refused(
            "basis-invalid",
            "These are no records of the applicant that stand: {missing}",
            missing=missing,
            field="denied_for",
            basis="行政许可法 38",
        )
    approver = require_second(command.approver)
    applied = approval.applied
    return [
        ApprovalDenied(
            approval_id=command.approval_id,
            subject_id=applied.subject_id,
            subject_kind=applied.subject_kind,
            applicant=applied.applicant,
            denied_for=command.denied_for,
            reasons=command.reasons,
            remedies=command.remedies,
            legal_basis=command.legal_basis,
            approver=approver,
        )
    ]


def invite(
    rules: Rulebook, command: InviteReapplication, approval: Approval
) -> list[ApprovalEvent]:
    """Once for each record it was denied for; nothing is granted by itself."""
    denied = approval.denied
    if denied is None or command.record_id not in denied.denied_for:
        return []
    if command.record_id in approval.invited:
        return []
    return [
        ReapplicationInvited(
            approval_id=command.approval_id,
            subject_id=denied.subject_id,
            subject_kind=denied.subject_kind,
            applicant=denied.applicant,
            record_id=command.record_id,
            due_on=rules.last_day(INVITE, rules.day(command.at)),
            rule_code=INVITE,
            rule_pack_version=rules.version,
        )
    ]


def fulfil(command: FulfilCommitment, approval: Approval) -> list[ApprovalEvent]:
    """Of a licence that was given on a commitment, and that nothing else has become of."""
    granted = approval.granted
    if approval.stage is not Stage.GRANTED or approval.committed is None or granted is None:
        return []
    if (command.agency_code, command.subject_id) != (granted.check_agency, granted.subject_id):
        return []  # a check of somebody else, or at somebody else, says nothing of this one
    applied = approval.applied
    return [
        CommitmentFulfilled(
            approval_id=command.approval_id,
            subject_id=applied.subject_id,
            subject_kind=applied.subject_kind,
            applicant=applied.applicant,
            checked_by=command.checked_by,
        )
    ]


def revoke(command: RevokeApproval, approval: Approval) -> list[ApprovalEvent]:
    known = approval.revoked
    if known is not None:
        if (known.basis, known.legal_basis) != (command.basis, command.legal_basis):
            raise Refused("out-of-turn", "The licence was revoked already, on another basis")
        return []
    if approval.stage not in (Stage.GRANTED, Stage.FULFILLED, Stage.BREACHED):
        raise out_of_turn(approval)
    approver = require_second(command.approver)
    return [
        ApprovalRevoked(
            approval_id=command.approval_id,
            basis=command.basis,
            legal_basis=command.legal_basis,
            approver=approver,
        )
    ]


def out_of_turn(approval: Approval) -> Refused:
    return Refused(
        "out-of-turn",
        "The application is {stage}, and that is no longer done with it",
        stage=approval.stage,
    )


def owned(approval: AnyApproval, caller: Context) -> bool:
    """The applicant's, and the agency's that decides."""
    if not isinstance(approval, Approval):
        return False
    if caller.role == Role.PARTY:
        return caller.actor == str(approval.applied.subject_id)
    return caller.agency == approval.applied.agency_code


def decider(rules: Rulebook) -> Decider[ApprovalCommand, AnyApproval, ApprovalEvent]:
    return build_decider(
        "approval", decide, evolve, rules, key="approval_id", owned=owned, opens=(ApplyApproval,)
    )
