"""An incentive ends when the grade that it was for is gone."""

from typing import Final

from libs.contracts import credit
from libs.contracts import vocabulary as v
from libs.events.core.kernel import ANY, Envelope, ForEachStream
from libs.events.core.reactions import Reactions
from services.credit.incentive.commands import RevokeIncentive

OF_SUBJECT: Final = "incentives_of_subject"

on = Reactions[ForEachStream[RevokeIncentive]]()
react = on.react


def worse(fact: Envelope[credit.GradeChanged]) -> bool:
    """from A, or from B to a worse one"""
    return fact.data.to_grade > fact.data.from_grade


@on(when=worse)
def graded(fact: Envelope[credit.GradeChanged]) -> ForEachStream[RevokeIncentive]:
    command = RevokeIncentive(
        incentive_id=v.IncentiveId(ANY),
        cause=fact.data.to_grade,
        at=fact.happened,
        reacted=True,
    )
    return ForEachStream(index=OF_SUBJECT, key=str(fact.data.subject_id), command=command)
