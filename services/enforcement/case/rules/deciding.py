"""Review and decision: what stands in front of a penalty, and the decision itself.

Source: 行政处罚法 9, 18, 29, 33-38, 44, 45, 57-60, 62; 行政复议法(2023) 64(2);
docs/domain/enforcement.md.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, assert_never

from libs.contracts.enforcement import (
    CaseEvent,
    CollectiveDiscussionHeld,
    LegalReviewPassed,
    LegalReviewRequested,
    Penalty,
    PenaltyDecided,
    PenaltyKind,
    PenaltyNoticeServed,
)
from libs.contracts.vocabulary import DecisionNo, ReasonCode
from libs.events.core.kernel import NEXT, Hidden, Refused
from libs.statute.rulebook import Rulebook
from services.enforcement.case.commands.preparing import (
    DecidePenalty,
    DecidingCommand,
    HoldCollectiveDiscussion,
    PassLegalReview,
    RequestLegalReview,
)
from services.enforcement.case.rules.guards import (
    EXEMPTING,
    collective,
    decision_due,
    heavier,
    is_minor,
    out_of_turn,
    require_age,
    require_factors,
    require_in_limitation,
    require_mitigation,
    require_money,
    require_power,
    require_range,
    require_two,
    review_grounds,
)
from services.enforcement.case.rules.hearing import require_independent, rights_open_until
from services.enforcement.case.rules.investigating import require_evidence
from services.enforcement.case.rules.state import FALLEN, Case, Noticed, Stage

# Who must have discussed it at least [design, docs/domain/enforcement.md E11].
QUORUM: Final = 3
POLICE: Final = "POLICE"


def decide(rules: Rulebook, command: DecidingCommand, case: Case) -> list[CaseEvent]:
    match command, case.stage:
        case RequestLegalReview(), Stage.NOTICED | Stage.HEARD | Stage.DISCUSSED:
            return [request_review(rules, command, case)]
        case PassLegalReview(), Stage.REVIEWING:
            return [pass_review(command, case)]
        case (
            HoldCollectiveDiscussion(),
            Stage.NOTICED | Stage.HEARD | Stage.REVIEWED,
        ):
            return [discuss(command)]
        case DecidePenalty(), Stage.NOTICED | Stage.HEARD | Stage.REVIEWED | Stage.DISCUSSED:
            return [decide_penalty(rules, command, case)]
        case DecidePenalty(), Stage.TRANSFERRED if fines(command):
            raise Refused(
                "criminal-pending",
                "The case is with the police: no fine is imposed while the criminal case runs",
                basis="行政处罚法 8, 27, 35(2); 国务院令310号 11",
            )
        case DecidePenalty(), Stage.CONCLUDED:
            raise Refused(
                "notice-required",
                "The party has not been served a notice: serve the penalty notice first",
                basis="行政处罚法 44, 62",
            )
        case RequestLegalReview(), Stage.REVIEWING:
            return []
        case PassLegalReview(), Stage.REVIEWED if case.round.reviewed == passed(command):
            return []
        case HoldCollectiveDiscussion(), Stage.DISCUSSED if case.round.discussed == held(command):
            return []
        case DecidePenalty(), Stage.DECIDED if decided_so(rules, command, case):
            return []
        case (
            (RequestLegalReview() | PassLegalReview() | HoldCollectiveDiscussion())
            | DecidePenalty(),
            _,
        ):
            raise out_of_turn(command, case)
        case _:
            assert_never(command)


def fines(command: DecidePenalty) -> bool:
    return any(one.kind is PenaltyKind.FINE for one in command.penalties)


def require_heard(
    rules: Rulebook, command: RequestLegalReview | DecidePenalty, case: Case
) -> Noticed:
    """Nothing is reviewed or decided while the party may still be heard: 44, 45, 62."""
    now = case.round
    if not isinstance(now, Noticed):
        raise Refused(
            "notice-required",
            "The party has not been served a notice: serve the penalty notice first",
            basis="行政处罚法 44, 62",
        )
    until = rights_open_until(case, now.notice)
    if until is not None and rules.day(command.at) <= until:
        raise Refused(
            "rights-period-open",
            "The party may be heard until {until}: wait until that day is over, or record a waiver",
            until=until,
            basis="行政处罚法 45, 62, 64",
        )
    return now


def request_review(
    rules: Rulebook, command: RequestLegalReview, case: Case
) -> LegalReviewRequested:
    require_two(rules, command.signed, case.filed.agency_code, command.at)
    penalties = require_heard(rules, command, case).notice.proposal.penalties
    grounds = review_grounds(rules, command.family, case, penalties, command.at)
    return LegalReviewRequested(case_id=command.case_id, review_grounds=grounds)


def passed(command: PassLegalReview) -> LegalReviewPassed:
    return LegalReviewPassed(
        case_id=command.case_id,
        reviewer=command.reviewer,
        qualification_no=command.qualification_no,
        opinion=command.opinion,
    )


def pass_review(command: PassLegalReview, case: Case) -> LegalReviewPassed:
    """By somebody who did not investigate: 58."""
    require_independent(command.reviewer, case)
    return passed(command)


def held(command: HoldCollectiveDiscussion) -> CollectiveDiscussionHeld:
    return CollectiveDiscussionHeld(
        case_id=command.case_id,
        participants=command.participants,
        conclusion=command.conclusion,
        dissent=command.dissent,
    )


def discuss(command: HoldCollectiveDiscussion) -> CollectiveDiscussionHeld:
    """57(2)."""
    if len(set(command.participants)) < QUORUM:
        raise Refused(
            "quorum-missing",
            "The heads discuss it with at least {QUORUM} participants",
            QUORUM=QUORUM,
            basis="行政处罚法 57(2)",
        )
    return held(command)


def decide_penalty(rules: Rulebook, command: DecidePenalty, case: Case) -> PenaltyDecided:
    """E1 to E18, in the order in which the domain names them."""
    require_proposed(rules, command, case)
    require_power(command.power)
    require_one_fine(command)
    require_in_limitation(rules, case)
    found = factors_of(command, case)
    require_age(rules, case, found, command.at)
    require_punishable(rules, command, found)
    now = require_heard(rules, command, case)
    require_not_heavier(command, now.notice)
    require_review(rules, command, case)
    proposal = replace(now.notice.proposal, penalties=command.penalties)
    require_range(rules, case, proposal, command.tier, found)
    require_no_detention(command)
    require_whole(command, case)
    require_another_result(command, case)
    on = rules.day(command.at)
    due, _ = decision_due(rules, case, today=on)
    concluded = now.conclusion
    require_evidence(concluded.evidence, case)
    return PenaltyDecided(
        case_id=command.case_id,
        decision_no=DecisionNo(NEXT),
        agency_code=case.filed.agency_code,
        subjects=case.filed.subjects,
        parties=case.filed.parties,
        power_item_code=case.filed.power_item_code,
        act_date=case.filed.act_date,
        act_end_date=case.filed.act_end_date,
        location=case.filed.location,
        penalties=command.penalties,
        legal_basis=command.legal_basis,
        tier=command.tier,
        factors=found,
        decided_on=on,
        approver=command.approver,
        publishable=publishable(rules, command, case),
        credit_class=command.credit_class,
        supersedes=case.redo.fallen.no if case.redo else None,
        on_time=on <= due,
        facts_hash=concluded.facts_hash,
        document=command.document,
        rule_pack_version=rules.version,
    )


def require_proposed(rules: Rulebook, command: DecidePenalty, case: Case) -> None:
    """What is decided was proposed by two officers: 42."""
    least = rules.limit("ENF.OFFICERS.MIN", command.at)
    if len(case.officers) < least:
        raise Refused(
            "two-officers-required",
            "At least {least} officers must be assigned to the case",
            least=least,
            basis="行政处罚法 42",
        )


def require_one_fine(command: DecidePenalty) -> None:
    """One fine for one act, whichever agency: 29."""
    other = command.other_fine
    if fines(command) and other is not None:
        raise Refused(
            "double-fine",
            "Decision {decision_no} of {agency_code} already fines the same act",
            decision_no=other.decision_no,
            agency_code=other.agency_code,
            basis="行政处罚法 29",
        )


def factors_of(command: DecidePenalty, case: Case) -> tuple[ReasonCode, ...]:
    """What officers have found counts, whether the head repeats it or not: 30, 32, 33."""
    concluded = case.round.conclusion
    return tuple(dict.fromkeys((*command.factors, *(concluded.factors if concluded else ()))))


def require_punishable(
    rules: Rulebook, command: DecidePenalty, found: Sequence[ReasonCode]
) -> None:
    """A minor violation that was put right and did no harm is not punished: 33(1)."""
    require_factors(rules, command.factors)
    require_money(command.penalties)
    if not command.penalties:
        raise Refused(
            "request-malformed", "A decision names at least one penalty", field="penalties"
        )
    if EXEMPTING.issubset(found):
        raise Refused(
            "minor-violation-exempt",
            "The violation is minor, was put right and did no harm: no penalty is given",
            basis="行政处罚法 33(1)",
        )
    require_mitigation(command.tier, found)


def require_not_heavier(command: DecidePenalty, notice: PenaltyNoticeServed) -> None:
    """Not because the party spoke; on new facts it is told anew: 45(2)."""
    if heavier(command.penalties, notice.proposal.penalties, by_word=True):
        raise Refused(
            "heavier-than-noticed",
            "The penalty is heavier than the one the party was told of: serve a new notice",
            basis="行政处罚法 45(2)",
        )


def require_review(rules: Rulebook, command: DecidePenalty, case: Case) -> None:
    """58(1), then 57(2)."""
    grounds = review_grounds(rules, command.family, case, command.penalties, command.at)
    if grounds and case.round.reviewed is None:
        raise Refused(
            "legal-review-required",
            "Required because of {grounds}",
            grounds=list(grounds),
            basis="行政处罚法 58(1)",
        )
    if collective(rules, grounds) and case.round.discussed is None:
        raise Refused(
            "collective-required",
            "Required because of {grounds}",
            grounds=list(grounds),
            basis="行政处罚法 57(2)",
        )


def require_no_detention(command: DecidePenalty) -> None:
    """Only the police may detain: 18(3)."""
    detains = any(one.kind is PenaltyKind.DETENTION for one in command.penalties)
    if detains and command.family != POLICE:
        raise Refused(
            "detention-not-allowed", "Only the police may detain", basis="行政处罚法 18(3)"
        )


def require_whole(command: DecidePenalty, case: Case) -> None:
    """The six items of a decision, and its seal: 59."""
    parties = case.filed.parties
    document = command.document
    has = {
        "PARTY": isinstance(parties, Hidden) or all(one.name and one.address for one in parties),
        "FACTS": bool(document.facts.strip()),
        "BASIS": bool(command.legal_basis),
        "PERFORMANCE": bool(document.performance.strip()),
        "REMEDIES": bool(document.remedies.strip()),
        "AGENCY_AND_DATE": bool(case.filed.agency_code),
        "SEAL": bool(document.seal_hash),
    }
    missing = [name for name, there in has.items() if not there]
    if missing:
        raise Refused(
            "decision-incomplete",
            "The decision lacks {missing}",
            missing=missing,
            basis="行政处罚法 59",
        )


def require_another_result(command: DecidePenalty, case: Case) -> None:
    """What fell for its facts is not decided the same way again: 行政复议法(2023) 64(2)."""
    if case.redo is None or not case.redo.ordered.same_result_barred:
        return
    concluded = case.round.conclusion
    for one in (*case.earlier, case.redo.fallen):
        fallen = one.decision
        same_facts = concluded is not None and concluded.facts_hash == fallen.facts_hash
        fell = one is case.redo.fallen or one.standing in FALLEN
        if fell and same_facts and measures(command.penalties) == measures(fallen.penalties):
            raise Refused(
                "same-decision-barred",
                "Decision {decision_no} had the same facts and the same result, and fell",
                decision_no=fallen.decision_no,
                basis="行政复议法 64(2)",
            )


def measures(penalties: Sequence[Penalty]) -> list[tuple[str, int, int]]:
    """What is imposed, in whatever order and whatever words."""
    return sorted((one.kind, one.amount_fen or 0, one.days or 0) for one in penalties)


def publishable(rules: Rulebook, command: DecidePenalty, case: Case) -> bool:
    """Nobody under 18, not a warning alone, nothing secret or private: 48; SAMR 45号 2, 6."""
    only_warned = all(one.kind is PenaltyKind.WARNING for one in command.penalties)
    return not (command.secret or only_warned or is_minor(case, rules.day(command.at)))


def decided_so(rules: Rulebook, command: DecidePenalty, case: Case) -> bool:
    return (
        case.decided is not None
        and case.decided.decision.penalties == command.penalties
        and case.decided.decision.approver == command.approver
        and case.decided.decision.decided_on == rules.day(command.at)
    )
