"""What a subject does when others speak: whoever has a decision or a notice is registered; what
counts, or counts no more, is counted again."""

from typing import Any, TypeAlias

from libs.contracts import credit, enforcement
from libs.contracts.vocabulary import SubjectRef
from libs.events.core.kernel import Envelope, Hidden
from libs.events.core.reactions import Reactions
from services.credit.subject.commands import RecalculateScore, RegisterSubject

on = Reactions[RegisterSubject | RecalculateScore]()
react = on.react

Counting: TypeAlias = (
    credit.RecordCaptured
    | credit.RecordPublicityEnded
    | credit.RecordCorrected
    | credit.RecordWithdrawn
    | credit.SevereListed
    | credit.SevereDelisted
    | credit.CommitmentFulfilled
    | credit.CommitmentBreached
)


def classed(fact: Envelope[enforcement.DecisionServed]) -> bool:
    """with a credit_class"""
    return fact.data.credit_class is not None


def registered(fact: Envelope[Any], ref: SubjectRef) -> RegisterSubject:
    """Its history is known from here on."""
    return RegisterSubject(
        subject_id=ref.subject_id,
        subject_ref=ref,
        registered_name=ref.display_name,
        history_from=None,
        at=fact.happened,
    )


@on(when=classed)
def served(fact: Envelope[enforcement.DecisionServed]) -> list[RegisterSubject]:
    subjects = fact.data.subjects
    if isinstance(subjects, Hidden):
        return []
    return [registered(fact, one) for one in subjects]


@on
def noticed(fact: Envelope[credit.SevereListNoticeServed]) -> RegisterSubject | None:
    ref = fact.data.subject_ref
    return None if isinstance(ref, Hidden) else registered(fact, ref)


@on
def counted(fact: Envelope[Counting]) -> RecalculateScore:
    return RecalculateScore(
        subject_id=fact.data.subject_id,
        subject_kind=fact.data.subject_kind,
        cause=fact.type,
        at=fact.happened,
    )
