"""Investigating: officers, steps, evidence, pauses, help, corrections, and what is concluded.

Source: 行政处罚法 28, 41-47, 60; docs/domain/enforcement.md.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import Final, assert_never

from libs.contracts.enforcement import (
    AssistanceProvided,
    AssistanceRequested,
    CaseClockPaused,
    CaseClockResumed,
    CaseEvent,
    CaseOfficersAssigned,
    CorrectionOrdered,
    CorrectionVerified,
    EvidenceCollected,
    EvidenceExcluded,
    EvidenceKind,
    InvestigationConcluded,
    InvestigationStepRecorded,
)
from libs.contracts.vocabulary import EvidenceId, ReasonCode
from libs.events.core.kernel import Refused
from libs.statute.calendar import Pause
from libs.statute.rulebook import Rulebook
from services.enforcement.case.commands.preparing import (
    AssignOfficers,
    CollectEvidence,
    ConcludeInvestigation,
    ExcludeEvidence,
    InvestigatingCommand,
    OrderCorrection,
    PauseClock,
    RecordAssistance,
    RecordStep,
    RequestAssistance,
    ResumeClock,
    VerifyCorrection,
)
from services.enforcement.case.rules.guards import (
    decision_due,
    named,
    out_of_turn,
    require_approval,
    require_factors,
    require_mitigation,
    require_money,
    require_range,
    require_record,
    require_two,
    review_grounds,
)
from services.enforcement.case.rules.state import BEFORE_DECISION, Case, Round, Stage

PAUSES: Final = "clock-pause"


def decide(rules: Rulebook, command: InvestigatingCommand, case: Case) -> list[CaseEvent]:
    match command, case.stage:
        case AssignOfficers(), Stage.FILED | Stage.INVESTIGATING:
            return assign(rules, command, case)
        case RecordStep(), Stage.INVESTIGATING:
            return record_step(rules, command, case)
        case CollectEvidence(), Stage.INVESTIGATING:
            return collect(rules, command, case)
        case ExcludeEvidence(), stage if stage in BEFORE_DECISION:
            return exclude(command, case)
        case PauseClock(), stage if stage in BEFORE_DECISION:
            return pause(rules, command, case)
        case ResumeClock(), stage if stage in BEFORE_DECISION:
            return resume(rules, command, case)
        case RequestAssistance(), Stage.INVESTIGATING | Stage.TRANSFERRED:
            return request_assistance(rules, command, case)
        case RecordAssistance(), _:
            return record_assistance(command, case)
        case OrderCorrection(), Stage.INVESTIGATING:
            return order_correction(rules, command, case)
        case VerifyCorrection(), _:
            return verify_correction(rules, command, case)
        case ConcludeInvestigation(), Stage.INVESTIGATING:
            return [conclude(rules, command, case)]
        case ConcludeInvestigation(), Stage.CONCLUDED if concluded_so(command, case):
            return []
        case (
            (AssignOfficers() | RecordStep() | CollectEvidence() | ExcludeEvidence())
            | (PauseClock() | ResumeClock() | RequestAssistance() | OrderCorrection())
            | ConcludeInvestigation(),
            _,
        ):
            raise out_of_turn(command, case)
        case _:
            assert_never(command)


def assign(rules: Rulebook, command: AssignOfficers, case: Case) -> list[CaseEvent]:
    """At least two, each with a certificate of this agency in force: 42."""
    officers, known = command.signed.officers, command.signed.certificates
    least = rules.limit("ENF.OFFICERS.MIN", command.at)
    if len(set(officers)) < least:
        raise Refused(
            "two-officers-required",
            "At least {least} officers must be assigned to the case",
            least=least,
            basis="行政处罚法 42",
        )
    agency = case.filed.agency_code
    valid = {one.officer_id for one in known if one.in_force and one.agency_code == agency}
    bad = [one for one in officers if one not in valid]
    if bad:
        raise Refused(
            "certificate-invalid",
            "These officers have no certificate of {agency} in force: {bad}",
            agency=agency,
            bad=bad,
            basis="行政处罚法 42",
        )
    if case.officers == officers:
        return []
    return [CaseOfficersAssigned(case_id=command.case_id, officers=named(command.signed))]


def record_step(rules: Rulebook, command: RecordStep, case: Case) -> list[CaseEvent]:
    """With two officers, and with all on file that a step of its kind must have: 42, 47."""
    require_two(rules, command.signed, case.filed.agency_code, command.at)
    require_record(rules, command.step_kind, type(command).__name__, command.manifest)
    if not command.started_at <= command.ended_at <= command.at:
        raise Refused(
            "request-malformed",
            "A step begins before it ends, and ends before it is recorded",
            field="ended_at",
        )
    step = InvestigationStepRecorded(
        case_id=command.case_id,
        step_kind=command.step_kind,
        place=command.place,
        started_at=command.started_at,
        ended_at=command.ended_at,
        officers=named(command.signed),
        manifest=command.manifest,
    )
    return [] if step in case.steps else [step]


def collect(rules: Rulebook, command: CollectEvidence, case: Case) -> list[CaseEvent]:
    """By two collectors, its bytes in the store and of the kind that is said: 42, 46."""
    if not command.stored:
        raise Refused(
            "media-hash-mismatch",
            "No file with this digest and of this kind is stored: store it first (PUT …/files/…)",
            field="sha256",
        )
    require_two(rules, command.signed, case.filed.agency_code, command.at)
    collected = EvidenceCollected(
        case_id=command.case_id,
        evidence_id=command.evidence_id,
        kind=command.kind,
        sha256=command.sha256,
        collected_by=command.signed.officers,
        place=command.place,
        verified_by_step=command.verified_by_step,
    )
    known = case.evidence.get(command.evidence_id)
    if known is not None and known.sha256 != command.sha256:
        raise Refused("idempotency-conflict", "This id already names other evidence")
    return [] if known is not None else [collected]


def exclude(command: ExcludeEvidence, case: Case) -> list[CaseEvent]:
    """What was got unlawfully proves nothing: 46."""
    if command.evidence_id not in case.evidence:
        raise Refused("request-unknown", "There is no such evidence in this case")
    if command.evidence_id in case.excluded:
        return []
    return [
        EvidenceExcluded(
            case_id=command.case_id, evidence_id=command.evidence_id, reason=command.reason
        )
    ]


def pause(rules: Rulebook, command: PauseClock, case: Case) -> list[CaseEvent]:
    """For a listed reason, with the head's word, and once for each reason at a time."""
    require_two(rules, command.signed, case.filed.agency_code, command.at)
    require_approval(command.approver)
    if rules.needs(PAUSES, command.reason) is None:
        raise Refused(
            "reason-not-listed",
            "{reason} is not a listed ground to stop the clock",
            reason=command.reason,
            field="reason",
        )
    if command.reason in case.running:
        raise Refused(
            "clock-already-paused",
            "The clock has been stopped since {running}",
            running=case.running[command.reason],
        )
    on = rules.day(command.at)
    return [CaseClockPaused(case_id=command.case_id, reason=command.reason, on=on)]


