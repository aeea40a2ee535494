"""What several steps of a case ask for: two officers, the head's word, records, ranges, clocks.

Source: 行政处罚法 29-64, as each function says.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from libs.contracts.enforcement import Manifest, Penalty, PenaltyKind, Proposal
from libs.contracts.vocabulary import (
    AgencyCode,
    Officer,
    PersonId,
    ReasonCode,
    SubjectKind,
    SubjectRef,
)
from libs.events.core.kernel import Command, Hidden, Refused
from libs.statute.calendar import Pause, paused_days
from libs.statute.limitation import limitation
from libs.statute.penalties import LOWEST, TIERS, fitting, within_tier
from libs.statute.rulebook import Rulebook
from services.enforcement.case.commands.known import Power, Signed
from services.enforcement.case.rules.ledger import total
from services.enforcement.case.rules.state import Case

FACTORS: Final = "factor"
# With one of these the lowest tier or less is due: 行政处罚法 30, 32.
MITIGATING: Final = frozenset({"HARM_REMOVED", "COERCED", "SELF_REPORTED", "MERIT", "AGE_14_17"})
# With all of these no penalty may be given at all: 行政处罚法 33(1).
EXEMPTING: Final = frozenset({"MINOR", "CORRECTED", "NO_HARM"})
# For these a hearing is to be offered whatever the amount: 行政处罚法 63(1)(3)-(4).
GRAVE: Final = frozenset(
    {
        PenaltyKind.DOWNGRADE,
        PenaltyKind.SUSPEND_LICENCE,
        PenaltyKind.REVOKE_LICENCE,
        PenaltyKind.RESTRICT_BUSINESS,
        PenaltyKind.ORDER_STOP_BUSINESS,
        PenaltyKind.ORDER_CLOSE,
        PenaltyKind.RESTRICT_OCCUPATION,
    }
)
DEFAULT_FAMILY: Final = "OTHER"
PERSON: Final = "PERSON"
ORG: Final = "ORG"


def require_two(rules: Rulebook, signed: Signed, agency: AgencyCode, at: datetime) -> None:
    """At least two officers of the agency with certificates in force: 42. The same person twice is
    one officer, and an auxiliary or an expired certificate does not count."""
    counted = {
        one.officer_id for one in signed.certificates if one.in_force and one.agency_code == agency
    }
    least = rules.limit("ENF.OFFICERS.MIN", at)
    if len(counted) < least:
        raise Refused(
            "two-officers-required",
            "{count} officers of {agency} with a certificate in force have signed, and "
            "{least} are required",
            least=least,
            agency=agency,
            count=len(counted),
            basis="行政处罚法 42",
        )


def named(signed: Signed) -> tuple[Officer, ...]:
    """Those whose certificates count, each with its number."""
    return tuple(
        Officer(officer_id=one.officer_id, certificate_no=one.certificate_no)
        for one in signed.certificates
        if one.certificate_no is not None and one.in_force
    )


def require_approval(approver: PersonId | None) -> PersonId:
    if approver is None:
        raise Refused("approval-missing", "The head's signature (`head_signature`) is missing")
    return approver


def require_record(rules: Rulebook, step_kind: str, command: str, manifest: Manifest) -> None:
    """What a step of this kind must have on file: 47."""
    row = rules.records.get(step_kind)
    if row is None or command not in row.commands:
        raise Refused(
            "request-malformed",
            "{step_kind} is not a kind of step for {command}",
            step_kind=step_kind,
            command=command,
            field="step_kind",
        )
    missing = [one for one in row.needs if not getattr(manifest, one)]
    if missing:
        raise Refused(
            "record-incomplete",
            "{step_kind} needs {missing} on file",
            step_kind=step_kind,
            missing=missing,
            basis="行政处罚法 47",
        )


def require_power(power: Power) -> None:
    if not power.owned:
        raise Refused(
            "no-power", "The agency did not have this power on that day", basis="行政处罚法 17, 38"
        )


def subject_kind(subjects: Sequence[SubjectRef] | Hidden) -> str:
    """PERSON if one of them is one: then the lower limits count. Who is forgotten is one too."""
    if isinstance(subjects, Hidden):
        return PERSON
    personal = (SubjectKind.PERSON, SubjectKind.INDIVIDUAL_BUSINESS)
    return PERSON if any(one.kind in personal for one in subjects) else ORG


def hearing_threshold(
    rules: Rulebook, family: str, subjects: Sequence[SubjectRef] | Hidden, at: datetime
) -> int:
    """From which amount a fine is a large one, in fen: 63(1)(1)-(2), by family and subject."""
    prefix, on = "ENF.HEARING.LARGE_AMOUNT", rules.day(at)
    own = f"{prefix}.{family}.{subject_kind(subjects)}"
    code = own if rules.known(own, on) else f"{prefix}.{DEFAULT_FAMILY}.{subject_kind(subjects)}"
    return rules.in_force(code, on).value


def is_large(
    rules: Rulebook, family: str, case: Case, penalties: Sequence[Penalty], at: datetime
) -> bool:
    goods = sum(one.value_fen or 0 for one in penalties)
    confiscated = total(penalties, PenaltyKind.CONFISCATE_GAIN) + goods
    amount = max(total(penalties, PenaltyKind.FINE), confiscated)
    return amount >= hearing_threshold(rules, family, case.filed.subjects, at)


def hearing_due(
    rules: Rulebook,
    family: str,
    power: Power,
    case: Case,
    penalties: Sequence[Penalty],
    at: datetime,
) -> bool:
    """Whether the right to a hearing must be stated: 63."""
    subjects = case.filed.subjects
    units = isinstance(subjects, Hidden) or any(
        one.kind is not SubjectKind.PERSON for one in subjects
    )
    return (
        "ALWAYS" in power.hearing_hint
        or ("UNITS" in power.hearing_hint and units)
        or any(one.kind in GRAVE for one in penalties)
        or is_large(rules, family, case, penalties, at)
    )


def review_grounds(
    rules: Rulebook,
    family: str,
    case: Case,
    penalties: Sequence[Penalty],
    at: datetime,
) -> tuple[str, ...]:
    """On which grounds it must be reviewed first, in the order of the pack: 58(1), 57(2)."""
    concluded = case.round.conclusion
    marked = concluded.review_grounds if concluded else ()
    kinds = {one.kind.value for one in penalties}
    holds = {
        "HEARING_HELD": lambda row: case.round.heard is not None,
        "PENALTY_KIND": lambda row: not kinds.isdisjoint(row.penalties),
        "HEARING_THRESHOLD": lambda row: is_large(rules, family, case, penalties, at),
        "MARKED": lambda row: row.ground in marked,
        "SUPERSEDES": lambda row: case.redo is not None,
    }
    return tuple(row.ground for row in rules.review if holds[row.computed_from](row))


def collective(rules: Rulebook, grounds: Iterable[str]) -> bool:
    """Whether the heads must discuss it together on one of these grounds: 57(2)."""
    together = {row.ground for row in rules.review if row.collective}
    return not together.isdisjoint(grounds)


def require_factors(rules: Rulebook, factors: Sequence[ReasonCode]) -> None:
    for one in factors:
        if rules.needs(FACTORS, one) is None:
            raise Refused(
                "reason-not-listed", "{one} is not on the list of factors", one=one, field="factors"
            )


def require_mitigation(tier: str, factors: Sequence[ReasonCode]) -> None:
    """Mandatory grounds demand the lowest tier or less: 30, 32."""
    if MITIGATING.intersection(factors) and tier != LOWEST:
        raise Refused(
            "mitigation-required",
            "With the factors {factors} the lowest tier must be chosen",
            factors=factors,
            basis="行政处罚法 30, 32",
        )


def require_age(rules: Rulebook, case: Case, factors: Sequence[ReasonCode], at: datetime) -> None:
    """Under 14 on the day of the act: no penalty. 14 to 17: mitigated, and said so. 30."""
    if isinstance(case.filed.subjects, Hidden):
        return
    none, lighter = (rules.limit(f"ENF.AGE.{one}", at) for one in ("NONE", "LIGHTER"))
    for one in case.filed.subjects:
        if one.adult_on is None:
            continue
        if case.filed.act_date < rules.calendar.same_day(one.adult_on, 12 * (none - lighter)):
            raise Refused(
                "minor-not-punishable",
                "The party was under {none} years old on the day of the act",
                none=none,
                basis="行政处罚法 30",
            )
        if case.filed.act_date < one.adult_on and "AGE_14_17" not in factors:
            raise Refused(
                "mitigation-required",
                "The party was under {lighter} years old on the day of the act: name the "
                "factor AGE_14_17",
                lighter=lighter,
                basis="行政处罚法 30",
            )


def is_minor(case: Case, on: date) -> bool:
    """Whether a party is under 18 on a day; who is forgotten, or of unknown age, counts as one."""
    subjects = case.filed.subjects
    if isinstance(subjects, Hidden):
        return True
    return any(
        on < one.adult_on if one.adult_on is not None else one.kind is SubjectKind.PERSON
        for one in subjects
    )


def require_range(
    rules: Rulebook, case: Case, proposal: Proposal, tier: str, factors: Sequence[ReasonCode]
) -> None:
    """Inside the range of the item and of the tier: 34. What mitigates may go below it: 32.

    An item without a row goes by a local rule that nobody has loaded: no range is checked.
    """
    if tier not in TIERS:
        raise Refused(
            "request-malformed", "{tier} is not a tier", tier=tier, field="tier", known=list(TIERS)
        )
    subject = subject_kind(case.filed.subjects)
    rows = fitting(rules.ranges, case.filed.power_item_code, subject, proposal.case or "")
    if not rows:
        if any(one.item == case.filed.power_item_code for one in rules.ranges):
            raise Refused(
                "penalty-out-of-range",
                "The item has several ranges: say which `case` applies",
                field="case",
            )
        return
    for kind in dict.fromkeys(one.kind for one in proposal.penalties):
        ours = [row for row in rows if row.penalty == kind]
        # What the law says of the very case goes before what it says of any.
        ours = [row for row in ours if row.case] or ours
        spans = [row.span(proposal.base) for row in ours]
        if not spans:
            continue
        if None in spans:
            base = next(row.base for row in ours if row.base)
            raise Refused(
                "penalty-out-of-range",
                "The range counts in {base}: give the `base`",
                base=base,
                field="base",
            )
        least = min(span[0] for span in spans if span)
        most = max(span[1] for span in spans if span)
        low, high = within_tier(least, most, tier)
        mitigated = bool(MITIGATING.intersection(factors))
        amount = measured(proposal.penalties, kind)
        if amount > high or (amount < low and not mitigated):
            raise outside(kind, amount, (least, most), (low, high), tier, ours[0].basis)


def outside(
    kind: PenaltyKind, amount: int, span: tuple[int, int], part: tuple[int, int], tier: str,
    basis: str,
) -> Refused:  # fmt: skip
    """Of a range in fen, or in days; `part` is that of the tier."""
    if kind is PenaltyKind.DETENTION:
        return Refused(
            "penalty-out-of-range",
            "{kind} of {days} days in all is outside the range from {tier_least} to {tier_most}",
            kind=kind, days=amount, least=span[0], most=span[1], tier=tier, tier_least=part[0],
            tier_most=part[1], basis=basis,
        )  # fmt: skip
    return Refused(
        "penalty-out-of-range",
        "{kind} of {amount_fen} in all is outside the range from {tier_least_fen} to "
        "{tier_most_fen}",
        kind=kind, amount_fen=amount, least_fen=span[0], most_fen=span[1], tier=tier,
        tier_least_fen=part[0], tier_most_fen=part[1], basis=basis,
    )  # fmt: skip


def measured(penalties: Sequence[Penalty], kind: PenaltyKind) -> int:
    """How much of a kind in all, however many sums it is made of: fen, or days of detention."""
    if kind is PenaltyKind.DETENTION:
        return sum(one.days or 0 for one in penalties if one.kind is kind)
    return total(penalties, kind)


# What a penalty must say of itself, and no other may.
SAYS: Final = {
    "amount_fen": frozenset({PenaltyKind.FINE, PenaltyKind.CONFISCATE_GAIN}),
    "value_fen": frozenset({PenaltyKind.CONFISCATE_GOODS}),
    "days": frozenset({PenaltyKind.DETENTION}),
}


def require_money(penalties: Sequence[Penalty]) -> None:
    """Whole fen and whole days, more than none, and only where the penalty is of that."""
    for one in penalties:
        for name, kinds in SAYS.items():
            said = getattr(one, name)
            if (said is None) is (one.kind in kinds) or (said is not None and said <= 0):
                raise Refused(
                    "request-malformed",
                    "A penalty of kind {kind} and its {field} do not fit one another",
                    kind=one.kind,
                    field=name,
                )


def heavier(ours: Sequence[Penalty], theirs: Sequence[Penalty], *, by_word: bool = False) -> bool:
    """Whether something is added or grows: 45(2). With `by_word` an order in other words is another
    one."""
    for kind in {one.kind for one in ours}:
        before = [one for one in theirs if one.kind is kind]
        now = [one for one in ours if one.kind is kind]
        if len(now) > len(before) or measured(now, kind) > measured(before, kind):
            return True
        words = {one.detail for one in before}
        if by_word and kind is PenaltyKind.OTHER and any(one.detail not in words for one in now):
            return True
    return False


def require_in_limitation(rules: Rulebook, case: Case) -> None:
    act_end = case.filed.act_end_date or case.filed.act_date
    last = limitation(rules, act_end, safety_harm=case.filed.safety_harm)
    if case.filed.discovered_on > last:
        raise Refused(
            "time-barred",
            "The act could be punished until {last}",
            last=last,
            basis="行政处罚法 36",
        )


def decision_due(rules: Rulebook, case: Case, *, today: date | None = None) -> tuple[date, bool]:
    """By when it is to be decided: 60, or the term that a redecision was given; with the pauses,
    merged where they overlap, and those that still run as far as `today`. And whether that rests on
    a day that is not published yet."""
    running = [Pause(since, max(today, since)) for since in case.running.values()] if today else []
    pauses = (*case.pauses, *running)
    if case.redo is not None:
        ordered = case.redo.ordered
        held = paused_days(min((one.paused_on for one in pauses), default=date.max), pauses)
        return ordered.deadline + timedelta(days=len(held)), False
    return rules.span(case.filed.rule_code, case.filed.filed_on, pauses)


def out_of_turn(command: Command, case: Case) -> Refused:
    asked = type(command).__name__
    return Refused(
        "out-of-turn",
        "{asked} does not apply to a case in the stage {stage}",
        asked=asked,
        stage=case.stage,
    )
