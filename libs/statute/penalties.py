"""Penalty ranges and tiers, what a step must have on file, when a decision must be reviewed.

All of it is data of the pack: `penalty_ranges.csv`, `record_manifest.csv`, `review_required.csv`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WHOLE: Final = 10_000
ANY: Final = "ANY"
HUNDREDTHS: Final = {"SQUARE_METRE": 100}

# Three tiers of each range until an agency publishes its own: lower 30, middle 40, upper 30 per
# cent [design, docs/domain/enforcement.md], in basis points of the range.
TIERS: Final = {"LIGHT": (0, 3_000), "MIDDLE": (3_000, 7_000), "HEAVY": (7_000, WHOLE)}
LOWEST: Final = "LIGHT"


@dataclass(frozen=True, kw_only=True)
class PenaltyRange:
    """Between what an item is fined: in fen, or in basis points or fen of a base."""

    item: str
    subject: str
    case: str
    penalty: str
    least: int
    most: int
    unit: str
    base: str
    basis: str

    def span(self, base: int | None) -> tuple[int, int] | None:
        """Least and most in fen; nothing where the base is needed and not given.

        A base in money is fen, one in square metres hundredths of one.
        """
        if not self.base:
            return self.least, self.most
        if base is None:
            return None
        per = WHOLE if self.unit == "BP" else HUNDREDTHS.get(self.base, 1)
        return -(-self.least * base // per), self.most * base // per


def within_tier(least: int, most: int, tier: str) -> tuple[int, int]:
    """The part of a range that is a tier's, in fen."""
    low, high = TIERS[tier]
    width = most - least
    return least + -(-width * low // WHOLE), least + width * high // WHOLE


@dataclass(frozen=True, kw_only=True)
class RequiredRecord:
    """What a step of this kind must have on file: 行政处罚法 47."""

    step_kind: str
    commands: tuple[str, ...]
    needs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ReviewGround:
    """A ground on which a decision is reviewed first, and what it is computed from: 58, 57(2)."""

    ground: str
    computed_from: str
    penalties: tuple[str, ...]
    collective: bool


def fitting(
    ranges: Sequence[PenaltyRange], item: str, subject: str, case: str
) -> Sequence[PenaltyRange]:
    """The rows of an item for this kind of subject (PERSON or ORG) and this case."""
    return [
        one
        for one in ranges
        if one.item == item and one.subject in (ANY, subject) and one.case in ("", case)
    ]