def resume(rules: Rulebook, command: ResumeClock, case: Case) -> list[CaseEvent]:
    require_two(rules, command.signed, case.filed.agency_code, command.at)
    if command.reason not in case.running:
        raise Refused(
            "clock-not-paused", "The clock is not stopped for {reason}", reason=command.reason
        )
    return [resumed(rules, case, command.reason, rules.day(command.at))]


def resumed(rules: Rulebook, case: Case, reason: ReasonCode, on: date) -> CaseClockResumed:
    """The clock counts again from this day; the decision is due as much later, and a day that two
    pauses share is counted once."""
    since = case.running[reason]
    longer = (*case.pauses, Pause(since, on))
    due, _ = decision_due(rules, replace(case, pauses=longer))
    return CaseClockResumed(
        case_id=case.filed.case_id,
        reason=reason,
        lead_id=case.filed.lead_id,
        paused_from=since,
        on=on,
        new_due_on=due,
        rule_code=case.filed.rule_code,
        rule_pack_version=rules.version,
    )


def request_assistance(rules: Rulebook, command: RequestAssistance, case: Case) -> list[CaseEvent]:
    """26."""
    require_two(rules, command.signed, case.filed.agency_code, command.at)
    if command.handoff_id in case.requests:
        return []
    rule_code = "ENF.ASSIST.ANSWER"
    return [
        AssistanceRequested(
            case_id=command.case_id,
            case_no=case.filed.case_no,
            handoff_id=command.handoff_id,
            to_agency=command.to_agency,
            matter=command.text,
            due_on=rules.last_day(rule_code, rules.day(command.at)),
            rule_code=rule_code,
            rule_pack_version=rules.version,
        )
    ]


