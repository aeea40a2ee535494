"""How a score is made: what counts, for how many points and how long, and where grades begin.

All of it is data of the pack, `credit_score.csv`: a city sets its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

# What the rules speak of by name.
COUNTING: Final = (
    "GENERAL", "GENERAL_AGAIN", "SEVERE", "MINOR", "LISTED", "COMMITMENT_BREACHED",
    "COMMITMENT_FULFILLED", "CLEAN_24M",
)  # fmt: skip
BOUNDS: Final = ("BASE", "LEAST", "MOST")
LETTERS: Final = ("A", "B", "C", "D")


@dataclass(frozen=True, kw_only=True)
class ScoreRow:
    """What one thing counts: `cap` is the most of its kind in total, `term` how long, in `unit`."""

    code: str
    points: int
    cap: int | None = None
    term: int | None = None
    unit: str = ""
    text_zh: str = ""


@dataclass(frozen=True, kw_only=True)
class ScoreModel:
    """A table of scores: `grades` from the best to the worst; a grade may want so much history."""

    version: str = ""
    bounds: Mapping[str, ScoreRow] = field(default_factory=dict)
    counts: Mapping[str, ScoreRow] = field(default_factory=dict)
    grades: Sequence[ScoreRow] = ()

    @property
    def base(self) -> int:
        return self.bounds["BASE"].points


def missing_in(model: ScoreModel) -> Sequence[str]:
    """What a table that scores at all must have and lacks."""
    if not model.version:
        return ()
    letters = {one.code for one in model.grades}
    lacks = [one for one in BOUNDS if one not in model.bounds]
    lacks += [one for one in COUNTING if one not in model.counts]
    lacks += [one for one in LETTERS if one not in letters]
    timed = (model.counts.get(one) for one in ("GENERAL_AGAIN", "CLEAN_24M"))
    return [*lacks, *(f"the term of {one.code}" for one in timed if one and one.term is None)]
