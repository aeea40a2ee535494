"""Until when an act may be discovered and still be punished: 行政处罚法 36."""

from datetime import date
from typing import Final

from libs.statute.rulebook import Rulebook

SAFETY: Final = "ENF.LIMITATION.SAFETY"
GENERAL: Final = "ENF.LIMITATION"


def limitation(rules: Rulebook, act_end: date, *, safety_harm: bool) -> date:
    """The last day: so many years from the act, or from the end of one that went on. No rest day
    moves it, since it is no term within which anybody has to act."""
    code = SAFETY if safety_harm and rules.known(SAFETY, act_end) else GENERAL
    years = rules.in_force(code, act_end).value
    return rules.calendar.same_day(act_end, 12 * years)