def record_assistance(command: RecordAssistance, case: Case) -> list[CaseEvent]:
    if command.handoff_id not in case.requests:
        raise Refused("request-unknown", "No assistance was asked for under this handoff")
    if command.handoff_id in case.answered:
        return []
    return [
        AssistanceProvided(
            case_id=command.case_id,
            handoff_id=command.handoff_id,
            result=command.result,
            files=command.files,
        )
    ]


def order_correction(rules: Rulebook, command: OrderCorrection, case: Case) -> list[CaseEvent]:
    """Not a penalty, and by a day: 28."""
    require_two(rules, command.signed, case.filed.agency_code, command.at)
    if not command.items or not command.legal_basis:
        raise Refused("request-malformed", "Say what is to be put right, and by which law")
    if command.due_on < rules.day(command.at):
        raise Refused("request-malformed", "That day is over", field="due_on")
    ordered = CorrectionOrdered(
        case_id=command.case_id,
        correction_id=command.correction_id,
        agency_code=case.filed.agency_code,
        subjects=case.filed.subjects,
        items=command.items,
        workers=command.workers,
        months=command.months,
        amount_fen=command.amount_fen,
        due_on=command.due_on,
        legal_basis=command.legal_basis,
    )
    known = case.corrections.get(command.correction_id)
    if known is not None and known != ordered:
        raise Refused("idempotency-conflict", "This id already names another order")
    return [] if known is not None else [ordered]


def verify_correction(rules: Rulebook, command: VerifyCorrection, case: Case) -> list[CaseEvent]:
    require_two(rules, command.signed, case.filed.agency_code, command.at)
    if command.correction_id not in case.corrections:
        raise Refused("request-unknown", "No correction was ordered under this id")
    if not command.media:
        raise Refused(
            "record-incomplete", "A photo or a proof of payment is needed", missing=["media"]
        )
    verified = CorrectionVerified(
        case_id=command.case_id,
        correction_id=command.correction_id,
        done=command.done,
        on=rules.day(command.at),
        media=command.media,
    )
    return [] if verified in case.verified else [verified]


def conclude(rules: Rulebook, command: ConcludeInvestigation, case: Case) -> InvestigationConcluded:
    """What was found rests on evidence that counts; what is proposed fits range and factors."""
    require_two(rules, command.signed, case.filed.agency_code, command.at)
    require_evidence(command.evidence, case)
    require_factors(rules, command.factors)
    require_mitigation(command.tier, command.factors)
    require_money(command.proposal.penalties)
    require_range(rules, case, command.proposal, command.tier, command.factors)
    marked = [row.ground for row in rules.review if row.computed_from == "MARKED"]
    strange = [one for one in command.review_grounds if one not in marked]
    if strange:
        raise Refused(
            "request-malformed",
            "These grounds are found by the rules and not marked by hand: {strange}",
            strange=strange,
            field="review_grounds",
            known=marked,
        )
    concluded = InvestigationConcluded(
        case_id=command.case_id,
        facts_hash=sha256(command.facts.encode()).hexdigest(),
        facts=command.facts,
        evidence=command.evidence,
        proposal=command.proposal,
        tier=command.tier,
        factors=command.factors,
        review_grounds=command.review_grounds,
        officers=named(command.signed),
    )
    so_far = replace(case, round=Round(conclusion=concluded))
    grounds = review_grounds(rules, command.family, so_far, command.proposal.penalties, command.at)
    return replace(concluded, review_grounds=grounds)


def require_evidence(evidence: Sequence[EvidenceId], case: Case) -> None:
    """Nothing rests on what was excluded, or on a device that no step has verified: 41, 46."""
    if not evidence:
        raise Refused(
            "evidence-inadmissible",
            "The conclusion must rest on evidence: name it",
            basis="行政处罚法 46",
        )
    for one in evidence:
        known = case.evidence.get(one)
        unverified = (
            known is not None
            and known.kind is EvidenceKind.E_MONITOR
            and not (known.verified_by_step and case.steps)
        )
        if known is None or one in case.excluded or unverified:
            why = "unknown" if known is None else "unverified" if unverified else "excluded"
            raise Refused(
                "evidence-inadmissible",
                "Evidence {evidence_id} cannot be relied on: it is {why}",
                why=why,
                evidence_id=one,
                basis="行政处罚法 41, 46",
            )


def concluded_so(command: ConcludeInvestigation, case: Case) -> bool:
    now = case.round.conclusion
    return (
        now is not None
        and now.proposal == command.proposal
        and now.tier == command.tier
        and now.evidence == command.evidence
        and now.facts_hash == sha256(command.facts.encode()).hexdigest()
    )
