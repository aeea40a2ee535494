"""Which route an application may take: 承诺即办, 容缺受理, 普通, 从严.

Source: 国办发〔2020〕42号; 行政许可法 32, 42; 深圳条例 59 (analogue); docs/domain/credit.md.
"""

from typing import Final

from libs.contracts.credit import Grade, Tier
from libs.statute.credit import ApprovalItem
from services.credit.approval.commands import Graded

COMMITMENT_OK: Final = "COMMITMENT_OK"
KEY_DOCS_OK: Final = "KEY_DOCS_OK"


def open_to(item: ApprovalItem, graded: Graded) -> tuple[Tier, tuple[str, ...]]:
    """The best route, and why: the grade, what the item allows, what stands against it."""
    why = [f"GRADE_{graded.grade or 'NONE'}"]
    if graded.breached:
        return Tier.T4, (*why, "BREACH_UNREPAIRED")
    if graded.grade == Grade.D:
        return Tier.T4, tuple(why)
    if item.safety:
        return Tier.T3, (*why, "SAFETY")
    if graded.grade == Grade.A and COMMITMENT_OK in item.flags:
        return Tier.T1, (*why, COMMITMENT_OK)
    if graded.grade in (Grade.A, Grade.B) and KEY_DOCS_OK in item.flags:
        return Tier.T2, (*why, KEY_DOCS_OK)
    return Tier.T3, tuple(why)


def may_take(wanted: Tier, best: Tier) -> bool:
    """A slower route than the best is always open, but for the strict one, which nobody chooses."""
    return wanted == best or (wanted > best and wanted is not Tier.T4)
